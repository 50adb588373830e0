"""The browser keeps the promises of an adapter; and nothing is open to strangers, nothing is lost while a phone sleeps.

A real server on a loopback port; the browser is played by an HTTP client that does what the page's script does.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from adapters import Surroundings, available, create
from adapters.web.adapter import WebAdapter
from core.clock import SystemClock
from core.errors import ConfigurationError, Unavailable
from core.messages import Address, Choice, Delivery, Line, Reply, TextDelta
from core.ports import Adapter
from core.settings import load_settings
from core.store import Store
from core.store.tables import metadata
from core.store.tables.signin import attempt, web_pass
from tests.contract.adapter_suite import PATIENCE, AdapterSuite, Inbox, Rig, Said, Stream, delivery, listening, post

KEY = secrets.token_bytes(32)


async def nothing_said(_: Address) -> Sequence[Line]:
    return []


OPENED: list[Store] = []
"""The database of the test that runs, with the tables of signing in."""


@pytest.fixture(autouse=True)
async def database(tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'web.db'}")
    await store.run_sync(partial(metadata.create_all, tables=[attempt, web_pass]))
    OPENED[:] = [store]
    yield store
    await store.aclose()


async def new_adapter(
    port: int = 0,
    history: Callable[[Address], Awaitable[Sequence[Line]]] = nothing_said,
    checks: Mapping[str, Callable[[], Awaitable[None]]] | None = None,
    host: str = "127.0.0.1",
    key: bytes = KEY,
) -> WebAdapter:
    settings = load_settings(_env_file=None, HOST=host, PORT=port, PUBLIC_URL="")
    around = Surroundings(SystemClock(), key, history, checks or {}, store=lambda: OPENED[0])
    adapter = await asyncio.to_thread(create, "web", settings, around)  # it reads files, as at every start
    assert isinstance(adapter, WebAdapter)
    return adapter


@dataclass(slots=True)
class Event:
    name: str
    data: dict[str, Any]
    id: str


class Browser:
    """One signed-in browser with one open page."""

    def __init__(self, adapter: WebAdapter) -> None:
        self._adapter = adapter
        self.http = httpx2.AsyncClient(
            base_url=f"http://127.0.0.1:{adapter.port}", headers={"Sec-Fetch-Site": "same-origin"}, timeout=PATIENCE
        )
        self.start = ""
        self.token = ""

    async def sign_in(self, person: str = "ada") -> None:
        answer = await self.enter(self._adapter.sign_in.new_link(person))
        assert answer.status_code == 204
        await self.open()

    async def enter(self, link: str) -> httpx2.Response:
        return await self.http.post("/in", json={"token": link.partition("#")[2]})

    async def open(self) -> str:
        page = await self.http.get("/")
        self.token = found(r'data-form-token="([^"]+)"', page.text)
        self.start = found(r'data-last="([^"]+)"', page.text)
        return page.text

    async def send(self, id: str, text: str, **more: str) -> httpx2.Response:
        return await self.post("/send", {"id": id, "text": text, **more})

    async def post(self, path: str, body: object = None, **headers: str) -> httpx2.Response:
        return await self.http.post(path, json=body, headers={"X-Form-Token": self.token, **headers})

    @asynccontextmanager
    async def events(self, last: str = "") -> AsyncIterator[AsyncIterator[Event]]:
        async with self.http.stream("GET", "/events", headers={"Last-Event-ID": last or self.start}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield parsed(answer.aiter_lines())


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, f"{pattern} is not in the page"
    return html.unescape(match[1])


async def parsed(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    fields: dict[str, str] = {}
    async for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "event" in fields:
            yield Event(fields["event"], json.loads(fields["data"]), fields.get("id", ""))
            fields = {}


def read(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


@dataclass
class WebRig(Rig):
    adapter: WebAdapter
    address: Address = field(default_factory=lambda: Address("web", "", "ada"))
    browser: Browser | None = None
    tasks: set[asyncio.Task[object]] = field(default_factory=set)
    line: asyncio.Lock = field(default_factory=asyncio.Lock)
    sent: dict[str, tuple[Said, str, str]] = field(default_factory=dict)

    async def page(self) -> Browser:
        if self.browser is None:
            self.browser = Browser(self.adapter)
            await self.browser.sign_in()
        return self.browser

    async def say(self, text: str, choice: str = "") -> Said:
        said = Said(secrets.token_hex(16), asyncio.Event())
        self.sent[said.event] = said, text, choice
        await self._post(said)
        return said

    async def _post(self, said: Said) -> None:
        browser = await self.page()
        _, text, choice = self.sent[said.event]

        async def work() -> None:
            async with self.line:
                answer = await browser.send(said.event, text, choice=choice)
                if answer.status_code == 202:
                    assert said.taken is not None
                    said.taken.set()

        task: asyncio.Task[object] = asyncio.create_task(work())
        self.tasks.add(task)

    async def again(self, said: Said) -> None:
        await self._post(said)

    async def repeat(self, said: Said) -> None:
        await self._post(said)

    async def press(self, choice: Choice) -> Said:
        return await self.say(choice.label, choice.data)

    async def seen(self) -> Sequence[str]:
        """What a page shows that follows the events from the beginning, up to a mark that is set now."""
        browser = await self.page()
        shown: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE), browser.events(browser.start.partition("-")[0] + "-0") as events:
            self.adapter._streams.publish("ada", "mark", {})
            async for event in events:
                cause = str(event.data.get("cause"))
                match event.name:
                    case "reply":
                        shown[cause] = read(event.data["html"])
                    case "preview":
                        shown[cause] = event.data["text"]
                    case "mark":
                        return list(shown.values())
        raise AssertionError("the stream ended")

    async def misconfigured(self) -> tuple[Adapter, str]:
        taken = socket.create_server(("127.0.0.1", 0))
        self.taken = taken  # kept open until the check is over
        return await new_adapter(taken.getsockname()[1]), "PORT"

    def foreign(self, task: asyncio.Task[object]) -> bool:
        return task in self.tasks

    async def close(self) -> None:
        if self.browser is not None:
            await self.browser.http.aclose()
        if hasattr(self, "taken"):
            self.taken.close()
        await asyncio.gather(*self.tasks, return_exceptions=True)


class TestWeb(AdapterSuite):
    @pytest.fixture
    async def rig(self) -> AsyncIterator[Rig]:
        rig = WebRig(await new_adapter())
        yield rig
        await rig.close()


@asynccontextmanager
async def chatting(adapter: WebAdapter | None = None) -> AsyncIterator[tuple[WebRig, Browser, Inbox]]:
    """A listening adapter and a signed-in browser."""
    rig = WebRig(adapter or await new_adapter())
    async with listening(rig) as inbox:
        yield rig, await rig.page(), inbox
    await rig.close()


def new_id() -> str:
    return secrets.token_hex(16)


# ---- strangers -------------------------------------------------------------------------------------------------------


async def test_without_a_sign_in_nothing_is_open() -> None:
    async with chatting() as (rig, _, inbox):
        stranger = Browser(rig.adapter)
        page = await stranger.http.get("/")
        assert page.status_code == 401
        assert "one-time link" in page.text
        assert (await stranger.http.get("/events")).status_code == 401
        assert (await stranger.http.get("/session")).status_code == 401
        for path in ("/send", "/link", "/out"):
            assert (await stranger.post(path, {"id": new_id(), "text": "x"})).status_code == 401
        assert inbox.kept.empty()
        await stranger.http.aclose()


async def test_a_link_signs_in_once_and_reading_it_uses_nothing_up() -> None:
    async with chatting() as (rig, _, _):
        first, second = Browser(rig.adapter), Browser(rig.adapter)
        link = rig.adapter.sign_in.new_link("ada")
        assert link.startswith(f"http://127.0.0.1:{rig.adapter.port}/in#")
        assert (await first.http.get("/in")).status_code == 200
        entered = await first.enter(link)
        assert entered.status_code == 204
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert (await first.http.get("/")).status_code == 200
        refused = await second.enter(link)
        assert refused.status_code == 401
        assert "used already" in refused.json()["error"]
        await first.http.aclose()
        await second.http.aclose()


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Form-Token": "forged"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
async def test_another_sites_page_cannot_act_in_a_persons_name(headers: dict[str, str]) -> None:
    async with chatting() as (_, browser, inbox):
        answer = await browser.post("/send", {"id": new_id(), "text": "forged"}, **headers)
        assert answer.status_code == 403
        assert inbox.kept.empty()


@pytest.mark.parametrize(
    ("origin", "status"), [(None, 403), ("null", 403), ("http://evil.example", 403), ("http://{host}", 202)]
)
async def test_a_browser_that_tells_only_the_origin_is_judged_by_it(origin: str | None, status: int) -> None:
    async with chatting() as (_, browser, _):
        del browser.http.headers["Sec-Fetch-Site"]
        headers = {} if origin is None else {"Origin": origin.format(host=browser.http.base_url.netloc.decode())}
        answer = await browser.post("/send", {"id": new_id(), "text": "hello"}, **headers)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("host", "status"),
    [("evil.example", 421), ("localhost.evil.example:80", 421), ("", 421), ("[bad", 421), ("localhost:1", 200)],
)
async def test_a_foreign_name_that_points_here_is_refused(host: str, status: int) -> None:
    async with chatting() as (_, browser, _):
        assert (await browser.http.get("/", headers={"Host": host})).status_code == status


async def test_a_signed_in_person_makes_a_link_for_another_device() -> None:
    async with chatting() as (rig, browser, _):
        url = (await browser.post("/link")).json()["url"]
        phone = Browser(rig.adapter)
        assert (await phone.enter(url)).status_code == 204
        await phone.http.aclose()


async def test_people_hear_only_their_own_conversation() -> None:
    async with chatting() as (rig, _, _):
        bob = Browser(rig.adapter)
        await bob.sign_in("bob")
        async with asyncio.timeout(PATIENCE), bob.events() as events:
            await post(rig, delivery(rig, "for ada alone"))
            await rig.adapter.send(Delivery(99, "c", Address("web", "", "bob"), Reply("for bob")), lambda: None)
            assert "for bob" in (await anext(events)).data["html"]
        await bob.http.aclose()


# ---- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/in", "/healthz", "/readyz", "/static/chat.js", "/static/none", "/none", "/session"]
)
async def test_every_answer_closes_the_doors(path: str) -> None:
    async with chatting() as (_, browser, _):
        headers = (await browser.http.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == ("no-cache" if path == "/static/chat.js" else "no-store")
    assert "server" not in headers


async def test_pages_ask_nothing_of_any_other_host() -> None:
    async with chatting() as (_, browser, _):
        pages = [await browser.open(), (await browser.http.get("/in")).text]
        files = {name for page in pages for name in re.findall(r'(?:src|href)="(/static/[^"]+)"', page)}
        assert len(files) == 4
        for name in files:
            answer = await browser.http.get(name)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
            pages.append(answer.text)
    foreign = {url for page in pages for url in re.findall(r"https?://[^\s\"')]+", page)}
    assert foreign == {"http://www.w3.org/2000/svg"}, "the name of a format is no request"
    assert not any(re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", page) for page in pages[:2])


async def test_the_page_speaks_the_browsers_language() -> None:
    async with chatting() as (_, browser, _):
        chinese = (await browser.http.get("/", headers={"Accept-Language": "fr, zh-CN;q=0.9, en;q=0.8"})).text
        english = (await browser.http.get("/", headers={"Accept-Language": "fr"})).text
    assert '<html lang="zh-Hans">' in chinese
    assert "输入消息" in chinese
    assert '<html lang="en">' in english


async def test_a_page_opens_with_what_was_said_before_and_no_word_of_it_is_code() -> None:
    evil = "<script>alert(1)</script>"

    async def history(address: Address) -> list[Line]:
        assert address == Address("web", "", "ada")
        return [
            Line("user", evil, key="ada:1"),
            Line("assistant", f"**Hello** {evil} [x](javascript:alert(1))", (Choice(evil, '"><b>'),), key="turn:1"),
        ]

    async with chatting(await new_adapter(history=history)) as (rig, browser, _):
        await post(rig, delivery(rig, "before the page was opened"))
        page = await browser.open()
        assert "<strong>Hello</strong>" in page
        assert "<script>alert" not in page
        assert 'href="javascript' not in page
        assert 'data-choice="&#34;&gt;&lt;b&gt;"' in page
        assert 'data-cause="turn:1"' in page
        async with asyncio.timeout(PATIENCE), browser.events() as events:
            await post(rig, delivery(rig, "after it was opened"))
            assert "after it" in (await anext(events)).data["html"], "what the history holds does not come again"


# ---- messages --------------------------------------------------------------------------------------------------------


async def test_a_browser_says_its_zone_and_language() -> None:
    async with chatting() as (_, browser, inbox):
        browser.http.headers["Accept-Language"] = "zh-CN,zh;q=0.9"
        await browser.send(new_id(), "hello", zone="Asia/Shanghai")
        sender = (await inbox.next()).sender
        assert (sender.account, sender.locale, sender.zone) == ("ada", "zh-CN", "Asia/Shanghai")
        await browser.send(new_id(), "hello", zone="../../etc/passwd")
        assert (await inbox.next()).sender.zone is None


async def test_what_cannot_be_kept_now_is_refused_with_a_word_and_taken_when_sent_again() -> None:
    async with chatting() as (_, browser, inbox):
        inbox.refusals = 1
        id = new_id()
        refused = await browser.send(id, "keep me")
        assert refused.status_code == 503
        assert "send it again" in refused.json()["error"]
        assert (await browser.send(id, "keep me")).status_code == 202
        assert (await inbox.next()).event_id == f"ada:{id}"


async def test_before_and_after_listening_messages_are_refused_not_lost() -> None:
    rig = WebRig(await new_adapter())
    async with rig.adapter.connect():
        assert (await (await rig.page()).send(new_id(), "too early")).status_code == 503
    await rig.close()


async def test_listening_needs_a_connection() -> None:
    with pytest.raises(Unavailable):
        await (await new_adapter()).listen(Inbox())


async def test_a_long_message_passes_and_one_beyond_measure_is_refused_with_a_word() -> None:
    async with chatting() as (_, browser, inbox):
        assert (await browser.send(new_id(), "长" * 100_000)).status_code == 202
        assert len((await inbox.next()).text) == 100_000
        refused = await browser.send(new_id(), "x" * 2_000_000)
        assert refused.status_code == 413
        assert "too long" in refused.json()["error"]
        assert inbox.kept.empty()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"id": "short", "text": "x"}',
        b'{"id": "0123456789abcdef0123\\n", "text": "x"}',
        b'{"id": "0123456789abcdef0123", "text": 5}',
        b'{"id": "0123456789abcdef0123", "text": "\\ud800"}',
        b'{"id": "0123456789abcdef0123", "text": "x", "choice": "' + b"c" * 65 + b'"}',
        b'{"id": "0123456789abcdef0123", "text": "\xff"}',
        b"[" * 100_000,
    ],
)
async def test_nonsense_is_refused_with_a_word(body: bytes) -> None:
    async with chatting() as (_, browser, inbox):
        answer = await browser.http.post("/send", content=body, headers={"X-Form-Token": browser.token})
        assert answer.status_code == 400
        assert answer.json()["error"]
        assert inbox.kept.empty()


async def test_other_pages_of_a_person_see_what_was_written_here() -> None:
    async with chatting() as (_, browser, _), asyncio.timeout(PATIENCE), browser.events() as events:
        id = new_id()
        await browser.send(id, "hello")
        await browser.send(id, "hello")
        await browser.send(new_id(), "again")
        shown = [await anext(events), await anext(events)]
    assert [event.data["text"] for event in shown] == ["hello", "again"], "the same message is shown once"


# ---- streams ---------------------------------------------------------------------------------------------------------


async def test_a_reply_that_came_while_the_phone_slept_is_there_when_it_wakes() -> None:
    async with chatting() as (rig, browser, _), asyncio.timeout(PATIENCE):
        async with browser.events() as events:
            await post(rig, delivery(rig, "before"))
            awake = await anext(events)
        await post(rig, delivery(rig, "meanwhile"))
        async with browser.events(awake.id) as events:
            assert read((await anext(events)).data["html"]) == "meanwhile"


@pytest.mark.parametrize("last", ["another-7", "junk", "", "-1", "x" * 5000])
async def test_a_page_from_another_life_of_the_process_loads_anew(last: str) -> None:
    async with (
        chatting() as (_, browser, _),
        asyncio.timeout(PATIENCE),
        browser.http.stream("GET", f"/events?last={last}") as answer,
    ):
        assert (await anext(parsed(answer.aiter_lines()))).name == "reset"


async def test_a_page_opened_in_the_middle_of_a_reply_sees_it_from_its_start() -> None:
    async with chatting() as (rig, browser, _):
        stream = Stream(TextDelta("Once upon "), TextDelta("a time"), stays_open=True)
        task = asyncio.create_task(rig.adapter.show(rig.address, "turn:1", aiter(stream)))
        async with asyncio.timeout(PATIENCE):
            await stream.read.wait()
            async with browser.events() as events:
                event = await anext(events)
                assert (event.name, event.data["text"]) == ("preview", "Once upon a time")
                task.cancel()
                assert (await anext(events)).name == "drop"


async def test_leaving_ends_open_streams_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.web.server._PARTING", 60)  # what would be waited for
    rig = WebRig(await new_adapter())
    loop = asyncio.get_running_loop()
    async with rig.adapter.connect():
        browser = await rig.page()
        stream = browser.events()
        events = await stream.__aenter__()
        began = loop.time()
    assert [event async for event in events] == []
    await stream.__aexit__(None, None, None)
    assert loop.time() - began < 30.0
    await rig.close()


# ---- the process -----------------------------------------------------------------------------------------------------


async def test_health_is_told_to_anybody_and_says_what_is_not_well() -> None:
    state = {"well": True}

    async def store() -> None:
        if not state["well"]:
            raise Unavailable("the database is locked")

    async def model() -> None: ...

    async with chatting(await new_adapter(checks={"store": store, "model": model})) as (rig, _, _):
        watcher = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{rig.adapter.port}", timeout=PATIENCE)
        assert (await watcher.get("/healthz")).status_code == 200
        assert (await watcher.get("/readyz")).json() == {"ready": True, "checks": {"store": "ok", "model": "ok"}}
        state["well"] = False
        ill = await watcher.get("/readyz")
        assert ill.status_code == 503
        assert ill.json()["checks"] == {"store": "the database is locked", "model": "ok"}
        assert (await watcher.get("/healthz")).status_code == 200
        await watcher.aclose()


async def test_signals_stay_with_the_product() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with (await new_adapter()).connect():
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


async def test_any_free_port_can_be_asked_for() -> None:
    adapter = await new_adapter(port=0)
    async with adapter.connect():
        assert adapter.port > 0
        assert adapter.url == f"http://127.0.0.1:{adapter.port}"


async def test_an_address_that_is_not_ours_is_said_by_the_settings_name() -> None:
    with pytest.raises(ConfigurationError, match="HOST"):
        async with (await new_adapter(host="nowhere.invalid")).connect():
            pass


async def test_a_short_key_is_refused_by_its_name() -> None:
    with pytest.raises(ConfigurationError, match="SECRET_KEY"):
        await new_adapter(key=b"short")


async def test_the_start_says_how_to_get_in() -> None:
    async with chatting() as (rig, _, _):
        owner = Browser(rig.adapter)
        link = found(r"^(http://\S+) ", rig.adapter.where)
        assert (await owner.enter(link)).status_code == 204
        assert 'data-person="owner"' in await owner.open()
        await owner.http.aclose()


def test_it_is_found_by_its_name() -> None:
    assert "web" in available()


def test_importing_the_package_loads_no_server() -> None:
    code = "import sys, adapters.web; print({'starlette', 'uvicorn', 'jinja2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
