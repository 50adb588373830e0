"""Scores of one reply against the one that was wanted. All are between 0 and 1, 1 is best."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from core.language.detect import detect
from core.training.data.near import normalised
from core.training.words import words

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*")
_RAISED = re.compile(r"[²³¹⁰⁴-⁹₀-₉]+|(?<=[a-z\d ]m)[23]\b")
"""Digits that belong to a unit or a formula, not to the number: cm², m3, CO₂."""
_FORMS = {
    "code": re.compile(r"```"),
    "list": re.compile(r"^\s*(?:[-*•]|\d+[.)、])\s*\S", re.MULTILINE),
    "table": re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE),
    "heading": re.compile(r"^#{1,6} ", re.MULTILINE),
}
_REFUSAL = re.compile(
    r"\b(?:(?:can(?:'|’)?t|cannot|can not|won(?:'|’)?t|will not|(?:not |un)able to|must not|(?:'|’)m not (?:able|allowed|going) to)"
    r" (?:\w+ ){0,3}?(?:help|assist|do|provide|give|share|tell|answer|support|write|create|explain|show|advise|encourage)"
    r"|(?:i(?:'|’)?m|i am) (?:very |so )?sorry,? (?:but )?(?:i )?(?:can|will|won)|against (?:the law|my|our)|illegal|not (?:safe|appropriate|ethical)"
    r"|seek (?:help|professional)|i (?:decline|refuse))"
    r"|(?:不能|无法|不可以|不会|不便|不应|拒绝)(?:为您|为你|向您|向你|给您|给你|再|够)?(?:提供|帮|协助|回答|告诉|透露|教|支持|讨论|满足|这样做|做|说)|违法|犯法|不合法|违反|抱歉.{0,6}(?:不能|无法)",
    re.IGNORECASE,
)
_LOOP = re.compile(r"(\S.{2,60}?)(?:\s*\1){3,}", re.DOTALL)


def chrf(reply: str, wanted: str, longest: int = 6, recall_weight: float = 2.0) -> float:
    """chrF: F-score of runs of 1 to 6 characters, without spaces, recall counting twice."""
    said, asked = ("".join(text.split()) for text in (reply, wanted))
    precision = recall = 0.0
    sizes = range(1, min(longest, len(asked), max(1, len(said))) + 1) if asked else range(0)
    for size in sizes:
        ours, theirs = (Counter(text[at : at + size] for at in range(len(text) - size + 1)) for text in (said, asked))
        common = (ours & theirs).total()
        precision += common / max(1, ours.total()) / len(sizes)
        recall += common / max(1, theirs.total()) / len(sizes)
    weighted = recall_weight**2 * precision + recall
    return (1 + recall_weight**2) * precision * recall / weighted if weighted else 0.0


def rouge_l(reply: str, wanted: str) -> float:
    """ROUGE-L: F1 of the longest common subsequence of words."""
    ours, theirs = words(reply), words(wanted)
    before = [0] * (len(theirs) + 1)
    for one in ours:
        row = [0]
        for at, other in enumerate(theirs):
            row.append(before[at] + 1 if one == other else max(before[at + 1], row[at]))
        before = row
    return 2 * before[-1] / (len(ours) + len(theirs)) if ours and theirs else 0.0


class Expected(NamedTuple):
    """What an answer must hold. `concluded`: it must be the last number that is said, as GSM8K is scored (lm-evaluation-harness,
    "flexible-extract"): a long reply that names every number it has read is right about none."""

    values: Sequence[str] = ()
    concluded: bool = False

    def right(self, reply: str) -> bool:
        if not self.concluded:
            return all(holds(reply, value) for value in self.values)
        said = _numbers(reply)
        return bool(said) and said[-1] == _number(_bare(self.values[0]))


def expected(meta: dict[str, Any]) -> Expected:
    """Of `expect`, a value or several that stand somewhere in the answer; or of `final_answer`, where a number is what the answer
    comes to. Empty where the row expects nothing."""
    concluded = "expect" not in meta
    match meta.get("final_answer") if concluded else meta["expect"]:
        case None | "":
            values: list[str] = []
        case dict() as several:
            values = [str(value) for value in several.values()]
        case list() as several:
            values = [str(value) for value in several]
        case one:
            values = [str(one)]
    return Expected(values, concluded and len(values) == 1 and _NUMBER.fullmatch(_bare(values[0])) is not None)


def holds(reply: str, value: str) -> bool:
    """The value stands in the reply: as the same number however it is written, or as the same words."""
    plain, bare = unicodedata.normalize("NFKC", value).strip(), _bare(value)
    if _NUMBER.fullmatch(bare):
        return _number(bare) in _numbers(reply)
    return f" {normalised(plain)} " in f" {normalised(reply)} " or (
        detect(plain) == "zh" and normalised(plain) in normalised(reply)
    )


def _numbers(text: str) -> list[float]:
    return [_number(found) for found in _NUMBER.findall(unicodedata.normalize("NFKC", _RAISED.sub("", text)))]


def _bare(value: str) -> str:
    return unicodedata.normalize("NFKC", value).strip("$€£¥% \n\t")


def same_form(reply: str, wanted: str) -> float:
    """Code, lists, tables, headings and JSON where they were wanted, and nowhere else."""
    return float(_forms(reply) == _forms(wanted))


def same_language(reply: str, wanted: str) -> float:
    return float(bool(words(reply)) and detect(reply) == detect(wanted))


def refuses(reply: str) -> bool:
    return _REFUSAL.search(reply) is not None


def loops(reply: str) -> bool:
    """It says the same four times in a row."""
    return _LOOP.search(reply) is not None


def _number(text: str) -> float:
    """1,234.50 and 1234.5 are the same; a comma with other than three digits behind it is a decimal one."""
    if re.fullmatch(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    try:
        return float(text.replace(",", "."))
    except ValueError:  # 1.2.3
        return float("nan")


def _forms(text: str) -> set[str]:
    found = {name for name, pattern in _FORMS.items() if pattern.search(text)}
    if text.lstrip()[:1] in ("{", "["):
        try:
            json.loads(text)
        except ValueError:
            return found
        found.add("json")
    return found
