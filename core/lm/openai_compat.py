"""A model behind an endpoint that speaks OpenAI's chat completions: vLLM, llama.cpp, Ollama, a vendor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any

import httpx2
from pydantic import BaseModel, ValidationError

from core.errors import ModelUnavailable
from core.lm.engine.estimate import tokens_at_most
from core.lm.engine.text import StopWatch
from core.messages import ModelInfo, Sampling, Utterance
from core.settings import Settings

_CONTEXT = 8192
"""Tokens; the endpoint does not say, and its own refusal names the truth."""
_MOST_STOPS = 4
"""The protocol takes no more; the rest is watched for here."""
_CONNECTION_MEND = "check OPENAI_BASE_URL and that the endpoint is up"
_REFUSALS: Mapping[int, tuple[str, str]] = {
    400: ("does not accept the request", "check OPENAI_MODEL and the sampling settings; lower REMORA_HISTORY_TOKENS"),
    401: ("refused the key", "correct OPENAI_API_KEY"),
    403: ("refused the key", "correct OPENAI_API_KEY, or allow it this model"),
    404: ("does not know the model or the address", "correct OPENAI_MODEL, and OPENAI_BASE_URL up to and with /v1"),
    413: ("finds the conversation too long", "lower REMORA_HISTORY_TOKENS"),
    429: ("is asked too often, or its quota is used up", "wait, or raise the limit with whoever runs it"),
}
_UNKNOWN_WORDS = (400, 422)
"""How a server says that it does not know a parameter."""


class _Delta(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Chunk(BaseModel):
    """One event of the stream, as far as it is read here."""

    choices: list[_Choice] = []
    error: Any = None


class OpenAIModel:
    """A `LanguageModel` behind HTTP. The key is in one header and nowhere else: no log, no error."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = settings.openai_base_url.rstrip("/") + "/chat/completions"
        self._client: httpx2.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._closed = False
        self._strict = False
        """The server has refused parameters beyond the protocol."""
        self.info = ModelInfo(settings.openai_model, "openai_compat", _CONTEXT)

    async def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        self._refuse_when_closed()
        watch = StopWatch(sampling.stop)
        async with aclosing(self._pieces(turns, sampling)) as pieces:
            async for piece in pieces:
                shown, stopped = watch.add(piece)
                if shown:
                    yield shown
                if stopped:
                    return
        if rest := watch.rest():
            yield rest

    async def _pieces(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        try:
            async with AsyncExitStack() as connection:
                source = await self._connect(connection, turns, sampling)
                finished = False
                async for event in source:
                    if event.data.strip() == "[DONE]":
                        return
                    chunk = _Chunk.model_validate_json(event.data)
                    if chunk.error is not None:
                        raise ModelUnavailable("the model's endpoint failed while it answered", "see its own log")
                    for choice in chunk.choices[:1]:
                        finished = finished or choice.finish_reason is not None
                        if choice.delta.content:
                            yield choice.delta.content
                if not finished:
                    raise ModelUnavailable("the model's endpoint broke off its answer", _CONNECTION_MEND)
        except httpx2.TimeoutException as error:
            raise ModelUnavailable("the model's endpoint does not answer in time", _CONNECTION_MEND) from error
        except (httpx2.HTTPError, httpx2.StreamError, httpx2.InvalidURL) as error:
            self._refuse_when_closed()
            what = f"the connection to the model's endpoint failed ({type(error).__name__})"
            raise ModelUnavailable(what, _CONNECTION_MEND) from error
        except ValidationError:
            raise ModelUnavailable(
                "the model's endpoint answers in another form than chat completions",
                "correct OPENAI_BASE_URL: up to and with /v1",
            ) from None

    async def _connect(
        self, connection: AsyncExitStack, turns: Sequence[Utterance], sampling: Sampling
    ) -> httpx2.EventSource:
        """The stream of a request that was accepted; asked again without what only some servers understand."""
        asked = _request(self.info.name, turns, sampling)
        more = {} if self._strict else _beyond_the_protocol(sampling)
        client = await self._opened()
        source = await connection.enter_async_context(client.sse(self._url, method="POST", json=asked | more))
        if more and source.response.status_code in _UNKNOWN_WORDS:
            await connection.aclose()
            source = await connection.enter_async_context(client.sse(self._url, method="POST", json=asked))
            self._strict = source.response.status_code == httpx2.codes.OK
        status = source.response.status_code
        if status != httpx2.codes.OK:
            what, mend = _REFUSALS.get(status, (f"answers with status {status}", _CONNECTION_MEND))
            raise ModelUnavailable(f"the model's endpoint {what}", mend)
        return source

    async def _opened(self) -> httpx2.AsyncClient:
        """The one client; made off the loop, since it reads the certificates that this machine trusts."""
        async with self._opening:
            self._refuse_when_closed()
            if self._client is None:
                self._client = await asyncio.to_thread(_client, self._settings)
            return self._client

    def count_tokens(self, turns: Sequence[Utterance]) -> int:
        """From above: the endpoint's tokenizer is not here (see `core.lm.engine.estimate`)."""
        return tokens_at_most(turns)

    async def ready(self) -> None:
        """Nothing is asked of the endpoint: the first answer shows whether it is there."""
        self._refuse_when_closed()

    async def aclose(self) -> None:
        self._closed = True
        if self._client is not None:
            await self._client.aclose()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ModelUnavailable("the language model was stopped", "start the program again")


def _client(settings: Settings) -> httpx2.AsyncClient:
    key = settings.openai_api_key.get_secret_value()
    wait = settings.reply_seconds
    return httpx2.AsyncClient(
        headers={"Authorization": f"Bearer {key}"} if key else {},
        timeout=httpx2.Timeout(connect=10, read=wait, write=30, pool=wait),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=16),
    )


def _request(model: str, turns: Sequence[Utterance], sampling: Sampling) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "model": model,
        "messages": [{"role": turn.role, "content": turn.text} for turn in turns],
        "stream": True,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
    }
    if sampling.seed is not None:
        asked["seed"] = sampling.seed
    if sampling.stop:
        asked["stop"] = list(sampling.stop)[:_MOST_STOPS]
    return asked


def _beyond_the_protocol(sampling: Sampling) -> dict[str, Any]:
    """What the servers that people run themselves take as well, by these names; nothing at its neutral value."""
    values = {
        "top_k": (sampling.top_k, 0),
        "min_p": (sampling.min_p, 0.0),
        "repetition_penalty": (sampling.repetition_penalty, 1.0),
    }
    return {name: value for name, (value, neutral) in values.items() if value != neutral}


def create(settings: Settings) -> OpenAIModel:
    return OpenAIModel(settings)
