"""What a skill is: code that fulfils an intent. A new skill is one new module in this package that exports `SKILL`."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from core.intents.live import NOTHING, Catalog
from core.knowledge.library import Library
from core.language.phrases import Language
from core.language.zones import known_zone
from core.messages import Message, Reply
from core.settings import Settings
from core.store import Tx
from core.store.access import Standing
from core.store.edits import Edited
from core.store.memory import NOTHING as NOTHING_KNOWN
from core.store.memory import Known
from core.store.people import PastTurn, Person, Session
from core.store.reminders import Touched
from core.trace import Trace

LED: Final = "led"
"""The intent of a message that was left to one of the team."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """An earlier turn of the same person that a question may be about."""

    said: str
    replied: str
    at: dt.datetime
    score: float


Recall: TypeAlias = Callable[["Turn", str, int], Awaitable[Sequence[Recalled]]]
"""Finds the earlier turns that a question is about, at most so many, the likeliest first. Opens a transaction of its own."""


async def nothing_recalled(_turn: Turn, _question: str, _most: int) -> Sequence[Recalled]:
    return ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One message to be answered, with all that was loaded for it. No transaction is open while it is answered."""

    id: int
    """The inbox row: what a skill makes in this turn carries it in its `cause`, so that a retried turn makes it once."""
    message: Message
    text: str
    """The message without control characters and without surrounding space."""
    person: Person
    session: Session
    history: Sequence[PastTurn]
    language: Language
    now: dt.datetime
    settings: Settings
    commands: Mapping[str, str]
    """Every command with the phrase key of its one-line help."""
    standing: Standing = "member"
    catalog: Catalog = NOTHING
    """The admins' intents as they were in force when the turn began."""
    memory: Known = NOTHING_KNOWN
    """What is remembered of the person and may be used where they write."""
    recall: Recall = nothing_recalled
    library: Library | None = None
    """The bot's documents."""
    touched: Touched | None = None
    """The reminder that was last changed or rang in this conversation; looked for only where the text may mean it."""
    edited: Edited | None = None
    """What became of an earlier form of this message, if it was edited since."""
    start_link: str = ""
    """As `Capabilities.start_link` of the platform that the message came from."""
    again: bool = False
    """It was begun before, and broke off."""
    led: bool = False
    """One of the team talks to the person here, in the assistant's place."""
    trace: Trace = field(default_factory=Trace)
    """How it is answered, noted by whoever takes part."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the person wants no more of this reply."""

    @property
    def zone(self) -> ZoneInfo | None:
        """The person's zone, or the owner's default; None where neither is known, or known on this machine."""
        return known_zone(self.person.zone) or known_zone(self.settings.default_timezone)


Write: TypeAlias = Callable[[Tx], Awaitable[Reply]]
"""The changes of a turn. Runs in the transaction that finishes it and returns the reply, rendered from the rows as
they now stand; raises `Refused` to change nothing and say why."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message: a reply, or changes that give one."""

    reply: Reply | None = None
    write: Write | None = None
    intent: str = ""
    model: str = ""
    pending: dict[str, Any] | None = None
    """The question now open in this session; `skill` names who asked. Replaces the one before."""
    fresh_session: bool = False
    secret: bool = False
    """The reply holds a secret: it is sent, and not kept as a turn that a model might read later."""
    quiet: bool = False
    """As `Reply.quiet`, of whatever reply it comes to."""
    used: tuple[int, ...] = ()
    """The facts of the person that a model was shown."""
    phrase: str = ""
    """What a model may be told, to say before the reply what the reply shows."""
    unsure: str = ""
    """Why an admin should see the message among those to be labelled: "unmatched", "narrow"."""


def asks(pending: Mapping[str, Any] | None) -> bool:
    """Whether something waits for an answer, and is not only kept for an "it" that may follow."""
    kept = pending or {}
    return kept.get("skill") == "profile" or kept.get("step", "set") not in ("set", "shown")


def heard(module: str) -> Mapping[str, re.Pattern[str]]:
    """What a bot listens for, by name: the patterns of `heard.toml` beside the module's file, whatever the case."""
    read = tomllib.loads(Path(module).with_name("heard.toml").read_text(encoding="utf-8"))
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in read.items()}


def lasting(pending: dict[str, Any] | None) -> dict[str, Any] | None:
    """The open question, where it stays open while something else is talked about: a quiz, an order's postcode."""
    return pending if (pending or {}).get("lasts") else None


Recognize: TypeAlias = Callable[[Turn], object | None]
Answer: TypeAlias = Callable[[Turn, Any], Awaitable[Outcome]]


async def _no_press(_turn: Turn, _data: Any) -> Outcome | None:
    return None


async def _no_edit(_turn: Turn, _earlier: Edited) -> Outcome | None:
    return None


async def _no_resume(_turn: Turn, _pending: Any) -> Outcome | None:
    return None


async def _no_offer(_turn: Turn) -> Outcome | None:
    return None


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill as a value. Importing its module changes nothing.

    `recognize` says whether a message is for this skill, and what it found in it; it is fast and never fails. `answer`
    gets what was found, or the rest of the line as a `Command` when the person typed one of `commands`. `press` gets
    the rest of a button's data after the skill's name, `form` that of a form, whose fields are in the message; `resume`
    the open question and may decline with None: then the message is treated as a new one.
    """

    name: str
    answer: Answer
    recognize: Recognize = lambda _turn: None
    commands: Mapping[str, str] = field(default_factory=dict)
    personal: frozenset[str] = frozenset()
    """Those of `commands` that are of use in a private chat only."""
    press: Callable[[Turn, str], Awaitable[Outcome | None]] = _no_press
    form: Callable[[Turn, str], Awaitable[Outcome | None]] = _no_press
    resume: Callable[[Turn, dict[str, Any]], Awaitable[Outcome | None]] = _no_resume
    edit: Callable[[Turn, Edited], Awaitable[Outcome | None]] = _no_edit
    """Gets a message that was edited after it was answered, and may decline with None."""
    offer: Callable[[Turn], Awaitable[Outcome | None]] = _no_offer
    """Gets what neither a skill nor an intent wanted, before the model does, and may decline with None."""
    while_led: Recognize = lambda _turn: None
    """As `recognize`, of what is so plainly meant for us that it is answered while one of the team talks to the person."""
    for_owners: bool = False
    """Its commands are shown to owners only; it refuses others itself."""
    order: int = 50
    """Lower is asked first whether a message is for it."""


@dataclass(frozen=True, slots=True)
class Command:
    """A typed command and the rest of its line."""

    name: str
    rest: str
