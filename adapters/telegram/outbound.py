"""The way out: previews, the deliveries that replace them, and what is tidied up beside them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine

from telegram import Bot
from telegram.error import TelegramError

from adapters.telegram.growing import Growths
from adapters.telegram.polling import Pace, reason
from adapters.telegram.preview import Draft, Growing, Preview, Stage
from adapters.telegram.sending import Post, number
from adapters.telegram.updates import Update, is_private
from core.language.phrases import language_of, say
from core.messages import Address, Delivery, Message, Receipt, ReplyEvent
from core.ports import WITHDRAWN

log = logging.getLogger(__name__)


class Outbound:
    """One bot's."""

    def __init__(self, bot: Bot, pace: Pace, growths: Growths, *, rich: bool = False) -> None:
        self._bot = bot
        self._growths = growths
        self._stage = Stage(bot, pace, growths)
        self._post = Post(bot, growths, rich=rich)
        self._previews: dict[str, Preview] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Takes away what earlier processes left unfinished and nobody came for."""
        self.later(self._tidy())

    async def close(self) -> None:
        for preview in tuple(self._previews.values()):
            await preview.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)
        for task in self._tasks:
            task.cancel()

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        """As `Adapter.send`."""
        if (preview := self._previews.get(delivery.cause)) is not None:
            await preview.close()
        receipt = await self._post.deliver(delivery, left)
        chat, pressed = number(delivery.address.chat), number(delivery.reply_to)
        if delivery.reply.settles and chat and pressed:
            self.later(self._quietly(self._bot.edit_message_reply_markup(chat, pressed)))
        return receipt

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        """As `Adapter.show`."""
        preview = self._preview(address, cause)
        try:
            async for event in events:
                if preview is not None:
                    preview.note(event)
        except asyncio.CancelledError as cancelled:
            if WITHDRAWN in cancelled.args:
                self.later(self._withdraw(cause))
            raise
        finally:
            if preview is not None:
                await preview.close()
                if self._previews.get(cause) is preview:
                    del self._previews[cause]

    async def _withdraw(self, cause: str) -> None:
        if (preview := self._previews.get(cause)) is not None:
            await preview.close()
        if (growth := await self._growths.of(cause)) is not None:
            await self._quietly(self._bot.delete_message(growth.chat, growth.message))
            await self._growths.forget(cause)

    def _preview(self, address: Address, cause: str) -> Preview | None:
        chat = number(address.chat)
        if chat is None:
            return None
        kind = Draft if is_private(address) else Growing
        self._previews[cause] = preview = kind(self._stage, chat, number(address.thread), cause)
        return preview

    async def stopped(self, update: Update, message: Message | None) -> tuple[Message | None, str]:
        """What becomes of a press on Stop: the message to hand over, and what whoever pressed is told."""
        pressed = update.callback_query
        showing = [preview for preview in self._previews.values() if preview.id == update.stops]
        for preview in showing if message is not None else ():
            preview.end()
        if pressed is None or pressed.message is None:
            return message, ""
        chat, number = pressed.message.chat.id, pressed.message.message_id
        elsewhere = [one for one in await self._growths.noted() if (one.chat, one.message) == (chat, number)]
        if not (showing or elsewhere):  # the process that it grew in died before that could be noted
            self.later(self._quietly(self._bot.delete_message(chat, number)))
            return None, ""
        language = language_of(pressed.sender.language_code)
        return message, say(language, "stop_pressed" if message is not None else "stop_not_yours")

    async def _tidy(self) -> None:
        for growth in await self._growths.noted(abandoned=True):
            await self._quietly(self._bot.delete_message(growth.chat, growth.message))
            await self._growths.forget(growth.cause)

    def later(self, work: Coroutine[object, object, None]) -> None:
        """Does it beside everything else; `close` waits two seconds for it."""
        task = asyncio.create_task(work, name="telegram-later")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self, call: Coroutine[object, object, object]) -> None:
        """Tidying may fail: the button was taken away before, the message is gone, Telegram wants silence."""
        try:
            await call
        except TelegramError as error:
            log.debug("something could not be tidied up", extra={"why": reason(error)})
