"""A reply on its way to Telegram: cut into pieces, posted, and what came of it in the core's words."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
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
    locate: str = ""
    """Label of a button that sends where the person is; never together with choices."""
    rich: str = ""
    """The same as a rich message, which is tried first."""


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
        letters = await self._letters(delivery)
        grew = letters[0].chat < 0 and delivery.cause.startswith("turn:")
        growth = await self._growths.of(delivery.cause) if grew else None
        try:
            ids = await self._richly(delivery, letters, growth, left)
            ids = ids or await self._post_all(delivery.cause, letters, growth, left)
        except Undeliverable:
            if growth is not None:
                await self._forget(growth)
            raise
        if growth is not None:
            await self._forget(growth, remove=str(growth.message) not in ids)
        return Receipt(ids)

    async def _richly(
        self, delivery: Delivery, letters: list[Letter], growth: Growth | None, left: Callable[[], None]
    ) -> tuple[str, ...]:
        """All of it as one rich message; nothing where it is none, where it grew or began as plain text, or where
        Telegram refuses it."""
        if not self._rich or growth is not None or delivery.cause in self._arrived or letters[-1].locate:
            return ()
        html = await asyncio.to_thread(rich_html, delivery.reply, group=letters[0].chat < 0)
        if not html:
            return ()
        try:
            return (await self._post(replace(letters[-1], reply_to=letters[0].reply_to, rich=html), left),)
        except Undeliverable as refused:
            if refused.gone:
                raise
            log.info("a rich message is sent as plain text", extra={"why": refused.what})
            return ()

    async def _post_all(
        self, cause: str, letters: list[Letter], growth: Growth | None, left: Callable[[], None]
    ) -> tuple[str, ...]:
        ids = self._arrived.get(cause, ())
        for position, letter in enumerate(letters[len(ids) :], len(ids)):
            last = position == len(letters) - 1
            try:
                if growth is not None and position == 0 and await self._edit(letter, growth):
                    ids += (str(growth.message),)
                else:
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

    async def _forget(self, growth: Growth, *, remove: bool = True) -> None:
        """The reply stands elsewhere or nowhere: with `remove` what grew goes, now or when it is found again."""
        try:
            if remove:
                await self._bot.delete_message(growth.chat, growth.message)
        except BadRequest:
            pass
        except TelegramError as error:
            log.info("a preview stays for now", extra={"why": reason(error)})
            return
        await self._growths.forget(growth.cause)

    async def _letters(self, delivery: Delivery) -> list[Letter]:
        chat, thread = number(delivery.address.chat), number(delivery.address.thread)
        if chat is None:
            raise Undeliverable("the address is not one of Telegram's", gone=True)
        reply, group = delivery.reply, not is_private(delivery.address)
        pieces = await pieces_of(reply, group=group)
        if not pieces:
            raise Undeliverable("the reply has no text")
        letters = [Letter(chat, thread, piece) for piece in pieces]
        if group:
            letters[0] = replace(letters[0], reply_to=number(delivery.reply_to))
        letters[-1] = replace(letters[-1], choices=_pressable(reply.choices))
        if reply.locate and not group:
            if letters[-1].choices:
                letters.append(Letter(chat, thread, Rendered(reply.locate)))
            letters[-1] = replace(letters[-1], locate=reply.locate)
        return letters

    async def _edit(self, letter: Letter, growth: Growth) -> bool:
        """Whether what grew is the letter now. Otherwise it is gone, or Telegram wants no more edits: then the letter is
        posted. Doing it twice does no harm, so that its outcome is never in doubt."""
        if growth.chat != self._moved.get(letter.chat, letter.chat):
            return False
        with watched() as flight:
            while True:
                try:
                    await self._bot.edit_message_text(
                        letter.piece.text,
                        growth.chat,
                        growth.message,
                        entities=library_entities(letter.piece) or None,
                        link_preview_options=_NO_PREVIEW,
                        reply_markup=_keyboard(letter.choices),
                    )
                    return True
                except RetryAfter:
                    return False
                except BadRequest as error:
                    if "not modified" in error.message:
                        return True
                    milder = _milder(letter, error)
                    if milder is None:
                        return False
                    letter = milder
                except TelegramError as error:
                    failed = outcome(error, flight)
                    if isinstance(failed, RetryLater):
                        failed.unknown = False
                    raise failed from None

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
        reply = ReplyParameters(letter.reply_to, allow_sending_without_reply=True) if letter.reply_to else None
        if letter.rich:
            return await self._call_rich(letter, reply)
        message = await self._bot.send_message(
            letter.chat,
            letter.piece.text,
            entities=library_entities(letter.piece) or None,
            message_thread_id=letter.thread,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=reply,
            reply_markup=self._markup(letter),
        )
        return str(message.message_id)

    async def _call_rich(self, letter: Letter, reply: ReplyParameters | None) -> str:
        what = {
            "chat_id": letter.chat,
            "message_thread_id": letter.thread,
            "rich_message": {"html": letter.rich},
            "reply_parameters": reply,
            "reply_markup": self._markup(letter),
        }
        try:
            message = await self._bot.do_api_request("sendRichMessage", what, Message)
        except (EndPointNotFound, InvalidToken):  # which of the two, a server that is too old does not say
            self._rich = False
            raise BadRequest("this server knows no rich messages") from None
        return str(message.message_id)

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


def library_entities(piece: Rendered) -> list[MessageEntity]:
    return [
        MessageEntity(
            entity.kind,
            entity.start,
            entity.length,
            url=entity.url or None,
            language=entity.language or None,
            unix_time=entity.at,
            date_time_format=time_format(entity.at) if entity.at else None,
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
    if letter.thread and ("thread not found" in words or "topic_deleted" in words):
        return replace(letter, thread=None)  # the people of the topic are the people of the chat
    if not letter.rich and letter.piece.entities and ("entit" in words or "parse" in words or "url" in words):
        return replace(letter, piece=Rendered(letter.piece.text))
    return None


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
