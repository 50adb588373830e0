"""A model that says what a file tells it to, word by word: for tests, benches and demonstrations.

The file is a JSON list of rules, tried in order against the last thing the user said; the first whose `match` (a
regular expression, found anywhere, letter case ignored) fits gives the answer:

    [{"match": "^hello", "reply": "Hello there."},
     {"match": "slow", "reply": "one two three", "delay_ms": 50},
     {"match": "broken", "fail": true},
     {"reply": "I have no line for that."}]

`delay_ms` passes before each word; `fail` raises `ModelUnavailable`, after the words of `reply` if it has any. A rule
without `match` fits everything. Without a file, or where no rule fits, it echoes.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.errors import ConfigurationError, ModelUnavailable
from core.messages import ModelInfo, Sampling, Utterance
from core.settings import Settings

_CONTEXT = 8192
_WORDS = re.compile(r"\s*\S+\s*\Z|\s*\S+|\s+\Z")


class Rule(BaseModel):
    """One answer of the script."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    match: re.Pattern[str] = re.compile("")
    reply: str = ""
    delay_ms: float = Field(0, ge=0)
    fail: bool = False


class ScriptedModel:
    """A `LanguageModel` whose tokens are words and whose answers are known beforehand."""

    def __init__(self, rules: Sequence[Rule], version: str) -> None:
        self._rules = rules
        self._closed = False
        self.info = ModelInfo("scripted", "scripted", _CONTEXT, version)

    async def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        self._refuse_when_closed()
        said = next((turn.text for turn in reversed(turns) if turn.role == "user"), "")
        rule = next((rule for rule in self._rules if re.search(rule.match.pattern, said, re.IGNORECASE)), None)
        if rule is None:
            rule = Rule(reply=said)
        for word in _cut(rule.reply, sampling):
            # Also with no delay: another task must get its turn between two words, as with a real model.
            await asyncio.sleep(rule.delay_ms / 1000)
            self._refuse_when_closed()
            yield word
        if rule.fail:
            raise ModelUnavailable("the script says that the model fails here", "change REMORA_MODEL_SCRIPT")

    def count_tokens(self, turns: Sequence[Utterance]) -> int:
        return sum(len(turn.text.split()) + 2 for turn in turns)

    async def ready(self) -> None:
        self._refuse_when_closed()

    async def aclose(self) -> None:
        self._closed = True

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise ModelUnavailable("the language model was stopped", "start the program again")


def _cut(reply: str, sampling: Sampling) -> list[str]:
    """The reply's words with the space around them, ended as a real model's reply would be."""
    ends = [place for stop in sampling.stop if stop and (place := reply.find(stop)) >= 0]
    words: list[str] = _WORDS.findall(reply[: min(ends, default=len(reply))])
    return words[: sampling.max_tokens]


def create(settings: Settings) -> ScriptedModel:
    if not settings.model_script:
        return ScriptedModel((), "echo")
    try:
        text = Path(settings.model_script).read_bytes()
        rules = TypeAdapter(list[Rule]).validate_json(text)
    except OSError as error:
        raise ConfigurationError(
            f"REMORA_MODEL_SCRIPT cannot be read: {error.strerror}", "give the path of a JSON file, or nothing"
        ) from error
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigurationError(
            f"REMORA_MODEL_SCRIPT: {where}: {first['msg']}", "core/lm/scripted.py shows what a script looks like"
        ) from error
    return ScriptedModel(rules, hashlib.sha256(text).hexdigest()[:12])
