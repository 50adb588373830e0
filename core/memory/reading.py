"""How a clause is read: the first way that fits the whole of it says what it is about, and what it says of that."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.language.grammar.normalise import normalise
from core.store.memory import Statement

LONGEST_READ = 500
"""Characters of a message: what is longer is a pasted text as a rule."""
_LONGEST_CLAUSE = 160
_ARTICLE = re.compile(r"^(?:the|a|an|my|some|all kinds of) ", re.IGNORECASE)
_GREETING = re.compile(
    r"^(?:(?:hi|hello|hey(?: there)?|no|yes|well|actually|oh|sorry|by the way|btw)[,!. ]+)+(?=i\b|my\b)", re.IGNORECASE
)
_POSSESSIVE = re.compile(
    r"\b(my (?:\w+ )?(?:wife|husband|mum|mom|mother|dad|father|son|daughter|sister|brother|(?:girl|boy)?friend|partner|aunt|uncle|boss|dog|cat))s "
    r"(?=birthday|name|job|number|phone|mobile|e-?mail|favou?rite)", re.IGNORECASE
)  # fmt: skip
_SAME = {
    "favorite": "favourite", "mom's": "mother's", "mum's": "mother's", "dad's": "father's", "grandma's": "grandmother's",
    "grandpa's": "grandfather's", "mom": "mother", "mum": "mother", "dad": "father", "kid's": "child's", "telephone": "phone",
    "mobile": "phone", "cell": "phone", "color": "colour", "children": "kids",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """A way of putting something. Its groups: "v" the value, "k" what it is about, "items" several of one kind."""

    pattern: re.Pattern[str]
    key: str
    """With "{}" for the group "k", or for an item."""
    value: str
    """What is said where there is no group "v"; "-": it holds no longer."""


def english_key(words: str) -> str:
    """What a few words name, one way for all of them."""
    low = " ".join(normalise(words).text.lower().replace("’", "'").split())
    return " ".join(_SAME.get(word, word) for word in _ARTICLE.sub("", low).split()).replace("phone phone", "phone")


def possessive(text: str) -> str:
    """With the apostrophe that people leave out: "my wifes birthday"."""
    return _POSSESSIVE.sub(r"\1's ", text)


def read(clause: str, ways: Sequence[Way], items: Callable[[str], list[str]]) -> list[Statement]:
    """What a clause says; nothing where no way fits."""
    if len(clause) > _LONGEST_CLAUSE:
        return []
    for way in ways:
        if (match := way.pattern.fullmatch(clause)) is None:
            continue
        groups = match.groupdict()
        value = (groups.get("v") or "").strip(" ,.")
        several = items(groups["items"]) if groups.get("items") else None
        if way.value == "-":
            return [Statement(way.key.format(english_key(one)), "", value, clause) for one in several or [""]]
        if several is not None:
            texts = [clause.replace(groups["items"], one).strip(" .!") for one in several]
            return [
                Statement(way.key.format(english_key(one)), way.value, text, clause)
                for one, text in zip(several, texts, strict=True)
            ]
        about = english_key(groups.get("k") or value)
        return [Statement(way.key.format(about), way.value or value, _GREETING.sub("", clause).strip(" .!"), clause)]
    return []
