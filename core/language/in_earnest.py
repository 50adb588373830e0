"""Whether words that may ask for a reminder, or answer a question about one, are meant so; in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable

_LOOSE = re.compile(
    r"告[诉訴]我|[叫喊]我(?![起醒吃喝去来來上下开開出做写寫看打交买買取接回带帶])"
    r"|(?<=[.,;!?]\s)(?:please\s+|pls\s+)?remember\b|\A\s*remember,",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"]{3,}\"|“[^”]{3,}”|「[^」]{3,}」")
_OF_THE_PAST = re.compile(
    r"\A\W*(?:why(?!\s+(?:don'?t|not))|did|didn'?t|does|had|were|was|are\s+you|have\s+you"
    r"|you\s+(?:said|told|promised|didn'?t|did|never|always|forgot|reminded|keep))\b"
    r"|(?:[为為][什甚]么|怎么(?!样))[^,，。?？]{0,8}提醒|没(?:有)?(?:人)?(?:按时|准时|及时|再)?提醒",
    re.IGNORECASE,
)
_NOT_WANTED = re.compile(
    r"\A[^提叫,，。]{0,12}(?:[别別勿]|不(?:要|用|必|需要))(?:再)?提醒我?[^提]{0,20}\Z"
    r"|\A\W*(?:please |pls )?(?:don'?t|do not|stop|never) remind(?:ing)? me\b(?!.*\bremind\b)",
    re.IGNORECASE,
)
_ABOUT_REMINDING = re.compile(
    r"\A\W*(?:how(?!\s+about)|who|what(?!\s+(?:about|if))|where|when\s+(?:did|do|does|will|are|is)|do\s+(?:you|i|we)"
    r"|you\s+(?:don'?t|have|had))\b|\b(?:thanks?|thank\s+you|thx)\b.{0,12}\bfor\b.{0,12}\bremind"
    r"|[谢謝](?:你|您)?的?提醒|不(?:想|用|要|需要|必)(?:再|要|有)*提醒|[别別](?:再)?提醒",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\A\W*(?:what(?!\s+about)|why|who|where|which|how(?!\s+about)|did|does|was|were)\b|怎么|什么|[吗谁哪]|多少",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:(?:i\s+live|i'?m|we'?re|it'?s)\s+)?(?:in\s+)?[^\W\d_]+(?:[ ,.'’-]+[^\W\d_]+){0,2}[.!。！]?|(?:我(?:住)?在)?\w{1,10}[.!。！]?",
    re.IGNORECASE,
)
_NO_TASK = re.compile(
    r"(?:(?:hi|hello|hey|hm+|thanks?|thank you|thx|ok(?:ay)?|yes|yeah|no|nope|sure|sorry|good (?:morning|evening|night)|bye|later|soon"
    r"|whatever|not sure|wait|i don'?t know|idk|lol|haha)\b[ ,.!]*)+|(?:你好|您好|谢谢|多谢|好的?|嗯+|是的?|不知道|随便|等等|等一下|稍等|再见|拜拜|哈+)[啊呀吧了。！!]*",
    re.IGNORECASE,
)
_NO_PLACE = re.compile(r"[0-9吗吧么呢了没怎几什谁哪的]")
_ESSAY, _BEGINNING = 400, 100
"""Characters: a longer message is rarely a request; where it is one without a time, its beginning says so."""


def meant(text: str, *, timed: bool, asks: Callable[[str], bool]) -> bool:
    """Of a text that seems to ask for a reminder: not when it asks for an answer ("告诉我他的生日"), has the word in passing
    ("Remember, it is for children") or quoted, or speaks about reminding ("why did you remind me so late"), or wants none ("明天别提醒我").

    `timed`: it names a time; `asks`: the grammar's word about what is left of it. Loose words ask for a reminder only with
    a time, and in no essay; in an essay without a time the beginning has to ask.
    """
    if _OF_THE_PAST.search(text) or _NOT_WANTED.search(text) or (not timed and _ABOUT_REMINDING.search(text)):
        return False
    essay, firm = len(text) > _ESSAY, _QUOTED.sub(" ", text)
    if essay and not timed:
        firm = firm[:_BEGINNING]
    if essay or not timed:
        firm = _LOOSE.sub(" ", firm)
    return firm == text or asks(firm)


def is_question(text: str) -> bool:
    """A question of its own, and no answer to "when?"."""
    return _QUESTION.search(text) is not None


def may_be_task(text: str) -> bool:
    """The text may be what "remind me", said alone, left open."""
    said = text.strip()
    asks = said.endswith(("?", "？")) or said.startswith("/") or is_question(said)
    return 1 < len(said) <= _BEGINNING and not asks and _NO_TASK.fullmatch(said) is None


def may_be_place(text: str) -> bool:
    """The text may answer "which city?", known or not."""
    return _NO_PLACE.search(text) is None and _PLACE.fullmatch(text) is not None
