"""The terminal as a chat platform: the reference adapter. To add a platform, copy this file and change what speaks.

An adapter does three things: their event -> `Message` -> `inbound`; `Delivery` -> their message; a preview while a
reply grows. `Console` does them for one person, who sits at a `Screen`: lines in a pipe (`_Pipe`, here) or a terminal
(`adapters/_terminal.py`).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import re
import sys
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, asynccontextmanager
from pathlib import Path
from typing import Literal, Protocol, TextIO, TypeAlias

from core.errors import RetryLater, Unavailable, Undeliverable
from core.messages import (
    Address,
    Capabilities,
    Choice,
    Delivery,
    Message,
    Receipt,
    ReplyEvent,
    Sender,
    Status,
    TextDelta,
)
from core.ports import Clock, Inbound

Facts: TypeAlias = Callable[[str], Mapping[str, object]]
"""What else is known of the reply with this cause: "intent", "ms" (milliseconds it took), "model"."""

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LONGEST_LINE = 1 << 20
"""In bytes. Far beyond what the core reads; what is longer is cut, and the core answers that it is too long."""
_ABSENCE = dt.timedelta(seconds=30)
"""Until a message for a person who is not at this terminal is tried again; theirs may be open by then."""
_RETRIES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0)
"""Seconds between attempts to have a line of a pipe taken."""


def create_console(
    *,
    person: str,
    clock: Clock,
    language: Literal["en", "zh"] = "en",
    locale: str | None = None,
    history: Path | None = None,
    commands: Sequence[tuple[str, str]] = (),
    stop: Callable[[], None] | None = None,
    as_json: bool = False,
    facts: Facts | None = None,
    stdin: TextIO | None = None,
    stdout: TextIO | None = None,
) -> Console:
    """Interactive where both ends are a terminal, otherwise lines in and replies out.

    `commands` are ("/name", one line of help) to be completed; `history` is the file that remembers what was typed;
    `stop` is called when the person wants the running reply to end.
    """
    stdin, stdout = stdin or sys.stdin, stdout or sys.stdout
    if as_json or not (stdin.isatty() and stdout.isatty()):
        return Console(_Pipe(stdin, stdout, as_json, facts), person, clock, locale)
    from adapters._terminal import Terminal  # a pipe needs none of its libraries

    return Console(Terminal(history, commands, language, stop), person, clock, locale)


def clean(text: str) -> str:
    """Without the characters that a terminal obeys: nothing that a model or a person wrote can steer it."""
    text = _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.encode("utf-8", "replace").decode("utf-8")


class Screen(Protocol):
    """Where a person reads and writes."""

    @property
    def live(self) -> bool:
        """A reply can be watched while it grows."""

    def open(self) -> AbstractContextManager[None]: ...

    def lines(self) -> AsyncGenerator[str]:
        """What the person enters, until they leave or the input ends."""

    async def write(self, what: Delivery, replaces: bool, /) -> None:
        """Shows a reply, in place of the one being watched if it `replaces` it. Raises `Undeliverable` when nobody
        reads any more."""

    def watch(self, text: str, busy: str | None) -> None:
        """The reply so far, and what is being done meanwhile: "" is just thinking, None is nothing."""

    async def refused(self, line: str, why: Unavailable, /) -> bool:
        """True: the person was told and has the line back. False: it is ours to try again."""


class Console:
    """One person at a screen, as a platform."""

    name = "console"

    def __init__(self, screen: Screen, person: str, clock: Clock, locale: str | None = None) -> None:
        self.address = Address(self.name, "", person)
        self.capabilities = Capabilities(
            max_text=1_000_000,
            preview=screen.live,
            open=True,
            only_address=self.address.key(),
            per_second=1000.0,
            per_chat_per_second=1000.0,
        )
        self.where = f"this terminal, as {person}"
        self._screen = screen
        self._sender = Sender(account=person, name=person, locale=locale)
        self._clock = clock
        self._offered: tuple[Choice, ...] = ()
        self._unanswered: list[str] = []
        self._watched = ""
        self._refused: Message | None = None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        with self._screen.open():
            yield

    async def listen(self, inbound: Inbound) -> None:
        async with aclosing(self._screen.lines()) as lines:
            async for line in lines:
                if line.strip():
                    await self._take(line, inbound)

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        if delivery.address != self.address:
            raise RetryLater("that person is not at this terminal now", _ABSENCE)
        if delivery.reply_to in self._unanswered:  # one address is answered in order: those before it are done too
            del self._unanswered[: self._unanswered.index(delivery.reply_to) + 1]
        if delivery.reply.choices:
            self._offered = delivery.reply.choices
        replaces = delivery.cause == self._watched
        await self._screen.write(delivery, replaces)
        left()
        if replaces or not self._watched:
            self._watched = ""
            self._screen.watch("", "" if self._unanswered else None)
        return Receipt((f"console:{delivery.id}",))

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        if address != self.address:
            async for _ in events:
                pass
            return
        self._watched, text = cause, ""
        try:
            async for event in events:
                match event:
                    case TextDelta(piece):
                        text += piece
                        self._screen.watch(text, "")
                    case Status(words):
                        self._screen.watch(text, words)
        except asyncio.CancelledError:
            self._watched = ""
            self._screen.watch("", None)
            raise

    async def _take(self, line: str, inbound: Inbound) -> None:
        """Hands over one line. Nobody else would send it again, so it is tried here, for half a minute."""
        message = self._refused if self._refused and self._refused.text == line else self._message(line)
        self._refused = None
        for delay in (*_RETRIES, None):
            try:
                await inbound(message)
            except Unavailable as error:
                if await self._screen.refused(line, error):
                    self._refused = message
                    return
                if delay is None:
                    raise
                await asyncio.sleep(delay)
            else:
                break
        self._unanswered.append(message.message_id)
        if not self._watched:
            self._screen.watch("", "")

    def _message(self, line: str) -> Message:
        """A number or a label answers the newest choices, unless something else was said since they were offered."""
        wanted = line.strip().casefold()
        names = [(str(number), choice.label.casefold()) for number, choice in enumerate(self._offered, 1)]
        picked = next((choice.data for choice, own in zip(self._offered, names, strict=True) if wanted in own), "")
        self._offered = ()
        event = uuid.uuid4().hex
        return Message(
            event_id=event,
            address=self.address,
            sender=self._sender,
            text=line,
            sent_at=self._clock.now(),
            kind="choice" if picked else "text",
            message_id=event,
            choice=picked,
        )


class _Pipe:
    """Lines in, plain text or JSON lines out."""

    live = False

    def __init__(self, stdin: TextIO, stdout: TextIO, as_json: bool, facts: Facts | None) -> None:
        self._in, self._out, self._json, self._facts = stdin.fileno(), stdout, as_json, facts
        self._turn = asyncio.Lock()

    def open(self) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    async def lines(self) -> AsyncGenerator[str]:
        rest = b""
        while chunk := await self._chunk():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode("utf-8", "replace").removesuffix("\r")
            rest = rest[:_LONGEST_LINE]
        yield rest.decode("utf-8", "replace")

    async def _chunk(self) -> bytes:
        """The next bytes; b"" at the end. Waits in the loop: a thread that waits for input could not be stopped."""
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        try:
            loop.add_reader(self._in, ready.set)
        except PermissionError:  # a regular file cannot be waited for and never has to be
            return await asyncio.to_thread(os.read, self._in, 1 << 16)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._in)
        return await asyncio.to_thread(os.read, self._in, 1 << 16)

    async def write(self, what: Delivery, _replaces: bool, /) -> None:
        text, choices = clean(what.reply.text), [(clean(choice.label), choice.data) for choice in what.reply.choices]
        if self._json:
            buttons = [{"label": label, "data": data} for label, data in choices]
            fields = {"text": text, "choices": buttons, "intent": None, "ms": None, "model": None}
            text = json.dumps({**fields, **(self._facts(what.cause) if self._facts else {})}, ensure_ascii=False)
        else:
            text = "\n".join([text, *(f"[{number}] {label}" for number, (label, _) in enumerate(choices, 1))])
        async with self._turn:
            await asyncio.to_thread(self._print, text + "\n")

    def _print(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except (BrokenPipeError, ValueError) as error:
            raise Undeliverable("standard output was closed", gone=True) from error

    def watch(self, text: str, busy: str | None) -> None:
        """Nobody watches a pipe."""

    async def refused(self, _line: str, _why: Unavailable, /) -> bool:
        return False
