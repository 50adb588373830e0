"""Days that have a name in Chinese: festivals of both calendars and the solar terms."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter
from dateutil.relativedelta import relativedelta
from dateutil.relativedelta import weekday as weekday_at
from lunardate import LunarDate

from core.language.grammar.chinese_lexicon import LEXICON, counted, listed
from core.language.grammar.chinese_words import AfterEaster, Date, MoonDate, Named, NthDay, Term

_LISTS = LEXICON["festivals"]
_EASTER = counted(_LISTS["easter"])
FESTIVALS: dict[str, Named] = (
    {name: Date((int(day[3:]),), int(day[:2])) for name, day in listed(_LISTS["sun"]).items()}
    | {name: MoonDate(int(day[:2]), int(day[3:])) for name, day in listed(_LISTS["moon"]).items()}
    | {name: NthDay(*day) for name, day in _LISTS["nth"].items()}
    | {name: Term(days) for names, days in _LISTS["terms"].items() for name in names.split()}
    | {name: AfterEaster(days, orthodox=False) for name, days in _EASTER.items()}
    | {f"东正教{name}": AfterEaster(days, orthodox=True) for name, days in _EASTER.items()}
)


def named_day(named: Named, year: int) -> dt.date | None:
    """The day in that year (of the Chinese calendar, where it is one of its days); None where there is none."""
    match named:
        case Date(days, month):
            return dt.date(year, month or 1, days[0])
        case NthDay(month, weekday, nth, plus):
            found: dt.date = dt.date(year, month, 1) + relativedelta(weekday=weekday_at(weekday, nth))
            return found + dt.timedelta(days=plus)
        case MoonDate(month, day):
            return moon_day(year, month or 1, day)
        case AfterEaster(days_after, orthodox):
            sunday: dt.date = easter(year, EASTER_ORTHODOX if orthodox else EASTER_WESTERN)
            return sunday + dt.timedelta(days=days_after)
        case Term(days_on):
            return dt.date(2000, 1, 1) + dt.timedelta(days=int(days_on + 365.2422 * (year - 2000)))


@lru_cache(maxsize=4096)
def moon_day(year: int, month: int, day: int) -> dt.date | None:
    """A day of the Chinese year that begins in `year`; the 30th of a short month is its 29th. 1901 to 2098."""
    if not (1901 <= year <= 2098 and 1 <= month <= 12 and 1 <= day <= 30):
        return None
    try:
        found: dt.date = LunarDate(year, month, day).to_solar_date()
    except ValueError:
        return moon_day(year, month, 29)
    return found


def coming_moon_days(day: int, today: dt.date) -> list[dt.date]:
    """That day of each month of the Chinese calendar (初一, 十五), from today on, about two years of them."""
    years = (today.year - 1, today.year, today.year + 1)
    found = (moon_day(year, month, day) for year in years for month in range(1, 13))
    return sorted(one for one in found if one is not None and one >= today)
