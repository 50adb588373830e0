"""A reply's Markdown as HTML that is safe to put into a page, whatever a model was talked into writing.

No HTML passes, links go to the web or to mail only, and no picture is loaded: it becomes a link to look at.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

_LONG = 4_000
"""Characters from which rendering is moved off the event loop."""


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:
        return url.strip().lower().startswith(("https://", "http://", "mailto:"))


def _link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    tokens[index].attrs |= {"rel": "noopener noreferrer nofollow", "target": "_blank"}
    return renderer.renderToken(tokens, index, options, env)


def _picture(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    picture = tokens[index]
    words = html.escape(renderer.renderInlineAsText(picture.children or [], options, env) or "🖼")
    source = html.escape(str(picture.attrs.get("src", "")))
    return f'<a href="{source}" rel="noopener noreferrer nofollow" target="_blank">{words}</a>' if source else words


def _cell(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: MutableMapping[str, Any]
) -> str:
    """A column's side as a class: the pages' policy lets no style stand in an element."""
    if style := tokens[index].attrs.pop("style", ""):
        tokens[index].attrs["class"] = str(style).rpartition(":")[2]
    return renderer.renderToken(tokens, index, options, env)


_renderer = _Markdown("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])
_renderer.add_render_rule("link_open", _link)
_renderer.add_render_rule("image", _picture)
_renderer.add_render_rule("th_open", _cell)
_renderer.add_render_rule("td_open", _cell)


async def to_html(text: str, *, plain: bool) -> str:
    """`plain` text is shown as it is; everything else is CommonMark."""
    text = text.encode("utf-8", "replace").decode()
    if plain:
        return f'<p class="plain">{html.escape(text)}</p>'
    if len(text) > _LONG:
        return await asyncio.to_thread(_render, text)
    return _render(text)


def _render(text: str) -> str:
    return str(_renderer.render(text))
