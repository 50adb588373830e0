"""What a message says for an intent's slots: words of a pattern, words found by what was learned, words of a kind."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from core.clock import SystemClock
from core.intents.definition import Intent, Slot, SlotKind
from core.intents.tagger import Marked, Tagger, lexicon, marked, trained
from core.intents.words import spans, words
from core.language.batch import when_line
from core.language.grammar.chinese_lexicon import NUMBER as CHINESE_NUMBER
from core.language.grammar.chinese_lexicon import number as chinese_number
from core.language.grammar.english_tokens import tokens


@dataclass(frozen=True, slots=True)
class Situation:
    """When, where and in which language a message is read."""

    now: dt.datetime = field(default_factory=lambda: SystemClock().now())
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    language: str = ""
    """A code, or empty: found out from the words."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a message says for a slot: its words, and what they mean (the words themselves, for a text)."""

    text: str
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """How the slots of a catalog are filled."""

    taggers: Mapping[tuple[Marked, ...], Tagger]
    learned: Mapping[str, tuple[Marked, ...]]

    @classmethod
    def of(cls, intents: Iterable[Intent], before: Slots | None = None) -> Slots:
        """Learns from marked examples; what `before` has learned from the same ones is taken over."""
        learned = {intent.name: found for intent in intents if (found := marked(intent))}
        known = lexicon(pieces for several in learned.values() for pieces in several)
        old = before.taggers if before else {}
        return cls({several: old.get(several) or trained(several, known) for several in learned.values()}, learned)

    def find(self, intent: Intent, text: str, situation: Situation, given: Mapping[str, str]) -> Mapping[str, Found]:
        """The slots of the intent that the text fills. `given`: the words that a pattern took for them."""
        found: dict[str, Found] = {}
        tagger = self.taggers.get(self.learned.get(intent.name, ()))
        tagged = tagger.tag(text) if tagger and not given else []
        slots = {slot.name: slot for slot in intent.slots}
        for name, said in [*given.items(), *((name, text[start:end]) for name, start, end in tagged)]:
            if name in slots and name not in found:
                found[name] = next(of_kind(slots[name], said, situation), None) or Found(said, said)
        taken = {value.text for value in found.values()}
        for slot in sorted(intent.slots, key=lambda slot: slot.kind == "number"):  # the 8 of "8pm" counts nothing
            if slot.name not in found:
                new = next(
                    (each for each in of_kind(slot, text, situation) if not any(each.text in said for said in taken)),
                    None,
                )
                if new is not None and slot.kind != "text":
                    found[slot.name] = new
                    taken.add(new.text)
        return found

    def fits(self, intent: Intent, name: str, said: str, situation: Situation) -> bool:
        """These words, all of them, can fill the slot."""
        slot = next((slot for slot in intent.slots if slot.name == name), Slot(name))
        if slot.kind in ("text", "person", "place"):
            return True
        return any(words(found.text) == words(said) for found in of_kind(slot, said, situation))


def of_kind(slot: Slot, text: str, situation: Situation) -> Iterator[Found]:
    """What in the text can fill the slot, the likeliest first. A text slot takes all of it."""
    return iter(_KINDS[slot.kind](slot, text, situation))


def _text(_slot: Slot, text: str, _situation: Situation) -> Iterable[Found]:
    yield Found(text, text)


def _time(_slot: Slot, text: str, situation: Situation) -> Iterable[Found]:
    language = situation.language if situation.language in ("en", "zh") else None
    row = {"text": text, "reference_time": situation.now.isoformat(), "tz": situation.zone.key, "lang": language}
    meant = when_line(row)
    if meant["type"] != "none":
        yield Found(
            _without(text, str(meant.get("task", ""))), {k: meant[k] for k in meant if k not in ("id", "ms", "task")}
        )


def _without(text: str, rest: str) -> str:
    """The stretch of the text around which the rest lies."""
    places, other = spans(text), set(words(rest))
    kept = [(a, b) for a, b in places if text[a:b].lower() not in other] or places
    return text[kept[0][0] : kept[-1][1]]


_UNIT = re.compile(
    r"\b(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|nights?|weeks?|months?|years?)\b|秒钟?|分钟|个?半?小时|个?半?钟头|天|个?星期|周|个月|年",
    re.IGNORECASE,
)
_SECONDS = {"s": 1, "mi": 60, "h": 3600, "d": 86400, "n": 86400, "w": 604800, "mo": 2_592_000, "y": 31_536_000}
_CHINESE_SECONDS = {"秒": 1, "分": 60, "小": 3600, "钟": 3600, "天": 86400, "星": 604800, "周": 604800, "月": 2_592_000}
_HALF = re.compile(r"half (?:an? )?$|(?:and a half )$|半个?$", re.IGNORECASE)
_ARTICLE = re.compile(r"\ban? $", re.IGNORECASE)


def _duration(slot: Slot, text: str, situation: Situation) -> Iterable[Found]:
    """In seconds; a month is 30 days."""
    for unit in _UNIT.finditer(text):
        core = unit[0].lower().lstrip("个")
        half = 0.5 if core.startswith("半") else 0.0
        core = core.lstrip("半")
        size = _CHINESE_SECONDS.get(core[0]) or _SECONDS.get(core[:2]) or _SECONDS.get(core[0]) or 31_536_000
        before = text[: unit.start()]
        if match := _HALF.search(before):
            half, before = 0.5, before[: match.start()]
        count = [found for found in _number(slot, before[-24:], situation) if before.rstrip().endswith(found.text)]
        article = _ARTICLE.search(before)
        if not count and not half and not article:
            continue
        start = len(before.rstrip()) - len(count[-1].text) if count else article.start() if article else len(before)
        amount = (count[-1].value if count else 1.0 if article else 0.0) + half
        yield Found(text[start : unit.end()].strip(), round(amount * size))


_FIGURES = re.compile(rf"\d[\d,]*(?:\.\d+)?|(?!一[共起样定下直般切些点会旦律边面]){CHINESE_NUMBER}")


def _number(_slot: Slot, text: str, _situation: Situation) -> Iterable[Found]:
    found: list[tuple[int, Found]] = []
    for match in _FIGURES.finditer(text):
        value = float(match[0].replace(",", "")) if match[0][0].isascii() else chinese_number(match[0])
        if value is not None and value < float("inf"):
            found.append((match.start(), Found(match[0], int(value) if value == int(value) else value)))
    for token in tokens(text.lower()) if len(text.lower()) == len(text) else ():
        if token.kind == "number" and token.name == "word":
            found.append((token.start, Found(text[token.start : token.end], int(token.number))))
    yield from (each for _, each in sorted(found, key=lambda pair: pair[0]))


_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "￥": "CNY"}
_CURRENCY = re.compile(
    r"\s*(?P<USD>dollars?|bucks?|usd|美元|美金)|\s*(?P<EUR>euros?|eur|欧元)|\s*(?P<GBP>pounds?|quid|gbp|英镑)"
    r"|\s*(?P<CNY>yuan|rmb|cny|块钱?|元|人民币)|\s*(?P<JPY>yen|jpy|日元)",
    re.IGNORECASE,
)


def _money(slot: Slot, text: str, situation: Situation) -> Iterable[Found]:
    at = 0
    for found in _number(slot, text, situation):
        at = text.find(found.text, at)
        sign = _SIGNS.get(text[at - 1]) if at > 0 else None
        behind = _CURRENCY.match(text, at + len(found.text))
        if sign or behind:
            end = behind.end() if behind else at + len(found.text)
            kind = sign or (behind.lastgroup if behind else "")
            yield Found(text[at - 1 if sign else at : end], {"amount": found.value, "currency": kind})
        at += len(found.text)


def _named(before: str) -> Callable[[Slot, str, Situation], Iterable[Found]]:
    place = re.compile(rf"@[\w.-]{{1,64}}|\b(?:{before}) [A-Z][\w'-]{{0,40}}(?: [A-Z][\w'-]{{0,40}}){{0,3}}")

    def find(_slot: Slot, text: str, _situation: Situation) -> Iterable[Found]:
        for match in place.finditer(text):
            said = match[0] if match[0].startswith("@") else match[0].split(" ", 1)[1]
            yield Found(said, said)

    return find


def _listed(slot: Slot, text: str, _situation: Situation) -> Iterable[Found]:
    places = spans(text)
    said = tuple(text[a:b].lower() for a, b in places)
    names = {tuple(words(each)): value for value, also in slot.values.items() for each in also}
    names |= {tuple(words(value)): value for value in slot.values}
    for length in sorted({len(name) for name in names if name}, reverse=True):
        for start in range(len(said) - length + 1):
            value = names.get(said[start : start + length])
            if value is not None:
                yield Found(text[places[start][0] : places[start + length - 1][1]], value)


_KINDS: Mapping[SlotKind, Callable[[Slot, str, Situation], Iterable[Found]]] = {
    "text": _text,
    "time": _time,
    "duration": _duration,
    "number": _number,
    "money": _money,
    "person": _named("with|to|for|from|call|tell|ask|by|of"),
    "place": _named("in|at|to|near|from|for"),
    "list": _listed,
}
