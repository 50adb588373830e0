"""Recognition: what was written wins, what is alike is found, what is foreign is let go; an edit is in force at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.intents import encoders
from core.intents.definition import LONGEST_EXAMPLE, Intent, Slot, bare, parts, wording
from core.intents.heads import Space
from core.intents.recognition import Recognizer, background, changed, compiled
from core.intents.slots import Situation
from core.intents.words import Matrix, plain, unit, words

EN = Situation(language="en")
ZH = Situation(language="zh")

LEAVE = Intent(
    "request_leave",
    {
        "en": (
            "i want to take a day off",
            "book my annual leave",
            "can i have friday off",
            "put me down for vacation next month",
            "i need some holiday days",
            "request paid time off",
        ),
        "zh": ("我想请一天假", "帮我申请年假", "下周我要休假", "我要请假"),
    },
)
PAYSLIP = Intent(
    "show_payslip",
    {
        "en": (
            "show me my payslip",
            "where is my salary statement",
            "how much was i paid last month",
            "send me the wage slip",
            "i want to see my pay stub",
            "download my salary slip",
        ),
        "zh": ("给我看工资单", "我的工资条在哪里", "上个月发了多少工资", "下载薪水单"),
    },
)
PRINTER = Intent(
    "broken_printer",
    {
        "en": (
            "the printer is jammed",
            "there is no toner in the copier",
            "printing does not work on our floor",
            "my document will not print",
            "paper is stuck in the machine",
            "the copier shows an error",
        ),
        "zh": ("打印机卡纸了", "复印机没墨了", "文件打印不出来", "我们这层的打印机坏了"),
    },
)
CATALOG = (LEAVE, PAYSLIP, PRINTER)


class Letters:
    """An encoder small enough to be seen through: a sentence is the sum of its letters' fixed directions."""

    name, size, shares = "letters", 16, (0.3, 0.3)

    def __init__(self) -> None:
        self.calls: list[str] = []

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.calls += texts
        rows = [np.sum([np.sin(ord(c) * np.arange(1, 17)) for c in text or " "], axis=0) for text in texts]
        return unit(np.array(rows, np.float32))


@pytest.fixture(scope="module")
def plain_recognizer() -> Recognizer:
    return compiled(CATALOG, ())


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return compiled(CATALOG, encoders.load("light"))


def top(recognizer: Recognizer, text: str) -> str:
    return recognizer.recognize(text, EN).top


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("i would like to take two days off", "request_leave"),
        ("show the payslip of march", "show_payslip"),
        ("the printer shows a jammed paper error", "broken_printer"),
        ("打印机又卡纸", "broken_printer"),
        ("我的工资单", "show_payslip"),
        ("申请休年假", "request_leave"),
    ],
)
def test_without_any_encoder_words_and_letters_recognise(plain_recognizer: Recognizer, text: str, intent: str) -> None:
    assert top(plain_recognizer, text) == intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("am i allowed to stay at home on monday", "request_leave"),
        ("what did i earn", "show_payslip"),
        ("nothing comes out of the machine when i send a file", "broken_printer"),
        ("这个月赚了多少钱", "show_payslip"),
    ],
)
def test_the_encoder_knows_what_other_words_mean(recognizer: Recognizer, text: str, intent: str) -> None:
    assert top(recognizer, text) == intent


def test_a_question_in_chinese_finds_examples_in_english() -> None:
    english = [replace(intent, examples={"en": intent.examples["en"]}) for intent in CATALOG]
    found = compiled(english, encoders.load("light"))
    assert [found.recognize(text, ZH).top for text in ("我想休假", "我要看薪水单", "打印机坏了")] == [
        "request_leave",
        "show_payslip",
        "broken_printer",
    ]


@pytest.mark.parametrize(
    "text", ["who painted the sunflowers", "how do volcanoes form", "月亮上有水吗", "ok", "?!", "", "🙂"]
)
def test_what_nobody_asked_for_is_out_of_scope(recognizer: Recognizer, text: str) -> None:
    found = recognizer.recognize(text, EN)
    assert (found.intent, found.zone) == (None, "out")
    assert found.top in recognizer.intents


@pytest.mark.parametrize("text", ["0", "42", "2026", "?", "...", "👍", "5 + ", ""])
def test_numbers_and_signs_alone_are_taken_for_nothing_by_their_likeness(text: str) -> None:
    sums = Intent("do_a_sum", {"en": ("what is 7 times 8", "add 3 and 4", "9 plus 10", "0")})
    recognizer = compiled([sums, PAYSLIP], [])
    found = recognizer.recognize(text, EN)
    assert (found.intent, found.zone) == (("do_a_sum", "act") if text == "0" else (None, "out"))


def test_an_example_in_other_case_and_punctuation_is_recognised_word_for_word(recognizer: Recognizer) -> None:
    found = recognizer.recognize("  Book my ANNUAL leave!! ", EN)
    assert (found.intent, found.how, found.zone) == ("request_leave", "exact", "act")
    assert recognizer.recognize("我 想 请 一天 假。", ZH).how == "exact"


def test_confidence_lies_between_nought_and_one_and_is_higher_for_what_is_nearer(recognizer: Recognizer) -> None:
    near = recognizer.recognize("please show me my payslip", EN)
    far = recognizer.recognize("is there a slip", EN)
    assert 0 <= far.confidence < near.confidence <= 1


def test_an_own_threshold_decides_for_its_intent() -> None:
    picky = compiled([replace(LEAVE, threshold=1.0), PAYSLIP], ())
    easy = compiled([replace(LEAVE, threshold=0.0), PAYSLIP], ())
    text = "i want a day off please"
    assert picky.recognize(text, EN).zone == "ask"
    assert easy.recognize(text, EN).zone == "act"


def test_only_the_intents_allowed_here_are_recognised(recognizer: Recognizer) -> None:
    assert recognizer.recognize("show me my payslip", EN, only={"request_leave"}).top == "request_leave"
    assert recognizer.recognize("show me my payslip", EN, only={"request_leave"}).how == "classifier"
    assert recognizer.recognize("show me my payslip", EN, only=()).intent is None


def test_a_new_intent_is_recognised_at_once_and_the_others_stay(recognizer: Recognizer) -> None:
    coffee = Intent("order_coffee", {"en": ("bring coffee to the meeting", "we are out of coffee beans")})
    after = changed(recognizer, [*CATALOG, coffee])
    assert top(after, "there are no coffee beans left") == "order_coffee"
    assert top(after, "show the payslip of march") == "show_payslip"
    assert top(recognizer, "there are no coffee beans left") != "order_coffee"


def test_a_removed_intent_is_gone_at_once(recognizer: Recognizer) -> None:
    after = changed(recognizer, [LEAVE, PRINTER])
    assert after.names == ("request_leave", "broken_printer")
    assert top(after, "show me my payslip") != "show_payslip"
    assert top(after, "the printer is jammed again") == "broken_printer"


def test_a_moved_example_changes_the_answer_at_once(recognizer: Recognizer) -> None:
    said = "where do i hand in my badge"
    one = changed(recognizer, [replace(LEAVE, examples={"en": (*LEAVE.examples["en"], said)}), PAYSLIP, PRINTER])
    two = changed(one, [LEAVE, replace(PAYSLIP, examples={"en": (*PAYSLIP.examples["en"], said)}), PRINTER])
    assert top(one, "hand in the badge") == "request_leave"
    assert top(two, "hand in the badge") == "show_payslip"


def test_an_edit_encodes_the_new_sentence_alone() -> None:
    letters = Letters()
    before = compiled(CATALOG, [encoders.Cached(letters)])
    letters.calls.clear()
    more = replace(LEAVE, examples={"en": (*LEAVE.examples["en"], "one more sentence")})
    changed(before, [more, PAYSLIP, PRINTER])
    assert letters.calls == ["one more sentence"]


def test_compiling_twice_gives_the_same_answers() -> None:
    one, two = compiled(CATALOG, ()), compiled(CATALOG, ())
    assert one.recognize("salary please", EN) == two.recognize("salary please", EN)


def test_what_is_switched_off_is_not_recognised() -> None:
    found = compiled([LEAVE, replace(PAYSLIP, enabled=False)], ())
    assert found.recognize("show me my payslip", EN).top == "request_leave"


def test_an_empty_catalog_recognises_nothing() -> None:
    found = compiled([], ()).recognize("hello", EN)
    assert (found.intent, found.top, found.zone) == (None, "", "out")


def test_the_reasons_name_near_examples_shared_words_and_what_would_change_it(recognizer: Recognizer) -> None:
    why = recognizer.explain("could you show the slip of my pay", EN)
    assert why.recognition == recognizer.recognize("could you show the slip of my pay", EN)
    assert why.neighbours[0].intent == "show_payslip"
    assert any("show" in shared for near in why.neighbours for shared in near.shared)
    assert why.recognition.ranking[0][0] == "show_payslip"
    out = recognizer.explain("how do volcanoes form", EN)
    assert out.strength < out.reject
    kinds = {kind: value for kind, _, value in out.changes}
    assert kinds["threshold"] == pytest.approx(out.recognition.confidence, abs=1e-3)
    assert kinds["example"] > out.reject, "with this sentence as its example the intent would be recognised"


def test_the_reasons_of_an_exact_match_name_the_example(recognizer: Recognizer) -> None:
    assert recognizer.explain("Show me my payslip.", EN).example == "show me my payslip"


@pytest.mark.parametrize(
    "text", ["x" * 50_000, "leave " * 9_000, "假" * 50_000, "\x00\x01", "a\ud800b".encode("utf-8", "replace").decode()]
)
def test_a_message_of_any_length_is_answered(recognizer: Recognizer, text: str) -> None:
    assert recognizer.recognize(text, EN).confidence <= 1


def test_a_very_long_example_and_a_third_language_do_no_harm() -> None:
    odd = Intent("odd", {"": ("word " * 10_000, "où est la bibliothèque municipale", "где находится вокзал"), "en": ()})
    found = compiled([*CATALOG, odd], ())
    assert top(found, "où est la bibliothèque") == "odd"
    assert top(found, "где вокзал") == "odd"
    assert top(found, "show the payslip of march") == "show_payslip"


def test_more_examples_than_points_are_fitted_through_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.intents.heads.MOST_POINTS", 60)
    found = compiled(CATALOG, ())
    assert found.head is not None
    assert len(found.head.points) == len(found.rows) == 60
    assert top(found, "show the payslip of march") == "show_payslip"


def test_vectors_are_kept_in_a_file_and_an_encoder_is_asked_once(tmp_path: Path) -> None:
    letters = Letters()
    first = encoders.Cached(letters, encoders.FileCache(tmp_path / "v", 16))
    first.learn(["one", "two", "one"])
    again = encoders.Cached(letters, encoders.FileCache(tmp_path / "v", 16))
    again.learn(["two", "one", "three"])
    assert letters.calls == ["one", "two", "three"]
    assert np.allclose(again.encode(["one"]), letters.encode(["one"]), atol=1e-3)


def test_a_file_of_vectors_that_was_cut_off_is_begun_afresh(tmp_path: Path) -> None:
    file = tmp_path / "v"
    encoders.Cached(Letters(), encoders.FileCache(file, 16)).learn(["one"])
    file.write_bytes(file.read_bytes()[:-3])
    letters = Letters()
    encoders.Cached(letters, encoders.FileCache(file, 16)).learn(["one"])
    assert letters.calls == ["one"]


def test_a_file_of_vectors_that_another_process_began_afresh_gives_nobody_elses_vector(tmp_path: Path) -> None:
    file, others = tmp_path / "v", Letters()
    cache = encoders.FileCache(file, 16)
    encoders.Cached(Letters(), cache).learn(["one", "two"])
    encoders.Cached(Letters(), cache).learn(["two"])
    for sentences in (["three"], ["four", "five", "six"]):
        file.unlink()
        encoders.Cached(Letters(), encoders.FileCache(file, 16)).learn(sentences)
        encoders.Cached(others, cache).learn(["two"])
    assert others.calls == ["two", "two"]


def test_what_people_write_is_not_kept_in_the_file(tmp_path: Path) -> None:
    cached = encoders.Cached(Letters(), encoders.FileCache(tmp_path / "v", 16))
    cached.encode(["a private message"])
    assert not (tmp_path / "v").exists()


def test_the_background_is_in_both_languages() -> None:
    said = background()
    assert len(said) == len(set(said)) > 250
    assert sum(any("\u4e00" <= c <= "\u9fff" for c in line) for line in said) > 100


def test_marked_and_bare_slots_are_told_apart() -> None:
    assert wording("meet [Ann Lee]{who} [[today]] at {when}") == "meet Ann Lee [today]] at {when}"
    assert [part.slot for part in parts("meet [Ann Lee]{who} at {when}")] == ["", "who", "", "when"]
    assert bare("at {when}")
    assert not bare("at [nine]{when}")


def test_words_are_cut_alike_in_both_languages() -> None:
    assert words("Don't  STOP, ２０ 天气!") == ["don't", "stop", "２０", "天", "气"]
    assert plain("你 好  world ") == "你好 world"
    assert len(plain("x" * 10_000)) == LONGEST_EXAMPLE


def test_a_slot_of_a_list_is_its_first_value_when_it_is_learned() -> None:
    intent = Intent("drink", {"en": ("bring me {what}",)}, slots=(Slot("what", "list", values={"tea": ("cha",)}),))
    assert ("bring me tea", "drink") in compiled([intent, LEAVE], ()).rows


class _Given:
    """An encoder that knows its sentences' vectors: what sets intents apart lies along the first direction alone."""

    name, size, shares = "given", 8, (1.0, 1.0)

    def __init__(self, intents: int) -> None:
        rng = np.random.default_rng(7)
        self.owners = np.repeat(np.arange(intents), 6)
        self.rows = rng.normal(size=(len(self.owners), self.size)).astype(np.float32)
        self.rows[:, 0] += np.where(self.owners % 2, 1.5, -1.5)

    def encode(self, texts: Sequence[str]) -> Matrix:
        return self.rows[[int(text) for text in texts]]


def test_a_direction_counts_by_what_sets_intents_apart_not_by_chance() -> None:
    given = _Given(40)
    (_, apart), *_ = Space.of([given], [str(row) for row in range(len(given.rows))], given.owners).lenses
    counts = np.diag(apart)
    assert counts[0] - counts[1:].max() > 0.8  # middles of six sentences differ by chance everywhere


def test_few_intents_leave_more_to_the_other_directions() -> None:
    few, many = (
        Space.of([given], [str(row) for row in range(len(given.rows))], given.owners).lenses[0][1][1, 1]
        for given in (_Given(4), _Given(40))
    )
    assert few > 2 * many
