"""Reads the words of one cluster into a phrase: what each does, and where the phrase ends."""

from __future__ import annotations

import re

from core.language.grammar.chinese_phrase import Join, Phrase, Point, gap
from core.language.grammar.chinese_words import Clock, Date, Day, Every, Holidays, Length, Part, Times, Weekdays, Word

_COUNTS = re.compile(r"[ ,的]*(?:请)?(?:(?:提醒|叫|喊|通知|响)(?:我|大家)?)?(?:各|响)?")
ATTRIBUTE = re.compile(r"的(?!时|闹|提醒|[ ,]|[早晚上下中凌傍\d一二两三四五六七八九十]|$)")


class PhraseReader:
    """Reads the words of one cluster into a phrase and stops at the first that does not fit."""

    def __init__(self, words: list[Word], text: str, phrase: Phrase | None = None) -> None:
        self.words, self.text, self.index = words, text, 0
        self.phrase = phrase or Phrase()
        self._continues = False
        """After 和每: the point that follows is one more of the list."""

    def read(self) -> Phrase:
        while self.index < len(self.words):
            at = self.index
            if not self._step() or self.index == at:
                break
        return self.phrase

    def _peek(self, ahead: int = 0) -> Word | None:
        place = self.index + ahead
        return self.words[place] if place < len(self.words) else None

    def _take(self) -> Word:
        word = self.words[self.index]
        self.index += 1
        self.phrase.used.append(word)
        return word

    def _accept(self, *marks: str) -> str | None:
        word = self._peek()
        if word is not None and isinstance(word.value, str) and word.value in marks:
            self._take()
            return str(word.value)
        return None

    def _join(self) -> Join:
        if self.index == 0:
            return "glue"
        return gap(self.text, self.words[self.index - 1], self.words[self.index]) or "glue"

    def _point(self) -> Point | None:
        """The next words as one point."""
        word = self._peek()
        if word is None or not isinstance(word.value, Day | Part | Clock):
            return None
        point = Point(joined="and" if self._continues else self._join())
        self._continues = False
        while word is not None and (not point.words or self._join() == "touch") and point.takes(word):
            self.index += 1
            word = self._peek()
        return point if point.words else None

    def _step(self) -> bool:
        phrase = self.phrase
        word = self.words[self.index]
        match word.value:
            case "from":
                return self._from()
            case "to":
                return self._to()
            case "except_before":
                return self._except()
            case "now":
                phrase.now = True
                self._take()
            case "aside":
                self._take()
            case "before" | "or_before" if phrase.length is None and phrase.points:
                phrase.deadline, phrase.or_before = True, word.value == "or_before"
                self._take()
            case str():
                self.index += 1  # a particle with nothing before it
            case Every() as every:
                return self._every(every)
            case Length() as length:
                return self._length(length)
            case Times() as times:
                return self._times(times)
            case Holidays():
                return self._holidays()
            case _:
                return self._points()
        return True

    def _from(self) -> bool:
        mark = self.words[self.index]
        self.index += 1
        first = self._point()
        if first is None:
            return True
        self.phrase.used += [mark, *first.words]
        follower = self._peek()
        if self._accept("to"):
            last = self._point()
            if last is None:
                return False
            self.phrase.used += last.words
            self._accept("between", "end", "begin")
            self._range(first, last)
        elif self._accept("begin") or (follower is not None and follower.value == "after" and self._accept("after")):
            self._accept("begin")
            self.phrase.start = first
            if not first.has_day and self._ends_later():
                return True
        else:
            self.phrase.start, self.phrase.loose_start = first, True
        return True

    def _ends_later(self) -> bool:
        """从5:30开始到6点结束 or 5:30开始,6点结束: a window in two halves."""
        last_at, used = self.index, len(self.phrase.used)
        self._accept("to")
        last = self._point()
        if last is not None and not last.has_day and self._accept("end"):
            first = self.phrase.start
            self.phrase.used += last.words
            if first is not None:
                self._range(first, last)
                self.phrase.start = None
            return True
        self.index = last_at
        del self.phrase.used[used:]
        return False

    def _range(self, first: Point, last: Point) -> None:
        phrase = self.phrase
        repeats = bool(phrase.everies) or self._every_follows()
        days = _run_of_days(first, last) if repeats else ()
        if days:
            phrase.points.append(Point(day=Date(days), parts=last.parts, clock=last.clock))
        elif repeats and first.has_hour and last.has_day and not last.has_hour:
            phrase.points.append(first)  # 每天8点到年底
            phrase.until = last
        elif first.has_day and not first.has_hour and not last.has_hour and repeats:
            phrase.start, phrase.until = first, last
        else:
            phrase.points.append(first)
            phrase.range_end = last

    def _every_follows(self) -> bool:
        return any(isinstance(word.value, Every) for word in self.words[self.index :])

    def _to(self) -> bool:
        mark = self.words[self.index]
        self.index += 1
        point = self._point()
        if point is None:
            return True
        phrase = self.phrase
        phrase.used += [mark, *point.words]
        self._accept("end", "before", "between")
        if phrase.until is not None:
            return False
        phrase.until = point
        return True

    def _except(self) -> bool:
        self._take()
        while (point := self._point()) is not None:
            self.phrase.excluded.append(Point(scopes=point.scopes, day=point.day))
            self.phrase.used += point.words
            if point.has_hour:  # 除了周日早上八点: the hour is the rule's
                self.phrase.points.append(Point(parts=point.parts, clock=point.clock))
                break
            if self._peek() is None or self._join() != "and":
                break
        self._accept("except_after")
        return True

    def _every(self, every: Every) -> bool:
        known = [one.frequency for one in self.phrase.everies]
        if self.phrase.points and ATTRIBUTE.match(self.text, self.words[self.index].end):
            return False  # 明天提醒我每天的站会改时间了
        if every.frequency is not None and every.frequency in known:
            nearby = self._join() == "and" and self._peek(1) is not None
            if not nearby or every not in self.phrase.everies:
                return False  # 每周一和每周三 is one rule, 每天…每天 two
            self._take()
            self._continues = True
            return True
        if len(known) >= 2:
            return False
        self.phrase.everies.append(every)
        self._take()
        return True

    def _length(self, length: Length) -> bool:
        phrase = self.phrase
        match length.way:
            case "after" | "before" | "within":
                if length.way == "within" and (phrase.everies or self._every_follows()):
                    phrase.span = length
                elif phrase.length is not None or phrase.everies:
                    return False
                else:
                    phrase.length = length
            case "coming" | "running" | "lasting":
                phrase.span = length
            case "ahead":
                phrase.lead = length
            case "offset_back" | "offset_on":
                if not phrase.points or self._join() != "touch":
                    self.index += 1
                    return True
                phrase.offset = length
            case None:
                if phrase.bare is not None:
                    return False
                follower = self._peek(1)
                if follower is not None and isinstance(follower.value, Times) and length.repeats is not None:
                    return self._every(length.repeats)  # 两周一次, 一天吃三次药
                phrase.bare = length
        self._take()
        return True

    def _times(self, times: Times) -> bool:
        between = self.text[self.words[self.index - 1].end : self.words[self.index].start] if self.index else ""
        counted = times.total or _COUNTS.fullmatch(between) or (times.n > 1 and len(between) <= 2)
        if not counted or (self.phrase.times is not None and self.phrase.times.n != 1):
            self.index += 1  # 去一趟银行 is the task
            return True
        self.phrase.times = times
        self._take()
        return True

    def _holidays(self) -> bool:
        """No calendar of holidays is known, so the words stay in the task, where the person sees them."""
        self.index += 1
        while (word := self._peek()) is not None and word.value in ("except_after", "except_before"):
            self.index += 1
        return self.index < len(self.words)

    def _points(self) -> bool:
        at = self.index
        point = self._point()
        phrase = self.phrase
        if point is None:
            return False
        if self._peek() is not None:
            done = self._after_point(point)
            if done is not None:
                return done
        if not self._fits(point):
            self.index = at
            if phrase.used and isinstance(phrase.used[-1].value, Every) and phrase.used[-1] is self.words[at - 1]:
                phrase.used.pop()  # it belongs to the rule that did not fit
            return False
        phrase.points.append(point)
        phrase.used += point.words
        return True

    def _after_point(self, point: Point) -> bool | None:
        """A point with a mark behind it; None where it is a plain one."""
        phrase = self.phrase
        word = self.words[self.index]
        if word.value == "begin" and self._join() in ("touch", "glue"):
            if phrase.start is not None:
                return False
            phrase.used += point.words
            self._take()
            phrase.start = point
            if not point.has_day:
                self._ends_later()
            return True
        if self._join() != "touch":
            return None
        if word.value == "to" and isinstance(getattr(self._peek(1), "value", None), Day | Part | Clock):
            phrase.used += [*point.words, word]
            self.index += 1
            last = self._point()
            if last is None:
                return None
            phrase.used += last.words
            self._accept("between", "end")
            self._range(point, last)
            return True
        if word.value == "before" and not phrase.everies and self._every_follows() and phrase.until is None:
            phrase.used += point.words
            self._take()
            phrase.until = point  # 月底之前每天
            return True
        if word.value == "end":
            phrase.used += point.words
            self._take()
            phrase.until = point
            return True
        if word.value == "except_after":
            self._exclude_behind(point)
            return True
        if (
            word.value == "between"
            and point.joined == "and"
            and phrase.points
            and phrase.range_end is None
            and point.clock
        ):
            phrase.used += point.words
            self._take()
            phrase.range_end = point
            return True
        if word.value in ("before", "or_before", "after", "or_after", "between") and self._fits(point):
            phrase.points.append(point)
            phrase.used += point.words
            self._take()
            phrase.deadline = phrase.deadline or word.value in ("before", "or_before", "between")
            phrase.or_before = phrase.or_before or word.value == "or_before"
            phrase.inside = phrase.inside or word.value == "between"
            phrase.after = phrase.after or word.value in ("after", "or_after")
            return True
        return None

    def _exclude_behind(self, point: Point) -> None:
        """周六和周日除外: days joined to the last one are left out with it."""
        phrase = self.phrase
        phrase.used += point.words
        self._take()
        phrase.excluded.append(point)
        while point.joined == "and" and len(phrase.points) > 1 and _only_day(phrase.points[-1]):
            point = phrase.points.pop()
            phrase.excluded.append(point)

    def _fits(self, point: Point) -> bool:
        """A second day or clock time only in a list: 周二和周五, 早上8点和晚上8点."""
        points = self.phrase.points
        if not points:
            return bool(self.phrase.everies) or not (
                self.phrase.length is not None and self.phrase.length.seconds and not self.phrase.length.days
            )
        day_before, hour_before = any(p.has_day for p in points), any(p.clock for p in points)
        if self.phrase.range_end is not None and point.clock is not None:
            return False
        if self.phrase.everies and all(p.scopes and p.day is None and not p.has_hour for p in points):
            return True  # 明年每个月1号
        if point.has_day and not day_before and not (point.clock and hour_before):
            return True
        if not point.has_day and not hour_before:
            return True
        if point.joined != "and" and not (point.joined == "touch" and self._list_without_comma(point)):
            return False
        both = [other for other in points if other.has_day and other.clock] if point.has_day and point.clock else []
        return all((other.clock, other.parts) == (point.clock, point.parts) for other in both)

    def _list_without_comma(self, point: Point) -> bool:
        """周二周四, 早上8点晚上8点."""
        last = self.phrase.points[-1]
        if point.has_day and not last.has_hour:
            return isinstance(point.day, Weekdays | Date) and type(point.day) is type(last.day)
        return not point.has_day and bool(point.parts) and bool(last.parts)


def _run_of_days(first: Point, last: Point) -> tuple[int, ...]:
    """1号至5号 in a rule of months."""
    match (first.day, last.day):
        case (Date((low,), None, None), Date((high,), None, None)) if not first.has_hour and 0 < low < high:
            return tuple(range(low, high + 1))
    return ()


def _only_day(point: Point) -> bool:
    return point.has_day and not point.has_hour
