"""From text to Chinese time words, left to right, each place looked at once."""

from __future__ import annotations

import re

from core.language.grammar.chinese_clock_words import CLOCK_RULES, PART_WORDS, SHORT_PART, Reader, Rule, skip
from core.language.grammar.chinese_day_words import DAY_RULES
from core.language.grammar.chinese_repeats import read_every, read_length, read_mark, read_times
from core.language.grammar.chinese_words import Day, Every, Ordinal, Part, Stretch, Value, Word

MAX_WORDS = 80
"""No sentence needs more; the rest of a longer one is left unread."""

_EVERY_SIGNS = frozenset("平重单双每隔间逢天日年月周夜晚时早三不定经反一循到")
_LENGTH_SIGNS = frozenset("0123456789零〇一二两俩仨三四五六七八九十百廿卅半再过等还未接今往连持为坚提前后约大")
_TIMES_SIGNS = frozenset("至各分0123456789一二两三四五六七八九十百共总合只仅最重循连提")
_MARK_SIGNS = frozenset(
    "宜依今从自由一直持截到等赶至-~开起这那当为结停止之期间除不跳休以外都或及和前过后现此目而立马以内"
)
_RUN = re.compile(r"[a-z0-9_]+|[零〇一二两三四五六七八九十百廿卅]+")

_Compiled = tuple[re.Pattern[str], Reader]


def _table(rules: tuple[Rule, ...]) -> dict[str, tuple[_Compiled, ...]]:
    table: dict[str, tuple[_Compiled, ...]] = {}
    for signs, pattern, reader in rules:
        compiled = re.compile(pattern)
        for sign in set(signs.replace(" ", "")):
            table[sign] = (*table.get(sign, ()), (compiled, reader))
    return table


_DAYS, _CLOCKS = _table(DAY_RULES), _table(CLOCK_RULES)
_READ_SIGNS = _EVERY_SIGNS | _LENGTH_SIGNS | _TIMES_SIGNS | _MARK_SIGNS
_SIGNS = {*_DAYS, *_CLOCKS, *_READ_SIGNS, *"早晚晨夜中午_abcdefghijklmnopqrstuvwxyz"}
_STARTS = re.compile("[" + re.escape("".join(sorted(_SIGNS))) + "]")


def scan(text: str, now_year: int) -> list[Word]:
    """The time words of a text in order; what a reader refused with None (quotes, links, greetings) is stepped over."""
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
    sign = text[start]
    if last is not None and last.end == start and _takes_part(last, text) and (part := SHORT_PART.match(text, start)):
        longer = _by_rules(_CLOCKS, text, start, now_year)
        return longer if longer is not None else (Part(PART_WORDS[part["p"]]), part.end())
    if sign in _EVERY_SIGNS and (found := read_every(text, start)):
        return found
    for table in (_DAYS, _CLOCKS):
        if (hit := _by_rules(table, text, start, now_year)) is not None:
            return hit
    if sign in _LENGTH_SIGNS and (found := read_length(text, start)):
        return found
    if sign in _TIMES_SIGNS and (found := read_times(text, start)):
        return found
    if sign in _MARK_SIGNS and (found := read_mark(text, start)):
        return found
    run = _RUN.match(text, start)
    return None, run.end() if run else start + 1


def _counts_in(words: list[Word], position: int) -> bool:
    """第二天 counts only in a stretch said right before: 本月第二天, 每月的第一个周一."""
    return bool(words) and position - words[-1].end <= 1 and isinstance(words[-1].value, Stretch | Every | Ordinal)


def _takes_part(last: Word, text: str) -> bool:
    """明早, 每晚 and the signs of 早中晚."""
    return isinstance(last.value, Day | Every) or (
        isinstance(last.value, Part) and text[last.start : last.end] in "早中午"
    )


def _by_rules(
    table: dict[str, tuple[_Compiled, ...]], text: str, start: int, now_year: int
) -> tuple[Value | None, int] | None:
    for pattern, reader in table.get(text[start], ()):
        if match := pattern.match(text, start):
            found = reader(match, now_year)
            if found is not None:
                return found
            if reader is skip:
                return None, match.end()
    return None
