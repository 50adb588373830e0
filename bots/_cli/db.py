"""`remora db`: the database's tables."""

from __future__ import annotations

import asyncio

import click


@click.group()
def command() -> None:
    """Create, migrate and check the database."""


@command.command()
def upgrade() -> None:
    """Bring the tables to this version."""
    from core.settings import load_settings
    from core.store import Store, migrate

    async def work() -> str:
        store = Store(load_settings().store_url)
        try:
            await migrate.upgrade(store)
        finally:
            await store.aclose()
        return migrate.newest()

    click.echo(f"the database is at {asyncio.run(work())}")


@command.command()
def check() -> None:
    """Compare the tables with what this version needs; exit 1 where they differ."""
    from core.settings import load_settings
    from core.store import Store, migrate

    async def work() -> list[str]:
        store = Store(load_settings().store_url)
        try:
            found, needed = await migrate.revision(store), migrate.newest()
            if found != needed:
                return [f"the database is at {found or 'nothing'}, this version needs {needed}: run remora db upgrade"]
            return await migrate.differences(store)
        finally:
            await store.aclose()

    differences = asyncio.run(work())
    for line in differences:
        click.echo(line, err=True)
    if differences:
        raise click.exceptions.Exit(1)
    click.echo("the database is as it should be")
