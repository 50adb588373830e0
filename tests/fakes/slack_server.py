"""A small Slack on loopback: Web API and Socket Mode, people who use them, and faults on demand.

    server = await SlackServer().start()
    ada = server.person("Ada")
    ada.say("hello")
    await server.until(lambda: ada.dm.texts)

Nothing here waits for a time: a slow answer is a `Gate` that the test opens, and what was not acknowledged is sent again
when the test says so or a new socket opens. What a real server would refuse is refused in its words, and kept in
`problems` where the caller should have known better.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import aiohttp
from aiohttp import web

from tests.fakes.slack_surface import Refusal, SurfaceMethods

Json: TypeAlias = dict[str, Any]
FaultKind: TypeAlias = Literal["refuse", "drop-before", "drop-after", "slow"]

PATIENCE = 60.0
TEAM, BOT_USER, BOT = "T1", "UBOT", "BBOT"


@dataclass(slots=True)
class Call:
    """One call of the Web API."""

    method: str
    params: Json
    fault: str = ""


@dataclass(slots=True)
class Gate:
    """Holds a call between its arrival and its work."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Fault:
    kind: FaultKind
    method: str
    times: int = 1
    status: int = 200
    error: str = ""
    after: int = 0
    html: bool = False
    gate: Gate | None = None
    when: Callable[[Json], bool] = lambda _: True


@dataclass(slots=True)
class Envelope:
    """Something on its way by a socket; `taken` once it was acknowledged."""

    id: str
    kind: str
    payload: Json
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    answer: Json = field(default_factory=dict)
    """What came with the acknowledgement."""


class Conversation:
    """A channel or a direct message, and what stands in it."""

    def __init__(self, id: str, *, closed: str = "") -> None:
        self.id = id
        self.closed = closed
        self.messages: dict[str, Json] = {}
        self.statuses: list[str] = []
        self.sessions: list[str] = []
        self.titles: list[str] = []
        self.prompts: list[Json] = []
        self.whispers: list[Json] = []
        """What was shown to one person alone."""
        self.deleted: list[Json] = []

    @property
    def kind(self) -> str:
        return "im" if self.id.startswith("D") else "channel"

    @property
    def from_bot(self) -> list[Json]:
        return [message for message in self.messages.values() if message.get("bot_id") == BOT]

    @property
    def texts(self) -> list[str]:
        """The bot's messages as a person reads them."""
        return [read(message) for message in self.from_bot]


class Person:
    """Somebody in the workspace."""

    def __init__(self, server: SlackServer, id: str, profile: Json) -> None:
        self.server, self.id, self.profile = server, id, profile
        self.dm = Conversation("D" + id[1:])

    def say(self, text: str, where: Conversation | None = None, thread: Json | str = "", **more: Any) -> Envelope:
        """A message, in the direct message with the bot by default. A mention of the bot in a channel is two events."""
        where = where or self.dm
        message: Json = {"type": "message", "user": self.id, "text": text, "ts": self.server.ts(), **more}
        if thread:
            message["thread_ts"] = thread if isinstance(thread, str) else thread.get("thread_ts") or thread["ts"]
        where.messages[message["ts"]] = message
        return self.server.announce(where, message)

    def edit(self, where: Conversation, message: Json, text: str, *, edited: bool = True) -> Envelope:
        before = dict(message)
        message["text"] = text
        if edited:
            message["edited"] = {"user": self.id, "ts": self.server.ts()}
        event: Json = {"type": "message", "subtype": "message_changed", "channel": where.id, "channel_type": where.kind}
        event |= {"ts": self.server.ts(), "message": dict(message), "previous_message": before}
        return self.server.event(event)

    def press(self, where: Conversation, message: Json, label: str) -> Envelope:
        rows = [block["elements"] for block in message.get("blocks", []) if block["type"] == "actions"]
        button = next(one for row in rows for one in row if one["text"]["text"] == label)
        action = {**button, "action_ts": self.server.ts(), "block_id": "b"}
        return self.interact("block_actions", channel={"id": where.id}, message=message, actions=[action])

    def interact(self, kind: str, **more: Any) -> Envelope:
        trigger = f"trigger{next(self.server._numbers)}"
        self.server._triggers.add(trigger)
        payload = {
            "type": kind,
            "user": {"id": self.id, "name": "x"},
            "team": {"id": TEAM},
            "trigger_id": trigger,
            **more,
        }
        return self.server.send("interactive", payload)


class SlackServer(SurfaceMethods):
    """One workspace with one app."""

    def __init__(self) -> None:
        self.token, self.app_token = "xoxb-1-right", "xapp-1-right"
        self.around: Any = None
        """What the adapter is given of the product."""
        self.journal: list[Call] = []
        self.problems: list[str] = []
        self.faults: list[Fault] = []
        self.people: dict[str, Person] = {}
        self.views: dict[str, Json] = {}
        """What people see besides messages: by view id, and each one's home tab by "home:" and their id."""
        self._triggers: set[str] = set()
        self.conversations: dict[str, Conversation] = {}
        self.sockets: list[web.WebSocketResponse] = []
        self.hellos = 0
        self.scopes = ""
        self.responses: list[Json] = []
        """What came to `respond_url`, as answers to commands; refused while `responds` is False."""
        self.responds = True
        self._waiting: dict[str, Envelope] = {}
        self._outgoing: asyncio.Queue[Envelope] = asyncio.Queue()
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self._background: set[asyncio.Task[None]] = set()

    # -- life

    async def start(self) -> SlackServer:
        app = web.Application(client_max_size=2**24)
        app.router.add_route("*", r"/api/{method:[\w.]+}", self._call)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/respond", self._respond)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/api/"
        self.respond_url = f"http://127.0.0.1:{self.port}/respond"
        self._spawn(self._pump())
        return self

    async def stop(self) -> None:
        for task in list(self._background):
            task.cancel()
        self.cut()
        await self._runner.cleanup()

    async def until(self, condition: Callable[[], object]) -> None:
        """Returns once it holds; fails with the last calls if it does not in time."""
        try:
            async with asyncio.timeout(PATIENCE), self._changed:
                await self._changed.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"never happened; calls: {[call.method for call in self.journal]}") from None

    def calls(self, *methods: str) -> list[Json]:
        return [call.params for call in self.journal if call.method in methods]

    def person(self, name: str, zone: str = "Europe/Paris", locale: str = "en-US", *, is_bot: bool = False) -> Person:
        id = f"U{len(self.people) + 1}"
        profile: Json = {
            "id": id,
            "name": name.lower(),
            "tz": zone,
            "locale": locale,
            "is_bot": is_bot,
            "team_id": TEAM,
        }
        profile["profile"] = {"display_name": name, "real_name": f"{name} L."}
        person = self.people[id] = Person(self, id, profile)
        self.conversations[person.dm.id] = person.dm
        return person

    def channel(self, *, closed: str = "") -> Conversation:
        channel = Conversation(f"C{len(self.conversations) + 1}", closed=closed)
        self.conversations[channel.id] = channel
        return channel

    def ts(self) -> str:
        number = next(self._numbers)
        return f"{1_800_000_000 + number}.{number:06d}"

    # -- faults

    def fault(self, kind: FaultKind, method: str, **more: Any) -> Fault:
        fault = Fault(kind, method, **more)
        self.faults.append(fault)
        return fault

    def rate_limit(self, method: str, after: int, times: int = 1) -> None:
        self.fault("refuse", method, status=429, error="ratelimited", after=after, times=times)

    # -- events

    def announce(self, where: Conversation, message: Json) -> Envelope:
        event = {**message, "channel": where.id, "channel_type": where.kind, "event_ts": message["ts"]}
        if f"<@{BOT_USER}>" in str(message["text"]) and where.kind == "channel" and not message.get("bot_id"):
            self.event(
                {name: value for name, value in event.items() if name != "channel_type"} | {"type": "app_mention"}
            )
        return self.event(event)

    def event(self, event: Json) -> Envelope:
        payload: Json = {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event": event}
        payload |= {"event_id": f"Ev{next(self._numbers)}", "event_time": 1_800_000_000}
        return self.send("events_api", payload)

    def send(self, kind: str, payload: Json) -> Envelope:
        envelope = Envelope(f"env{next(self._numbers)}", kind, payload)
        self._outgoing.put_nowait(envelope)
        return envelope

    def again(self, envelope: Envelope) -> None:
        """The same envelope once more."""
        self._outgoing.put_nowait(envelope)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Asks the newest connection to be replaced, as Slack does every hour or so."""
        await self.sockets[-1].send_json({"type": "disconnect", "reason": reason})

    def cut(self) -> None:
        """Every connection breaks without a word."""
        for socket in self.sockets:
            transport = socket._req.transport if socket._req else None
            if transport is not None:
                transport.abort()

    async def _pump(self) -> None:
        while True:
            envelope = await self._outgoing.get()
            async with self._changed:
                await self._changed.wait_for(lambda: self.sockets)
            self._waiting[envelope.id] = envelope
            try:
                frame = {"envelope_id": envelope.id, "type": envelope.kind, "payload": envelope.payload}
                await self.sockets[-1].send_json(frame)
            except (ConnectionError, aiohttp.ClientError):
                pass  # the end of the socket sends it again

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.sockets) + 1})
        self.sockets.append(socket)
        self.hellos += 1
        await self._notify()
        try:
            async for frame in socket:
                answer = json.loads(frame.data)
                if (envelope := self._waiting.pop(answer["envelope_id"], None)) is not None:
                    envelope.answer = answer.get("payload") or {}
                    envelope.taken.set()
                    await self._notify()
        finally:
            self.sockets.remove(socket)
            if not self.sockets:
                for envelope in self._waiting.values():
                    self._outgoing.put_nowait(envelope)
                self._waiting.clear()
            await self._notify()
        return socket

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """Faults here are those of the method "response_url"."""
        call = Call("response_url", await request.json())
        self.journal.append(call)
        fault = self._take_fault(call)
        if fault is not None and (answer := await self._misbehave(fault, call, request)) is not None:
            return answer
        if self.responds:
            self._do(call)
        await self._notify()
        return web.Response(status=200 if self.responds else 404)

    def do_response_url(self, params: Json) -> Json:
        self.responses.append(params)
        return {}

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work, name="fake-slack")
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # -- the Web API

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await request.json() if request.content_type == "application/json" else dict(request.query)
        call = Call(method, body | dict(await request.post()))
        self.journal.append(call)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        fault = self._take_fault(call)
        if fault is not None and (answer := await self._misbehave(fault, call, request)) is not None:
            return answer
        if refused := self._refuses(method, token):
            return web.json_response({"ok": False, "error": refused})
        reply = self._do(call)
        await self._notify()
        return web.json_response(reply, headers={"X-OAuth-Scopes": self.scopes} if self.scopes else {})

    def _refuses(self, method: str, token: str) -> str:
        """Why this token may not call this method; "" if it may."""
        return "" if token == (self.app_token if method == "apps.connections.open" else self.token) else "invalid_auth"

    def _take_fault(self, call: Call) -> Fault | None:
        for fault in self.faults:
            if fault.method == call.method and fault.when(call.params):
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                call.fault = fault.kind
                return fault
        return None

    async def _misbehave(self, fault: Fault, call: Call, request: web.Request) -> web.StreamResponse | None:
        if fault.gate is not None:
            fault.gate.reached.set()
            await fault.gate.open.wait()
            return None
        if fault.kind == "refuse":
            headers = {"Retry-After": str(fault.after)} if fault.after else {}
            await self._notify()
            if fault.html:
                return web.Response(status=fault.status, text="<html>no</html>", content_type="text/html")
            return web.json_response({"ok": False, "error": fault.error}, status=fault.status, headers=headers)
        if fault.kind == "drop-after":
            self._do(call)
        await self._notify()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    def _do(self, call: Call) -> Json:
        work = getattr(self, "do_" + call.method.replace(".", "_"), None)
        try:
            if work is None:
                raise Refusal("unknown_method", call.method)
            return {"ok": True, **(work(call.params) or {})}
        except Refusal as no:
            if not no.ours:
                self.problems.append(f"{call.method}: {no.why}")
            return {"ok": False, "error": no.error}

    def do_auth_test(self, params: Json) -> Json:
        return {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT, "url": "https://acme.slack.com/"}

    def do_apps_connections_open(self, params: Json) -> Json:
        return {"url": f"ws://127.0.0.1:{self.port}/socket?ticket=secret{next(self._numbers)}"}

    def do_users_info(self, params: Json) -> Json:
        if params.get("user") not in self.people:
            raise Refusal("user_not_found")
        profile = dict(self.people[params["user"]].profile)
        if params.get("include_locale") not in ("1", "true", True):
            profile.pop("locale")
        return {"user": profile}

    def do_conversations_open(self, params: Json) -> Json:
        if params.get("users") not in self.people:
            raise Refusal("user_not_found")
        return {"channel": {"id": self.people[params["users"]].dm.id}}

    def do_conversations_history(self, params: Json) -> Json:
        messages = [
            one for one in self._where(params).messages.values() if one.get("thread_ts", one["ts"]) == one["ts"]
        ]
        return self._page(messages[::-1], params)

    def do_conversations_replies(self, params: Json) -> Json:
        where, root = self._where(params), params.get("ts")
        if root not in where.messages:
            raise Refusal("thread_not_found", ours=True)
        return self._page([one for one in where.messages.values() if root in (one["ts"], one.get("thread_ts"))], params)

    def do_chat_postMessage(self, params: Json) -> Json:
        where = self._where(params)
        self._check(params)
        if where.closed:
            raise Refusal(where.closed, ours=True)
        return self._store(where, params, {"text": params.get("text", ""), "blocks": params.get("blocks", [])})

    def do_chat_update(self, params: Json) -> Json:
        self._check(params)
        message = self._own(params)
        if message.get("streaming"):
            raise Refusal("streaming_state_conflict")
        if len(params.get("text") or "") > 4_000:
            raise Refusal("msg_too_long")
        for name in ("text", "blocks", "metadata"):
            if name in params:
                message[name] = params[name]
        return {"ts": message["ts"]}

    def do_chat_delete(self, params: Json) -> Json:
        message = self._own(params)
        self._where(params).deleted.append(self._where(params).messages.pop(message["ts"]))
        return {"ts": message["ts"]}

    def do_chat_startStream(self, params: Json) -> Json:
        where = self._where(params)
        if params.get("thread_ts") not in where.messages:
            raise Refusal("invalid_thread_ts")
        if where.kind != "im" and (
            params.get("recipient_user_id") not in self.people or not params["recipient_team_id"]
        ):
            raise Refusal("missing_recipient_user_id")
        return self._store(where, params, {"text": _streamed(params), "streaming": True, "cards": _cards(params)})

    def do_chat_appendStream(self, params: Json) -> Json:
        if not params.get("markdown_text") and not params.get("chunks"):
            raise Refusal("no_text")
        return self._stream(params)

    def do_chat_stopStream(self, params: Json) -> Json:
        self._check_blocks(params.get("blocks") or [])
        answer = self._stream(params)
        message = self._own(params)
        message["streaming"] = False
        message |= {name: params[name] for name in ("metadata", "blocks") if name in params}
        return answer

    # -- helpers

    def _where(self, params: Json) -> Conversation:
        if (where := self.conversations.get(params.get("channel", ""))) is None:
            raise Refusal("channel_not_found", ours=True)
        return where

    def _own(self, params: Json) -> Json:
        message = self._where(params).messages.get(params.get("ts", ""))
        if message is None:
            raise Refusal("message_not_found", ours=True)
        if message.get("bot_id") != BOT:
            raise Refusal("cant_update_message")
        return message

    def _stream(self, params: Json) -> Json:
        message = self._own(params)
        if not message.get("streaming"):
            raise Refusal("message_not_in_streaming_state", ours=True)
        message["text"] += _streamed(params)
        message["cards"] |= _cards(params)
        return {"ts": message["ts"]}

    def _store(self, where: Conversation, params: Json, content: Json) -> Json:
        if params.get("thread_ts") and params["thread_ts"] not in where.messages:
            raise Refusal("thread_not_found", ours=True)
        message: Json = {"type": "message", "user": BOT_USER, "bot_id": BOT, "ts": self.ts(), **content}
        message |= {name: params[name] for name in ("thread_ts", "metadata") if params.get(name)}
        where.messages[message["ts"]] = message
        self.announce(where, message)
        return {"ts": message["ts"], "channel": where.id}

    def _page(self, messages: list[Json], params: Json) -> Json:
        oldest, start, limit = params.get("oldest", ""), int(params.get("cursor", 0)), int(params.get("limit", 100))
        messages = [one for one in messages if one["ts"] > oldest]
        hidden = () if params.get("include_all_metadata") else ("metadata",)
        page = [{k: v for k, v in one.items() if k not in hidden} for one in messages[start : start + limit]]
        following = str(start + limit) if start + limit < len(messages) else ""
        return {"messages": page, "response_metadata": {"next_cursor": following}}

    def _check(self, params: Json) -> None:
        if not (params.get("text") or params.get("blocks")):
            raise Refusal("no_text")
        if params.get("unfurl_links") or params.get("unfurl_media"):
            raise Refusal("invalid_arguments", "a model's links are never unfurled")
        self._check_blocks(params.get("blocks") or [])

    def _check_blocks(self, blocks: list[Json]) -> None:
        if len(blocks) > 50 or sum(len(one["text"]) for one in blocks if one["type"] == "markdown") > 12_000:
            raise Refusal("msg_blocks_too_long")
        buttons = [one for block in blocks if block["type"] == "actions" for one in block["elements"]]
        if len({one["action_id"] for one in buttons}) < len(buttons):
            raise Refusal("invalid_blocks", "the same action_id twice")
        for one in buttons:
            if not 0 < len(one["text"]["text"]) <= 75 or len(one["value"]) > 2_000:
                raise Refusal("invalid_blocks", "a button's label or value is too long")
        if any(block["type"] == "actions" and not 0 < len(block["elements"]) <= 25 for block in blocks):
            raise Refusal("invalid_blocks", "an actions block holds 1 to 25 elements")


def _streamed(params: Json) -> str:
    chunks = params.get("chunks") or []
    return str(params.get("markdown_text", "")) + "".join(one.get("text", "") for one in chunks)


def _cards(params: Json) -> dict[str, str]:
    """The state of each piece of work that a stream shows."""
    return {one["title"]: one["status"] for one in params.get("chunks") or [] if one["type"] == "task_update"}


def read(message: Json) -> str:
    """A message as a person reads it: blocks where there are some, else the text; buttons are left out."""
    words = []
    for block in message.get("blocks") or []:
        if block["type"] == "markdown":
            words.append(block["text"])
        elif block["type"] == "rich_text":
            words += [
                "".join(piece.get("text") or piece["fallback"] for piece in section["elements"])
                for section in block["elements"]
            ]
    return ("\n".join(words) or str(message.get("text", ""))).replace("\u200b", "")
