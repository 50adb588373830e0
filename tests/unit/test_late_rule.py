"""What a sentence says of being late is taken off its end; what belongs to the task stays."""

from __future__ import annotations

import time

import pytest

from core.language.late_rule import LateRule, named, split
from core.language.requests import reminder_request


@pytest.mark.parametrize(
    ("text", "rest", "policy", "minutes"),
    [
        ("remind me at 9 to call mum, only if at most 30 minutes late", "remind me at 9 to call mum", "limit", 30),
        ("remind me at 9 to go only if it's at most half an hour late", "remind me at 9 to go", "limit", 30),
        ("remind me at 5 to leave unless it's more than 1 hour late", "remind me at 5 to leave", "limit", 60),
        ("remind me tomorrow to pay, send it late", "remind me tomorrow to pay", "send", 0),
        ("remind me tomorrow to pay, even if late", "remind me tomorrow to pay", "send", 0),
        ("remind me at 9 to x, skip it if late and tell me", "remind me at 9 to x", "skip", 0),
        ("remind me every hour to drink, next slot if late", "remind me every hour to drink", "next", 0),
        ("remind me at 9 to go, if you are late don't bother", "remind me at 9 to go", "skip", 0),
        ("remind me at 9 to go. If it's too late, never mind", "remind me at 9 to go", "skip", 0),
        ("at most 2 hours late", "", "limit", 120),
        ("明天九点提醒我开会，过期就别提醒了", "明天九点提醒我开会", "skip", 0),
        ("明天九点提醒我开会，晚了就算了", "明天九点提醒我开会", "skip", 0),
        ("明天九点提醒我开会，最多晚30分钟", "明天九点提醒我开会", "limit", 30),
        ("每小时提醒我喝水，晚了就等下次", "每小时提醒我喝水", "next", 0),
        ("晚半小时以内才提醒", "", "limit", 30),
        ("晚了也要提醒我", "", "send", 0),
        ("迟到了就跳过并告诉我", "", "skip", 0),
    ],
)
def test_a_clause_at_the_end(text: str, rest: str, policy: str, minutes: int) -> None:
    left, rule = split(text)
    assert rule is not None
    assert (left, rule.policy, rule.minutes) == (rest, policy, minutes)


@pytest.mark.parametrize(
    "text",
    [
        "remind me to tell bob I'll come even if late",
        "remind me not to be late",
        "remind me at 9 to be on time",
        "remind me to skip it",
        "remind me at 6 to tell bob that if he is late, don't bother",
        "remind me at 9, skip it",
        "remind me to buy milk next time",
        "提醒我晚上吃药",
        "明天提醒我别迟到",
        "提醒我晚10分钟出门",
        "only if at most 0 minutes late",
    ],
)
def test_what_belongs_to_the_task_stays(text: str) -> None:
    assert split(text) == (text, None)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("usual", LateRule("")),
        ("Send", LateRule("send")),
        ("limit:30", LateRule("limit", 30)),
        ("skip it if late", LateRule("skip")),
        ("最多晚两小时", LateRule("limit", 120)),
        ("limit", None),
        ("limit:0", None),
        ("limit:9999999", None),
        ("send:5", None),
        ("perhaps", None),
        ("", None),
    ],
)
def test_a_rule_by_its_name(words: str, rule: LateRule | None) -> None:
    assert named(words) == rule


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("reminder 2: send late", "2"),
        ("change reminder 2 to send late", "2"),
        ("skip the dentist reminder if late", "dentist"),
        ("if the dentist reminder is late, wait for the next slot", "dentist"),
        ("2号提醒晚了就跳过", "2"),
        ("把牙医的提醒改成最多晚30分钟", "牙医"),
        ("skip it if late and tell me", ""),
    ],
)
def test_a_rule_for_a_reminder_that_exists(text: str, which: str) -> None:
    request = reminder_request(text)
    assert request is not None
    assert (request.verb, request.which, request.named) == ("late", which, bool(which))


@pytest.mark.parametrize(
    "text", ["late " * 400, "skip it if " * 180 + "late", "晚了" * 1_000, "最多晚" * 500 + "1分钟"]
)
def test_any_text_takes_little_time(text: str) -> None:
    began = time.process_time()
    split(text)
    assert time.process_time() - began < 0.1
