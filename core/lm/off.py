"""No language model: the assistant says so and goes on with what needs none."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from core.errors import ModelUnavailable
from core.messages import ModelInfo, Sampling, Utterance
from core.settings import Settings


class NoModel:
    """A `LanguageModel` that never answers."""

    info = ModelInfo(name="none", backend="off", context_tokens=0)

    async def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:  # noqa: ARG002
        await self.ready()
        yield ""

    def count_tokens(self, turns: Sequence[Utterance]) -> int:  # noqa: ARG002
        return 0

    async def ready(self) -> None:
        raise ModelUnavailable("the language model is switched off", "set REMORA_MODEL_BACKEND to local to have one")

    async def aclose(self) -> None:
        """There is nothing to close."""


def create(settings: Settings) -> NoModel:  # noqa: ARG001
    return NoModel()
