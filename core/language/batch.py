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
    rest: dict[str, Any] = {"task": understood.task}
    if understood.recipient is not None:
        rest["recipient"] = understood.recipient
    if understood.recurring and not isinstance(understood.when, Recurrence):
        rest["recurring"] = True
    if understood.also:
        rest["also"] = [_value(when, now, zone) for when in understood.also]
    if understood.deadline:
        rest["deadline"] = True
    if understood.problem is not None:
        rest["problem"] = understood.problem.kind
    return rest


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
    value: dict[str, Any] = {
        "type": "rrule",
        "rrule": rule_text(rule),
        "times": [f"{each:%H:%M}" for each in rule.times],
    }
    if rule.window is not None:
        value["window"] = [f"{each:%H:%M}" for each in rule.window]
    if rule.start is not None:
        value["dtstart"] = rule.start.isoformat()
    if rule.until is not None:
        value["until"] = rule.until.isoformat()
    if rule.count is not None:
        value["count"] = rule.count
    if rule.excluded:
        value["exdates"] = [day.isoformat() for day in rule.excluded]
    if rule.lunar is not None:
        value["lunar"] = list(rule.lunar)
    return value


def rule_text(rule: Recurrence) -> str:
    """The rule as RFC 5545 writes it. BYHOUR and BYMINUTE stand only where they say the times exactly (one minute for all)."""
    parts = [f"FREQ={rule.frequency}"]
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    for name, values in (
        ("BYMONTH", rule.by_month),
        ("BYMONTHDAY", rule.by_month_day),
        ("BYDAY", rule.by_day),
        ("BYSETPOS", rule.set_pos),
    ):
        if values:
            parts.append(f"{name}={','.join(map(str, values))}")
    minutes = {each.minute for each in rule.times}
    if len(minutes) == 1:
        parts.append(f"BYHOUR={','.join(str(each.hour) for each in rule.times)}")
        parts.append(f"BYMINUTE={minutes.pop()}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if rule.until is not None:
        parts.append(f"UNTIL={rule.until:%Y%m%d}")
    return ";".join(parts)


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
