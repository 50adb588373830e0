"""From text to Chinese time words, left to right, each place looked at once."""

from __future__ import annotations

import re
from collections import defaultdict

from core.language.grammar.chinese_clock import CLOCK_RULES, PART_WORDS, SHORT_PART
from core.language.grammar.chinese_day_words import DAY_RULES
from core.language.grammar.chinese_repeats import EVERY_RULES, LENGTH_RULES, MARK_RULES
from core.language.grammar.chinese_words import (
    Cut,
    Date,
    Day,
    Every,
    Ordinal,
    Part,
    Reader,
    Rule,
    Stretch,
    Value,
    Word,
    skip,
)

MAX_WORDS = 80
"""No sentence needs more; the rest of a longer one is left unread."""

_Table = dict[str, list[tuple[re.Pattern[str], Reader]]]


def _table(*rules: Rule) -> _Table:
    """The rules by the signs that may begin their words, in their order."""
    table: _Table = defaultdict(list)
    for signs, pattern, reader in rules:
        compiled = re.compile(pattern)
        for sign in set(signs):
            table[sign].append((compiled, reader))
    return dict(table)


_CLOCKS = _table(*CLOCK_RULES)
_ALL = _table(*EVERY_RULES, *DAY_RULES, *CLOCK_RULES, *LENGTH_RULES, *MARK_RULES)
_RUN = re.compile(r"[a-z0-9_]+|[零〇一二两三四五六七八九十百廿卅]+")
_STARTS = re.compile("[" + re.escape("".join(sorted({*_ALL, *"早晚晨夜中午_abcdefghijklmnopqrstuvwxyz"}))) + "]")


def scan(text: str, now_year: int) -> list[Word]:
    """The time words of a text in order; what a reader skips (quotes, links, greetings) is stepped over."""
    words: list[Word] = []
    position = 0
    while (sign := _STARTS.search(text, position)) is not None and len(words) < MAX_WORDS:
        position = sign.start()
        value, end = _read(text, position, now_year, words[-1] if words else None)
        if value is not None and not (isinstance(value, Ordinal) and not _counts_in(words, position)):
            words.append(Word(position, end, value))
        position = end
    return words


def _read(text: str, start: int, now_year: int, last: Word | None) -> tuple[Value | None, int]:
    """What is said at a place and where it ends; None for signs to step over."""
    if last is not None and last.end == start and _takes_part(last, text) and (part := SHORT_PART.match(text, start)):
        return _by_rules(_CLOCKS, text, start, now_year) or (Part(PART_WORDS[part["p"]]), part.end())
    if found := _by_rules(_ALL, text, start, now_year):
        return found
    run = _RUN.match(text, start)
    return None, run.end() if run else start + 1


def _by_rules(table: _Table, text: str, start: int, now_year: int) -> tuple[Value | None, int] | None:
    for pattern, reader in table.get(text[start], ()):
        if match := pattern.match(text, start):
            found = reader(match, now_year)
            if isinstance(found, Cut):
                return found
            if found is not None or reader is skip:
                return found, match.end()
    return None


def _counts_in(words: list[Word], position: int) -> bool:
    """第二天 counts only in a stretch said right before: 本月第二天, 每月的第一个周一."""
    if not words or position - words[-1].end > 1:
        return False
    if isinstance(words[-1].value, Date):  # 每月15号和最后一天
        return len(words) > 1 and isinstance(words[-2].value, Stretch | Every | Date)
    return isinstance(words[-1].value, Stretch | Every | Ordinal)


def _takes_part(last: Word, text: str) -> bool:
    """明早, 每晚 and the signs of 早中晚."""
    named = isinstance(last.value, Part) and text[last.start : last.end] in "早中午"
    return named or isinstance(last.value, Day | Every)
