"""Events reach every open page in order; what is missed comes later; what is too much is cut, not waited for."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import pytest

from adapters.web import streams as module
from adapters.web.streams import Streams


def told(frame: bytes) -> tuple[str, dict[str, object]]:
    fields = dict(line.split(": ", 1) for line in frame.decode().splitlines() if ": " in line)
    return fields.get("event", ""), json.loads(fields.get("data", "{}"))


async def take(streams: Streams, last: str, count: int) -> list[tuple[str, dict[str, object]]]:
    """The next `count` events that a page following from `last` is told."""
    async with asyncio.timeout(60), aclosing(streams.follow("ada", last)) as frames:
        assert (await anext(frames)).startswith(b"retry:")
        return [told(await anext(frames)) for _ in range(count)]


async def test_a_page_goes_on_from_the_event_it_names() -> None:
    streams = Streams()
    start = streams.now("ada")
    ids = [streams.publish("ada", "reply", {"n": n}) for n in range(3)]
    streams.publish("bob", "reply", {"n": "not ada's"})
    assert await take(streams, start, 3) == [("reply", {"n": n}) for n in range(3)]
    assert await take(streams, ids[1], 1) == [("reply", {"n": 2})]


async def test_what_was_forgotten_is_loaded_anew() -> None:
    streams = Streams()
    start = streams.now("ada")
    first = streams.publish("ada", "reply", {"n": 0})
    for n in range(module._REMEMBERED):
        streams.publish("ada", "reply", {"n": n + 1})
    assert await take(streams, start, 1) == [("reset", {})]
    assert await take(streams, first, 1) == [("reply", {"n": 1})]


async def test_conversations_that_nobody_follows_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CONVERSATIONS", 2)
    streams = Streams()
    start = streams.now("ada")
    async with aclosing(streams.follow("ada", start)) as frames:
        await anext(frames)
        for name in ("bob", "eve", "joe"):
            streams.publish(name, "reply", {})
        waiting = asyncio.create_task(anext(frames))
        streams.publish("ada", "reply", {"n": 1})
        assert told(await waiting) == ("reply", {"n": 1})
    assert streams.find("bob", "x") is None
    assert len(streams._conversations) <= 3


async def test_a_page_that_opens_late_gets_the_growing_reply_whole() -> None:
    streams = Streams()
    start = streams.now("ada")
    streams.grow("ada", "turn:1", "Hel")
    streams.grow("ada", "turn:1", "lo")
    assert await take(streams, start, 1) == [("preview", {"cause": "turn:1", "text": "Hello"})]
    streams.settle("ada", "turn:1")
    streams.publish("ada", "reply", {"cause": "turn:1"})
    assert await take(streams, start, 1) == [("reply", {"cause": "turn:1"})]


async def test_a_page_that_lags_too_far_behind_is_cut_off_and_misses_nothing_in_the_end() -> None:
    streams = Streams()
    start = streams.now("ada")
    async with asyncio.timeout(60), aclosing(streams.follow("ada", start)) as frames:
        await anext(frames)
        waiting = asyncio.create_task(anext(frames))
        await asyncio.sleep(0)  # it now waits for its first event
        for n in range(module._BEHIND + 2):
            streams.grow("ada", "turn:1", f"{n} ")
        streams.publish("ada", "reply", {"cause": "turn:1"})
        with pytest.raises(StopAsyncIteration):
            while True:
                await waiting
                waiting = asyncio.create_task(anext(frames))
    assert ("reply", {"cause": "turn:1"}) in await take(streams, start, 1)


async def test_a_quiet_stream_beats() -> None:
    assert await take(Streams(heartbeat=0.01), "", 2) == [("reset", {}), ("beat", 1)]


async def test_closing_ends_every_stream() -> None:
    streams = Streams()
    frames = streams.follow("ada", streams.now("ada"))
    await anext(frames)
    waiting = asyncio.create_task(anext(frames))
    await asyncio.sleep(0)
    streams.close()
    with pytest.raises(StopAsyncIteration):
        await waiting


async def test_a_line_break_in_a_reply_cannot_forge_an_event() -> None:
    streams = Streams()
    start = streams.now("ada")
    streams.publish("ada", "reply", {"html": "a\n\nevent: reset\ndata: 1\n\n"})
    assert await take(streams, start, 1) == [("reply", {"html": "a\n\nevent: reset\ndata: 1\n\n"})]
