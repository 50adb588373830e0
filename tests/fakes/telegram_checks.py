"""What Telegram refuses to send, and how it words that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

_ENTITIES = {"bold", "italic", "strikethrough", "code", "pre", "text_link", "blockquote", "date_time"}
_LINKS = re.compile(r"https?://[^\s/]+\.[^\s/]+|tg://(?!user|openmessage)\w", re.ASCII)
_RICH_TAGS = frozenset(
    re.findall(
        r"[\w-]+", "a b strong em s code pre p h1 h2 h3 h4 h5 h6 hr br ul ol li blockquote table tr th td tg-time"
    )
)
_TAG = re.compile(r"</?([\w-]+)((?: [\w-]+=\"[^\"<>]*\")*)(?: /)?>")


class Refusal(Exception):
    """The server's no. `ours`: it depends on the state of the chat, the bot could not know."""

    def __init__(self, code: int, description: str, *, ours: bool = False, **parameters: int) -> None:
        super().__init__(description)
        self.code, self.description, self.ours, self.parameters = code, description, ours, parameters


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def check_text(text: str, entities: Iterable[Json]) -> None:
    if not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if units(text) > 4096:
        raise Refusal(400, "Bad Request: message is too long")
    listed = list(entities)
    if len(listed) > 100:
        raise Refusal(400, "Bad Request: too many entities")  # the real server drops the rest in silence
    encoded = text.encode("utf-16-le")
    for entity in listed:
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if entity["type"] not in _ENTITIES or not 0 <= start < end <= units(text):
            raise Refusal(400, f"Bad Request: can't parse entities: wrong {entity['type']}")
        try:
            encoded[2 * start : 2 * end].decode("utf-16-le")
        except UnicodeDecodeError:
            raise Refusal(400, "Bad Request: can't parse entities: a character is split") from None
        if entity["type"] == "text_link" and not _LINKS.match(entity.get("url", "")):
            raise Refusal(400, "Bad Request: can't parse entities: a link without an address that can be opened")
        if entity["type"] == "date_time" and not (entity.get("unix_time") and entity.get("date_time_format")):
            raise Refusal(400, "Bad Request: can't parse entities: a time without its moment")
    _check_nesting(listed)


def _check_nesting(entities: list[Json]) -> None:
    """Of two entities that share characters one lies in the other, and neither in nor around code or a like one."""
    spans = [(one["offset"], one["offset"] + one["length"], one["type"]) for one in entities]
    for number, (start, end, kind) in enumerate(spans):
        for first, last, other in spans[number + 1 :]:
            if max(start, first) < min(end, last):
                inside = (start <= first and last <= end) or (first <= start and end <= last)
                if not inside or {kind, other} <= {"code", "pre", "text_link", "date_time"} or kind == other:
                    raise Refusal(400, f"Bad Request: can't parse entities: {kind} and {other} overlap")


def check_rich(html: str) -> None:
    """Only tags that may be there, each closed in its turn; what is no tag is escaped."""
    if not html.strip() or len(html) > 32_768:
        raise Refusal(400, "Bad Request: RICH_MESSAGE_INVALID")
    opened: list[str] = []
    for tag in _TAG.finditer(html):
        if tag[1] not in _RICH_TAGS:
            raise Refusal(400, f"Bad Request: can't parse rich message: unsupported tag {tag[1]}")
        if tag[0].startswith("</"):
            if not opened or opened.pop() != tag[1]:
                raise Refusal(400, "Bad Request: can't parse rich message: tags cross")
        elif tag[1] not in ("br", "hr"):
            opened.append(tag[1])
    if opened or re.search(r"[<>]|&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-f]+);)", _TAG.sub("", html)):
        raise Refusal(400, "Bad Request: can't parse rich message: stray markup")


def check_keyboard(markup: Json) -> None:
    if "inline_keyboard" not in markup:
        return
    if sum(map(len, markup["inline_keyboard"])) > 100:
        raise Refusal(400, "Bad Request: reply markup is too long")
    for row in markup["inline_keyboard"]:
        for button in row:
            if not button.get("text") or not 1 <= len(button.get("callback_data", "").encode()) <= 64:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")


def words_of(html: str) -> str:
    """A rich message's text, so far as there is any."""
    return _TAG.sub("", html).strip() or "-"
