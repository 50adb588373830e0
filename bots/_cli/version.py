"""`remora version`."""

from __future__ import annotations

import click


@click.command()
def command() -> None:
    """Print the version."""
    from importlib.metadata import version

    click.echo(f"remora {version('remora')}")
