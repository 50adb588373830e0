"""A scripted dialogue with the bot, on a clock that stands still until the script moves it: read, played, compared.

- name: a reminder comes back
  dialogue:
  - me: remind me tomorrow at 9 to call mum
    bot: I'll remind you .. call mum
  - at: +1d
    bot: call mum
  - press: Done
    bot: done
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bots._app import App, running
from bots._virtual import NEVER, forward, settle
from core.clock import SystemClock
from core.errors import RemoraError
from core.messages import Address, Capabilities, Delivery, Message, Receipt, ReplyEvent, Sender
from core.ports import Inbound
from core.settings import Settings

START = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)
"""A Wednesday: the same every time, so that answers with dates in them are, too."""
MODEL_SAYS = "the model answers"
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_PASSES = re.compile(r"\+(\d{1,6})([smhd])")
_KEYS = {"me", "press", "at", "bot", "line"}
_ME = "me"


class BadScript(RemoraError):
    """A file that cannot be played."""

    exit_code = 2


class _Lines(yaml.SafeLoader):
    """Every mapping knows its line."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002
        return {**super().construct_mapping(node, deep=True), "line": node.start_mark.line + 1}


@dataclass(frozen=True, slots=True)
class Step:
    """Time passes, then something is said or a button pressed; `bot`: the pieces that must come, by message."""

    line: int
    passes: dt.timedelta = dt.timedelta()
    says: str = ""
    presses: str = ""
    bot: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    name: str
    steps: tuple[Step, ...]


def read(text: str, name: str) -> list[Dialogue]:
    """The dialogues of a file. Raises `BadScript` with the line that is wrong."""
    try:
        found = _Lines(text).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        raise BadScript(f"{where}: this is not YAML: {getattr(error, 'problem', '')}", "mend that line") from None
    if not isinstance(found, list) or not found:
        raise BadScript(f"{name}: a list of dialogues is missing", "each has a name and a dialogue; see bots/assistant")
    return [_dialogue(one, name) for one in found]


def _dialogue(one: Any, name: str) -> Dialogue:
    if not isinstance(one, dict) or not isinstance(one.get("dialogue"), list):
        raise BadScript(f"{name}: {str(one)[:40]} is no dialogue", "give each a name and a dialogue: a list of lines")
    return Dialogue(
        str(one.get("name", "")), tuple(_step(step, f"{name}:{one['line']}", name) for step in one["dialogue"])
    )


def _step(step: Any, above: str, name: str) -> Step:
    if not isinstance(step, dict):
        raise BadScript(f"{above}: {str(step)[:40]} is no line of a dialogue", "write me: or press:, and bot:")
    where, bot = f"{name}:{step['line']}", step.get("bot")
    if unknown := sorted(map(str, set(step) - _KEYS)):
        raise BadScript(f"{where}: nobody knows {unknown[0]}", "a line has me: or press:, at:, and bot:")
    passes = _PASSES.fullmatch(str(step.get("at", "+0s")))
    if passes is None:
        raise BadScript(f"{where}: {step['at']} is no time that passes", "write it as +30m, +2h or +3d")
    if ("me" in step) + ("press" in step) > 1 or not {"me", "press", "at"} & set(step):
        raise BadScript(f"{where}: what happens here is not clear", "write either me: or press:, or at: alone")
    texts = None if bot is None else tuple(map(str, bot)) if isinstance(bot, list) else (str(bot),)
    length = dt.timedelta(seconds=int(passes[1]) * _UNITS[passes[2]])
    return Step(step["line"], length, str(step.get("me", "")), str(step.get("press", "")), texts)


class StillClock(SystemClock):
    """Stands still until it is moved."""

    def __init__(self, time: dt.datetime) -> None:
        self.time = time

    def now(self) -> dt.datetime:
        return self.time

    def jump_to(self, moment: dt.datetime) -> None:
        self.time = max(self.time, moment)


@dataclass
class Stage:
    """A chat platform with one person, in memory."""

    name: str = "play"
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(4096, preview=False, per_second=1e5, per_chat_per_second=1e5)
    )
    where: str = "in memory"
    sent: list[Delivery] = field(default_factory=list)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        yield

    async def listen(self, inbound: Inbound) -> None:  # noqa: ARG002
        await asyncio.Event().wait()

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        left()
        self.sent.append(delivery)
        return Receipt((str(len(self.sent)),))

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:  # noqa: ARG002
        async for _ in events:
            pass


def missing(expected: str, text: str) -> str:
    """The first of the pieces, with .. between them, that does not come in this order; "" where all do."""
    place = 0
    for piece in (piece.strip() for piece in expected.split("..")):
        at = text.find(piece, place)
        if at < 0:
            return piece
        place = at + len(piece)
    return ""


def world(settings: Settings, folder: Path, *, with_model: bool = False) -> Settings:
    """Settings of a world of its own in `folder`; without the model, something else says `MODEL_SAYS` in its place."""
    ours: dict[str, Any] = {"data_dir": folder, "database_url": "", "lease_seconds": NEVER}
    if not with_model:
        (folder / "model.json").write_text(json.dumps([{"reply": MODEL_SAYS}]), encoding="ascii")
        ours |= {"model_backend": "scripted", "model_script": folder / "model.json", "intent_encoder": "off"}
    return settings.model_copy(update={**ours, "allow": "*", "rate_per_minute": 0.0})


async def play(dialogue: Dialogue, settings: Settings, say: Callable[[str], None]) -> int:
    """Plays it, says each line, and returns how many answers differ."""
    stage, clock, zone = Stage(), StillClock(START), ZoneInfo(settings.default_timezone or "UTC")
    wrong = 0

    def now() -> str:
        return f"{clock.time.astimezone(zone):%m-%d %H:%M}"

    async with running(settings, [stage], listen=False, clock=clock) as app:
        for step in dialogue.steps:
            heard = len(stage.sent)
            if step.passes:
                await forward(app, step.passes, clock.jump_to)
                say(f"{now()}  ...")
            if step.says or step.presses:
                say(f"{now()}  {_ME}   {step.says or f'[{step.presses}]'}")
                await _said(app, stage, step, zone.key, clock)
            for fault in _differences(step, [one.reply.text for one in stage.sent[heard:]], say):
                wrong += 1
                say(f"    DIFFERS, line {step.line}: {fault}")
    return wrong


async def _said(app: App, stage: Stage, step: Step, zone: str, clock: StillClock) -> None:
    clock.time += dt.timedelta(milliseconds=1)  # no two things happen at the very same moment
    data = ""
    if step.presses:
        offered = (
            choice for one in reversed(stage.sent) for choice in one.reply.choices if choice.label == step.presses
        )
        data = next((choice.data for choice in offered), "")
        if not data:
            return  # and nothing is said, which is a difference where the script wants an answer
    number, who = f"{step.line}-{clock.time.timestamp()}", Sender(_ME, "Me", zone=zone)
    kind: Any = "choice" if data else "text"
    await app.turns.accept(
        Message(number, Address(stage.name, "", _ME), who, step.says, clock.time, kind, message_id=number, choice=data)
    )
    await settle(app)


def _differences(step: Step, texts: list[str], say: Callable[[str], None]) -> Iterator[str]:
    for text in texts:
        say(f"             bot  {text.replace(chr(10), chr(10) + ' ' * 18)}")
    if step.bot is None:
        return
    for number, expected in enumerate(step.bot):
        if number >= len(texts):
            yield f"nothing was said{f' (was there a button “{step.presses}”?)' if step.presses else ''}, not “{expected}”"
        elif piece := missing(expected, texts[number]):
            yield f"“{piece}” is missing, or not in this place"
    for text in texts[len(step.bot) :]:
        yield f"nobody expected “{text[:60]}”"
