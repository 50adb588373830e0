"""Markdown to the HTML of Telegram's rich messages: headings, tables and lists as such, and 32,768 characters in one.

Only tags that Telegram lists come out, whatever a model writes: HTML of its own is text, and a picture is a link.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapters.telegram.render import clean, linkable, parsed, shown, time_format, without_mentions
from core.messages import Reply

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
        token.children = token.children and list(_listed(token.children, group))
    html = shown(str(_markdown.renderer.render(tokens, _markdown.options, {})))
    for moment in reply.moments:
        words = escape(moment.text)
        time = f'<tg-time unix="{int(moment.at.timestamp())}" format="{time_format(moment.at)}">{words}</tg-time>'
        html = html.replace(words, time)
    return html if len(html) <= MOST_CHARACTERS else ""


def _listed(tokens: Sequence[Token], group: bool) -> Iterator[Token]:
    """Inline tokens without what rich messages do not take: pictures, and links elsewhere than to web and mail."""
    taken: list[bool] = []
    for token in tokens:
        match token.type:
            case "image":
                where = str(token.attrs.get("src", ""))
                label = [Token("text", "", 0, content=token.content or where)]
                opening, closing = Token("link_open", "a", 1, attrs={"href": where}), Token("link_close", "a", -1)
                yield from _listed([opening, *label, closing], group)
            case "link_open":
                where = str(token.attrs["href"])
                taken.append(linkable(where) or where.startswith("mailto:"))
                if taken[-1]:
                    token.attrs = {"href": where}
                    yield token
            case "link_close":
                if taken.pop():
                    yield token
            case "text" if group:
                token.content = without_mentions(token.content)
                yield token
            case _:
                yield token
