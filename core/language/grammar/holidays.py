"""The dates of the days that have names in English: fixed, nth weekdays, from Easter, and of the lunar calendar."""

from __future__ import annotations

import calendar
import datetime as dt

from dateutil.easter import easter
from lunardate import LunarDate

FIXED: dict[str, tuple[int, int]] = {
    "new year's day": (1, 1), "epiphany": (1, 6), "groundhog day": (2, 2), "valentine's day": (2, 14), "women's day": (3, 8), "pi day": (3, 14),
    "st patrick's day": (3, 17), "april fools": (4, 1), "earth day": (4, 22), "may day": (5, 1), "cinco de mayo": (5, 5), "australia day": (1, 26), "anzac day": (4, 25), "juneteenth": (6, 19),
    "canada day": (7, 1), "independence day": (7, 4), "bastille day": (7, 14), "halloween": (10, 31), "all saints": (11, 1),
    "guy fawkes": (11, 5), "veterans day": (11, 11), "christmas eve": (12, 24), "christmas": (12, 25), "boxing day": (12, 26),
    "new year's eve": (12, 31),
}  # fmt: skip
NTH_WEEKDAY: dict[str, tuple[int, int, int]] = {
    "mlk day": (1, 0, 3), "presidents day": (2, 0, 3), "mother's day": (5, 6, 2), "memorial day": (5, 0, -1), "father's day": (6, 6, 3),
    "labor day": (9, 0, 1), "columbus day": (10, 0, 2), "thanksgiving": (11, 3, 4),
}  # fmt: skip
"""Month, weekday from Monday = 0, and which of them."""
FROM_EASTER: dict[str, int] = {
    "mardi gras": -47, "ash wednesday": -46, "palm sunday": -7, "maundy thursday": -3, "good friday": -2, "easter": 0, "easter monday": 1,
    "ascension day": 39, "pentecost": 49, "whit monday": 50,
}  # fmt: skip
LUNAR: dict[str, tuple[int, int]] = {
    "chinese new year": (1, 1), "lantern festival": (1, 15), "dragon boat festival": (5, 5), "qixi festival": (7, 7), "mid-autumn festival": (8, 15),
    "double ninth festival": (9, 9),
}  # fmt: skip

SPELLINGS: dict[str, str] = {
    **{name: name for table in (FIXED, NTH_WEEKDAY, FROM_EASTER, LUNAR) for name in table},
    "new year": "new year's day", "new years": "new year's day", "new years day": "new year's day", "new year day": "new year's day",
    "nye": "new year's eve", "new years eve": "new year's eve", "new year eve": "new year's eve", "xmas": "christmas", "x-mas": "christmas",
    "christmas day": "christmas", "xmas day": "christmas", "xmas eve": "christmas eve", "valentines": "valentine's day", "valentine": "valentine's day",
    "valentine day": "valentine's day", "valentines day": "valentine's day", "v-day": "valentine's day", "halloween day": "halloween",
    "st patricks day": "st patrick's day", "saint patrick's day": "st patrick's day", "saint patricks day": "st patrick's day",
    "st paddy's day": "st patrick's day", "saint paddy's day": "st patrick's day", "lunar new year's day": "chinese new year", "chinese lunar new year": "chinese new year", "st. patrick's day": "st patrick's day", "april fools day": "april fools", "april fool's day": "april fools", "april fools' day": "april fools",
    "fourth of july": "independence day", "4th of july": "independence day", "thanksgiving day": "thanksgiving", "turkey day": "thanksgiving",
    "mothers day": "mother's day", "fathers day": "father's day", "labour day": "labor day", "martin luther king day": "mlk day",
    "presidents' day": "presidents day", "president's day": "presidents day", "veteran's day": "veterans day", "remembrance day": "veterans day",
    "armistice day": "veterans day", "easter sunday": "easter", "easter day": "easter", "shrove tuesday": "mardi gras", "fat tuesday": "mardi gras",
    "pancake day": "mardi gras", "lunar new year": "chinese new year", "spring festival": "chinese new year", "chinese new years": "chinese new year",
    "moon festival": "mid-autumn festival", "mid autumn festival": "mid-autumn festival", "black friday": "black friday", "cyber monday": "cyber monday",
    "bonfire night": "guy fawkes", "guy fawkes night": "guy fawkes", "guy fawkes day": "guy fawkes", "all saints day": "all saints", "all saints' day": "all saints",
    "international women's day": "women's day", "international womens day": "women's day", "womens day": "women's day", "whit sunday": "pentecost",
}  # fmt: skip
"""What people type -> the name in the tables above."""


def holiday_date(name: str, year: int) -> dt.date | None:
    """The day of that year, or None for an unknown name or a year outside the tables (lunar: 1900 to 2099)."""
    if name in FIXED:
        return dt.date(year, *FIXED[name])
    if name in NTH_WEEKDAY:
        return nth_weekday(year, *NTH_WEEKDAY[name])
    if name in FROM_EASTER and 1 < year < 9000:
        sunday: dt.date = easter(year)
        return sunday + dt.timedelta(days=FROM_EASTER[name])
    if name in LUNAR:
        return _lunar(year, *LUNAR[name])
    if name in ("black friday", "cyber monday"):
        return nth_weekday(year, 11, 3, 4) + dt.timedelta(days=1 if name == "black friday" else 4)
    return None


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> dt.date:
    """The nth such weekday of a month, from its end when negative."""
    if nth > 0:
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = dt.date(year, month, calendar.monthrange(year, month)[1])
    return last - dt.timedelta(days=(last.weekday() - weekday) % 7 + 7 * (-nth - 1))


def _lunar(year: int, month: int, day: int) -> dt.date | None:
    if not 1901 <= year <= 2098:
        return None
    date: dt.date = LunarDate(year, month, day).toSolarDate()
    return date
