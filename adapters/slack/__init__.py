"""Slack: Socket Mode or HTTP in, Web API out. Importing this package loads none of Slack's libraries."""

from __future__ import annotations

from dataclasses import dataclass

from adapters import Surroundings
from core.errors import ConfigurationError
from core.ports import Adapter
from core.settings import Settings


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What Slack knows us by. With an empty `app_token` events come over HTTP, signed with `signing_secret`."""

    token: str
    """Of the one workspace that needs no installation; "": there is none."""
    app_token: str = ""
    signing_secret: str = ""
    client_id: str = ""
    """With `client_secret`: further workspaces may install the app."""
    client_secret: str = ""
    base_url: str = "https://slack.com/api/"
    agent_view: bool = False
    """A direct message begins a conversation of its own."""


def create(settings: Settings, around: Surroundings) -> Adapter | None:
    """The adapter, or None without a bot token and without the app's client id: Slack is off."""
    keys = Keys(
        settings.slack_bot_token.get_secret_value(),
        "" if settings.slack_events == "http" else settings.slack_app_token.get_secret_value(),
        settings.slack_signing_secret.get_secret_value(),
        settings.slack_client_id,
        settings.slack_client_secret.get_secret_value(),
        settings.slack_api_base_url,
        settings.slack_agent_view,
    )
    if not (keys.token or keys.client_id):
        return None
    if keys.client_id and not (keys.client_secret and settings.public_url):
        missing = "PUBLIC_URL" if keys.client_secret else "SLACK_CLIENT_SECRET"
        raise ConfigurationError(
            f"{missing} is missing: with SLACK_CLIENT_ID, workspaces can install the app",
            f"set {missing}, or leave SLACK_CLIENT_ID empty to serve the workspace of SLACK_BOT_TOKEN alone",
        )
    if not keys.app_token and settings.slack_events == "socket":
        raise ConfigurationError("SLACK_APP_TOKEN is missing, and SLACK_EVENTS is socket", _APP_TOKEN)
    if not keys.app_token and not (settings.public_url and keys.signing_secret):
        missing = "SLACK_SIGNING_SECRET" if settings.public_url else "SLACK_APP_TOKEN"
        raise ConfigurationError(
            f"{missing} is missing: Slack's events arrive by Socket Mode, or over HTTP at PUBLIC_URL, signed",
            _APP_TOKEN if missing == "SLACK_APP_TOKEN" else "copy it from Basic Information of your app",
        )
    from adapters.slack.adapter import SlackAdapter  # here and not above: it loads aiohttp and starlette

    return SlackAdapter(keys, around)


_APP_TOKEN = "make an app-level token (xapp-) with the scope connections:write under Basic Information of your app"  # noqa: S105
