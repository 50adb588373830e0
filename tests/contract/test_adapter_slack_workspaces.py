"""Several workspaces on one app: each is installed by its owner's browser, speaks with its own token, and stops no other."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from adapters.slack.adapter import SlackAdapter
from core.errors import RetryLater, Undeliverable
from core.messages import Address, Delivery, Reply
from core.store import crypto, notes
from tests.contract.adapter_suite import listening, post
from tests.contract.slack_rig import KEY, MENTION, PUBLIC, QUICK, SlackRig, at_work, keys, logged, taken, to
from tests.fakes.clock import SettableClock
from tests.fakes.slack_server import TEAM
from tests.fakes.slack_workspaces import ManyWorkspaces

NOW = dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)


class Rig(SlackRig):
    """The app with a client id, and so open to further workspaces; `alone`: without a token of its own."""

    server: ManyWorkspaces

    def __init__(self, server: ManyWorkspaces, *, alone: bool = False) -> None:
        super().__init__(server)
        known = keys(server, token="" if alone else server.token, **server.client)
        self.adapter = SlackAdapter(known, server.around, QUICK)

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=self.server.around.hooks["slack"], root_path="/hooks/slack")
        async with httpx2.AsyncClient(transport=transport, base_url=f"{PUBLIC}/hooks/slack") as browser:
            yield browser

    async def state(self, browser: httpx2.AsyncClient) -> str:
        """Sets out from the installation's page; what comes back from Slack must carry this."""
        answer = await browser.get("/install")
        return parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]

    async def install(self, team: str) -> httpx2.Response:
        async with self.browser() as browser:
            back = {"code": self.server.code(team), "state": await self.state(browser)}
            return await browser.get("/oauth", params=back)

    def says_in(self, team: str, text: str) -> None:
        dm = self.ada.dm
        event = {"type": "message", "user": self.ada.id, "text": text, "ts": self.server.ts(), "channel": dm.id}
        self.server.event_in(team, event | {"channel_type": "im"})

    async def say_back(self, team: str, text: str) -> None:
        await post(self, Delivery(1, f"turn:{text}", Address("slack", team, self.ada.dm.id), Reply(text)))


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture
async def many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: SettableClock) -> AsyncIterator[Rig]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with at_work(ManyWorkspaces(), tmp_path, clock) as server:
        yield Rig(server)


def kept(folder: Path) -> bytes:
    """What the database holds, as whoever gets hold of the file reads it."""
    with closing(sqlite3.connect(folder / "slack.db")) as connection:
        return str(connection.execute("select * from installation").fetchall()).encode()


async def test_five_workspaces_at_once_are_answered_each_with_its_own_token(many: Rig, tmp_path: Path) -> None:
    teams = [f"T{number}" for number in range(2, 6)]
    async with listening(many) as inbox:
        for team in teams:
            answer = await many.install(team)
            assert (answer.status_code, f"Team {team}" in answer.text) == (200, True)
        for team in (TEAM, *teams):
            many.says_in(team, f"hello from {team}")
        heard = [await inbox.next() for _ in range(5)]
        assert {message.address.workspace: message.text for message in heard} == {
            team: f"hello from {team}" for team in (TEAM, *teams)
        }
        await asyncio.gather(*(many.say_back(team, team) for team in (TEAM, *teams)))
    assert many.server.called == dict.fromkeys((TEAM, *teams), 1)
    assert b"xoxb" not in kept(tmp_path)


async def test_a_client_id_does_not_switch_off_the_workspace_with_a_token_of_its_own(many: Rig) -> None:
    async with listening(many) as inbox:
        many.ada.say("hello")
        assert (await inbox.next()).address.workspace == TEAM
        assert "/hooks/slack/install" in many.adapter.where


async def test_without_a_token_every_workspace_is_an_installed_one(many: Rig) -> None:
    alone = Rig(many.server, alone=True)
    async with listening(alone) as inbox:
        await alone.install("T2")
        alone.says_in("T2", "hello")
        assert (await inbox.next()).address.workspace == "T2"
    again = Rig(many.server, alone=True)
    async with listening(again) as inbox:  # after a restart the database knows
        again.says_in("T2", "still there?")
        assert (await inbox.next()).text == "still there?"


class TestState:
    async def test_slack_is_asked_for_every_scope_and_comes_back_to_us(self, many: Rig) -> None:
        async with many.adapter.connect(), many.browser() as browser:
            answer = await browser.get("/install")
        asked = parse_qs(urlsplit(answer.headers["location"]).query)
        assert answer.headers["location"].startswith(many.server.url.removesuffix("api/") + "oauth/v2/authorize?")
        assert asked["redirect_uri"] == [f"{PUBLIC}/hooks/slack/oauth"]
        assert "chat:write" in asked["scope"][0].split(",")
        cookie = answer.headers["set-cookie"].lower()
        assert all(mark in cookie for mark in ("httponly", "secure", "samesite=lax", "path=/hooks/slack"))

    @pytest.mark.parametrize("forged", ["", "x", "1.x", "{end}.", "9{end}.{mac}", "{end}.{mac}x", "9" * 5_000 + ".x"])
    async def test_a_forged_state_installs_nothing(self, many: Rig, forged: str) -> None:
        async with many.adapter.connect(), many.browser() as browser:
            end, _, mac = (await many.state(browser)).partition(".")
            back = {"code": many.server.code("T2"), "state": forged.format(end=end, mac=mac)}
            assert (await browser.get("/oauth", params=back)).status_code == 400
        assert many.server.codes

    async def test_a_state_is_good_only_in_the_browser_that_set_out_with_it(self, many: Rig) -> None:
        async with many.adapter.connect(), many.browser() as hers, many.browser() as his:
            await many.state(his)
            back = {"code": many.server.code("T2"), "state": await many.state(hers)}
            assert (await his.get("/oauth", params=back)).status_code == 400
            assert (await hers.get("/oauth", params=back)).status_code == 200

    async def test_a_state_is_good_once_and_for_ten_minutes(self, many: Rig, clock: SettableClock) -> None:
        async with many.adapter.connect(), many.browser() as browser:
            state = await many.state(browser)
            cookie = {"cookie": f"remora_slack={browser.cookies['remora_slack']}"}
            for code, status in ((many.server.code("T2"), 200), (many.server.code("T2"), 400)):
                answer = await browser.get("/oauth", params={"code": code, "state": state}, headers=cookie)
                assert answer.status_code == status
            late = await many.state(browser)
            clock.jump(dt.timedelta(minutes=11))
            back = {"code": many.server.code("T3"), "state": late}
            assert (await browser.get("/oauth", params=back)).status_code == 400

    async def test_who_declines_and_who_brings_a_wrong_code_is_told_so(self, many: Rig) -> None:
        async with many.adapter.connect(), many.browser() as browser:
            back = {"error": "access_denied", "state": await many.state(browser)}
            answer = await browser.get("/oauth", params=back, headers={"accept-language": "zh-CN"})
            assert (answer.status_code, "拒绝" in answer.text) == (400, True)
            back = {"code": "unknown", "state": await many.state(browser)}
            assert (await browser.get("/oauth", params=back)).status_code == 502


@pytest.mark.parametrize(
    "event",
    [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": ["UBOT"]}}],
)
async def test_a_workspace_that_removes_the_app_loses_its_tokens_here(
    many: Rig, tmp_path: Path, event: dict[str, object]
) -> None:
    async with listening(many):
        await many.install("T2")
        await many.install("T3")
        await taken(many.server.event_in("T2", event))
        with pytest.raises(Undeliverable) as caught:
            await many.say_back("T2", "too late")
        assert caught.value.gone
        await many.say_back("T3", "still here")
        with closing(sqlite3.connect(tmp_path / "slack.db")) as connection:
            rows = connection.execute("select workspace, token is null, refresh_token is null from installation")
            assert sorted(rows.fetchall()) == [("T2", 1, 1), ("T3", 0, 1)]
        await many.install("T2")
        await many.say_back("T2", "back again")


@pytest.mark.parametrize("event", [{"type": "app_uninstalled"}, {"type": "tokens_revoked", "tokens": {"bot": ["U"]}}])
async def test_news_of_a_removal_that_come_late_leave_a_newer_installation_alone(
    many: Rig, clock: SettableClock, event: dict[str, object]
) -> None:
    async with listening(many):
        await many.install("T2")
        removed_at = int(clock.now().timestamp()) + 1
        clock.jump(dt.timedelta(minutes=1))
        await many.install("T2")
        await taken(many.server.event_in("T2", event, at=removed_at))
        await many.say_back("T2", "still here")
        await taken(many.server.event_in("T2", event, at=int(clock.now().timestamp())))
        with pytest.raises(Undeliverable):
            await many.say_back("T2", "too late")


async def test_a_persons_own_token_that_is_revoked_changes_nothing(many: Rig) -> None:
    async with listening(many) as inbox:
        await many.install("T2")
        many.server.event_in("T2", {"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}})
        many.says_in("T2", "hello")
        assert (await inbox.next()).text == "hello"


async def test_a_token_that_ends_is_exchanged_once_however_many_ask(many: Rig, clock: SettableClock) -> None:
    many.server.seconds = 43_200
    other = Rig(many.server)
    other.adapter = SlackAdapter(keys(many.server, **many.server.client), replace(many.server.around, hooks={}), QUICK)
    async with listening(many), other.adapter.connect():
        await many.install("T2")
        await asyncio.gather(many.say_back("T2", "one"), other.say_back("T2", "two"))
        clock.jump(dt.timedelta(hours=11, minutes=45))
        says = [rig.say_back("T2", f"{number}") for number in range(5) for rig in (many, other)]
        await asyncio.gather(*says)
        renewals = [call for call in many.server.calls("oauth.v2.access") if call.get("grant_type")]
        assert len(renewals) == 1
        clock.jump(dt.timedelta(hours=11, minutes=45))
        await asyncio.gather(many.say_back("T2", "later"), other.say_back("T2", "too"))
        assert len([call for call in many.server.calls("oauth.v2.access") if call.get("grant_type")]) == 2


@pytest.mark.parametrize("word", ["token_revoked", "account_inactive", "missing_scope", "invalid_auth"])
async def test_what_one_workspace_refuses_is_said_and_stops_no_other(
    many: Rig, caplog: pytest.LogCaptureFixture, word: str
) -> None:
    async with listening(many) as inbox:
        await many.install("T2")
        many.server.revoked["T2"] = word
        for _ in range(2):
            with pytest.raises((RetryLater, Undeliverable)):
                await many.say_back("T2", "never")
        many.says_in(TEAM, "hello")
        await inbox.next()
        await many.say_back(TEAM, "fine")
        said = [record for record in caplog.records if "does not allow" in record.getMessage()]
        assert len(said) == 1, "and not once a call"
        async with many.server.around.store().read() as tx:
            (trouble,) = await notes.troubles(tx, NOW - dt.timedelta(minutes=1))
        assert word in trouble
        many.server.revoked.clear()
        await many.install("T2")
        await many.say_back("T2", "installed again")


async def test_a_changed_key_is_named_and_stops_no_other(
    many: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with many.adapter.connect():
        await many.install("T2")
    monkeypatch.setattr(crypto, "_keys", {})
    crypto.unlock(b"another")
    try:
        async with listening(Rig(many.server)) as inbox:
            many.says_in("T2", "hello")
            many.says_in(TEAM, "hello")
            assert (await inbox.next()).address.workspace == TEAM
        assert "SECRET_KEY" in logged(caplog)
    finally:
        crypto.unlock(KEY)


async def test_a_channel_shared_by_two_workspaces_belongs_to_the_one_that_let_us_in(many: Rig) -> None:
    """The event names the workspace of who wrote; the authorization names ours."""
    async with listening(many) as inbox:
        await many.install("T2")
        event = {"type": "message", "user": many.ada.id, "text": f"{MENTION} hello", "ts": many.server.ts()}
        event |= {"channel": many.general.id, "channel_type": "channel", "user_team": "TFOREIGN", "team": "TFOREIGN"}
        many.general.messages[str(event["ts"])] = event
        envelope = many.server.event_in("T2", event)
        envelope.payload["team_id"] = "TFOREIGN"
        message = await inbox.next()
        assert message.address.workspace == "T2"
        await post(many, to(message.address, "hello"))
    assert many.server.called["T2"] == 1


async def test_no_secret_of_an_installation_is_in_any_log(many: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, logger="httpx2")  # the browser's own
    many.server.seconds = 1
    async with listening(many) as inbox:
        await many.install("T2")
        many.says_in("T2", "hello")
        await inbox.next()
        await many.say_back("T2", "renewed at once")
        many.server.revoked["T2"] = "token_revoked"
        with pytest.raises((RetryLater, Undeliverable)):
            await many.say_back("T2", "refused")
    for canary in ("xoxb-T2", "xoxe-T2", "client-canary", "code-T2", many.server.app_token):
        assert canary not in logged(caplog)


async def test_at_a_connection_with_the_database_every_workspace_is_asked_whether_it_lets_us_in(many: Rig) -> None:
    async with many.adapter.connect():
        for team in ("T2", "T3"):
            await many.install(team)
    many.server.revoked["T3"] = "token_revoked"
    again = Rig(many.server)
    async with again.adapter.connect():
        assert "installed in 2 more" in again.adapter.where
    async with many.server.around.store().read() as tx:
        (trouble,) = await notes.troubles(tx, NOW - dt.timedelta(minutes=1))
    assert "T3" in trouble
    assert "token_revoked" in trouble


async def test_scopes_that_are_missing_are_named_with_their_reason(many: Rig, caplog: pytest.LogCaptureFixture) -> None:
    many.server.scopes = "chat:write,im:history"
    async with many.adapter.connect():
        pass
    warned = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    (said,) = [message for message in warned if "scopes are missing" in message]
    assert "users:read (a person's name" in said
    assert "chat:write" not in said
