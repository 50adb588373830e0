"""What people see while a reply grows: a draft in a private chat, "typing" in a group. Never more than best effort.

A group gets no growing message: replacing it by an edit at the end would double the reply whenever the process dies
between its two halves, since Telegram cannot be asked what it has.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from abc import ABC, abstractmethod

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import NetworkError, TelegramError, TimedOut

from adapters.telegram.polling import Pace, reason
from adapters.telegram.sending import library_entities, pieces_of
from core.messages import Reply, ReplyEvent, TextDelta

log = logging.getLogger(__name__)


def draft_id(cause: str) -> int:
    """The same for the same cause, never 0, and within 31 bits, which every client can hold."""
    return int.from_bytes(hashlib.blake2b(cause.encode(), digest_size=4).digest(), "big") % (2**31 - 1) + 1


class Preview(ABC):
    """Shows the newest state, one call at a time and not too often; ends by itself when Telegram objects."""

    def __init__(self, bot: Bot, chat: int, thread: int | None, pace: Pace) -> None:
        self._bot = bot
        self._chat = chat
        self._thread = thread
        self._pace = pace
        self._text: list[str] = []
        self._news = asyncio.Event()
        self._ending = False
        self._calling = False
        self._task = asyncio.create_task(self._run(), name="telegram-preview")

    def note(self, event: ReplyEvent) -> None:
        """Takes the next event in; returns at once."""
        if isinstance(event, TextDelta):
            self._text.append(event.text)
        self._news.set()

    async def close(self) -> None:
        """Ends it. A call under way may finish, so that it cannot overtake the final message."""
        self._ending = True
        if self._calling:
            await asyncio.wait([self._task], timeout=self._pace.last_draft)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        await asyncio.sleep(self._pace.before_preview)
        while not self._ending:
            await self._news.wait()
            self._calling = True
            try:
                await self._show()
            except TelegramError as error:
                if type(error) not in (NetworkError, TimedOut):
                    log.info("a preview ends early", extra={"why": reason(error)})
                    return
            finally:
                self._calling = False
            if not self._ending:
                await asyncio.sleep(self._every())

    @abstractmethod
    async def _show(self) -> None: ...

    @abstractmethod
    def _every(self) -> float:
        """Seconds between two calls."""


class Draft(Preview):
    """The text so far; before its first word, Telegram's own "Thinking…"."""

    def __init__(self, bot: Bot, chat: int, thread: int | None, pace: Pace, cause: str) -> None:
        super().__init__(bot, chat, thread, pace)
        self._id = draft_id(cause)

    def _every(self) -> float:
        return self._pace.between_drafts

    async def _show(self) -> None:
        self._news.clear()
        pieces = await pieces_of(Reply("".join(self._text)), group=False)
        text, entities = (pieces[-1].text, library_entities(pieces[-1])) if pieces else ("", [])
        await self._bot.send_message_draft(self._chat, self._id, text, self._thread, entities=entities or None)


class Typing(Preview):
    """ "typing" from the start and for as long as the reply takes."""

    def __init__(self, bot: Bot, chat: int, thread: int | None, pace: Pace) -> None:
        super().__init__(bot, chat, thread, pace)
        self._news.set()

    def _every(self) -> float:
        return self._pace.between_actions

    async def _show(self) -> None:
        await self._bot.send_chat_action(self._chat, ChatAction.TYPING, message_thread_id=self._thread)
