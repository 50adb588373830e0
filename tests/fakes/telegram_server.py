"""A small Telegram on loopback: the Bot API, people who use it, and faults on demand.

    server = await TelegramServer().start()
    ada = server.person("Ada")
    ada.say("hello")
    await server.until(lambda: ada.chat.texts)

Nothing here waits for a time: a slow answer is a `Gate` that the test opens. What a real server would refuse is refused
as it words it, and kept in `problems`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from aiohttp import web

from tests.fakes.telegram_checks import Refusal, check_keyboard, check_rich, check_text, units, words_of

Json: TypeAlias = dict[str, Any]
FaultKind: TypeAlias = Literal["refuse", "drop-before", "drop-after", "slow"]

PATIENCE = 60.0
_AUTOMATIC = (("bot_command", r"(?<!\S)/\w+(?:@\w+)?"), ("mention", r"(?<!\w)@\w{4,}"))


@dataclass(slots=True)
class Call:
    """One call of the bot."""

    method: str
    params: Json
    status: int = 200
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
    times: int
    refusal: Refusal | None = None
    html: bool = False
    gate: Gate | None = None


class Chat:
    """A private chat, a supergroup or a forum, and what stands in it."""

    def __init__(self, server: TelegramServer, number: int, kind: str, about: Json) -> None:
        self._server = server
        self.id, self.kind, self.about = number, kind, {"id": number, "type": kind} | about
        self.messages: dict[int, Json] = {}
        self.drafts: dict[int, str] = {}
        self.draft_history: list[tuple[int, str]] = []
        self.stoppable: set[int] = set()
        """Drafts with a Stop button."""
        self.edits: list[tuple[int, str]] = []
        """Texts that messages of the bot got later, with their ids."""
        self.actions: list[str] = []
        self.closed = ""
        """The words with which the bot is turned away; "" while it is welcome."""

    @property
    def from_bot(self) -> list[Json]:
        return [message for message in self.messages.values() if message["from"]["is_bot"]]

    @property
    def texts(self) -> list[str]:
        """What the bot's messages say, oldest first."""
        return [message["text"] for message in self.from_bot]


@dataclass(slots=True)
class Person:
    server: TelegramServer
    id: int
    name: str
    language_code: str | None
    chat: Chat
    is_bot: bool = False

    @property
    def json(self) -> Json:
        about: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name}
        return about | ({"language_code": self.language_code} if self.language_code else {})

    def say(self, text: str, chat: Chat | None = None, **more: Any) -> Json:
        """Sends a text; returns the update. `more` are further fields of the message."""
        return self.send(chat, text=text, entities=found_entities(text), **more)

    def send(self, chat: Chat | None = None, **content: Any) -> Json:
        """Sends anything: `sticker={...}`, `photo=[...]`, `caption="..."`."""
        chat = chat or self.chat
        message = self.server.put(chat, self.json, **content)
        return self.server.update("message", message)

    def edit(self, message: Json, text: str) -> Json:
        message |= {"text": text, "entities": found_entities(text), "edit_date": int(time.time())}
        return self.server.update("edited_message", message)

    def press(self, message: Json, data: str) -> Json:
        """Presses a button; the query stays in `open_queries` until it is answered."""
        query: Json = {
            "id": str(self.server.next_id()),
            "from": self.json,
            "message": message,
            "chat_instance": "1",
            "data": data,
        }
        self.server.open_queries.add(query["id"])
        return self.server.update("callback_query", query)

    def stop(self, draft_id: int) -> Json:
        """Presses Stop under a draft in the private chat."""
        assert draft_id in self.chat.stoppable
        return self.server.update("stopped_message_generation", {"chat": self.chat.about, "draft_id": draft_id})

    def react(self, message: Json, *emoji: str, before: str = "") -> Json:
        """Leaves these reactions at a message, where `before` stood."""
        kinds = [{"type": "emoji", "emoji": one} for one in emoji]
        old = [{"type": "emoji", "emoji": before}] if before else []
        about = {"chat": message["chat"], "message_id": message["message_id"], "user": self.json}
        more = {"date": int(time.time()), "old_reaction": old, "new_reaction": kinds}
        return self.server.update("message_reaction", about | more)

    def block_bot(self) -> Json:
        self.chat.closed = "Forbidden: bot was blocked by the user"
        return self._membership("member", "kicked")

    def unblock_bot(self) -> Json:
        self.chat.closed = ""
        return self._membership("kicked", "member")

    def _membership(self, old: str, new: str) -> Json:
        member = {"user": self.server.me}
        return self.server.update(
            "my_chat_member",
            {
                "chat": self.chat.about,
                "from": self.json,
                "date": int(time.time()),
                "old_chat_member": member | {"status": old},
                "new_chat_member": member | {"status": new},
            },
        )


class TelegramServer:
    def __init__(self, token: str = "70000001:fake-bot-api-token-for-tests", username: str = "remora_bot") -> None:
        self.token, self.username = token, username
        self.me: Json = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "Remora", "username": username}
        self.url = ""
        self.journal: list[Call] = []
        self.problems: list[str] = []
        self.chats: dict[int, Chat] = {}
        self.open_queries: set[str] = set()
        self.on_text: Callable[[str], None] = lambda _text: None
        """Told of each text that the bot sends."""
        self.webhook = self.secret = self.hook_error = ""
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.about: dict[tuple[str, str], str] = {}
        self._ids = itertools.count(1)
        self._updates = itertools.count(500_000)
        self._pending: list[Json] = []
        self._again: list[Json] = []
        self._taken: dict[int, asyncio.Event] = {}
        self._faults: list[Fault] = []
        self._change = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._wakers: set[asyncio.Task[None]] = set()
        self._stopping = False

    # life

    async def start(self, port: int = 0) -> TelegramServer:
        app = web.Application()
        app.router.add_route("*", r"/bot{token}/{method:\w+}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{bound}"
        self._stopping = False
        return self

    async def stop(self) -> None:
        """Stops listening: from outside, the network is gone. `start(port)` brings it back."""
        self._stopping = True
        for fault in self._faults:
            if fault.gate:
                fault.gate.open.set()
        await self._wake()
        if self._runner:
            await self._runner.cleanup()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def env(self) -> dict[str, str]:
        """The settings of a product that is to talk to this server."""
        return {"TELEGRAM_BOT_TOKEN": self.token, "TELEGRAM_API_BASE_URL": self.url, "NO_PROXY": "127.0.0.1"}

    async def until(self, true: Callable[[], object]) -> None:
        """Returns once it is true; looks again whenever something happened here."""
        async with asyncio.timeout(PATIENCE), self._change:
            await self._change.wait_for(lambda: bool(true()))

    def calls(self, method: str) -> list[Call]:
        return [call for call in self.journal if call.method == method]

    # people and chats

    def next_id(self) -> int:
        return next(self._ids)

    def person(self, name: str, language_code: str | None = "en", *, is_bot: bool = False) -> Person:
        number = 1000 + self.next_id()
        chat = self.chats[number] = Chat(self, number, "private", {"first_name": name})
        return Person(self, number, name, language_code, chat, is_bot)

    def group(self, title: str, *, forum: bool = False) -> Chat:
        number = -1_002_000_000_000 - self.next_id()
        about = {"title": title} | ({"is_forum": True} if forum else {})
        chat = self.chats[number] = Chat(self, number, "supergroup", about)
        return chat

    def put(self, chat: Chat, sender: Json, **content: Any) -> Json:
        number = self.next_id()
        message = {"message_id": number, "date": int(time.time()), "chat": chat.about, "from": sender} | content
        chat.messages[number] = message
        self._changed()
        return message

    # updates

    def update(self, kind: str, payload: object) -> Json:
        """Queues an update for the bot, whatever it holds."""
        update: Json = json.loads(json.dumps({"update_id": next(self._updates), kind: payload}))
        self._taken[update["update_id"]] = asyncio.Event()
        self._pending.append(update)
        self._changed()
        return update

    def redeliver(self, update: Json) -> None:
        """Sends an update once more, as after a confirmation that got lost."""
        self._again.append(update)
        self._changed()

    def taken(self, update: Json) -> asyncio.Event:
        """Set once the bot confirmed the update."""
        return self._taken[update["update_id"]]

    # faults

    def refuse(
        self, method: str, code: int, description: str = "", *, times: int = 1, html: bool = False, **parameters: int
    ) -> None:
        """The next `times` calls are refused; `html`: by a proxy's page rather than the Bot API."""
        refusal = Refusal(code, description or f"Error {code}", ours=True, **parameters)
        self._faults.append(Fault("refuse", method, times, refusal, html))

    def rate_limit(self, method: str, seconds: int, *, times: int = 1) -> None:
        self.refuse(method, 429, f"Too Many Requests: retry after {seconds}", times=times, retry_after=seconds)

    def drop(self, method: str, *, after: bool = False, times: int = 1) -> None:
        """The connection breaks, before the work was done or `after` it."""
        self._faults.append(Fault("drop-after" if after else "drop-before", method, times))

    def hold(self, method: str) -> Gate:
        """The next call waits at the gate until the test opens it."""
        gate = Gate()
        self._faults.append(Fault("slow", method, 1, gate=gate))
        return gate

    def _fault(self, method: str) -> Fault | None:
        fault = next((one for one in self._faults if one.method == method), None)
        if fault is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._faults.remove(fault)
        return fault

    # the API

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _refused(Refusal(401, "Unauthorized"))
        call = Call(request.match_info["method"], _decoded(dict(await request.post())))
        self.journal.append(call)
        fault = self._fault(call.method)
        if fault is None:
            return await self._answer(call)
        call.fault = fault.kind
        if fault.gate is not None:
            fault.gate.reached.set()
            await fault.gate.open.wait()
            return await self._answer(call)
        if fault.refusal is not None:
            call.status = fault.refusal.code
            self._changed()
            return (
                web.Response(status=call.status, text="<html>Bad Gateway</html>")
                if fault.html
                else _refused(fault.refusal)
            )
        if fault.kind == "drop-after":
            await self._answer(call)
        self._changed()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _answer(self, call: Call) -> web.Response:
        try:
            if call.method == "getUpdates":
                result: object = await self._get_updates(call.params)
            else:
                method = getattr(self, f"_do_{call.method}", None)
                if method is None:
                    raise Refusal(404, "Not Found")
                result = method(call.params)
        except Refusal as no:
            call.status = no.code
            if not no.ours:
                self.problems.append(f"{call.method}: {no.description}")
            return _refused(no)
        finally:
            self._changed()
        return web.json_response({"ok": True, "result": result})

    async def _get_updates(self, params: Json) -> list[Json]:
        if self.webhook:
            raise Refusal(409, "Conflict: can't use getUpdates method while webhook is active", ours=True)
        offset = params.get("offset", 0)
        for update in self._pending:
            if update["update_id"] < offset:
                self._taken[update["update_id"]].set()
        self._pending = [one for one in self._pending if one["update_id"] >= offset]
        wanted = set(params.get("allowed_updates") or ())

        def ready() -> list[Json]:
            return [one for one in self._again + self._pending if not wanted or wanted & one.keys()]

        try:
            async with asyncio.timeout(params.get("timeout", 0)), self._change:
                await self._change.wait_for(lambda: ready() or self._stopping)
        except TimeoutError:
            return []
        found = ready()[: params.get("limit", 100)]
        self._again.clear()
        return found

    def _do_getMe(self, _params: Json) -> Json:
        return self.me | {"can_join_groups": True, "can_read_all_group_messages": False}

    def _do_deleteWebhook(self, _params: Json) -> bool:
        self.webhook = ""
        return True

    def _do_setWebhook(self, params: Json) -> bool:
        self.webhook, self.secret = params["url"], params["secret_token"]
        return True

    def _do_getWebhookInfo(self, _params: Json) -> Json:
        info = {"url": self.webhook, "has_custom_certificate": False, "pending_update_count": len(self._pending)}
        return info | (
            {"last_error_date": int(time.time()), "last_error_message": self.hook_error} if self.hook_error else {}
        )

    def _do_setMyCommands(self, params: Json) -> bool:
        self.commands[params["scope"]["type"], params.get("language_code", "")] = params["commands"]
        return True

    def _do_setMyDescription(self, params: Json) -> bool:
        self.about["long", params.get("language_code", "")] = params["description"]
        return True

    def _do_setMyShortDescription(self, params: Json) -> bool:
        self.about["short", params.get("language_code", "")] = params["short_description"]
        return True

    def _do_setChatMenuButton(self, params: Json) -> bool:
        self.about["menu", ""] = params["menu_button"]["type"]
        return True

    def _do_sendMessage(self, params: Json) -> Json:
        check_text(params.get("text", ""), params.get("entities") or [])
        return self._send(params)

    def _send(self, params: Json) -> Json:
        chat = self._open_chat(params)
        text, entities = params["text"], params.get("entities") or []
        more: Json = {"text": text} | ({"entities": entities} if entities else {})
        if markup := params.get("reply_markup"):
            check_keyboard(markup)
            if "inline_keyboard" in markup:  # others belong to the chat, not to the message
                more["reply_markup"] = markup
        if topic := params.get("message_thread_id"):
            if not any(one.get("message_thread_id") == topic for one in chat.messages.values()):
                raise Refusal(400, "Bad Request: message thread not found", ours=True)
            more |= {"message_thread_id": topic, "is_topic_message": True}
        if reply := params.get("reply_parameters"):
            if (original := chat.messages.get(reply["message_id"])) is not None:
                more["reply_to_message"] = {key: value for key, value in original.items() if key != "reply_to_message"}
            elif not reply.get("allow_sending_without_reply"):
                raise Refusal(400, "Bad Request: message to be replied not found", ours=True)
        chat.drafts.clear()
        chat.stoppable.clear()
        self.on_text(text)
        return self.put(chat, self.me, **more)

    def _do_sendRichMessage(self, params: Json) -> Json:
        html = params["rich_message"]["html"]
        check_rich(html)
        plain = {name: value for name, value in params.items() if name != "rich_message"}
        message = self._send(plain | {"text": words_of(html)})
        message["rich"] = html
        return message

    def _do_editMessageText(self, params: Json) -> Json:
        chat, message = self._own(params)
        text, entities = params.get("text", ""), params.get("entities") or []
        check_text(text, entities)
        markup = params.get("reply_markup")
        if markup:
            check_keyboard(markup)
        new = {"text": text, "entities": entities, "reply_markup": markup}
        if all((message.get(name) or None) == (value or None) for name, value in new.items()):
            raise Refusal(400, "Bad Request: message is not modified: content and markup are the same", ours=True)
        for name, value in new.items():
            message.pop(name, None)
            if value:
                message[name] = value
        chat.edits.append((message["message_id"], text))
        return message

    def _do_editMessageReplyMarkup(self, params: Json) -> Json:
        _, message = self._own(params)
        markup = params.get("reply_markup")
        if message.get("reply_markup") == markup:
            raise Refusal(400, "Bad Request: message is not modified: content and markup are the same", ours=True)
        message.pop("reply_markup", None)
        return message | ({"reply_markup": markup} if markup else {})

    def _do_deleteMessage(self, params: Json) -> bool:
        chat = self._open_chat(params)
        if chat.messages.pop(params["message_id"], None) is None:
            raise Refusal(400, "Bad Request: message to delete not found", ours=True)
        return True

    def _own(self, params: Json) -> tuple[Chat, Json]:
        chat = self._open_chat(params)
        message = chat.messages.get(params["message_id"])
        if message is None:
            raise Refusal(400, "Bad Request: message to edit not found", ours=True)
        if message["from"]["id"] != self.me["id"]:
            raise Refusal(400, "Bad Request: message can't be edited")
        return chat, message

    def _do_sendMessageDraft(self, params: Json) -> bool:
        chat = self._open_chat(params)
        if chat.kind != "private" or not params.get("draft_id"):
            raise Refusal(400, "Bad Request: drafts need a private chat and a draft_id that is not 0")
        text = params.get("text", "")
        if text:
            check_text(text, params.get("entities") or [])
        chat.drafts[params["draft_id"]] = text
        chat.draft_history.append((params["draft_id"], text))
        (chat.stoppable.add if params.get("can_stop") else chat.stoppable.discard)(params["draft_id"])
        return True

    def _do_sendChatAction(self, params: Json) -> bool:
        self._open_chat(params).actions.append(params["action"])
        return True

    def _do_answerCallbackQuery(self, params: Json) -> bool:
        if params["callback_query_id"] not in self.open_queries:
            raise Refusal(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid", ours=True
            )
        self.open_queries.remove(params["callback_query_id"])
        return True

    def _open_chat(self, params: Json) -> Chat:
        chat = self.chats.get(params.get("chat_id", 0))
        if chat is None:
            raise Refusal(400, "Bad Request: chat not found", ours=True)
        if chat.closed:
            raise Refusal(403, chat.closed, ours=True)
        return chat

    # waking those who wait

    def _changed(self) -> None:
        task = asyncio.get_running_loop().create_task(self._wake(), name="fake-telegram")
        self._wakers.add(task)
        task.add_done_callback(self._wakers.discard)

    async def _wake(self) -> None:
        async with self._change:
            self._change.notify_all()


def found_entities(text: str) -> list[Json]:
    """What Telegram marks by itself in what people write: commands and mentions."""
    return sorted(
        (
            {"type": kind, "offset": units(text[: found.start()]), "length": units(found[0])}
            for kind, pattern in _AUTOMATIC
            for found in re.finditer(pattern, text)
        ),
        key=lambda entity: int(str(entity["offset"])),
    )


def _decoded(form: dict[str, Any]) -> Json:
    decoded: Json = {}
    for name, value in form.items():
        try:
            decoded[name] = value if name == "text" else json.loads(value)
        except ValueError:
            decoded[name] = value
    if "callback_query_id" in decoded:
        decoded["callback_query_id"] = str(decoded["callback_query_id"])
    return decoded


def _refused(no: Refusal) -> web.Response:
    body: Json = {"ok": False, "error_code": no.code, "description": no.description}
    if no.parameters:
        body["parameters"] = no.parameters
    return web.json_response(body, status=no.code)
