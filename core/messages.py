"""The words that pass between platforms and the core: plain values, no behaviour that needs a platform.

An adapter turns what its platform sends into a `Message`, and a `Delivery` into what its platform accepts. Moments are
aware and in UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Address:
    """Where a conversation takes place. Each address is answered in order; different ones in parallel."""

    platform: str
    workspace: str
    """Slack's team id; "" on platforms without workspaces."""
    chat: str
    thread: str = ""
    """A Slack thread's ts, a Telegram topic's id; "" outside threads."""

    def key(self) -> str:
        """One string for the four parts, unique and stable: conversations are ordered and locked by it."""
        parts = (self.platform, self.workspace, self.chat, self.thread)
        return "|".join(part.replace("%", "%25").replace("|", "%7C") for part in parts)


@dataclass(frozen=True, slots=True)
class Sender:
    """An account on one platform, as the platform describes it."""

    account: str
    """The platform's own id of the account, unique within platform and workspace."""
    name: str = ""
    is_bot: bool = False
    locale: str | None = None
    """BCP 47 or the platform's variant of it ("zh-hans", "en_US"); None where the platform does not say."""
    zone: str | None = None
    """IANA name; None where the platform does not say."""
    handle: str = ""
    """How others call the account on its platform, without "@"; "" where it has no such name."""
    guest: bool = False
    """Of another organisation than the workspace where it writes: what everybody there may, a guest may not."""


MessageKind: TypeAlias = Literal["text", "choice", "form", "edit", "attachment", "stop", "joined", "closed", "moved"]
"""The last three are news of a chat: we may write there from now on; we may not any more; it has a new address."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a person did: wrote, pressed a button, filled in a form, edited, or sent something that is not text."""

    event_id: str
    """The platform's id of this event; the same event again has the same id. Unique within the platform."""
    address: Address
    sender: Sender
    text: str
    sent_at: dt.datetime
    kind: MessageKind = "text"
    message_id: str = ""
    """The platform's id of the message, so that a reply can point to it."""
    choice: str = ""
    """With kind "choice": the `data` of the button that was pressed; with kind "form" what the form is for, by a skill's
    name ("reminders:add", "reminders:edit:17"). Never trusted: anyone can forge it."""
    attachment: str = ""
    """With kind "attachment": what it is ("photo", "sticker", "voice", "file"); `text` is its caption."""
    private: bool = True
    """Between one person and the assistant alone; what is private never surfaces elsewhere."""
    direct: bool = True
    """Meant for the assistant: in a private chat, mentioned, commanded, or in reply to it. Others are not answered."""
    quoted: str = ""
    """The text of the message that this one replies to; "" where it replies to none, or to one of ours."""
    link: str = ""
    """Where that message can be read again; "" where the platform has no address for it."""
    zone: str = ""
    """With the attachment "location": the IANA name of the time zone there. Where exactly it is, is not kept."""
    moved_to: str = ""
    """With kind "moved": the chat's new id."""
    hidden: bool = False
    """Only its author sees the answer: it is shown to nobody else while it grows, nor when it is there."""
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)
    """With kind "form": what was filled in, by the names that the skill gives them. What is left out or empty is as it
    was, or as usual."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button. `data` comes back in `Message.choice`; at most 64 bytes (Telegram's limit)."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Words that name a point in time, as they stand in a reply ("Fri 27 Nov 09:00 Europe/Paris")."""

    text: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """What the assistant says, in Markdown (CommonMark); adapters render it for their platform. Without text nothing is said,
    and what happened is no turn of the conversation."""

    text: str
    choices: tuple[Choice, ...] = ()
    plain: bool = False
    """Shown literally: a person's own words stand in it, so markup and mentions must have no effect."""
    quiet: bool = False
    """In a chat of several people only the one who asked needs to see it; where the platform cannot do that, all do."""
    only_for: str = ""
    """With `quiet`: the account that asked. Whoever queues the reply of a message sets it; skills leave it empty."""
    rated: bool = False
    """A model wrote it: where a platform has a place for that, people are asked whether it was good. What they answer
    comes as a choice "feedback:<turn>:good" or ":bad", where the reply's cause is "turn:<turn>"."""
    moments: tuple[Moment, ...] = ()
    """Times named in the text: a platform that can shows each reader the time of their own zone instead. Noted by
    whoever queues the reply of a message; skills leave it empty."""
    locate: str = ""
    """Label of a button by which the person can send where they are; platforms without such a button leave it out."""
    settles: bool = False
    """It answers a button that has had its effect: those beside it, on the same message, can go."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a conversation that took place, as it stands."""

    role: Literal["user", "assistant"]
    text: str
    choices: tuple[Choice, ...] = ()
    key: str = ""
    """The reply's cause, or the message's event id."""
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Begun:
    """Comes first: what is being answered, for platforms where a growing reply points to its question."""

    reply_to: str
    """As in the `Delivery` that will follow."""
    language: Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the reply, to be appended to what came before."""

    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """What is being done meanwhile ("thinking"), for platforms that can show it."""

    text: str
    task: bool = False
    """Work that takes a while, worth a card of its own."""


ReplyEvent: TypeAlias = Begun | TextDelta | Status


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message on its way out. The same `cause` is the same message, however often it is tried."""

    id: int
    cause: str
    """Why it is sent, and its identity: "turn:17", "reminder:5:2026-11-27T09:00". Unique in the outbox."""
    address: Address
    reply: Reply
    reply_to: str = ""
    """The platform's id of the message that it answers; "" where it answers none."""
    attempt: int = 1
    doubtful: bool = False
    """An earlier attempt may have arrived. An adapter that can look (`Capabilities.can_look`) looks before it sends."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's word that a delivery arrived: the ids of what it made of it (one for each part)."""

    message_ids: tuple[str, ...]
    found: bool = False
    """It was found there by looking, not sent now."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do, as data. The core asks this instead of trying."""

    max_text: int
    """Longest text of one message, in `unit`s; adapters split what is longer."""
    unit: Literal["characters", "utf16"] = "characters"
    choices: bool = True
    """Buttons can be shown; without them the core writes the choices as words."""
    preview: bool = True
    """A reply can be shown while it grows."""
    can_look: bool = False
    """The platform can be asked whether a delivery with a given cause arrived."""
    typed_commands: bool = True
    """People may type "/command" as plain text and the platform passes it on."""
    open: bool = False
    """Whoever reaches it was let in by other means (a terminal, a sign-in): nobody needs a code. Closed otherwise."""
    only_address: str = ""
    """The key of the one address it serves, as a terminal does; "": all addresses of its platform."""
    start_link: str = ""
    """An address that opens a private chat with the assistant and sends "/start" with what is appended; "": none."""
    hooked: bool = False
    """Its events come over HTTP: a process that serves the web side can take them in for the others."""
    per_second: float = 20.0
    """Messages a second that the platform accepts in all."""
    per_chat_per_second: float = 1.0
    """Messages a second that the platform accepts for one chat, in the long run."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of a prompt for a language model."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model picks its words. Temperature 0 is greedy. `seed` None: different every time."""

    temperature: float = 0.2
    top_p: float = 0.9
    top_k: int = 40
    min_p: float = 0.0
    repetition_penalty: float = 1.1
    max_tokens: int = 256
    seed: int | None = None
    stop: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answers."""

    name: str
    backend: str
    context_tokens: int
    """Longest prompt and reply together, in the model's tokens."""
    version: str = ""
