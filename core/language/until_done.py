"""The part of a sentence that asks to be reminded again and again until it is done: taken out, and what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.language.grammar.chinese_lexicon import number as numeral

USUAL_MINUTES = 10
USUAL_MOST = 6
LONGEST_MINUTES = 24 * 60
MOST = 50

_N = r"(?P<n{k}>\d{{1,4}}|an?|one|two|three|five|ten|fifteen|twenty|thirty|half(?: an?)?|other)?"
_EVERY = rf"(?:every|each) ?{_N} ?(?P<unit{{k}}>minutes?|mins?|m|hours?|hrs?|h)"
_DONE = (
    r"(?:i(?:'ve| have)? (?:actually |really )?(?:do|did|done|finish(?:ed)?|complete[d]?|confirm(?:ed)?|acknowledge[d]?|answer(?:ed)?|take|took|taken)(?: (?:it|that|so|them))?"
    r"|i(?:'m| am) (?:done|finished)(?: with it)?|i (?:say|tell you|press|tap|hit|reply)(?: (?:it'?s |that i'?m |i'?m )?(?:done|stop|to stop))?|it(?:'s| is)(?: been)? (?:done|finished)|done)"
)
_UNTIL = rf"(?:until|till|til|unless) {_DONE}\b"
_MOST_TIMES = r"(?:,? ?(?:at most|up to|max(?:imum)?|no more than) (?P<most{k}>\d{{1,3}}) times)?"
_AGAIN = r"(?:(?:and |then |, ?)*(?:(?:keep|keep on|continue|go on) (?:reminding|nagging|bugging|pestering|telling|pinging|asking)|nag|bug|pester|remind|repeat(?: it)?|again|ping)(?: me)?(?: again)?(?: about (?:it|that))?)"
_ENGLISH = (
    rf"[, ]*{_AGAIN}? ?{_EVERY.format(k=1)},? {_UNTIL}{_MOST_TIMES.format(k=1)}",
    rf"[, ]*(?:and |then )*{_AGAIN} {_UNTIL}(?:,? {_EVERY.format(k=2)})?{_MOST_TIMES.format(k=2)}",
    rf"[, ]*{_UNTIL}(?:,? {_EVERY.format(k=3)})?{_MOST_TIMES.format(k=3)}",
)
_KEEP = re.compile(
    r"\b(?:keep|keep on) (?:reminding|nagging|bugging|pestering) me\b|\b(?:nag|pester) me\b", re.IGNORECASE
)
_TAIL = re.compile(
    r"[, ]*(?:and )(?:keep|keep on) (?:reminding|nagging|bugging|pestering) me(?: about it)?[.! ]*\Z", re.IGNORECASE
)

_ZH_N = r"(?P<n{k}>\d{{1,4}}|[一二两三四五六七八九十]{{1,3}}|半)个?"
_ZH_EVERY = rf"每隔?{_ZH_N}(?P<unit{{k}}>分钟|分|小时|钟头)(?:就)?"
_ZH_VERB = r"(?:做完|完成|做好|搞定|办完|做了|弄完|确认|吃完|吃了|喝完|喝了|说完成|说停|点完成|回复|做到|去做)"
_ZH_UNTIL = (
    rf"(?:[,，]?(?:直到|一直到|到)我?(?:已经)?(?:把它)?{_ZH_VERB}(?:了)?(?:为止)?|[,，]?不(?:做完|完成)不(?:罢休|停))"
)
_ZH_MOST = r"(?:[,，]?(?:最多|至多)(?P<most{k}>\d{{1,3}})次)?"
_ZH_AGAIN = r"(?:一直|不停地?|反复|不断地?|持续|重复)"
_CHINESE = (
    rf"(?P<keep4>[,，]?(?:然后|并且?|再)?{_ZH_EVERY.format(k=4)}(?P<ask4>(?:再|重复)?(?:提醒|催|叫|喊)我?(?:一次|一下)?)?(?P<task4>[^,，。]{{0,60}}?){_ZH_UNTIL}{_ZH_MOST.format(k=4)})",
    rf"(?P<keep5>{_ZH_AGAIN}(?P<ask5>(?:提醒|催|叫|喊)我?)(?P<task5>[^,，。]{{0,60}}?){_ZH_UNTIL}(?:[,，]?{_ZH_EVERY.format(k=5)}(?:提醒)?(?:一次|一下)?)?{_ZH_MOST.format(k=5)})",
    rf"(?P<keep6>{_ZH_UNTIL}{_ZH_MOST.format(k=6)}(?=[。.!！]*$))",
    rf"(?P<keep7>{_ZH_AGAIN}(?P<ask7>(?:提醒|催|叫|喊)我?))",
)
_PATTERNS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (*_ENGLISH, *_CHINESE))
_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30,
    "other": 2,
}  # fmt: skip
_READ = 2_200
_ASKS = re.compile(r"\b(?:remind|alarm|nag|bug me|pester|wake|ping|forget)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class UntilDone:
    """Again every `minutes` until it is done, at most `most` times."""

    minutes: int = USUAL_MINUTES
    most: int = USUAL_MOST
    said: bool = False
    """How often was said, not only that."""


def split(text: str) -> tuple[str, UntilDone | None]:
    """The sentence without that part, and what it asked for; None where it asks for no such thing."""
    if len(text) > _READ:
        return text, None
    plain = text.replace("’", "'")
    if not _ASKS.search(plain) and not any(word in plain for word in ("提醒", "催", "叫", "喊")):
        return text, None
    for pattern in _PATTERNS:
        if found := pattern.search(plain):
            return _without(plain, found), _asked(found)
    if found := _TAIL.search(plain):
        return plain[: found.start()], UntilDone()
    if found := _KEEP.search(plain):
        return f"{plain[: found.start()]}remind me{plain[found.end() :]}", UntilDone()
    return text, None


def _without(text: str, found: re.Match[str]) -> str:
    groups = _bare(found)
    before, after = text[: found.start()], text[found.end() :]
    asked_before = any(word in before for word in ("提醒", "叫我", "喊我"))
    kept = groups.get("task", "")
    if groups.get("ask") and not asked_before:
        kept = f"提醒我{kept}"
    rest = f"{before}{kept}{after}"
    low = rest.lower()
    if "keep" not in groups and not _ASKS.search(low):
        rest = f"remind me {rest.strip(' ,.')}"
    return " ".join(_KEEP.sub("remind me", rest).split())


def _bare(found: re.Match[str]) -> dict[str, str]:
    return {name.rstrip("0123456789"): value for name, value in found.groupdict().items() if value is not None}


def _asked(found: re.Match[str]) -> UntilDone:
    groups = _bare(found)
    most = min(max(int(groups.get("most", USUAL_MOST)), 1), MOST)
    unit = groups.get("unit", "").lower()
    if not unit:
        return UntilDone(most=most)
    hours = unit.startswith("h") or unit in ("小时", "钟头")
    number = groups.get("n", "1").lower()
    if number.startswith("half") or number == "半":
        minutes = 30 if hours else 1
    else:
        minutes = (_WORDS.get(number) or numeral(number) or 0) * (60 if hours else 1)
    return UntilDone(min(minutes, LONGEST_MINUTES), most, said=True)
