"""A small world: people, chats, a clock that moves when it is told to, and the product among them.

A play is lines of text:

    ann> remind me at 18:00 to call mum     ann says it in private; `ann#team>` in the channel "team"
    < I'll remind you .. 18:00              the next message in that chat holds these pieces, in this order
    bob< would like                         the next message in bob's private chat; `#team<` in the channel
    ann! Done                               ann presses the newest button of that name in her chat; `bob#team!` in "team"
    ann!= reminders:done:999                ann's client sends this button data, forged or not
    +2h                                     time passes: s, m, h, d
    model                                   the message before was answered by the model: nobody else took it

At the end of a play no message may be left that nobody expected.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import shutil
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bots._app import BOTS
from bots._skills import skills_of
from core.catalog import load_bot
from core.engine import Engine
from core.intents.definition import SAY, Intent
from core.intents.live import Live
from core.intents.releases import Editing
from core.journal import Journal
from core.knowledge.documents import FOLDER, Documents
from core.knowledge.library import Library
from core.memory.recall import Recall
from core.messages import Delivery, Message, Sender
from core.outbox import Deliverer
from core.reminders.planning import plan_due
from core.store import Store, crypto, inbox, outbox, tables
from core.turns import Turns
from tests.conftest import make_settings
from tests.fakes.model import FakeModel
from tests.fakes.platform import FakePlatform

START = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)
"""A Wednesday; ten o'clock in Paris, five in the afternoon in Shanghai."""
BOT = "assistant"
ZONES: dict[str, str | None] = {"max": None, "li": "Asia/Shanghai", "wang": "Asia/Shanghai"}
_PATIENCE, _BREATH = 60.0, 0.005
MODEL_SAYS = "the model answers"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SAID = re.compile(r"(?P<who>\w+)(?:#(?P<chat>\w+))?> ?(?P<text>.*)", re.DOTALL)
_PRESSED = re.compile(r"(?P<who>\w+)(?:#(?P<chat>\w+))?!(?P<raw>=?) ?(?P<label>.*)")
_HEARD = re.compile(r"(?P<who>\w*)(?:#(?P<chat>\w+))?< ?(?P<text>.*)", re.DOTALL)


class WorldClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> dt.datetime:
        return self.time

    async def sleep_until(self, moment: dt.datetime) -> None:
        raise AssertionError(f"nobody waits for {moment} here: the world moves the clock")


class World:
    library: Library

    def __init__(
        self, store: Store, deliverer: Deliverer, platform: FakePlatform, clock: WorldClock, bot: str = BOT
    ) -> None:
        self.store, self.deliverer, self.platform, self.clock, self.bot = store, deliverer, platform, clock, bot
        self.tasks: list[asyncio.Task[None]] = []
        self.intents = Live(store, bot, tuple)
        self._read = 0
        self._unread: dict[str, deque[Delivery]] = defaultdict(deque)
        self._seen: dict[str, list[Delivery]] = defaultdict(list)
        self._chat = ""

    async def say(self, text: str, who: str = "ann", chat: str = "", **more: Any) -> Message:
        sender = Sender(who, who.capitalize(), zone=ZONES.get(who, self.platform.zone))
        fields = {"sender": sender, "private": not chat, **more}
        self._chat = chat or who
        self.clock.time += dt.timedelta(milliseconds=1)  # no two things happen at the very same moment
        message = await self.platform.say(text, person=who, chat=chat, **fields)
        await self.settle()
        return message

    async def publish(self, *intents: Intent) -> None:
        """These are the admins' intents from now on, and in force."""
        commands = {SAY, *(command for skill in skills_of(self.bot) for command in skill.commands)}
        editing = Editing(self.store, self.clock, self.bot, commands=commands)
        await editing.take_in(intents, "ann", examples_only=False, replace=True, dry=False)
        await editing.publish("", "ann")
        await self.intents.tick()
        await self.intents.settled()

    async def press(self, data: str, who: str = "ann", chat: str = "") -> None:
        await self.say("", who, chat, kind="choice", choice=data)

    async def settle(self) -> None:
        """Everything that is due now is done."""
        async with asyncio.timeout(_PATIENCE):
            planning = True
            while planning:
                async with self.store.write() as tx:
                    planning = bool(await plan_due(tx, self.clock.now()))
            self.deliverer.wake()
            while await self._busy():
                await asyncio.sleep(_BREATH)
        for delivery in self.platform.sent[self._read :]:
            self._unread[delivery.address.chat].append(delivery)
            self._seen[delivery.address.chat].append(delivery)
        self._read = len(self.platform.sent)

    async def _busy(self) -> bool:
        for task in self.tasks:
            if task.done():
                await task
        served = [self.platform.name]
        async with self.store.read() as tx:
            return bool(await inbox.count_open(tx, served) + await outbox.count_open(tx, served, self.clock.now()))

    async def forward(self, length: dt.timedelta) -> None:
        """Time passes, and stops wherever something is due."""
        end = self.clock.time + length
        await self.settle()
        while (following := await self._next()) is not None and following <= end:
            self.clock.time = max(following, self.clock.time + dt.timedelta(seconds=1))
            await self.settle()
        self.clock.time = end
        await self.settle()

    async def _next(self) -> dt.datetime | None:
        waiting = sa.select(sa.func.min(tables.outbox.c.next_try_at)).where(
            tables.outbox.c.state == "planned", tables.outbox.c.next_try_at > self.clock.time
        )
        coming = sa.select(sa.func.min(tables.reminder.c.next_due)).where(
            tables.reminder.c.state == "active", tables.reminder.c.next_due > self.clock.time
        )
        async with self.store.read() as tx:
            found = [row[0] for one in (waiting, coming) if (row := await tx.row(one)) and row[0] is not None]
        return min(found, default=None)

    def heard(self, chat: str) -> Delivery:
        assert self._unread[chat], f"nothing more was said in {chat}"
        return self._unread[chat].popleft()

    def button(self, chat: str, label: str) -> str:
        """The data of the newest button of that name."""
        for delivery in reversed(self._seen[chat]):
            for choice in delivery.reply.choices:
                if choice.label == label:
                    return choice.data
        raise AssertionError(f"no button {label!r} was shown in {chat}")

    async def play(self, script: str) -> None:
        for line in _lines(script):
            try:
                await self._line(line)
            except TimeoutError as error:
                raise AssertionError(f"the product does not settle after: {line}\n{await self._why()}") from error
        left = {chat: [one.reply.text for one in unread] for chat, unread in self._unread.items() if unread}
        assert not left, f"nobody expected this: {left}"

    async def _why(self) -> list[str]:
        """What is still open, and why."""
        async with self.store.read() as tx:
            rows = await tx.rows(
                sa.select(tables.inbox.c.state, tables.inbox.c.attempts, tables.inbox.c.note, tables.inbox.c.message)
            )
            late = await tx.rows(
                sa.select(tables.outbox.c.state, tables.outbox.c.cause, tables.outbox.c.reason, tables.outbox.c.due_at)
            )
        open_rows = [
            f"{row.state} {row.attempts} {row.note} {row.message['text']}" for row in rows if row.state != "done"
        ]
        return open_rows + [f"{row.state} {row.cause} {row.reason} {row.due_at}" for row in late if row.state != "sent"]

    async def _line(self, line: str) -> None:
        if line == "model":
            heard = self.heard(self._chat).reply.text
            assert heard == MODEL_SAYS, f"the model was not asked, the answer was: {heard}"
        elif found := re.fullmatch(r"\+(\d+)([smhd])", line):
            await self.forward(dt.timedelta(seconds=int(found[1]) * _UNITS[found[2]]))
        elif found := _HEARD.fullmatch(line):
            chat = found["chat"] or found["who"] or self._chat
            text = self.heard(chat).reply.text
            place = 0
            for piece in (piece.strip() for piece in found["text"].split("..")):
                at = text.find(piece, place)
                assert at >= 0, f"expected in {chat}: {found['text']}\nheard: {text}"
                place = at + len(piece)
        elif found := _PRESSED.fullmatch(line):
            chat = found["chat"] or ""
            data = found["label"] if found["raw"] else self.button(chat or found["who"], found["label"])
            await self.press(data, found["who"], chat)
        elif found := _SAID.fullmatch(line):
            await self.say(found["text"], found["who"], found["chat"] or "")
        else:
            raise AssertionError(f"this is no line of a play: {line}")


async def _no_encoders() -> tuple[()]:
    return ()


def _lines(script: str) -> list[str]:
    return [line.strip() for line in script.splitlines() if line.strip() and not line.strip().startswith("--")]


@asynccontextmanager
async def world_in(folder: Path, migrated: Path, **more: Any) -> AsyncIterator[World]:
    """A world of its own, on a copy of a migrated SQLite file."""
    settings = make_settings(folder, **more)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(migrated, settings.data_dir / "remora.db")
    crypto.unlock(b"the key of a small world, 32 bytes")
    clock, platform, model = WorldClock(), FakePlatform(), FakeModel(lambda _: MODEL_SAYS)
    adapters = {platform.name: platform}
    store, journal = Store(settings.store_url), Journal(settings.data_dir / "journal", "world")
    worlds: list[World] = []
    in_force = lambda: worlds[0].intents.current  # noqa: E731
    bot, documents = load_bot(BOTS / settings.bot), Documents(store, clock, settings.bot)
    library = Library(documents, BOTS / bot.name / FOLDER, _no_encoders, strict=bot.documents_only)
    await library.tick()
    engine = Engine(bot, skills_of(bot.name), model, settings, in_force, library, recall=Recall(store))
    deliverer = Deliverer(store, adapters, clock, journal, "world", dt.timedelta(seconds=1))
    deliverer.alive(float("inf"), {})
    turns = Turns(store, engine, adapters, deliverer, clock, settings, "world")
    world = World(store, deliverer, platform, clock, bot.name)
    world.library = library
    worlds.append(world)
    world.tasks = [asyncio.create_task(work) for work in (turns.run(), deliverer.run(), platform.listen(turns.accept))]
    try:
        yield world
    finally:
        turns.drain()
        deliverer.drain()
        world.tasks[2].cancel()
        await asyncio.gather(*world.tasks, return_exceptions=True)
        journal.close()
        await library.aclose()
        await store.aclose()
