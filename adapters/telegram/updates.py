"""What Telegram tells us, read once and turned into a `Message`. Knows nothing of the network."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core.language.phrases import language_of, say
from core.messages import Address, Message, MessageKind, Sender

PLATFORM = "telegram"

KINDS = (
    "message", "edited_message", "callback_query", "my_chat_member", "message_reaction", "stopped_message_generation",
)  # fmt: skip
"""The updates we ask for."""

STOP = "stop:"
"""What a button that stops a growing reply begins with; the number of its draft follows."""

_ATTACHMENTS = {
    "animation": "video",  # comes with a "document" beside it, so it stands before that
    "audio": "audio",
    "document": "file",
    "live_photo": "photo",
    "paid_media": "photo",
    "photo": "photo",
    "sticker": "sticker",
    "story": "story",
    "video": "video",
    "video_note": "video",
    "voice": "voice",
    "checklist": "checklist",
    "contact": "contact",
    "dice": "dice",
    "game": "game",
    "poll": "poll",
    "venue": "location",
    "location": "location",
    "rich_message": "rich text",
}
"""Fields of a message that hold something a person sent that is not text. What is neither here nor text is news of the
chat itself (someone joined, the title changed): nobody expects an answer to it."""


_GOOD = frozenset("👍❤🔥🥰👏🎉🤩🙏👌😍💯⚡🏆😁🤗🫡🆒😘")
_BAD = frozenset("👎🤬😢🤮💩🥱💔🖕😭😡")
"""Reactions that say something about an answer, as far as their first character goes."""


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account."""

    id: int
    username: str
    commands: frozenset[str] = frozenset()
    """What we answer to in a group without being named; empty: every command."""
    sees_all: bool = False
    """Privacy mode is off: in groups we are shown every message."""


def _storable(text: str) -> str:
    """With what no database takes (half a character, NUL) made harmless."""
    return text.replace("\x00", "\ufffd").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_Words = Annotated[str, AfterValidator(_storable)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class User(_Shape):
    id: int
    is_bot: bool = False
    first_name: _Words = ""
    last_name: _Words = ""
    username: _Words = ""
    language_code: _Words | None = None


class Chat(_Shape):
    id: int
    type: str
    title: _Words = ""
    username: _Words = ""


class Span(_Shape):
    """An entity of a text; offset and length count UTF-16 units."""

    type: str
    offset: int
    length: int
    user: User | None = None


class Place(_Shape):
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)


class Origin(_Shape):
    """Where a forwarded message was written first; the chat and the number only where that was a channel."""

    chat: Chat | None = None
    message_id: int = 0


class Written(_Shape):
    """A message in a chat, edited or new."""

    model_config = ConfigDict(frozen=True, extra="allow")

    message_id: int
    date: dt.datetime
    edit_date: dt.datetime | None = None
    chat: Chat
    sender: User | None = Field(None, alias="from")
    sender_chat: Chat | None = None
    is_automatic_forward: bool = False
    message_thread_id: int | None = None
    is_topic_message: bool = False
    reply_to_message: Written | None = None
    forward_origin: Origin | None = None
    text: _Words | None = None
    entities: tuple[Span, ...] = ()
    caption: _Words | None = None
    caption_entities: tuple[Span, ...] = ()
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None

    @property
    def attachment(self) -> str:
        """What it carries besides words; "" for nothing."""
        carried: dict[str, Any] = self.model_extra or {}
        return next((name for field, name in _ATTACHMENTS.items() if field in carried), "")

    @property
    def thread(self) -> str:
        # Replies in an ordinary supergroup have a thread id too; only topics are places of their own.
        return str(self.message_thread_id) if self.is_topic_message and self.message_thread_id else ""


class Pressed(_Shape):
    """A press on an inline button."""

    id: str
    sender: User = Field(alias="from")
    message: Written | None = None
    data: _Words = ""

    @property
    def stops(self) -> int:
        """The number of the draft that it stops; 0: none."""
        number = self.data.removeprefix(STOP) if self.data.startswith(STOP) else ""
        return int(number) if number.isascii() and number.isdecimal() else 0

    @property
    def by_asker(self) -> bool:
        """Whoever presses it is, as far as can be seen, whom the message answers."""
        asked = self.message.reply_to_message if self.message else None
        return asked is None or asked.sender is None or asked.sender.id == self.sender.id


class Member(_Shape):
    status: str
    is_member: bool = True
    can_send_messages: bool = True

    @property
    def may_write(self) -> bool:
        return self.status not in ("left", "kicked") and self.is_member and self.can_send_messages


class Membership(_Shape):
    chat: Chat
    sender: User = Field(alias="from")
    date: dt.datetime
    old_chat_member: Member
    new_chat_member: Member


class Reaction(_Shape):
    type: str
    emoji: str = ""


class Reacted(_Shape):
    chat: Chat
    message_id: int
    user: User | None = None
    date: dt.datetime
    old_reaction: tuple[Reaction, ...] = ()
    new_reaction: tuple[Reaction, ...] = ()


class Stopped(_Shape):
    chat: Chat
    message_thread_id: int | None = None
    draft_id: int = 0


class Update(_Shape):
    update_id: int
    message: Written | None = None
    edited_message: Written | None = None
    callback_query: Pressed | None = None
    my_chat_member: Membership | None = None
    message_reaction: Reacted | None = None
    stopped_message_generation: Stopped | None = None

    @property
    def stops(self) -> int:
        """The number of the draft that somebody wants no more of; 0: none."""
        if self.stopped_message_generation is not None:
            return self.stopped_message_generation.draft_id
        return self.callback_query.stops if self.callback_query is not None else 0

    @property
    def place(self) -> Place | None:
        """Where somebody says that they are; None also where that cannot be read."""
        with suppress(ValidationError):
            if self.message and not self.message.forward_origin:
                return Place.model_validate((self.message.model_extra or {}).get("location"))
        return None


def to_message(update: Update, me: Me, now: dt.datetime) -> Message | None:
    """The message that an update brings us; None when it brings none that is meant for us.

    `now` dates what Telegram does not: a pressed button, a stop.
    """
    match update:
        case Update(message=Written() as written):
            return _moved(written) or _from_written(update.update_id, written, me, edited=False)
        case Update(edited_message=Written() as written):
            return _from_written(update.update_id, written, me, edited=True)
        case Update(callback_query=Pressed() as pressed):
            return _from_pressed(update.update_id, pressed, now)
        case Update(my_chat_member=Membership() as change):
            return _from_membership(f"{me.id}:{update.update_id}:member", change)
        case Update(message_reaction=Reacted() as reacted):
            return _from_reacted(f"{me.id}:{update.update_id}:reaction", reacted)
        case Update(stopped_message_generation=Stopped() as stopped):
            thread = str(stopped.message_thread_id or "")
            who = Sender(str(stopped.chat.id))
            return Message(f"{update.update_id}:stop", _address(stopped.chat, thread), who, "", now, kind="stop")
    return None


def is_private(address: Address) -> bool:
    """Groups have negative ids, people positive ones."""
    return not address.chat.startswith("-")


def _from_written(update_id: int, written: Written, me: Me, *, edited: bool) -> Message | None:
    sender = _sender(written)
    if sender is None or sender.is_bot or written.is_automatic_forward:
        return None
    if written.text is not None:
        text, entities, attachment = written.text, written.entities, ""
    else:
        text, entities, attachment = written.caption or "", written.caption_entities, written.attachment
        if not attachment or (edited and not text):
            return None
    text, called = _call(text, entities, me)
    private = written.chat.type == "private"
    if not (private or called or _answers(written, me)):
        return None
    kind: MessageKind = "edit" if edited else "attachment" if attachment else "text"
    quoted, link = _replied_to(written, me)
    if (origin := written.forward_origin) is not None:
        if not private:
            return None
        if text:  # somebody else's words ask for nothing; what can be asked about them is to be reminded of them
            kind, attachment, quoted = "text", "", text
            text, link = say(language_of(sender.locale), "remind_about_this"), _link(origin.chat, origin.message_id)
    return Message(
        event_id=f"{me.id}:{update_id}:{written.message_id}",
        address=_address(written.chat, written.thread),
        sender=sender,
        text=text,
        sent_at=(written.edit_date or written.date) if edited else written.date,
        kind=kind,
        message_id=str(written.message_id),
        attachment=attachment,
        private=private,
        quoted=quoted,
        link=link,
    )


def _address(chat: Chat, thread: str = "") -> Address:
    return Address(PLATFORM, "", str(chat.id), thread)


def _moved(written: Written) -> Message | None:
    """News that a group became a supergroup; told once in the old chat and once in the new one."""
    old, new = written.migrate_from_chat_id or written.chat.id, written.migrate_to_chat_id or written.chat.id
    if old == new:
        return None
    who, where = Sender(str(old)), Address(PLATFORM, "", str(old))
    return Message(f"moved:{old}", where, who, "", written.date, kind="moved", moved_to=str(new), private=False)


def _from_membership(event: str, change: Membership) -> Message | None:
    """News that a chat was opened to us or closed: we were added or removed, blocked or taken back."""
    may = change.new_chat_member.may_write
    if change.chat.type == "channel" or may == change.old_chat_member.may_write:
        return None
    return Message(
        event, _address(change.chat), _account(change.sender), "", change.date, kind="joined" if may else "closed",
        private=change.chat.type == "private",
    )  # fmt: skip


def _from_reacted(event: str, reacted: Reacted) -> Message | None:
    """A person's reaction, as their word on the message if it says any; taken back, their word is too."""
    if reacted.user is None or reacted.user.is_bot:
        return None
    now, before = ({one.emoji[:1] for one in some} for some in (reacted.new_reaction, reacted.old_reaction))
    word = "good" if now & _GOOD else "bad" if now & _BAD else "none" if before & (_GOOD | _BAD) else ""
    if not word:
        return None
    return Message(
        event, _address(reacted.chat), _account(reacted.user), "", reacted.date, kind="choice",
        message_id=str(reacted.message_id), choice=f"feedback::{word}", private=reacted.chat.type == "private",
    )  # fmt: skip


def _replied_to(written: Written, me: Me) -> tuple[str, str]:
    """The words of the message that this one replies to, and where it can be read again: only messages of supergroups
    have an address. Nothing for a reply to one of ours, or to the opening of a topic."""
    target = written.reply_to_message
    if target is None or "forum_topic_created" in (target.model_extra or {}):
        return "", ""
    if target.sender is not None and target.sender.id == me.id:
        return "", ""
    return target.text or target.caption or "", _link(target.chat, target.message_id)


def _link(chat: Chat | None, message_id: int) -> str:
    """Where a message can be read again; "" where only its people can find it."""
    if chat is None or chat.type not in ("supergroup", "channel"):
        return ""
    return f"https://t.me/{chat.username or f'c/{str(chat.id)[4:]}'}/{message_id}"


def _from_pressed(update_id: int, pressed: Pressed, now: dt.datetime) -> Message | None:
    written = pressed.message
    if written is None or pressed.sender.is_bot or (pressed.stops and not pressed.by_asker):
        return None
    return Message(
        event_id=f"{update_id}:{pressed.id}",
        address=_address(written.chat, written.thread),
        sender=_account(pressed.sender),
        text="",
        sent_at=now,
        kind="stop" if pressed.stops else "choice",
        message_id=str(written.message_id),
        choice=pressed.data,
        private=written.chat.type == "private",
    )


def _account(user: User) -> Sender:
    name = f"{user.first_name} {user.last_name}".strip()
    return Sender(str(user.id), name, user.is_bot, user.language_code, handle=user.username)


def _sender(written: Written) -> Sender | None:
    """Who wrote it. An anonymous administrator or a channel speaks as a chat, behind a stand-in that is a bot."""
    if written.sender_chat is not None:
        return Sender(str(written.sender_chat.id), written.sender_chat.title)
    return _account(written.sender) if written.sender is not None else None


def _answers(written: Written, me: Me) -> bool:
    """It is a reply to us. In a topic that we opened, every message looks like a reply to that opening."""
    target = written.reply_to_message
    if target is None or target.sender is None or "forum_topic_created" in (target.model_extra or {}):
        return False
    return target.sender.id == me.id


def _call(text: str, entities: tuple[Span, ...], me: Me) -> tuple[str, bool]:
    """The text without our name in it, and whether it calls us: by name, or by a command that is not another bot's."""
    units = text.encode("utf-16-le")
    handle = f"@{me.username}".lower()
    called = False
    cuts: list[tuple[int, int]] = []
    for span in entities:
        start, end = max(span.offset, 0) * 2, max(span.offset + span.length, 0) * 2
        words = units[start:end].decode("utf-16-le", "replace")
        match span.type:
            case "mention" if words.lower() == handle:
                cuts.append((start, end))
            case "text_mention" if span.user is not None and span.user.id == me.id:
                cuts.append((start, end))
            case "bot_command" if words.lower().endswith(handle):
                cuts.append((end - len(handle) * 2, end))
            case "bot_command" if "@" not in words and span.offset == 0:
                called = not me.commands or words[1:].lower() in me.commands
            case _:
                pass
    for start, end in sorted(cuts, reverse=True):
        units = _without(units, start, end)
    text = units.decode("utf-16-le", "replace")
    return (text.strip() if cuts else text), called or bool(cuts)


def _without(units: bytes, start: int, end: int) -> bytes:
    """Cuts a name out, together with the gap or the comma that it leaves."""
    before, after = units[:start].decode("utf-16-le", "replace"), units[end:].decode("utf-16-le", "replace")
    if not before.strip():
        before, after = "", after.lstrip(" \t,:，：")
    elif before[-1:].isspace() and (not after or after[:1].isspace() or after[:1] in ",.;:!?，。；：！？"):
        before = before.rstrip(" ")
    return (before + after).encode("utf-16-le")
