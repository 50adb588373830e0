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
    from dataclasses import asdict

    from core.admin.effective import effective
    from core.settings import load_settings

    rows = effective(load_settings())
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], ensure_ascii=False, default=str))
        return
    width = max(len(row.name) for row in rows)
    for row in rows:
        click.echo(f"{row.name:<{width}}  {row.value!s:<28}  ({row.source})")
