"""`remora knowledge`: the documents that a bot answers from."""

from __future__ import annotations

import asyncio
import json
import textwrap
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from bots._cli.admin import actor
from core.errors import RemoraError

if TYPE_CHECKING:
    from core.knowledge.documents import Documents, Noted
    from core.knowledge.library import Library
    from core.store.knowledge import Kept

_T = TypeVar("_T")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
@click.option("--bot", help="Another bot than REMORA_BOT.")
@click.pass_context
def command(ctx: click.Context, bot: str | None) -> None:
    """Documents that a bot answers from: Markdown, text, HTML, PDF, and YAML with questions and answers.

    Those in the folder bots/BOT/knowledge are taken over by themselves. A change is in force within about a second.
    """
    ctx.obj = bot


def _do(work: Callable[[Documents, Library], Awaitable[_T]]) -> _T:
    """Does the work on the documents of the bot, those of its folder taken over."""
    from bots._skills import BOTS
    from core.catalog import load_bot
    from core.clock import SystemClock
    from core.intents.encoders import Cached, load
    from core.knowledge.documents import FOLDER, Documents
    from core.knowledge.library import Library
    from core.settings import load_settings
    from core.store import Store, migrate

    bot = click.get_current_context().obj
    settings = load_settings(**({"REMORA_BOT": bot} if bot else {}))
    folder = BOTS / load_bot(BOTS / settings.bot).name / FOLDER

    async def encoders() -> Sequence[Cached]:
        return await asyncio.to_thread(load, settings.intent_encoder, settings.data_dir / "vectors")

    async def run() -> _T:
        async with aclosing(Store(settings.store_url)) as store:
            await migrate.upgrade(store)
            documents = Documents(store, SystemClock(), settings.bot)
            await documents.take_seed(folder)
            return await work(documents, Library(documents, folder, encoders))

    return asyncio.run(run())


def _noted(verb: str, name: str) -> Noted:
    """Notes it in the audit log under the name of whoever sits at the command line."""
    from core.clock import SystemClock

    return lambda tx: actor().note(tx, SystemClock().now(), verb, f"document:{name}")


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--name", help="What it is called here, with the ending of its kind; the default is the file's name.")
@click.option(
    "--only", "limits", multiple=True, metavar="FIELD=VALUE", help="Who may read it: roles=owner, channels=C1, …"
)
@_json
def add(files: tuple[Path, ...], name: str | None, limits: tuple[str, ...], as_json: bool) -> None:
    """Add documents, or put them in place of those of the same name. Without limits they are for everybody.

    FIELD is roles (owner, member), platforms, workspaces or channels; give --only as often as wanted.
    """
    from core.knowledge import reading
    from core.knowledge.documents import limits_of
    from core.knowledge.passages import Unreadable

    if name and len(files) > 1:
        raise click.UsageError("--name is for one file")
    given: dict[str, list[str]] = {}
    for one in limits:
        field, _, value = one.partition("=")
        given.setdefault(field, []).append(value)
    only, failures = limits_of(given, "--only"), 0

    async def work(documents: Documents, _library: Library) -> None:
        nonlocal failures
        for file in files:
            called = name or file.name
            try:
                data = await asyncio.to_thread(reading.file_bytes, file, called)
                note = _noted("knowledge.add", called)
                kept = await documents.add(called, data, only, actor().name.partition(":")[2], note)
            except Unreadable as error:
                failures += 1
                click.echo(f"remora: {error.what}", err=True)
            else:
                _show(kept, as_json)

    _do(work)
    if failures:
        raise click.exceptions.Exit(1)


@command.command("list")
@_json
def list_(as_json: bool) -> None:
    """The documents, with how many passages each has, where it comes from and who may read it."""
    for one in _do(lambda documents, _library: documents.listed()):
        _show(one, as_json)


def _show(document: Kept, as_json: bool) -> None:
    limits = {name: values for name, values in document.limits.items() if values}
    if as_json:
        said = asdict(document) | {"limits": limits, "changed_at": document.changed_at.isoformat()}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    only = "; ".join(f"{name}: {', '.join(values)}" for name, values in limits.items())
    more = f"  only {only}" if only else ""
    click.echo(f"{document.name:32} {document.pieces:>5} passages  {document.origin:6}  {document.title}{more}")


@command.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove a document. One of the bot's folder stays away until its file changes."""
    if not _do(lambda documents, _library: documents.remove(name, _noted("knowledge.remove", name))):
        raise RemoraError(f"there is no document “{name}”", "see: remora knowledge list")
    click.echo(f"removed: {name}")


@command.command()
@click.argument("question")
@click.option("--passages", default=3, show_default=True, type=click.IntRange(1, 50), help="How many are shown.")
@_json
def ask(question: str, passages: int, as_json: bool) -> None:
    """What the documents say to a question, best first, with how sure that is. Exit code 1 where they do not say it."""
    from core.knowledge.answers import ASKED, Ranked, ranked

    async def work(_documents: Documents, library: Library) -> Ranked:
        await library.tick()
        await library.settled()
        return ranked(question, await asyncio.to_thread(library.find, question, lambda _limits: True, passages))

    judged = _do(work)
    for likely, one in judged:
        about, passage = one.source.about, one.passage
        if as_json:
            said = {"document": about.name, "title": about.title, **passage.stored(), "sure": round(likely, 3)}
            click.echo(json.dumps(said | {"words": one.hit.words}, ensure_ascii=False))
            continue
        where = " › ".join(dict.fromkeys([about.title, *passage.headings]))
        page = f", p. {passage.page}" if passage.page else ""
        click.echo(f"{likely:4.2f}  {where}{page} ({about.name})\n{textwrap.indent(passage.text, '      ')}\n")
    if not judged or judged[0][0] < ASKED:
        click.echo("That is not in the documents.", err=True)
        raise click.exceptions.Exit(1)
