"""What a sentence says of the case that its reminder is late: send it, leave it out, or wait for its next turn."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from core.language import requests_chinese, requests_english
from core.language.times import resolve, understand_time
from core.language.values import Delta, Instant, Preferences

Policy: TypeAlias = Literal["", "send", "limit", "skip", "next"]
LONGEST_MINUTES = 366 * 24 * 60
_READ = 2_200


@dataclass(frozen=True, slots=True)
class LateRule:
    """ "": as usual for its kind; "limit": at most `minutes` late."""

    policy: Policy
    minutes: int = 0


_IS = r"(?:(?:it|you|this|that|they)(?:'s| is|'re| are| comes?| rings?)? )?(?:too )?late"
_MOST = r"(?:at (?:the )?most|no more than|not more than|less than|up to|max(?:imum)?|within|under)"
_TELL = r"(?:,? (?:and|but) (?:tell|say so to|let) me(?: know| so| about it)?)?"
_LEAVE = r"(?:(?:skip|drop|forget|leave) it|never mind|(?:don't|do not) (?:bother|(?:send|ring|deliver)(?: it)?|remind me)(?: any ?more| at all)?)"
_NEXT = r"(?:the |its )?next (?:slot|time|one|turn|occurrence)"
_ZH_LATE = r"(?:如果|要是|若是|假如)?(?:迟到|晚到?|迟|过[时点期]|错过|误)了?(?:的话)?[,，]?"
_ZH_SEND = r"(?:发送|发|提醒|通知|响)(?:给)?我?"
_ENGLISH: tuple[tuple[Policy, str], ...] = (
    ("limit", rf"(?:but |and )?only (?:if|when) (?:it's |it is |you're |you are )?{_MOST} {requests_english.LENGTH.format(n=1)} late"),
    ("limit", rf"(?:but |and )?(?:unless|not if|skip (?:it|this) if|don't (?:send|ring)(?: it)? if) (?:it's |it is |you're |you are )?(?:more than|over) {requests_english.LENGTH.format(n=2)} late"),
    ("skip", rf"(?:and |but )?(?:skip|drop) (?:it|this|that) (?:if|when) {_IS}{_TELL}"),
    ("skip", rf"(?:and |but )?(?:don't|do not) (?:send|ring|remind|deliver|bother)(?: it| me)? (?:if|when) {_IS}{_TELL}"),
    ("send", rf"(?:and |but )?send it (?:even |anyway |also )?(?:if|when) {_IS}|(?:and )?send it late"),
    ("next", rf"(?:and |but )?(?:(?:if|when) {_IS},? )?(?:wait for|take|use|leave it (?:for|to)|ring at) {_NEXT}(?: (?:if|when) {_IS})?"),
)  # fmt: skip
_AFTER_A_STOP: tuple[tuple[Policy, str], ...] = (
    ("limit", rf"{_MOST} {requests_english.LENGTH.format(n=3)} late"),
    ("skip", rf"not (?:if|when) {_IS}|only (?:if |when )?(?:it's |you're )?on time|if {_IS},? (?:then )?(?:just )?{_LEAVE}{_TELL}|skip it(?:,? and tell me)"),
    ("send", rf"(?:even|also) (?:if|when) {_IS}|send late|however late(?: it is)?|no matter how late(?: it is)?|if {_IS},? send it(?: anyway| all the same| late)?"),
    ("next", rf"(?:the |its )?next (?:slot|turn)(?: only| (?:if|when) {_IS})?"),
)  # fmt: skip
"""Clauses that could also be part of what to remind of: they stand behind a comma, or alone."""
_CHINESE: tuple[tuple[Policy, str], ...] = (
    ("limit", rf"(?:最多|至多|不超过)(?:迟到|晚|迟|延迟){requests_chinese.LENGTH.format(n=4)}(?:才{_ZH_SEND})?"),
    ("limit", rf"(?:只有)?(?:迟到|晚|迟|延迟)(?:最多|不超过|在)?{requests_chinese.LENGTH.format(n=5)}(?:以内|之内|内)(?:才|就)?(?:{_ZH_SEND})?"),
    ("limit", rf"(?:迟到|晚|迟|延迟)了?超过{requests_chinese.LENGTH.format(n=6)}就?(?:不用|别|不要|不必)再?{_ZH_SEND}了?"),
    ("send", rf"(?:即使|就算|哪怕)?(?:迟到|晚|迟|过时)了?也(?:要|照样|照常|得)?{_ZH_SEND}"),
    ("skip", rf"{_ZH_LATE}就?(?:跳过|算了|(?:不用|别|不要|不必)再?(?:{_ZH_SEND})?了?)(?:[,，]?(?:并且?|然后|再)?告诉我(?:一声)?)?"),
    ("next", rf"{_ZH_LATE}就?(?:等|等到|到|顺延到|改到)下一?(?:次|轮|回)(?:再{_ZH_SEND})?"),
)  # fmt: skip
_END = r"[)）.。!！ ]*"


def _compiled(clauses: tuple[tuple[Policy, str], ...], before: str) -> tuple[tuple[Policy, re.Pattern[str]], ...]:
    return tuple((policy, re.compile(f"{before}(?:{clause}){_END}$", re.IGNORECASE)) for policy, clause in clauses)


_PATTERNS = (
    *_compiled(_ENGLISH, r"(?:^|[ ,;:(])"),
    *_compiled(_AFTER_A_STOP, r"(?:^|[,;:(] ?|[.!] | - )"),
    *_compiled(_CHINESE, ""),
)
_NAMED: dict[str, Policy] = {"usual": "", "send": "send", "limit": "limit", "skip": "skip", "next": "next"}
_MONDAY = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


def split(text: str) -> tuple[str, LateRule | None]:
    """The sentence without such a clause at its end, and what the clause says; None where there is none."""
    if len(text) > _READ or not any(
        word in text.lower() for word in ("late", "next", "on time", "skip", "晚", "迟", "过")
    ):
        return text, None
    plain = text.replace("’", "'").rstrip()
    for policy, pattern in _PATTERNS:
        if found := pattern.search(plain):
            length = next((value for name, value in found.groupdict().items() if value), "")
            minutes = _minutes(length) if length else 0
            if not length or minutes:
                return plain[: found.start()].strip(" ,，;；:：(（-"), LateRule(policy, minutes)
    return text, None


def named(words: str) -> LateRule | None:
    """The rule that a form or a command names: "send", "skip", "next", "usual", "limit:30", or the clause itself."""
    name, _, minutes = words.strip().lower().partition(":")
    if name in _NAMED and (name != "limit") == (not minutes):
        return LateRule(_NAMED[name], 0) if not minutes else _limit(minutes)
    rest, rule = split(words)
    return rule if not rest else None


def _limit(minutes: str) -> LateRule | None:
    if not (minutes.isascii() and minutes.isdecimal() and len(minutes) <= 6):
        return None
    return LateRule("limit", int(minutes)) if 1 <= int(minutes) <= LONGEST_MINUTES else None


def _minutes(length: str) -> int:
    """How many minutes those words are; 0 where that is none, or too long."""
    when = understand_time(length, _MONDAY, ZoneInfo("UTC")).when
    later = resolve(when, _MONDAY, ZoneInfo("UTC"), Preferences()) if isinstance(when, Delta | Instant) else None
    minutes = int((later.at - _MONDAY).total_seconds() // 60) if later is not None else 0
    return minutes if 1 <= minutes <= LONGEST_MINUTES else 0
