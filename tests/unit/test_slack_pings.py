"""A model that tries cannot ping anyone on Slack, whichever way its words take; neither can a reminder's own words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.slack.home import home
from adapters.slack.modals import About, reminder_form
from adapters.slack.render import MARKDOWN, Part, growing, parts, plain_parts
from adapters.slack.text import settled
from adapters.slack.web import Json
from core.messages import Address, Choice, Moment, Reply
from core.overview import Overview
from core.store.people import Person
from core.store.reminders import Reminder
from tests.unit.test_slack_text import _LIVE, PINGS, decoded

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
_SAID = "Fri 27 Nov 09:00 Europe/Paris"
_MOMENT = Moment(_SAID, dt.datetime(2026, 11, 27, 8, tzinfo=dt.UTC))
_TOKENS = [
    *PINGS, "<", "<!", "&lt", "&", "@", "@chan", "nel", "here", " ", "\n", "\n\n", "```", "`", "[x](", ")", "\\", "> ",
    "**", "words ", "x" * 400, _SAID, "- ", "1. ", "<!subteam", "^S1>", "http://x.example/<!here>",
]  # fmt: skip
_WORDS = st.lists(st.sampled_from(_TOKENS), max_size=40).map("".join)


def parsed(thing: object) -> Iterator[str]:
    """Every text of blocks that Slack parses; what it shows as it is, is left out."""
    if isinstance(thing, list | tuple):
        for one in thing:
            yield from parsed(one)
    elif isinstance(thing, dict):
        if thing.get("type") in ("markdown", "mrkdwn"):
            yield str(thing["text"])
        elif thing.get("type") in ("user", "usergroup", "broadcast", "team", "channel"):
            yield "<!channel>"
        elif thing.get("type") != "plain_text":
            yield from parsed([value for value in thing.values() if isinstance(value, list | dict)])


def live(part: Part) -> list[str]:
    texts = [decoded(part.text), *(decoded(text) for text in parsed(part.blocks))]
    return [found.group() for text in texts if (found := _LIVE.search(text))]


@given(_WORDS, st.booleans(), st.booleans())
@example(f"@channel{_MOMENT.text}", False, True)
def test_no_reply_pings(words: str, plain: bool, dated: bool) -> None:
    reply = Reply(words, (Choice("<!channel>", "x"),), plain, moments=(_MOMENT,) if dated else (), rated=True)
    for part in (*parts(reply, "turn:1"), *plain_parts(reply)):
        assert live(part) == []
        assert part.text


@pytest.mark.parametrize("ping", PINGS)
def test_no_reply_pings_where_it_is_cut(ping: str) -> None:
    """A token that is cut in two, or that only a cut makes one."""
    for gap in range(len(ping) + 2):
        for filler in ("x", "w "):
            text = (filler * MARKDOWN)[: MARKDOWN - 201 - gap] + ping + "\n\n" + "y" * 300
            assert [live(part) for part in parts(Reply(text)) if live(part)] == []
            assert [live(part) for part in parts(Reply(text, plain=True)) if live(part)] == []


@given(_WORDS)
def test_no_growing_reply_pings_in_any_step_or_altogether(words: str) -> None:
    shown = ""
    for at in range(0, len(words), 7):
        step = settled(words[:at])
        assert step.startswith(shown)
        assert not _LIVE.search(decoded(step[len(shown) :]))
        assert live(growing(step)) == []
        shown = step


@given(_WORDS)
def test_no_reminder_pings_from_a_view(words: str) -> None:
    """Views hold labels and rich text only: nothing in them is parsed."""
    one = Reminder(
        1, 1, Address("slack", "T", "D"), words, "en", "Europe/Paris", "active", None, "2026-11-27T09:00",
        _MOMENT.at, "2026-11-27T09:00", NOW, "", False, "reminder", None, NOW, _MOMENT.at,
    )  # fmt: skip
    person = Person(1, words[:80], None, "Europe/Paris")
    overview = Overview(person, "en", NOW, ZoneInfo("Europe/Paris"), (one,), None, 3, one)
    views: list[Json] = [home(overview, 0), reminder_form(overview, About("D"))]
    for view in views:
        assert [text for text in parsed(view["blocks"]) if _LIVE.search(decoded(text))] == []
        assert '"mrkdwn"' not in json.dumps(view)
