"""Figures of memory, a JSON line each: reading a sentence, loading and listing facts, recalling among past turns.

python -m tests.bench.bench_memory --facts 500 --turns 3000 --questions 200 --encoder off

The sentences are made up from a small grammar: fine for time; how much is found is scored on public conversations (see
docs/benchmarks.md).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from core.intents.encoders import load
from core.memory.past import Past, Said
from core.memory.questions import answers
from core.memory.statements import statements
from core.memory.wishes import memory_wish
from core.messages import Sender
from core.store import Store, crypto, memory, migrate, people
from core.store.memory import Statement
from tests.unit.rows import NOW, message

THINGS = ("kayak", "lighthouse", "dentist", "garden", "piano", "invoice", "sister", "holiday", "bicycle", "recipe")
FRAMES = ("I saw the {} with {}", "The {} was better than the {}", "Tomorrow the {} and the {}", "我昨天说到{}和{}的事")
SENTENCES = (
    "I live in Lyon and I'm allergic to nuts.",
    "我住在上海，我对花生过敏。",
    "What is the capital of France?",
    "Tell me a joke",
)


def timed(work: Callable[[int], object], times: int) -> dict[str, float]:
    """Milliseconds of each call."""
    took = []
    for number in range(times):
        started = time.perf_counter()
        work(number)
        took.append((time.perf_counter() - started) * 1000)
    return {"p50_ms": round(statistics.median(took), 3), "p95_ms": round(sorted(took)[int(0.95 * len(took))], 3)}


def told(what: str, **figures: object) -> None:
    print(json.dumps({"bench": "memory", "what": what, **figures}))


async def stored(facts: int) -> None:
    crypto.unlock(b"a key for measuring, of 32 bytes")
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{Path(folder) / 'remora.db'}")
        await migrate.upgrade(store)
        async with store.write() as tx:
            ann = await people.person_of(tx, "", "fake", Sender("ann", "Ann"), NOW)
            many = [
                Statement("", f"note {n} of the {THINGS[n % 10]}", f"note {n} of the {THINGS[n % 10]}")
                for n in range(facts)
            ]
            await memory.add(tx, ann.id, many, message("hi"), NOW, language="en")
        took = []
        for _ in range(50):
            async with store.write(quick=True) as tx:
                started = time.perf_counter()
                known = await memory.known(tx, ann.id, message("hi"))
                took.append((time.perf_counter() - started) * 1000)
        told("load the facts of a turn, sealed", facts=len(known.facts), p50_ms=round(statistics.median(took), 3))
        told("a question that facts may answer", **timed(lambda _: answers("what's my wife's name?", known.facts), 200))
        await store.aclose()


def recalled(turns: int, questions: int, encoder: str) -> None:
    chance, encoders = random.Random(7), load("light") if encoder == "light" else ()
    past: Past[int] = Past(lambda: encoders)
    started = time.perf_counter()
    for number in range(turns):
        text = chance.choice(FRAMES).format(*chance.sample(THINGS, 2))
        past.add(Said(number, number, f"{text} {number}", when="Monday 1 June 2026"))
    past.learn()
    told("rank past turns", turns=turns, encoder=encoder, seconds=round(time.perf_counter() - started, 2))
    asked = [
        f"what did I say about the {chance.choice(THINGS)} and the {chance.choice(THINGS)}" for _ in range(questions)
    ]
    told("recall", turns=turns, encoder=encoder, **timed(lambda n: past.search(asked[n], 20), questions))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=500)
    parser.add_argument("--turns", type=int, default=3_000)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--encoder", choices=["off", "light"], default="off")
    given = parser.parse_args()
    told("read a sentence for statements", **timed(lambda n: statements(SENTENCES[n % 4]), 2_000))
    told("read a sentence for wishes", **timed(lambda n: memory_wish(SENTENCES[n % 4]), 2_000))
    asyncio.run(stored(given.facts))
    recalled(given.turns, given.questions, given.encoder)


if __name__ == "__main__":
    main()
