"""Markdown to the HTML of Telegram's rich messages: headings, tables and lists as such, and 32,768 characters in one.

Only tags that Telegram lists come out, whatever a model writes: HTML of its own is text, and a picture is a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token

from adapters.telegram.render import clean, linkable, parsed, shown, time_format, without_mentions
from core.messages import Moment, Reply

MOST_CHARACTERS = 32_768
_UNLISTED = frozenset({"thead_open", "thead_close", "tbody_open", "tbody_close"})

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["strikethrough", "table"])


def rich_html(reply: Reply, *, group: bool) -> str:
    """The reply as HTML; "" for what is no Markdown, or too long for one message."""
    if reply.plain or len(reply.text) > MOST_CHARACTERS:
        return ""
    tokens = [token for token in parsed(_markdown, clean(reply.text)) if token.type not in _UNLISTED]
    for token in tokens:
        if style := str(token.attrs.pop("style", "")):
            token.attrs["align"] = style.rpartition(":")[2]
        token.children = token.children and list(_listed(token.children, reply.moments, group))
    html = shown(str(_markdown.renderer.render(tokens, _markdown.options, {})))
    return html if len(html) <= MOST_CHARACTERS else ""


def _listed(tokens: Sequence[Token], moments: Sequence[Moment], group: bool) -> Iterator[Token]:
    """Inline tokens without what rich messages do not take: pictures, and links elsewhere than to web and mail. Moments
    are marked, but within code or a link."""
    taken: list[bool] = []
    for token in tokens:
        match token.type:
            case "image":
                where = str(token.attrs.get("src", ""))
                label = [Token("text", "", 0, content=token.content or where)]
                opening, closing = Token("link_open", "a", 1, attrs={"href": where}), Token("link_close", "a", -1)
                yield from _listed([opening, *label, closing], moments, group)
            case "link_open":
                where = str(token.attrs["href"])
                taken.append(linkable(where) or where.startswith("mailto:"))
                if taken[-1]:
                    token.attrs = {"href": where}
                    yield token
            case "link_close":
                if taken.pop():
                    yield token
            case "text":
                words = without_mentions(token.content) if group else token.content
                yield Token("html_inline", "", 0, content=_dated(words, () if any(taken) else moments))
            case _:
                yield token


def _dated(text: str, moments: Sequence[Moment]) -> str:
    """The text as HTML, with its moments for each reader's own zone; of two that overlap, the longer one."""
    times = {one.text: one.at for one in moments}
    longest_first = "|".join(re.escape(words) for words in sorted(times, key=len, reverse=True))
    html = ""
    for part in re.split(f"({longest_first})", text) if times else [text]:
        if at := times.get(part):
            html += f'<tg-time unix="{int(at.timestamp())}" format="{time_format(at)}">{escapeHtml(part)}</tg-time>'
        else:
            html += escapeHtml(part)
    return html
