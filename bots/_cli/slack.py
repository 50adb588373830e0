"""`remora slack manifest`: what to paste at api.slack.com/apps."""

from __future__ import annotations

import click


@click.group()
def command() -> None:
    """Setting Slack up."""


@command.command()
@click.option("--name", default="Remora", show_default=True, help="What the app is called in Slack.")
@click.option("--http", is_flag=True, help="Events over HTTP at PUBLIC_URL, also where SLACK_APP_TOKEN is set.")
@click.option(
    "--json", "as_json", is_flag=True, help="JSON instead of YAML; without the reasons, which JSON cannot hold."
)
def manifest(name: str, http: bool, as_json: bool) -> None:
    """The app's manifest, made from the commands there are; each scope with its reason.

    Paste it at api.slack.com/apps: Create New App, From a manifest.
    """
    import json
    from functools import partial

    import yaml

    from adapters.slack.manifest import SCOPES
    from adapters.slack.manifest import manifest as made
    from bots._app import listed
    from core.errors import ConfigurationError
    from core.settings import load_settings

    settings = load_settings()
    public_url = settings.public_url.rstrip("/")
    over_http = http or settings.slack_events == "http"
    if not over_http and settings.slack_events == "auto":
        over_http = bool(public_url) and not settings.slack_app_token.get_secret_value()
    if over_http and not public_url.startswith("https://") and "://127.0.0.1" not in public_url:
        raise ConfigurationError(
            "PUBLIC_URL must be an https address for events over HTTP", "set it, or use Socket Mode"
        )
    found = made(partial(listed, bot=settings.bot), name, public_url, sockets=not over_http)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for line in yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=1000).splitlines():
        reason = SCOPES.get(line.strip().removeprefix("- "), "")
        click.echo(f"{line}  # {reason}" if reason else line)
