"""Replies as Slack's blocks, within its limits; and the small parts around them."""

from __future__ import annotations

import asyncio
import logging

import pytest

from adapters.slack import render
from adapters.slack.budget import Budget
from adapters.slack.dispatch import Lanes, lane_of
from adapters.slack.quiet import library_logger, redact
from adapters.slack.recent import Recent
from core.messages import Choice, Reply


def test_a_reply_is_one_markdown_block_with_a_text_for_notifications() -> None:
    (part,) = render.parts(Reply("**Tea** & <b>"))
    assert part.blocks == ({"type": "markdown", "text": "**Tea** & <b>"},)
    assert part.text == "Tea &amp; &lt;b&gt;"


def test_literal_words_are_rich_text_which_is_never_parsed() -> None:
    (part,) = render.parts(Reply("*no* <!channel>", plain=True))
    (section,) = part.blocks[0]["elements"]
    assert part.blocks[0]["type"] == "rich_text"
    assert section["elements"] == [{"type": "text", "text": "*no* <!channel>"}]
    assert "<" not in part.text


@pytest.mark.parametrize("plain", [True, False])
def test_a_long_reply_fits_in_every_limit_with_its_buttons_at_the_end(plain: bool) -> None:
    choices = tuple(Choice("label " * 30, "d" * 64) for _ in range(30))
    parts = render.parts(Reply("<@U1> " * 5_000, choices, plain))
    assert len(parts) >= 3
    for part in parts:
        assert len(part.text) <= 4_000
        assert sum(len(block["text"]) for block in part.blocks if block["type"] == "markdown") <= 12_000
    assert not any(block["type"] == "actions" for part in parts[:-1] for block in part.blocks)
    rows = [block["elements"] for block in parts[-1].blocks if block["type"] == "actions"]
    assert [len(row) for row in rows] == [25, 5]
    buttons = [button for row in rows for button in row]
    assert len({button["action_id"] for button in buttons}) == 30
    assert all(len(button["text"]["text"]) <= 75 and button["value"] == "d" * 64 for button in buttons)


def test_no_message_is_without_a_text() -> None:
    for reply in (Reply(""), Reply(" \n"), Reply("", (Choice("Done", "d"),)), Reply("\x00", plain=True)):
        assert all(part.text for part in (*render.parts(reply), *render.plain_parts(reply)))


def test_without_blocks_buttons_are_named_in_words() -> None:
    (part,) = render.plain_parts(Reply("a < b @channel", (Choice("Done", "d"),)))
    assert part.blocks == ()
    assert part.text == "a &lt; b @\u200bchannel\n[Done]"


def test_the_oldest_entry_is_forgotten_first() -> None:
    recent: Recent[str, int] = Recent(2)
    for number, key in enumerate("abac"):
        recent.put(key, number)
    assert [recent.get(key) for key in "abc"] == [2, None, 3]
    assert len(recent) == 2


async def test_a_budget_gives_way_before_slack_refuses() -> None:
    budget = Budget(2, seconds=60.0)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    forgiving = Budget(1, seconds=-1.0)
    assert [forgiving.take() for _ in range(3)] == [True, True, True]


async def test_steps_are_longer_the_more_of_a_budget_is_used_and_the_more_share_it() -> None:
    budget = Budget(80, seconds=60.0)
    assert budget.interval(20) == 0, "what was not used yet is there for the first steps"
    for _ in range(40):
        budget.take()
    assert budget.interval(20) == pytest.approx(60 * 20 / 80 / 2)
    assert budget.interval(1) < budget.interval(2)


async def test_one_lane_keeps_its_order_and_leaves_nothing_behind() -> None:
    lanes, done, gate = Lanes(), [], asyncio.Event()

    async def work(lane: str, number: int, wait: bool) -> None:
        async with lanes.turn(lane):
            if wait:
                await gate.wait()
            done.append((lane, number))

    async with asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(work("slow", number, wait=True))
        await group.create_task(work("quick", 0, wait=False))
        assert done == [("quick", 0)]
        gate.set()
    assert done[1:] == [("slow", 0), ("slow", 1), ("slow", 2)]
    assert not lanes._locks


@pytest.mark.parametrize(
    ("payload", "lane"),
    [
        ({"event": {"channel": "C1"}}, "C1"),
        ({"channel": {"id": "C1"}, "user": {"id": "U1"}}, "C1"),
        ({"channel_id": "C1", "user_id": "U1"}, "C1"),
        ({"user": {"id": "U1"}, "view": {}}, "U1"),
        ({"event": "odd", "channel": 7, "user": []}, ""),
        ({}, ""),
    ],
)
def test_the_lane_is_the_conversation_else_the_person(payload: dict[str, object], lane: str) -> None:
    assert lane_of(payload) == lane


def test_tokens_and_tickets_are_redacted() -> None:
    text = "xoxb-1-abc xapp-1-A0-x xoxe.xoxp-1 wss://x/link/?ticket=ab-12%3D&app_id=1"
    assert redact(text) == "*** *** xoxe.*** wss://x/link/?ticket=***&app_id=1"


def test_the_libraries_log_errors_only_and_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    logger = library_logger()
    caplog.set_level(logging.DEBUG, logger=logger.name)
    logger.debug("body: %s", "private words")
    logger.warning("private words")
    logger.error("failed with %s", "xoxb-1-abc")
    assert [record.getMessage() for record in caplog.records] == ["failed with ***"]


def test_a_notification_reads_as_words() -> None:
    [part] = render.parts(Reply("I'll remind you to \\*wave\\*: **Thu 26 Nov 09:00**, `in 2 h`"))
    assert part.text == "I'll remind you to *wave*: Thu 26 Nov 09:00, in 2 h"
    [literal] = render.parts(Reply("**as it is**", plain=True))
    assert literal.text == "**as it is**"
