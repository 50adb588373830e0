"""Personal data and secrets in text: what they are, where they stand, and the text with placeholders instead.

What carries a checksum (cards, IBANs, Chinese ids) counts only where it is right. What does not (phones, addresses) counts
where its form or the words before it leave little doubt; numbers that say they are an order's, a date's or a price's never do.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from core.messages import Utterance
from core.training.data.rows import Conversation

Secret: TypeAlias = Literal["KEY", "EMAIL", "CARD", "IBAN", "ID", "PHONE", "ADDRESS"]

_NOT_BEFORE, _NOT_AFTER = r"(?<![\w+])", r"(?![\w])"
_KEYS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?:sk|pk|rk)[-_](?:[a-z]+[-_])*[A-Za-z0-9_-]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\bxox[a-z]-[\w-]{8,}|\bxapp-[\w-]{8,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}|\bya29\.[\w-]{20,}|\bhf_[A-Za-z0-9]{20,}"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\b\d{8,10}:[A-Za-z0-9_-]{35}\b|\b(?:npm_|SG\.|dop_v1_)[\w.-]{20,}"
)
_NAMED_KEY = (
    r"(?:pass(?:word|wd|phrase)?|secret|api[ _-]?key|(?:access|auth|bearer)[ _-]?(?:token|key)|token|密码|口令|密钥|令牌|验证码)"
    r"\s*(?:is|was|:|=|：|是|为)+\s*[\"'“`]?(?P<value>(?=[^\s\"'”`,，。;；]*[\d_!@#$%^&*-])[^\s\"'”`,，。;；]{4,})"
    r"|\bBearer\s+(?P<bearer>[\w.~+/-]{12,}=*)"
)
_EMAIL = r"(?<![A-Za-z0-9_%+-])[A-Za-z0-9_%+-]{1,64}(?:\.[A-Za-z0-9_%+-]{1,64}){0,8}\s?@\s?(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![A-Za-z0-9])"
_CARD = r"(?<![\d.,-])(?:\d[ -]?){12,18}\d(?![\d]|[.,]\d)"
_IBAN = r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b"
_CHINESE_ID = r"(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
_SOCIAL = r"(?<![\d-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])"
_PHONE = (
    r"(?<![\w+.])\+\d{1,3}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,5}){1,5}(?!\w|[.,]\d)"  # with its country
    r"|(?<![\w+])00[1-9]\d{0,2}[ .-]\d{1,4}(?:[ .-]?\d{2,5}){1,4}(?!\w)"
    r"|(?<![\d.+-])1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\d-]|\.\d)"  # Chinese mobile
    r"|(?<![\d.+-])(?:\(0\d{2,3}\)|（0\d{2,3}）|0\d{2,3}[ -])\s?[2-8]\d{6,7}(?:[-转]\d{1,5})?(?![\d-])"  # Chinese landline
    r"|(?<![\d-])[48]00[- ]?\d{3}[- ]?\d{4}(?![\d-])(?<=[- ]\d{4})|(?<![\d-])[48]00-\d{4}-\d{3}(?![\d-])"
    r"|(?<![\w.+-])(?:1[ .-])?(?:\([2-9]\d{2}\)\s?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\w-]|\.\d)"  # North American
    r"|(?<![\w.+-])\(?0[1-9]\d{1,4}\)?[ /-]\d{2,4}(?:[ -]\d{2,4}){1,3}(?![\w-])"  # European, with its area
)
_NAMED_PHONE = (
    r"(?:phone|mobile|cell(?:phone)?|tel(?:ephone)?|whatsapp|call me (?:at|on)|reach me (?:at|on)|text me (?:at|on)|电话|手机|座机|联系方式|微信|QQ)"
    r"(?: ?(?:number|no\.?|号码|号))?\s*(?:is|was|:|：|=|是|为)?\s*(?P<value>[+(]?\d[\d ()./-]{5,17}\d)(?!\d)"
)
_STREET = r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Square|Sq|Terrace|Way|Place|Pl|Close|Crescent|Parkway|Pkwy|Highway|Hwy)"
_ADDRESS = (
    r"(?<![A-Za-z0-9.])\d{1,5}[A-Za-z]?,? (?:(?:North|South|East|West|N|S|E|W|NE|NW|SE|SW)\.? )?(?:[A-Z0-9][\w'’.-]* ){1,4}"
    + _STREET
    + r"(?![A-Za-z])\.?(?: (?:NE|NW|SE|SW|North|South|East|West)\b)?"
    r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|#)\.? ?[\w-]+)?(?:, [A-Z][\w'-]+(?: [A-Z][\w'-]+){0,2}\b(?! \d)){0,2}(?:,? [A-Z]{2},? \d{5}(?:-\d{4})?|,? [A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})?"
    r"|(?<![A-Za-z])P\.? ?O\.? Box \d{1,6}(?!\d)"
    r"|(?<![A-Za-z])[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|allee|platz) \d{1,4}[a-z]?(?:, \d{5} [A-ZÄÖÜ][\wäöüß-]+)?"
    r"|(?<![A-Za-z0-9.])\d{1,4},? (?:rue|avenue|boulevard|place) (?:de |du |des |la |le |d'|l')*[A-ZÉ][\w'’é-]+(?: [A-ZÉ][\w'’é-]+){0,3}(?:, \d{5} [A-ZÉ][\w-]+)?"
)
_CHINESE_ADDRESS = (
    r"(?:[\u4e00-\u9fff]{2,8}?(?:省|自治区))?(?:[\u4e00-\u9fff]{2,8}?[市州盟])?(?:[\u4e00-\u9fff]{1,8}?[区县旗镇乡])?"
    r"(?:[\u4e00-\u9fff0-9]{1,12}?(?:路|街|大道|巷|胡同|弄|村|里|道))(?:[东南西北中]段?)?\s?\d{1,5}\s?(?:号院?|弄)"
    r"(?:[\u4e00-\u9fffA-Za-z0-9]{0,12}?(?:小区|花园|大厦|广场|公寓|苑|家园))?(?:\s?[\dA-Za-z一二三四五六七八九十]{1,4}(?:号楼|栋|幢|座|单元|楼|层|室|号)){0,4}(?:\s?\d{3,4}室?)?"
)
_NUMBER_OF = re.compile(
    r"(?:order|invoice|tracking|ticket|case|ref(?:erence)?|booking|serial|sku|isbn|model|version|part|item|batch|flight|room|account id|id)"
    r"(?: ?(?:number|no\.?|num|code|id|#))?\s*(?:is|was|:|：|=|#)?\s*#?$"
    r"|(?:订单|单|运单|快递单|发票|流水|编|型|批|序列|货|工单|航班|房间|学|车牌)(?:号码?|编号)\s*(?:是|为|:|：)?\s*$|[#№$€£¥￥]\s?$",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"\s?(?:元|块|美元|美金|欧元|dollars?|euros?|pounds?|usd|eur|km|kg|ms|bytes|%)", re.IGNORECASE)
_LOOK_BACK = 40


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of a text that is personal data or a secret."""

    kind: Secret
    start: int
    end: int


def find(text: str) -> list[Found]:
    """In order, none within another; the surer kind wins where two overlap."""
    taken: list[Found] = []
    for kind, pattern, sure in _DETECTORS:
        for match in pattern.finditer(text):
            group = next((name for name, value in match.groupdict().items() if value), 0)
            start, end = match.span(group)
            if any(start < other.end and other.start < end for other in taken):
                continue
            if sure(text[start:end], text[max(0, start - _LOOK_BACK) : start], text[end : end + 8]):
                taken.append(Found(kind, start, end))
    return sorted(taken, key=lambda found: found.start)


@dataclass(slots=True)
class Scrubber:
    """Replaces what it finds by placeholders such as [EMAIL_1], the same for the same value within one conversation."""

    counts: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, placeholder, and the words before it with the value hidden but for its ends: what a person may look at."""

    def conversation(self, given: Conversation) -> Conversation:
        names: dict[tuple[str, str], str] = {}
        turns = tuple(Utterance(turn.role, self._text(turn.text, given.line, names)) for turn in given.turns)
        meta = self._inside(given.meta, given.line, names)
        return Conversation(turns, meta, given.line)

    def _inside(self, value: Any, line: int, names: dict[tuple[str, str], str]) -> Any:
        match value:
            case str():
                return self._text(value, line, names)
            case dict():
                return {key: self._inside(inner, line, names) for key, inner in value.items()}
            case list():
                return [self._inside(inner, line, names) for inner in value]
            case _:
                return value

    def _text(self, text: str, line: int, names: dict[tuple[str, str], str]) -> str:
        pieces, after = [], 0
        for found in find(text):
            value = text[found.start : found.end]
            number = 1 + sum(kind == found.kind for kind, _ in names)
            placeholder = names.setdefault((found.kind, _plain(value)), f"[{found.kind}_{number}]")
            self.counts[found.kind] += 1
            pieces.append(text[after : found.start])
            before = "".join(pieces[-3:])[-30:].replace("\n", " ")
            self.shown.append((line, placeholder, before + _masked(value)))
            pieces.append(placeholder)
            after = found.end
        return "".join([*pieces, text[after:]])


def _masked(value: str) -> str:
    return f"{value[:2]}{'*' * min(8, max(3, len(value) - 4))}{value[-2:]}" if len(value) > 6 else "***"


def _plain(value: str) -> str:
    return re.sub(r"[\s()./-]", "", value).casefold()


def _digits(value: str) -> str:
    return re.sub(r"\D", "", value)


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _a_card(value: str, before: str, _after: str) -> bool:
    digits = _digits(value)
    issued = digits[0] in "3456" or 2221 <= int(digits[:4]) <= 2720
    return issued and len(set(digits)) > 1 and _luhn(digits) and not _NUMBER_OF.search(before)


def _an_iban(value: str, _before: str, _after: str) -> bool:
    plain = re.sub(r"[ -]", "", value)
    numbers = "".join(str(int(character, 36)) for character in plain[4:] + plain[:4])
    return 15 <= len(plain) <= 34 and int(numbers) % 97 == 1


def _a_chinese_id(value: str, _before: str, _after: str) -> bool:
    weighted = sum(int(digit) * (1 << 17 - index) % 11 for index, digit in enumerate(value[:17]))
    if "10X98765432"[weighted % 11] != value[17].upper():
        return False
    try:
        dt.date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return False
    return True


def _a_phone(value: str, before: str, after: str) -> bool:
    digits = _digits(value)
    return (
        7 <= len(digits) <= 15 and len(set(digits)) > 1 and not _NUMBER_OF.search(before) and not _AMOUNT.match(after)
    )


def _always(_value: str, _before: str, _after: str) -> bool:
    return True


def _compiled() -> Iterator[tuple[Secret, re.Pattern[str], Callable[[str, str, str], bool]]]:
    yield "KEY", re.compile(_KEYS, re.DOTALL | re.ASCII), _always
    yield "EMAIL", re.compile(_EMAIL, re.ASCII), _always
    yield "KEY", re.compile(_NAMED_KEY, re.IGNORECASE), _always
    yield "IBAN", re.compile(_IBAN, re.ASCII), _an_iban
    yield "ID", re.compile(_CHINESE_ID, re.ASCII), _a_chinese_id
    yield "CARD", re.compile(_CARD, re.ASCII), _a_card
    yield "ID", re.compile(_SOCIAL, re.ASCII), _always
    yield "PHONE", re.compile(_PHONE, re.ASCII), _a_phone
    yield "PHONE", re.compile(_NAMED_PHONE, re.IGNORECASE), _a_phone
    yield "ADDRESS", re.compile(_ADDRESS), _always
    yield "ADDRESS", re.compile(_CHINESE_ADDRESS), _always


_DETECTORS = tuple(_compiled())
