"""A Bot API for one person's private chat."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from aiohttp import web

from bots._demo.stage import Bubble, Json, Stage, lines, link

_PERSON, _BOT = 1001, 7001
_TAGS = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "pre",
    "blockquote": "blockquote", "expandable_blockquote": "blockquote",
}  # fmt: skip


class Telegram:
    def __init__(self, stage: Stage, token: str, name: str, language: str) -> None:
        self.token = f"{_BOT}:{token}"
        self._stage = stage
        self._person = {"id": _PERSON, "is_bot": False, "first_name": name, "language_code": language}
        self._bot = {"id": _BOT, "is_bot": True, "first_name": "Remora", "username": "remora_demo_bot"}
        self._chat = {"id": _PERSON, "type": "private", "first_name": name}
        self._ids = itertools.count(1)
        self._updates: list[Json] = []
        self._news = asyncio.Condition()
        self._shown: dict[int, Json] = {}
        self._drafts: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", rf"/bot{self.token}/{{method:\w+}}", self._call)]

    # what the person does

    async def say(self, text: str) -> None:
        found = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}] if text.startswith("/") else []
        message = self._message(self._person, {"text": text, "entities": found} if found else {"text": text})
        self._stage.put(Bubble("telegram", str(message["message_id"]), "person", lines(text), self._stage.time()))
        await self._update("message", message)

    async def press(self, bubble: str, number: int) -> None:
        message = self._shown.get(int(bubble)) if bubble.isdecimal() else None
        buttons = _buttons(message) if message else []
        if message is None or not 0 <= number < len(buttons) or "callback_data" not in buttons[number]:
            return
        query = {"id": str(next(self._ids)), "from": self._person, "message": message, "chat_instance": "1"}
        await self._update("callback_query", query | {"data": buttons[number]["callback_data"]})

    async def _update(self, kind: str, payload: Json) -> None:
        async with self._news:
            self._updates.append({"update_id": 100_000 + next(self._ids), kind: payload})
            self._news.notify_all()

    # what the bot calls

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        params = {name: _decoded(name, str(value)) for name, value in (await request.post()).items()}
        work = getattr(self, f"_do_{method}", None)
        if method == "getUpdates":
            result: Any = await self._fetch(params)
        elif work is not None:
            result = work(params)
        else:
            result = [] if method == "getMyCommands" else True
        if result is None:
            what = {"ok": False, "error_code": 400, "description": "Bad Request: message to edit not found"}
            return web.json_response(what, status=400)
        return web.json_response({"ok": True, "result": result})

    async def _fetch(self, params: Json) -> list[Json]:
        async with self._news:
            offset = int(params.get("offset") or 0)
            self._updates = [update for update in self._updates if update["update_id"] >= offset]
            try:
                async with asyncio.timeout(min(int(params.get("timeout") or 0), 25)):
                    await self._news.wait_for(lambda: self._updates)
            except TimeoutError:
                return []
            return self._updates[:100]

    def _do_getMe(self, _params: Json) -> Json:
        return self._bot | {"can_join_groups": True, "can_read_all_group_messages": False}

    def _do_getWebhookInfo(self, _params: Json) -> Json:
        return {"url": "", "has_custom_certificate": False, "pending_update_count": 0}

    def _do_sendMessage(self, params: Json) -> Json:
        for draft in self._drafts:
            self._stage.gone("telegram", draft)
        self._drafts.clear()
        return self._show(self._message(self._bot, _content(params)))

    def _do_sendMessageDraft(self, params: Json) -> bool:
        draft = f"draft{params.get('draft_id')}"
        self._drafts.add(draft)
        words = styled(str(params.get("text") or ""), params.get("entities") or [])
        self._stage.put(Bubble("telegram", draft, "bot", words or "…", self._stage.time(), draft=True))
        return True

    def _do_editMessageText(self, params: Json) -> Json | None:
        message = self._shown.get(int(params.get("message_id") or 0))
        return None if message is None else self._show(
            {key: value for key, value in message.items() if key not in ("entities", "reply_markup")} | _content(params)
        )  # fmt: skip

    def _do_editMessageReplyMarkup(self, params: Json) -> Json | None:
        message = self._shown.get(int(params.get("message_id") or 0))
        kept = {key: value for key, value in (message or {}).items() if key != "reply_markup"}
        return self._show(kept | {key: params[key] for key in ("reply_markup",) if key in params}) if message else None

    def _do_deleteMessage(self, params: Json) -> bool:
        self._shown.pop(int(params.get("message_id") or 0), None)
        self._stage.gone("telegram", str(params.get("message_id")))
        return True

    def _do_sendChatAction(self, _params: Json) -> bool:
        self._stage.note("telegram", "…")
        return True

    def _do_answerCallbackQuery(self, params: Json) -> bool:
        self._stage.note("telegram", str(params.get("text") or ""))
        return True

    def _message(self, sender: Json, content: Json) -> Json:
        date = int(self._stage.clock.now().timestamp())
        return {"message_id": next(self._ids), "date": date, "chat": self._chat, "from": sender} | content

    def _show(self, message: Json) -> Json:
        self._shown[message["message_id"]] = message
        self._stage.put(
            Bubble(
                "telegram", str(message["message_id"]), "bot", styled(message["text"], message.get("entities") or []),
                self._stage.time(), [button["text"] for button in _buttons(message)],
            )
        )  # fmt: skip
        return message


def _decoded(name: str, value: str) -> Any:
    try:
        return value if name == "text" else json.loads(value)
    except ValueError:
        return value


def _content(params: Json) -> Json:
    inline = isinstance(params.get("reply_markup"), dict) and "inline_keyboard" in params["reply_markup"]
    wanted = ("text", "entities", *(["reply_markup"] if inline else []))
    return {key: params[key] for key in wanted if params.get(key)}


def _buttons(message: Json) -> list[Json]:
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def styled(text: str, entities: list[Json]) -> str:
    """Text with Telegram's entities, whose places count UTF-16 units, as HTML."""
    units = text.encode("utf-16-le")

    def part(start: int, end: int) -> str:
        return units[2 * start : 2 * end].decode("utf-16-le", "replace")

    def within(start: int, end: int, inner: list[Json]) -> str:
        pieces, at = [], start
        while inner:
            first, inner = inner[0], inner[1:]
            stop = first["offset"] + first["length"]
            nested = [one for one in inner if one["offset"] < stop]
            inner = inner[len(nested) :]
            said = within(first["offset"], stop, nested)
            tag = _TAGS.get(first["type"])
            marked = link(first.get("url", ""), said) if first["type"] == "text_link" else said
            pieces += [lines(part(at, first["offset"])), f"<{tag}>{said}</{tag}>" if tag else marked]
            at = stop
        return "".join(pieces) + lines(part(at, end))

    ordered = sorted(entities, key=lambda one: (one["offset"], -one["length"]))
    return within(0, len(units) // 2, ordered)
