"""English or Chinese: which of the two a message is written in."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]+")
_READ = 2000
_HAN_PER_WORD = 1.5
"""About so many Chinese characters say as much as one English word."""


def detect(text: str) -> Language:
    """The language of most of the words; a message without any words is taken as English."""
    head = text[:_READ]
    han = len(_HAN.findall(head))
    if not han:
        return "en"
    return "zh" if han / _HAN_PER_WORD >= len(_LATIN.findall(head)) else "en"


def mixed(text: str) -> bool:
    """Both scripts occur: a time may be said in either language."""
    head = text[:_READ]
    return _HAN.search(head) is not None and _LATIN.search(head) is not None


def written(text: str, hint: Language | None) -> Language:
    """The language to read a text in: that of its script where it has one alone, else what its writer prefers (`hint`)."""
    head = text[:_READ]
    han, latin = _HAN.search(head) is not None, _LATIN.search(head) is not None
    if han != latin:
        return "zh" if han else "en"
    return hint or detect(text)
