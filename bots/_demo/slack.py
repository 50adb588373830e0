"""A workspace with one person: the Web API and a socket."""

from __future__ import annotations

import html
import itertools
import re
import secrets

from aiohttp import WSMsgType, web

from adapters.web.markdown import to_html
from bots._demo.stage import Bubble, Json, Stage, lines

_TEAM, _PERSON, _BOT, _DIRECT = "TDEMO", "UDEMO", "UREMORA", "DDEMO"


class Slack:
    def __init__(self, stage: Stage, token: str, name: str, language: str, zone: str) -> None:
        self.token, self.app_token = f"xoxb-{token}", f"xapp-{token}"
        self._stage = stage
        self._profile = {
            "id": _PERSON, "name": name.lower(), "tz": zone, "locale": {"zh": "zh-CN"}.get(language, "en-US"),
            "profile": {"display_name": name, "real_name": name},
        }  # fmt: skip
        self._numbers = itertools.count(1)
        self._messages: dict[str, Json] = {}
        self._socket: web.WebSocketResponse | None = None
        self._waiting: list[Json] = []
        self._thread = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", r"/api/{method:[\w.]+}", self._call), web.get(f"/socket/{self.token}", self._listen)]

    async def say(self, text: str) -> None:
        ts = self._ts()
        self._thread = self._thread or ts
        message = {"type": "message", "user": _PERSON, "text": text, "ts": ts, "thread_ts": self._thread}
        self._messages[ts] = message
        self._stage.put(Bubble("slack", ts, "person", lines(text), self._stage.time()))
        escaped = html.escape(text, quote=False)
        await self._event(message | {"text": escaped, "channel": _DIRECT, "channel_type": "im", "event_ts": ts})

    async def press(self, bubble: str, number: int) -> None:
        message = self._messages.get(bubble)
        actions = _actions(message) if message else []
        if message is None or not 0 <= number < len(actions):
            return
        action = actions[number] | {"action_ts": self._ts()}
        payload = {
            "type": "block_actions", "user": {"id": _PERSON, "name": self._profile["name"]}, "team": {"id": _TEAM},
            "channel": {"id": _DIRECT}, "message": message, "actions": [action], "trigger_id": action["action_ts"],
        }  # fmt: skip
        await self._send("interactive", payload)

    async def open(self) -> None:
        await self._event({"type": "app_home_opened", "user": _PERSON, "channel": _DIRECT, "tab": "messages"})

    async def _event(self, event: Json) -> None:
        body = {"type": "event_callback", "team_id": _TEAM, "event_id": f"Ev{next(self._numbers)}", "event": event}
        await self._send("events_api", body)

    async def _send(self, kind: str, payload: Json) -> None:
        self._waiting.append({"envelope_id": secrets.token_hex(8), "type": kind, "payload": payload})
        await self._flush()

    async def _flush(self) -> None:
        while self._socket is not None and self._waiting:
            await self._socket.send_json(self._waiting.pop(0))

    async def _listen(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self._socket = socket
        await self._flush()
        async for frame in socket:
            if frame.type is WSMsgType.ERROR:
                break
        if self._socket is socket:
            self._socket = None
        return socket

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        wanted = self.app_token if method == "apps.connections.open" else self.token
        if request.headers.get("Authorization") != f"Bearer {wanted}":
            return web.json_response({"ok": False, "error": "invalid_auth"})
        params = await request.json() if request.content_type == "application/json" else dict(request.query)
        if method == "apps.connections.open":
            return web.json_response({"ok": True, "url": f"ws://{request.host}/socket/{self.token}"})
        answer = await self._do(method, params)
        return web.json_response({"ok": "error" not in answer} | answer)

    async def _do(self, method: str, params: Json) -> Json:
        match method:
            case "auth.test":
                return {"team_id": _TEAM, "user_id": _BOT, "bot_id": "BREMORA", "url": "https://demo.invalid/"}
            case "users.info":
                return {"user": self._profile}
            case "conversations.open":
                return {"channel": {"id": _DIRECT}}
            case "conversations.history" | "conversations.replies":
                return {"messages": list(self._messages.values())[::-1], "has_more": False}
            case "chat.delete":
                self._messages.pop(str(params.get("ts")), None)
                self._stage.gone("slack", str(params.get("ts")))
            case _ if method.startswith("chat."):
                return await self._said(method, params)
            case "assistant.threads.setStatus":
                self._stage.note("slack", str(params.get("status") or ""))
            case "views.open":
                return {"error": "not_supported"}  # no forms here: the same is then asked in words
        return {}

    async def _said(self, method: str, params: Json) -> Json:
        """A message that is posted, replaced, or grows as a stream."""
        ts = str(params.get("ts", ""))
        ours = {"type": "message", "user": _BOT, "bot_id": "BREMORA", "ts": self._ts(), "stream": ""}
        message = self._messages.get(ts) if ts else ours
        if message is None:
            return {"error": "message_not_found"}
        if method.endswith("Stream"):
            message = message | {"stream": message["stream"] + _grown(params), "streams": method != "chat.stopStream"}
            message |= {name: params[name] for name in ("blocks", "metadata", "thread_ts") if params.get(name)}
        else:
            message = message | {"stream": "", "streams": False} | params
        await self._show(message)
        return {"ts": message["ts"], "message_ts": message["ts"], "channel": _DIRECT}

    async def _show(self, message: Json) -> None:
        self._messages[message["ts"]] = message
        self._stage.note("slack", "")
        labels = [str(action["label"]) for action in _actions(message)]
        self._stage.put(
            Bubble(
                "slack", message["ts"], "bot", await _shown(message) or "…", self._stage.time(), labels,
                draft=bool(message.get("streams")),
            )
        )  # fmt: skip

    def _ts(self) -> str:
        return f"{int(self._stage.clock.now().timestamp())}.{next(self._numbers):06d}"


def _grown(params: Json) -> str:
    chunks = params.get("chunks") or []
    return str(params.get("markdown_text") or "") + "".join(str(chunk.get("text", "")) for chunk in chunks)


def _actions(message: Json) -> list[Json]:
    """What can be pressed, in order, each with its label."""
    found: list[Json] = []
    for block in message.get("blocks") or []:
        for element in block.get("elements") or []:
            if element.get("type") == "button":
                found.append(element | {"label": element["text"]["text"]})
            elif element.get("type") == "feedback_buttons":
                for side, label in (("positive_button", "👍"), ("negative_button", "👎")):
                    action = {"type": "feedback_buttons", "action_id": element["action_id"]}
                    action |= {"block_id": block.get("block_id", ""), "value": element[side]["value"], "label": label}
                    found.append(action)
    return found


async def _shown(message: Json) -> str:
    parts = [await to_html(message["stream"], plain=False)] if message["stream"] else []
    for block in message.get("blocks") or []:
        match block:
            case {"type": "markdown", "text": str(text)}:
                parts.append(await to_html(text, plain=False))
            case {"type": "section" | "header", "text": {"text": text}} | {"elements": [{"text": str(text)}]}:
                parts.append(f"<p>{_mrkdwn(text)}</p>")
            case {"type": "rich_text"}:
                parts.append(f"<p>{_rich(block)}</p>")
    return "".join(parts) or _mrkdwn(str(message.get("text") or ""))


def _rich(element: Json) -> str:
    if "elements" in element:
        return "".join(map(_rich, element["elements"]))
    said = lines(str(element.get("text") or element.get("fallback") or ""))
    for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
        said = f"<{tag}>{said}</{tag}>" if element.get("style", {}).get(style) else said
    return said


def _mrkdwn(text: str) -> str:
    """Slack's own markup, which comes with &, < and > escaped."""
    said = re.sub(r"<[^>|]*\|([^>]*)>|<([^>]*)>", r"\1\2", text)
    return re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", lines(html.unescape(said)))
