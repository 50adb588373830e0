"""Markdown (CommonMark) to Telegram's form of text: plain characters, and entities that say what they look like.

Telegram's own markup languages refuse whole messages over one stray character; text with entities cannot fail so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

from core.messages import Moment

EntityKind: TypeAlias = Literal[
    "bold", "italic", "strikethrough", "code", "pre", "text_link", "blockquote", "date_time"
]

_LONGEST_MARKDOWN = 32_000
"""In characters. What is longer is shown as it stands: parsing takes half a second at worst for so much."""
_LONGEST_URL = 2048
_DROPPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]")
_NEWLINES = re.compile(r"\r\n?|[\u2028\u2029]")
_MENTION = re.compile(r"(https?://[\w-]+(?:\.[\w-]+)+\S*)|(?<![A-Za-z0-9_])@(?=[A-Za-z0-9_]|$)")
_WORD_JOINER = "\u2060"
_RULE = "———"
_HAN = r"[\u2e80-\u2fdf\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
_TIGHT = re.compile(
    rf"(?<=[^\w\s*])(?=\*+{_HAN})" + "".join(rf"|(?<={_HAN}{mark})(?=[^\w\s*])" for mark in (r"\*", r"\*\*"))
)
_LETTER = "\ufdd0"
"""Stands for a letter while Markdown is parsed; no text has it."""
_STYLES: dict[str, EntityKind] = {"strong": "bold", "em": "italic", "s": "strikethrough"}

_markdown = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])


@dataclass(frozen=True, slots=True)
class Entity:
    """How a stretch of text looks. `start` and `length` count UTF-16 units, as Telegram does."""

    kind: EntityKind
    start: int
    length: int
    url: str = ""
    language: str = ""
    at: dt.datetime | None = None

    @property
    def end(self) -> int:
        return self.start + self.length


@dataclass(frozen=True, slots=True)
class Rendered:
    """Text as it is read, and how it looks. Entities are sorted by their start."""

    text: str
    entities: tuple[Entity, ...] = ()


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) + sum(1 for character in text if character > "\uffff")


def clean(text: str) -> str:
    """Without the characters that Telegram would drop or refuse, which would also shift every entity behind them."""
    text = _DROPPED.sub("", _NEWLINES.sub("\n", text))
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def render(text: str, *, plain: bool = False, group: bool = False) -> Rendered:
    """The text and its entities. `plain` is taken literally.

    With `group`, "@name" is kept from turning into a mention that calls a person: Telegram makes one by itself of every
    such word, in a text without entities too, so an invisible character goes between. Code is never searched for them.
    """
    text = clean(text)
    if plain or len(text) > _LONGEST_MARKDOWN:
        return Rendered(without_mentions(text) if group else text)
    writer = _Writer(group)
    _Walk(writer, text.split("\n")).blocks(parsed(_markdown, text))
    written = writer.finish()
    return written if written.text.strip() else Rendered(without_mentions(text) if group else text)


def without_mentions(text: str) -> str:
    """With an invisible character in every "@name", which then calls nobody."""
    return _MENTION.sub(lambda found: found[0] if found[1] else found[0] + _WORD_JOINER, text)


def dated(rendered: Rendered, moments: Iterable[Moment]) -> Rendered:
    """The same with its moments marked, for each reader's own zone; none within code or a link."""
    text, found = rendered.text, list[Entity]()
    closed = [entity for entity in rendered.entities if entity.kind in ("code", "pre", "text_link")]
    for moment in sorted(moments, key=lambda one: -len(one.text)):
        for match in re.finditer(re.escape(moment.text), text):
            entity = Entity("date_time", units(text[: match.start()]), units(match[0]), at=moment.at)
            if not any(entity.start < other.end and other.start < entity.end for other in (*closed, *found)):
                found.append(entity)
    return Rendered(text, _sorted((*rendered.entities, *found))) if found else rendered


def _sorted(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    return tuple(sorted(entities, key=lambda entity: (entity.start, -entity.length)))


def time_format(at: dt.datetime) -> str:
    """How Telegram is to show it: weekday, long date, and the seconds only where there are some."""
    return "wDT" if at.second else "wDt"


def linkable(url: str) -> bool:
    """Telegram takes it as a link. Of its own schemes what calls people is left out."""
    if len(url) > _LONGEST_URL or re.search(r"\s", url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme == "tg":
        return host not in ("", "user", "openmessage")
    return parts.scheme in ("http", "https") and "." in host.strip(".")


def parsed(markdown: MarkdownIt, text: str) -> list[Token]:
    """The parser's tokens. Markdown wants a blank beside emphasis that ends in punctuation ("**重要：**请看"), which
    Chinese does not write; a letter that `shown` takes out again makes up for it."""
    return markdown.parse(_TIGHT.sub(_LETTER, text))


def shown(text: str) -> str:
    """Without what `parsed` put in."""
    return text.replace(_LETTER, "")


class _Writer:
    """Puts text together and keeps count of where its entities lie."""

    def __init__(self, group: bool) -> None:
        self._group = group
        self._pieces: list[str] = []
        self._length = 0
        self._entities: list[Entity] = []
        self._open: list[tuple[EntityKind, int, str]] = []
        self._gap = 0
        self._fresh = False

    def gap(self, lines: int) -> None:
        """At least this many line breaks before what comes next; none at the start of all, of a quote or of a list's item."""
        if self._pieces and not self._fresh:
            self._gap = max(self._gap, lines)

    def put(self, text: str, *, code: bool = False) -> None:
        text = shown(text)
        if not text:
            return
        self._settle()
        if self._group and not code:
            text = without_mentions(text)
        self._append(text)
        self._fresh = False

    def mark(self, text: str) -> None:
        """The sign before a list item; what follows stands on the same line."""
        self.put(text)
        self._fresh = True

    def begin(self, kind: EntityKind, more: str = "") -> None:
        """Opens an entity; `more` is the URL of a link or the language of a block of code."""
        self._settle()
        self._fresh = self._fresh or kind == "blockquote"
        self._open.append((kind, self._length, more))

    def end(self) -> None:
        """Closes the newest entity; nothing comes of it inside another of its kind, which says it already."""
        kind, start, more = self._open.pop()
        if self._length > start and not any(kind == outer for outer, _, _ in self._open):
            url, language = (more, "") if kind == "text_link" else ("", more)
            self._entities.append(Entity(kind, start, self._length - start, url, language))

    def finish(self) -> Rendered:
        return Rendered("".join(self._pieces), _sorted(self._entities))

    def _settle(self) -> None:
        self._append("\n" * self._gap)
        self._gap = 0

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        self._length += units(text)


class _Walk:
    """Goes through the parser's tokens, blocks first, and writes them."""

    def __init__(self, writer: _Writer, source: Sequence[str]) -> None:
        self._out = writer
        self._source = source
        self._lists: list[int | None] = []
        """The lists we are in: the next number, or None for bullets."""

    def blocks(self, tokens: Sequence[Token]) -> None:
        remaining = iter(tokens)
        for token in remaining:
            match token.type:
                case "paragraph_open":
                    self._out.gap(1 if token.hidden else 2)
                case "inline":
                    self._inline(token.children or [])
                case "fence" | "code_block":
                    self._code(
                        token.content.rstrip("\n"), token.info.split(maxsplit=1)[0] if token.info.strip() else ""
                    )
                case "table_open":
                    self._table(token, remaining)
                case "hr":
                    self._out.gap(2)
                    self._out.put(_RULE)
                case "heading_open" | "blockquote_open":
                    self._out.gap(2)
                    self._out.begin("bold" if token.type == "heading_open" else "blockquote")
                case "heading_close" | "blockquote_close":
                    self._out.end()
                case _:
                    self._list(token)

    def _list(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._out.gap(1 if self._lists else 2)
                self._lists.append(None)
            case "ordered_list_open":
                self._out.gap(1 if self._lists else 2)
                self._lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._out.gap(1)
                number = self._lists[-1]
                sign = "•" if number is None else f"{number}."
                if number is not None:
                    self._lists[-1] = number + 1
                self._out.mark("  " * (len(self._lists) - 1) + sign + " ")
            case _:
                pass

    def _code(self, text: str, language: str = "") -> None:
        self._out.gap(2)
        self._out.begin("pre", language)
        self._out.put(text, code=True)
        self._out.end()

    def _table(self, token: Token, remaining: Iterator[Token]) -> None:
        """Telegram has no tables; as code its columns at least stand below each other as they were written."""
        first, last = token.map or [0, 0]
        for following in remaining:
            if following.type == "table_close":
                break
        self._code("\n".join(line.strip() for line in self._source[first:last]).strip())

    def _inline(self, tokens: Sequence[Token]) -> None:
        links: list[tuple[str, str]] = []
        for token in tokens:
            match token.type:
                case "softbreak" | "hardbreak":
                    self._out.put("\n")
                case "code_inline":
                    self._out.begin("code")
                    self._out.put(token.content, code=True)
                    self._out.end()
                case "link_open":
                    links.append(self._open_link(token))
                case "link_close":
                    self._close_link(*links.pop())
                case "image":
                    where = str(token.attrs.get("src", ""))
                    if link := linkable(where):
                        self._out.begin("text_link", where)
                    self._out.put(token.content or where)
                    self._close_link("open" if link else "bare" if token.content else "shown", where)
                case "text":
                    self._out.put(token.content)
                case _:
                    self._style(token)

    def _style(self, token: Token) -> None:
        kind = _STYLES.get(token.type.removesuffix("_open").removesuffix("_close"))
        if kind is None:
            self._out.put(token.content)
        elif token.nesting > 0:
            self._out.begin(kind)
        else:
            self._out.end()

    def _open_link(self, token: Token) -> tuple[str, str]:
        where = str(token.attrs.get("href", ""))
        if token.info == "auto":
            return "shown", where  # the label is the address itself
        if linkable(where):
            self._out.begin("text_link", where)
            return "open", where
        return "bare", where

    def _close_link(self, state: str, where: str) -> None:
        if state == "open":
            self._out.end()
        elif state == "bare":
            self._out.put(f" ({where.removeprefix('mailto:')})")
