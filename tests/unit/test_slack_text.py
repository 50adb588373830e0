"""Slack's text: a model's words ping nobody and change nothing else, people's words arrive as typed, pieces fit."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.text import BREAK, clean, escape, neutralise, readable, settled, split

PINGS = [
    "<!channel>",
    "<!here|here>",
    "<!EVERYONE>",
    "<!subteam^S1|@team>",
    "<@U0001>",
    "<@W0001|ada>",
    "<#C0001|general>",
    "@channel",
    "@here",
    "@Everyone",
    "大家@channel，注意",
    "&lt;!channel&gt;",
    "&#60;!here>",
    "&#x3C;@U1>",
    "<&#33;channel>",
    "<&commat;U1>",
    "\\<!channel>",
    "<\\!channel>",
    "<\\@U1>",
    "`<!channel>`",
    "```\n<@U1>\n```",
]
_LIVE = re.compile(
    r"<(?:@[A-Z0-9]|#[A-Z0-9]|!(?:channel|here|everyone|subteam))|@(?:channel|here|everyone)(?!\w)", re.IGNORECASE
)


def decoded(text: str) -> str:
    """The worst that a Markdown reader may make of it: entities and backslashes taken away, twice over."""
    for _ in range(2):
        text = html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text))
    return text


@pytest.mark.parametrize("ping", PINGS)
def test_a_mention_is_broken_and_looks_the_same(ping: str) -> None:
    assert _LIVE.search(decoded(ping)), "the example is one that could ping"
    harmless = neutralise(f"ask {ping} now")
    assert not _LIVE.search(decoded(harmless))
    assert harmless.replace(BREAK, "") == f"ask {ping} now"


@pytest.mark.parametrize(
    "text",
    [
        "write to ada@here.example or bob@channel.org",
        "if x<y and y>z",
        "<https://example.com> and [this](https://example.com/?a=1&b=2)",
        "```html\n<!DOCTYPE html><!-- note --><div>&lt;b&gt;</div>\n```",
        "vector<int> &amp; @channels @herein #here",
        "@ada, 明天见 🙂",
    ],
)
def test_everything_else_is_left_alone(text: str) -> None:
    assert neutralise(text) == text


_PIECES = st.lists(
    st.sampled_from([*PINGS, "<", "<!", "&lt", "&", "@", "@chan", "nel", "here", " ", "words", "\\", ";"])
)


@given(_PIECES, st.data())
def test_what_a_preview_has_shown_is_how_the_reply_begins(pieces: list[str], data: st.DataObject) -> None:
    text = "".join(pieces)
    for at in data.draw(st.lists(st.integers(0, len(text)))):
        shown = settled(text[:at])
        assert neutralise(text).startswith(shown)
        assert len(shown.replace(BREAK, "")) < max(at, 1)
        assert not _LIVE.search(decoded(shown))


def test_control_characters_and_halves_of_characters_go() -> None:
    assert clean("a\x00\x1b[2J\x07b\ud800c\td\ne") == "a[2Jbc\td\ne"


def test_escaping_is_slacks_three_characters() -> None:
    assert escape("a & b < c > \"d\" 'e'") == "a &amp; b &lt; c &gt; \"d\" 'e'"


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("<@UBOT> hello", "hello"),
        ("<@UBOT>, hello", "hello"),
        ("<@UBOT|remora>: hello", "hello"),
        ("hey <@UBOT> remind me", "hey remind me"),
        ("<@UBOT>提醒我喝水", "提醒我喝水"),
        ("thanks <@U7|ada>, and <@U8>", "thanks @ada, and @U8"),
        ("in <#C1|general> or <#C2>", "in #general or #C2"),
        ("<!channel> <!subteam^S1|@team>", "@channel @team"),
        ("<https://a.example/x|a.example/x>", "a.example/x"),
        ("<https://a.example/>", "https://a.example/"),
        ("<https://a.example/|the page>", "the page (https://a.example/)"),
        ("<mailto:ada@a.example|ada@a.example>", "ada@a.example"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&lt;@UBOT&gt; literally", "<@UBOT> literally"),
        ("  two  spaces\n", "  two  spaces\n"),
        ("", ""),
    ],
)
def test_what_a_person_typed_is_read_as_typed(sent: str, typed: str) -> None:
    assert readable(sent, "UBOT") == typed


_FENCES = ["```py", "```", "~~~", "`", "~~", "", "x" * 900]
"""What stands behind a fence is written again where its block goes on; so no letters of the text do."""
_LINES = st.lists(st.one_of(st.text("ab \n", max_size=40), st.sampled_from(_FENCES)))


@given(_LINES, st.integers(500, 900))
def test_pieces_fit_and_hold_every_word(lines: list[str], limit: int) -> None:
    text = "\n".join(lines)
    pieces = split(text, limit)
    assert pieces
    assert all(len(piece) <= limit for piece in pieces)
    letters = re.compile(r"[^abx]")
    assert letters.sub("", "".join(pieces)).count("x") == text.count("x")
    assert letters.sub("", "".join(pieces)).replace("x", "") == letters.sub("", text).replace("x", "")


def test_the_end_of_a_block_that_begins_at_the_edge_has_its_room() -> None:
    pieces = split("\n".join(["x" * 900, "", "", "", "", "```", "`"]), 555)
    assert max(map(len, pieces)) <= 555


def test_a_short_text_is_one_piece_as_it_is() -> None:
    assert split("one\n\ntwo  \n", 500) == ["one\n\ntwo  \n"]
    assert split("", 500) == [""]


def test_a_text_is_cut_between_paragraphs() -> None:
    first, second = "a" * 400, "b" * 400
    assert split(f"{first}\n\n{second}", 600) == [first, second]


def test_a_code_block_that_is_cut_is_closed_and_opened_again() -> None:
    code = "\n".join(f"line {number}" for number in range(100))
    pieces = split(f"```python\n{code}\n```\nafter", 600)
    assert len(pieces) > 1
    for piece in pieces:
        assert piece.startswith("```python\n")
        assert piece.count("```") == 2
    assert pieces[-1].endswith("```\nafter")
