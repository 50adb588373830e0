"""HTML and Markdown as paragraphs under their headings. Nothing of either is run, fetched or kept but its visible text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from core.knowledge.passages import Passage

_SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "object",
        "iframe",
        "canvas",
        "select",
        "textarea",
        "nav",
    ]
)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_INLINE_NAMES = """
a abbr b bdi bdo cite code data del dfn em font i ins kbd label mark q s samp small span strong sub sup time u var
"""
_INLINE = frozenset(_INLINE_NAMES.split())
_UNCLOSED = frozenset(["p", "li", "dt", "dd", "tr", "td", "th", "option"])
"""The next one ends the one before, where nothing else does."""
_HEADING = re.compile(r"h([1-6])")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_SPACE = re.compile(r"\s+")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.found: list[Passage] = []
        self._path: list[tuple[int, str]] = []
        self._text, self._level, self._item, self._mark = "", 0, -1, ""
        self._skipping, self._depth = "", 0
        self._in_title = self._verbatim = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping and not (tag == self._skipping and tag in _UNCLOSED):
            self._depth += tag == self._skipping
            return
        self._skipping = ""
        given = {name: value or "" for name, value in attrs}
        unseen = "hidden" in given or given.get("aria-hidden") == "true" or _UNSEEN.search(given.get("style", ""))
        if tag not in _VOID and (tag in _SKIPPED or unseen):
            self._skipping, self._depth = tag, 1
        elif tag == "br":
            self._text += "\n"
        elif tag in ("td", "th"):
            self._text += " | " if self._text.strip() else ""
        elif tag == "title":
            self._in_title = True
        elif tag not in _INLINE and tag not in _VOID:
            self.flush()
            self._verbatim = tag == "pre" or (self._verbatim and tag == "code")
            if tag in ("ol", "ul"):
                self._item = 0 if tag == "ol" else -1
            elif tag == "li" and self._item >= 0:
                self._item += 1
            self._mark = (f"{self._item}. " if self._item > 0 else "- ") if tag == "li" else self._mark
            self._level = int(heading[1]) if (heading := _HEADING.fullmatch(tag)) else 0

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._depth -= tag == self._skipping
            self._skipping = self._skipping if self._depth else ""
        elif tag == "title":
            self._in_title = False
        elif tag not in _INLINE and tag not in _VOID and tag not in ("td", "th"):
            self.flush()
            self._verbatim = False

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        if self._in_title:
            self.title += data
        else:
            self._text += data if self._verbatim else _SPACE.sub(" ", data)

    def flush(self) -> None:
        """What was gathered is a paragraph, or a heading."""
        lines = [line.rstrip() if self._verbatim else _SPACE.sub(" ", line).strip() for line in self._text.split("\n")]
        text, self._text = "\n".join(line for line in lines if line), ""
        if not text:
            return
        if self._level:
            above = [one for one in self._path if one[0] < self._level]
            self._path, self._level = [*above, (self._level, " ".join(text.split())[:200])], 0
        else:
            self.found.append(Passage(self._mark + text, tuple(heading for _, heading in self._path)))
        self._mark = ""


def of_html(text: str) -> tuple[str, list[Passage]]:
    """The title and the paragraphs."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    reader.flush()
    return _SPACE.sub(" ", reader.title).strip(), reader.found


def of_markdown(text: str) -> list[Passage]:
    """The paragraphs, by way of HTML, which Markdown may hold anyway."""
    from markdown_it import MarkdownIt

    return of_html(MarkdownIt("commonmark").enable("table").render(text))[1]
