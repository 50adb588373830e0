"""Many sentences at once: JSON lines in, one JSON line out for each, as `remora when --jsonl` promises.

python -m core.language.batch < sentences.jsonl
"""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
import time
from typing import Any, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.language.times import resolve, understand
from core.language.values import Delta, Instant, Recurrence, Understood, When, Window

_OFFSET = re.compile(r"(?:UTC)?([+-])(\d{1,2}):?(\d{2})?\Z")


def when_line(obj: dict[str, Any]) -> dict[str, Any]:
    """The answer to one row {"id","text","lang","reference_time","tz"}; a bad row gives type "none" with its "error"."""
    started = time.perf_counter()
    answer: dict[str, Any] = {"id": obj.get("id")}
    try:
        text = obj["text"]
        if not isinstance(text, str):
            raise TypeError("text is not a string")
        zone = _zone(obj.get("tz") or "UTC")
        now = _moment(obj.get("reference_time"), zone)
    except (KeyError, TypeError, ValueError, ZoneInfoNotFoundError) as error:
        return answer | {"type": "none", "error": f"{type(error).__name__}: {error}"[:200]}
    lang = obj.get("lang")
    inner = zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")
    reading = now if isinstance(zone, ZoneInfo) else now.astimezone(zone).replace(tzinfo=dt.UTC)
    understood = understand(text, reading, inner, lang if lang in ("en", "zh") else None)
    answer |= _value(understood.when, reading, inner)
    if not isinstance(zone, ZoneInfo):
        answer = {key: _naive(value) for key, value in answer.items()}
    answer |= _rest(understood, reading, inner)
    answer["ms"] = round((time.perf_counter() - started) * 1000, 3)
    return answer


def _naive(value: object) -> object:
    """A row with a bare offset as its zone was read on the wall clock alone: its answer is local time there."""
    return value.removesuffix("+00:00") if isinstance(value, str) else value


def _rest(understood: Understood, now: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    said = {
        "recipient": understood.recipient,
        "recurring": understood.recurring and not isinstance(understood.when, Recurrence),
        "also": [_value(when, now, zone) for when in understood.also],
        "deadline": understood.deadline,
        "problem": understood.problem and understood.problem.kind,
    }
    return {"task": understood.task} | {name: each for name, each in said.items() if each}


def _zone(name: str) -> dt.tzinfo:
    offset = _OFFSET.match(name)
    if offset is None:
        return ZoneInfo(name)
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    return dt.timezone(dt.timedelta(minutes=minutes if offset[1] == "+" else -minutes))


def _moment(written: object, zone: dt.tzinfo) -> dt.datetime:
    if written is None:
        return dt.datetime.now(zone)
    if not isinstance(written, str):
        raise TypeError("reference_time is not a string")
    moment = dt.datetime.fromisoformat(written)
    return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)


def _iso(local: dt.datetime | None, zone: ZoneInfo) -> str | None:
    return None if local is None else local.replace(tzinfo=zone).isoformat()


def _value(when: When | None, now: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    match when:
        case None:
            return {"type": "none"}
        case Delta():
            moment = resolve(when, now, zone)
            return {"type": "instant", "value": moment.at.astimezone(zone).isoformat() if moment else None}
        case Instant(local=local, window=window):
            value: dict[str, Any] = {"type": "instant", "value": _iso(local, zone)}
            return value | ({"window": [_iso(window[0], zone), _iso(window[1], zone)]} if window else {})
        case Window(start=start, end=end):
            return {"type": "interval", "start": _iso(start, zone), "end": _iso(end, zone)}
        case Recurrence():
            return _rule(when)


def _rule(rule: Recurrence) -> dict[str, Any]:
    said = {
        "window": [f"{each:%H:%M}" for each in rule.window or ()],
        "dtstart": rule.start and rule.start.isoformat(),
        "until": rule.until and rule.until.isoformat(),
        "count": rule.count,
        "exdates": [day.isoformat() for day in rule.excluded],
        "lunar": list(rule.lunar or ()),
    }
    times = [f"{each:%H:%M}" for each in rule.times]
    return {"type": "rrule", "rrule": rule_text(rule), "times": times} | {
        name: each for name, each in said.items() if each
    }


def rule_text(rule: Recurrence) -> str:
    """The rule as RFC 5545 writes it. BYHOUR and BYMINUTE stand only where they say the times exactly (one minute for all)."""
    minutes = {each.minute for each in rule.times}
    exact = rule.times if len(minutes) == 1 else ()
    fields: dict[str, tuple[object, ...]] = {
        "FREQ": (rule.frequency,),
        "INTERVAL": (rule.interval,) if rule.interval != 1 else (),
        "BYMONTH": rule.by_month,
        "BYMONTHDAY": rule.by_month_day,
        "BYDAY": rule.by_day,
        "BYSETPOS": rule.set_pos,
        "BYHOUR": tuple(each.hour for each in exact),
        "BYMINUTE": tuple(minutes) if exact else (),
        "COUNT": (rule.count,) if rule.count is not None else (),
        "UNTIL": (f"{rule.until:%Y%m%d}",) if rule.until else (),
    }
    return ";".join(f"{name}={','.join(map(str, values))}" for name, values in fields.items() if values)


def main(source: TextIO, target: TextIO) -> None:
    """Answers every line of `source` at once on `target`; a line that is no JSON object gets an answer too."""
    for line in source:
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            answer = when_line(row) if isinstance(row, dict) else {"id": None, "type": "none", "error": "not an object"}
        except ValueError as error:
            answer = {"id": None, "type": "none", "error": f"not JSON: {error}"[:200]}
        target.write(json.dumps(answer, ensure_ascii=False) + "\n")
        target.flush()


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
