"""A Bot API for one person's private chat."""

from __future__ import annotations

import asyncio
import html
import itertools
import json
from typing import Any

from aiohttp import web
from telegram import Message

from bots._demo.stage import Bubble, Json, Stage, lines

_PERSON, _BOT = 1001, 7001


class Telegram:
    def __init__(self, stage: Stage, token: str, name: str, language: str) -> None:
        self.token = f"{_BOT}:{token}"
        self._stage = stage
        self._person = {"id": _PERSON, "is_bot": False, "first_name": name, "language_code": language}
        self._bot = {"id": _BOT, "is_bot": True, "first_name": "Remora", "username": "remora_demo_bot"}
        self._ids = itertools.count(1)
        self._updates: list[Json] = []
        self._news = asyncio.Condition()
        self._shown: dict[str, Json] = {}
        self._draft = ""

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", rf"/bot{self.token}/{{method:\w+}}", self._call)]

    async def say(self, text: str) -> None:
        marks = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text.startswith("/") else []
        message = self._message(self._person, {"text": text, "entities": marks})
        self._stage.put(Bubble("telegram", str(message["message_id"]), "person", lines(text), self._stage.time()))
        await self._update("message", message)

    async def press(self, bubble: str, number: int) -> None:
        message = self._shown.get(bubble, {})
        buttons = _buttons(message)
        if 0 <= number < len(buttons) and (data := buttons[number].get("callback_data")):
            query = {"id": str(next(self._ids)), "from": self._person, "message": message, "chat_instance": "1"}
            await self._update("callback_query", query | {"data": data})

    async def _update(self, kind: str, payload: Json) -> None:
        async with self._news:
            self._updates.append({"update_id": 100_000 + next(self._ids), kind: payload})
            self._news.notify_all()

    async def _call(self, request: web.Request) -> web.Response:
        params = {name: _decoded(name, str(value)) for name, value in (await request.post()).items()}
        result = await self._do(request.match_info["method"], params)
        if result is None:
            gone = {"ok": False, "error_code": 400, "description": "Bad Request: message to edit not found"}
            return web.json_response(gone, status=400)
        return web.json_response({"ok": True, "result": result})

    async def _do(self, method: str, params: Json) -> Any:
        number, text = str(params.get("message_id", "")), str(params.get("text") or "")
        match method:
            case "getMe":
                return self._bot | {"can_join_groups": True, "can_read_all_group_messages": False}
            case "getUpdates":
                return await self._fetch(int(params.get("offset") or 0), int(params.get("timeout") or 0))
            case "getWebhookInfo":
                return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
            case "getMyCommands":
                return []
            case "sendMessage":
                self._stage.gone("telegram", self._draft)
                return self._show(self._message(self._bot, _content(params)))
            case "sendMessageDraft":
                self._draft = f"draft{params.get('draft_id')}"
                said = styled(self._message(self._bot, _content(params))) if text else "…"
                self._stage.put(Bubble("telegram", self._draft, "bot", said, self._stage.time(), draft=True))
            case "editMessageText" | "editMessageReplyMarkup":
                if number not in self._shown:
                    return None
                keeps = ("text", "entities") if method == "editMessageReplyMarkup" else ()
                old = {key: value for key, value in self._shown[number].items() if key in ("message_id", *keeps)}
                return self._show(self._message(self._bot, old | _content(params)))
            case "deleteMessage":
                self._shown.pop(number, None)
                self._stage.gone("telegram", number)
            case "sendChatAction" | "answerCallbackQuery":
                self._stage.note("telegram", text or ("…" if method == "sendChatAction" else ""))
        return True

    async def _fetch(self, offset: int, seconds: int) -> list[Json]:
        async with self._news:
            self._updates = [update for update in self._updates if update["update_id"] >= offset]
            try:
                async with asyncio.timeout(min(seconds, 25)):
                    await self._news.wait_for(lambda: self._updates)
            except TimeoutError:
                return []
            return self._updates[:100]

    def _message(self, sender: Json, content: Json) -> Json:
        chat = {"id": _PERSON, "type": "private", "first_name": self._person["first_name"]}
        date = int(self._stage.clock.now().timestamp())
        return {"message_id": next(self._ids), "date": date, "chat": chat, "from": sender} | content

    def _show(self, message: Json) -> Json:
        id, labels = str(message["message_id"]), [button["text"] for button in _buttons(message)]
        self._shown[id] = message
        self._stage.put(Bubble("telegram", id, "bot", styled(message), self._stage.time(), labels))
        return message


def _decoded(name: str, value: str) -> Any:
    try:
        return value if name == "text" else json.loads(value)
    except ValueError:
        return value


def _content(params: Json) -> Json:
    """What of a call stands in the message; a keyboard in place of the person's own is none of its buttons."""
    inline = "inline_keyboard" in (params.get("reply_markup") or {})
    return {key: params[key] for key in ("text", "entities", *(["reply_markup"] * inline)) if params.get(key)}


def _buttons(message: Json) -> list[Json]:
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def styled(message: Json) -> str:
    """The text of a message with its entities, as HTML."""
    safe = [
        one | ({"url": html.escape(one["url"])} if "url" in one else {})
        for one in message.get("entities") or []
        if one.get("url", "http").startswith(("http", "mailto:"))
    ]
    return Message.de_json(message | {"entities": safe}, None).text_html
