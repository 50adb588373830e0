"""A person's reminders as a calendar at a private address. Of the secret in it we keep no more than a hash."""

from __future__ import annotations

import datetime as dt
import hashlib

from core.language.phrases import language_of, say
from core.reminders.ical import calendar
from core.store import Tx, people, preferences, reminders

_MOST = 2_000


def key_of(secret: str) -> str:
    """What is kept of the secret in an address."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def of_secret(tx: Tx, secret: str, now: dt.datetime) -> str | None:
    """The iCalendar file of the person whose secret it is; None: nobody's."""
    person_id = await preferences.person_of_feed(tx, key_of(secret))
    return None if person_id is None else await of_person(tx, person_id, now)


async def of_person(tx: Tx, person_id: int, now: dt.datetime) -> str:
    """The iCalendar file of what is going to ring for a person, the morning's schedule apart."""
    person = await people.get(tx, person_id)
    language = language_of(person.language)
    own = [one for one in await reminders.open_of(tx, person_id, _MOST) if one.kind != "digest"]
    return calendar(own, now, say(language, "calendar_title"))
