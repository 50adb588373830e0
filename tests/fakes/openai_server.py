"""An endpoint that speaks OpenAI's chat completions on this machine, and fails the way real ones do when told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from aiohttp import web

Fault: TypeAlias = Literal["", "cut", "error-event", "not-a-stream", "no-done", "silent", "hang"]
"""In place of a whole answer: the connection breaks in the middle; an error inside the stream; plain JSON; an end
without [DONE] but with a reason; an end with neither; nothing more after the first word."""


@dataclass
class OpenAIServer:
    """What the server says next, and what it was asked."""

    url: str = ""
    words: list[str] = field(default_factory=lambda: ["Hello", " from", " the", " other", " side", "."])
    fault: Fault = ""
    status: int = 200
    strict: bool = False
    """Refuses parameters that are not OpenAI's own."""
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client closed the connection before the answer's end."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        self.keys.append(request.headers.get("Authorization"))
        if self.status != 200:
            return web.json_response({"error": {"message": "refused"}}, status=self.status)
        if self.strict and {"top_k", "min_p", "repetition_penalty"} & asked.keys():
            return web.json_response({"error": {"message": "unrecognized argument"}}, status=400)
        if self.fault == "not-a-stream":
            return web.json_response({"choices": [{"message": {"content": "all at once"}}]})
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await self._stream(request, response, asked)
        except (ConnectionError, asyncio.CancelledError):
            self.hung_up.set()
            raise
        return response

    async def _stream(self, request: web.Request, response: web.StreamResponse, asked: dict[str, Any]) -> None:
        await _send(response, {"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]})
        for number, word in enumerate(self.words[: asked["max_tokens"]]):
            await response.write(b": a comment keeps the line warm\r\n\r\n")
            await _send(response, {"choices": [{"delta": {"content": word}, "finish_reason": None}]})
            if number == 0 and self.fault == "hang":
                await asyncio.Event().wait()
            if number == 1 and self.fault == "cut" and request.transport is not None:
                request.transport.abort()
                raise ConnectionResetError
            if number == 1 and self.fault == "error-event":
                await _send(response, {"error": {"message": "out of memory"}})
                return
        if self.fault == "silent":
            return
        await _send(response, {"choices": [{"delta": {}, "finish_reason": "stop"}]})
        await _send(response, {"choices": [], "usage": {"total_tokens": 9}})
        if self.fault != "no-done":
            await response.write(b"data: [DONE]\n\n")


async def _send(response: web.StreamResponse, event: dict[str, Any]) -> None:
    await response.write(b"data: " + json.dumps(event).encode() + b"\n\n")


@asynccontextmanager
async def openai_server() -> AsyncIterator[OpenAIServer]:
    """A server on a free port of this machine, until the block is left."""
    server = OpenAIServer()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()
