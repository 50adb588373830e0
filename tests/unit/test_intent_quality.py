"""What publishing would mean is known before: confusions, examples that lie too close, answers that would change."""

from __future__ import annotations

from dataclasses import replace

from core.intents.definition import Intent
from core.intents.quality import Replayed, measured, overlaps, replayed
from core.intents.recognition import compiled

HOURS = Intent(
    "hours",
    {
        "en": (
            "when are you open",
            "opening hours please",
            "when do you open",
            "opening hours today",
            "hours of opening",
        )
    },
)
PRICE = Intent(
    "price",
    {"en": ("how much is it", "how much is the tea", "what is the price", "price of the tea", "the price please")},
)


def test_intents_that_are_told_apart_are_said_to_be() -> None:
    found, confused = measured(compiled([HOURS, PRICE], ()))
    assert {one.intent for one in found} == {"hours", "price"}
    assert all(one.f1 == 1.0 for one in found)
    assert confused == []


def test_an_intent_that_says_the_same_as_another_is_named_with_its_examples() -> None:
    twin = Intent(
        "tariff",
        {"en": ("how much is this", "what is the price of it", "the price of tea", "how much is tea", "price please")},
    )
    found, confused = measured(compiled([HOURS, PRICE, twin], ()))
    assert found[-1].intent == "hours"
    assert {frozenset((one.intent, one.other)) for one in confused} == {frozenset(("price", "tariff"))}
    assert confused[0].examples
    (close,) = overlaps(compiled([HOURS, PRICE, replace(twin, examples={"en": ("what is the price?!", "zzz")})], ()))
    assert (close.warning, {close.intent, close.fields["other"]}) == (True, {"price", "tariff"})


def test_a_replay_tells_which_sentences_would_be_understood_otherwise() -> None:
    before, after = compiled([HOURS, PRICE], ()), compiled([HOURS], ())
    said = [("when are you open", 3), ("how much is it", 2), ("the sky is blue", 9), ("what is the price", 5)]
    assert replayed(before, after, said) == [
        Replayed("what is the price", 5, "price", None),
        Replayed("how much is it", 2, "price", None),
    ]


def test_without_intents_there_is_nothing_to_measure() -> None:
    assert measured(compiled([], ())) == ([], [])
    assert overlaps(compiled([], ())) == []
