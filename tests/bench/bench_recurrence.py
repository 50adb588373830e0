"""How long the next occurrence takes: python -m tests.bench.bench_recurrence [--age 30] [--asks 200]

A line of JSON a figure. Each rule is asked at random moments of one year, the rule being of the age given, in four ways:
warm (its schedule is known), cold (made from the rule each time), from the text (read each time as well), and dateutil's
`after`, which walks from DTSTART and is asked fewer times, each under a time limit, so that the run ends.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import signal
import statistics
import time
from collections.abc import Callable
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from core.reminders import _rule, _schedule
from core.reminders.recurrence import Rule, next_after

ZONE = ZoneInfo("Europe/Berlin")
RULES = (
    "FREQ=MINUTELY;INTERVAL=15",
    "FREQ=HOURLY;INTERVAL=2",
    "FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12;BYDAY=SA",
    "FREQ=DAILY;BYHOUR=9;BYMINUTE=0",
    "FREQ=DAILY;INTERVAL=3;BYMONTH=1,7",
    "FREQ=DAILY;BYHOUR=8,14,20;BYMINUTE=0;COUNT=9000",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=30",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR",
    "FREQ=MONTHLY;BYDAY=1MO",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=1TU",
)
OURS_ALONE = (
    "FREQ=HOURLY;INTERVAL=3;X-WINDOW=0900-1700;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=DAILY;X-TIMES=0900,1345,2215;X-EXDAY=SU",
    "FREQ=MONTHLY;BYMONTHDAY=31;X-SHORT=LAST",
    "FREQ=YEARLY;X-LUNAR=8-15",
)
DATEUTIL_ASKS = 3
DATEUTIL_SECONDS = 5.0


def timed(work: Callable[..., object], *arguments: object) -> float:
    """Microseconds of processor time: other work on the machine does not count."""
    began = time.thread_time_ns()
    work(*arguments)
    return (time.thread_time_ns() - began) / 1000


def ask_from_text(text: str, start: dt.datetime, moment: dt.datetime) -> object:
    return next_after(Rule.parse(text), start, ZONE, moment)


def measure(text: str, start: dt.datetime, moments: list[dt.datetime]) -> dict[str, list[float]]:
    rule = Rule.parse(text)
    next_after(rule, start, ZONE, moments[0])
    times: dict[str, list[float]] = {"warm": [timed(next_after, rule, start, ZONE, moment) for moment in moments]}
    for moment in moments:
        _schedule.schedule_of.cache_clear()
        times.setdefault("schedule made each time", []).append(timed(next_after, rule, start, ZONE, moment))
        _schedule.schedule_of.cache_clear()
        _rule.read.cache_clear()
        times.setdefault("text read and schedule made each time", []).append(timed(ask_from_text, text, start, moment))
    return times


def stop(_signal: int, _frame: object) -> None:
    raise TimeoutError


def dateutil_time(text: str, start: dt.datetime, moment: dt.datetime) -> float:
    """Microseconds of `after` on a naive rule; the limit where it takes longer."""
    rule = rrulestr(text, dtstart=start)
    signal.setitimer(signal.ITIMER_REAL, DATEUTIL_SECONDS)
    try:
        return timed(rule.after, moment)
    except TimeoutError:
        return DATEUTIL_SECONDS * 1e6
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def spread(figure: str, times: list[float]) -> None:
    ranked = sorted(times)
    shown = {
        "n": len(ranked),
        "median_us": round(statistics.median(ranked), 1),
        "p99_us": round(ranked[int(len(ranked) * 0.99)], 1),
        "max_us": round(ranked[-1], 1),
    }
    print(json.dumps({"figure": figure} | shown), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--age", type=int, default=30, help="years since the rules' start")
    parser.add_argument("--asks", type=int, default=200, help="moments each rule is asked at")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, stop)
    chance = random.Random(3)
    start = dt.datetime(2026 - options.age, 2, 5, 8, 30)
    year = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    moments = [year + dt.timedelta(seconds=chance.randrange(365 * 86_400)) for _ in range(options.asks)]
    everything: dict[str, list[float]] = {}
    ratios: list[float] = []
    for text in RULES + OURS_ALONE:
        times = measure(text, start, moments)
        for way, here in times.items():
            everything.setdefault(way, []).extend(here)
        shown: dict[str, object] = {"rule": text} | {way: round(statistics.median(us), 1) for way, us in times.items()}
        if text in RULES:
            asked = moments[:DATEUTIL_ASKS]
            theirs = statistics.median(dateutil_time(text, start, moment.replace(tzinfo=None)) for moment in asked)
            ratios.append(theirs / statistics.median(times["warm"]))
            shown["dateutil"] = round(theirs)
        print(json.dumps(shown), flush=True)
    for way, us in everything.items():
        spread(f"next_after, {way}", us)
    print(
        json.dumps(
            {"figure": "dateutil / warm", "median": round(statistics.median(ratios)), "most": round(max(ratios))}
        )
    )


if __name__ == "__main__":
    main()
