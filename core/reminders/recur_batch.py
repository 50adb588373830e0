"""Rules in, moments out, a JSON object a line: `python -m core.reminders.recur_batch < rules.jsonl`.

In: {"id", "rrule", "dtstart", "tz": zone or null, "n", "from"?}. Out: {"id", "occurrences"}: the first n at or after
`from` (or dtstart), local times where tz is null, else UTC times ending in Z; or {"id", "error", "kind"?}.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.reminders.recurrence import Rule, RuleError, occurrences

MAX_ASKED = 100_000


def recur_line(request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one object; never raises for what a request may hold."""
    answer: dict[str, Any] = {"id": request.get("id")}
    try:
        return answer | {"occurrences": _occurrences(request)}
    except RuleError as refused:
        return answer | {"error": str(refused), "kind": refused.kind}
    except (KeyError, TypeError, ValueError, OverflowError, OSError, ZoneInfoNotFoundError) as wrong:
        return answer | {"error": f"unreadable request: {wrong!r}"}


def _occurrences(request: dict[str, Any]) -> list[str]:
    zone = ZoneInfo(request["tz"]) if request.get("tz") else None
    rule = Rule.parse(request["rrule"])
    dtstart = _naive(request["dtstart"], zone)
    start = dt.datetime.fromisoformat(request["from"]) if request.get("from") else None
    if start is not None and zone is None:
        start = start.replace(tzinfo=None)
    wanted = min(int(request.get("n", 10)), MAX_ASKED)
    found = list(islice(occurrences(rule, dtstart, zone, start), wanted))
    if not found and rule.until is None and next(occurrences(rule, dtstart, zone), None) is None:
        raise RuleError("never", "this rule never fires")
    if zone is None:
        return [one.nominal.isoformat() for one in found]
    return [f"{one.utc:%Y-%m-%dT%H:%M:%SZ}" for one in found]


def _naive(text: str, zone: ZoneInfo | None) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text).replace(microsecond=0)
    if moment.tzinfo is None or zone is None:
        return moment.replace(tzinfo=None)
    return moment.astimezone(zone).replace(tzinfo=None)


def main() -> None:
    for line in sys.stdin:
        if line.strip():
            try:
                request = json.loads(line)
            except ValueError:
                request = None
            answer = recur_line(request) if isinstance(request, dict) else {"id": None, "error": "no JSON object"}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
