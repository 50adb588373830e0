"""`remora reminders`: what people are reminded of, seen and changed from the command line."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from core.admin.reminders.desk import ReminderDesk

_T = TypeVar("_T")
_person = click.option("--person", required=True, help="Whose: a name, a handle, or PLATFORM:ACCOUNT.")
_number = click.argument("number", type=int)


@click.group()
def command() -> None:
    """See and change reminders: of a person, of a channel, or of all."""


def _at_desk(work: Callable[[ReminderDesk], Awaitable[_T]]) -> _T:
    """Does the work on the database of the settings."""
    from core.admin.reminders.desk import ReminderDesk
    from core.admin.roles import Actor
    from core.clock import SystemClock
    from core.settings import load_settings
    from core.store import Store

    settings = load_settings()

    async def run() -> _T:
        store = Store(settings.store_url)
        try:
            return await work(ReminderDesk(store, SystemClock(), settings, Actor(f"cli:{getpass.getuser()}", "owner")))
        finally:
            await store.aclose()

    return asyncio.run(run())


def _told(person: str, words: str) -> None:
    """Does what the words ask for, as if the person had said them, and prints the answer."""
    click.echo(_at_desk(lambda desk: desk.say(person, words)))


@command.command("list")
@click.option("--person", help="Whose: a name, a handle, or PLATFORM:ACCOUNT.")
@click.option("--channel", help="Of a chat: PLATFORM:CHAT.")
@click.option("--all", "everybody", is_flag=True, help="Of everybody.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(person: str | None, channel: str | None, everybody: bool, as_json: bool) -> None:
    """What is going to ring, the next one first."""
    if sum((person is not None, channel is not None, everybody)) != 1:
        raise click.UsageError("give one of --person, --channel and --all")
    rows: list[dict[str, Any]] = _at_desk(lambda desk: desk.listed(person, channel))
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        rule = f"  [{row['rule']}]" if row["rule"] else ""
        rule += f"  (paused until {row['paused_until']})" if row["paused_until"] else ""
        click.echo(
            f"{row['number']:>3}  {row['rings'] or '-':25}  {row['state']:7}  {row['person']}: {row['text']}{rule}"
        )
    if not rows:
        click.echo("no reminders", err=True)


@command.command()
@_person
@click.argument("words", nargs=-1, required=True)
def add(person: str, words: tuple[str, ...]) -> None:
    """Set one: `add --person ann tomorrow at 9 call mum`."""
    click.echo(_at_desk(lambda desk: desk.remind(person, " ".join(words))))


@command.command()
@_person
@_number
@click.argument("words", nargs=-1)
@click.option("--lateness", help="If it is late: usual, send, limit:MINUTES, skip or next.")
def edit(person: str, number: int, words: tuple[str, ...], lateness: str | None) -> None:
    """Another time or text for number N of the person's list, or another rule for being late."""
    if not words and lateness is None:
        raise click.UsageError("give a time or a text, or --lateness")
    if words:
        _told(person, f"change reminder {number} to {' '.join(words)}")
    if lateness is not None:
        click.echo(_at_desk(lambda desk: desk.fill(person, number, {"lateness": lateness})))


@command.command()
@_person
@_number
def show(person: str, number: int) -> None:
    """One in full, with its rules."""
    _told(person, f"show reminder {number}")


@command.command()
@_person
@_number
@click.argument("until", nargs=-1)
def pause(person: str, number: int, until: tuple[str, ...]) -> None:
    """Let one rest: for good, or `pause --person ann 2 until monday`."""
    words = " ".join(until).removeprefix("until ")
    _told(person, f"pause reminder {number}" + (f" until {words}" if words else ""))


@command.command()
@_person
@_number
def resume(person: str, number: int) -> None:
    """Let one go on."""
    _told(person, f"resume reminder {number}")


@command.command()
@_person
@_number
def done(person: str, number: int) -> None:
    """Mark one as done."""
    _told(person, f"mark reminder {number} as done")


@command.command()
@_person
@_number
@click.argument("until", nargs=-1, required=True)
def snooze(person: str, number: int, until: tuple[str, ...]) -> None:
    """Have one ring once more: `snooze --person ann 2 until 6pm`."""
    words = " ".join(until).removeprefix("until ")
    _told(person, f"snooze reminder {number} until {words}")


@command.command()
@_person
@_number
def cancel(person: str, number: int) -> None:
    """Take one back."""
    _told(person, f"cancel reminder {number}")


@command.command()
@_person
def export(person: str) -> None:
    """Write the person's reminders as iCalendar."""
    click.echo(_at_desk(lambda desk: desk.exported(person)), nl=False)


@command.command("import")
@_person
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_(person: str, file: Path) -> None:
    """Take the events of an iCalendar FILE over as reminders; exit 1 where some are not taken."""
    from core.reminders.ical_import import MAX_BYTES

    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    taken, known, left = _at_desk(lambda desk: desk.imported(person, data))
    click.echo(f"{taken} taken" + (f", {known} known already" if known else ""))
    for one in left:
        click.echo(f"not taken: {one.text or '(no title)'}: {one.why}", err=True)
    if left:
        raise click.exceptions.Exit(1)
