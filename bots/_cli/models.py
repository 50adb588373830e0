"""`remora models`: what was trained, put to work and taken back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import datetime as dt

    from core.settings import Settings
    from core.store import Store, Tx
    from core.store.models import ModelRelease

_as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_name = click.argument("name")
_by = click.option("--by", hidden=True, default="", help="As whom it is noted: the admin who did it on the pages.")


@click.group()
def command() -> None:
    """Models: list, look at, compare, put in force, take back. NAME is a model of `remora train`."""


def _settings() -> Settings:
    from core.settings import load_settings

    return load_settings()


def _release() -> ModelRelease:
    from bots._database import done
    from core.store import models

    async def work(tx: Tx, _now: dt.datetime) -> ModelRelease:
        return await models.current(tx)

    return done(work)


@command.command("list")
@click.option("--releases", is_flag=True, help="What was put in force, when and by whom.")
@_as_json
def list_(releases: bool, as_json: bool) -> None:
    """The models, and what each is: running, candidate, active, canary."""
    rows = _releases() if releases else _models(_settings(), _release())
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo("  ".join("-" if value is None else str(value) for value in row.values()))
    if not rows:
        click.echo("nothing yet: remora train --data FILE --name NAME", err=True)


def _models(settings: Settings, release: ModelRelease) -> list[dict[str, Any]]:
    from bots._database import opened
    from core.admin import unlearning
    from core.training import runs

    known = {run.name: run.manifest() for run in runs.runs(settings)}
    gone = opened(lambda store, _settings: unlearning.tainted(store, known))
    found = []
    for name, manifest in known.items():
        trained = "candidate" if manifest.state == "finished" else "running"
        state = {release.active: "active", release.canary: "canary"}.get(name, trained)
        metrics = manifest.metrics
        found.append(
            {"name": name, "state": state, "base": manifest.base.name, "kind": manifest.kind,
             "val_loss": metrics.val_loss, "base_val_loss": metrics.base_val_loss,
             "created": manifest.created_at, "evals": len(manifest.evals), "erased_people": gone.get(name, 0)}
        )  # fmt: skip
    return found


def _releases() -> list[dict[str, Any]]:
    from bots._database import done
    from core.store import models

    async def work(tx: Tx, _now: dt.datetime) -> list[ModelRelease]:
        return await models.history(tx)

    return [
        {"number": one.number, "active": one.active or "base", "canary": one.canary, "share": one.share,
         "at": one.released_at and one.released_at.isoformat(timespec="seconds"), "author": one.author,
         "message": one.message}
        for one in done(work)
    ]  # fmt: skip


@command.command()
@_name
def show(name: str) -> None:
    """A model's manifest, as JSON: what went in, how it went, what was measured."""
    from core.training.runs import Run

    click.echo(Run.named(_settings(), name).manifest().model_dump_json(indent=1))


@command.command()
@_name
@click.option("--canary", "share", type=click.IntRange(1, 99), help="For so many percent of the people only.")
@click.option("--message", default="", help="Why, for the history.")
@_by
@_as_json
def promote(name: str, share: int | None, message: str, by: str, as_json: bool) -> None:
    """Put a model in force on every worker; refused with the figures when it is not better than what answers now.

    Without --canary a model that is a canary answers everybody."""
    from bots._database import done, opened
    from core.admin import unlearning
    from core.errors import Refused
    from core.store.models import ModelRelease
    from core.training import gate
    from core.training.merge import merged
    from core.training.runs import Run

    settings, before = _settings(), _release()
    if name == before.active:
        raise Refused(f"{name} is in force already", "see: remora models list --releases")
    run = Run.named(settings, name)
    manifest = run.finished()
    opened(lambda store, _settings: unlearning.need_untainted(store, manifest))
    passed = gate.judged(run, manifest, before.active)
    merged(settings, run)
    active, canary = (name, "") if share is None else (before.active, name)
    release = ModelRelease(0, active, canary, share or 0, by, message)
    number = done(lambda tx, now: _put(tx, now, before, "promote", release))
    if as_json:
        click.echo(json.dumps({"number": number, "active": name, "share": share or 100, "figures": passed.lines}))
        return
    for line in passed.lines:
        click.echo(line)
    click.echo(f"{name} is in force" + (f" for {share} % of the people" if share else "") + f" (release {number})")


@command.command()
@click.option("--message", default="", help="Why, for the history.")
@_by
@_as_json
def rollback(message: str, by: str, as_json: bool) -> None:
    """Take the last promotion back: a canary ends, or the model before answers again; one that is gone, or learned from people who
    want that gone by now, is passed over."""
    from bots._database import opened
    from core.admin import unlearning
    from core.clock import SystemClock
    from core.errors import Refused
    from core.store import models
    from core.store.models import ModelRelease

    async def work(store: Store, settings: Settings) -> tuple[int, str]:
        async with store.read() as tx:
            history = await models.history(tx, 1_000)
        if not history:
            raise Refused("nothing was ever promoted", "see: remora models list --releases")
        active = await unlearning.back_to(store, settings, history)
        wanted = ModelRelease(0, active, "", 0, by, message or f"back from release {history[0].number}")
        async with store.write() as tx:
            return await _put(tx, SystemClock().now(), history[0], "rollback", wanted), active

    number, before = opened(work)
    if as_json:
        click.echo(json.dumps({"number": number, "active": before}))
    else:
        click.echo(f"{before or 'the base model'} is in force (release {number})")


async def _put(tx: Tx, now: dt.datetime, before: ModelRelease, verb: str, wanted: ModelRelease) -> int:
    """The release, and the entry that says whose doing it is, together."""
    from bots._cli.admin import actor
    from core.errors import Refused
    from core.store import models
    from core.store.admin import audit

    who = wanted.author or actor().name
    number = await models.put(tx, replace(wanted, author=who), before.number, now)
    if number is None:
        raise Refused("somebody else promoted a model at this moment", "see: remora models list --releases")
    detail = {"active": wanted.active or "base", "canary": wanted.canary, "share": wanted.share}
    await audit.add(tx, now, who, f"model.{verb}", f"model:{wanted.canary or wanted.active or 'base'}", detail)
    return number


@command.command()
@_name
@click.argument("text")
@click.option("--max-tokens", type=click.IntRange(1, 4096), default=128, show_default=True)
@click.option("--temperature", type=click.FloatRange(0, 5), default=0.0, show_default=True)
@click.option("--seed", type=int, default=None)
def predict(name: str, text: str, max_tokens: int, temperature: float, seed: int | None) -> None:
    """What a model answers; "base" is the model of the settings."""
    from contextlib import aclosing

    from core.messages import Sampling, Utterance

    sampling = Sampling(temperature=temperature, max_tokens=max_tokens, seed=seed)

    async def run() -> None:
        model = _loaded(_settings(), name)
        async with aclosing(model), aclosing(model.generate([Utterance("user", text)], sampling)) as pieces:
            async for piece in pieces:
                click.echo(piece, nl=False)
        click.echo()

    asyncio.run(run())


def _loaded(settings: Settings, name: str) -> Any:
    """A `LanguageModel` of this name; a trained one's weights are merged where they are not yet."""
    from core.lm.local import LocalModel
    from core.training.merge import merged
    from core.training.runs import Run

    if name == "base":
        return LocalModel(settings)
    return LocalModel(settings.model_copy(update={"model": str(merged(settings, Run.named(settings, name)))}))


@command.command()
@_name
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--gguf", is_flag=True, help="As one GGUF file in full precision, for llama.cpp; of Llama's shape alone.")
def export(name: str, target: Path, gguf: bool) -> None:
    """Write a model as one folder (safetensors, tokenizer, template) that other programs load, or as one GGUF file."""
    from core.training.merge import exported, merged
    from core.training.runs import Run

    settings, run = _settings(), Run.named(_settings(), name)
    if gguf:
        from core.training.gguf_file import write_gguf

        click.echo(str(write_gguf(merged(settings, run), target)))
    else:
        click.echo(str(exported(settings, run, target)))


@command.command()
def fetch() -> None:
    """Fetch the default model, or see that it is whole."""
    from core.lm import weights

    click.echo(str(weights.ensure(_settings(), click.echo, terminal=True)))


@command.command()
@click.argument("one")
@click.argument("other")
@click.option(
    "--data",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Conversations; their last question is asked.",
)
@click.option("--rows", type=click.IntRange(1, 1000), default=10, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True, help="Fixes which are asked, and which side is which.")
@click.option("--json", "as_json", is_flag=True, help="Print the pairs with their models, and ask nothing.")
def compare(one: str, other: str, data: Path, rows: int, seed: int, as_json: bool) -> None:
    """Two models blind: you choose the better reply without knowing whose it is, and learn at the end. "base" is the model
    of the settings."""
    from dataclasses import asdict

    from core.training.blind import asked, tally

    settings = _settings()
    pairs = asyncio.run(asked((one, _loaded(settings, one)), (other, _loaded(settings, other)), data, rows, seed))
    if as_json:
        click.echo(json.dumps([asdict(pair) for pair in pairs]))
        return
    chosen = []
    for number, pair in enumerate(pairs, 1):
        click.echo(f"\n[{number}/{len(pairs)}] {pair.question}\n\nA: {pair.sides[0][1]}\n\nB: {pair.sides[1][1]}\n")
        chosen.append(click.prompt("better", type=click.Choice(["a", "b", "same"], case_sensitive=False)))
    for name, count in tally(pairs, chosen).items():
        click.echo(f"{name}: {count}")


@command.command()
@click.option("--rows", type=click.IntRange(1), default=1, show_default=True, help="Do nothing with fewer new rows.")
@click.option("--promote", "promoted", is_flag=True, help="Put it in force where the gate opens.")
def learn(rows: int, promoted: bool) -> None:
    """Make a data set of use, train on it, measure the model against what answers now, and judge it; at low priority. This is
    what is done at night with REMORA_LEARN_ROWS."""
    import os
    import subprocess
    import sys

    from bots._cli.admin import actor
    from bots._database import opened
    from core.admin import learning
    from core.clock import SystemClock
    from core.errors import Refused
    from core.lm.weights import DEFAULT_MODEL
    from core.training import gate
    from core.training.data import versions
    from core.training.runs import Run

    os.nice(19)
    made = opened(lambda store, settings: learning.make(store, settings, actor(), SystemClock(), rows))
    if made.held < gate.FEWEST_ROWS:
        what = f"{made.name} has {made.held} rows to measure with, and the gate wants {gate.FEWEST_ROWS}"
        raise Refused(what, f"wait for more; or train by hand: remora train --data {made.name}")
    settings, live = _settings(), _release().active
    held = str(versions.file_of(settings.data_dir, made.name, versions.HELD))
    for given in (
        (
            "train",
            "--name",
            made.name,
            "--data",
            made.name,
            *(("--base", settings.model) if settings.model != DEFAULT_MODEL else ()),
        ),
        ("eval", made.name, "--data", held, *(("--against", "live") if live else ())),
        *((("models", "promote", made.name, "--message", "learned from use"),) if promoted else ()),
    ):
        if code := subprocess.run([sys.executable, "-m", "bots", *given], check=False).returncode:  # noqa: S603
            raise click.exceptions.Exit(code)
    if not promoted:
        run = Run.named(settings, made.name)
        click.echo(
            "\n".join([*gate.judged(run, run.finished(), live).lines, f"next: remora models promote {made.name}"])
        )
