"""Models for whoever looks at them: the runs on this machine, their curves and figures, what is in force; and the verbs that
train, promote and roll back, run as the command line runs them, so that nothing of the training is loaded here."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, TypeAlias

from core.errors import Refused, Unavailable
from core.settings import Settings
from core.store import Store, models
from core.store.models import ModelRelease
from core.training.data import versions
from core.training.runs import Manifest, Run, log_from, runs

DATASETS = versions.DATASETS
"""In the data folder: what the page may train on."""
_VERB_SECONDS = 600
_MOST_POINTS = 1_000


@dataclass(frozen=True, slots=True)
class Trained:
    """A run; `state` is "running", "candidate", "active" or "canary"; `manifest` None where it cannot be read."""

    name: str
    state: str
    manifest: Manifest | None


async def overview(store: Store, settings: Settings) -> tuple[list[Trained], ModelRelease, list[ModelRelease]]:
    """The runs, the newest first; what is in force; and what was before."""
    async with store.read() as tx:
        history = await models.history(tx, 20)
    release = history[0] if history else ModelRelease()
    return await asyncio.to_thread(_trained, settings, release), release, history


def _trained(settings: Settings, release: ModelRelease) -> list[Trained]:
    found = []
    for run in runs(settings):
        try:
            manifest = run.manifest()
        except Refused:
            found.append(Trained(run.name, "damaged", None))
            continue
        trained = "candidate" if manifest.state == "finished" else "running"
        state = {release.active: "active", release.canary: "canary"}.get(run.name, trained)
        found.append(Trained(run.name, state, manifest))
    return sorted(found, key=lambda one: one.manifest.created_at if one.manifest else "", reverse=True)


async def one(store: Store, settings: Settings, name: str) -> Trained:
    """Raises `Refused` where there is none."""
    every, _, _ = await overview(store, settings)
    for trained in every:
        if trained.name == name and trained.manifest is not None:
            return trained
    raise Refused(f"there is no model named {name!r}", "see the list of models")


async def points(settings: Settings, name: str) -> list[dict[str, Any]]:
    """The log of a run: losses as they were measured, thinned to what a picture shows."""
    return (await more_points(settings, name, -1, 0))[0]


Going: TypeAlias = Literal["on", "done", "stopped"]


async def more_points(settings: Settings, name: str, after: int, start: int) -> tuple[list[dict[str, Any]], int, Going]:
    """What a run measured behind step `after`, as its log has it from byte `start` on; where to go on; and whether the run
    does. Raises `Refused` where there is none."""
    run = Run.named(settings, name)

    def read() -> tuple[list[dict[str, Any]], int, Going]:
        going: Going = "done" if run.manifest().state == "finished" else "on" if run.goes_on() else "stopped"
        lines, end = log_from(run.log, start)
        kept = [
            {key: line.get(key) for key in ("step", "loss", "val_loss", "lr") if line.get(key) is not None}
            for line in lines
            if line.get("step", 0) > after
        ]
        every = max(1, len(kept) // _MOST_POINTS)
        return [line for at, line in enumerate(kept) if at % every == 0 or "val_loss" in line], end, going

    return await asyncio.to_thread(read)


async def datasets(settings: Settings) -> list[str]:
    """Names of the files that may be trained on; made of use are those that are folders."""
    folder = settings.data_dir / DATASETS
    return await asyncio.to_thread(lambda: sorted(path.name for path in folder.glob("[!.]*") if path.is_file()))


async def compare(
    settings: Settings, one: str, other: str, prompts: Sequence[str], data: str, seed: int
) -> list[dict[str, Any]]:
    """What two models reply to the same: to `prompts`, or to ten questions of a data set; sides by lot. Takes minutes. Raises
    `Refused` with what is wrong."""
    if one == other:
        raise Refused("a model cannot be compared with itself", "choose two")
    if not prompts and data not in await datasets(settings):
        raise Refused("there is no such data set", f"put a file into {DATASETS}/ of the data folder")
    asked = await asyncio.to_thread(_typed, prompts) if prompts else settings.data_dir / DATASETS / data
    given = ("--data", str(asked), "--rows", str(len(prompts) or 10), "--seed", str(seed), "--json")
    try:
        found: list[dict[str, Any]] = await verb(settings, "compare", *given, "--", one, other)
    finally:
        if prompts:
            await asyncio.to_thread(asked.unlink)
    return found


def _typed(prompts: Sequence[str]) -> Path:
    """As a data set: an answer has to be there, and is not read."""
    turns = [[("user", words), ("assistant", "-")] for words in prompts]
    rows = [{"messages": [{"role": role, "content": words} for role, words in pair]} for pair in turns]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8", delete=False) as file:
        file.write("".join(f"{json.dumps(row)}\n" for row in rows))
    return Path(file.name)


async def train(
    settings: Settings, name: str, data: str, epochs: str, noted: Callable[[str], Awaitable[None]]
) -> None:  # fmt: skip
    """Starts a run that goes on whatever becomes of this process. Raises `Refused` with what is wrong. Before it starts,
    "model.train" is noted, so that no run is without its entry; and behind it where it was refused after all."""
    path = settings.data_dir / DATASETS / data
    if data not in await datasets(settings):
        version = await asyncio.to_thread(versions.version_of, settings.data_dir, data)
        path = versions.file_of(settings.data_dir, version.name)
    if not (epochs.isascii() and epochs.isdigit() and len(epochs) < 4 and 1 <= int(epochs) <= 100):
        raise Refused("epochs are a whole number from 1 to 100", "3 is a good beginning")
    run = Run.named(settings, name)
    if await asyncio.to_thread(run.folder.exists):
        raise Refused(f"there is a model named {name!r} already", "choose another name")
    given = ("train", "--name", name, "--data", str(path), "--epochs", epochs)
    await begin(settings, name, noted, *given)


async def begin(settings: Settings, name: str, noted: Callable[[str], Awaitable[None]], *given: str) -> None:
    """Starts a verb that trains, and goes on whatever becomes of this process; what it says lies beside the models."""
    await asyncio.to_thread((settings.data_dir / "models").mkdir, parents=True, exist_ok=True)
    log = settings.data_dir / "models" / f".{name}.log"
    alone = await asyncio.to_thread(_alone, settings.data_dir / "models" / ".begun-here")
    try:
        await noted("model.train")
        with await asyncio.to_thread(log.open, "wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bots", *given, stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=file,
                env=_environment(settings), start_new_session=True, cwd=_ROOT, pass_fds=(alone.fileno(),),
            )  # fmt: skip
        await asyncio.wait_for(process.wait(), 3)  # what is refused is refused at once
    except TimeoutError:
        return
    finally:
        alone.close()
    said = (await asyncio.to_thread(log.read_text, "utf-8", "replace")).strip().splitlines()
    if process.returncode:
        await noted("model.train_refused")
        raise Refused("; ".join(line.removeprefix("remora: ").strip() for line in said[-2:]) or "it ended at once")


def _alone(path: Path) -> IO[bytes]:
    """A lock that the run inherits and holds to its end, whatever becomes of us: runs beside each other fill the memory."""
    file = path.open("wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Refused("a run that was begun here goes on", "wait for its end, or use remora train") from None
    return file


async def verb(settings: Settings, *given: str) -> Any:
    """Runs `remora models ...` and returns what it prints as JSON; raises `Refused` with what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bots", "models", *given, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env=_environment(settings), cwd=_ROOT,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), _VERB_SECONDS)
    except TimeoutError:
        process.kill()
        raise Unavailable("it took too long", "do it from the command line: remora models") from None
    if process.returncode:
        lines = [line.strip() for line in err.decode("utf-8", "replace").splitlines() if line.strip()]
        said = [line.removeprefix("remora: ").removeprefix("mend: ") for line in lines[-2:]]
        raise Refused(said[0] if said else "it failed", said[1] if len(said) > 1 else "")
    return json.loads(out)


_ROOT = Path(__file__).parents[2]


def _environment(settings: Settings) -> Mapping[str, str]:
    return {**os.environ, "REMORA_DATA_DIR": str(settings.data_dir.absolute()), "DATABASE_URL": settings.store_url}


def figures(manifest: Manifest) -> Sequence[Mapping[str, Any]]:
    """The reports of `remora eval`, the newest first."""
    return list(reversed(manifest.evals))
