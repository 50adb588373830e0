"""The prompt holds as much of the conversation as fits, newest first to stay, and never more than the model's context."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core import prompt
from core.messages import Utterance
from core.store.people import PastTurn
from tests.fakes.model import FakeModel

NOW = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)


def built(history: list[PastTurn], text: str = "and now?", *, context: int = 2048, most: int = 1024) -> list[Utterance]:
    model = FakeModel(context_tokens=context)
    return prompt.build("You are kind.", history, text, model, history_tokens=most, reply_tokens=256)


def past(*words: str) -> list[PastTurn]:
    return [PastTurn(word, f"re {word}") for word in words]


def test_the_order_is_persona_history_message() -> None:
    assert [(line.role, line.text) for line in built(past("one", "two"))] == [
        ("system", "You are kind."), ("user", "one"), ("assistant", "re one"), ("user", "two"), ("assistant", "re two"),
        ("user", "and now?"),
    ]  # fmt: skip


def test_what_does_not_fit_is_left_out_oldest_first_and_in_whole_turns() -> None:
    lines = built(past("one", "two", "three"), most=25)
    assert [line.text for line in lines[1:-1]] == ["two", "re two", "three", "re three"]


def test_no_history_where_none_is_wanted() -> None:
    assert len(built(past("one"), most=0)) == 2


@pytest.mark.parametrize("context", [300, 400, 512, 1024])
@pytest.mark.parametrize("words", [1, 50, 500, 5000])
def test_the_prompt_and_the_reply_fit_the_context(context: int, words: int) -> None:
    model = FakeModel(context_tokens=context)
    lines = built(past(*(["some words of history"] * 50)), "word " * words, context=context)
    assert model.count_tokens(lines) + 256 <= max(context, 256 + 64 + 32)
    assert lines[0].role == "system"
    assert lines[-1].role == "user"


def test_a_message_that_is_too_long_keeps_its_beginning_and_its_end() -> None:
    text = built([], "BEGIN " + "middle " * 3000 + "END", context=512)[-1].text
    assert text.startswith("BEGIN")
    assert text.endswith("END")
    assert "…" in text


def test_half_turns_are_left_out() -> None:
    history = [PastTurn("", "⏰ tea"), PastTurn("hello", ""), PastTurn("one", "re one")]
    assert [line.text for line in built(history)[1:-1]] == ["one", "re one"]


def test_the_persona_knows_the_persons_date_and_time() -> None:
    persona = "It is {weekday}, {date}, {time}. {unknown} {0}"
    assert prompt.persona_for(persona, NOW, None) == "It is Sunday, 01 March 2026, 23:30. {unknown} {0}"
    tokyo = prompt.persona_for(persona, NOW, ZoneInfo("Asia/Tokyo"))
    assert tokyo.startswith("It is Monday, 02 March 2026, 08:30.")
