"""Whatever a model writes becomes a page that shows it and does nothing else."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from adapters.web.markdown import to_html

SAFE_TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "a", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6",
    "blockquote", "hr", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
SAFE_ATTRIBUTES = {
    ("a", "href"), ("a", "rel"), ("a", "target"), ("a", "title"), ("code", "class"), ("ol", "start"),
    ("p", "class"), ("th", "class"), ("td", "class"),
}  # fmt: skip


class Inspector(HTMLParser):
    """Collects what a browser would find that is not safe."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SAFE_TAGS:
            self.bad.append(tag)
        for name, value in attrs:
            if (tag, name) not in SAFE_ATTRIBUTES:
                self.bad.append(f"{tag} {name}")
            if name == "href" and not (value or "").lower().startswith(("http://", "https://", "mailto:")):
                self.bad.append(f"href {value}")

    def handle_comment(self, data: str) -> None:
        self.bad.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.bad.append("declaration")


def unsafe(html: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.bad


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "[x](//evil.example/x)",
        "<javascript:alert(1)>",
        "![x](https://evil.example/pixel.png)",
        '![x" onload="alert(1)](https://evil.example/a"b.png "title")',
        '[x](https://a.example "t\\" onclick=\\"alert(1)")',
        '```html" onclick=alert(1)\n<b>\n```',
        "<!-- c --> <!DOCTYPE html> <?php ?> <![CDATA[x]]>",
        "[ref]: javascript:alert(1)\n\n[ref]",
        "| a |\n|:-:|\n| <b> |",
    ],
)
async def test_nothing_that_acts_gets_through(text: str) -> None:
    assert unsafe(await to_html(text, plain=False)) == []


@given(some.text(alphabet="<>\"'&[]()!*_`~|#-:/\\ \njavscript:onetpimgdlxyhfr.=;0", max_size=200), some.booleans())
@settings(max_examples=300, deadline=None)
async def test_no_text_at_all_gets_something_through(text: str, plain: bool) -> None:
    assert unsafe(await to_html(text, plain=plain)) == []


async def test_markdown_is_shown_as_meant() -> None:
    html = await to_html("# Title\n**b** *i* ~~s~~ `c`\nnext\n\n- one\n\n| h |\n|---|\n| d |", plain=False)
    for part in (
        "<h1>Title</h1>",
        "<strong>b</strong>",
        "<em>i</em>",
        "<s>s</s>",
        "<code>c</code>",
        "<br",
        "<li>",
        "<td>d",
    ):
        assert part in html


async def test_a_column_keeps_its_side_without_a_style_of_its_own() -> None:
    html = await to_html("| a | b |\n|:-:|--:|\n| 1 | 2 |", plain=False)
    assert '<td class="center">1</td>' in html
    assert '<td class="right">2</td>' in html


async def test_links_open_apart_and_tell_nothing() -> None:
    html = await to_html("[shop](https://example.com/?a=1&b=2)", plain=False)
    assert 'href="https://example.com/?a=1&amp;b=2"' in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html


async def test_a_picture_becomes_a_link() -> None:
    html = await to_html("![a *cat*](https://example.com/cat.png)", plain=False)
    assert "<img" not in html
    assert 'href="https://example.com/cat.png"' in html
    assert "a cat</a>" in html


async def test_plain_words_stay_as_they_are() -> None:
    assert await to_html("*a* <b>\nc", plain=True) == '<p class="plain">*a* &lt;b&gt;\nc</p>'


@pytest.mark.parametrize(
    "text", ["[" * 20_000, "*a " * 10_000, "`" * 20_000, "> " * 3_000 + "x", "<" * 20_000, "![" * 8_000]
)
async def test_hostile_nesting_ends_soon(text: str) -> None:
    began = time.process_time()
    await to_html(text, plain=False)
    assert time.process_time() - began < 5
