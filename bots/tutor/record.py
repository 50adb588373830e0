"""What a pupil knows, topic by topic, in Leitner's boxes: kept among the facts of the person, with a reminder to practise.

The boxes and their days are those that Settles and Meeder describe as Leitner's system ("A Trainable Spaced Repetition Model for
Language Learning", ACL 2016): a day, two days, four, and so on; what is not known goes back to the first.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from bots.tutor.bank import named
from core.language.phrases import say
from core.reminders.creating import on_wall
from core.reminders.recurrence import Occurrence
from core.skills.base import Turn
from core.store import Tx, memory, outbox, reminders
from core.store.memory import Fact, Statement

DAYS: Final = (1, 2, 4, 8, 16)
"""How long a topic rests in each box. Whoever knows it after the last has mastered it."""
MASTERED: Final = len(DAYS) + 1
_KEY: Final = "tutor "


@dataclass(frozen=True, slots=True)
class Progress:
    """`due`: the day, on the pupil's calendar, from which it counts to know it again; "" once mastered."""

    topic: str
    box: int = 0
    due: str = ""
    quizzes: int = 0
    reminder: int = 0


def kept(turn: Turn) -> bool:
    """A record is kept in private, and where memory is on."""
    return turn.message.private and turn.memory.mode == "on"


def of(facts: Iterable[Fact]) -> dict[str, Progress]:
    """By topic."""
    read = [Progress(**json.loads(fact.value)) for fact in facts if fact.key.startswith(_KEY)]
    return {one.topic: one for one in read}


def today(turn: Turn) -> dt.date:
    return turn.now.astimezone(turn.zone or dt.UTC).date()


def moved(before: Progress, day: dt.date, *, passed: bool) -> Progress:
    """After a quiz. What is known before its day stays where it is: only what is known after a rest counts."""
    box = before.box
    if not passed or not box:
        box = 1
    elif box < MASTERED and day.isoformat() >= before.due:
        box += 1
    else:
        return replace(before, quizzes=before.quizzes + 1)
    due = (day + dt.timedelta(days=DAYS[box - 1])).isoformat() if box < MASTERED else ""
    return replace(before, box=box, due=due, quizzes=before.quizzes + 1)


async def note(tx: Tx, turn: Turn, topic: str, *, passed: bool) -> Progress:
    """Keeps what a quiz has shown. The reminder of the box before is cancelled, and that of the new one made, with it."""
    held = await memory.told_in(tx, turn.person.id, memory.place(turn.message))
    fact = next((one for one in held if one.key == _KEY + topic), None)
    before = of([fact])[topic] if fact else Progress(topic)
    after = moved(before, today(turn), passed=passed)
    if after.due != before.due or after.box != before.box:
        await _cancel(tx, turn, before.reminder)
        after = replace(after, reminder=await _remind(tx, turn, after) if after.due else 0)
    key = "tutor.fact_mastered" if after.box == MASTERED else "tutor.fact"
    text = say(turn.language, key, topic=named(topic, turn.language), box=after.box, boxes=len(DAYS))
    statement = Statement(_KEY + topic, json.dumps(asdict(after)), text, text)
    if fact is None:
        await memory.add(tx, turn.person.id, [statement], turn.message, turn.now, language=turn.language, asked=True)
    else:
        await memory.edit(tx, fact, statement, turn.now)
    return after


async def forget(tx: Tx, turn: Turn) -> int:
    """Forgets every topic, with the reminders to practise; how many there were."""
    held = await memory.told_in(tx, turn.person.id, memory.place(turn.message))
    for one in of(held).values():
        await _cancel(tx, turn, one.reminder)
    return await memory.forget(tx, turn.person.id, [fact.id for fact in held if fact.key.startswith(_KEY)])


async def _remind(tx: Tx, turn: Turn, after: Progress) -> int:
    """On its day, at the time at which the pupil practises today."""
    zone = turn.zone or ZoneInfo("UTC")
    local = dt.datetime.combine(
        dt.date.fromisoformat(after.due), turn.now.astimezone(zone).time().replace(second=0, microsecond=0)
    )
    due = on_wall(local, zone)
    shown = named(after.topic, turn.language)
    new = reminders.NewReminder(
        person_id=turn.person.id, cause=f"tutor:{turn.id}:{after.topic}", address=turn.message.address,
        text=say(turn.language, "tutor.practise", topic=shown), language=turn.language, zone=zone.key,
        starts_local=local.isoformat(), next_due=due, next_local=Occurrence(local, due).key,
    )  # fmt: skip
    return (await reminders.add(tx, new, turn.now)).id


async def _cancel(tx: Tx, turn: Turn, reminder_id: int) -> None:
    """Unless it is over, or was forgotten with the rest of the person."""
    there = await reminders.get(tx, reminder_id, turn.person.id) if reminder_id else None
    if there is not None and there.state in ("active", "paused", "parked", "fired"):
        await reminders.set_state(tx, there.id, "cancelled" if there.state != "fired" else "done", turn.now)
        await outbox.cancel_planned(tx, there.id, turn.now)
