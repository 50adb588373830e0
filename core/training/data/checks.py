"""What is wrong with conversations that could be read: one by one, and one against those before it."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from core.language.detect import detect
from core.training.data import scrub
from core.training.data.faults import Fault
from core.training.data.near import Alike, normalised
from core.training.data.rows import Conversation, Row

_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_GARBLED = re.compile(
    r"\ufffd|锟斤拷|烫烫烫|Ã[\x80-\xbf©¨¤¶¼±\u00a0]|â€[™œ\x9d“”¦˜]|Â[\xa0£°·]|[æåçè][\x80-\xbf\u2018-\u2022][\x80-\xbf¤-¿]"
)
_TOKENS = re.compile(
    r"<\|[a-z][a-z0-9_ ]{1,30}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|<｜[^｜<>]{2,30}｜>"
)
_ROLE = re.compile(r"^\s*(?:#{1,4}\s*)?(?:user|human|assistant|system|ai|bot|助手|用户|系统)\s*[:：]", re.IGNORECASE)
_GAP = re.compile(
    r"\{\{\s*[A-Za-z_][\w .-]{0,30}\}\}|(?i:\[(?:your|insert|enter)\b[^\]\n]{0,30}\]|lorem ipsum|<(?:name|date|url|city|price)>)"
    r"|\bTODO\b|\bTBD\b|\b[Xx]{4,}\b|待补充"
)
_MARKUP = re.compile(
    r"</?(?:p|br|div|span|a|ul|ol|li|table|tr|td|b|i|strong|em|h[1-6]|img|font)(?:\s[^<>]{0,200})?/?>|&(?:nbsp|amp|lt|gt|quot|#\d{2,5});",
    re.IGNORECASE,
)
_LOOP = re.compile(r"([^\W\d_].{3,60}?)(?:\s*\1){3,}", re.DOTALL)
_ENDED = re.compile(r"[.!?…。！？~～:：)\]）】」』\"'”’`*>|}\d]\s*$|\W\s*$|^\s*(?:[-*#\d|]|```)", re.MULTILINE)
_LOOKED_AT = 20_000
_LONG_ANSWER = 200
"""Characters, from which an answer is expected to end like a sentence."""
_GARBLED_HALF = re.compile("[\ud800-\udfff]")


def checked(
    rows: Iterator[Row], tokens: Callable[[Conversation], int] | None = None, longest: int = 0
) -> Iterator[Row]:
    """The rows with every fault that their conversations have; compares each with all before it. `tokens` counts one,
    and `longest` is how many are trained on (0: any)."""
    seen: dict[bytes, int] = {}
    asked: dict[bytes, tuple[int, str]] = {}
    alike, lines = Alike(), list[int]()
    for row in rows:
        found = row.conversation
        if found is None:
            yield row
            continue
        faults = [*row.faults, *_of_conversation(found), *_of_words(found)]
        if tokens and longest and (count := tokens(found)) > longest:
            faults.append(Fault("too-long", row.line, f"{count} tokens"))
        if not any(fault.error for fault in faults):
            faults += _of_others(found, seen, asked, alike, lines)
        yield replace(row, faults=tuple(faults))


def structural(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows with those faults alone that make a conversation impossible to train on, whatever is said in it."""
    for row in rows:
        given = row.conversation
        yield row if given is None else replace(row, faults=(*row.faults, *_of_conversation(given)))


def _of_conversation(given: Conversation) -> Iterator[Fault]:
    roles = [turn.role for turn in given.turns]
    for number, turn in enumerate(given.turns, 1):
        if not turn.text.strip():
            yield Fault("empty-turn", given.line, f"turn {number}")
    if "system" in roles[1:]:
        yield Fault("late-system", given.line, f"turn {roles.index('system', 1) + 1}")
    spoken = [role for role in roles if role != "system"]
    if "assistant" not in spoken:
        yield Fault("no-assistant", given.line)
    elif spoken[0] == "assistant":
        yield Fault("begins-with-assistant", given.line)
    elif spoken[-1] == "user":
        yield Fault("unanswered", given.line)
    for role in ("assistant", "user"):
        twice = [at for at, pair in enumerate(pairwise(roles), 2) if pair == (role, role)]
        if twice:
            yield Fault(f"{role}-twice", given.line, f"turn {twice[0]}")


def _of_words(given: Conversation) -> Iterator[Fault]:
    every = "\n".join(turn.text for turn in given.turns)[:_LOOKED_AT]
    for kind, pattern in (
        ("half-character", _GARBLED_HALF),
        ("control-characters", _CONTROL),
        ("garbled", _GARBLED),
        ("control-token", _TOKENS),
        ("markup", _MARKUP),
        ("placeholder", _GAP),
    ):
        if match := pattern.search(given.to_json() if kind == "half-character" else every):  # meta is written, too
            yield Fault(kind, given.line, ascii(match[0])[1:-1][:40] if kind != "garbled" else match[0])
    if "\0" in every:
        yield Fault("nul", given.line)
    if found := scrub.find(every):
        counts = Counter(one.kind.lower() for one in found)
        yield Fault("personal-data", given.line, ", ".join(f"{count} {kind}" for kind, count in counts.items()))
    for asked, turn in zip((None, *given.turns), given.turns, strict=False):
        text = turn.text[:_LOOKED_AT]
        if _ROLE.match(text):
            yield Fault("role-in-text", given.line, text.strip()[:20])
        if match := _LOOP.search(text):
            yield Fault("loop", given.line, match[1].strip()[:30])
        if turn.role == "assistant":
            yield from _of_answer(asked.text if asked else "", turn.text, given.line)


def _of_answer(asked: str, answer: str, line: int) -> Iterator[Fault]:
    if len(asked) > 20 and normalised(asked) == normalised(answer):
        yield Fault("echo", line)
    if len(asked) > 8 and len(answer) > 8 and detect(asked) != detect(answer):
        yield Fault("other-language", line, f"{detect(asked)} -> {detect(answer)}")
    last = answer.rstrip().rsplit("\n", 1)[-1]
    if len(answer) >= _LONG_ANSWER and not _ENDED.search(last):
        yield Fault("cut-off", line, last[-20:])


def _of_others(
    given: Conversation, seen: dict[bytes, int], asked: dict[bytes, tuple[int, str]], alike: Alike, lines: list[int]
) -> Iterator[Fault]:
    *before, last = given.turns
    whole, context = _digest(given.turns), _digest(before)
    first = seen.setdefault(whole, given.line)
    earlier = asked.setdefault(context, (given.line, last.text))
    near = alike.add(given.spoken())
    lines.append(given.line)
    if first != given.line:
        yield Fault("duplicate", given.line, f"of line {first}")
    elif before and last.role == "assistant" and earlier[1] != last.text:
        yield Fault("contradiction", given.line, f"line {earlier[0]}")
    elif near is not None:
        yield Fault("near-duplicate", given.line, f"of line {lines[near]}")


def _digest(turns: Sequence[object]) -> bytes:
    return hashlib.blake2b(repr(tuple(turns)).encode("utf-8", "replace"), digest_size=12).digest()
