"""`remora db`: the database's tables."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

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


@command.command("backup")
@click.argument("file", type=click.Path(path_type=Path), required=False)
def backup_(file: Path | None) -> None:
    """Copy the database while Remora runs. FILE is a new file, or a folder; without it, backups/ of the data folder.

    In backups/ the newest stay, as many as REMORA_BACKUPS_KEPT says; in no other folder anything is deleted.

    SECRET_KEY, or secret.key of the data folder, is not in it: without that key, kept secrets cannot be read again.
    """
    from core.clock import SystemClock
    from core.settings import load_settings
    from core.store import Store, backup

    settings, folder_given = load_settings(), file is not None and file.is_dir()

    async def work() -> tuple[backup.Backup, list[str]]:
        folder = file or backup.folder_of(settings.data_dir)
        place, name = (folder, "") if file is None or folder_given else (folder.parent, folder.name)
        async with aclosing(Store(settings.store_url)) as store:
            made = await backup.backup(store, place, SystemClock().now(), name)
        return made, [] if file else await backup.prune(made, settings.backups_kept)

    made, gone = asyncio.run(work())
    click.echo(f"{made.path}: {made.size:,} bytes, migration {made.migration}")
    for old in gone:
        click.echo(f"deleted: {old}")


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Put a backup in the place of the database, which is kept under another name. Stop Remora before.

    On PostgreSQL other roles get their grants on the database, its schema, tables and sequences again; default privileges and
    settings of the database (ALTER DATABASE … SET) are not carried over.
    """
    from core.clock import SystemClock
    from core.settings import load_settings
    from core.store import backup

    kept, lost = asyncio.run(backup.restore(load_settings().store_url, file, SystemClock().now()))
    click.echo(f"{file.name} is the database now; the next start brings it to this version")
    if kept:
        click.echo(f"the database before is kept: {kept}")
    for grant in lost:
        click.echo(f"remora: could not be given again: {grant}", err=True)
