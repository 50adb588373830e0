"""A scripted dialogue with the bot, on a clock that stands still until the script moves it: read, played, compared.

- name: a reminder comes back
  dialogue:
  - me: remind me tomorrow at 9 to call mum
    bot: I'll remind you .. call mum
  - at: +1d
    bot: call mum
  - press: Done
    bot: Done
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator

from bots._app import running
from bots._virtual import NEVER, forward, settle
from core.clock import SystemClock
from core.errors import RemoraError
from core.messages import Address, Capabilities, Choice, Delivery, Message, Receipt, ReplyEvent, Sender
from core.ports import Inbound
from core.settings import Settings

START = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)
"""A Wednesday: the same every time, so that answers with dates in them are, too."""
MODEL_SAYS = "the model answers"
_ME = "me"
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_MEND = "a dialogue has name: and dialogue:, a line of it me: or press:, at: such as +3d, and bot:"


class BadScript(RemoraError):
    """A file that cannot be played."""

    exit_code = 2


class _Lines(yaml.SafeLoader):
    """Every mapping knows its line."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002
        return {**super().construct_mapping(node, deep=True), "line": node.start_mark.line + 1}


class Step(BaseModel, extra="forbid", coerce_numbers_to_str=True):
    """Time passes, then something is said or a button pressed; `bot`: the pieces that must come, by message."""

    line: int
    at: str = Field("+0s", pattern=r"^\+\d{1,6}[smhd]$")
    me: str = ""
    press: str = ""
    bot: str | list[str] | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if (self.me and self.press) or not (self.me or self.press or "at" in self.model_fields_set):
            raise ValueError("either me: or press:, or at: alone")
        return self


class Dialogue(BaseModel, extra="forbid"):
    line: int
    name: str = ""
    dialogue: list[Step]


def read(text: str, name: str) -> list[Dialogue]:
    """The dialogues of a file. Raises `BadScript` with the line that is wrong."""
    try:
        found = _Lines(text).get_single_data()
        return TypeAdapter(list[Dialogue]).validate_python(found)
    except (yaml.YAMLError, RecursionError) as error:
        mark, why = getattr(error, "problem_mark", None), getattr(error, "problem", type(error).__name__)
        raise BadScript(f"{name}:{mark.line + 1 if mark else 1}: this is not YAML: {why}", "mend that line") from None
    except ValidationError as error:
        first = error.errors()[0]
        named, line = ".".join(map(str, first["loc"])), _line_of(found, first["loc"])
        raise BadScript(f"{name}:{line}: {named}: {first['msg']}", _MEND) from None


def _line_of(found: Any, path: Sequence[str | int]) -> int:
    line = 1
    with suppress(KeyError, IndexError, TypeError):
        for key in path:
            found = found[key]
            line = found["line"] if isinstance(found, dict) else line
    return line


class StillClock(SystemClock):
    """Stands still until it is moved."""

    def __init__(self, time: dt.datetime) -> None:
        self.time = time

    def now(self) -> dt.datetime:
        return self.time

    def jump_to(self, moment: dt.datetime) -> None:
        self.time = max(self.time, moment)


class Stage:
    """A chat platform with one person, in memory."""

    name, where = "play", "in memory"
    capabilities = Capabilities(4096, preview=False, per_second=1e5, per_chat_per_second=1e5)

    def __init__(self) -> None:
        self.sent: list[Delivery] = []

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
        for step in dialogue.dialogue:
            heard = len(stage.sent)
            if length := dt.timedelta(seconds=int(step.at[1:-1]) * _UNITS[step.at[-1]]):
                await forward(app, length, clock.jump_to)
                say(f"{now()}  ...")
            if step.me or step.press:
                say(f"{now()}  {_ME}   {step.me or f'[{step.press}]'}")
                clock.time += dt.timedelta(milliseconds=1)  # no two things happen at the very same moment
                buttons = [
                    one for sent in reversed(stage.sent) for one in sent.reply.choices if one.label == step.press
                ]
                if step.me or buttons:
                    await app.turns.accept(_message(step, buttons[:1], zone.key, clock.time))
                    await settle(app)
            for fault in _differences(step, [one.reply.text for one in stage.sent[heard:]], say):
                wrong += 1
                say(f"    DIFFERS, line {step.line}: {fault}")
    return wrong


def _message(step: Step, pressed: Sequence[Choice], zone: str, now: dt.datetime) -> Message:
    number, who, place = f"{step.line}-{now.timestamp()}", Sender(_ME, "Me", zone=zone), Address(Stage.name, "", _ME)
    if not pressed:
        return Message(number, place, who, step.me, now, message_id=number)
    return Message(number, place, who, "", now, "choice", choice=pressed[0].data)


def _differences(step: Step, texts: list[str], say: Callable[[str], None]) -> Iterator[str]:
    for text in texts:
        say(f"             bot  {text.replace(chr(10), chr(10) + ' ' * 18)}")
    if step.bot is None:
        return
    wanted = [step.bot] if isinstance(step.bot, str) else step.bot
    for number, expected in enumerate(wanted):
        if number >= len(texts):
            yield f"nothing was said{f' (was there a button “{step.press}”?)' if step.press else ''}, not “{expected}”"
        elif piece := missing(expected, texts[number]):
            yield f"“{piece}” is missing, or not in this place"
    for text in texts[len(wanted) :]:
        yield f"nobody expected “{text[:60]}”"
