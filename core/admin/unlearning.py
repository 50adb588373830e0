"""Which models learned from people who want that gone by now: none of them is put in force. Light, for a rollback must be quick."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
from collections.abc import Mapping, Sequence

from core.errors import Refused
from core.settings import Settings
from core.store import Store, training
from core.store.models import ModelRelease
from core.training.runs import Manifest, Run


async def tainted(store: Store, manifests: Mapping[str, Manifest]) -> dict[str, int]:
    """Of how many people, who want it gone by now, each model was trained with data; models without any are left out."""
    gone = await _gone(store)
    return {name: count for name, manifest in manifests.items() if (count := _of_gone(manifest, gone))}


async def _gone(store: Store) -> Mapping[int, dt.datetime]:
    """Who wants it gone, since when."""
    async with store.read() as tx:
        return await training.to_unlearn(tx)


def _of_gone(manifest: Manifest, gone: Mapping[int, dt.datetime]) -> int:
    """How many of them a model was trained with, before they wanted that."""
    trained = dt.datetime.fromisoformat(manifest.created_at)
    return sum(one in gone and trained <= gone[one] for one in manifest.people)


async def need_untainted(store: Store, manifest: Manifest) -> None:
    """Raises `Refused` where a model was trained with data of people who want it gone by now: it is not put in force."""
    if gone := (await tainted(store, {manifest.name: manifest})).get(manifest.name):
        raise Refused(
            f"{manifest.name} learned from people who were erased or took their consent back since ({gone})",
            "train another on what is left: remora data version, then remora train",
        )


async def back_to(store: Store, settings: Settings, history: Sequence[ModelRelease]) -> str:
    """What a rollback puts in force: instead of a canary what it stood beside, otherwise the newest other model of `history`
    (newest first, not empty) that may still answer people; "" is the base."""
    now = history[0]
    if now.canary:
        return now.active
    gone = await _gone(store)
    for one in history:
        if one.active == now.active:
            continue
        if not one.active:
            break
        manifest = await asyncio.to_thread(_usable, Run.named(settings, one.active))
        if manifest is not None and not _of_gone(manifest, gone):
            return one.active
    return ""


def _usable(run: Run) -> Manifest | None:
    """None where it is not there any more, or damaged."""
    with contextlib.suppress(Refused):
        manifest = run.manifest()
        if run.weights_of(manifest).is_dir():
            return manifest
    return None
