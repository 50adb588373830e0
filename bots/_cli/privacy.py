"""`remora privacy`: all that is kept of a person, given to them, erased, and who looked at it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import datetime as dt

    from core.store import Tx

_person = click.option("--person", required=True, help="Whose: a name, a handle, or PLATFORM:ACCOUNT.")


@click.group()
def command() -> None:
    """A person's data: export it, erase it, see who looked."""


@command.command()
@_person
@click.option("--reason", default="export from the command line", show_default=True, help="The person can read it.")
def export(person: str, reason: str) -> None:
    """Write all that is kept of a person as JSON."""
    from bots._cli.memory import actor
    from bots._database import done
    from core.memory import desk

    async def work(tx: Tx, now: dt.datetime) -> dict[str, Any]:
        return await desk.export(tx, actor(), (await desk.person_called(tx, person)).id, reason, now)

    click.echo(json.dumps(done(work), ensure_ascii=False, indent=1))


@command.command()
@_person
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(person: str, yes: bool) -> None:
    """Delete all that is kept of a person, for good; writes a receipt as JSON, with the models that learned from them."""
    from bots._cli.memory import actor
    from bots._database import done, opened
    from core.admin import learning
    from core.memory import desk

    async def named(tx: Tx, _now: dt.datetime) -> str:
        return (await desk.person_called(tx, person)).name or person

    async def work(tx: Tx, now: dt.datetime) -> dict[str, Any]:
        return await desk.erase(tx, actor(), (await desk.person_called(tx, person)).id, now)

    name = done(named)
    if not yes:
        click.confirm(f"Delete all that is kept of {name}? It cannot be brought back", abort=True)
    receipt = done(work)
    receipt |= opened(lambda store, settings: learning.unlearned(store, settings, receipt.pop("learned_as")))
    click.echo(json.dumps(receipt, ensure_ascii=False))


@command.command()
@_person
@click.option("--json", "as_json", is_flag=True, help="One JSON object an entry.")
def log(person: str, as_json: bool) -> None:
    """Who looked at a person's data or changed it, the newest first."""
    from bots._database import done
    from core.memory import desk
    from core.store.admin.audit import Entry
    from core.store.admin.audit import as_json as line
    from core.store.memory import privacy

    async def work(tx: Tx, _now: dt.datetime) -> list[Entry]:
        return await privacy.looked(tx, (await desk.person_called(tx, person)).id)

    for entry in done(work):
        click.echo(
            line(entry) if as_json else f"{entry.at:%Y-%m-%d %H:%M}  {entry.who:20}  {entry.verb}  {entry.reason}"
        )
