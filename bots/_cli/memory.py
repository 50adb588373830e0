"""`remora memory`: what is remembered of people, seen and corrected by whoever runs Remora; each is told to the person."""

from __future__ import annotations

import getpass
import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import datetime as dt

    from core.admin.roles import Actor
    from core.store import Tx
    from core.store.memory import Fact

_person = click.option("--person", required=True, help="Whose: a name, a handle, or PLATFORM:ACCOUNT.")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_reason = click.option("--reason", default="from the command line", show_default=True, help="The person can read it.")


@click.group(invoke_without_command=True)
@click.option("--jsonl", is_flag=True, help="Add and recall by JSON lines on standard input; nothing is kept.")
@click.option(
    "--encoder", type=click.Choice(["off", "light"]), default="light", show_default=True, help="With --jsonl."
)
@click.pass_context
def command(ctx: click.Context, jsonl: bool, encoder: str) -> None:
    """What is remembered of a person. Looking at it is noted, and they can see that."""
    if jsonl:
        from core.intents.encoders import load
        from core.memory.batch import Batch, main

        encoders = load("light") if encoder == "light" else ()
        main(sys.stdin, sys.stdout, Batch(lambda: encoders))
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(2)


def actor() -> Actor:
    """Whoever sits at this machine."""
    from core.admin.roles import Actor

    return Actor(f"cli:{getpass.getuser()}", "owner")


@command.command("list")
@_person
@_reason
@_json
def list_(person: str, reason: str, as_json: bool) -> None:
    """All facts of a person with their sources and uses."""
    _shown(person, reason, "", as_json)


@command.command()
@_person
@_reason
@_json
@click.argument("words", nargs=-1, required=True)
def search(person: str, reason: str, as_json: bool, words: tuple[str, ...]) -> None:
    """The facts of a person that are about WORDS."""
    _shown(person, reason, " ".join(words), as_json)


def _shown(whose: str, reason: str, words: str, as_json: bool) -> None:
    from bots._database import done
    from core.memory import desk

    async def work(tx: Tx, now: dt.datetime) -> list[dict[str, Any]]:
        person = await desk.person_called(tx, whose)
        facts = await desk.seen(tx, actor(), person.id, reason, now)
        found = desk.about(facts, words) if words else facts
        return [_row(one, [use.used_at for use in await desk.uses(tx, actor(), one)]) for one in found]

    rows = done(work)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        marks = " (pinned)" if row["pinned"] else ""
        click.echo(f"{row['id']:>6}  {row['told_at'][:10]}  {row['told']:20}  {row['text']}{marks}")
    if not rows:
        click.echo("nothing is remembered", err=True)


def _row(one: Fact, used: list[dt.datetime]) -> dict[str, Any]:
    return {
        "id": one.id, "text": one.text, "about": one.key, "sentence": one.said, "asked": one.asked, "pinned": one.pinned,
        "told": f"{one.platform}, {'in a chat' if one.address_key else 'in private'}", "told_at": one.told_at.isoformat(),
        "edited_at": one.edited_at.isoformat() if one.edited_at else None,
        "used_at": [moment.isoformat() for moment in used],
    }  # fmt: skip


@command.command()
@_person
@click.argument("fact", type=int)
@click.argument("words", nargs=-1, required=True)
def edit(person: str, fact: int, words: tuple[str, ...]) -> None:
    """Other words for the FACT of that id."""
    from bots._database import done
    from core.memory import desk

    async def work(tx: Tx, now: dt.datetime) -> str:
        whose = await desk.person_called(tx, person)
        return (await desk.correct(tx, actor(), whose.id, fact, " ".join(words), now)).text

    click.echo(done(work))


@command.command()
@_person
@click.argument("fact", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="All facts of the person.")
def forget(person: str, fact: int | None, everything: bool) -> None:
    """Delete the FACT of that id for good, with the message that told it; or all facts."""
    from bots._database import done
    from core.memory import desk

    if (fact is None) != everything:
        raise click.UsageError("give the id of one FACT, or --all")

    async def work(tx: Tx, now: dt.datetime) -> int:
        whose = await desk.person_called(tx, person)
        return await desk.forget(tx, actor(), whose.id, fact, now)

    click.echo(f"{done(work)} forgotten")
