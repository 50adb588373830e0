"""A reply on its way to Telegram: cut into pieces, posted, and what came of it in the core's words."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.error import (
    BadRequest,
    ChatMigrated,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from adapters.telegram.growing import Growth, Growths
from adapters.telegram.polling import reason, wait_of
from adapters.telegram.render import Rendered, dated, render, time_format, units
from adapters.telegram.rich import rich_html
from adapters.telegram.split import split
from adapters.telegram.transport import Flight, watched
from adapters.telegram.updates import is_private
from core.errors import RetryLater, Undeliverable
from core.messages import Choice, Delivery, Receipt, Reply

log = logging.getLogger(__name__)

_LONG = 4000
"""Characters from which rendering leaves the event loop."""
_ROW_UNITS = 28
_ROW_BUTTONS = 3
_MOST_BUTTONS = 100
_LONGEST_DATA = 64
"""In bytes."""
_REMEMBERED = 1000
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_LOOKS = re.compile("entit|parse|url")
_NO_TOPIC = ("thread not found", "topic_deleted", "topic_closed")
_CLOSED = (
    *_NO_TOPIC,
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "chat_write_forbidden",
    "chat_restricted",
    "not enough rights",
    "have no rights",
    "group chat was deactivated",
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
    locate: str = ""
    """Label of a button that sends where the person is; never together with choices."""
    rich: str = ""
    """All of it as a rich message, which is tried first; then the piece is empty."""
    edits: int = 0
    """The message that becomes this one; 0: none, it is new."""


class Post:
    """Posts replies. Remembers what is needed to try again: parts that arrived, groups that moved."""

    def __init__(self, bot: Bot, growths: Growths, *, rich: bool = False) -> None:
        self._bot = bot
        self._growths = growths
        self._rich = rich
        self._arrived: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        """Ids of the parts that arrived, of deliveries whose later parts did not yet."""
        self._moved: dict[int, int] = {}
        self._asked: set[int] = set()
        """Chats in which a keyboard of ours may stand."""

    async def deliver(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        """Posts what has not arrived yet of a delivery; the message in which it grew becomes its first part. Raises as
        `Adapter.send` does."""
        address, cause = delivery.address, delivery.cause
        growth = await self._growths.of(cause) if not is_private(address) and cause.startswith("turn:") else None
        letters = await self._letters(delivery, growth, rich=self._rich and growth is None)
        ids: tuple[str, ...] = ()
        try:
            try:
                ids = await self._post_all(cause, letters, left)
            except Undeliverable as refused:
                if refused.gone or not letters[0].rich:
                    raise
                log.info("a rich message is sent as plain text", extra={"why": refused.what})
                ids = await self._post_all(cause, await self._letters(delivery, growth, rich=False), left)
        except Undeliverable:
            if growth is not None:
                await self._forget(growth, ids)
            raise
        if growth is not None:
            await self._forget(growth, ids)
        return Receipt(ids)

    async def _post_all(self, cause: str, letters: list[Letter], left: Callable[[], None]) -> tuple[str, ...]:
        ids = self._arrived.get(cause, ())
        for position, letter in enumerate(letters[len(ids) :], len(ids)):
            last = position == len(letters) - 1
            try:
                ids += (await self._post(letter, left if last else None),)
            except RetryLater as error:
                # As a whole it cannot have arrived while a later part is still here.
                error.unknown = error.unknown and last
                raise
            if not last:
                self._remember(cause, ids)
        self._arrived.pop(cause, None)
        return ids

    def _remember(self, cause: str, ids: tuple[str, ...]) -> None:
        self._arrived[cause] = ids
        if len(self._arrived) > _REMEMBERED:
            self._arrived.popitem(last=False)

    async def _forget(self, growth: Growth, ids: tuple[str, ...]) -> None:
        """What grew is among these messages, or goes: now, or when it is found again."""
        try:
            if str(growth.message) not in ids:
                await self._bot.delete_message(growth.chat, growth.message)
        except TelegramError as error:
            if not isinstance(error, BadRequest):
                log.info("a preview stays for now", extra={"why": reason(error)})
                return
        await self._growths.forget(growth.cause)

    async def _letters(self, delivery: Delivery, growth: Growth | None, *, rich: bool) -> list[Letter]:
        chat, thread = number(delivery.address.chat), number(delivery.address.thread)
        if chat is None:
            raise Undeliverable("the address is not one of Telegram's", gone=True)
        reply, group = delivery.reply, not is_private(delivery.address)
        whole = rich and delivery.cause not in self._arrived
        if html := await asyncio.to_thread(rich_html, reply, group=group) if whole else "":
            letters = [Letter(chat, thread, Rendered(""), rich=html)]
        else:
            letters = [Letter(chat, thread, piece) for piece in await pieces_of(reply, group=group)]
        if not letters:
            raise Undeliverable("the reply has no text")
        if group:
            edits = growth.message if growth is not None and growth.chat == chat else 0
            letters[0] = replace(letters[0], reply_to=number(delivery.reply_to), edits=edits)
        letters[-1] = replace(letters[-1], choices=_pressable(reply.choices))
        if reply.locate and not group:
            if letters[-1].choices:
                letters.append(Letter(chat, thread, Rendered(reply.locate)))
            letters[-1] = replace(letters[-1], locate=reply.locate)
        return letters

    async def _post(self, letter: Letter, left: Callable[[], None] | None) -> str:
        """Posts a letter, or edits what is to become it; milder each time that Telegram objects to something."""
        if (moved := self._moved.get(letter.chat)) is not None:
            letter = replace(letter, chat=moved, edits=0)
        while True:
            with watched(None if letter.edits else left) as flight:
                try:
                    return await self._call(letter)
                except TelegramError as error:
                    milder = self._milder(letter, error)
                    if milder is None:
                        failed = outcome(error, flight)
                        if letter.edits and isinstance(failed, RetryLater):
                            failed.unknown = False  # done twice it changes nothing
                        raise failed from None
            letter = milder

    def _milder(self, letter: Letter, error: TelegramError) -> Letter | None:
        """The same letter without what Telegram objects to; None when that is the letter itself."""
        words = error.message.lower()
        match error:
            case ChatMigrated():
                self._moved[letter.chat] = error.new_chat_id
                return replace(letter, chat=error.new_chat_id, reply_to=None, edits=0)
            case BadRequest() if letter.reply_to and "repl" in words and "not found" in words:
                return replace(letter, reply_to=None)
            case BadRequest() if letter.thread and any(gone in words for gone in _NO_TOPIC):
                return replace(letter, thread=None)  # the people of the topic are the people of the chat
            case BadRequest() if not letter.rich and letter.piece.entities and _LOOKS.search(words):
                return replace(letter, piece=Rendered(letter.piece.text))
            case BadRequest() | RetryAfter() if letter.edits:
                return replace(letter, edits=0)
        return None

    async def _call(self, letter: Letter) -> str:
        if letter.edits:
            await edit_text(self._bot, letter.chat, letter.edits, letter.piece, _keyboard(letter.choices))
            return str(letter.edits)
        reply = ReplyParameters(letter.reply_to, allow_sending_without_reply=True) if letter.reply_to else None
        markup = self._markup(letter)
        if not letter.rich:
            looks, topic = library_entities(letter.piece) or None, letter.thread
            message = await self._bot.send_message(
                letter.chat, letter.piece.text, entities=looks, message_thread_id=topic, reply_parameters=reply,
                reply_markup=markup, link_preview_options=_NO_PREVIEW,
            )  # fmt: skip
            return str(message.message_id)
        what = {
            "chat_id": letter.chat, "message_thread_id": letter.thread, "rich_message": {"html": letter.rich},
            "reply_parameters": reply, "reply_markup": markup,
        }  # fmt: skip
        try:
            return str((await self._bot.do_api_request("sendRichMessage", what, Message)).message_id)
        except (EndPointNotFound, InvalidToken):  # which of the two, a server that is too old does not say
            self._rich = False
            raise BadRequest("this server knows no rich messages") from None

    def _markup(self, letter: Letter) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | None:
        if letter.locate:
            self._asked.add(letter.chat)
            button = KeyboardButton(letter.locate, request_location=True)
            return ReplyKeyboardMarkup([[button]], resize_keyboard=True, one_time_keyboard=True)
        if not letter.choices and letter.chat in self._asked:
            self._asked.discard(letter.chat)
            return ReplyKeyboardRemove()
        return _keyboard(letter.choices)


async def pieces_of(reply: Reply, *, group: bool) -> list[Rendered]:
    """The messages that a reply becomes; none where it has no visible text."""

    def cut() -> list[Rendered]:
        return split(dated(render(reply.text, plain=reply.plain, group=group), reply.moments))

    return await asyncio.to_thread(cut) if len(reply.text) > _LONG else cut()


async def edit_text(bot: Bot, chat: int, message: int, piece: Rendered, markup: InlineKeyboardMarkup | None) -> None:
    """Makes the piece of the message; where it is that already, all is well."""
    looks = library_entities(piece) or None
    try:
        await bot.edit_message_text(
            piece.text, chat, message, entities=looks, reply_markup=markup, link_preview_options=_NO_PREVIEW
        )
    except BadRequest as error:
        if "not modified" not in error.message:
            raise


def library_entities(piece: Rendered) -> list[MessageEntity]:
    return [
        MessageEntity(
            one.kind, one.start, one.length, url=one.url or None, language=one.language or None,
            unix_time=one.at, date_time_format=time_format(one.at) if one.at else None,
        )
        for one in piece.entities
    ]  # fmt: skip


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


def _pressable(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """Without the choices that Telegram would refuse the whole message for."""
    fit = [one for one in choices if one.label.strip() and 1 <= len(one.data.encode()) <= _LONGEST_DATA][:_MOST_BUTTONS]
    if len(fit) < len(choices):
        log.error("choices that are no buttons for Telegram are left out", extra={"left_out": len(choices) - len(fit)})
    return tuple(fit)


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
