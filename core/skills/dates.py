"""What time and day it is, which day a date falls on, how far away it is: from the clock and the grammar of times."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from core.language.phrases import say
from core.language.times import resolve, understand
from core.language.values import Delta, Instant
from core.messages import Reply
from core.reminders import wording
from core.skills.base import Outcome, Skill, Turn

_LONGEST = 80
_TIME = r"(?:the\s+)?(?:current\s+|exact\s+|local\s+)?time"
_DAY = r"(?:the\s+|today'?s\s+)?(?:day|date|weekday|day\s+of\s+the\s+week)"
_NOW = re.compile(
    rf"(?:so\s+|hey\s+)?(?:what(?:'?s|\s+is)\s+(?:{_TIME}|{_DAY}|today)|what\s+(?:time|day|date|weekday)\s+is\s+(?:it|today)"
    rf"|(?:tell\s+me|do\s+you\s+(?:know|have))\s+{_TIME}|what\s+day\s+of\s+the\s+week\s+is\s+(?:it|today)|(?:current|today'?s)\s+(?:time|date))"
    r"(?:\s+(?:now|right\s+now|here|today|please))*"
    r"|(?:请问|告诉我|你知道)?(?:现在|这会儿|当前)(?:是)?(?:几点(?:钟)?|什么时间|时间)[了啦]?|(?:请问)?几点[了啦]"
    r"|(?:请问)?今天(?:是)?(?:几月)?(?:几[号日]|多少号|星期几|周几|礼拜几|什么日子)[了呀啊]?",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"what\s+time\s+(?:is\s+it|will\s+it\s+be)\s+(?P<en>.+)|(?P<zh>.+?)(?:是|会是)?几点钟?了?", re.IGNORECASE
)
_WHICH_DAY = re.compile(
    rf"(?:what|which)\s+{_DAY}\s+(?:is|was|will)\s+(?:it\s+|be\s+)*(?:on\s+)?(?P<en>.+)|what(?:'?s|\s+is)\s+{_DAY}\s+(?P<en2>.+)"
    r"|(?:on\s+)?(?:what|which)\s+(?:week)?day\s+(?:does|do|will|is)\s+(?P<en3>.+?)(?:\s+fall)?(?:\s+on)?|when(?:'?s|\s+is)\s+(?P<en4>.+)"
    r"|(?P<zh>.+?)(?:那天|那一天)?(?:是|会是|在)?(?:几月)?(?:几[号日]|多少号|星期几|周几|礼拜几|哪一?天|什么时候)",
    re.IGNORECASE,
)
_HOW_FAR = re.compile(
    r"how\s+(?:many\s+(?:days|weeks)|long|far)(?:\s+(?:are\s+there|is\s+it|is\s+there|are\s+left|left|away|remain|to\s+go))*"
    r"\s+(?:(?:un)?till?|to|before|since|is)\s+(?P<en>.+)|(?:离|距离|距|到)?(?P<zh>.+?)(?:还有|还剩|还要|有|过去了?)(?:多少|几)天了?"
    r"|还有(?:多少|几)天(?:就|才)?(?:到|过|是)?(?P<zh2>.+)",
    re.IGNORECASE,
)


def _recognize(turn: Turn) -> Reply | None:
    text = turn.text.strip(" \t?.!？。！")
    if not text or len(text) > _LONGEST:
        return None
    zone = turn.zone or ZoneInfo("UTC")
    if _NOW.fullmatch(text):
        now = wording.moment(turn.language, turn.now.replace(second=0), zone, turn.now)
        unknown = "" if turn.zone else "\n" + say(turn.language, "zone_unknown")
        return Reply(say(turn.language, "dates_now", now=now) + unknown)
    for pattern, by_day in ((_CLOCK, False), (_HOW_FAR, None), (_WHICH_DAY, True)):
        if found := pattern.fullmatch(text):
            when = next(value for value in found.groupdict().values() if value)
            if (reply := _dated(turn, when, zone, by_day)) is not None:
                return reply
    return None


def _dated(turn: Turn, words: str, zone: ZoneInfo, by_day: bool | None) -> Reply | None:
    """None where the words are not a time alone: "when is my meeting" is for somebody else. `by_day`: None as it was said."""
    meant = understand(words, turn.now, zone, turn.language)
    past = meant.problem is not None and meant.problem.kind == "past"
    if meant.task or meant.asks_reminder or not isinstance(meant.when, Instant | Delta) or (meant.problem and not past):
        return None
    days = isinstance(meant.when, Instant) and meant.when.grain == "day" if by_day is None else by_day
    if days and isinstance(meant.when, Instant):
        return Reply(_day_said(turn, meant.when.local.date(), turn.now.astimezone(zone).date()))
    moment = resolve(meant.when, turn.now, zone)
    if moment is None:
        return None
    at = moment.at.replace(second=0, microsecond=0)
    when, away = wording.moment(turn.language, at, zone, turn.now), wording.distance(turn.language, moment.at, turn.now)
    return Reply(say(turn.language, "dates_then", when=when, away=away))


def _day_said(turn: Turn, day: dt.date, today: dt.date) -> str:
    weekday = say(turn.language, "weekdays").split()[day.weekday()]
    away = (day - today).days
    key = {0: "dates_today", 1: "dates_tomorrow", -1: "dates_yesterday"}.get(away) or (
        "dates_in" if away > 0 else "dates_ago"
    )
    return say(
        turn.language, "dates_day", weekday=weekday, date=day.isoformat(), away=say(turn.language, key, n=abs(away))
    )


async def _answer(turn: Turn, found: Reply) -> Outcome:
    return Outcome(found, intent="dates", pending=turn.session.pending)


SKILL = Skill(name="dates", answer=_answer, recognize=_recognize, order=62)
