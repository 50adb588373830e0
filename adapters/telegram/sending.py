"""A reply on its way to Telegram: cut into pieces, posted, and what came of it in the core's words."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    MessageEntity,
    ReplyParameters,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.polling import reason, wait_of
from adapters.telegram.render import Rendered, render, units
from adapters.telegram.split import split
from adapters.telegram.transport import Flight, watched
from adapters.telegram.updates import is_private
from core.errors import RetryLater, Undeliverable
from core.messages import Choice, Delivery, Receipt, Reply

_LONG = 4000
"""Characters from which rendering leaves the event loop."""
_ROW_UNITS = 28
_ROW_BUTTONS = 3
_REMEMBERED = 1000
_CLOSED = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "chat_write_forbidden",
    "chat_restricted",
    "not enough rights",
    "have no rights",
    "group chat was deactivated",
    "thread not found",
    "topic_closed",
    "topic_deleted",
    "user_is_blocked",
    "input_user_deactivated",
)
"""How Telegram words, with status 400, that a chat or topic is closed to us."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to post."""

    chat: int
    thread: int | None
    piece: Rendered
    reply_to: int | None = None
    choices: tuple[Choice, ...] = ()


class Post:
    """Posts replies. Remembers what is needed to try again: parts that arrived, groups that moved."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._arrived: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        """Ids of the parts that arrived, of deliveries whose later parts did not yet."""
        self._moved: dict[int, int] = {}

    async def deliver(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        """Posts what has not arrived yet of a delivery. Raises as `Adapter.send` does."""
        letters = await self._letters(delivery)
        ids = self._arrived.get(delivery.cause, ())
        for position, letter in enumerate(letters[len(ids) :], len(ids)):
            last = position == len(letters) - 1
            try:
                ids += (await self._post(letter, left if last else None),)
            except RetryLater as error:
                # As a whole it cannot have arrived while a later part is still here.
                error.unknown = error.unknown and last
                raise
            if not last:
                self._remember(delivery.cause, ids)
        self._arrived.pop(delivery.cause, None)
        return Receipt(ids)

    def _remember(self, cause: str, ids: tuple[str, ...]) -> None:
        self._arrived[cause] = ids
        if len(self._arrived) > _REMEMBERED:
            self._arrived.popitem(last=False)

    async def _letters(self, delivery: Delivery) -> list[Letter]:
        chat, thread = number(delivery.address.chat), number(delivery.address.thread)
        if chat is None:
            raise Undeliverable("the address is not one of Telegram's", gone=True)
        group = not is_private(delivery.address)
        pieces = await pieces_of(delivery.reply, group=group)
        if not pieces:
            raise Undeliverable("the reply has no text")
        letters = [Letter(chat, thread, piece) for piece in pieces]
        if group:
            letters[0] = replace(letters[0], reply_to=number(delivery.reply_to))
        letters[-1] = replace(letters[-1], choices=delivery.reply.choices)
        return letters

    async def _post(self, letter: Letter, left: Callable[[], None] | None) -> str:
        letter = replace(letter, chat=self._moved.get(letter.chat, letter.chat))
        with watched(left) as flight:
            while True:
                try:
                    return await self._call(letter)
                except ChatMigrated as error:
                    self._moved[letter.chat] = error.new_chat_id
                    letter = replace(letter, chat=error.new_chat_id, reply_to=None)
                except BadRequest as error:
                    milder = _milder(letter, error)
                    if milder is None:
                        raise outcome(error, flight) from None
                    letter = milder
                except TelegramError as error:
                    raise outcome(error, flight) from None

    async def _call(self, letter: Letter) -> str:
        reply_to = letter.reply_to
        message = await self._bot.send_message(
            letter.chat,
            letter.piece.text,
            entities=library_entities(letter.piece) or None,
            message_thread_id=letter.thread,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
            reply_parameters=ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None,
            reply_markup=_keyboard(letter.choices),
        )
        return str(message.message_id)


async def pieces_of(reply: Reply, *, group: bool) -> list[Rendered]:
    """The messages that a reply becomes; none where it has no visible text."""

    def cut() -> list[Rendered]:
        return split(render(reply.text, plain=reply.plain, group=group))

    return await asyncio.to_thread(cut) if len(reply.text) > _LONG else cut()


def library_entities(piece: Rendered) -> list[MessageEntity]:
    return [
        MessageEntity(
            entity.kind, entity.start, entity.length, url=entity.url or None, language=entity.language or None
        )
        for entity in piece.entities
    ]


def number(text: str) -> int | None:
    """An id of Telegram's; None where it is none."""
    return int(text) if text.removeprefix("-").isdecimal() else None


def outcome(error: TelegramError, flight: Flight) -> RetryLater | Undeliverable:
    """What the core should do about a failed post.

    A 5xx is an answer: the message was not taken. Only a gateway that gave up waiting (504) cannot know.
    """
    match error:
        case RetryAfter():
            return RetryLater("Telegram asks us to wait", wait_of(error))
        case Forbidden():
            return Undeliverable(error.message, gone=True)
        case BadRequest():
            closed = any(words in error.message.lower() for words in _CLOSED)
            return Undeliverable(error.message, gone=closed)
        case InvalidToken():
            return RetryLater("Telegram refuses TELEGRAM_BOT_TOKEN", dt.timedelta(minutes=1))
    unknown = flight.left and (flight.status < 300 or flight.status == 504)
    status = f" with status {flight.status}" if flight.status else ""
    return RetryLater(f"Telegram failed{status}: {reason(error)}", unknown=unknown)


def _milder(letter: Letter, error: BadRequest) -> Letter | None:
    """The same letter without what Telegram objects to; None when that is the letter itself."""
    words = error.message.lower()
    if letter.reply_to and "repl" in words and "not found" in words:
        return replace(letter, reply_to=None)
    if letter.piece.entities and ("entit" in words or "parse" in words or "url" in words):
        return replace(letter, piece=Rendered(letter.piece.text))
    return None


def _keyboard(choices: Sequence[Choice]) -> InlineKeyboardMarkup | None:
    """Short labels share a row, as far as a phone's width goes."""
    rows: list[list[InlineKeyboardButton]] = []
    room = 0
    for choice in choices:
        width = units(choice.label)
        if not rows or width > room or len(rows[-1]) == _ROW_BUTTONS:
            rows.append([])
            room = _ROW_UNITS
        rows[-1].append(InlineKeyboardButton(choice.label, callback_data=choice.data))
        room -= width
    return InlineKeyboardMarkup(rows) if rows else None
