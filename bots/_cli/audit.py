"""`remora audit`: what admins did, and whether the log of it is whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import datetime as dt

    from core.store import Tx
    from core.store.admin.audit import Entry


@click.group()
def command() -> None:
    """What was done on the admin side, by whom and when."""


@command.command("list")
@click.option("--who", default="", help="As web:ann or cli:root.")
@click.option("--verb", default="", help="Or the beginning of one: intent.")
@click.option("--subject", default="", help="Or the beginning of one: intent:greeting")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@click.option("--json", "as_json", is_flag=True, help="One JSON object an entry.")
def list_(who: str, verb: str, subject: str, limit: int, as_json: bool) -> None:
    """The newest entries first."""
    from bots._database import done
    from core.store.admin import audit

    async def work(tx: Tx, _now: dt.datetime) -> list[Entry]:
        return await audit.entries(tx, who=who, verb=verb, subject=subject, limit=limit)

    for entry in done(work):
        if as_json:
            click.echo(audit.as_json(entry))
            continue
        detail = json.dumps(entry.detail, ensure_ascii=False) if entry.detail else ""
        said = "  ".join(part for part in (entry.subject, detail, entry.reason) if part)
        click.echo(f"{entry.id:>7}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.who:16}  {entry.verb:18}  {said}")


@command.command()
def verify() -> None:
    """Whether each entry fits to the one before it; exit 1 where one was changed, taken out or put in."""
    from bots._database import done
    from core.errors import RemoraError
    from core.store.admin import audit

    async def work(tx: Tx, _now: dt.datetime) -> tuple[int, int]:
        return await audit.first_broken(tx)

    count, broken = done(work)
    if broken:
        raise RemoraError(
            f"the audit log is broken at entry {broken}: it or the one before it was changed outside Remora",
            f"compare entry {broken} with a backup, and find out who writes to the database",
        )
    click.echo(f"{count} entries, each fits to the one before it")
