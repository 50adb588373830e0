"""`remora data`: training data, from files in five formats and from conversations that people allowed to learn from."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from core.settings import Settings
    from core.store import Store
    from core.training.data.faults import Fault
    from core.training.data.rows import Conversation, Row
    from core.training.data.versions import Version

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_out = click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where to.")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def command() -> None:
    """Check, convert, scrub and split training data: OpenAI chat, ShareGPT, Alpaca, CSV, labelled text."""


@command.command()
@_file
@click.option("--model", default="", help="Whose tokens are counted: a folder; the default model without.")
@click.option("--max-length", default=1024, show_default=True, help="Tokens a row that are trained on; 0: any.")
@click.option("--show", default=5, show_default=True, help="Faults of each kind that are shown; 0: all.")
@_json
def check(file: Path, model: str, max_length: int, show: int, as_json: bool) -> None:
    """Name every fault with its line, reason and mend, and show what the data looks like; exit 1 where there is an error."""
    from core.training.data.checks import checked
    from core.training.data.read import rows
    from core.training.data.stats import report

    tokens, estimated = _counter(model)
    found = report(checked(rows(file), tokens, max_length), tokens, estimated=estimated)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        _show(found.faults, show)
        click.echo("\n".join(found.lines()))
    if any(fault.error for fault in found.faults):
        raise click.exceptions.Exit(1)


@command.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--system", default="", help="A system message for rows that have none.")
@_out
def prepare(files: Sequence[Path], system: str, output: Path) -> None:
    """Convert to chat JSONL. Rows with errors go into OUTPUT.rejected.jsonl, each with what is wrong with it."""
    from dataclasses import replace

    from core.messages import Utterance

    good, bad = _read(*files)
    if system:
        extra = (Utterance("system", system),)
        good = [row if row.turns[0].role == "system" else replace(row, turns=extra + row.turns) for row in good]
    _write(output, good)
    _reject(output, bad)


@command.command()
@_file
@click.option("--apply", "applied", is_flag=True, help="Write the scrubbed rows to --output.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to, with --apply.")
@click.option("--show", default=20, show_default=True, help="Findings that are shown; 0: all.")
def scrub(file: Path, applied: bool, output: Path | None, show: int) -> None:
    """Show personal data and secrets in the rows; with --apply, write the rows with placeholders instead."""
    from core.training.data.scrub import Scrubber

    if applied and output is None:
        raise click.UsageError("--apply needs -o OUTPUT; the file itself stays as it is")
    good, bad = _read(file)
    scrubber = Scrubber()
    clean = [scrubber.conversation(row) for row in good]
    for line, placeholder, before in scrubber.shown[: show or None]:
        click.echo(f"line {line}: …{before} -> {placeholder}")
    _summary(scrubber.counts)
    if applied and output is not None:
        _write(output, clean)
        _reject(output, bad)
    else:
        click.echo(f"nothing was written; to write it: remora data scrub {file} --apply -o OUTPUT")


@command.command()
@_file
@click.option("-o", "--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="A folder.")
@click.option("--val", default=0.1, show_default=True, help="Share for validation while training.")
@click.option("--test", default=0.1, show_default=True, help="Share that is kept for the end.")
@click.option("--seed", default=0, show_default=True, help="The same seed and rows always give the same sets.")
def split(file: Path, output: Path, val: float, test: float, seed: int) -> None:
    """Write train, val and test sets that share no conversation, not even a nearly equal one."""
    from core.training.data.split import split as parted

    good, bad = _read(file)
    output.mkdir(parents=True, exist_ok=True)
    for name, rows in parted(good, val, test, seed).items():
        if rows:
            _write(output / f"{name}.jsonl", rows)
    _reject(output / "train.jsonl", bad)


@command.command("from-chats")
@_out
def from_chats(output: Path) -> None:
    """Whole conversations of people who agreed to be learned from; personal data is replaced by placeholders."""
    from bots._database import done
    from core.errors import Refused
    from core.store.training import learnable
    from core.training.data.chats import conversations
    from core.training.data.scrub import Scrubber

    scrubber = Scrubber()
    rows = conversations(done(lambda tx, _now: learnable(tx)), scrubber)
    if not rows:
        raise Refused(
            "nobody who agreed to be learned from talked to the model", "people agree by /privacy in the chat"
        )
    _write(output, rows)
    _summary(scrubber.counts)


@command.command()
@_json
def version(as_json: bool) -> None:
    """Make a data set of what people who agreed praised, and of what was corrected or labelled of theirs; a new version of it
    each time. Train on it by its name: remora train --data use-1."""
    from bots._cli.admin import actor
    from bots._database import opened
    from core.admin import learning
    from core.clock import SystemClock

    made = opened(lambda store, settings: learning.make(store, settings, actor(), SystemClock()))
    click.echo(made.model_dump_json() if as_json else _told(made))


@command.command()
@_json
def versions(as_json: bool) -> None:
    """The data sets that were made of use, the newest first; rows of people who want them gone are taken out before."""
    from bots._database import opened
    from core.admin import learning
    from core.training.data.versions import versions as found

    async def work(store: Store, settings: Settings) -> list[Version]:
        await learning.sweep(store, settings)
        return await asyncio.to_thread(found, settings.data_dir)

    for one in opened(work):
        click.echo(one.model_dump_json() if as_json else _told(one))


def _told(one: Version) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in {**one.sources, **one.languages}.items())
    changed = f"+{one.added} -{one.dropped}" + (f" against {one.parent}" if one.parent else "")
    gone = f", {one.erased} taken out since" if one.erased else ""
    return (
        f"{one.name}  {one.made_at:%Y-%m-%d %H:%M}  {one.rows} rows, {one.held} held back ({counts}); {changed}{gone}"
    )


def _counter(model: str) -> tuple[Callable[[Conversation], int], bool]:
    """How many tokens a conversation has, and whether that is an estimate because no tokenizer is at hand."""
    from core.lm import weights
    from core.lm.engine.estimate import tokens_at_most
    from core.lm.engine.text import render
    from core.lm.engine.tokens import FolderTokenizer, UnreadableTokenizer
    from core.settings import load_settings

    try:
        tokenizer = FolderTokenizer(Path(model) if model else weights.folder_of(load_settings()))
    except UnreadableTokenizer:
        return lambda given: tokens_at_most(given.turns), True
    return lambda given: len(tokenizer.encode(render(tokenizer, given.turns)[0], whole=False)), False


def _read(*files: Path) -> tuple[list[Conversation], list[Row]]:
    """The rows without errors, and those with them; warnings about a whole file are said at once."""
    from core.errors import Refused
    from core.training.data.checks import checked
    from core.training.data.read import rows

    read = list(checked(row for file in files for row in rows(file)))
    for row in read:
        if not row.line:
            _show(row.faults, 0)
    good = [row.conversation for row in read if row.good and row.conversation is not None]
    if not good:
        raise Refused("no row can be used", f"see what is wrong: remora data check {files[0]}")
    return good, [row for row in read if row.line and not row.good]


def _write(path: Path, rows: Sequence[Conversation]) -> None:
    from core.training.runs import replace_file

    replace_file(path, "".join(f"{row.to_json()}\n" for row in rows).encode("utf-8"))
    click.echo(f"{path}: {len(rows)} rows")


def _reject(output: Path, bad: Sequence[Row]) -> None:
    """What was left out is kept beside, with the reasons."""
    from core.training.runs import replace_file

    if not bad:
        return
    path = output.with_suffix(".rejected.jsonl")
    said = [{"line": row.line, "faults": [fault.text() for fault in row.faults], "row": row.raw} for row in bad]
    replace_file(path, "".join(json.dumps(one, ensure_ascii=True) + "\n" for one in said).encode())
    click.echo(f"{path}: {len(bad)} rows left out, each with what is wrong with it", err=True)
    _summary(Counter(fault.kind for row in bad for fault in row.faults if fault.error))


def _show(faults: Sequence[Fault], most: int) -> None:
    shown: Counter[str] = Counter()
    for fault in faults:
        shown[fault.kind] += 1
        if not most or shown[fault.kind] <= most:
            click.echo(("" if fault.error else "warning: ") + fault.text(), err=True)
    for kind, count in shown.items():
        if most and count > most:
            click.echo(f"{kind}: {count - most} more; --show 0 shows all", err=True)


def _summary(counts: Counter[str]) -> None:
    click.echo("  ".join(f"{kind} {count}" for kind, count in counts.most_common()) or "nothing was found", err=True)
