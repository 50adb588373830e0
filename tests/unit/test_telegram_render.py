"""Markdown becomes text and entities that Telegram takes, whatever a model writes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.render import Entity, Rendered, clean, dated, render, units
from adapters.telegram.rich import rich_html
from adapters.telegram.sending import library_entities
from adapters.telegram.split import MAX_ENTITIES, MAX_UNITS, split
from core.messages import Moment, Reply
from tests.fakes.telegram_checks import check_rich, check_text

MARKDOWN = st.text(alphabet="ab @/*_`~#>-1.[]()|!<&\\\n🙂́\ud800", max_size=200) | st.text(max_size=200)


def looks(rendered: Rendered) -> list[tuple[str, str]]:
    encoded = rendered.text.encode("utf-16-le")
    return [(one.kind, encoded[2 * one.start : 2 * one.end].decode("utf-16-le")) for one in rendered.entities]


@pytest.mark.parametrize(
    ("markdown", "text", "entities"),
    [
        ("just words", "just words", []),
        ("if x<y and y>z", "if x<y and y>z", []),
        ("a < b, <b>no</b> & <!-- c -->", "a < b, <b>no</b> & <!-- c -->", []),
        ("**bold** and *italic*", "bold and italic", [("bold", "bold"), ("italic", "italic")]),
        ("***both***", "both", [("bold", "both"), ("italic", "both")]),
        ("~~gone~~", "gone", [("strikethrough", "gone")]),
        ("use `x<y`", "use x<y", [("code", "x<y")]),
        ("# Title\n\ntext", "Title\n\ntext", [("bold", "Title")]),
        ("# A **b** c", "A b c", [("bold", "A b c")]),
        ("- a\n- b\n  - c", "• a\n• b\n  • c", []),
        ("3. x\n4. y", "3. x\n4. y", []),
        ("- a\n\n  more\n- b", "• a\n\nmore\n• b", []),
        ("> wise\n> words\n\nend", "wise\nwords\n\nend", [("blockquote", "wise\nwords")]),
        ("> a\n> > b", "a\n\nb", [("blockquote", "a\n\nb")]),
        ("one\ntwo  \nthree", "one\ntwo\nthree", []),
        ("a\n\n---\n\nb", "a\n\n———\n\nb", []),
        ("🙂 **x**", "🙂 x", [("bold", "x")]),
        ("\\*literal\\*", "*literal*", []),
        ("unclosed **bold", "unclosed **bold", []),
        ("中文**粗体**，好", "中文粗体，好", [("bold", "粗体")]),
        ("**重要：**请看", "重要：请看", [("bold", "重要：")]),
        ("请看**“重点”**内容", "请看“重点”内容", [("bold", "“重点”")]),
        ("**重**，**要**，*点*。", "重，要，点。", [("bold", "重"), ("bold", "要"), ("italic", "点")]),
        ("注意：***急***！`**重：**请`", "注意：急！**重：**请", None),
        ("**a *b ~~c~~* d** e", "a b c d e", [("bold", "a b c d"), ("italic", "b c"), ("strikethrough", "c")]),
        ("*a **b* c**", "a b c", [("italic", "a b c")]),
        ("שלום **עולם** 🙂 *مرحبا*", "שלום עולם 🙂 مرحبا", [("bold", "עולם"), ("italic", "مرحبا")]),
        ("👩‍👩‍👧 **x** 🏳️‍🌈 `y`", "👩‍👩‍👧 x 🏳️‍🌈 y", [("bold", "x"), ("code", "y")]),
        ("`if x<y`: if x<y and y>z", "if x<y: if x<y and y>z", [("code", "if x<y")]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nend", "| a | b |\n|---|---|\n| 1 | 2 |\n\nend", None),
    ],
)
def test_markdown_is_rendered(markdown: str, text: str, entities: list[tuple[str, str]] | None) -> None:
    rendered = render(markdown)
    assert rendered.text == text
    if entities is not None:
        assert looks(rendered) == entities


def test_code_keeps_its_language_and_its_lines() -> None:
    rendered = render("see:\n\n```python\nif x:\n    **y**\n```\n\nend")
    assert rendered.text == "see:\n\nif x:\n    **y**\n\nend"
    assert rendered.entities == (Entity("pre", 6, 15, language="python"),)


@pytest.mark.parametrize(
    ("markdown", "text", "url"),
    [
        ("[here](https://example.com/a?b=c)", "here", "https://example.com/a?b=c"),
        ("![a cat](https://example.com/cat.png)", "a cat", "https://example.com/cat.png"),
        ("[local](http://localhost:8080)", "local (http://localhost:8080)", ""),
        ("[call](tg://user?id=42)", "call (tg://user?id=42)", ""),
        ("[file](notes.txt)", "file (notes.txt)", ""),
        ("[a chat](tg://openmessage?user_id=42)", "a chat (tg://openmessage?user_id=42)", ""),
        ("[add](tg://resolve?domain=x)", "add", "tg://resolve?domain=x"),
        ("[write](mailto:a@example.com)", "write (a@example.com)", ""),
        ("<a@example.com>", "a@example.com", ""),
        ("[x](ftp://example.com/a)", "x (ftp://example.com/a)", ""),
        ("[x](https://例子.中国/路)", "x", "https://xn--fsqu00a.xn--fiqs8s/%E8%B7%AF"),
        ("[x](<https://example.com/a b>)", "x", "https://example.com/a%20b"),
        ("[x](https://example.com/(a)_b)", "x", "https://example.com/(a)_b"),
        ("[x](https://[::1]/)", "x (https://[::1]/)", ""),
        ("[x](https://)", "x (https://)", ""),
        ("[run](javascript:alert(1))", "[run](javascript:alert(1))", ""),
        ("<https://example.com>", "https://example.com", ""),
    ],
)
def test_only_links_that_telegram_takes_become_links(markdown: str, text: str, url: str) -> None:
    rendered = render(markdown)
    assert rendered.text == text
    assert [entity.url for entity in rendered.entities] == ([url] if url else [])


@pytest.mark.parametrize("text", ["*a* _b_ `c` [d](https://e.com) <b> & # g", "1. x\n2. y", "- [ ] z"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert render(text, plain=True) == Rendered(text)


def test_a_private_text_keeps_its_mentions_to_the_letter() -> None:
    assert render("ask @charlie1", plain=True).text == "ask @charlie1"


@pytest.mark.parametrize("text", ["@charlie1", "(@charlie1)", "https://@charlie1", "你好@charlie1", "@**charlie1**"])
@pytest.mark.parametrize("plain", [True, False])
def test_in_a_group_no_word_becomes_a_mention(text: str, plain: bool) -> None:
    assert "@charlie1" not in render(text, plain=plain, group=True).text


@pytest.mark.parametrize("text", ["a@example.com", "https://example.com/@charlie1", "`@charlie1`", "2 @ 3"])
def test_in_a_group_addresses_and_code_stay_whole(text: str) -> None:
    assert render(text, group=True).text == text.strip("`")


def test_characters_that_telegram_refuses_are_taken_out() -> None:
    assert clean("a\x00b\x1b[2J\r\nc\rd\u2028e\u202ef\ud800") == "ab[2J\nc\nd\nef\ufffd"


@pytest.mark.parametrize("text", ["[](https://example.com)", "[a]: https://example.com", "```\n```", "**"])
def test_markup_with_nothing_to_see_is_shown_as_it_stands(text: str) -> None:
    assert render(text).text.strip()


@given(MARKDOWN, st.booleans(), st.booleans())
def test_whatever_is_written_telegram_can_take_it(text: str, plain: bool, group: bool) -> None:
    for piece in split(render(text, plain=plain, group=group), limit=40, most=5):
        encoded = piece.text.encode("utf-16-le")
        assert piece.text == piece.text.rstrip() != ""
        assert len(encoded) // 2 == units(piece.text) <= 40
        assert len(piece.entities) <= 5
        for entity in piece.entities:
            assert 0 <= entity.start < entity.end <= units(piece.text)
            encoded[2 * entity.start : 2 * entity.end].decode("utf-16-le")


@given(MARKDOWN, st.integers(1, 60), st.booleans())
def test_long_texts_of_every_kind_fit_what_telegram_takes(text: str, times: int, group: bool) -> None:
    for piece in split(render(f"{text}\n\n" * times, group=group)):
        check_text(piece.text, [entity.to_dict() for entity in library_entities(piece)])


@given(MARKDOWN, st.booleans())
def test_whatever_is_written_is_a_rich_message_that_telegram_can_take(text: str, group: bool) -> None:
    if html := rich_html(Reply(text), group=group):
        check_rich(html)


class TestRich:
    @pytest.mark.parametrize(
        ("markdown", "html"),
        [
            ("if x<y & <b>z</b>", "<p>if x&lt;y &amp; &lt;b&gt;z&lt;/b&gt;</p>"),
            ("a\nb", "<p>a<br />\nb</p>"),
            ("[x](tg://user?id=4) [y](https://example.com 'z')", '<p>x <a href="https://example.com">y</a></p>'),
            ("![cat](https://example.com/c.png)", '<p><a href="https://example.com/c.png">cat</a></p>'),
            ("```py\nx\n```", '<pre><code class="language-py">x\n</code></pre>'),
        ],
    )
    def test_only_what_telegram_lists_comes_out(self, markdown: str, html: str) -> None:
        assert rich_html(Reply(markdown), group=False).strip() == html

    def test_in_a_group_nobody_is_called(self) -> None:
        assert "@charlie1" not in rich_html(Reply("ask **@charlie1**"), group=True)


class TestTimes:
    NOON = dt.datetime(2026, 11, 27, 12, tzinfo=dt.UTC)

    def test_a_longer_moment_is_not_taken_for_a_shorter_one(self) -> None:
        moments = [Moment("12:00 Etc/GMT+1", self.NOON), Moment("12:00 Etc/GMT+10", self.NOON + dt.timedelta(hours=9))]
        rendered = dated(Rendered("at 12:00 Etc/GMT+10, 12:00 Etc/GMT+1"), moments)
        assert [(one.start, one.at) for one in rendered.entities] == [(3, moments[1].at), (21, moments[0].at)]

    def test_half_a_time_at_a_cut_is_no_time(self) -> None:
        rendered = dated(Rendered("x" * 38 + " noon"), [Moment("noon", self.NOON)])
        assert [piece.entities for piece in split(rendered, limit=41)] == [
            (),
            (Entity("date_time", 0, 4, at=self.NOON),),
        ]
        assert [piece.entities for piece in split(replaced(rendered), limit=41)] == [(), ()]


def replaced(rendered: Rendered) -> Rendered:
    """The same without a place to cut."""
    return Rendered(rendered.text.replace(" ", "x"), rendered.entities)


@given(st.text(alphabet="ab \n🙂", max_size=300), st.integers(2, 40))
def test_splitting_loses_only_blanks(text: str, limit: int) -> None:
    pieces = split(Rendered(text), limit=limit)
    assert "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split())
    assert all(units(piece.text) <= limit for piece in pieces)


class TestSplit:
    def test_a_short_text_stays_whole(self) -> None:
        whole = render("**hello**")
        assert split(whole) == [whole]

    def test_nothing_to_see_gives_no_piece(self) -> None:
        assert split(Rendered(" \n ")) == []

    @pytest.mark.parametrize("mark", ["\n\n", "\n", " "])
    def test_the_cut_is_where_it_hurts_least(self, mark: str) -> None:
        first, second = "a" * 3000, "b" * 3000
        assert [piece.text for piece in split(Rendered(first + mark + second))] == [first, second]

    def test_paragraphs_go_before_lines_and_words(self) -> None:
        text = "a" * 2500 + "\n\n" + "b" * 500 + "\n" + "c d" * 900
        assert split(Rendered(text))[0].text == "a" * 2500

    def test_emoji_count_double_and_are_never_halved(self) -> None:
        pieces = split(Rendered("🙂" * 5000))
        assert [len(piece.text) for piece in pieces] == [2048, 2048, 904]

    def test_an_emoji_made_of_several_stays_together(self) -> None:
        family = "👩‍👩‍👧"
        pieces = split(Rendered(family * 1000))
        assert all(len(piece.text) % len(family) == 0 for piece in pieces)

    def test_a_block_of_code_that_fits_is_kept_whole(self) -> None:
        code = "\n\n".join(f"line {number}" for number in range(300))
        pieces = split(render(f"{'word ' * 500}\n\n```py\n{code}\n```\n\nend"))
        assert looks(pieces[1])[0] == ("pre", code)

    def test_a_longer_one_is_cut_at_a_line_and_stays_code(self) -> None:
        lines = [f"line {number:04}" for number in range(1000)]
        pieces = split(render("```py\n" + "\n".join(lines) + "\n```"))
        assert len(pieces) == 3
        assert [line for piece in pieces for line in piece.text.split("\n")] == lines
        for piece in pieces:
            assert piece.entities == (Entity("pre", 0, units(piece.text), language="py"),)

    def test_a_cut_through_bold_text_leaves_both_sides_bold(self) -> None:
        pieces = split(render("**" + "word " * 1000 + "end**"))
        assert [looks(piece) for piece in pieces] == [[("bold", piece.text)] for piece in pieces]

    def test_no_piece_has_more_entities_than_telegram_shows(self) -> None:
        pieces = split(render(" ".join(f"**b{number}**" for number in range(250))))
        assert [len(piece.entities) for piece in pieces] == [MAX_ENTITIES, MAX_ENTITIES, 50]
        assert all(units(piece.text) <= MAX_UNITS for piece in pieces)
