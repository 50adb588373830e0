"""A language model for tests of the spine: it says what it is told to, word by word, as slowly as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from core.messages import ModelInfo, Sampling, Utterance


def echo(turns: Sequence[Utterance]) -> str:
    return f"You said: {turns[-1].text}"


class FakeModel:
    """Answers with `words(prompt)`. An exception in `faults` is raised in place of the next answer."""

    def __init__(self, words: Callable[[Sequence[Utterance]], str] = echo, *, context_tokens: int = 2048) -> None:
        self.info = ModelInfo("fake", "fake", context_tokens)
        self.words = words
        self.faults: list[Exception | None] = []
        self.prompts: list[list[Utterance]] = []
        self.hold = asyncio.Event()
        """While it is not set, an answer stands still after its first word."""
        self.hold.set()
        self.closed = 0
        """Answers that were ended before their last word."""
        self.together = 0
        """The most answers that were being written at once."""
        self._now = 0

    async def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        self.prompts.append(list(turns))
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        self._now += 1
        self.together = max(self.together, self._now)
        finished = False
        try:
            for number, word in enumerate(self.words(turns).split(" ")):
                yield word if number == 0 else f" {word}"
                await self.hold.wait()
            finished = True
        finally:
            self._now -= 1
            self.closed += not finished

    def count_tokens(self, turns: Sequence[Utterance]) -> int:
        return sum(len(turn.text.split()) + 4 for turn in turns)

    async def ready(self) -> None:
        """It always is."""

    async def aclose(self) -> None:
        """There is nothing to free."""
