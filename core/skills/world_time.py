"""What time it is elsewhere, and what a time there is here: from the zones of this machine, never from a model."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

from core.language.phrases import Language, phrases, say
from core.language.times import resolve, understand
from core.language.zones import find_zone
from core.messages import Reply
from core.render import literal
from core.skills.base import Outcome, Skill, Turn

_NOW = re.compile(
    r"(?:what(?:'?s| is) the (?:current )?time|what time is it|time|current time)(?: now| right now)? in (?P<en>[a-z .'/_]{2,40}?)(?: now| right now)?\s*\??"
    r"|(?P<zh>[一-鿿]{2,8}?)(?:的?时间)?(?:现在|当前|这会儿)?(?:是)?(?:几点(?:钟|了)?|什么时间)[了?？]*",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"(?:what(?:'?s| is)\s+|convert\s+)?(?P<when>.{1,30}?)\s+(?:in\s+)?(?P<a>[a-z ]{2,30}?)(?: time)?\s+(?:in|to|is what time in)\s+(?P<b>[a-z ]{2,30}?)(?: time)?\s*\??"
    r"|(?P<za>[一-鿿]{2,6}?)(?:时间)?(?P<zwhen>(?:凌晨|早上|上午|中午|下午|傍晚|晚上)?[\d一二两三四五六七八九十]{1,3}(?:点|:|：)[^是,，]{0,6}?)(?:是|等于|在)(?P<zb>[一-鿿]{2,6}?)(?:时间)?(?:的)?(?:几点(?:钟)?|什么时间)[?？]?",
    re.IGNORECASE,
)
_ALSO = re.compile(r"(?:and|what about|how about)(?: now)?(?: in)? (?P<en>[a-z .'/_]{2,40}?)\s*\??|那?(?P<zh>[一-鿿]{2,8}?)呢[?？]?", re.IGNORECASE)  # fmt: skip
_CLOCK = re.compile(r"\d|noon|midnight|点")


def _recognize(turn: Turn) -> Reply | None:
    text = turn.text.strip()
    if len(text) > 80:
        return None
    if (found := _THERE.fullmatch(text)) and (reply := _elsewhere(turn, found)) is not None:
        return reply
    asked = next((past.said for past in reversed(turn.history) if not _ALSO.fullmatch(past.said.strip())), "")
    also = _ALSO.fullmatch(text) if _NOW.fullmatch(asked.strip()) else None
    if found := also or _NOW.fullmatch(text):
        name = (found["en"] or found["zh"]).strip()
        zone = find_zone(name)
        return Reply(_said(turn.language, name, turn.now.astimezone(ZoneInfo(zone)), zone)) if zone else None
    return None


def _elsewhere(turn: Turn, found: re.Match[str]) -> Reply | None:
    when, here, there = ((found[a] or found[b] or "").strip() for a, b in (("when", "zwhen"), ("a", "za"), ("b", "zb")))
    source, target = find_zone(here), find_zone(there)
    if not source or not target or not _CLOCK.search(when):
        return None
    zone = ZoneInfo(source)
    meant = understand(when, turn.now.astimezone(zone), zone)
    moment = (
        resolve(meant.when, turn.now, zone)
        if meant.when is not None and not meant.task and not meant.recurring
        else None
    )
    if moment is None:
        return None
    first = _said(turn.language, here, moment.at.astimezone(zone), source)
    return Reply(f"{first}\n{_said(turn.language, there, moment.at.astimezone(ZoneInfo(target)), target)}")


def _said(language: Language, name: str, local: dt.datetime, zone: str) -> str:
    day = phrases(language)["weekdays"].split(" ")[local.weekday()]
    return say(
        language, "time_there", name=literal(name), time=f"{local:%H:%M}", day=day, date=f"{local:%Y-%m-%d}", zone=zone
    )


async def _answer(turn: Turn, found: Reply) -> Outcome:
    return Outcome(found, intent="world_time", pending=turn.session.pending)


SKILL = Skill(name="world_time", answer=_answer, recognize=_recognize, order=61)
