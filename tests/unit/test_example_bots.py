"""What lies in the folders of the example bots is complete, and what the tutor and the recommender reckon is right."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter

import pytest

from bots._app import BOTS
from bots._intents import seed_of
from bots._skills import skills_of
from bots.recommender.taste import catalog, items_in, recommended, tags_in
from bots.tutor import bank, record
from core.language.detect import detect

EXAMPLES = ("assistant", "recommender", "tutor")


@pytest.mark.parametrize("bot", ["recommender", "tutor"])
def test_its_intents_have_ten_examples_in_each_language_and_no_example_is_in_two(bot: str) -> None:
    intents = seed_of(BOTS / bot)
    assert len(intents) >= 10
    for intent in intents:
        assert all(len(intent.examples[language]) >= 10 for language in ("en", "zh")), intent.name
    said = Counter(text for intent in intents for texts in intent.examples.values() for text in texts)
    assert [text for text, times in said.items() if times > 1] == []


@pytest.mark.parametrize("bot", EXAMPLES)
def test_its_training_data_are_dialogues_in_both_languages(bot: str) -> None:
    rows = [json.loads(line) for line in (BOTS / bot / "data" / "train.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) >= 60
    assert {row["meta"]["lang"] for row in rows} == {"en", "zh"}
    for row in rows:
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["system", *["user", "assistant"] * (len(roles) // 2)]
        assert detect(row["messages"][0]["content"]) == row["meta"]["lang"]


@pytest.mark.parametrize("bot", EXAMPLES)
def test_every_file_that_its_readme_names_is_there(bot: str) -> None:
    rows = re.findall(r"^\| `.*?\|", (BOTS / bot / "README.md").read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"`([\w./]+)`", "".join(rows))
    assert len(named) >= 4
    assert [name for name in named if not (BOTS / bot / name).exists()] == []


@pytest.mark.parametrize("bot", ["recommender", "tutor"])
def test_its_words_come_in_both_languages_with_the_same_fields(bot: str) -> None:
    skills_of(bot)
    from core.language.phrases import phrases

    english, chinese = ({k: v for k, v in phrases(one).items() if k.startswith(f"{bot}.")} for one in ("en", "zh"))
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert set(re.findall(r"{(\w+)}", text)) >= set(re.findall(r"{(\w+)}", chinese[key])), key


@pytest.mark.parametrize(
    ("said", "sums"),
    [
        ("what is 12*13?", ["12 × 10", "12 × 3", "120 + 36"]),
        ("47+58", ["47 + 50", "97 + 8"]),
        ("156 divided by 12", ["12 × 10", "156 − 120", "36 ÷ 12", "10 + 3"]),
        ("3/4 of 20", ["20 ÷ 4", "5 × 3"]),
        ("20的15%", ["20 ÷ 100", "0.2 × 15"]),
        ("12乘以13等于多少", ["12 × 10", "12 × 3", "120 + 36"]),
    ],
)
def test_a_sum_is_taken_apart_into_steps_that_lead_to_its_result(said: str, sums: list[str]) -> None:
    found = bank.worked(said)
    assert found is not None
    assert [step.sum for step in found[1]] == sums


def test_every_question_that_is_made_is_answered_right_by_its_own_answer() -> None:
    for topic in bank.topics():
        for seed in range(12):
            for language in ("en", "zh"):
                asked = [bank.question(topic, seed, place, language) for place in range(bank.ROUND)]
                assert all(bank.right(one, one.answers[0]) and not bank.right(one, "12345") for one in asked), topic
                assert len({one.text for one in asked}) >= bank.ROUND - 1


@pytest.mark.parametrize("said", ["36", "36.0", "it is 36", "三十六", "72/2", "30+6"])
def test_a_number_is_right_however_it_is_written(said: str) -> None:
    assert bank.right(bank.Question("6 × 6", ("36",), "", ""), said)


def test_what_is_known_after_each_rest_is_mastered_and_what_is_not_begins_again() -> None:
    day, topic = dt.date(2026, 11, 26), record.Progress("times")
    boxes = []
    for _ in range(6):
        topic = record.moved(topic, day, passed=True)
        boxes.append(topic.box)
        early = record.moved(topic, day, passed=True)
        assert (early.box, early.due) == (topic.box, topic.due)
        if topic.due:
            day = dt.date.fromisoformat(topic.due)
    assert boxes == [1, 2, 3, 4, 5, record.MASTERED]
    assert day == dt.date(2026, 11, 26) + dt.timedelta(days=1 + 2 + 4 + 8 + 16)
    assert record.moved(topic, day, passed=False).box == 1


def test_the_catalog_is_whole() -> None:
    has = catalog()
    assert len(has.items) >= 120
    assert len({item.id for item in has.items}) == len(has.items)
    for item in has.items:
        assert len(f"recommender:rate:{item.id}:5".encode()) <= 64
        assert set(item.tags) <= set(has.tags)
        assert [one.id for one in items_in(f"I loved {item.en}")] == [item.id], item.en


def test_what_is_disliked_or_known_is_never_recommended() -> None:
    found = recommended({"alien": 5, "#horror": 1, "#dark": 1}, count=200)
    assert found
    assert all(not {"horror", "dark"} & set(one.item.tags) and one.item.id != "alien" for one in found)


def test_everyday_words_are_no_taste() -> None:
    assert tags_in("I love my family and my friends", everyday=False) == []
    assert tags_in("I love jazz", everyday=False) == ["jazz"]
    assert items_in("I love getting up early") == []
