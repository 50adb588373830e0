"""What comes from Telegram besides long polling: a webhook, its secrets, troubles that doctor hears of; and what Telegram
is told of us."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from telegram.error import RetryAfter

from adapters import Listed, Surroundings
from adapters.telegram import polling
from adapters.telegram.transport import build_bot
from adapters.telegram.webhook import MOST
from adapters.web import hooks
from core.language.phrases import Language
from core.messages import Address
from core.store import Store, notes
from tests.contract.adapter_suite import PATIENCE, listening
from tests.contract.telegram_rig import QUICK, TelegramRig, server, store, surroundings  # noqa: F401  # fixtures among them
from tests.fakes.telegram_server import Json, TelegramServer

PUBLIC = "https://remora.example"


def listed(language: Language) -> Sequence[Listed]:
    words = {"en": "your time zone", "zh": "你的时区"}
    return [
        Listed("start", "hello", True),
        Listed("remind", "a reminder", False),
        Listed("timezone", words[language], True),
    ]


@pytest.fixture
def around(store: Store) -> Surroundings:
    return surroundings(lambda: store, commands=listed)


@pytest.fixture
def hooked(server: TelegramServer, around: Surroundings) -> TelegramRig:
    return TelegramRig(server, replace(around, public_url=PUBLIC))


class Caller:
    """Telegram at the other end of the webhook, or somebody who would like to be."""

    def __init__(self, server: TelegramServer, rig: TelegramRig) -> None:
        self._server = server
        app = Starlette(routes=list(hooks.routes(rig.adapter._around.hooks)))  # type: ignore[attr-defined]
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC)

    async def __call__(self, update: object, **more: Any) -> int:
        fields: dict[str, Any] = {"url": self._server.webhook, "secret": self._server.secret, "method": "POST", **more}
        body = fields.get("body", json.dumps(update).encode())
        header = {"X-Telegram-Bot-Api-Secret-Token": fields["secret"]} if fields["secret"] is not None else {}
        answer = await self._http.request(fields["method"], fields["url"], content=body, headers=header)
        return answer.status_code


@pytest.fixture
def caller(server: TelegramServer, hooked: TelegramRig) -> Caller:
    return Caller(server, hooked)


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await true():
            await asyncio.sleep(0)


async def troubles(store: Store) -> list[str]:
    async with store.read() as tx:
        return await notes.troubles(tx, dt.datetime.now(dt.UTC) - notes.RECENT)


class TestWebhook:
    async def test_what_is_brought_arrives_and_is_answered_once_kept(
        self, server: TelegramServer, hooked: TelegramRig, caller: Caller
    ) -> None:
        async with listening(hooked) as inbox:
            await server.until(lambda: server.webhook)
            inbox.open.clear()
            call = asyncio.create_task(caller(hooked.ada.say("hello")))
            async with asyncio.timeout(PATIENCE):
                await inbox.entered.wait()
            assert not call.done(), "answered before it was kept"
            inbox.open.set()
            assert (await inbox.next()).text == "hello"
            assert await call == 200

    async def test_what_cannot_be_kept_now_is_brought_again(
        self, server: TelegramServer, hooked: TelegramRig, caller: Caller
    ) -> None:
        update = hooked.ada.say("keep me")
        async with listening(hooked) as inbox:
            await server.until(lambda: server.webhook)
            inbox.refusals = 1
            assert await caller(update) == 503
            assert await caller(update) == 200
            assert (await inbox.next()).text == "keep me"
        async with hooked.adapter.connect():
            assert await caller(update) == 503, "nobody listens yet"
        assert await caller(update) == 404, "it has left"

    @pytest.mark.parametrize(
        ("more", "status"),
        [
            ({"secret": "wrong"}, 401),
            ({"secret": ""}, 401),
            ({"secret": None}, 401),
            ({"secret": "\u00e9".encode()}, 401),
            ({"url": f"{PUBLIC}/hooks/telegram/"}, 404),
            ({"url": f"{PUBLIC}/hooks/telegram/guess"}, 404),
            ({"method": "GET"}, 405),
            ({"body": b" " * (MOST + 1)}, 413),
        ],
    )
    async def test_what_telegram_would_not_send_is_refused_and_logged(
        self, server: TelegramServer, hooked: TelegramRig, caller: Caller, caplog: pytest.LogCaptureFixture,
        more: dict[str, Any], status: int,
    ) -> None:  # fmt: skip
        async with listening(hooked) as inbox:
            await server.until(lambda: server.webhook)
            assert await caller(hooked.ada.say("let me in"), **more) == status
            assert inbox.kept.empty()
        logged = [record for record in caplog.records if record.getMessage() == "a call of the webhook was not taken"]
        assert [getattr(record, "status", 0) for record in logged] == [status]
        assert server.secret not in caplog.text
        assert "let me in" not in caplog.text

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b'{"update_id": "x"}', b'{"update_id": 1, "message": {}}',
         b'{"update_id": 2, "hologram": {"chat": {"id": 1}}}', b"[" * 100_000],
    )  # fmt: skip
    async def test_what_nobody_can_read_blocks_no_chat(
        self, server: TelegramServer, hooked: TelegramRig, caller: Caller, body: bytes
    ) -> None:
        async with listening(hooked) as inbox:
            await server.until(lambda: server.webhook)
            assert await caller(None, body=body) == 200
            assert await caller(hooked.ada.say("and me?")) == 200
            assert (await inbox.next()).text == "and me?"

    async def test_it_is_set_with_its_secrets_and_only_when_it_is_another(
        self, server: TelegramServer, around: Surroundings
    ) -> None:
        for _ in range(2):
            rig = TelegramRig(server, replace(around, public_url=PUBLIC))
            async with listening(rig):
                await server.until(lambda: server.calls("getWebhookInfo"))
                await server.until(lambda: server.webhook)
        [call] = server.calls("setWebhook")
        assert call.params["url"].startswith(f"{PUBLIC}/hooks/telegram/")
        assert len(call.params["secret_token"]) >= 32
        assert call.params["secret_token"] not in call.params["url"]
        assert {"message_reaction", "my_chat_member"} <= set(call.params["allowed_updates"])
        async with listening(TelegramRig(server, replace(around, public_url=PUBLIC, key=b"x" * 32))):
            await server.until(lambda: len(server.calls("setWebhook")) == 2)
        assert server.calls("setWebhook")[1].params["url"] != call.params["url"]

    async def test_one_that_another_program_took_away_is_set_again(
        self, server: TelegramServer, around: Surroundings
    ) -> None:
        pace = replace(QUICK, between_looks=0.001)
        rig = TelegramRig(server, replace(around, public_url=PUBLIC), pace=pace)
        async with listening(rig):
            await server.until(lambda: server.webhook)
            ours, server.webhook = server.webhook, "https://other.example/hook"
            await server.until(lambda: server.webhook == ours)

    async def test_back_to_polling_the_webhook_goes_and_nothing_is_lost(
        self, server: TelegramServer, hooked: TelegramRig, around: Surroundings
    ) -> None:
        async with listening(hooked):
            await server.until(lambda: server.webhook)
        polling = TelegramRig(server, around)
        polling.ada.say("still here")
        async with listening(polling) as inbox:
            assert (await inbox.next()).text == "still here"
        assert server.webhook == ""

    async def test_an_address_that_telegram_refuses_is_said_and_messages_are_fetched(
        self, server: TelegramServer, hooked: TelegramRig, store: Store
    ) -> None:
        server.refuse("setWebhook", 400, "Bad Request: bad webhook: HTTPS url must be provided for webhook")
        hooked.ada.say("all the same")
        async with listening(hooked) as inbox:
            assert (await inbox.next()).text == "all the same"
        [trouble] = await troubles(store)
        assert "PUBLIC_URL" in trouble
        assert "https://" in trouble.partition("\n")[2]

    async def test_updates_that_do_not_get_through_are_said(
        self, server: TelegramServer, hooked: TelegramRig, store: Store
    ) -> None:
        async with listening(hooked):
            await server.until(lambda: server.webhook)
        server.hook_error = f"Wrong response from the webhook {server.webhook}: 502 Bad Gateway"
        async with listening(hooked):
            await until(lambda: _some(troubles(store)))
        [trouble] = await troubles(store)
        assert "502 Bad Gateway" in trouble
        assert server.webhook.rpartition("/")[2] not in trouble

    async def test_where_another_process_has_the_web_side_nothing_is_asked(
        self, server: TelegramServer, around: Surroundings
    ) -> None:
        rig = TelegramRig(
            server, around=replace(around, public_url=PUBLIC, has_web=False, commands=lambda _language: ())
        )
        assert rig.adapter.capabilities.hooked
        async with listening(rig):
            await rig.adapter._bot.get_me()  # type: ignore[attr-defined]  # a round trip in which it could have asked
        assert {call.method for call in server.journal} == {"getMe"}


async def _some(found: Awaitable[list[str]]) -> bool:
    return bool(await found)


class TestTroubles:
    @pytest.mark.parametrize(
        ("code", "words", "more", "said"),
        [
            (409, "Conflict: terminated by other getUpdates request", {}, "another program fetches"),
            (401, "Unauthorized", {}, "no longer accepts TELEGRAM_BOT_TOKEN"),
        ],
    )
    async def test_doctor_hears_of_it_and_messages_come_when_it_is_over(
        self, server: TelegramServer, around: Surroundings, store: Store, code: int, words: str, more: Json, said: str
    ) -> None:
        server.refuse("getUpdates", code, words, times=3, **more)
        rig = TelegramRig(server, around)
        rig.ada.say("still here")
        async with listening(rig) as inbox:
            assert (await inbox.next()).text == "still here"
        [trouble] = await troubles(store)
        what, mend = trouble.split("\n")
        assert said in what
        assert mend
        assert server.token not in trouble

    async def test_doctor_hears_of_an_hour_of_silence(
        self, server: TelegramServer, around: Surroundings, store: Store
    ) -> None:
        server.rate_limit("getUpdates", 3600)
        async with listening(TelegramRig(server, around)):
            await until(lambda: _some(troubles(store)))
        assert "60 minutes" in (await troubles(store))[0]
        assert len(server.calls("getUpdates")) == 1

    async def test_a_long_silence_is_said_again_while_it_goes_on(
        self, server: TelegramServer, around: Surroundings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(polling, "_LONG", 0.1)
        told: list[str] = []

        async def tell(key: str, _what: str, _mend: str) -> None:
            told.append(key)

        bot, _ = build_bot(server.token, server.url)
        await polling.recover(bot, RetryAfter(dt.timedelta(seconds=0.25)), polling.Backoff(QUICK), tell)
        assert told == ["limit", "limit"]

    async def test_without_a_database_it_goes_on(self, server: TelegramServer, around: Surroundings) -> None:
        def gone() -> Store:
            from core.errors import Unavailable

            raise Unavailable("no database")

        server.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request", times=2)
        rig = TelegramRig(server, replace(around, store=gone))
        rig.ada.say("still here")
        async with listening(rig) as inbox:
            assert (await inbox.next()).text == "still here"


class TestProfile:
    async def test_telegram_is_told_of_commands_in_each_language_and_place(
        self, server: TelegramServer, around: Surroundings
    ) -> None:
        rig = TelegramRig(server, around)
        async with rig.adapter.connect():
            assert await rig.adapter.present() == 11  # type: ignore[attr-defined]
        names = {place: [one["command"] for one in commands] for place, commands in server.commands.items()}
        assert names == {
            (scope, language): commands
            for language in ("", "zh")
            for scope, commands in (
                ("all_private_chats", ["start", "remind", "timezone"]),
                ("all_group_chats", ["remind"]),
                ("all_chat_administrators", ["remind", "timezone"]),
            )
        }
        assert server.commands["all_private_chats", "zh"][2]["description"] == "你的时区"
        assert set(server.about) == {("long", ""), ("long", "zh"), ("short", ""), ("short", "zh"), ("menu", "")}
        assert all(len(text) <= (512 if kind == "long" else 120) for (kind, _), text in server.about.items())

    async def test_it_is_told_again_only_when_something_changed(
        self, server: TelegramServer, around: Surroundings
    ) -> None:
        for commands, calls in ((listed, 11), (listed, 0), (lambda language: listed(language)[1:], 11)):
            rig = TelegramRig(server, replace(around, commands=commands))
            async with rig.adapter.connect():
                assert await rig.adapter.present() == calls  # type: ignore[attr-defined]

    @pytest.mark.parametrize("seconds", [0, 3600])
    async def test_a_refusal_holds_nothing_up_and_is_made_good(
        self, server: TelegramServer, around: Surroundings, seconds: int
    ) -> None:
        server.rate_limit("setMyCommands", seconds)
        rig = TelegramRig(server, around)
        rig.ada.say("hello")
        async with listening(rig) as inbox:
            assert (await inbox.next()).text == "hello"
            await server.until(lambda: server.calls("setMyCommands"))
        async with rig.adapter.connect():
            await rig.adapter.present()  # type: ignore[attr-defined]
        assert len(server.commands) == 6

    async def test_it_says_what_it_is_shown_in_groups(self, server: TelegramServer, around: Surroundings) -> None:
        rig = TelegramRig(server, around)
        async with rig.adapter.connect():
            assert "privacy mode is on" in rig.adapter.where
            assert rig.adapter.capabilities.start_link == "https://t.me/remora_bot?start="


class TestNews:
    async def test_a_place_is_told_as_its_time_zone_only(self, server: TelegramServer, around: Surroundings) -> None:
        rig = TelegramRig(server, around)
        rig.ada.send(location={"latitude": 48.8566, "longitude": 2.3522})
        rig.ada.send(location={"latitude": 999, "longitude": 2})
        async with listening(rig) as inbox:
            paris, nowhere = [await inbox.next() for _ in range(2)]
        assert (paris.kind, paris.attachment, paris.zone) == ("attachment", "location", "Europe/Paris")
        assert not [word for word in ("48.8", "2.35") if word in repr(paris)]
        assert (nowhere.attachment, nowhere.zone) == ("location", "")

    @pytest.mark.parametrize(
        ("emoji", "before", "choice"),
        [("👍", "", "good"), ("❤", "👎", "good"), ("👎", "", "bad"), ("💩", "👍", "bad"), ("", "👍", "none")],
    )
    async def test_a_reaction_is_a_word_on_the_message(
        self, server: TelegramServer, around: Surroundings, emoji: str, before: str, choice: str
    ) -> None:
        rig = TelegramRig(server, around)
        ours = server.put(rig.ada.chat, server.me, text="the answer")
        rig.ada.react(ours, *emoji, before=before)
        async with listening(rig) as inbox:
            heard = await inbox.next()
        assert (heard.kind, heard.choice, heard.message_id) == (
            "choice", f"feedback::{choice}", str(ours["message_id"]),
        )  # fmt: skip

    async def test_a_reaction_that_says_nothing_is_passed_over(
        self, server: TelegramServer, around: Surroundings
    ) -> None:
        rig = TelegramRig(server, around)
        ours = server.put(rig.ada.chat, server.me, text="the answer")
        rig.ada.react(ours, "🎃")
        rig.ada.react(ours, before="🎃")
        rig.ada.say("after")
        async with listening(rig) as inbox:
            assert (await inbox.next()).text == "after"

    async def test_a_group_that_moves_says_where_to(self, server: TelegramServer, around: Surroundings) -> None:
        rig = TelegramRig(server, around)
        old, new = server.group("Friends"), server.group("Friends")
        rig.ada.send(old, migrate_to_chat_id=new.id)
        rig.ada.send(new, migrate_from_chat_id=old.id)
        async with listening(rig) as inbox:
            told = [await inbox.next() for _ in range(2)]
        assert {(message.kind, message.address, message.moved_to) for message in told} == {
            ("moved", Address("telegram", "", str(old.id)), str(new.id))
        }

    async def test_in_a_group_a_command_that_is_not_ours_is_left_to_others(
        self, server: TelegramServer, around: Surroundings
    ) -> None:
        rig, group = TelegramRig(server, around), server.group("Friends")
        for text in ("/roll 6", "/remind me", "/roll@remora_bot"):
            rig.ada.say(text, group)
        async with listening(rig) as inbox:
            assert [(await inbox.next()).text for _ in range(2)] == ["/remind me", "/roll"]


class TestSecrecy:
    async def test_no_logger_at_any_level_holds_a_secret(
        self, server: TelegramServer, hooked: TelegramRig, caller: Caller, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with listening(hooked) as inbox:
            await server.until(lambda: server.webhook)
            for name in ("", "httpx", "httpcore", "telegram", "telegram.later.than.the.start"):
                caplog.set_level(logging.DEBUG, name)
            logging.getLogger("telegram.later.than.the.start").debug("POST %s", f"/bot{server.token}/getMe")
            logging.getLogger("anybody").error("at /bot%s/getMe", server.token)
            server.refuse("getWebhookInfo", 401, "Unauthorized")
            for update in (hooked.ada.say("hello"), {"update_id": 1, "message": {"text": server.token}}):
                await caller(update)
            await caller({}, secret="wrong")
            await inbox.next()
        secrets = {server.token, server.secret, server.webhook.rpartition("/")[2]}
        assert caplog.records
        for record in caplog.records:
            whole = f"{record.getMessage()} {record.msg} {record.args} {record.__dict__}"
            assert not [secret for secret in secrets if secret in whole], record.name
