"""Any text gets an answer, and for a bounded amount of work: counted in looks at tokens, never in seconds."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.grammar.english import parse_counted
from core.language.grammar.english_lexicon import WORDS
from core.language.grammar.english_pieces import MOST_LOOKS
from core.language.grammar.normalise import normalise
from core.language.times import resolve, turned, understand, understand_time
from core.language.values import Preferences, Recurrence

ZONE = ZoneInfo("Europe/London")
NOW = dt.datetime(2026, 9, 21, 8, 5, tzinfo=ZONE)
SLACK = 1500
"""Looks that the rules of one place may take after the budget is spent."""

HOSTILE = {
    "digits": "1" * 4000,
    "numbers": "1 " * 2000,
    "every": "every " * 670,
    "weekdays": "monday and " * 400,
    "ordinals": "first and " * 400,
    "hundreds": "one hundred and " * 250,
    "halves": "half past " * 400,
    "colons": "1:" * 2000,
    "slashes": "1/" * 2000,
    "dots": "1." * 2000,
    "quotes": '" ' * 2000,
    "apostrophes": "'" * 4000,
    "lengths": "in 1 hour and " * 280,
    "requests": "remind me " * 400,
    "courtesies": "please " * 570,
    "mentions": "@a" * 2000,
    "links": "http://" * 570,
    "slips": "mnoday tusday evrey " * 200,
    "gaps": "\x1f " * 2000,
    "blank": " " * 4000,
    "until": "every day until friday until " * 138,
    "except": "every day except monday and " * 142,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_on_a_hostile_message_is_bounded(name: str) -> None:
    text = HOSTILE[name][:4000]
    _, looks = parse_counted(normalise(text), dt.datetime(2026, 9, 21, 8, 5), Preferences())
    assert looks <= 2 * (MOST_LOOKS + SLACK)


def test_a_persons_sentence_takes_a_small_part_of_the_budget() -> None:
    text = "hey, could you remind me every other Tuesday and Thursday at half past six pm until the end of June to run?"
    _, looks = parse_counted(normalise(text), dt.datetime(2026, 9, 21, 8, 5), Preferences())
    assert looks < MOST_LOOKS / 2


def test_a_task_of_ten_thousand_characters_is_kept_whole() -> None:
    task = "buy milk and " * 770
    understood = understand(f"remind me tomorrow at 9 to {task}", NOW, ZONE, "en")
    assert understood.when is not None
    assert understood.task.startswith("buy milk and buy milk")
    assert len(understood.task) > 9900


_SALAD = st.lists(
    st.one_of(
        st.sampled_from(sorted(WORDS)),
        st.sampled_from(["every", "other", "at", "on", "to", "from", "until", "between", "and", "the", "first", "last", "3rd", "31st", "9:30", "10/12", "-", ",", ".", ":", "@", "remind", "me", "except", "for", "times", "0", "99"]),
        st.integers(0, 10**6).map(str),
    ),
    max_size=16,
).map(" ".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(_SALAD, st.text(max_size=200)))
def test_any_text_has_an_answer_that_keeps_its_promises(text: str) -> None:
    understood = understand(text, NOW, ZONE, "en")
    assert len(understood.task) <= len(text)
    if understood.recurring:
        assert understood.when is None or isinstance(understood.when, Recurrence)
        assert understood.when is not None or understood.problem is not None
    if understood.problem is not None and understood.problem.kind != "past":
        assert understood.when is None
    if understood.when is not None:
        resolve(understood.when, NOW, ZONE)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=120))
def test_an_answer_and_a_task_of_any_text_are_safe(text: str) -> None:
    understand_time(text, NOW, ZONE)
    turned(text)


@settings(max_examples=150, deadline=None)
@given(_SALAD, st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2090, 1, 1)))
def test_an_answer_never_depends_on_a_lucky_date(text: str, now: dt.datetime) -> None:
    parse_counted(normalise(text), now, Preferences())


@pytest.mark.parametrize("lead", ["remind me every {} to run", "every {}", "each {} at 9"])
@pytest.mark.parametrize(
    "what",
    ["day", "dya", "monday", "mnoday", "other wek", "2 huors", "first of the month", "third friday", "fortnight", "morning", "5", "9th", "weekdy", "other thing"],
)  # fmt: skip
def test_what_follows_every_is_never_answered_once(lead: str, what: str) -> None:
    understood = understand(lead.format(what), NOW, ZONE, "en")
    if understood.when is not None:
        assert isinstance(understood.when, Recurrence)
    assert understood.recurring
