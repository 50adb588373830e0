"""A rule in words, so that a person can check what was understood: "every 2 weeks on Tue and Fri at 09:00"."""

from __future__ import annotations

import datetime as dt

from core.language.phrases import Language, say
from core.reminders.recurrence import Rule

_UNITS = {
    "MINUTELY": "minutes", "HOURLY": "hours", "DAILY": "days", "WEEKLY": "weeks", "MONTHLY": "months", "YEARLY": "years",
}  # fmt: skip
_WORKDAYS = ((0, 0), (0, 1), (0, 2), (0, 3), (0, 4))


def rule_said(rule: Rule, language: Language) -> str:
    """The whole rule in the person's language."""
    parts = [_every(rule, language), *_days(rule, language), *_times(rule, language), *_limits(rule, language)]
    return {"en": " ", "zh": "，"}[language].join(part for part in parts if part)


def _every(rule: Rule, language: Language) -> str:
    if rule.freq == "WEEKLY" and rule.interval == 1 and rule.by_day == _WORKDAYS:
        return say(language, "rule_weekdays")
    unit = _UNITS[rule.freq]
    key = f"rule_every_{unit}"
    return say(language, key if rule.interval == 1 else f"{key}_n", n=rule.interval)


def _joined(language: Language, words: list[str]) -> str:
    comma, last = (", ", " and ") if language == "en" else ("、", "和")
    return words[0] if len(words) == 1 else comma.join(words[:-1]) + last + words[-1]


def _days(rule: Rule, language: Language) -> list[str]:
    said = []
    weekdays = say(language, "weekdays").split()
    if rule.by_month:
        months = say(language, "months").split()
        said.append(say(language, "rule_in", months=_joined(language, [months[month - 1] for month in rule.by_month])))
    if rule.by_set_pos and rule.by_day:
        kind = (
            say(language, "rule_workday")
            if rule.by_day == _WORKDAYS
            else "/".join(weekdays[day] for _, day in rule.by_day)
        )
        said.append(
            say(
                language, "rule_on_the", which=_joined(language, [_nth(n, language) for n in rule.by_set_pos]), day=kind
            )
        )
    elif rule.by_day and not (rule.freq == "WEEKLY" and rule.interval == 1 and rule.by_day == _WORKDAYS):
        days = [_weekday(nth, weekdays[day], language) for nth, day in rule.by_day]
        said.append(say(language, "rule_on", days=_joined(language, days)))
    if rule.by_month_day:
        days = [_month_day(day, language) for day in rule.by_month_day]
        said.append(say(language, "rule_on_days", days=_joined(language, days)))
    if rule.lunar:
        said.append(say(language, "rule_lunar", month=rule.lunar[0], day=rule.lunar[1]))
    return said


def _nth(n: int, language: Language) -> str:
    if n < 0:
        return say(language, "rule_last") if n == -1 else say(language, "rule_nth_last", n=-n)
    return say(language, "rule_nth", n=_ordinal(n) if language == "en" else n)


def _ordinal(n: int) -> str:
    ending = "th" if 10 <= n % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def _weekday(nth: int, name: str, language: Language) -> str:
    return say(language, "rule_nth_day", nth=_nth(nth, language), day=name) if nth else name


def _month_day(day: int, language: Language) -> str:
    if day < 0:
        return say(language, "rule_last_day") if day == -1 else say(language, "rule_nth_last_day", n=-day)
    return say(language, "rule_day", n=_ordinal(day) if language == "en" else day)


def _times(rule: Rule, language: Language) -> list[str]:
    times = list(rule.times) or [dt.time(hour, minute) for hour in rule.by_hour for minute in rule.by_minute or (0,)]
    said = []
    if times:
        said.append(say(language, "rule_at", times=_joined(language, [time.strftime("%H:%M") for time in times])))
    if rule.window:
        start, end = (time.strftime("%H:%M") for time in rule.window)
        said.append(say(language, "rule_window", start=start, end=end))
    return said


def _limits(rule: Rule, language: Language) -> list[str]:
    said = []
    if rule.excluded_days:
        weekdays = say(language, "weekdays").split()
        said.append(say(language, "rule_except", days=_joined(language, [weekdays[day] for day in rule.excluded_days])))
    if rule.excluded:
        said.append(say(language, "rule_except", days=_joined(language, [day.isoformat() for day in rule.excluded])))
    if rule.until:
        said.append(say(language, "rule_until", date=rule.until.date().isoformat()))
    if rule.count:
        said.append(say(language, "rule_count", n=rule.count))
    return said
