"""What the assistant must know of a person to serve them: their time zone and language."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from core.language.phrases import Language, counted, say
from core.language.zones import find_zone
from core.messages import Reply
from core.reminders import moving
from core.skills.base import Command, Outcome, Skill, Turn
from core.store import Tx, people


async def _answer(turn: Turn, found: Command) -> Outcome:
    return await (_language if found.name == "/language" else _timezone)(turn, found.rest)


async def _timezone(turn: Turn, place: str) -> Outcome:
    if not place:
        if turn.zone is None:
            return _asked(turn, "zone_unknown")
        shown = say(turn.language, "zone_is", zone=turn.zone.key, time=_clock(turn, turn.zone))
        return Outcome(Reply(shown), intent="timezone", quiet=True)
    name = find_zone(place)
    if name is None:
        return _asked(turn, "ask_zone_again")
    return set_zone(turn, name)


def _asked(turn: Turn, key: str) -> Outcome:
    asked = Reply(say(turn.language, key), locate=say(turn.language, "button_locate"))
    return Outcome(asked, intent="timezone", pending={"skill": SKILL.name})


def set_zone(turn: Turn, name: str) -> Outcome:
    """Keeps the zone a person has named and tells them their time there."""

    async def write(tx: Tx) -> Reply:
        moved, kept = await moving.set_zone(tx, turn.person.id, ZoneInfo(name), turn.now)
        told = say(turn.language, "zone_set", zone=name, time=_clock(turn, ZoneInfo(name)))
        told += counted(turn.language, "zone_moved", moved) if moved else ""
        return Reply(told + (counted(turn.language, "zone_kept", kept) if kept else ""))

    return Outcome(write=write, intent="timezone", quiet=True)


def _clock(turn: Turn, zone: ZoneInfo) -> str:
    return turn.now.astimezone(zone).strftime("%H:%M")


async def _resume(turn: Turn, _pending: dict[str, object]) -> Outcome | None:
    name = find_zone(turn.text)
    return set_zone(turn, name) if name else None


_LANGUAGES: dict[str, Language | None] = {
    "en": "en", "english": "en", "英文": "en", "英语": "en",
    "zh": "zh", "chinese": "zh", "中文": "zh", "汉语": "zh", "auto": None,
}  # fmt: skip


async def _language(turn: Turn, wish: str) -> Outcome:
    if wish.lower() not in _LANGUAGES:
        return Outcome(Reply(say(turn.language, "language_ask")), intent="language", quiet=True)
    language = _LANGUAGES[wish.lower()]

    async def write(tx: Tx) -> Reply:
        await people.set_language(tx, turn.person.id, language)
        return Reply(say(language, "language_set") if language else say(turn.language, "language_auto"))

    return Outcome(write=write, intent="language", quiet=True)


SKILL = Skill(
    name="profile",
    answer=_answer,
    commands={"/timezone": "help_timezone", "/language": "help_language"},
    personal=frozenset({"/timezone", "/language"}),
    resume=_resume,
    order=70,
)
