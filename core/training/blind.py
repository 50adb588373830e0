"""Two models' replies to the same questions, with their sides drawn by lot: for somebody who shall not know whose is whose."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from core.messages import Sampling, Utterance
from core.ports import LanguageModel
from core.training.prepared import conversations

_SAMPLING = Sampling(temperature=0, max_tokens=160)


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, and both replies: (model, reply) in the drawn order."""

    question: str
    sides: tuple[tuple[str, str], tuple[str, str]]


async def asked(
    one: tuple[str, LanguageModel], other: tuple[str, LanguageModel], data: Path, rows: int, seed: int
) -> list[Pair]:
    """Asks both what the conversations ask last, one model after the other, and closes them."""
    lot = random.Random(seed)
    held = conversations(data)
    prompts = [_prompt(row.turns) for row in lot.sample(held, min(rows, len(held)))]
    prompts = [prompt for prompt in prompts if prompt]
    replies: list[list[str]] = []
    for _, model in (one, other):
        try:
            replies.append([await _reply(model, prompt) for prompt in prompts])
        finally:
            await model.aclose()
    pairs = []
    for prompt, mine, theirs in zip(prompts, *replies, strict=True):
        first, second = (one[0], mine), (other[0], theirs)
        pairs.append(Pair(prompt[-1].text, (first, second) if lot.random() < 0.5 else (second, first)))
    return pairs


def tally(pairs: Sequence[Pair], chosen: Sequence[str]) -> dict[str, int]:
    """How often each model's reply was chosen ("a", "b"), and how often neither."""
    counts = Counter({name: 0 for pair in pairs for name, _ in pair.sides})
    counts["same"] = 0
    for pair, choice in zip(pairs, chosen, strict=True):
        counts["same" if choice == "same" else pair.sides[choice == "b"][0]] += 1
    return dict(counts)


def _prompt(turns: Sequence[Utterance]) -> list[Utterance]:
    """Up to the last thing that a person says."""
    last = max((at for at, turn in enumerate(turns) if turn.role == "user"), default=-1)
    return list(turns[: last + 1])


async def _reply(model: LanguageModel, prompt: Sequence[Utterance]) -> str:
    async with aclosing(model.generate(prompt, _SAMPLING)) as pieces:
        return "".join([piece async for piece in pieces]).strip()
