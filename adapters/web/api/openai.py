"""`/v1`: the fine-tuned model, and the bot with all its skills, for whatever speaks OpenAI's chat completions.

The name of the model gives the model itself: nothing but what is sent. The name of the bot gives the product: its persona,
intents, reminders and memory, for the person named by `user`; the bot keeps the conversation, so of the messages only the
last one is read.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from adapters.web.api.errors import said
from adapters.web.api.keys import TheDesk, needing
from adapters.web.api.talk import Said, Talk
from core.admin.desk import Desk
from core.admin.tokens import Machine
from core.errors import Unavailable
from core.messages import Sampling, Utterance

router = APIRouter(tags=["openai"])
_ROOM = 16
"""Tokens of a template beside the messages."""
_LONGEST_TOKEN = 16
"""Characters: what is longer than so many times the context is refused before anybody counts its tokens."""
MOST_AT_ONCE = 8
"""Completions of one key that are being written."""


class Part(BaseModel):
    """A piece of a message; only text is understood."""

    type: Literal["text"]
    text: str


class Line(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    include_usage: bool = False


class Completion(BaseModel):
    """A chat completion. What is left out is as the settings say; unknown fields are passed over, as clients send many."""

    model_config = ConfigDict(extra="ignore")

    model: str = Field(max_length=200)
    messages: list[Line] = Field(min_length=1, max_length=2_000)
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=5)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=0)
    min_p: float | None = Field(None, ge=0, le=1)
    repetition_penalty: float | None = Field(None, gt=0, le=10)
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)
    max_completion_tokens: int | None = Field(None, ge=1, le=1_000_000)
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    stop: str | list[str] | None = Field(None, max_length=16)
    n: Literal[1] = 1
    user: str = Field("", max_length=200)


@router.get("/models")
async def models(desk: TheDesk, _machine: Annotated[Machine, Depends(needing("chat"))]) -> dict[str, Any]:
    """The model itself, where there is one, and the bot."""
    named = [(desk.bot.name, "bot")]
    if desk.model.info.backend != "off":
        named.insert(0, (desk.model.info.name, "model"))
    data = [{"id": name, "object": "model", "created": 0, "owned_by": f"remora {kind}"} for name, kind in named]
    return {"object": "list", "data": data}


@router.post("/chat/completions", response_model=None)
async def complete(
    wanted: Completion, request: Request, desk: TheDesk, machine: Annotated[Machine, Depends(needing("chat"))]
) -> JSONResponse | StreamingResponse:
    """A reply of the model, or of the bot; with `stream` as server-sent events."""
    busy: Counter[int] = request.app.state.busy
    if busy[machine.token.id] >= MOST_AT_ONCE:
        what = f"{MOST_AT_ONCE} replies for this key are being written already"
        return said(429, what, "wait for the end of one", code="rate_limit_exceeded")
    if wanted.model == desk.bot.name:
        text, most = wanted.messages[-1].text, desk.settings.max_message_length
        if wanted.messages[-1].role != "user" or not text.strip():
            return said(400, "the last message must be the user's, and not empty", param="messages")
        if len(text) > most:
            return said(400, f"the message has {len(text)} characters, {most} are read at most", param="messages")
        talk: Talk = request.app.state.talk
        pieces = talk.ask(machine.token.id, wanted.user, text, desk.settings.reply_seconds + 10)
        counted = [Utterance("user", text)]
    elif wanted.model == desk.model.info.name:
        counted = [Utterance(_role(line.role), line.text) for line in wanted.messages]
        sampling = _sampling(wanted, desk)
        if (long := _too_long(desk, counted, sampling)) is not None:
            return long
        pieces = _by_model(desk, counted, sampling)
    else:
        named = f"{desk.model.info.name} or {desk.bot.name}"
        return said(404, f"there is no model of that name: {named}", code="model_not_found", param="model")
    answer, pieces = _Answer(desk, wanted, counted), _noted(busy, machine.token.id, pieces)
    if wanted.stream:
        return StreamingResponse(answer.streamed(pieces), media_type="text/event-stream")
    return await answer.at_once(pieces)


class _Answer:
    """What a completion looks like, at once or in pieces."""

    def __init__(self, desk: Desk, wanted: Completion, prompt: Sequence[Utterance]) -> None:
        self._desk, self._prompt = desk, prompt
        self._usage = wanted.stream_options is not None and wanted.stream_options.include_usage
        self._most = wanted.max_completion_tokens or wanted.max_tokens or desk.settings.max_tokens
        self._head = {
            "id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(desk.clock.now().timestamp()), "model": wanted.model,
        }  # fmt: skip

    async def at_once(self, pieces: AsyncGenerator[Said]) -> JSONResponse:
        text = ""
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    text = piece.text if piece.whole else text + piece.text
        except TimeoutError:
            return said(504, "no reply came in time", "try again, or raise REMORA_REPLY_SECONDS")
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason(text)}
        head = {**self._head, "object": "chat.completion"}
        return JSONResponse({**head, "choices": [choice], "usage": self._used(text)})

    async def streamed(self, pieces: AsyncGenerator[Said]) -> AsyncGenerator[str]:
        text = ""
        yield self._chunk({"role": "assistant", "content": ""})
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    more = piece.text
                    if piece.whole:  # what was shown while it grew may have been corrected
                        more = more.removeprefix(text) if more.startswith(text) else f"\n\n{more}"
                    text += more
                    if more:
                        yield self._chunk({"content": more})
        except (Unavailable, TimeoutError) as error:
            what = error.what if isinstance(error, Unavailable) else "no reply came in time"
            yield _event({"error": {"message": what, "type": "server_error", "code": None}})
            return
        yield self._chunk({}, self._reason(text))
        if self._usage:
            yield _event({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._used(text)})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, str], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _event({**self._head, "object": "chat.completion.chunk", "choices": [choice]})

    def _used(self, text: str) -> dict[str, int]:
        prompt, reply = self._desk.model.count_tokens(self._prompt), self._tokens(text)
        return {"prompt_tokens": prompt, "completion_tokens": reply, "total_tokens": prompt + reply}

    def _tokens(self, text: str) -> int:
        """The reply's own tokens: what it adds to an empty one."""
        empty, full = ([Utterance("assistant", said)] for said in ("", text))
        return max(0, self._desk.model.count_tokens(full) - self._desk.model.count_tokens(empty))

    def _reason(self, text: str) -> str:
        return "length" if self._tokens(text) >= self._most else "stop"


async def _noted(busy: Counter[int], key: int, pieces: AsyncGenerator[Said]) -> AsyncGenerator[Said]:
    """The pieces, counted as one of this key's replies until they end."""
    busy[key] += 1
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece
    finally:
        busy[key] -= 1


async def _by_model(desk: Desk, prompt: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[Said]:
    """Raises `TimeoutError` where it takes longer than any reply may."""
    until = asyncio.get_running_loop().time() + desk.settings.reply_seconds
    async with aclosing(desk.model.generate(prompt, sampling)) as pieces:
        async for piece in pieces:
            yield Said(piece)
            if asyncio.get_running_loop().time() > until:
                raise TimeoutError


def _too_long(desk: Desk, prompt: Sequence[Utterance], sampling: Sampling) -> JSONResponse | None:
    room, long = desk.model.info.context_tokens, sum(len(one.text) for one in prompt)
    if long > room * _LONGEST_TOKEN:
        what = f"the messages have {long} characters, the model has room for {room} tokens"
        return said(400, what, "send fewer messages", code="context_length_exceeded")
    needed = desk.model.count_tokens(prompt) + sampling.max_tokens + _ROOM
    if needed <= room:
        return None
    what = f"the messages and max_tokens need {needed} tokens, the model has {room}"
    return said(400, what, "send fewer messages, or ask for a shorter reply", code="context_length_exceeded")


def _sampling(wanted: Completion, desk: Desk) -> Sampling:
    own = desk.settings
    stop = [wanted.stop] if isinstance(wanted.stop, str) else wanted.stop or []
    given = {
        name: getattr(wanted, name) if getattr(wanted, name) is not None else getattr(own, name)
        for name in ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "seed")
    }
    most = wanted.max_completion_tokens or wanted.max_tokens or own.max_tokens
    return Sampling(**given, max_tokens=most, stop=[one for one in stop if one])


def _role(role: str) -> Literal["system", "user", "assistant"]:
    match role:
        case "user" | "assistant":
            return role
    return "system"


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
