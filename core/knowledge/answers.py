"""What was found, judged: does it answer the question, and did a model say only what it says?"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TypeAlias

from core.intents.words import chinese
from core.knowledge.library import Found
from core.retrieval.terms import FAINT, terms

_BY_WORDS = (-5.86, 6.41, 2.28, 3.67, 2.14, 0.8, 0.0)
_WITH_MEANING = (-6.83, 5.95, 1.55, 2.85, 1.82, 0.38, 4.99)
"""Fitted (`tests/bench/bench_knowledge.py fit`): 1, the covered share of the question, its likeness to a question and to the
heading, the share again and 1 where the question is Chinese, and the likeness of meanings."""
_ACROSS, _ALIKE = 20.0, 0.36
"""Of another language there are no common words: there the likeness of meanings decides."""
Ranked: TypeAlias = list[tuple[float, Found]]
ASKED, OFFERED, STATED, ALSO, NEAR = 0.25, 0.3, 0.9, 0.5, 0.1
"""From what sureness on a passage answers what the documents are asked, a question in conversation, and what is no question;
stands beside another; and is named where none answers."""
_OWN, _AS_NEAR = 0.15, 0.12
"""For whoever speaks the language of the question: added to their sureness, and by how much they may mean it less."""
_ASKS = re.compile(
    r"[?？]\s*$|^\s*(?:(?:and|so|but|ok|hi|hey|hello|please)\b[\s,]*)*(?:(?:what|who|when|where|how)s?|which|whom|whose|why|any|is|are|was|were|do|does|did|can|could|will|would|may|should|have"
    r"|has|tell me|explain)\b|什么|怎么|怎样|如何|哪|谁|几|多[少久大长高重亮宽快远]|为何|吗|呢|能不能|可不可以|可以.{0,12}吗|有没有|是否|是不是",
    re.IGNORECASE,
)
_KEPT_WORDS = 0.6


def asks(text: str) -> bool:
    """The text is a question, in English or in Chinese."""
    return _ASKS.search(text) is not None


def says(text: str) -> float:
    """How much the text says beside the words that any sentence has: "and to us?" says nothing that could be found."""
    return sum(weight for _, _, weight in terms(text) if weight > FAINT)


def sure(question: str, found: Found) -> float:
    """How likely the passage answers the question, 0 to 1."""
    hit, passage = found.hit, found.passage
    own = chinese(question)
    asked = max((_alike(question, one) for one in passage.questions), default=0.0)
    headed = _alike(question, passage.headings[-1]) if passage.headings and not passage.questions else 0.0
    said = (1.0, hit.cover, asked, headed, hit.cover * own, float(own), hit.likeness)
    fitted = _WITH_MEANING if hit.likeness else _BY_WORDS
    likely = _logistic(sum(weight * value for weight, value in zip(fitted, said, strict=True)))
    across = chinese(passage.text) != own and hit.likeness
    return max(likely, _logistic(_ACROSS * (hit.likeness - _ALIKE))) if across else likely


def ranked(question: str, found: Iterable[Found]) -> Ranked:
    """With how sure each is, best first; of those that say the same, the one in the language of the question."""
    own = chinese(question)
    judged = [(sure(question, one), one) for one in found]
    judged.sort(key=lambda pair: pair[0] + _OWN * (chinese(pair[1].passage.text) == own), reverse=True)
    same = [one for _, one in judged if chinese(one.passage.text) == own]
    if judged and same and judged[0][1] not in same:
        (most, best), nearest = judged[0], max(same, key=lambda one: one.hit.likeness)
        if nearest.hit.likeness >= best.hit.likeness - _AS_NEAR:
            judged = [(most, nearest), *(pair for pair in judged if pair[1] is not nearest)]
    return judged


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _alike(one: str, other: str) -> float:
    """What two questions have in common, of what both say."""
    left, right = ({term: weight for term, _, weight in terms(text)} for text in (one, other))
    shared = sum(weight for term, weight in left.items() if term in right)
    return 2 * shared / ((sum(left.values()) + sum(right.values())) or 1.0)


def grounded(said: str, source: str) -> bool:
    """What a model said has no number that the source lacks, and mostly the source's words."""
    known = {term for term, _, _ in terms(source)}
    words = {term: weight for term, _, weight in terms(said) if weight > FAINT}
    if any(term[0].isdigit() and term not in known for term in words):
        return False
    return sum(weight for term, weight in words.items() if term in known) >= _KEPT_WORDS * sum(words.values())
