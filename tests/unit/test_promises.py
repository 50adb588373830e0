"""What a model promises is corrected; what it only talks about is left alone."""

from __future__ import annotations

import pytest

from core.promises import guarded, promises


@pytest.mark.parametrize(
    "text",
    [
        "I'll remind you tomorrow at 9.",
        "Sure, I will remind you about it.",
        "Okay! I’ll be sure to remind you.",
        "I've set a reminder for 5 pm.",
        "I have created an alarm for you.",
        "Your reminder has been set.",
        "The alarm is set for seven.",
        "I'm going to notify you when it is time.",
        "I WILL PING YOU LATER",
        "我会提醒你的。",
        "好的，我明天早上九点会提醒您开会。",
        "已为你设置提醒。",
        "提醒已设置。",
        "我到时候叫你。",
    ],
)
def test_a_promise_is_seen(text: str) -> None:
    assert promises(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Reminders are useful.",
        "You could set a reminder.",
        "I cannot remind you.",
        "That reminds me of a story.",
        "Did your mother remind you?",
        "An alarm clock was invented in 1787.",
        "提醒是很有用的功能。",
        "你可以设置一个提醒。",
        "我不能提醒你。",
    ],
)
def test_talk_of_reminders_is_no_promise(text: str) -> None:
    assert not promises(text)


def test_the_correction_stands_behind_the_text_in_its_language() -> None:
    assert guarded("I'll remind you.", "en").startswith("I'll remind you.\n\n(I have not set a reminder.")
    assert "没有设置提醒" in guarded("我会提醒你的。", "zh")
    assert guarded("Hello!", "en") == "Hello!"


def test_a_long_text_is_read_quickly() -> None:
    """Nothing in it makes the search take longer than its length."""
    for text in ("I will " * 20_000, "我会" * 50_000, "your reminder " * 20_000, "set " * 50_000):
        promises(text)
