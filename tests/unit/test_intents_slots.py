"""Slots: what patterns take, what marked examples teach, and what times, numbers, money and lists look like."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.intents.definition import Intent, Slot, SlotKind
from core.intents.recognition import compiled
from core.intents.slots import Situation, Slots, of_kind

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
HERE = Situation(NOW, ZoneInfo("UTC"))

ROOM = Slot("room", "list", values={"Blue Room": ("blue", "the small room", "蓝厅"), "Red Room": ("red", "红厅")})
BOOK = Intent(
    "book_room",
    {
        "en": ("book {room} for {when}", "reserve {room}", "book a room for {people} people", "note {what} for {who}"),
        "zh": ("预订{room}{when}", "帮我订{room}"),
    },
    slots=(
        ROOM,
        Slot("when", "time"),
        Slot("people", "number"),
        Slot("what"),
        Slot("who", "person"),
    ),
)
OTHER = Intent("weather", {"en": ("what is the weather like", "will it rain")})


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Book the small room for tomorrow at 9", {"room": "Blue Room"}),
        ("reserve RED", {"room": "Red Room"}),
        ("book a room for twelve people", {"people": 12}),
        ("note bring two cakes for Ann Lee", {"what": "bring two cakes", "who": "Ann Lee"}),
        ("帮我订蓝厅", {"room": "Blue Room"}),
        ("预订红厅明天上午九点", {"room": "Red Room"}),
    ],
)
def test_a_pattern_takes_the_words_between_its_own(text: str, filled: dict[str, Any]) -> None:
    found = compiled([BOOK, OTHER], ()).recognize(text, HERE)
    assert (found.intent, found.how) == ("book_room", "pattern")
    assert {name: slot.value for name, slot in found.slots.items() if name in filled} == filled


def test_a_time_in_a_pattern_is_understood_in_the_persons_zone() -> None:
    berlin = Situation(NOW, ZoneInfo("Europe/Berlin"))
    found = compiled([BOOK, OTHER], ()).recognize("book blue for tomorrow at 9", berlin)
    assert found.slots["when"].text == "tomorrow at 9"
    assert found.slots["when"].value == {"type": "instant", "value": "2026-03-05T09:00:00+01:00"}


@pytest.mark.parametrize(
    "text", ["reserve the green room", "book blue for nothing in particular", "book a room for some people"]
)
def test_words_that_do_not_fit_a_slot_do_not_match_its_pattern(text: str) -> None:
    assert compiled([BOOK, OTHER], ()).recognize(text, HERE).how == "classifier"


def test_among_matches_the_priority_decides_then_the_own_words() -> None:
    wide = Intent("wide", {"en": ("tell {what}",)}, slots=(Slot("what"),))
    close = Intent("close", {"en": ("tell the time in {where}",)}, slots=(Slot("where", "place"),))
    loud = Intent("loud", {"en": ("tell {what}",)}, slots=(Slot("what"),), priority=5)
    assert compiled([wide, close], ()).recognize("tell the time in Rome", HERE).intent == "close"
    assert compiled([wide, close, loud], ()).recognize("tell the time in Rome", HERE).intent == "loud"


def test_a_pattern_without_words_of_its_own_matches_nothing() -> None:
    everything = Intent("everything", {"en": ("{a} {b}",)}, slots=(Slot("a"), Slot("b")))
    assert compiled([everything, OTHER], ()).recognize("any two words", HERE).how == "classifier"


def test_a_pattern_of_many_slots_is_tried_in_bounded_time() -> None:
    many = Intent("many", {"en": ("x " + " ".join(f"{{s{i}}}" for i in range(12)) + " y",)})
    recognizer = compiled([many, OTHER], ())
    started = time.process_time()
    assert recognizer.recognize("x " + "a " * 57 + "z", HERE).how == "classifier"
    assert time.process_time() - started < 1


MUSIC = Intent(
    "play_music",
    {
        "en": (
            "play [blue train]{song} by [john coltrane]{artist}",
            "put on [so what]{song} by [miles davis]{artist}",
            "play the song [naima]{song}",
            "i want to hear [giant steps]{song} by [john coltrane]{artist}",
            "play something by [bill evans]{artist}",
            "play [peace piece]{song} by [bill evans]{artist}",
            "can you play [stella by starlight]{song}",
            "put on some music by [nina simone]{artist}",
        )
    },
    slots=(Slot("song"), Slot("artist")),
)


def test_marked_examples_teach_where_a_slot_lies() -> None:
    found = compiled([MUSIC, OTHER], ()).recognize("please play Lush Life by Ella Fitzgerald", HERE)
    assert {name: slot.text for name, slot in found.slots.items()} == {"song": "Lush Life", "artist": "Ella Fitzgerald"}


def test_what_was_learned_is_taken_over_where_the_examples_are_the_same() -> None:
    before = Slots.of([MUSIC])
    assert next(iter(Slots.of([MUSIC, OTHER], before).taggers.values())) is next(iter(before.taggers.values()))


@pytest.mark.parametrize(
    ("kind", "text", "said", "value"),
    [
        ("number", "we are twenty-five today", "twenty-five", 25),
        ("number", "it costs 1,234.5 in all", "1,234.5", 1234.5),
        ("number", "一共十五个人", "十五", 15),
        ("duration", "wait for half an hour please", "half an hour", 1800),
        ("duration", "it takes 20 minutes", "20 minutes", 1200),
        ("duration", "in an hour or so", "an hour", 3600),
        ("duration", "two weeks from now", "two weeks", 1_209_600),
        ("duration", "等半个小时", "半个小时", 1800),
        ("duration", "休息15分钟", "15分钟", 900),
        ("duration", "两个半小时", "两个半小时", 9000),
        ("money", "send $12.50 to her", "$12.50", {"amount": 12.5, "currency": "USD"}),
        ("money", "lend me 20 euros", "20 euros", {"amount": 20, "currency": "EUR"}),
        ("money", "转三百块钱给他", "三百块钱", {"amount": 300, "currency": "CNY"}),
        ("person", "write to Ann Lee about it", "Ann Lee", "Ann Lee"),
        ("person", "ask @bob about it", "@bob", "@bob"),
        ("place", "the weather in New York now", "New York", "New York"),
    ],
)
def test_a_kind_is_found_in_a_sentence(kind: SlotKind, text: str, said: str, value: object) -> None:
    found = next(of_kind(Slot("it", kind), text, HERE))
    assert (found.text, found.value) == (said, value)


@pytest.mark.parametrize("kind", ["time", "duration", "number", "money", "person", "place"])
def test_what_is_not_there_is_not_found(kind: SlotKind) -> None:
    assert list(of_kind(Slot("it", kind), "hello my dear friend", HERE)) == []


@pytest.mark.parametrize("kind", ["duration", "number", "money"])
def test_a_number_without_bounds_is_none(kind: SlotKind) -> None:
    assert list(of_kind(Slot("it", kind), "9" * 400, HERE)) == []


def test_synonyms_that_name_each_other_lead_to_one_value_each() -> None:
    slot = Slot("it", "list", values={"a": ("b",), "b": ("a",)})
    assert [found.value for found in of_kind(slot, "a b", HERE)] == ["a", "b"]


def test_the_longest_name_of_a_list_wins() -> None:
    slot = Slot("it", "list", values={"york": (), "new york": ("big apple",)})
    assert next(of_kind(slot, "to New York please", HERE)).value == "new york"
