"""The bot: its persona and how it picks words, for everywhere or one chat; and two ways side by side before one is kept."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing

from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core import manners, prompt
from core.errors import ModelUnavailable, Refused
from core.language.detect import detect
from core.language.phrases import LANGUAGES
from core.manners import BOUNDS, Manner
from core.messages import Utterance
from core.store import manners as kept

_PLACE = re.compile(r"[a-z_]+:\S{1,100}")
_FIELDS = (*(f"persona_{language}" for language in LANGUAGES), *BOUNDS)
_TRY_SECONDS = 60


async def show(visit: Visit, problem: Refused | None = None, theirs: kept.Kept | None = None) -> Response:
    place = (visit.field("place") or visit.ask("place")).strip()
    async with visit.desk.store.read() as tx:
        every = await kept.kept(tx, visit.desk.bot.name)
    found = next((one for one in every if one.place == place), None)
    typed = {name: visit.field(name) for name in _FIELDS} if problem else _typed(found)
    usual = manners.of_settings(visit.desk.bot, visit.desk.settings)
    return visit.page(
        "bots.html", 422 if problem else 200, bot=visit.desk.bot, place=place, places=[one.place for one in every if one.place],
        typed=typed, usual=usual, bounds=BOUNDS, languages=LANGUAGES, problem=problem, theirs=theirs, found=found,
        revision=theirs.revision if theirs else _revision(visit) if problem else found.revision if found else 0,
    )  # fmt: skip


def _revision(visit: Visit) -> int:
    """What the form says that it began from; 0 where it says nothing of use."""
    text = visit.field("revision")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _typed(found: kept.Kept | None) -> dict[str, str]:
    document = found.document if found else {}
    return {name: "" if document.get(name) is None else str(document[name]) for name in _FIELDS}


async def save(visit: Visit) -> Response:
    place = visit.field("place").strip()
    try:
        if place and not _PLACE.fullmatch(place):
            raise Refused(visit.words["bots"]["place_wrong"])
        document = manners.read({name: visit.field(name) for name in _FIELDS})
    except Refused as refused:
        return await show(visit, refused)
    async with visit.desk.store.write() as tx:
        done = await kept.put(tx, visit.desk.bot.name, place, document, _revision(visit), visit.actor.name, visit.now)
        if done:
            await visit.note(tx, "bot.manner", f"bot:{visit.desk.bot.name}", {"place": place, "set": sorted(document)})
    if not done:
        async with visit.desk.store.read() as tx:
            theirs = next((one for one in await kept.kept(tx, visit.desk.bot.name) if one.place == place), None)
        return await show(visit, Refused(visit.words["bots"]["conflict"]), theirs)
    return visit.go("/admin/bots", "bots.saved", **({"place": place} if place else {}))


async def attempt(visit: Visit) -> Response:
    """The same question asked in the manner that is in force and in the one that is typed, one after the other."""
    text = visit.field("text").strip()[:2_000]
    if not text:
        return visit.page("bots_try.html", 422, sides=[], problem=visit.words["bots"]["no_text"])
    usual = manners.of_settings(visit.desk.bot, visit.desk.settings)
    async with visit.desk.store.read() as tx:
        documents = {one.place: one.document for one in await kept.kept(tx, visit.desk.bot.name)}
    now = manners.with_changes(usual, documents.get("", {}))
    try:
        wished = manners.with_changes(usual, manners.read({name: visit.field(name) for name in _FIELDS}))
        sides = [await _said(visit, text, manner) for manner in (now, wished)]
    except (Refused, ModelUnavailable) as error:
        return visit.page("bots_try.html", 422, sides=[], problem=visit.told(error.what))
    return visit.page("bots_try.html", sides=sides, problem="")


async def _said(visit: Visit, text: str, manner: Manner) -> str:
    persona = prompt.persona_for(manner.personas[detect(text)], visit.now, None)
    lines = [Utterance("system", persona), Utterance("user", text)]
    said = ""
    try:
        async with asyncio.timeout(_TRY_SECONDS), aclosing(visit.desk.model.generate(lines, manner.sampling)) as pieces:
            async for piece in pieces:
                said += piece
    except TimeoutError:
        said += " …"
    return said


SCREEN = Screen(
    "bots",
    "bot",
    60,
    (
        get("/admin/bots", show),
        post("/admin/bots", save, "bots.edit"),
        post("/admin/bots/try", attempt, "bots.edit"),
    ),
)
