"""What people see while a reply grows: a draft in a private chat, a message that grows in a group. Never more than best
effort: it gives way before Telegram has to refuse, and never holds up the reply itself.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, ReplyParameters
from telegram.constants import ChatAction
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut

from adapters.telegram.growing import Growth, Growths, draft_id
from adapters.telegram.polling import Pace, reason, wait_of
from adapters.telegram.sending import edit_text, library_entities, number, pieces_of
from adapters.telegram.updates import STOP
from core.errors import Unavailable
from core.language.phrases import say
from core.messages import Begun, Reply, ReplyEvent, TextDelta

log = logging.getLogger(__name__)

_PLACEHOLDER = "…"
_STEADY_EDITS = 3


@dataclass(frozen=True, slots=True)
class Stage:
    """What the previews of one bot share."""

    bot: Bot
    pace: Pace
    growths: Growths
    quiet: dict[int, float] = field(default_factory=dict)
    """Chats in which Telegram wants no previews, and until when by the loop's clock."""


class Preview(ABC):
    """Shows the newest state, one call at a time and not too often; ends by itself when Telegram objects."""

    def __init__(self, stage: Stage, chat: int, thread: int | None, cause: str) -> None:
        self._stage, self._bot, self._pace = stage, stage.bot, stage.pace
        self._chat, self._thread, self._cause = chat, thread, cause
        self.id = draft_id(cause)
        self._begun = Begun("", "en")
        self._text: list[str] = []
        self._news = asyncio.Event()
        self._ending = self._calling = False
        self._task = asyncio.create_task(self._run(), name="telegram-preview")

    def note(self, event: ReplyEvent) -> None:
        """Takes the next event in; returns at once."""
        match event:
            case Begun():
                self._begun = event
            case TextDelta(text):
                self._text.append(text)
        self._news.set()

    def end(self) -> None:
        """Shows nothing more."""
        self._ending = True

    async def close(self) -> None:
        """Ends it. A call under way may finish, so that it cannot overtake the final message."""
        self.end()
        if self._calling:
            await asyncio.wait([self._task], timeout=self._pace.last_draft)
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        await asyncio.sleep(self._pace.before_preview)
        loop = asyncio.get_running_loop()
        while not self._ending and self._stage.quiet.get(self._chat, 0.0) <= loop.time():
            await self._wait()
            self._calling = True
            try:
                await self._show()
            except (TelegramError, Unavailable) as error:
                if isinstance(error, RetryAfter):
                    self._stage.quiet[self._chat] = loop.time() + wait_of(error).total_seconds()
                if type(error) not in (NetworkError, TimedOut):
                    why = reason(error) if isinstance(error, TelegramError) else error.what
                    log.info("a preview ends early", extra={"why": why})
                    return
            finally:
                self._calling = False
            if not self._ending:
                await asyncio.sleep(self._every())

    async def _wait(self) -> None:
        """Until there is something new to show."""
        await self._news.wait()

    @abstractmethod
    async def _show(self) -> None: ...

    @abstractmethod
    def _every(self) -> float:
        """Seconds between two calls."""


class Draft(Preview):
    """The text so far, with Telegram's own Stop button; before its first word, "Thinking…"."""

    def _every(self) -> float:
        return self._pace.between_drafts

    async def _wait(self) -> None:
        """A draft is gone after half a minute: one that does not grow is shown again before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.renew_draft):
                await self._news.wait()

    async def _show(self) -> None:
        self._news.clear()
        pieces = await pieces_of(Reply("".join(self._text)), group=False)
        text, entities = (pieces[-1].text, library_entities(pieces[-1])) if pieces else ("", [])
        stoppable = {"can_stop": True, "keep_on_stop": True}
        await self._bot.send_message_draft(
            self._chat, self.id, text, self._thread, entities=entities or None, api_kwargs=stoppable
        )


class Growing(Preview):
    """ "typing", and where the reply takes longer a message of our own with a Stop button, which grows by edits.

    It has no word of the reply until its id is kept: one that nobody knows of after a crash says nothing twice, and
    goes when its button is pressed.
    """

    def __init__(self, stage: Stage, chat: int, thread: int | None, cause: str) -> None:
        super().__init__(stage, chat, thread, cause)
        self._typed, self._message, self._shown, self._edits = False, 0, "", 0
        self._news.set()

    def _every(self) -> float:
        """Ever slower: a group takes twenty messages and edits a minute, and the reply itself is one of them."""
        if not self._message:
            return self._pace.before_growing
        return self._pace.between_edits * (1 + max(0, self._edits - _STEADY_EDITS) / _STEADY_EDITS)

    async def _show(self) -> None:
        pieces = await pieces_of(Reply("".join(self._text)), group=True) if self._typed else []
        if not pieces:
            self._typed = True
            await self._bot.send_chat_action(self._chat, ChatAction.TYPING, message_thread_id=self._thread)
            return
        self._news.clear()
        if not self._message:
            await self._begin()
        piece = pieces[0]
        if self._ending or piece.text == self._shown:
            return
        await edit_text(self._bot, self._chat, self._message, piece, self._stop_button())
        self._shown = piece.text
        self._edits += 1

    async def _begin(self) -> None:
        asked = number(self._begun.reply_to)
        reply = ReplyParameters(asked, allow_sending_without_reply=True) if asked else None
        message = await self._bot.send_message(
            self._chat, _PLACEHOLDER, message_thread_id=self._thread, reply_parameters=reply,
            reply_markup=self._stop_button(),
        )  # fmt: skip
        try:
            await self._stage.growths.keep(Growth(self._cause, self._chat, message.message_id))
        except Unavailable:
            await self._bot.delete_message(self._chat, message.message_id)
            raise
        self._message = message.message_id

    def _stop_button(self) -> InlineKeyboardMarkup:
        label = f"⏹ {say(self._begun.language, 'button_stop_reply')}"
        return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=f"{STOP}{self.id}")]])
