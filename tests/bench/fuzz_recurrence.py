"""Random rules, ours beside dateutil's: python -m tests.bench.fuzz_recurrence --rules 1000000 --seed 1

A line of JSON for each difference, then one with the totals. Each rule is asked three ways: its first occurrences in
order, the same through COUNT, and one jump to a random moment. dateutil is told in so many words what RFC 5545 takes
from DTSTART, and these cases, where it departs from the RFC, are not drawn:
  - BYDAY with and without ordinals mixed (it wants both at once, the RFC means either);
  - BYWEEKNO in a yearly rule with INTERVAL or BYSETPOS (it cuts the weeks of a year at 31 December);
  - BYWEEKNO -52 and -53 (it does not see that they can be week 1 of the next year, in the last days of December);
  - BYSETPOS in a weekly rule that starts within a week (it counts positions from DTSTART, not from the week's start).
One more is drawn and told apart by the calendar: BYWEEKNO 52 and 53 in the first days of January, where dateutil takes
the number of weeks of the wrong year (and BYSETPOS is then not drawn). Such answers count as `dateutil_wrong_weeks` once each has been checked.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import time
from bisect import bisect_right
from dataclasses import replace
from itertools import islice
from typing import Any

from dateutil.rrule import _iterinfo, rrulestr

from core.reminders.recurrence import Rule, RuleError, next_after, occurrences

SHOWN = 5
SPAN_DAYS = {"YEARLY": 3700, "MONTHLY": 1100, "WEEKLY": 600, "DAILY": 400, "HOURLY": 40, "MINUTELY": 4}
STARTS_IN = (1970, 2090)


def some(chance: random.Random, values: range, most: int) -> tuple[int, ...]:
    return tuple(chance.choice(values) for _ in range(chance.randint(1, most)))


def both_ways(chance: random.Random, highest: int, most: int) -> tuple[int, ...]:
    return tuple(n * chance.choice((1, 1, -1)) for n in some(chance, range(1, highest + 1), most))


def draw(chance: random.Random) -> tuple[Rule, dt.datetime]:
    """A rule and its start, from all that dateutil and the RFC agree on."""
    freq = chance.choice(tuple(SPAN_DAYS))
    start = dt.datetime(chance.randint(*STARTS_IN), 1, 1) + dt.timedelta(
        days=chance.randrange(366), hours=chance.randrange(24), minutes=chance.randrange(60)
    )
    fields: dict[str, Any] = {"freq": freq, "week_start": chance.choice((0, 0, 0, 6, chance.randrange(7)))}
    if chance.random() < 0.5:
        fields["interval"] = chance.choice((1, 2, 3, 4, 5, 6, 7, 10, 12, 15, 30, 45, 90))
    draw_days(chance, freq, fields)
    draw_clock(chance, freq, fields)
    if chance.random() < 0.15:
        fields["by_set_pos"] = both_ways(chance, chance.choice((2, 5, 30)), 3)
    if fields.get("by_week_no") and freq == "YEARLY":
        fields["interval"] = 1
    if fields.get("by_week_no") and (freq == "YEARLY" or not {52, 53}.isdisjoint(fields["by_week_no"])):
        fields.pop("by_set_pos", None)
    rule = Rule(**fields)
    if rule.by_set_pos and freq == "WEEKLY":
        start -= dt.timedelta(days=(start.weekday() - rule.week_start) % 7)
    return replace(rule, until=start + dt.timedelta(days=SPAN_DAYS[freq])), start


def draw_days(chance: random.Random, freq: str, fields: dict[str, Any]) -> None:
    if chance.random() < 0.3:
        fields["by_month"] = some(chance, range(1, 13), 4)
    if chance.random() < 0.3:
        fields["by_month_day"] = both_ways(chance, 31, 4)
    if chance.random() < 0.1:
        fields["by_year_day"] = both_ways(chance, 366, 5)
    if chance.random() < 0.1:
        fields["by_week_no"] = tuple(n for n in both_ways(chance, 53, 4) if n > -52) or (1,)
    if chance.random() < 0.4:
        numbered = freq in ("MONTHLY", "YEARLY") and "by_week_no" not in fields and chance.random() < 0.5
        highest = 5 if freq == "MONTHLY" or "by_month" in fields else 53
        days = some(chance, range(7), 4)
        fields["by_day"] = tuple((both_ways(chance, highest, 1)[0] if numbered else 0, day) for day in days)


def draw_clock(chance: random.Random, freq: str, fields: dict[str, Any]) -> None:
    if chance.random() < 0.35:
        fields["by_hour"] = some(chance, range(24), 4)
    if chance.random() < 0.3:
        fields["by_minute"] = some(chance, range(60), 4)
    if chance.random() < 0.1:
        fields["by_second"] = some(chance, range(60), 3)


def for_dateutil(rule: Rule, start: dt.datetime) -> Rule:
    """The same rule with what the RFC takes from DTSTART written out where dateutil takes something else."""
    if rule.freq == "YEARLY" and not (rule.by_day or rule.by_year_day):
        if rule.by_month_day and not (rule.by_month or rule.by_week_no):
            return replace(rule, by_month=(start.month,))
        if rule.by_week_no and not rule.by_month_day:
            return replace(rule, by_day=((0, start.weekday()),))
    return rule


class PastSpan(Exception):
    pass


def stop_dateutil_after(span: list[dt.date]) -> None:
    """Make dateutil stop at the month after `span[0]`: UNTIL alone does not end its search where nothing is found."""
    rebuild = _iterinfo.rebuild

    def bounded(self: object, year: int, month: int) -> None:
        if (year, month) > (span[0].year, span[0].month):
            raise PastSpan
        rebuild(self, year, month)

    _iterinfo.rebuild = bounded


SPAN = [dt.date.max]


def theirs(rule: Rule, start: dt.datetime, most: int) -> list[dt.datetime]:
    """dateutil's answer; it raises where an interval and a limit can never meet, which is no occurrence at all."""
    found: list[dt.datetime] = []
    assert rule.until is not None
    SPAN[0] = rule.until.date().replace(month=12) if rule.freq == "YEARLY" else rule.until.date()
    try:
        for moment in islice(rrulestr(for_dateutil(rule, start).text(), dtstart=start), most):
            found.append(moment)
    except (ValueError, PastSpan):
        pass
    return found


def week_of(day: dt.date, week_start: int) -> tuple[int, int, int]:
    """The year that owns the day's week, the week's number, and how many weeks that year has."""

    def first(year: int) -> dt.date:
        fourth = dt.date(year, 1, 4)
        return fourth - dt.timedelta(days=(fourth.weekday() - week_start) % 7)

    year = next(y for y in (day.year + 1, day.year, day.year - 1) if first(y) <= day)
    return year, (day - first(year)).days // 7 + 1, (first(year + 1) - first(year)).days // 7


def is_wrong_weeks(rule: Rule, want: list[dt.datetime], got: list[dt.datetime]) -> bool:
    """True where the lists differ only by early January days, and the calendar says ours are right."""

    def listed(moment: dt.datetime) -> bool:
        _, week, weeks = week_of(moment.date(), rule.week_start)
        return week in rule.by_week_no or week - weeks - 1 in rule.by_week_no

    doubtful = set(want) ^ set(got)
    if cut := [moments[-1] for moments in (want, got) if len(moments) > SHOWN]:
        doubtful = {moment for moment in doubtful if moment <= min(cut)}
    return bool(rule.by_week_no) and all(
        moment.month == 1 and moment.day <= 3 and listed(moment) == (moment in got) for moment in doubtful
    )


def difference(rule: Rule, start: dt.datetime, chance: random.Random) -> dict[str, object] | None:
    want = theirs(rule, start, SHOWN + 1)
    got = [one.nominal for one in islice(occurrences(rule, start, None), SHOWN + 1)]
    if got != want and is_wrong_weeks(rule, want, got):
        return {"asked": "weeks"}
    if got != want:
        return {"asked": "first", "want": list(map(str, want)), "got": list(map(str, got))}
    if not want:
        return None
    counted = replace(rule, count=chance.randint(1, len(want)), until=None)
    got = [one.nominal for one in islice(occurrences(counted, start, None), SHOWN + 1)]
    if got != want[: counted.count]:
        return {"asked": f"COUNT={counted.count}", "want": list(map(str, want)), "got": list(map(str, got))}
    if len(want) > SHOWN:
        moment = start + (want[-1] - start) * chance.random()
        expected = want[bisect_right(want, moment)] if moment < want[-1] else want[-1]
        found = next_after(rule, start, None, moment.replace(microsecond=0))
        if moment < want[-1] and (found is None or found.nominal != expected):
            return {"asked": f"after {moment}", "want": [str(expected)], "got": [str(found and found.nominal)]}
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    stop_dateutil_after(SPAN)
    began, differences, wrong_weeks, silent, unlike = time.perf_counter(), 0, 0, 0, 0
    for number in range(options.rules):
        rule, start = draw(chance)
        try:
            found = difference(rule, start, chance)
        except RuleError as refused:
            found = {"asked": "refused", "got": [str(refused)]}
        unlike += Rule.parse(rule.text()) != rule
        if found == {"asked": "weeks"}:
            wrong_weeks += 1
        elif found is not None:
            differences += 1
            print(json.dumps({"n": number, "rule": rule.text(), "dtstart": start.isoformat()} | found), flush=True)
        silent += next(occurrences(rule, start, None), None) is None
    took = time.perf_counter() - began
    print(
        json.dumps(
            {
                "rules": options.rules,
                "seed": options.seed,
                "differences": differences,
                "dateutil_wrong_weeks": wrong_weeks,
                "without_occurrence": silent,
                "text_not_equal": unlike,
                "seconds": round(took, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
