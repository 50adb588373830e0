"""A reply as Slack's blocks, in as many messages as its limits ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapters.slack.rich import dated, rich_text
from adapters.slack.text import clean, escape, neutralise, split
from adapters.slack.web import Json
from core.language.detect import detect
from core.language.phrases import say
from core.messages import Choice, Reply
from core.render import shortened

MARKDOWN = 11_000
"""Characters in one message. Slack takes 12,000 in Markdown blocks, and about 13,200 with the labels of buttons."""
PLAIN = 3_000
"""Characters of a message without blocks, before escaping, which can make five of one."""
NOTIFICATION = 1_000
LABEL = 75
BUTTONS = 25

_EMPHASIS = re.compile(r"(?<!\\)(?:\*{1,3}|`+)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
DELIVERY = "remora_delivery"
PREVIEW = "remora_preview"


@dataclass(frozen=True, slots=True)
class Part:
    """One message: its blocks, and the text that notifications and screen readers get."""

    markdown: str
    """What stands in the Markdown block, neutralised; "" where there is none."""
    blocks: tuple[Json, ...]
    text: str


def parts(reply: Reply, cause: str = "") -> tuple[Part, ...]:
    """The reply in messages, in order; the buttons stand under the last. Never empty."""
    if reply.moments and not reply.plain and len(reply.text) <= PLAIN:
        block = rich_text(clean(reply.text), reply.moments)
        return (Part("", (block, *buttons(reply.choices)), dated(_notified(words(reply.text)), reply.moments)),)
    pieces = split(clean(reply.text) if reply.plain else neutralise(reply.text), MARKDOWN)
    below = (*buttons(reply.choices), *(_feedback(reply.text, cause) if reply.rated else ()))
    last = len(pieces) - 1
    return tuple(_part(piece, reply.plain, below if at == last else ()) for at, piece in enumerate(pieces))


def plain_parts(reply: Reply) -> tuple[Part, ...]:
    """The reply without blocks, for when Slack refused them; buttons are named in words."""
    text = reply.text + "".join(f"\n[{choice.label}]" for choice in reply.choices)
    return tuple(Part("", (), escape(neutralise(piece)) or "…") for piece in split(text, PLAIN))


def buttons(choices: tuple[Choice, ...]) -> tuple[Json, ...]:
    """Rows of buttons; `choice:<n>` is the n-th of the message."""
    elements = [
        {
            "type": "button",
            "action_id": f"choice:{at}",
            "text": plain(choice.label),
            "value": choice.data,
        }
        for at, choice in enumerate(choices)
    ]
    rows = range(0, len(elements), BUTTONS)
    return tuple({"type": "actions", "elements": elements[at : at + BUTTONS]} for at in rows)


def _feedback(text: str, cause: str) -> tuple[Json, ...]:
    """Thumbs under an answer; together with its value the block's id says which answer is meant."""
    kind, _, turn = cause.partition(":")
    if kind != "turn":
        return ()
    language = detect(text)
    names = {"positive_button": "good", "negative_button": "bad"}
    sides = {side: {"text": plain(say(language, f"rate_{name}")), "value": name} for side, name in names.items()}
    element = {"type": "feedback_buttons", "action_id": "feedback", **sides}
    return ({"type": "context_actions", "block_id": f"feedback:{turn}", "elements": [element]},)


def plain(text: str, longest: int = LABEL) -> Json:
    """A label: never parsed."""
    return {"type": "plain_text", "text": shortened(text.strip(), longest) or "…", "emoji": True}


def growing(markdown: str) -> Part:
    """A preview of a reply; `markdown` is neutralised already."""
    return Part(markdown, (_markdown(markdown),), _notification(words(markdown)))


def delivered(cause: str, part: int, of: int) -> Json:
    """The metadata by which a delivery is recognised later."""
    return {"event_type": DELIVERY, "event_payload": {"cause": cause, "part": part, "parts": of}}


def previewed(cause: str) -> Json:
    """The metadata of a message that is to become the delivery with this cause."""
    return {"event_type": PREVIEW, "event_payload": {"cause": cause}}


def _part(piece: str, literal: bool, below: tuple[Json, ...]) -> Part:
    shown = () if not piece.strip() else ((_literal(piece),) if literal else (_markdown(piece),))
    return Part("" if literal else piece, (*shown, *below), _notification(piece if literal else words(piece)))


def _markdown(text: str) -> Json:
    return {"type": "markdown", "text": text}


def _literal(text: str) -> Json:
    """Rich text is never parsed: neither markup nor mentions in it have an effect."""
    pieces = [text[at : at + PLAIN] for at in range(0, len(text), PLAIN)]
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": piece} for piece in pieces]}
    return {"type": "rich_text", "elements": [section]}


def words(markdown: str) -> str:
    """What a notification reads out: no emphasis marks, and what was escaped as it is meant."""
    return _ESCAPED.sub(r"\1", _EMPHASIS.sub("", markdown))


def _notification(text: str) -> str:
    return escape(neutralise(_notified(text)))


def _notified(text: str) -> str:
    return shortened(clean(text).strip(), NOTIFICATION) or "…"
