"""Markdown as rich text, in which a time is an element of its own: each reader sees it in their zone. Nothing in rich
text is parsed, so neither markup nor mentions in it have an effect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapters.slack.text import escape, neutralise
from adapters.slack.web import Json
from core.messages import Moment

_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_STYLES = {"strong_open": "bold", "em_open": "italic", "strong_close": "bold", "em_close": "italic"}


def rich_text(markdown: str, moments: Sequence[Moment]) -> Json:
    """Paragraphs and lists as lines; what stands in `moments` as times."""
    elements: list[Json] = []
    marks: list[str] = []
    for token in _MARKDOWN.parse(markdown):
        match token.type:
            case "list_item_open":
                marks.append(f"{token.info}{token.markup} " if token.info else "• ")
            case "list_item_close":
                marks.pop()
            case "inline" | "fence" | "code_block":
                if elements:
                    elements.append(_text("\n" if marks else "\n\n", {}))
                if marks:
                    elements.append(_text("  " * (len(marks) - 1) + marks[-1], {}))
                elements += _inline(token.children or [token], moments)
    section = {"type": "rich_text_section", "elements": elements or [_text("…", {})]}
    return {"type": "rich_text", "elements": [section]}


def dated(text: str, moments: Sequence[Moment]) -> str:
    """The text neutralised and escaped, with those of `moments` (at least one) that stand in it as times, which Slack puts
    into the reader's zone."""
    times = {one.text: f"<!date^{_seconds(one)}^{_format(one)}|{escape(neutralise(one.text))}>" for one in moments}
    # Piece by piece: a word that goes on in the time behind it, as in "@channelFri", ends where the time begins.
    pieces = re.split(f"({'|'.join(map(re.escape, times))})", text)
    return "".join(times.get(piece) or escape(neutralise(piece)) for piece in pieces)


def _inline(tokens: Sequence[Token], moments: Sequence[Moment]) -> Iterator[Json]:
    style: dict[str, bool] = {}
    link = ""
    for token in tokens:
        if token.type in _STYLES:
            style = {**style, _STYLES[token.type]: token.type.endswith("open")}
        elif token.type == "link_open":
            link = str(token.attrGet("href") or "")
        elif token.type == "link_close":
            link = ""
        elif token.type in ("softbreak", "hardbreak"):
            yield _text("\n", {})
        elif token.content and link:
            yield {"type": "link", "url": link, "text": token.content}
        elif token.content:
            code = {} if token.type == "text" else {"code": True}
            yield from _with_times(token.content.rstrip("\n"), style | code, moments)


def _with_times(text: str, style: dict[str, bool], moments: Sequence[Moment]) -> Iterator[Json]:
    first = next((moment for moment in moments if moment.text in text), None)
    if first is None:
        if text:
            yield _text(text, style)
        return
    before, _, after = text.partition(first.text)
    yield from _with_times(before, style, moments)
    date = {"timestamp": _seconds(first), "format": _format(first), "fallback": first.text}
    yield {"type": "date"} | date | _styled(style)
    yield from _with_times(after, style, moments)


def _text(text: str, style: dict[str, bool]) -> Json:
    return {"type": "text", "text": text} | _styled(style)


def _styled(style: dict[str, bool]) -> Json:
    on = {name: True for name, value in style.items() if value}
    return {"style": on} if on else {}


def _format(moment: Moment) -> str:
    return "{date_long_pretty} " + ("{time_secs}" if moment.at.second else "{time}")


def _seconds(moment: Moment) -> int:
    return round(moment.at.timestamp())
