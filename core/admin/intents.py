"""Intents as admins edit them: what pages and the command line call. Compiling takes seconds and is done in threads."""

from __future__ import annotations

import asyncio
import datetime as dt
import difflib
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import yaml

from core.clock import SystemClock
from core.intents.checks import failed_tests
from core.intents.definition import SAY, Intent
from core.intents.documents import document_of, intent_of
from core.intents.problems import Problem
from core.intents.releases import Change, Editing, changes
from core.intents.slots import Situation
from core.settings import Settings
from core.skills.base import Skill
from core.store import Store, Tx
from core.store import intents as stored
from core.store.admin import audit
from core.store.admin import intents as kept
from core.store.intents import Draft

if TYPE_CHECKING:
    from core.admin.desk import Desk
    from core.intents.live import Live
    from core.intents.quality import Confused, Measured, Replayed
    from core.intents.recognition import Recognizer

State: TypeAlias = Literal["live", "changed", "new", "deleted"]
UNDO = dt.timedelta(days=30)
"""For so long a deleted intent is shown, so that deleting can be undone."""
_COMPILED = 4


def editing(store: Store, settings: Settings, skills: Sequence[Skill], live: Live | None = None) -> Editing:
    """The intents of the bot that the settings name, which may run these skills. With `live`, drafts are tested at once,
    by what is in force with the edit on top; what is published is always compiled and tested thoroughly."""
    return Editing(
        store,
        SystemClock(),
        settings.bot,
        commands=frozenset({SAY, *(command for skill in skills for command in skill.commands)}),
        reserved=frozenset(skill.name for skill in skills),
        tester=partial(run_tests, partial(compiled_with, settings)),
        quick=None if live is None else partial(_quick_tests, settings, live),
    )


async def note(author: str, tx: Tx, verb: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Notes in the audit log what somebody does who is no browser, such as "cli:root"."""
    await audit.add(tx, SystemClock().now(), author, verb, subject, detail)


# --- compiled


class _Compiled:
    """The catalogs that were compiled last, by what they say and with what."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[object, str], Recognizer] = OrderedDict()

    def get(self, place: object, wanted: Sequence[Intent], make: Callable[[], Recognizer]) -> Recognizer:
        about = (place, repr([document_of(intent) for intent in wanted]))
        found = self._known.get(about)
        if found is None:
            found = self._known[about] = make()
            while len(self._known) > _COMPILED:
                self._known.popitem(last=False)
        return found

    def of(self, place: object) -> list[Recognizer]:
        return [one for (where, _), one in list(self._known.items()) if where == place]


_thorough, _instant = _Compiled(), _Compiled()


def _place(settings: Settings) -> tuple[str, str]:
    return settings.intent_encoder, str(settings.data_dir)


def compiled_with(settings: Settings, wanted: Sequence[Intent]) -> Recognizer:
    """The catalog with the encoders that the settings name and its own calibration. Seconds: for a thread."""
    from core.intents.encoders import load
    from core.intents.recognition import compiled

    def make() -> Recognizer:
        return compiled(wanted, load(settings.intent_encoder, settings.data_dir / "vectors"))

    return _thorough.get(_place(settings), wanted, make)


def on_top(settings: Settings, live: Live, wanted: Sequence[Intent]) -> Recognizer:
    """The catalog as an edit on top of the nearest one that is compiled, in milliseconds where they differ little. For a
    thread."""
    from core.intents.recognition import changed

    def alike(other: Recognizer) -> int:
        return sum(other.intents.get(intent.name) == intent for intent in wanted) - len(other.intents)

    before = max([live.current.recognizer, *_thorough.of(_place(settings))], key=alike)
    return _instant.get(before, wanted, lambda: changed(before, wanted))


async def _quick_tests(settings: Settings, live: Live, wanted: Sequence[Intent]) -> list[Problem]:
    """The tests that fail. An edit on top of what is compiled comes near to what the catalog will be; where it fails one,
    that is looked at thoroughly."""
    found = await run_tests(partial(on_top, settings, live), wanted)
    return await run_tests(partial(compiled_with, settings), wanted) if found else []


async def run_tests(compile_: Callable[[Sequence[Intent]], Recognizer], wanted: Sequence[Intent]) -> list[Problem]:
    """The tests of these intents that fail; nothing is compiled where there are none."""

    def work() -> list[Problem]:
        recognizer, here = compile_(wanted), Situation()
        return list(failed_tests(wanted, lambda text: recognizer.recognize(text, here).intent))

    tested = any(intent.must_match or intent.must_not_match for intent in wanted)
    return await asyncio.to_thread(work) if tested else []


# --- what publishing would mean


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one catalog would mean in place of another."""

    measured: Sequence[Measured]
    confused: Sequence[Confused]
    overlaps: Sequence[Problem]
    replayed: int
    """How many different sentences were replayed."""
    changes: Sequence[Replayed]
    failed: Sequence[Problem] = ()
    """Tests of the second catalog."""
    tests: int = 0
    since: dt.datetime | None = None
    """From when on messages were replayed."""

    @property
    def f1(self) -> float:
        """Mean over the intents; 0 where there is none."""
        return sum(one.f1 for one in self.measured) / max(len(self.measured), 1)

    @property
    def answers(self) -> int:
        """How many messages would be answered otherwise."""
        return sum(one.times for one in self.changes)


COMPARISON_STEPS = 5


async def compared(
    settings: Settings,
    editing: Editing,
    days: int,
    before: Sequence[Intent] | None = None,
    after: Sequence[Intent] | None = None,
    step: Callable[[], None] = lambda: None,
) -> Comparison:
    """The second catalog measured and tested, and the last days' messages replayed on both; by default what is in force
    and the drafts. `step` is told, from a thread, whenever one of `COMPARISON_STEPS` is done."""
    was = await editing.live() if before is None else before
    becomes = await editing.edited() if after is None else after
    said = await editing.said(dt.timedelta(days=days))

    def work() -> Comparison:
        from core.intents.quality import measured, overlaps, replayed

        old = compiled_with(settings, was)
        step()
        new, here = compiled_with(settings, becomes), Situation()
        step()
        failed = list(failed_tests(becomes, lambda text: new.recognize(text, here).intent))
        step()
        figures, close = measured(new), overlaps(new)
        step()
        differences = replayed(old, new, said)
        tests = sum(len(one.must_match) + len(one.must_not_match) for one in becomes if one.enabled)
        return Comparison(*figures, close, len(said), differences, failed, tests)

    return await asyncio.to_thread(work)


async def explained(settings: Settings, editing: Editing, text: str) -> list[str]:
    """How the drafts understand a sentence, in English, a line each."""
    edited = await editing.edited()

    def work() -> list[str]:
        from core.skills.why import told

        recognizer = compiled_with(settings, edited)
        return told(recognizer.explain(text, Situation()), text, {name: name for name in recognizer.names}, "en")

    return await asyncio.to_thread(work)


def difference(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[tuple[Literal["+", "-"], str]]:
    """The lines that two documents of an intent, as YAML, do not share."""
    old, new = (
        yaml.safe_dump(dict(side), allow_unicode=True, sort_keys=False, width=100_000).splitlines() if side else []
        for side in (before, after)
    )
    lines = difflib.unified_diff(old, new, lineterm="", n=0)
    return [
        ("+" if line[0] == "+" else "-", line[1:])
        for line in lines
        if line[0] in "+-" and line[:3] not in ("+++", "---")
    ]


def differing(change: Change) -> list[tuple[Literal["+", "-"], str]]:
    return difference(*(document_of(side) if side else None for side in (change.before, change.after)))


# --- what the pages show


@dataclass(frozen=True, slots=True)
class Row:
    """An intent in the list."""

    intent: Intent
    state: State
    draft: Draft | None
    problems: Sequence[Problem]
    hits: int

    @property
    def name(self) -> str:
        return self.intent.name

    @property
    def action(self) -> str:
        """ "skill", "answer", "hand_over" or "model"."""
        return next(iter(document_of(self.intent).get("action", ())), "model")


@dataclass(frozen=True, slots=True)
class Overview:
    rows: Sequence[Row]
    waiting: int
    """Changes that are not published."""
    number: int
    """The release in force."""
    capped: bool
    """There were more turns than are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Catalogs:
    """The drafts and what is in force, as they are until somebody changes either."""

    drafts: Mapping[str, Draft]
    edited: tuple[Intent, ...]
    live: tuple[Intent, ...]
    number: int
    """The release in force; 0: none yet."""
    problems: Sequence[Problem]
    """Of the drafts, without their tests."""

    def without(self, name: str) -> list[Intent]:
        """The drafts but the one of that name."""
        return [intent for intent in self.edited if intent.name != name]


_catalogs: OrderedDict[object, Catalogs] = OrderedDict()


async def catalogs(desk: Desk) -> Catalogs:
    """Read again only where something changed: intents are many, and so are the pages that show them."""
    bot = desk.settings.bot
    async with desk.store.read() as tx:
        about = (desk.store.url, bot, await stored.live_number(tx, bot), tuple(await kept.state(tx, bot)))
        found = _catalogs.get(about)
        if found is not None:
            return found
        drafts = {draft.name: draft for draft in await stored.drafts(tx, bot)}
        number = await stored.live_number(tx, bot)
        documents = await stored.documents(tx, bot, number) or []

    def work() -> Catalogs:
        edited = _read(draft.document for draft in drafts.values() if not draft.deleted)
        return Catalogs(drafts, edited, _read(documents), number, desk.editing.checked(edited))

    found = _catalogs[about] = await asyncio.to_thread(work)
    while len(_catalogs) > _COMPILED:
        _catalogs.popitem(last=False)
    return found


def _read(documents: Iterable[object]) -> tuple[Intent, ...]:
    return tuple(intent for document in documents if (intent := intent_of(document, [])) is not None)


async def overview(desk: Desk, sought: str = "") -> Overview:
    """Every intent that is drafted or in force, and what is worth a look in it; only those that say `sought` somewhere."""
    found, now = await catalogs(desk), desk.clock.now()
    hits = await _hits(desk, now)
    kinds = {change.name: change.kind for change in _waiting(found)}
    problems = [*found.problems, *await overlapping(desk, found.edited)]
    known, old = {intent.name: intent for intent in found.edited}, {intent.name: intent for intent in found.live}
    rows = []
    for name in sorted({*found.drafts, *old}):
        draft, intent = found.drafts.get(name), known.get(name) or old.get(name)
        if intent is None and draft is not None and draft.deleted and now - draft.changed_at < UNDO:
            intent = Intent(name, {}, description=str(draft.document.get("description", "")))
        if intent is not None and (not sought or sought.casefold() in repr(document_of(intent)).casefold()):
            state: State = "deleted" if name not in known else _STATES[kinds.get(name, "")]
            mine = [one for one in problems if name in (one.intent, one.fields.get("other"))]
            rows.append(Row(intent, state, draft, mine, hits.get(name, 0)))
    return Overview(rows, len(kinds), found.number, sum(hits.values()) >= kept.MOST_HITS)


_counted: dict[object, Mapping[str, int]] = {}


async def _hits(desk: Desk, now: dt.datetime) -> Mapping[str, int]:
    """Of the last week, counted once a minute."""
    about = (desk.store.url, now.replace(second=0, microsecond=0))
    found = _counted.get(about)
    if found is None:
        async with desk.store.read() as tx:
            found = await kept.hits(tx, now - dt.timedelta(days=7))
        _counted.clear()
        _counted[about] = found
    return found


_STATES: Mapping[str, State] = {"": "live", "add": "new", "change": "changed", "delete": "deleted"}


@lru_cache(maxsize=_COMPILED)
def _waiting(found: Catalogs) -> Sequence[Change]:
    return changes(found.live, found.edited)


@lru_cache(maxsize=_COMPILED)
def _close(recognizer: Recognizer) -> Sequence[Problem]:
    from core.intents.quality import overlaps

    return overlaps(recognizer, most=200)


async def overlapping(desk: Desk, edited: Sequence[Intent]) -> Sequence[Problem]:
    """Warnings of examples that lie close to one of another intent."""
    return await asyncio.to_thread(lambda: _close(on_top(desk.settings, desk.live, edited)))


async def overlapping_live(desk: Desk) -> Sequence[Problem]:
    """The same of what is in force, found out once a release."""
    return await asyncio.to_thread(_close, desk.live.current.recognizer)


def stamp(drafts: Sequence[Draft]) -> str:
    """What the drafts were when somebody looked at them."""
    said = repr([(draft.name, draft.revision) for draft in drafts])
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:24]
