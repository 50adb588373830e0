"""A language model cannot promise: where its text says that it will remind or has set something, we say that it has not.

Only code that committed a row may promise (DESIGN: "a promise is a transaction"); this guard watches the other text.
"""

from __future__ import annotations

import re

from core.language.phrases import Language, say

_ACTS = r"(?:remind|notify|ping|alert|wake|message|text|email|call)"
_ENGLISH = re.compile(
    rf"\b(?:i(?:['’]ll| will| am going to|['’]m going to| can now| have| ['’]ve|['’]ve))\s+(?:(?!not\b|never\b)\w+\s+){{0,4}}?"
    rf"(?:{_ACTS}\s+you\b|(?:set|create|schedul|add|sav)\w*\s+(?:\w+\s+){{0,3}}?(?:reminder|alarm|timer|notification)s?\b)"
    r"|\b(?:your\s+)?(?:reminder|alarm|timer)\s+(?:is|has been|was)\s+(?:now\s+)?(?:set|created|scheduled|added|saved)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(
    r"(?:我|小助手)[^。！？\n不没]{0,12}?(?:会|将|到时)[^。！？\n]{0,12}?(?:提醒|通知|叫醒|叫|喊)(?:你|您)"
    r"|(?:已|已经)(?:为你|为您|帮你|帮您|给你|给您)?(?:设置|设好|设定|创建|安排|添加)(?:好|了)?[^。！？\n]{0,8}?(?:提醒|闹钟|定时)"
    r"|(?:提醒|闹钟)(?:已|已经)(?:设置|设好|设定|创建|安排)"
)


def promises(text: str) -> bool:
    """Whether the text says that a reminder was or will be set, or that the person will be told something later."""
    return bool(_ENGLISH.search(text) or _CHINESE.search(text))


def guarded(text: str, language: Language) -> str:
    """The text as it is, or with our own word behind it when it promises what nobody has committed."""
    return f"{text}\n\n{say(language, 'no_promise')}" if promises(text) else text
