"""Ranking texts for a question: words in both languages, meaning where there are vectors, coming and going."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.retrieval.index import Index
from core.retrieval.terms import terms

TEXTS = {
    "returns": "You may return any article within 30 days of delivery; refunds reach your card after five working days.",
    "hours": "The shop in the harbour is open from Tuesday to Saturday, 10:00 to 18:00.",
    "battery": "The lamp's battery lasts 40 hours and charges over USB-C.",
    "退货": "收到商品后三十天内可以退货，退款在五个工作日内到账。",
    "营业": "门店周二至周六营业，时间是上午十点到下午六点。",
    "电池": "台灯的电池可以使用四十小时，用 USB-C 充电。",
}


@pytest.fixture
def index() -> Index[str]:
    made: Index[str] = Index()
    for name, text in TEXTS.items():
        made.add(name, text)
    return made


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How long does the battery last?", "battery"),
        ("can I RETURN things", "returns"),
        ("when do refunds arrive", "returns"),
        ("opening hours of your shops", "hours"),
        ("电池能用多久？", "电池"),
        ("怎么退货", "退货"),
        ("几点营业", "营业"),
        ("USB-C 充电吗", "电池"),
    ],
)
def test_a_question_finds_its_text_by_its_words(index: Index[str], question: str, wanted: str) -> None:
    assert index.search(question, 1)[0].id == wanted


def test_a_hit_says_which_words_of_the_question_are_in_it(index: Index[str]) -> None:
    hit = index.search("Refund within 90 days?", 1)[0]
    assert {"Refund", "within", "days"} == set(hit.words)
    assert 0 < hit.cover < 1


def test_what_shares_no_word_is_not_found(index: Index[str]) -> None:
    assert index.search("zebra", 5) == []
    assert index.search("", 5) == []
    assert index.search("😀！？", 5) == []
    assert Index[str]().search("anything", 5) == []


def test_only_what_is_allowed_is_found_and_as_many_as_were_asked_for(index: Index[str]) -> None:
    found = index.search("battery 电池 退货 shop Tuesday", 2, allowed=lambda name: name not in ("battery", "电池"))
    assert [hit.id for hit in found] == ["hours", "退货"]


def test_a_text_of_the_same_id_takes_the_place_of_the_one_before(index: Index[str]) -> None:
    index.add("battery", "The lamp has no accumulator at all.")
    assert index.search("battery", 5) == []
    assert [hit.id for hit in index.search("accumulator", 5)] == ["battery"]
    assert len(index) == len(TEXTS)


def test_meaning_finds_what_words_do_not() -> None:
    rows = np.random.default_rng(1).normal(size=(4, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index: Index[int] = Index()
    for name, text in enumerate(("alpha", "beta", "gamma", "delta")):
        index.add(name, text, rows[name])
    index.add(4, "epsilon")
    hit = index.search("omega", 1, vector=rows[2])[0]
    assert (hit.id, hit.words, round(hit.likeness, 5)) == (2, (), 1.0)
    index.remove(2)
    assert all(hit.id != 2 for hit in index.search("omega", 4, vector=rows[2]))


def test_meaning_finds_also_where_there_is_one_text_alone() -> None:
    index: Index[int] = Index()
    index.add(1, "alpha", np.eye(3, dtype=np.float32)[0])
    near = np.array([0.8, 0.6, 0], np.float32)
    assert [round(hit.likeness, 2) for hit in index.search("omega", 3, vector=near)] == [0.8]


def test_words_are_compared_without_endings_accents_width_and_thousands_commas() -> None:
    def compared(text: str) -> list[str]:
        return [term for term, _, _ in terms(text)]

    assert compared("refunds refunding Refunded") == ["refund"] * 3
    assert compared("Café ｃａｆｅ") == ["cafe", "cafe"]
    assert compared("1,000 １０００") == ["1000", "1000"]
    assert compared("iPhone15") == ["iphon", "15"]
    assert compared("退货单") == ["退货", "货单", "退", "货", "单"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("adr"), st.integers(0, 6), st.sampled_from(sorted(TEXTS))), max_size=250))
def test_after_any_coming_and_going_it_finds_what_a_fresh_index_finds(steps: list[tuple[str, int, str]]) -> None:
    kept: dict[int, str] = {}
    used: Index[int] = Index()
    for what, name, text in steps:
        kept.pop(name, None)
        if what == "a":
            kept[name] = TEXTS[text]
            used.add(name, TEXTS[text])
        else:
            used.remove(name)
    fresh: Index[int] = Index()
    for name, text in kept.items():
        fresh.add(name, text)
    assert used.search("return the battery 退货 hours", 7) == fresh.search("return the battery 退货 hours", 7)
    assert len(used) == len(kept)
