"""`remora intents`: what people can ask for, edited as drafts and put in force as releases."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from core.intents.files import FileRead
    from core.intents.problems import Problem
    from core.intents.recognition import Recognition
    from core.intents.releases import Change, Editing
    from core.settings import Settings
    from core.store.intents import Waiting

_T = TypeVar("_T")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group(invoke_without_command=True)
@click.option("--bot", help="Another bot than REMORA_BOT.")
@click.option("--jsonl", is_flag=True, help="Train and predict by JSON lines on standard input.")
@click.pass_context
def command(ctx: click.Context, bot: str | None, jsonl: bool) -> None:
    """Edit intents as drafts; publish puts them in force on every worker."""
    ctx.obj = bot
    if jsonl:
        from core.intents.batch import main

        main(sys.stdin, sys.stdout)
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        ctx.exit(2)


def _settings() -> Settings:
    from core.settings import load_settings

    bot = click.get_current_context().obj
    return load_settings(**({"REMORA_BOT": bot} if bot else {}))


def _do(work: Callable[[Editing], Awaitable[_T]], read: FileRead | None = None) -> _T:
    """Does the work on the intents of the bot; faults of intents are shown one a line, with their lines in the file that
    was read, and end with exit code 1."""
    from bots._intents import at_work
    from core.intents.releases import NotPublishable

    try:
        return asyncio.run(at_work(_settings(), _author(), work))
    except NotPublishable as refused:
        _show(read.placed(refused.problems) if read else refused.problems, as_json=False)
        raise click.exceptions.Exit(1) from None


def _author() -> str:
    import getpass

    return f"cli:{getpass.getuser()}"


def _show(problems: Sequence[Problem], *, as_json: bool) -> None:
    for problem in problems:
        if as_json:
            said = {"intent": problem.intent, "where": problem.where, "line": problem.line, "key": problem.key}
            click.echo(json.dumps({**said, "warning": problem.warning, "text": problem.text("en")}, ensure_ascii=False))
        else:
            click.echo(("warning: " if problem.warning else "") + problem.text("en"), err=True)


def _tell(found: Sequence[Change], *, as_json: bool = False) -> None:
    from core.intents.documents import document_of

    for change in found:
        sides = {"before": change.before, "after": change.after}
        if as_json:
            said: dict[str, Any] = {name: document_of(side) if side else None for name, side in sides.items()}
            click.echo(json.dumps({"name": change.name, "kind": change.kind, **said}, ensure_ascii=False))
            continue
        click.echo(f"{change.kind:6}  {change.name}")
        if change.before and change.after:
            click.echo(_difference(document_of(change.before), document_of(change.after)))


def _difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    from core.admin.intents import difference

    return "\n".join(f"        {sign}{line}" for sign, line in difference(before, after))


@command.command("list")
@click.option("--releases", is_flag=True, help="What was published, when and by whom.")
@_json
def list_(releases: bool, as_json: bool) -> None:
    """The intents as they are edited, and how each differs from what is in force."""

    async def work(editing: Editing) -> list[dict[str, Any]]:
        from core.intents.releases import changes

        if releases:
            return [
                {
                    "number": one.number,
                    "at": one.released_at.isoformat(timespec="seconds"),
                    "author": one.author,
                    "message": one.message,
                }
                for one in await editing.releases()
            ]
        edited, drafts = await editing.edited(), {draft.name: draft for draft in await editing.drafts()}
        kinds = {change.name: change.kind for change in changes(await editing.live(), edited)}
        rows = [
            {
                "name": one.name,
                "examples": sum(map(len, one.examples.values())),
                "enabled": one.enabled,
                "draft": kinds.get(one.name, ""),
                "changed_by": drafts[one.name].changed_by,
            }
            for one in edited
        ]
        gone = [name for name, kind in kinds.items() if kind == "delete"]
        return rows + [
            {"name": name, "examples": 0, "enabled": False, "draft": "delete", "changed_by": ""} for name in gone
        ]

    rows = _do(work)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo("  ".join(str(value) for value in row.values()))
    if not rows:
        click.echo("nothing yet; begin with: remora intents add NAME EXAMPLE …", err=True)


@command.command()
@click.argument("name")
def show(name: str) -> None:
    """One intent, as YAML."""
    from core.errors import Refused
    from core.intents.files import to_yaml

    edited = _do(lambda editing: editing.edited())
    found = [intent for intent in edited if intent.name == name]
    if not found:
        raise Refused(f"there is no intent “{name}”", "see: remora intents list")
    click.echo(to_yaml(found), nl=False)


@command.command()
@click.argument("name")
@click.argument("examples", nargs=-1, required=True)
def add(name: str, examples: tuple[str, ...]) -> None:
    """Add examples to an intent; a new name makes a new intent."""
    import csv
    import io

    from core.intents.files import from_csv
    from core.intents.problems import faults

    table = io.StringIO()
    csv.writer(table).writerows([("intent", "example"), *((name, example) for example in examples)])
    read = from_csv(table.getvalue())
    if wrong := faults(read.problems):
        _show(wrong, as_json=False)
        raise click.exceptions.Exit(1)
    _tell(_do(lambda editing: editing.take_in(read.intents, _author(), examples_only=True, replace=False, dry=False)))


@command.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Take it back in.")
def delete(name: str, undo: bool) -> None:
    """Leave an intent out of the next release; --undo takes it back in."""
    _do(lambda editing: editing.delete(name, _author(), undo=undo))


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Delete what is not in the file.")
@click.option("--dry-run", is_flag=True, help="Only show what it would do.")
@_json
def import_(file: Path, replace: bool, dry_run: bool, as_json: bool) -> None:
    """Take intents in from YAML, or examples from CSV: all, or none and why."""
    from core.admin.importing import Preview, applied, previewed

    data = file.read_bytes()

    async def work(editing: Editing) -> Preview:
        found = await previewed(editing, data, file.name, replace=replace)
        if not (found.faulty or dry_run):
            await applied(editing, data, file.name, _author(), replace=replace, seen=found.drafts)
        return found

    found = _do(work)
    if found.faulty:
        _show(found.problems, as_json=as_json)
        raise click.exceptions.Exit(1)
    _tell(found.changes, as_json=as_json)


@command.command()
@click.option("--csv", "as_csv", is_flag=True, help="The examples alone, as a table.")
@click.option("--live", is_flag=True, help="What is in force, not the drafts.")
@click.option("--release", type=int, help="An earlier release.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file; standard output without."
)
def export(as_csv: bool, live: bool, release: int | None, output: Path | None) -> None:
    """Write the intents as YAML, or their examples as CSV; the same intents always give the same bytes."""
    from core.intents.files import to_csv, to_yaml

    found = _do(lambda editing: editing.live(release) if live or release else editing.edited())
    text = to_csv(found) if as_csv else to_yaml(found)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


@command.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_json
def lint(file: Path | None, as_json: bool) -> None:
    """Every fault and warning, of a file or of the drafts; exit 1 where there is a fault."""
    from core.intents import files
    from core.intents.problems import faults

    if file is None:
        found = _do(lambda editing: editing.problems())
    else:
        read = files.read(file.read_bytes(), file.name)
        found = list(read.problems)
        if not faults(found) and not read.examples_only:
            found += read.placed(_do(lambda editing: editing.problems(read.intents)))
    _show(found, as_json=as_json)
    if faults(found):
        raise click.exceptions.Exit(1)


@command.command()
def test() -> None:
    """Run the must-match and must-not-match tests of the drafts; exit 1 where one fails."""
    from core.intents.problems import faults

    found = faults(_do(lambda editing: editing.problems()))
    _show(found, as_json=False)
    if found:
        raise click.exceptions.Exit(1)
    click.echo("all tests pass")


@command.command()
@click.argument("releases", nargs=-1, type=int)
@_json
def diff(releases: tuple[int, ...], as_json: bool) -> None:
    """What publishing would change; with one release, since that; with two, between them."""
    from core.intents.releases import changes

    if len(releases) > 2:
        raise click.UsageError("give at most two releases")

    async def work(editing: Editing) -> Sequence[Change]:
        before = await editing.live(releases[0] if releases else None)
        return changes(before, await editing.live(releases[1]) if len(releases) == 2 else await editing.edited())

    _tell(_do(work), as_json=as_json)


@command.command()
@click.option("-m", "--message", default="", help="What changes and why.")
def publish(message: str) -> None:
    """Put the drafts in force on every worker."""
    made = _do(lambda editing: editing.publish(message, _author()))
    _show(made.warnings, as_json=False)
    _tell(made.changes)
    click.echo(f"release {made.number} is in force")


@command.command()
@click.argument("release", type=int)
def rollback(release: int) -> None:
    """Put an earlier release in force again; drafts that were not published stay."""
    made = _do(lambda editing: editing.rollback(release, _author()))
    _tell(made.changes)
    click.echo(f"release {made.number} is in force, the same as release {release}")


@command.command()
@click.option("--days", default=7, show_default=True, help="How far back messages are replayed.")
@_json
def preview(days: int, as_json: bool) -> None:
    """What publishing would mean: how well intents are told apart, and which recent answers would change."""
    from core.admin.intents import compared

    settings = _settings()
    found = _do(lambda editing: compared(settings, editing, days))
    if as_json:
        import dataclasses

        said: dict[str, Sequence[Any]] = {
            "measured": found.measured,
            "confused": found.confused,
            "changes": found.changes,
        }
        rows = {name: [dataclasses.asdict(one) for one in several] for name, several in said.items()}
        click.echo(json.dumps({**rows, "replayed": found.replayed}, ensure_ascii=False))
        return
    for one in found.measured:
        click.echo(f"{one.f1:4.2f}  P {one.precision:4.2f}  R {one.recall:4.2f}  {one.sentences:>4}  {one.intent}")
    for pair in found.confused[:20]:
        click.echo(f"{pair.intent} taken for {pair.other}: {', '.join(pair.examples[:3])}")
    _show(found.overlaps, as_json=False)
    click.echo(
        f"{len(found.changes)} of {found.replayed} sentences of the last {days} days would be understood otherwise"
    )
    for change in found.changes[:50]:
        click.echo(f"  {change.times:>3} × {change.text[:80]}: {change.was or '-'} -> {change.becomes or '-'}")


@command.command()
@click.argument("text")
def why(text: str) -> None:
    """How the drafts understand a sentence, and what would change that."""
    from core.admin.intents import explained

    settings = _settings()
    click.echo("\n".join(_do(lambda editing: explained(settings, editing, text))))


@command.command()
@_json
def inbox(as_json: bool) -> None:
    """Sentences that matched nothing, or narrowly, or displeased, those first of which the drafts are least certain; with how
    often they were written, and what the drafts take them for."""
    settings = _settings()

    async def work(editing: Editing) -> list[tuple[Waiting, Recognition]]:
        from core.admin.intents import compiled_with
        from core.intents.slots import Situation

        said, edited = await editing.waiting(), await editing.edited()
        recognizer = await asyncio.to_thread(compiled_with, settings, edited) if said else None
        found = [(one, recognizer.recognize(one.text, Situation())) for one in said] if recognizer else []
        return sorted(found, key=lambda pair: (pair[1].confidence, -pair[0].times))

    for one, guess in _do(work):
        if as_json:
            said = {
                "key": one.key,
                "text": one.text,
                "language": one.language,
                "times": one.times,
                "reason": one.reason,
            }
            shown = said | {"guess": guess.top, "confidence": round(guess.confidence, 3)}
            click.echo(json.dumps(shown, ensure_ascii=False))
        else:
            guessed = f"{guess.confidence:4.2f} {guess.top[:20]:20}"
            click.echo(f"{one.times:>4} ×  {one.reason:10}  {guessed}  {one.key[:40]:40}  {one.text}")


@command.command()
@click.argument("key")
@click.argument("intent", required=False, default="")
def label(key: str, intent: str) -> None:
    """Make a sentence of the inbox an example of INTENT; - for out of scope; without INTENT it is skipped."""
    from core.intents.definition import NAME

    if intent not in ("", "-") and not NAME.fullmatch(intent):
        raise click.UsageError(
            f"“{intent}” cannot be a name: letters, digits and _, at most 64, beginning with a letter"
        )
    _tell(_do(lambda editing: editing.label(key, intent, _author())))
