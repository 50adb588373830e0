"""The scripted model says what its file says, and a wrong file is refused by the setting's name."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from core.errors import ConfigurationError, ModelUnavailable
from core.lm.scripted import ScriptedModel, create
from core.messages import Sampling, Utterance
from tests.conftest import make_settings

RULES = [
    {"match": "^hello", "reply": "Hello  there,\nfriend."},
    {"match": "slow", "reply": "one two", "delay_ms": 1},
    {"match": "breaks", "reply": "half of", "fail": True},
    {"match": "down", "fail": True},
    {"match": "nothing", "reply": ""},
]


def make(folder: Path, rules: Any = None) -> ScriptedModel:
    script = ""
    if rules is not None:
        file = folder / "script.json"
        file.write_text(rules if isinstance(rules, str) else json.dumps(rules), encoding="utf-8")
        script = str(file)
    return create(make_settings(folder, REMORA_MODEL_BACKEND="scripted", REMORA_MODEL_SCRIPT=script))


@pytest.fixture
def scripted(tmp_path: Path) -> ScriptedModel:
    return make(tmp_path, RULES)


async def said(model: ScriptedModel, text: str, **sampling: Any) -> list[str]:
    turns = [Utterance("system", "hello is what I match"), Utterance("user", text), Utterance("assistant", "slow")]
    async with aclosing(model.generate(turns, Sampling(**sampling))) as pieces:
        return [piece async for piece in pieces]


async def test_the_first_rule_that_fits_answers_word_by_word(scripted: ScriptedModel) -> None:
    assert await said(scripted, "HELLO you") == ["Hello", "  there,", "\nfriend."]
    assert await said(scripted, "be slow, please") == ["one", " two"]
    assert await said(scripted, "nothing") == []


async def test_what_no_rule_fits_is_echoed(scripted: ScriptedModel, tmp_path: Path) -> None:
    assert "".join(await said(scripted, "  你好 there \n")) == "  你好 there \n"
    with_default = await asyncio.to_thread(make, tmp_path, [*RULES, {"reply": "no line for that"}])
    assert "".join(await said(with_default, "anything")) == "no line for that"


async def test_it_fails_when_told_to_after_the_words_it_was_given(scripted: ScriptedModel) -> None:
    words: list[str] = []
    with pytest.raises(ModelUnavailable):
        async with aclosing(scripted.generate([Utterance("user", "it breaks")], Sampling())) as pieces:
            async for piece in pieces:
                words.append(piece)
    assert words == ["half", " of"]
    with pytest.raises(ModelUnavailable):
        await said(scripted, "is it down?")


async def test_stops_and_length_hold_as_for_a_real_model(scripted: ScriptedModel) -> None:
    assert "".join(await said(scripted, "hello", stop=(" there",))) == "Hello "
    assert await said(scripted, "hello", max_tokens=1) == ["Hello"]


async def test_another_task_runs_between_two_words(scripted: ScriptedModel) -> None:
    ran: list[str] = []

    async def read(name: str) -> None:
        async with aclosing(scripted.generate([Utterance("user", "a b c")], Sampling())) as pieces:
            async for _ in pieces:
                ran.append(name)

    await asyncio.gather(read("one"), read("two"))
    assert ran == ["one", "two"] * 3


def test_the_version_is_that_of_the_script(scripted: ScriptedModel, tmp_path: Path) -> None:
    assert scripted.info.version == make(tmp_path, RULES).info.version
    assert scripted.info.version != make(tmp_path, RULES[:1]).info.version


@pytest.mark.parametrize(
    "wrong",
    ["", "{", "{}", [{"match": "("}], [{"reply": 5}], [{"answer": "x"}], [{"reply": "x", "delay_ms": -1}], ["hello"]],
)
def test_a_wrong_script_is_refused_by_the_settings_name(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="REMORA_MODEL_SCRIPT"):
        make(tmp_path, wrong)


def test_an_absent_script_is_refused_by_the_settings_name(tmp_path: Path) -> None:
    absent = str(tmp_path / "absent.json")
    with pytest.raises(ConfigurationError, match="REMORA_MODEL_SCRIPT"):
        create(make_settings(tmp_path, REMORA_MODEL_BACKEND="scripted", REMORA_MODEL_SCRIPT=absent))
