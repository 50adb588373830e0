"""The model's thread: everybody's words flow, nobody waits for a stranger, a fault hurts only whom it must."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
import torch

from core.errors import ModelUnavailable
from core.lm.engine.prefixes import Prefixes
from core.lm.engine.runner import Cache
from core.lm.engine.worker import Job, Loaded, Worker
from core.messages import ModelInfo, Sampling, Utterance

PATIENCE = 60.0
END = 0


class CountingCache:
    """Remembers its tokens; copies in no time."""

    def __init__(self, tokens: Sequence[int] = ()) -> None:
        self.tokens = list(tokens)
        self.nbytes = 1

    @property
    def length(self) -> int:
        return len(self.tokens)

    def fork(self, length: int) -> CountingCache:
        return CountingCache(self.tokens[:length])


class CountingRunner:
    """After "z" comes "{" and the end; after any other letter comes the next one. Counts its work."""

    context_tokens = 4000

    def __init__(self) -> None:
        self.fed: list[int] = []
        self.batches: list[int] = []
        self.fault: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()

    def new(self) -> CountingCache:
        return CountingCache()

    def feed(self, cache: Cache, tokens: Sequence[int]) -> torch.Tensor:
        assert isinstance(cache, CountingCache)
        if ord("!") in tokens:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        cache.tokens.extend(tokens)
        self.fed.append(len(tokens))
        return self._after(ord("a") - 1)

    def step(self, caches: Sequence[Cache], tokens: Sequence[int]) -> torch.Tensor:
        assert self.gate.wait(PATIENCE)
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
        self.batches.append(len(caches))
        for cache, token in zip(caches, tokens, strict=True):
            assert isinstance(cache, CountingCache)
            cache.tokens.append(token)
        return torch.stack([self._after(token) for token in tokens])

    def _after(self, token: int) -> torch.Tensor:
        row = torch.zeros(256)
        row[END if token > ord("z") else token + 1] = 9.0
        return row


class Letters:
    """A token for each byte, no frame around anything."""

    ends = frozenset({END})
    specials = ()

    def encode(self, text: str, *, whole: bool) -> list[int]:
        return list(text.encode())

    def decode(self, tokens: Sequence[int]) -> str:
        return bytes(tokens).decode("utf-8", errors="replace")

    def render(self, turns: Sequence[Utterance]) -> str | None:
        return "|".join(turn.text for turn in turns) + "|"


@dataclass
class Reader:
    """One person waiting for a reply."""

    pieces: queue.Queue[str | ModelUnavailable | None] = field(default_factory=queue.Queue)
    order: list[str] | None = None
    name: str = ""
    job: Job | None = None

    def put(self, piece: str | ModelUnavailable | None) -> None:
        if self.order is not None and isinstance(piece, str):
            self.order.append(self.name)
        self.pieces.put(piece)

    def all(self) -> str:
        """The whole reply; raises the error that it ended with."""
        text = ""
        while (piece := self.pieces.get(timeout=PATIENCE)) is not None:
            if isinstance(piece, ModelUnavailable):
                raise piece
            text += piece
        return text


@pytest.fixture
def runner() -> CountingRunner:
    return CountingRunner()


@pytest.fixture
def worker(runner: CountingRunner) -> Iterator[Worker]:
    thread = Worker(lambda: Loaded(runner, Letters(), ModelInfo("letters", "local", 4000)))
    thread.start()
    thread.loaded.result(PATIENCE)
    yield thread
    runner.gate.set()
    thread.close()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def ask(worker: Worker, text: str = "hello there", reader: Reader | None = None, length: int = 200) -> Reader:
    reader = reader or Reader()
    turns = [Utterance("system", "be brief"), Utterance("user", text)]
    sampling = Sampling(temperature=0, repetition_penalty=1.0, max_tokens=length)
    reader.job = Job(turns, sampling, emit=reader.put, finish=reader.put)
    worker.submit(reader.job)
    return reader


def test_a_reply_is_complete_and_its_end_is_not_shown(worker: Worker) -> None:
    assert ask(worker).all() == "abcdefghijklmnopqrstuvwxyz{"


def test_the_length_is_the_number_of_tokens(worker: Worker) -> None:
    assert ask(worker, length=3).all() == "abc"


def test_everybody_gets_the_next_word_before_anybody_gets_two(worker: Worker, runner: CountingRunner) -> None:
    runner.gate.clear()
    order: list[str] = []
    readers = [ask(worker, f"question {name}", Reader(order=order, name=name)) for name in "ABCDEFGH"]
    runner.gate.set()
    for reader in readers:
        reader.all()
    last_in = max(order.index(name) for name in "ABCDEFGH")
    together = order[last_in + 1 : last_in + 1 + 8 * 10]
    assert max(runner.batches) == 8
    for start in range(0, len(together), 8):
        assert len(set(together[start : start + 8])) == 8


def test_a_long_prompt_is_read_in_pieces_between_the_words_of_others(worker: Worker, runner: CountingRunner) -> None:
    order: list[str] = []
    runner.gate.clear()
    quick = ask(worker, "quick", Reader(order=order, name="quick"))
    assert quick.pieces.get(timeout=PATIENCE) == "a"
    slow = ask(worker, "a long story " * 100, Reader(order=order, name="slow"))
    runner.gate.set()
    quick.all()
    slow.all()
    assert order[:8].count("quick") >= 7
    assert max(runner.fed) <= 128


def test_cancelling_costs_at_most_one_more_token(worker: Worker, runner: CountingRunner) -> None:
    runner.gate.clear()
    reader = ask(worker)
    assert reader.pieces.get(timeout=PATIENCE) == "a"
    assert reader.job is not None
    reader.job.cancelled.set()
    runner.gate.set()
    rest = reader.all()
    assert len(rest) <= 1


def test_a_cancelled_newcomer_is_never_read(worker: Worker, runner: CountingRunner) -> None:
    runner.gate.clear()
    first = ask(worker)
    first.pieces.get(timeout=PATIENCE)
    second = Reader()
    second.job = Job([Utterance("user", "no matter")], Sampling(), emit=second.put, finish=second.put)
    second.job.cancelled.set()
    worker.submit(second.job)
    runner.gate.set()
    assert second.all() == ""
    assert len(runner.fed) == 1


def test_a_fault_in_a_prompt_ends_that_reply_alone(worker: Worker, runner: CountingRunner) -> None:
    runner.gate.clear()
    good = ask(worker)
    good.pieces.get(timeout=PATIENCE)
    bad = ask(worker, "out of memory!")
    runner.gate.set()
    with pytest.raises(ModelUnavailable, match="memory") as told:
        bad.all()
    assert told.value.mend
    assert good.all() == "bcdefghijklmnopqrstuvwxyz{"


@pytest.mark.parametrize("fault", [RuntimeError("boom"), MemoryError(), IndexError("x")])
def test_a_fault_in_a_step_ends_those_replies_and_the_thread_goes_on(
    worker: Worker, runner: CountingRunner, fault: Exception
) -> None:
    runner.gate.clear()
    readers = [ask(worker, f"question {number}") for number in range(3)]
    assert readers[0].pieces.get(timeout=PATIENCE) == "a"
    runner.fault = fault
    runner.gate.set()
    with pytest.raises(ModelUnavailable):
        readers[0].all()
    assert ask(worker).all().startswith("abc")


def test_a_prompt_that_begins_like_an_earlier_one_is_read_from_where_they_part(
    worker: Worker, runner: CountingRunner
) -> None:
    ask(worker, "the same beginning, then one thing").all()
    first = sum(runner.fed)
    ask(worker, "the same beginning, then another").all()
    assert sum(runner.fed) - first < len("one thing||")


def test_a_conversation_that_goes_on_is_not_read_again(worker: Worker, runner: CountingRunner) -> None:
    reply = ask(worker, "tell me the letters").all()
    before = sum(runner.fed)
    ask(worker, f"tell me the letters|{reply}|and again").all()
    assert sum(runner.fed) - before <= len("|and again|") + 2


def test_more_streams_than_places_all_get_their_reply(worker: Worker) -> None:
    readers = [ask(worker, f"question {number}", length=5) for number in range(40)]
    assert [reader.all() for reader in readers] == ["abcde"] * 40


def test_closing_ends_every_reply(worker: Worker, runner: CountingRunner) -> None:
    runner.gate.clear()
    readers = [ask(worker, f"question {number}") for number in range(20)]
    readers[0].pieces.get(timeout=PATIENCE)
    worker.close()
    runner.gate.set()
    for reader in readers:
        with pytest.raises(ModelUnavailable, match="stopped"):
            reader.all()
    worker.ended.result(PATIENCE)
    with pytest.raises(ModelUnavailable, match="stopped"):
        ask(worker).all()


def test_a_model_that_cannot_be_loaded_says_why_to_all_who_wait() -> None:
    def load() -> Loaded:
        raise ModelUnavailable("there is no such model", "choose another")

    thread = Worker(load)
    thread.start()
    with pytest.raises(ModelUnavailable, match="no such model"):
        thread.loaded.result(PATIENCE)
    with pytest.raises(ModelUnavailable):
        ask(thread).all()
    thread.join(PATIENCE)


def test_prefixes_keep_within_their_memory_and_drop_the_oldest() -> None:
    kept = Prefixes(most_bytes=2)
    for start in (100, 200, 300):
        kept.keep(list(range(start, start + 20)), CountingCache(range(start, start + 20)))
    assert kept.begin(list(range(100, 130)), []) is None
    found = kept.begin(list(range(300, 330)), [])
    assert found is not None
    assert found[1] == 20


def test_the_last_token_of_a_prompt_is_always_read() -> None:
    kept = Prefixes()
    kept.keep(list(range(20)), CountingCache(range(20)))
    found = kept.begin(list(range(20)), [])
    assert found is not None
    assert found[1] == 19
    assert kept.begin([], []) is None
