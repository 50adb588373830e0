"""What Slack sends, as messages of the core. Nothing here answers, stores or acknowledges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from adapters.slack.modes import Modes
from adapters.slack.people import People
from adapters.slack.text import readable
from adapters.slack.threads import Threads
from adapters.slack.web import Json
from core.language.phrases import language_of, say
from core.messages import Address, Message, MessageKind
from core.store.modes import Mode

PLATFORM = "slack"

_Ts = Annotated[str, Field(pattern=r"^\d{1,12}\.\d{1,9}$")]
_OF_THE_CHANNEL = {"/channel", "/close", "/open"}
"""Commands that mean the place where they are typed."""
_SUBTYPES = {None, "file_share", "thread_broadcast", "me_message"}
"""What people write; every other subtype is a notice of Slack or the word of a bot."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the assistant is in its workspace, from auth.test."""

    team: str
    user: str
    bot: str
    url: str = ""
    """The workspace's own address, "https://acme.slack.com/"; "" where Slack does not say."""
    scopes: str = ""
    """What we may do there, joined by commas; "" where Slack does not say."""


class _File(BaseModel):
    mimetype: str = ""
    subtype: str | None = None


class _Edited(BaseModel):
    ts: _Ts


class _Words(BaseModel):
    """A message as it stands in the conversation."""

    ts: _Ts
    user: str = ""
    bot_id: str | None = None
    text: str = ""
    thread_ts: _Ts | None = None
    subtype: str | None = None
    edited: _Edited | None = None
    files: list[_File] = []
    attachments: list[Json] = []

    @property
    def shared(self) -> Json:
        """A message of another place that this one brings along; empty: none."""
        return next((one for one in self.attachments if one.get("is_share")), {})


class _Event(_Words):
    channel: str
    channel_type: str = ""
    parent_user_id: str | None = None
    message: _Words | None = None
    previous_message: _Words | None = None


class _Stopped(BaseModel):
    user: str
    channel: str
    thread_ts: str = ""
    event_ts: _Ts


class _User(BaseModel):
    id: str
    name: str = ""


class _Place(BaseModel):
    id: str


class _Label(BaseModel):
    text: str = ""


class _Action(BaseModel):
    action_id: str = ""
    block_id: str = ""
    action_ts: _Ts
    value: str = ""
    text: _Label = _Label()


class _Press(BaseModel):
    user: _User
    channel: _Place
    message: _Words
    actions: Annotated[list[_Action], Field(min_length=1)]


class _Command(BaseModel):
    command: str
    text: str = ""
    user_id: str
    user_name: str = ""
    channel_id: str
    trigger_id: str
    response_url: str


class _About(BaseModel):
    user: _User
    channel: _Place
    message: _Words
    action_ts: _Ts


class _PressAlone(BaseModel):
    user: _User
    actions: Annotated[list[_Action], Field(min_length=1)]
    response_url: str = ""


class Translator:
    """The payloads of one workspace to `Message`. Raises pydantic's `ValidationError` for what Slack never sends."""

    def __init__(
        self,
        identity: Identity,
        people: People,
        threads: Threads,
        modes: Modes,
        typed: Mapping[str, str],
        agent_view: bool = False,
    ) -> None:
        """`typed`: what a command is called in the core, by what it is called in Slack ("/remind-me": "/remind"). With
        `agent_view` a direct message begins a conversation of its own."""
        self._agent_view = agent_view
        self._identity = identity
        self._people = people
        self._threads = threads
        self._modes = modes
        self._typed = typed

    async def event(self, body: Json) -> Message | None:
        """A `message` or `app_mention` event, which are one message if they speak of the same; None if it is not meant
        for the assistant."""
        event = _Event.model_validate(body.get("event"))
        if event.subtype == "message_changed":
            return await self._edited(event)
        if event.subtype not in _SUBTYPES or self._from_bot(event):
            return None
        kind: MessageKind = "attachment" if event.files else "text"
        return await self._message(event, event, kind, f"m:{self._identity.team}:{event.channel}:{event.ts}")

    async def stopped(self, body: Json) -> Message:
        """The Stop button of a reply that is being written."""
        stop = _Stopped.model_validate(body.get("event"))
        return Message(
            event_id=f"s:{self._identity.team}:{stop.channel}:{stop.event_ts}",
            address=self._at(stop.channel, stop.thread_ts),
            sender=await self._people.sender(stop.user, self._identity.team),
            text="",
            sent_at=_moment(stop.event_ts),
            kind="stop",
            private=stop.channel.startswith("D"),
        )

    async def press(self, body: Json) -> Message:
        """A button that was pressed."""
        if "message" not in body:
            return await self._pressed_alone(_PressAlone.model_validate(body))
        press = _Press.model_validate(body)
        action, shown = press.actions[0], press.message
        channel = press.channel.id
        private = channel.startswith("D")
        rates = action.action_id == "feedback"
        thread = shown.thread_ts or ("" if private else shown.ts)
        return Message(
            event_id=f"c:{self._identity.team}:{channel}:{press.user.id}:{action.action_ts}",
            address=self._at(channel, thread),
            sender=await self._people.sender(press.user.id, self._identity.team, press.user.name),
            text=action.text.text,
            sent_at=_moment(action.action_ts),
            kind="choice",
            message_id=shown.ts,
            choice=f"{action.block_id}:{action.value}" if rates else action.value,
            private=private,
            hidden=rates or (not private and await self._modes.get(self._at(channel)) == "quiet"),
        )

    async def _pressed_alone(self, press: _PressAlone) -> Message:
        """A button under what one person alone was shown: what came of a command, and so of their direct message."""
        action = press.actions[0]
        return Message(
            event_id=f"c:{self._identity.team}:{press.user.id}:{action.action_ts}",
            address=self._at(await self._people.direct(press.user.id)),
            sender=await self._people.sender(press.user.id, self._identity.team, press.user.name),
            text=action.text.text,
            sent_at=_moment(action.action_ts),
            kind="choice",
            message_id=press.response_url,
            choice=action.value,
            hidden=True,
        )

    async def command(self, body: Json, now: dt.datetime) -> Message:
        """A slash command. The answer is shown to its author alone, where they typed it; what they say with it stays
        between them and the assistant, and so in their direct message, unless the command is about the channel."""
        command = _Command.model_validate(body)
        name = self._typed.get(command.command, command.command)
        direct = await self._people.direct(command.user_id)
        elsewhere = command.channel_id != direct
        in_channel = elsewhere and name in _OF_THE_CHANNEL
        return Message(
            event_id=f"/:{self._identity.team}:{command.trigger_id}",
            address=self._at(command.channel_id if in_channel else direct),
            sender=await self._people.sender(command.user_id, self._identity.team, command.user_name),
            text=f"{name} {command.text}".rstrip(),
            sent_at=now,
            message_id=command.response_url if elsewhere else "",
            private=not in_channel,
            hidden=elsewhere,
        )

    async def about(self, body: Json) -> Message:
        """The shortcut "remind me about this" on a message: asked and answered in their direct message."""
        about = _About.model_validate(body)
        sender = await self._people.sender(about.user.id, self._identity.team, about.user.name)
        return Message(
            event_id=f"a:{self._identity.team}:{about.channel.id}:{about.user.id}:{about.action_ts}",
            address=self._at(await self._people.direct(about.user.id)),
            sender=sender,
            text=say(language_of(sender.locale), "remind_about_this"),
            sent_at=_moment(about.action_ts),
            quoted=readable(about.message.text, self._identity.user),
            link=self._permalink(about.channel.id, about.message.ts),
        )

    async def _edited(self, event: _Event) -> Message | None:
        new, old = event.message, event.previous_message
        if new is None or new.edited is None or new.subtype not in _SUBTYPES or self._from_bot(new):
            return None
        if old is not None and old.text == new.text:
            return None  # a link was unfurled, or something else than the words changed
        return await self._message(
            event, new, "edit", f"e:{self._identity.team}:{event.channel}:{new.ts}:{new.edited.ts}"
        )

    async def _message(self, event: _Event, words: _Words, kind: MessageKind, event_id: str) -> Message | None:
        private = event.channel_type == "im" or event.channel.startswith("D")
        mode: Mode = "follow" if private else await self._modes.get(self._at(event.channel))
        if not private and not await self._meant_for_us(event, words, mode):
            return None
        sender = await self._people.sender(words.user, self._identity.team)
        if sender.is_bot:
            return None
        # What only its reader sees is not shown in a thread that nobody has begun.
        beside = mode == "quiet" or (private and not self._agent_view)
        thread = words.thread_ts or ("" if beside else words.ts)
        text, quoted = (readable(one, self._identity.user) for one in (words.text, str(words.shared.get("text") or "")))
        link = "" if words.thread_ts in (None, words.ts) else self._permalink(event.channel, str(words.thread_ts))
        return Message(
            event_id=event_id,
            address=self._at(event.channel, thread),
            sender=sender,
            text=text or (say(language_of(sender.locale), "remind_about_this") if quoted and private else ""),
            sent_at=_moment(words.ts),
            kind=kind,
            message_id=words.ts,
            attachment=_attachment(words.files) if words.files and kind == "attachment" else "",
            private=private,
            quoted=quoted,
            link=str(words.shared.get("from_url") or link),
            hidden=mode == "quiet",
        )

    def _at(self, channel: str, thread: str = "") -> Address:
        return Address(PLATFORM, self._identity.team, channel, thread)

    def _permalink(self, channel: str, ts: str) -> str:
        """Where a message can be read again; "" where Slack does not say under which address the workspace is."""
        url = self._identity.url.rstrip("/")
        return f"{url}/archives/{channel}/p{ts.replace('.', '')}" if url else ""

    async def _meant_for_us(self, event: _Event, words: _Words, mode: Mode) -> bool:
        """In a channel: a mention, or the next word in a thread where we are and which is not addressed to another."""
        us = self._identity.user
        if f"<@{us}" in words.text:
            self._threads.join(event.channel, words.thread_ts or words.ts)
            return True
        if mode == "strict" or words.text.lstrip().startswith("<@"):
            return False
        if words.thread_ts is None:
            # An edit may take the mention away; it is still the edit of a question that we answered in its thread.
            return words is not event and await self._threads.takes_part(event.channel, words.ts, us)
        if event.parent_user_id == us:
            return True
        return await self._threads.takes_part(event.channel, words.thread_ts, us)

    def _from_bot(self, words: _Words) -> bool:
        return bool(words.bot_id) or not words.user or words.user in (self._identity.user, "USLACKBOT")


def _attachment(files: list[_File]) -> str:
    first = files[0]
    if first.subtype == "slack_audio" or first.mimetype.startswith("audio/"):
        return "voice"
    if first.subtype == "slack_video" or first.mimetype.startswith("video/"):
        return "video"
    return "photo" if first.mimetype.startswith("image/") else "file"


def _moment(ts: str) -> dt.datetime:
    return dt.datetime.fromtimestamp(float(ts), dt.UTC)
