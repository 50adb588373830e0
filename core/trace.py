"""What made a reply, noted while the turn is answered and kept with it: names, numbers and ids, never anybody's words.

{"zone": "act", "how": "classifier", "ranking": [["reminder", 0.93]], "release": 7, "skill": "reminders",
 "model": "…", "version": "…", "sampling": {…}, "prompt_tokens": 512, "facts": [3], "passages": ["9"],
 "generated": 48, "finish": "stop", "ms": {"waiting": 1, "recognition": 12, "model": 900, "total": 915}}
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any

from core.messages import ModelInfo, Sampling, Utterance

BEST, LONGEST_NAME, MOST_IDS = 5, 80, 40
"""Scores, characters of a name, and ids that are kept: a trace stays below 4 KB."""
_SAMPLED = tuple(one.name for one in fields(Sampling) if one.name != "stop")


@dataclass(slots=True)
class Trace:
    """Filled by whatever takes part in a turn."""

    zone: str = ""
    how: str = ""
    ranking: list[tuple[str, float]] = field(default_factory=list)
    release: int = 0
    """Of the intents that were in force."""
    skill: str = ""
    via: str = ""
    """The admins' intent by which the skill was reached."""
    model: str = ""
    version: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)
    prompt_tokens: int = 0
    facts: list[int] = field(default_factory=list)
    """What is remembered of the person that the prompt held, by id."""
    passages: list[str] = field(default_factory=list)
    """What of the bot's documents it held, by id."""
    generated: int = 0
    """Tokens of what the model said."""
    finish: str = ""
    """Why it said no more: "stop", it was done; "length", it may say no more; "stopped", the person wanted no more;
    "timeout", it took too long; "unavailable", it broke."""
    ms: dict[str, float] = field(default_factory=dict)
    prompt: Sequence[Utterance] = ()
    """Kept apart from the rest: it is full of people's words."""

    def recognized(self, zone: str, how: str, ranking: Iterable[tuple[str, float]], release: int) -> None:
        self.zone, self.how, self.release = zone, how, release
        self.ranking = [(name[:LONGEST_NAME], round(score, 4)) for name, score in list(ranking)[:BEST]]

    def asked(self, info: ModelInfo, sampling: Sampling, prompt: Sequence[Utterance], tokens: int) -> None:
        """A model is asked from now on."""
        self.model, self.version, self.prompt_tokens = info.name[:LONGEST_NAME], info.version[:LONGEST_NAME], tokens
        self.sampling = {name: getattr(sampling, name) for name in _SAMPLED}
        self.prompt = tuple(prompt)

    def answered(self, tokens: int, finish: str) -> None:
        """The model said so many tokens; `finish` "stop" where it ended by itself, as far as it could say more."""
        most = int(self.sampling.get("max_tokens", 0))
        self.generated, self.finish = tokens, "length" if finish == "stop" and 0 < most <= tokens else finish

    def given(self, *, facts: Iterable[int] = (), passages: Iterable[object] = ()) -> None:
        """These went into the prompt."""
        self.facts = [*self.facts, *facts][:MOST_IDS]
        self.passages = [*self.passages, *(str(one)[:LONGEST_NAME] for one in passages)][:MOST_IDS]

    @contextmanager
    def timed(self, phase: str) -> Generator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.ms[phase] = round(self.ms.get(phase, 0.0) + (time.perf_counter() - started) * 1000, 1)

    def as_json(self) -> str:
        """What is kept with the turn: what was noted, nothing empty."""
        kept = {name: value for name in self.__slots__ if name != "prompt" and (value := getattr(self, name))}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    def prompt_as_json(self) -> str:
        return json.dumps([[line.role, line.text] for line in self.prompt], ensure_ascii=False)
