"""An endpoint can fail in many ways; each becomes one clear error, and the key is in none of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelUnavailable
from core.lm.openai_compat import OpenAIModel, create
from core.messages import Sampling, Utterance
from tests.conftest import make_settings
from tests.fakes.openai_server import Fault, OpenAIServer, openai_server

KEY = "sk-very-secret-0123456789"
TURNS = (Utterance("system", "be brief"), Utterance("user", "what I say to you is private"))
PATIENCE = 60.0


@pytest.fixture
async def server() -> AsyncIterator[OpenAIServer]:
    async with openai_server() as running:
        yield running


@pytest.fixture
async def model(server: OpenAIServer, tmp_path: Path) -> AsyncIterator[OpenAIModel]:
    built = make(tmp_path, server.url)
    yield built
    await built.aclose()


def make(folder: Path, url: str, **more: Any) -> OpenAIModel:
    wanted = {"OPENAI_BASE_URL": url, "OPENAI_MODEL": "play", "OPENAI_API_KEY": KEY, **more}
    return create(make_settings(folder, REMORA_MODEL_BACKEND="openai_compat", **wanted))


async def said(model: OpenAIModel, sampling: Sampling | None = None) -> str:
    async with asyncio.timeout(PATIENCE), aclosing(model.generate(TURNS, sampling or Sampling())) as pieces:
        return "".join([piece async for piece in pieces])


async def test_the_words_come_as_the_server_sends_them(model: OpenAIModel, server: OpenAIServer) -> None:
    server.words = ["Olá", ", ", "你好", " 😀"]
    assert await said(model) == "Olá, 你好 😀"
    assert server.keys == [f"Bearer {KEY}"]
    assert server.asked[0]["messages"][1] == {"role": "user", "content": TURNS[1].text}


async def test_sampling_goes_by_the_names_of_the_protocol(model: OpenAIModel, server: OpenAIServer) -> None:
    sampling = Sampling(0.5, 0.8, 7, 0.1, 1.2, 33, 4, ("a", "b", "c", "d", "e"))
    await said(model, sampling)
    asked = server.asked[0]
    assert {name: asked[name] for name in ("temperature", "top_p", "max_tokens", "seed", "stop")} == {
        "temperature": 0.5,
        "top_p": 0.8,
        "max_tokens": 33,
        "seed": 4,
        "stop": ["a", "b", "c", "d"],
    }
    assert (asked["top_k"], asked["min_p"], asked["repetition_penalty"]) == (7, 0.1, 1.2)


async def test_neutral_values_are_not_sent(model: OpenAIModel, server: OpenAIServer) -> None:
    await said(model, Sampling(top_k=0, min_p=0.0, repetition_penalty=1.0))
    assert not {"top_k", "min_p", "repetition_penalty", "seed", "stop"} & server.asked[0].keys()


async def test_a_strict_server_is_asked_again_once_and_then_in_its_own_words(
    model: OpenAIModel, server: OpenAIServer
) -> None:
    server.strict = True
    assert await said(model) == "".join(server.words)
    assert await said(model) == "".join(server.words)
    assert len(server.asked) == 3


async def test_stops_beyond_the_protocols_number_are_watched_for_here(model: OpenAIModel, server: OpenAIServer) -> None:
    stops = ("1", "2", "3", "4", "the other")
    assert await said(model, Sampling(stop=stops)) == "Hello from "


@pytest.mark.parametrize(
    ("status", "mend"),
    [
        (400, "OPENAI_MODEL"),
        (401, "OPENAI_API_KEY"),
        (403, "OPENAI_API_KEY"),
        (404, "OPENAI_BASE_URL"),
        (413, "REMORA_HISTORY_TOKENS"),
        (429, "wait"),
        (500, "OPENAI_BASE_URL"),
        (503, "OPENAI_BASE_URL"),
    ],
)
async def test_a_refusal_names_what_to_mend(
    model: OpenAIModel, server: OpenAIServer, caplog: pytest.LogCaptureFixture, status: int, mend: str
) -> None:
    caplog.set_level(logging.DEBUG)
    server.status = status
    with pytest.raises(ModelUnavailable) as refused:
        await said(model)
    assert mend in refused.value.mend
    assert refused.value.what
    silent(refused.value, caplog)


@pytest.mark.parametrize("fault", ["cut", "error-event", "not-a-stream", "silent"])
async def test_a_broken_answer_is_an_error_not_a_short_answer(
    model: OpenAIModel, server: OpenAIServer, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    caplog.set_level(logging.DEBUG)
    server.fault = fault
    with pytest.raises(ModelUnavailable) as broken:
        await said(model)
    silent(broken.value, caplog)
    server.fault = ""
    assert await said(model)


async def test_an_answer_without_the_last_mark_is_complete_when_it_gave_its_reason(
    model: OpenAIModel, server: OpenAIServer
) -> None:
    server.fault = "no-done"
    assert await said(model) == "".join(server.words)


async def test_a_server_that_falls_silent_is_given_up(server: OpenAIServer, tmp_path: Path) -> None:
    server.fault = "hang"
    model = make(tmp_path, server.url, REMORA_REPLY_SECONDS=1.0)
    with pytest.raises(ModelUnavailable, match="in time"):
        await said(model)
    await model.aclose()


async def test_closing_the_generator_hangs_up(model: OpenAIModel, server: OpenAIServer) -> None:
    server.fault = "hang"
    async with asyncio.timeout(PATIENCE):
        async with aclosing(model.generate(TURNS, Sampling())) as pieces:
            async for piece in pieces:
                assert piece == "Hello"
                break
        await server.hung_up.wait()


async def test_closing_the_model_ends_an_answer_that_hangs(model: OpenAIModel, server: OpenAIServer) -> None:
    server.fault = "hang"
    begun = asyncio.Event()

    async def read() -> None:
        async with aclosing(model.generate(TURNS, Sampling())) as pieces:
            async for _ in pieces:
                begun.set()

    reader = asyncio.create_task(read())
    async with asyncio.timeout(PATIENCE):
        await begun.wait()
        await model.aclose()
        await asyncio.wait([reader])
    assert isinstance(reader.exception(), ModelUnavailable)


async def test_nobody_listening_is_an_error_with_its_mend(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with openai_server() as gone:
        url = gone.url
    model = make(tmp_path, url)
    with pytest.raises(ModelUnavailable) as refused:
        await said(model)
    assert "OPENAI_BASE_URL" in refused.value.mend
    silent(refused.value, caplog)
    await model.aclose()


async def test_an_address_that_is_none_is_an_error_with_its_mend(tmp_path: Path) -> None:
    for wrong in ("not a url", "ftp://127.0.0.1/v1", "http://[::1/v1"):
        model = make(tmp_path, wrong)
        with pytest.raises(ModelUnavailable) as refused:
            await said(model)
        assert "OPENAI_BASE_URL" in refused.value.mend
        await model.aclose()


def silent(error: ModelUnavailable, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the key nor a person's words are in the error, its cause or the log."""
    texts = [str(error), repr(error.__cause__), caplog.text]
    assert not any(KEY in text or TURNS[1].text in text for text in texts)
