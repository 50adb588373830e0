"""`remora config show`: the settings in force."""

from __future__ import annotations

import json

import click


@click.group()
def command() -> None:
    """The settings in force."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(as_json: bool) -> None:
    """Every setting with its value; secrets are only said to be set."""
    from pydantic import SecretStr

    from core.settings import Settings, load_settings, setting_name

    settings = load_settings()
    rows: list[dict[str, object]] = []
    for field, info in Settings.model_fields.items():
        value: object = getattr(settings, field)
        if isinstance(value, SecretStr):
            value = "********" if value.get_secret_value() else ""
        shown = _without_password(str(value)) if field.endswith("url") else value
        source = "set" if field in settings.model_fields_set else "default"
        rows.append({"name": setting_name(field), "value": shown, "source": source, "help": info.description})
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str))
        return
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        click.echo(f"{row['name']:<{width}}  {row['value']!s:<28}  ({row['source']})")


def _without_password(url: str) -> str:
    from urllib.parse import urlsplit

    try:
        password = urlsplit(url).password
    except ValueError:
        return url
    return url.replace(f":{password}@", ":********@") if password else url
