"""What surrounds a task in an English request, and how its pronouns turn when it is read back."""

from __future__ import annotations

import re

from core.language.grammar.task import FrameLexicon

_WHO = r"(?P<who>me|us|everyone|everybody|all|the (?:channel|team|group|room)|this (?:channel|group)|<@[^<>\s]{1,40}>|@[\w.-]{1,40}|<!channel>|#[\w-]{1,40})(?:(?<=eryone|rybody)\s+here(?![\w'’]))?"
_ASK = r"(?:remind|rmd|remnd|remid|rmind|reming|remidn|ping|nudge|notify|alert|buzz|poke)"
_MAY_ASK = r"(?:prompt|message|dm|text|tell|warn|call)"
_NOUN = r"(?:reminders?|alarms?|alerts?|notifications?|timers?|nudge|remainder)"
_SP = r"[\s\x1f]+"
_KIND = r"(?:(?:an?|the|another|new|my|quick|daily|weekly|monthly|recurring|repeating|one)[\s\x1f]+){0,3}"
_FOR_WHO = rf"(?:{_SP}for{_SP}(?P<who>me|us|everyone|the (?:channel|team|group)|@[\w.-]{{1,40}}))?"
_REQUESTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:don'?t|never){_SP}forget{_SP}to{_SP}remind{_SP}(?P<who>me|us)\b",
        rf"(?<!don't )(?<!dont )(?<!not )(?<!stop )\b{_ASK}{_SP}{_WHO}(?!\w)",
        rf"\b{_MAY_ASK}{_SP}(?P<who>me|us)(?=\s*\x1f|\s+to\s[^?]{{0,200}}\x1f)",
        rf"(?<=\x1f)\s?{_MAY_ASK}{_SP}(?P<who>me|us)(?=\s+(?:to|about)\s)",
        rf"\bdon'?t{_SP}let{_SP}(?P<who>me|us){_SP}forget\b",
        rf"\bmake{_SP}sure{_SP}(?P<who>i|we){_SP}(?:don'?t{_SP}forget|remember)\b",
        rf"\b(?:(?:i|we){_SP})?(?:need|want|like){_SP}to{_SP}be{_SP}reminded\b(?:{_SP}(?:of|about|to)\b)?",
        rf"\bwake{_SP}(?P<who>me|us)(?:{_SP}up)?\b",
        rf"\blet{_SP}(?P<who>me|us){_SP}know\b(?=\s*\x1f)",
        rf"(?:\b(?:i|we){_SP})?\b(?:set|add|create|make|schedule|put|need|new|give|send|start|want){_SP}(?:(?:up|in|on|me|us){_SP})?{_KIND}{_NOUN}(?:{_SP}set)?\b{_FOR_WHO}",
        rf"(?:\A|(?<=[\x1f,.;:!?])|(?<=please)|(?<=pls)|(?<=[\x1f,.;:!?]\s))\s{{0,2}}(?!my\b){_KIND}{_NOUN}\b(?=\s*[-:\x1f]|\s*\Z|\s+(?:to|for|that|set|about|me|in|on|at)\b)",
        r"\bnote\s+to\s+(?:my)?self\b",
        r"(?:\A|(?<=[.,;!?]\s))\s*(?:please\s+|pls\s+)?(?:remember|don'?t\s+forget|do\s+not\s+forget)\b",
    )
)
_POLITE = re.compile(
    r"(?:\b(?=\w)|(?<=\x1f)(?=\s))(?:please|pls|plz|plss|kindly|thanks|thank\s+you|thx|ty|cheers|can\s+(?:you|u)|could\s+(?:you|u)|would\s+you|will\s+you|can\s+i\s+get|i\s+want\s+you\s+to|i'?d\s+like\s+you\s+to|i\s+need\s+you\s+to"
    r"|(?<=\x1f)\s{0,3}(?:again|one\s+more\s+time|later(?:\s+on)?|soon|in\s+a\s+(?:bit|while|moment|little\s+while)|sometime)"
    r"|siri|alexa|olly|cortana|google|remora"
    r"|(?:(?<![\s\w])|(?<=[\x1f,.;:!?]\s))(?:hey|hi|hello|yo|ok|okay))\b(?=\W|\Z)"
)
_LEADING = re.compile(
    r"(?:[\s\x1f,.;:!?-]+|(?:to|when\s+it(?:'?s|\s+is)|that|about|so\s+that|so|because|cause|for|of|and|2|with|of\s+it|then|as|the(?=[\s\x1f]+to\b))\b(?!')"
    r"|(?:i|we)\s+(?:should|need\s+to|have\s+to|must|can|gotta|ought\s+to|want\s+to|'ve\s+got\s+to|will)\b|i'?ve\s+got\s+to\b|(?:gotta|need\s+to|have\s+to|got\s+to|must)\b|i'?(?:ll|m\s+going)\s+(?:to\s+)?(?:have\s+to\s+)?)+"
)
_LOOSE_IN = (
    "".join(
        rf"(?<!\b{verb}\s)"
        for verb in ["log", "sign", "clock", "check", "weigh", "hand", "turn", "dial", "punch", "move"]
    )
    + "in"
)
""" "in" before time words is theirs, but "log in tomorrow" keeps it."""
_TRAILING = re.compile(
    rf"(?:\b(?:at|on|by|{_LOOSE_IN})[\s,;:]{{0,9}}\x1f[\s\x1f,;:.!?-]*|[\s\x1f,;:-]+|(?<![\w.])[.!?]+|(?<=\w)[.!?]+|\b(?:and|at|by|so|then|for\s+it|to|of)(?=[\s\x1f,.;:!?-]*\Z))\Z"
)


def _recipient(who: str) -> str | None:
    if who in ("me", "i"):
        return None
    if who in ("us", "we"):
        return "us"
    if who[:1] in "@<#" and who != "<!channel>":
        return who
    return "channel"


FRAME = FrameLexicon(_REQUESTS, _POLITE, _LEADING, _TRAILING, _recipient)

_TURNS = {
    "i": "you", "me": "you", "my": "your", "mine": "yours", "myself": "yourself", "i'm": "you're", "im": "you're", "i've": "you've", "i'll": "you'll",
    "i'd": "you'd", "am": "are", "we": "you", "us": "you", "our": "your", "ours": "yours", "ourselves": "yourselves", "was": "was",
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")


def turned(task: str) -> str:
    """The task as the assistant says it: "call my mum" -> "call your mum". Letter case of a first letter is kept."""
    pieces: list[str] = []
    last, before = 0, ""
    for match in _WORD.finditer(task):
        word = match.group()
        low = word.lower().replace("’", "'")
        new = _TURNS.get(low)
        keeps = new is None or (low == "am" and before != "i") or (word == "US") or (low == "us" and before == "the")
        pieces.append(task[last : match.start()])
        pieces.append(word if keeps or new is None else _cased(word, new, before))
        last, before = match.end(), low
    return "".join([*pieces, task[last:]])


def _cased(word: str, new: str, before: str) -> str:
    capital = word[0].isupper() and not before and word.lower() != "i" and not word.lower().startswith("i'")
    return new[0].upper() + new[1:] if capital else new
