"""One thread that owns a model and serves many streams at once, a token for each in turn.

The thread never waits for the event loop and the loop never waits for the thread: work comes in through a queue, text
goes out through the callbacks of a `Job`, which hand it to the loop. In each round one waiting prompt is read on by at
most `_CHUNK` tokens, then every stream gets its next token from one pass through the model. So a newcomer delays the
others by one chunk, and a stream that nobody wants any more costs at most one more round.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from core.errors import ModelUnavailable
from core.lm.engine.prefixes import Prefixes
from core.lm.engine.runner import Cache, Runner
from core.lm.engine.text import PLAIN_STOPS, Detokenizer, StopWatch, Tokenizer, prompt
from core.messages import ModelInfo, Sampling, Utterance

log = logging.getLogger(__name__)

_CHUNK = 128
"""Tokens; about 0.3 s on one slow core."""
_MOST_STREAMS = 16
_FAULTS = (RuntimeError, MemoryError, ValueError, IndexError, TypeError, KeyError, OSError)
"""What a model's arithmetic raises when it fails: out of memory, a shape that it cannot take, a page that cannot be
read. The streams it was working for end with `ModelUnavailable`, the others and the thread go on."""


@dataclass(eq=False)
class Job:
    """One reply to be made. The callbacks are called from the thread and must return at once."""

    turns: Sequence[Utterance]
    sampling: Sampling
    emit: Callable[[str], None]
    finish: Callable[[ModelUnavailable | None], None]
    """Called exactly once, last; with None when the reply is complete."""
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that can answer."""

    runner: Runner
    tokenizer: Tokenizer
    info: ModelInfo


class Worker(threading.Thread):
    """Loads, then serves until closed. `loaded` has the model, or the reason why there will be none."""

    def __init__(self, load: Callable[[], Loaded]) -> None:
        super().__init__(name="language-model", daemon=True)
        self.loaded: Future[Loaded] = Future()
        self.ended: Future[None] = Future()
        # A waiter that is cancelled must not cancel what the others wait for.
        self.loaded.set_running_or_notify_cancel()
        self.ended.set_running_or_notify_cancel()
        self._load: Callable[[], Loaded] | None = load
        self._inbox: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closing = threading.Event()

    def submit(self, job: Job) -> None:
        self._inbox.put(job)
        if self.ended.done():
            self._refuse_waiting()

    def close(self) -> None:
        """Returns at once; `ended` is done when the thread has let go of the model."""
        self._closing.set()
        self._inbox.put(None)

    def run(self) -> None:
        try:
            assert self._load is not None
            model = self._load()
            self._load = None
            self.loaded.set_result(model)
            _Service(model, self._inbox, self._closing).serve()
        except ModelUnavailable as error:
            self.loaded.set_exception(error)
        finally:
            if not self.loaded.done():
                self.loaded.set_exception(ModelUnavailable("the model could not be loaded", "see the log for why"))
            self.ended.set_result(None)
            self._refuse_waiting()

    def _refuse_waiting(self) -> None:
        while True:
            try:
                job = self._inbox.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job.finish(closed())


def closed() -> ModelUnavailable:
    return ModelUnavailable("the language model was stopped", "start the program again")


@dataclass(eq=False)
class _Stream:
    """A job under way."""

    job: Job
    unread: list[int]
    """The part of the prompt that the model has not seen yet."""
    read: list[int]
    """The tokens in the cache, in order."""
    left: int
    """Tokens that the reply may still have."""
    pick: Callable[..., int]
    letters: Detokenizer
    stops: StopWatch
    cache: Cache | None = None
    next_token: int = 0

    def take(self, token: int, ends: frozenset[int]) -> bool:
        """Shows what the token adds; False when the reply ends with it."""
        if token in ends:
            self._flush()
            return False
        self.left -= 1
        shown, stopped = self.stops.add(self.letters.add(token))
        if shown:
            self.job.emit(shown)
        if stopped:
            return False
        if self.left <= 0:
            self._flush()
            return False
        self.next_token = token
        return True

    def _flush(self) -> None:
        shown, stopped = self.stops.add(self.letters.rest())
        shown += "" if stopped else self.stops.rest()
        if shown:
            self.job.emit(shown)


class _Service:
    """The thread's loop."""

    def __init__(self, model: Loaded, inbox: queue.SimpleQueue[Job | None], closing: threading.Event) -> None:
        self._runner = model.runner
        self._tokenizer = model.tokenizer
        self._inbox = inbox
        self._closing = closing
        self._waiting: list[Job] = []
        self._reading: list[_Stream] = []
        self._writing: list[_Stream] = []
        self._prefixes = Prefixes()

    def serve(self) -> None:
        import torch

        try:
            with torch.inference_mode():
                while not self._closing.is_set():
                    self._round()
        finally:
            for job in self._waiting + [stream.job for stream in self._reading + self._writing]:
                job.finish(closed())

    def _round(self) -> None:
        self._collect()
        self._drop_cancelled()
        self._admit()
        if self._reading:
            self._guarded(self._read_on, self._reading[:1])
        if self._writing:
            self._guarded(self._write_on, list(self._writing))

    def _collect(self) -> None:
        busy = bool(self._waiting or self._reading or self._writing)
        while True:
            try:
                job = self._inbox.get(block=not busy)
            except queue.Empty:
                return
            if job is not None:
                self._waiting.append(job)
            busy = True

    def _drop_cancelled(self) -> None:
        for job in [job for job in self._waiting if job.cancelled.is_set()]:
            self._waiting.remove(job)
            job.finish(None)
        for stream in self._reading + self._writing:
            if stream.job.cancelled.is_set():
                self._end(stream, None)

    def _admit(self) -> None:
        while self._waiting and len(self._reading) + len(self._writing) < _MOST_STREAMS:
            job = self._waiting.pop(0)
            try:
                self._reading.append(self._begin(job))
            except _FAULTS as error:
                log.error("model.crashed", exc_info=error, extra={"streams": 1})
                job.finish(_crashed(error))

    def _begin(self, job: Job) -> _Stream:
        from core.lm.engine.sampling import Sampler

        context = self._runner.context_tokens
        reply = min(job.sampling.max_tokens, context // 2)
        tokens, templated = prompt(self._tokenizer, job.turns, context - reply)
        stops = [*job.sampling.stop, *(() if templated else PLAIN_STOPS)]
        return _Stream(
            job=job,
            unread=tokens,
            read=[],
            left=min(job.sampling.max_tokens, context - len(tokens)),
            pick=Sampler(job.sampling, tokens).pick,
            letters=Detokenizer(self._tokenizer.decode),
            stops=StopWatch(stops),
        )

    def _read_on(self, streams: list[_Stream]) -> None:
        """Reads the next chunk of the prompt that came first; at its end, its first token."""
        (stream,) = streams
        if stream.cache is None:
            live = [(other.read, other.cache) for other in self._writing if other.cache is not None]
            stream.cache, known = self._prefixes.begin(stream.unread, live) or (self._runner.new(), 0)
            stream.read, stream.unread = stream.unread[:known], stream.unread[known:]
        chunk, stream.unread = stream.unread[:_CHUNK], stream.unread[_CHUNK:]
        logits = self._runner.feed(stream.cache, chunk)
        stream.read.extend(chunk)
        if not stream.unread:
            self._reading.remove(stream)
            self._writing.append(stream)
            self._advance(stream, stream.pick(logits))

    def _write_on(self, streams: list[_Stream]) -> None:
        caches = [stream.cache for stream in streams if stream.cache is not None]
        tokens = [stream.next_token for stream in streams]
        logits = self._runner.step(caches, tokens)
        for stream, token, row in zip(streams, tokens, logits, strict=True):
            stream.read.append(token)
            self._advance(stream, stream.pick(row))

    def _advance(self, stream: _Stream, token: int) -> None:
        if not stream.take(token, self._tokenizer.ends):
            self._end(stream, None)

    def _end(self, stream: _Stream, error: ModelUnavailable | None) -> None:
        for group in (self._reading, self._writing):
            if stream in group:
                group.remove(stream)
        if error is None and stream.cache is not None:
            self._prefixes.keep(stream.read, stream.cache)
        stream.cache = None
        stream.job.finish(error)

    def _guarded(self, work: Callable[[list[_Stream]], None], streams: list[_Stream]) -> None:
        try:
            work(streams)
        except _FAULTS as error:
            log.error("model.crashed", exc_info=error, extra={"streams": len(streams)})
            self._prefixes.clear()
            for stream in streams:
                if stream in self._reading or stream in self._writing:
                    self._end(stream, _crashed(error))


def _crashed(error: BaseException) -> ModelUnavailable:
    short = isinstance(error, MemoryError) or "memory" in str(error).lower()
    what = "the language model ran out of memory" if short else f"the language model failed ({type(error).__name__})"
    return ModelUnavailable(what, "try again; if it happens again, choose a smaller REMORA_MODEL")
