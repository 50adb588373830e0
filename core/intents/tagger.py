"""Which words of a message fill which slot, learned from examples with marked words: a linear-chain CRF for each intent."""

from __future__ import annotations

import re
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.intents.definition import Intent, bare, parts
from core.intents.words import plain, spans

_ROUNDS = 100
_SETTINGS = {"c1": 0.0, "c2": 0.05, "max_iterations": _ROUNDS, "feature.possible_transitions": True}
_FEW_SLOTS = 2
"""Of so many the words around them tell which it is; of more (SNIPS: F1 78.7 to 75.4) the words themselves must."""
_MOST_WORDS = 80
"""Words of a message that are looked at."""
Marked = tuple[tuple[str, str], ...]
"""An example's pieces: words, and the slot they fill or nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Tagger:
    """What was learned for one intent. Any thread may ask."""

    model: Any
    image: bytes
    """The model lies in these bytes: they must live as long as it does."""
    known: Mapping[str, frozenset[str]]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tag(self, text: str) -> list[tuple[str, int, int]]:
        """Each slot found, with where its words begin and end."""
        places = spans(text)[:_MOST_WORDS]
        if not places:
            return []
        with self.lock:
            labels = self.model.tag(_features([text[a:b] for a, b in places], self.known))
        found: list[tuple[str, int, int]] = []
        for (start, end), label in zip(places, labels, strict=True):
            kind, _, slot = label.partition("-")
            if kind == "I" and found and found[-1][0] == slot:
                found[-1] = (slot, found[-1][1], end)
            elif slot:
                found.append((slot, start, end))
        return found


def marked(intent: Intent) -> tuple[Marked, ...]:
    """The intent's examples in pieces, where at least one has marked words; unmarked ones teach what is no slot."""
    several = [parts(example) for each in intent.examples.values() for example in each if not bare(example)]
    if not any(part.slot for pieces in several for part in pieces):
        return ()
    return tuple(tuple((part.text or "", part.slot) for part in pieces) for pieces in several)


def lexicon(examples: Iterable[Marked]) -> Mapping[str, frozenset[str]]:
    """The words seen in each slot, of all intents together: "playlist" means the same in two of them."""
    found: dict[str, set[str]] = defaultdict(set)
    for text, slot in (piece for pieces in examples for piece in pieces if piece[1]):
        found[slot].update(text[a:b].lower() for a, b in spans(text))
    return {slot: frozenset(said) for slot, said in found.items()}


def trained(examples: Sequence[Marked], known: Mapping[str, frozenset[str]]) -> Tagger:
    """Takes about a tenth of a second for 50 examples."""
    import pycrfsuite

    few = len({slot for pieces in examples for _, slot in pieces if slot}) <= _FEW_SLOTS
    trainer = pycrfsuite.Trainer(verbose=False, params=_SETTINGS)
    for pieces in examples:
        said: list[str] = []
        labels: list[str] = []
        for text, slot in pieces:
            here = spans(plain(text))
            said += [plain(text)[a:b] for a, b in here]
            labels += [f"{'I' if place else 'B'}-{slot}" if slot else "O" for place in range(len(here))]
        said, labels = said[:_MOST_WORDS], labels[:_MOST_WORDS]
        filled = frozenset(place for place, label in enumerate(labels) if label != "O")
        for hidden in (frozenset[int](), filled) if filled and few else (frozenset[int](),):
            if said:
                trainer.append(_features(said, known, hidden), labels)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "crf"
        trainer.train(str(file))
        image = file.read_bytes()
    model = pycrfsuite.Tagger()
    model.open_inmemory(image)
    return Tagger(model, image, known)


_UPPER, _LOWER, _DIGIT = re.compile(r"[A-Z]+"), re.compile(r"[a-z]+"), re.compile(r"\d+")


def _features(
    said: Sequence[str], known: Mapping[str, frozenset[str]], hidden: frozenset[int] = frozenset()
) -> list[list[str]]:
    """What tells of each word. Of `hidden` ones, nothing but their place and shape does: so the words around them are
    learned from, for words that no example has."""
    shown = ["\0" if place in hidden else _DIGIT.sub("0", word.lower()) for place, word in enumerate(said)]
    low = ["<s>", "<s>", *shown, "</s>", "</s>"]
    shapes = ["-", *(_DIGIT.sub("0", _LOWER.sub("x", _UPPER.sub("X", word))) for word in said), "-"]
    rows = []
    for i, word in enumerate(said):
        two, one, here, after, later = low[i : i + 5]
        row = ["b", f"w={here}", f"s={shapes[i + 1]}", f"p={here[:3]}", f"x3={here[-3:]}", f"x2={here[-2:]}"]
        row += [f"-2={two}", f"-1={one}", f"+1={after}", f"+2={later}", f"s-={shapes[i]}", f"s+={shapes[i + 2]}"]
        row += [f"-b={one} {here}", f"+b={here} {after}", f"a={one}_{after}", f"-t={two} {one}", f"+t={after} {later}"]
        row += ["first" if i == 0 else "inner", "cap" if word[:1].isupper() else "low"]
        row += [f"k={slot}" for slot, words in known.items() if here != "\0" and word.lower() in words]
        rows.append([each for each in row if "\0" not in each])
    return rows
