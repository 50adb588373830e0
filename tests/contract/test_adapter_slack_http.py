"""Slack's events over HTTP: nothing forged gets in, nothing is confirmed that is not kept, and Slack never waits long."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from adapters.slack import dispatch
from adapters.slack.adapter import SlackAdapter
from tests.contract.adapter_suite import Inbox, Rig, listening
from tests.contract.slack_rig import (  # noqa: F401  # fixtures among them
    MENTION,
    PUBLIC,
    QUICK,
    SlackRig,
    keys,
    logged,
    server,
)
from tests.fakes.slack_server import TEAM, SlackServer

SECRET = "signing-canary"
URL = f"{PUBLIC}/events"


class HttpRig(SlackRig):
    """The adapter without a socket: what the server sends is posted by the test."""

    def __init__(self, server: SlackServer) -> None:
        super().__init__(server)
        self.adapter = SlackAdapter(keys(server, app_token="", signing_secret=SECRET), server.around, QUICK)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx2.AsyncClient]:
        """Must be used while connected."""
        transport = httpx2.ASGITransport(app=self.server.around.hooks["slack"])
        async with httpx2.AsyncClient(transport=transport, base_url=PUBLIC) as client:
            yield client

    async def post(self, body: str | bytes, kind: str = "application/json", **headers: Any) -> httpx2.Response:
        body = body.encode() if isinstance(body, str) else body
        stamp = headers.pop("stamp", str(int(time.time())))
        signed = "v0=" + hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        known = {"content-type": kind, "x-slack-request-timestamp": stamp, "x-slack-signature": signed}
        async with self.client() as client:
            return await client.post("/events", content=body, headers=known | headers)

    async def event(self, payload: dict[str, Any], **headers: str) -> int:
        return (await self.post(json.dumps(payload), **headers)).status_code


@pytest.fixture
async def http(server: SlackServer) -> HttpRig:
    return HttpRig(server)


@asynccontextmanager
async def hearing(http: HttpRig) -> AsyncIterator[Inbox]:
    """As `listening`, once it has begun."""
    async with listening(http) as inbox:
        await asyncio.sleep(0)
        yield inbox


def payload(rig: Rig, text: str = "hello", **more: Any) -> dict[str, Any]:
    """An event as Slack posts it; each has its own identity."""
    assert isinstance(rig, HttpRig)
    ts = rig.server.ts()
    event = {"type": "message", "user": rig.ada.id, "text": text, "ts": ts, "channel": rig.ada.dm.id}
    event |= {"channel_type": "im", "event_ts": ts, **more}
    return {"type": "event_callback", "team_id": TEAM, "event_id": f"Ev{ts}", "event": event}


async def test_an_event_is_confirmed_when_it_is_kept_and_not_before(http: HttpRig) -> None:
    async with hearing(http) as inbox:
        inbox.open.clear()
        posting = asyncio.create_task(http.event(payload(http)))
        await inbox.entered.wait()
        assert not posting.done()
        inbox.open.set()
        assert await posting == 200
        assert (await inbox.next()).text == "hello"


async def test_the_same_event_again_is_confirmed_and_handed_over_once(http: HttpRig) -> None:
    once = payload(http)
    async with hearing(http) as inbox:
        assert await http.event(once) == 200
        assert await http.event(once, **{"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}) == 200
        await inbox.next()
        assert inbox.kept.empty()


async def test_a_mention_is_two_requests_and_one_message(http: HttpRig) -> None:
    where = {"channel": http.general.id, "channel_type": "channel"}
    message = payload(http, f"{MENTION} hi", **where)
    mention = {**message, "event_id": "EvOther", "event": {**message["event"], "type": "app_mention"}}
    async with hearing(http) as inbox:
        assert await asyncio.gather(http.event(mention), http.event(message)) == [200, 200]
        assert (await inbox.next()).text == "hi"
        assert inbox.kept.empty()


async def test_what_the_core_did_not_keep_is_asked_for_again(http: HttpRig) -> None:
    said = payload(http)
    async with hearing(http) as inbox:
        inbox.refusals = 1
        assert await http.event(said) == 503
        assert await http.event(said) == 200
        assert (await inbox.next()).text == "hello"


async def test_slack_never_waits_long_for_an_answer(http: HttpRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "_PATIENCE_SECONDS", 0.01)
    said = payload(http)
    async with hearing(http) as inbox:
        inbox.open.clear()
        assert await http.event(said) == 503
        inbox.open.set()
        assert (await inbox.next()).text == "hello", "it is kept all the same"
        monkeypatch.undo()
        assert await http.event(said) == 200
        assert inbox.kept.empty()


async def test_what_breaks_too_late_to_be_answered_tells_nobodys_words(
    http: HttpRig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatch, "_PATIENCE_SECONDS", 0.01)
    broken = asyncio.Event()

    def breaks(message: object) -> None:
        broken.set()
        raise KeyError(str(message))

    async with hearing(http) as inbox:
        inbox.open.clear()
        monkeypatch.setattr(inbox.kept, "put_nowait", breaks)
        assert await http.event(payload(http, "private words")) == 503
        inbox.open.set()
        await broken.wait()
    gc.collect()
    assert "KeyError" in {getattr(record, "error", "") for record in caplog.records}
    assert "private words" not in logged(caplog)


async def test_before_and_after_listening_nothing_is_confirmed(http: HttpRig) -> None:
    async with http.adapter.connect():
        assert await http.event(payload(http)) == 503
    assert http.server.around.hooks == {}


async def test_the_address_is_verified(http: HttpRig) -> None:
    async with http.adapter.connect():
        answer = await http.post(json.dumps({"type": "url_verification", "challenge": "3eZb"}))
    assert (answer.status_code, answer.text) == (200, "3eZb")


GOOD = json.dumps({"type": "event_callback", "team_id": TEAM, "event": {"type": "message"}})


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (GOOD, {"x-slack-signature": "v0=" + "0" * 64}, 401),
        (GOOD, {"x-slack-signature": ""}, 401),
        (GOOD, {"x-slack-signature": b"v0=\xe9"}, 401),
        (GOOD, {"stamp": "1000000000"}, 401),
        (GOOD, {"stamp": "99999999999"}, 401),
        (GOOD, {"stamp": "9" * 400}, 401),
        (GOOD, {"stamp": "now"}, 401),
        (GOOD, {"stamp": ""}, 401),
        (GOOD, {"stamp": "-1"}, 401),
        ("{", {}, 400),
        ("[" * 100_000, {}, 400),
        ("[1]", {}, 400),
        ("", {}, 400),
        (b"\xff\xfe", {}, 400),
        ("payload=%7B", {"content-type": "application/x-www-form-urlencoded"}, 400),
        (b"\xff=\xff", {"content-type": "application/x-www-form-urlencoded"}, 400),
        ("x" * (2**20 + 1), {}, 413),
        ("x" * (2**20 + 1), {"x-slack-signature": ""}, 413),
        (GOOD, {}, 200),
        (json.dumps({"type": "never_seen"}), {}, 200),
        (json.dumps({"type": "event_callback", "event": 7, "authorizations": [[]], "team": "x"}), {}, 200),
        (json.dumps({"type": "block_actions", "actions": ["x"], "view": 7, "user": 7, "team": {"id": TEAM}}), {}, 200),
        (json.dumps({"type": "event_callback", "team_id": "TOTHER", "event": {"type": "message"}}), {}, 200),
    ],
)
async def test_whatever_is_posted_has_its_answer_and_its_line_in_the_log(
    http: HttpRig, caplog: pytest.LogCaptureFixture, body: str | bytes, headers: dict[str, Any], status: int
) -> None:
    caplog.set_level(logging.INFO, logger="adapters.slack")
    kind = headers.get("content-type", "application/json")
    async with hearing(http) as inbox:
        answer = await http.post(
            body, kind, **{name: value for name, value in headers.items() if name != "content-type"}
        )
        assert answer.status_code == status
        assert inbox.kept.empty()
    assert caplog.records
    assert SECRET not in logged(caplog)


@pytest.mark.parametrize(
    ("verb", "path", "status"), [("GET", "/events", 405), ("POST", "/x", 404), ("GET", "/oauth", 404)]
)
async def test_other_addresses_do_not_exist(http: HttpRig, verb: str, path: str, status: int) -> None:
    async with http.adapter.connect(), http.client() as client:
        assert (await client.request(verb, path)).status_code == status


async def test_commands_and_buttons_come_as_forms(http: HttpRig) -> None:
    form = "application/x-www-form-urlencoded"
    command = {
        "command": "/remind-me",
        "text": "tomorrow at 9 tea",
        "user_id": http.ada.id,
        "channel_id": http.ada.dm.id,
    }
    command |= {"team_id": TEAM, "trigger_id": "1.2", "response_url": http.server.respond_url}
    press = {
        "type": "block_actions", "user": {"id": http.ada.id}, "team": {"id": TEAM}, "trigger_id": "1.3",
        "channel": {"id": http.ada.dm.id}, "message": {"ts": "1.1"},
        "actions": [{"action_id": "choice:0", "action_ts": "1.4", "value": "reminders:done:1", "text": {"text": "Done"}}],
    }  # fmt: skip
    async with hearing(http) as inbox:
        assert (await http.post(urlencode(command), form)).status_code == 200
        assert (await inbox.next()).text == "/remind tomorrow at 9 tea"
        assert (await http.post(urlencode({"payload": json.dumps(press)}), form)).status_code == 200
        assert (await inbox.next()).choice == "reminders:done:1"


async def test_an_unforeseen_error_is_not_confirmed(http: HttpRig, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Inbox):
        async def __call__(self, message: object) -> None:
            raise KeyError(str(message))

    async with http.adapter.connect():
        task = asyncio.create_task(http.adapter.listen(Broken()))
        await asyncio.sleep(0)
        assert await http.event(payload(http, "private words")) == 503
        task.cancel()
        await asyncio.wait([task])
    assert "private words" not in logged(caplog)
