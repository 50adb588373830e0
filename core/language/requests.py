"""Short requests about reminders that exist, in English and Chinese: see, find, cancel, pause, move, put off, take back,
and the rules on them.

Only whole sentences are requests: "cancel my subscription", "move on", "提前告诉我" are none. Whether what stands where a
time should be is a time, and whether "it" can be a reminder at all, is for the caller to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from core.language import late_rule, requests_chinese, requests_english
from core.language.grammar.chinese_lexicon import number as numeral
from core.language.grammar.normalise import normalise
from core.language.late_rule import LateRule

Verb: TypeAlias = Literal[
    "list", "here", "search", "show", "schedule", "cancel", "pause", "resume", "move", "edit", "rename", "snooze", "done",
    "silence", "undo", "late", "share", "unshare", "whose",
]  # fmt: skip
Shift: TypeAlias = Literal["", "later", "earlier"]

LONGEST = 200
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (*requests_english.PATTERNS, *requests_chinese.PATTERNS)
_ONE_OF_THEM = re.compile(r"an?|any|some|one(?: of (?:my|the|those|these))?", re.IGNORECASE)
_ZH_ONE_OF_THEM = re.compile(r"(?<!第)(?:其中的?|随便|任意|我的)?(?:一|1|某一?)[个条](?:提醒|闹钟|闹铃)")
_ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5"}
_MISSPELT = (
    "reminder", "reminders", "cancel", "delete", "remove", "postpone", "reschedule", "snooze", "resume", "pause",
    "schedule", "tomorrow", "minutes", "change", "alarms",
)  # fmt: skip
_LENGTHS = frozenset(len(word) + more for word in _MISSPELT for more in (-1, 0, 1))
_KNOWN = frozenset({*_MISSPELT, "reminded", "cancels", "cancer", "pauses", "posted", "changed", "charge", "chance"})


@dataclass(frozen=True, slots=True)
class ReminderRequest:
    """What somebody wants of their reminders."""

    verb: Verb
    which: str = ""
    """A number in their list, or words of the reminder; "" is the one last spoken of."""
    when: str = ""
    """The time, day or length of time in the person's words; with "rename" the new text, with "edit" either; with
    "pause" how long."""
    shift: Shift = ""
    """With "move": `when` is a length of time, by which it is to ring later or earlier."""
    all: bool = False
    any: bool = False
    """One of them, and it was not said which."""
    named: bool = True
    """The sentence speaks of reminders. If not ("move it to 10"), only somebody who has just had to do with one can
    mean it."""
    late: LateRule | None = None
    """With "late", "move" and "edit": what is to become of it when it is late."""


def reminder_request(text: str) -> ReminderRequest | None:
    """A request about reminders that exist; None where the sentence is none. Only short sentences are looked at."""
    if len(text) > LONGEST:
        return None
    as_written = _as_typed(text).split()
    if not as_written:
        return None
    words = " ".join(_spelt(word) for word in as_written)
    if (asked := _about_lateness(words)) is not None:
        return asked
    for verb, pattern in _PATTERNS:
        if found := pattern.fullmatch(words):
            request = _request(verb, _Found(found, as_written))
            vague = _ONE_OF_THEM.fullmatch(request.which) or (request.which and _ZH_ONE_OF_THEM.search(words))
            return replace(request, which="", any=True) if vague else request
    return None


def _about_lateness(words: str) -> ReminderRequest | None:
    """ "Reminder 2: skip it if late", "move it to 10, only if at most 30 minutes late", "2号提醒晚了就跳过"."""
    rest, late = "", None
    for pattern, clause in requests_english.LATE:
        if late is None and (found := pattern.fullmatch(words)):
            rest, late = found["target"], late_rule.named(clause.format(found["clause"]))
    if late is None:
        rest, late = late_rule.split(words)
    if late is None and " to " in words:
        rest, _, clause = words.rpartition(" to ")
        more, late = late_rule.split(clause)
        late = None if more else late
    if late is None:
        return None
    if not rest:
        return ReminderRequest("late", named=False, late=late)
    for pattern in (requests_english.TARGET, requests_chinese.TARGET):
        if whole := pattern.fullmatch(rest):
            found_in = _Found(whole, rest.split())
            which = _which(found_in)
            return ReminderRequest("late", which, named=bool(which) or found_in.has("noun"), late=late)
    request = reminder_request(rest)
    return replace(request, late=late) if request is not None and request.verb in ("move", "edit") else None


def refers_back(text: str) -> bool:
    """Whether the text is a request that may mean the reminder last spoken of, so that it has to be looked for."""
    request = reminder_request(text)
    return request is not None and not request.which


def _as_typed(text: str) -> str:
    """Without full-width letters and curly quotes; a name keeps the case it was written in."""
    folded = normalise(text).text
    if len(folded) != len(text):
        return text.replace("’", "'")
    return "".join(
        as_is if as_is.lower() == plain or as_is == "`" else plain for as_is, plain in zip(text, folded, strict=True)
    )


class _Found:
    """A match by the bare names of its groups, which patterns number; values stand as the person wrote them."""

    def __init__(self, match: re.Match[str], as_written: list[str]) -> None:
        self._groups: dict[str, str] = {}
        for name, value in match.groupdict().items():
            if value is not None:
                first = match.string[: match.start(name)].count(" ")
                last = match.string[: match.end(name)].count(" ")
                written = " ".join(as_written[first : last + 1])
                exact = written if len(written) == len(value) else value
                self._groups.setdefault(name.rstrip("0123456789"), exact.strip(" ,，"))

    def get(self, *names: str) -> str:
        return next((self._groups[name] for name in names if self._groups.get(name)), "")

    def has(self, name: str) -> bool:
        return name in self._groups


def _request(verb: str, found: _Found) -> ReminderRequest:
    which, all_of_them = _which(found), found.has("all") or (found.has("plural") and not _which(found))
    named = bool(which) or found.has("noun") or found.has("named")
    match verb:
        case "list" | "here" | "undo":
            return ReminderRequest(verb, named=not found.has("it"))
        case "search":
            return ReminderRequest("search", found.get("find"))
        case "schedule":
            return ReminderRequest("schedule", when=found.get("day"))
        case "later" | "earlier":
            return ReminderRequest("move", which, found.get("length"), verb, named=named)
        case "move" | "edit" | "rename" | "snooze":
            return ReminderRequest(verb, which, found.get("how", "text"), named=named)
        case "pause":
            return ReminderRequest(verb, which, found.get("how"), all=all_of_them, named=named)
        case "cancel" | "resume" | "done" | "silence" | "show" | "share" | "unshare" | "whose":
            return ReminderRequest(verb, which, all=all_of_them, named=named or found.has("all"))
    raise ValueError(f"no pattern has the verb {verb}")


def _which(found: _Found) -> str:
    if ordinal := found.get("ordinal"):
        return _ORDINALS[ordinal.lower()]
    if number := found.get("number"):
        return str(numeral(number) or 0)
    return found.get("what", "about").removesuffix("的")


def _spelt(word: str) -> str:
    """A word of our vocabulary with one slip of the fingers in it, as it was meant."""
    low = word.lower()
    bare = low.rstrip(".,!?")
    if len(bare) not in _LENGTHS or len(bare) < 5 or not bare.isascii() or bare in _KNOWN:
        return word
    meant = next((known for known in _MISSPELT if known[0] == bare[0] and _one_slip(bare, known)), None)
    return meant + word[len(bare) :] if meant else word


def _one_slip(word: str, known: str) -> bool:
    """One letter too many, too few, wrong, or two swapped."""
    start = next((i for i, (a, b) in enumerate(zip(word, known, strict=False)) if a != b), min(len(word), len(known)))
    rest, meant = word[start:], known[start:]
    return (
        rest[1:] == meant
        or rest == meant[1:]
        or rest[1:] == meant[1:]
        or (rest[:2] == meant[1::-1] and len(meant) > 1 and rest[2:] == meant[2:])
    )
