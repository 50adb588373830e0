"""Machines get what their key is for and nothing else; whatever speaks OpenAI's chat completions talks to model and bot."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette

from adapters.web.api import app as api
from adapters.web.api import openai
from adapters.web.api.talk import Talk
from adapters.web.guard import Guard
from adapters.web.streams import Streams
from core.access import Door
from core.admin import tokens
from core.errors import ModelUnavailable, Refused, StoreUnavailable
from core.messages import Address, Message, Sender, Utterance
from core.settings import Settings
from core.store import Store, people
from core.store.admin import accounts, audit
from core.store.admin import tokens as kept
from core.store.codec import address_to_json
from core.store.tables import account, outbox, person
from core.store.tables.admin import api_token
from tests.fakes.admin import SITE, AdminSide
from tests.fakes.model import FakeModel

GREETING = {"examples": {"en": ["hello there", "good day to you"]}, "action": {"answer": {"en": ["Hi!"]}}}


async def key_of(admin: AdminSide, *scopes: str, role: accounts.Role = "owner", days: int = 0) -> str:
    async with admin.desk.store.write() as tx:
        account = await accounts.by_name(tx, role) or await accounts.add(tx, role, role, admin.clock.now())
        assert account is not None
        return await tokens.create(tx, account, "till", scopes, admin.clock.now(), days=days)


class Bot:
    """Answers what comes to the product's chats: a piece at a time, then as it is meant."""

    def __init__(self) -> None:
        self.streams, self.heard = Streams(), list[Message]()
        self.silent = False

    async def take(self, message: Message) -> None:
        self.heard.append(message)
        if self.silent:
            return
        chat = message.address.chat
        self.streams.grow(chat, "c", "You said")
        data = {"cause": "c", "html": "", "choices": [], "answers": message.message_id}
        self.streams.publish(chat, "reply", {**data, "text": f"You said: {message.text}"})


@asynccontextmanager
async def client(admin: AdminSide, key: str = "", bot: Bot | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    bot = bot or Bot()
    routes = await asyncio.to_thread(api.routes, lambda: admin.desk, Talk(bot.take, bot.streams, admin.clock))
    transport = httpx2.ASGITransport(app=Guard(Starlette(routes=list(routes)), ["localhost"]))
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx2.AsyncClient(transport=transport, base_url=SITE, headers=headers) as made:
        yield made


async def test_a_key_opens_its_scopes_and_only_as_long_as_it_and_its_owner_last(admin: AdminSide) -> None:
    key = await key_of(admin, "intents.read", days=1)
    async with client(admin, key) as machine:
        assert (await machine.get("/api/v1/intents")).status_code == 200
        assert (await machine.delete("/api/v1/intents/x")).status_code == 403
        assert (await machine.get("/v1/models")).status_code == 403
        admin.clock.jump(dt.timedelta(days=2))
        assert (await machine.get("/api/v1/intents")).status_code == 401
    lasting = await key_of(admin, "intents.read")
    async with client(admin, lasting) as machine:
        async with admin.desk.store.write() as tx:
            [owner] = [one for one in await accounts.listed(tx) if one.name == "owner"]
            await accounts.change(tx, owner.id, disabled=True)
        assert (await machine.get("/api/v1/intents")).status_code == 401


async def test_a_key_never_has_more_rights_than_its_owner_has_now(admin: AdminSide) -> None:
    key = await key_of(admin, "intents.write", role="editor")
    async with admin.desk.store.write() as tx:
        editor = await accounts.by_name(tx, "editor")
        assert editor is not None
        await accounts.change(tx, editor.id, role="viewer")
    async with client(admin, key) as machine:
        assert (await machine.put("/api/v1/intents/greet", json=GREETING)).status_code == 403


async def test_a_key_is_kept_as_its_digest_and_can_be_taken_back(admin: AdminSide) -> None:
    key = await key_of(admin, "chat")
    async with admin.desk.store.write() as tx:
        [token] = await kept.listed(tx)
        assert key not in str(await tx.rows(sa.select(api_token)))
        await tokens.revoke(tx, token.id, admin.clock.now(), "web:owner")
        with pytest.raises(Refused):
            await tokens.revoke(tx, token.id, admin.clock.now(), "web:owner")
    async with client(admin, key) as machine:
        assert (await machine.get("/v1/models")).status_code == 401


async def test_guessing_keys_is_slowed_down(admin: AdminSide) -> None:
    async with client(admin, "rmr_guess") as machine:
        codes = [(await machine.get("/v1/models")).status_code for _ in range(11)]
    assert codes == [401] * 10 + [429]


async def test_a_good_key_passes_whatever_others_behind_its_address_guess(admin: AdminSide) -> None:
    """Behind a proxy everybody has its address."""
    async with client(admin, "") as machine:
        key, told = await key_of(admin, "chat"), []
        for number in range(11):
            wrong = {"Authorization": f"Bearer rmr_{number:08}"}
            told.append((await machine.get("/v1/models", headers=wrong)).status_code)
        good = await machine.get("/v1/models", headers={"Authorization": f"Bearer {key}"})
    assert told == [401] * 10 + [429]
    assert good.status_code == 200


async def test_what_a_key_does_is_noted_with_whose_it_is_or_not_done(admin: AdminSide, monkeypatch) -> None:
    async with client(admin, await key_of(admin, "intents.write", role="editor")) as machine:
        assert (await machine.put("/api/v1/intents/greet", json=GREETING)).status_code == 200
        async with admin.desk.store.read() as tx:
            [entry] = await audit.entries(tx, verb="intent.")
        assert (entry.who, entry.verb, entry.subject) == ("api:editor/till", "intent.save", "intent:greet")

        async def broken(*_: object, **__: object) -> None:
            raise StoreUnavailable("the disk is full")

        monkeypatch.setattr(audit, "add", broken)
        assert (await machine.delete("/api/v1/intents/greet")).status_code == 503
    assert [draft.name for draft in await admin.desk.editing.drafts() if not draft.deleted] == ["greet"]


async def test_intents_are_saved_published_and_rolled_back(admin: AdminSide) -> None:
    async with client(admin, await key_of(admin, "intents.read", "intents.write")) as machine:
        assert (await machine.put("/api/v1/intents/greet", json=GREETING)).status_code == 200
        first = (await machine.get("/api/v1/intents/greet")).json()
        again = await machine.put("/api/v1/intents/greet", json=GREETING, params={"revision": first["revision"]})
        late = await machine.put("/api/v1/intents/greet", json=GREETING, params={"revision": first["revision"]})
        assert (again.status_code, late.status_code) == (200, 409)
        assert late.json()["error"]["theirs"]["name"] == "greet"
        assert (await machine.post("/api/v1/releases", json={"message": "hello"})).status_code == 201
        await admin.desk.live.tick()
        assert (await machine.post("/api/v1/recognize", json={"text": "Hello there"})).json()["intent"] == "greet"
        assert (await machine.delete("/api/v1/intents/greet")).status_code == 204
        assert (await machine.post("/api/v1/releases", json={"message": "bye"})).json()["number"] == 2
        assert (await machine.post("/api/v1/releases/1/rollback")).status_code == 201
        assert [one["message"] for one in (await machine.get("/api/v1/releases")).json()][-1] == "hello"


async def test_reminders_are_set_listed_and_changed_and_their_person_is_told(admin: AdminSide) -> None:
    now = admin.clock.now()
    async with admin.desk.store.write() as tx:
        ann = await people.person_of(tx, "", "telegram", Sender("7", "Ann"), now)
        home = Address("telegram", "", "7")
        await tx.run(
            sa.update(account).where(account.c.person_id == ann.id).values(private_address=address_to_json(home))
        )
        await tx.run(sa.update(person).where(person.c.id == ann.id).values(zone="Europe/Paris"))
    async with client(
        admin, await key_of(admin, "reminders.read", "reminders.write", "people.read", "audit.read")
    ) as machine:
        made = await machine.post(
            "/api/v1/reminders", json={"person": "telegram:7", "text": "tomorrow at 9 call the bank"}
        )
        [row] = (await machine.get("/api/v1/reminders", params={"person": "Ann"})).json()["reminders"]
        paused = await machine.post(f"/api/v1/reminders/{row['id']}/pause")
        nobody = await machine.post("/api/v1/reminders", json={"person": "nobody", "text": "tomorrow at 9 call"})
        assert [one["name"] for one in (await machine.get("/api/v1/people")).json()] == ["Ann"]
        verbs = [one["verb"] for one in (await machine.get("/api/v1/audit", params={"verb": "reminder."})).json()]
        missing = await machine.get("/api/v1/reminders/999")
    assert (made.status_code, row["text"], row["zone"]) == (201, "call the bank", "Europe/Paris")
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert (nobody.status_code, missing.status_code) == (422, 404)
    assert "reminder.pause" in verbs
    async with admin.desk.store.read() as tx:
        assert await tx.count(outbox, outbox.c.person_id == ann.id) >= 1


@pytest.mark.parametrize(
    "wrong", [{"examples": {"en": []}}, {"examples": 7}, {"threshold": "high"}, {"action": {"skill": "/nothing"}}, {}]
)
async def test_a_faulty_intent_is_refused_with_what_to_mend(admin: AdminSide, wrong: dict[str, Any]) -> None:
    async with client(admin, await key_of(admin, "intents.write")) as machine:
        answer = await machine.put("/api/v1/intents/greet", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


async def test_the_model_answers_as_openai_does(admin: AdminSide) -> None:
    wanted = {"model": "fake", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi you"}]}]}
    async with client(admin, await key_of(admin, "chat")) as machine:
        names = [one["id"] for one in (await machine.get("/v1/models")).json()["data"]]
        whole = (await machine.post("/v1/chat/completions", json=wanted)).json()
        events = await streamed(machine, {**wanted, "stream": True, "stream_options": {"include_usage": True}})
    assert names == ["fake", "assistant"]
    assert whole["choices"][0]["message"] == {"role": "assistant", "content": "You said: hi you"}
    assert whole["usage"]["total_tokens"] == whole["usage"]["prompt_tokens"] + whole["usage"]["completion_tokens"]
    said = "".join(one["choices"][0]["delta"].get("content", "") for one in events if one["choices"])
    assert said == "You said: hi you"
    assert events[-1]["usage"] == whole["usage"]
    assert [one["choices"][0]["finish_reason"] for one in events if one["choices"]][-1] == "stop"


async def streamed(machine: httpx2.AsyncClient, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    lines = (await machine.post("/v1/chat/completions", json=wanted)).text.split("\n\n")
    assert lines[-2:] == ["data: [DONE]", ""]
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


async def test_the_bot_answers_in_the_name_of_each_user_apart(admin: AdminSide) -> None:
    bot = Bot()
    async with client(admin, await key_of(admin, "chat"), bot) as machine:
        for user in ("ann", "bob"):
            wanted = {"model": "assistant", "user": user, "messages": [{"role": "user", "content": "hi"}]}
            answer = (await machine.post("/v1/chat/completions", json=wanted)).json()
            assert answer["choices"][0]["message"]["content"] == "You said: hi"
        events = await streamed(machine, {**wanted, "stream": True})
    assert "".join(one["choices"][0]["delta"].get("content", "") for one in events) == "You said: hi"
    ann, bob, again = (message.sender.account for message in bot.heard)
    assert ann != bob == again
    assert all(message.sender.guest for message in bot.heard), "a machine is not whoever runs the product"


async def test_whoever_comes_through_a_machine_is_a_member_and_the_browser_chat_is_its_host(settings: Settings) -> None:
    door, now = Door(settings, ["web"]), dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)
    stands = []
    async with aclosing(Store("sqlite://")) as store, store.write() as tx:
        for guest in (True, False):
            message = Message("e", Address("web", "", "c"), Sender("c", guest=guest), "hi", now)
            stands.append((await door.enter(tx, message, "en", now, again=False)).standing)
    assert stands == ["member", "host"]


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"model": "other", "messages": [{"role": "user", "content": "x"}]}, 404),
        ({"model": "fake", "messages": []}, 422),
        ({"model": "fake", "messages": [{"role": "wizard", "content": "x"}]}, 422),
        ({"model": "fake", "messages": [{"role": "user", "content": "x"}], "max_tokens": 100_000}, 400),
        ({"model": "fake", "messages": [{"role": "user", "content": "x" * 40_000}]}, 400),
        ({"model": "assistant", "messages": [{"role": "user", "content": "x" * 40_000}]}, 400),
        ({"model": "assistant", "messages": [{"role": "user", "content": "   "}]}, 400),
        ({"model": "assistant", "messages": [{"role": "assistant", "content": "x"}]}, 400),
        ({"model": "fake", "messages": [{"role": "user", "content": "x"}], "temperature": -1}, 422),
    ],
)
async def test_a_wrong_completion_says_what_is_wrong(admin: AdminSide, wanted: dict[str, Any], status: int) -> None:
    async with client(admin, await key_of(admin, "chat")) as machine:
        answer = await machine.post("/v1/chat/completions", json=wanted)
        assert answer.status_code == status
        assert answer.json()["error"]["message"]
        assert (await machine.post("/v1/chat/completions", content=b"{not json")).status_code == 422
        assert (await machine.post("/v1/chat/completions", content=b"x" * (5 << 20))).status_code == 413


async def test_one_key_has_few_replies_written_at_once_and_none_for_ever(admin: AdminSide, monkeypatch) -> None:
    monkeypatch.setattr(openai, "MOST_AT_ONCE", 2)
    model, wanted = admin.desk.model, {"model": "fake", "messages": [{"role": "user", "content": "hi"}]}
    assert isinstance(model, FakeModel)
    other = await key_of(admin, "chat")
    async with client(admin, await key_of(admin, "chat")) as machine:
        model.hold.clear()
        waiting = [asyncio.create_task(machine.post("/v1/chat/completions", json=wanted)) for _ in range(2)]
        while len(model.prompts) < 2:
            await asyncio.sleep(0.005)
        assert (await machine.post("/v1/chat/completions", json=wanted)).status_code == 429
        mine = asyncio.create_task(
            machine.post("/v1/chat/completions", json=wanted, headers={"Authorization": f"Bearer {other}"})
        )
        while len(model.prompts) < 3:
            await asyncio.sleep(0.005)
        model.hold.set()
        assert [one.status_code for one in await asyncio.gather(*waiting, mine)] == [200] * 3
        monkeypatch.setitem(admin.desk.settings.__dict__, "reply_seconds", -1)
        assert (await machine.post("/v1/chat/completions", json=wanted)).status_code == 504
        assert model.closed == 1


async def test_long_messages_are_refused_before_their_tokens_are_counted(admin: AdminSide, monkeypatch) -> None:
    def counted(_: Sequence[Utterance]) -> int:
        raise AssertionError("it takes seconds")

    monkeypatch.setattr(admin.desk.model, "count_tokens", counted)
    long = [{"role": "user", "content": "x" * 2_000_000}]
    async with client(admin, await key_of(admin, "chat")) as machine:
        for model in ("fake", "assistant"):
            answer = await machine.post("/v1/chat/completions", json={"model": model, "messages": long})
            assert (answer.status_code, "characters" in answer.json()["error"]["message"]) == (400, True)


async def test_a_model_that_is_off_or_breaks_is_said(admin: AdminSide) -> None:
    wanted = {"model": "fake", "messages": [{"role": "user", "content": "x"}]}
    model = admin.desk.model
    assert isinstance(model, FakeModel)
    model.faults = [ModelUnavailable("it is off"), ModelUnavailable("it is off")]
    async with client(admin, await key_of(admin, "chat")) as machine:
        whole = await machine.post("/v1/chat/completions", json=wanted)
        stream = await machine.post("/v1/chat/completions", json={**wanted, "stream": True})
    assert (whole.status_code, whole.headers["retry-after"]) == (503, "5")
    assert "it is off" in stream.text.split("\n\n")[-2]


async def test_whoever_goes_away_ends_the_models_work(admin: AdminSide) -> None:
    from adapters.web.api.openai import _by_model
    from core.messages import Sampling

    model = admin.desk.model
    assert isinstance(model, FakeModel)
    prompt: Sequence[Utterance] = [Utterance("user", "one two three")]
    pieces = _by_model(admin.desk, prompt, Sampling())
    await anext(pieces)
    await pieces.aclose()
    assert model.closed == 1


async def test_the_documents_of_both_apis_are_there_without_a_key(admin: AdminSide) -> None:
    async with client(admin) as machine:
        for path, name in (("/api/v1", "/intents"), ("/v1", "/chat/completions")):
            document = (await machine.get(f"{path}/openapi.json")).json()
            assert name in document["paths"]
            assert (await machine.get(f"{path}/docs")).status_code == 404
