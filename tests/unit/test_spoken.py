"""Commands said in words, and sentences that only look like them."""

from __future__ import annotations

import pytest

from core.language.spoken import spoken_command


@pytest.mark.parametrize(
    ("text", "command", "argument"),
    [
        ("help", "/help", ""),
        ("What can you do?", "/help", ""),
        ("你能做什么？", "/help", ""),
        ("forget our conversation", "/forget", ""),
        ("请忘记我们的对话", "/forget", ""),
        ("start over", "/new", ""),
        ("my timezone is Paris", "/timezone", "Paris"),
        ("timezone", "/timezone", ""),
        ("我的时区是上海", "/timezone", "上海"),
        ("speak Chinese please", "/language", "Chinese"),
        ("请说中文", "/language", "中文"),
    ],
)
def test_a_command_in_words(text: str, command: str, argument: str) -> None:
    assert spoken_command(text) == (command, argument)


@pytest.mark.parametrize(
    "text",
    ["help me write a letter", "forget it", "what can you tell me about the sea", "时间都去哪了", "do you speak Chinese well",
     "new conversation topics for dinner", "x" * 500, ""],
)  # fmt: skip
def test_what_is_no_command_is_left_alone(text: str) -> None:
    assert spoken_command(text) is None
