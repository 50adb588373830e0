"""Reads the words of one cluster into a phrase: what each does, and where the phrase ends."""

from __future__ import annotations

import re

from core.language.grammar import chinese_words as zh
from core.language.grammar.chinese_phrase import Join, Phrase, Point, gap

_COUNTS = re.compile(r"[ ,的]*(?:请)?(?:(?:提醒|叫|喊|通知|响)(?:我|大家)?)?(?:各|响)?")
ATTRIBUTE = re.compile(r"的(?!时|闹|提醒|[ ,]|[早晚上下中凌傍\d一二两三四五六七八九十]|$)")


class PhraseReader:
    """Reads the words of one cluster into a phrase and stops at the first that does not fit."""

    def __init__(self, words: list[zh.Word], text: str) -> None:
        self.words, self.text, self.index = words, text, 0
        self.phrase = Phrase()
        self._continues = False
        """After 和每: the point that follows is one more of the list."""

    def read(self) -> Phrase:
        while self.index < len(self.words) and self._step():
            pass
        return self.phrase

    def _value(self, ahead: int = 0) -> zh.Value | None:
        """What the next word says, or one further on."""
        place = self.index + ahead
        return self.words[place].value if place < len(self.words) else None

    def _take(self) -> None:
        self.phrase.used.append(self.words[self.index])
        self.index += 1

    def _accept(self, *marks: str) -> bool:
        """Takes the next word if it is one of these marks."""
        fits = self._value() in marks
        if fits:
            self._take()
        return fits

    def _join(self) -> Join:
        """How the next word hangs on the one before it."""
        if self.index == 0:
            return "glue"
        return gap(self.text, self.words[self.index - 1], self.words[self.index]) or "glue"

    def _point(self) -> Point | None:
        """The next words as one point."""
        if not isinstance(self._value(), zh.Day | zh.Part | zh.Clock):
            return None
        point = Point(joined="and" if self._continues else self._join())
        self._continues = False
        first = self.index
        while self.index < len(self.words) and (self.index == first or self._join() == "touch"):
            if not point.takes(self.words[self.index].value):
                break
            self._take()
        return point

    def _step(self) -> bool:
        """Reads one word, or a few that belong together; False where the phrase ends before them."""
        phrase = self.phrase
        match self._value():
            case "from":
                return self._from()
            case "to":
                return self._to()
            case "except_before":
                self._except()
            case "now" | "aside" as mark:
                phrase.now = phrase.now or mark == "now"
                self._take()
            case "before" | "or_before" as mark if phrase.length is None and phrase.points:
                phrase.side = mark
                self._take()
            case str():
                self.index += 1  # a particle with nothing before it
            case zh.Every() as every:
                return self._every(every)
            case zh.Length() as length:
                return self._length(length)
            case zh.Times() as times:
                self._times(times)
            case _:
                return self._points()
        return True

    def _from(self) -> bool:
        self._take()
        first = self._point()
        if first is None:
            self.phrase.used.pop()
        elif self._accept("to"):
            last = self._point()
            if last is None:
                return False
            self._accept("between", "end", "begin")
            self._range(first, last)
        elif self._accept("begin", "after"):
            self._accept("begin")
            self._begins(first)
        else:
            self.phrase.start, self.phrase.loose_start = first, True
        return True

    def _begins(self, first: Point) -> None:
        """从明天开始; 从5:30开始到6点结束 and 5:30开始,6点结束 are a window in two halves."""
        self.phrase.start = first
        if first.has_day:
            return
        at, used = self.index, len(self.phrase.used)
        self._accept("to")
        last = self._point()
        if last is not None and not last.has_day and self._accept("end"):
            self._range(first, last)
            self.phrase.start = None
        else:
            self.index = at
            del self.phrase.used[used:]

    def _range(self, first: Point, last: Point) -> None:
        phrase = self.phrase
        repeats = bool(phrase.everies) or self._every_follows()
        match first.day, last.day:
            case zh.Date((low,), None, None), zh.Date((high,), None, None) if (
                repeats and not first.has_hour and low < high
            ):
                days = zh.Date(tuple(range(low, high + 1)))  # 每月1号至5号
                phrase.points.append(Point(day=days, parts=last.parts, clock=last.clock))
                return
        if repeats and last.has_day and not last.has_hour and first.has_hour:
            phrase.points.append(first)  # 每天8点到年底
            phrase.until = last
        elif repeats and first.has_day and not first.has_hour and not last.has_hour:
            phrase.start, phrase.until = first, last
        else:
            phrase.points.append(first)
            phrase.range_end = last

    def _every_follows(self) -> bool:
        return any(isinstance(word.value, zh.Every) for word in self.words[self.index :])

    def _to(self) -> bool:
        self._take()
        point = self._point()
        if point is None:
            self.phrase.used.pop()
            return True
        self._accept("end", "before", "between")
        if self.phrase.until is not None:
            return False
        self.phrase.until = point
        return True

    def _except(self) -> None:
        self._take()
        while (point := self._point()) is not None:
            self.phrase.excluded.append(Point(scopes=point.scopes, day=point.day))
            if point.has_hour:  # 除了周日早上八点: the hour is the rule's
                self.phrase.points.append(Point(parts=point.parts, clock=point.clock))
            if point.has_hour or self._value() is None or self._join() != "and":
                break
        self._accept("except_after")

    def _every(self, every: zh.Every) -> bool:
        known = [one.frequency for one in self.phrase.everies]
        if self.phrase.points and ATTRIBUTE.match(self.text, self.words[self.index].end):
            return False  # 明天提醒我每天的站会改时间了
        if every.frequency is not None and every.frequency in known:
            listed = self._join() == "and" and self._value(1) is not None
            if not listed or every not in self.phrase.everies:
                return False  # 每周一和每周三 is one rule, 每天…每天 two
            self._continues = True
        elif len(known) >= 2:
            return False
        else:
            self.phrase.everies.append(every)
        self._take()
        return True

    def _length(self, length: zh.Length) -> bool:
        phrase = self.phrase
        match length.way:
            case "within" if phrase.everies or self._every_follows():
                phrase.span = length
            case "after" | "before" | "within":
                if phrase.length is not None or phrase.everies:
                    return False
                phrase.length = length
            case "coming" | "running" | "lasting":
                phrase.span = length
            case "ahead":
                phrase.lead = length
            case "offset_back" if phrase.everies and phrase.points and self._join() == "touch":
                phrase.lead = length
            case "offset_back" | "offset_on":
                if not phrase.points or self._join() != "touch":
                    self.index += 1
                    return True
                phrase.offset = length
            case None:
                if phrase.bare is not None:
                    return False
                if isinstance(self._value(1), zh.Times) and length.repeats is not None:
                    return self._every(length.repeats)  # 两周一次, 一天吃三次药
                phrase.bare = length
        self._take()
        return True

    def _times(self, times: zh.Times) -> None:
        between = self.text[self.words[self.index - 1].end : self.words[self.index].start] if self.index else ""
        counted = times.total or _COUNTS.fullmatch(between) or (times.n > 1 and len(between) <= 2)
        if counted and (self.phrase.times is None or self.phrase.times.n == 1):
            self.phrase.times = times
            self._take()
        else:
            self.index += 1  # 去一趟银行 is the task

    def _points(self) -> bool:
        phrase, at, used = self.phrase, self.index, len(self.phrase.used)
        point = self._point()
        if point is None:
            return False
        done = self._bounded(point) if self._value() is not None else None
        if done is None and self._fits(point):
            phrase.points.append(point)
        elif done is None:
            self.index = at
            if (
                used
                and isinstance(phrase.used[used - 1].value, zh.Every)
                and phrase.used[used - 1] is self.words[at - 1]
            ):
                used -= 1  # it belongs to the rule that did not fit
            del phrase.used[used:]
            return False
        elif not done:
            del phrase.used[used:]
        return done is not False

    def _bounded(self, point: Point) -> bool | None:
        """Takes the mark behind a point; None where the point is a plain one, False where it ends the phrase."""
        phrase, mark = self.phrase, self._value()
        if mark == "begin" and self._join() != "and":
            if phrase.start is not None:
                return False
            self._take()
            self._begins(point)
            return True
        if self._join() != "touch":
            return None
        match mark:
            case "to" if isinstance(self._value(1), zh.Day | zh.Part | zh.Clock):
                self._take()
                last = self._point()
                self._accept("between", "end")
                self._range(point, last or Point())
            case "end":
                self._take()
                phrase.until = point
            case "before" if not phrase.everies and self._every_follows() and phrase.until is None:
                self._take()
                phrase.until = point  # 月底之前每天
            case "except_after":
                self._exclude_behind(point)
            case "between" if point.joined == "and" and phrase.points and phrase.range_end is None and point.clock:
                self._take()
                phrase.range_end = point
            case "before" | "or_before" | "after" | "or_after" | "between" if self._fits(point):
                self._take()
                phrase.points.append(point)
                phrase.side = mark
            case _:
                return None
        return True

    def _exclude_behind(self, point: Point) -> None:
        """周六和周日除外: days joined to the last one are left out with it."""
        phrase = self.phrase
        self._take()
        phrase.excluded.append(point)
        while point.joined == "and" and len(phrase.points) > 1 and not phrase.points[-1].has_hour:
            point = phrase.points.pop()
            phrase.excluded.append(point)

    def _fits(self, point: Point) -> bool:
        """A second day or clock time only in a list: 周二和周五, 早上8点和晚上8点."""
        phrase, points = self.phrase, self.phrase.points
        if not points:
            within_a_day = phrase.length is not None and phrase.length.seconds and not phrase.length.days
            return bool(phrase.everies) or not within_a_day
        day_before, hour_before = any(p.has_day for p in points), any(p.clock for p in points)
        if phrase.range_end is not None and point.clock is not None:
            return False
        if phrase.everies and all(p.scopes and p.day is None and not p.has_hour for p in points):
            return True  # 明年每个月1号
        if not (day_before or (point.clock and hour_before)) if point.has_day else not hour_before:
            return True
        if point.joined != "and" and not (point.joined == "touch" and self._list_without_comma(point)):
            return False
        both = [other for other in points if other.has_day and other.clock] if point.has_day and point.clock else []
        return all((other.clock, other.parts) == (point.clock, point.parts) for other in both)

    def _list_without_comma(self, point: Point) -> bool:
        """周二周四, 早上8点晚上8点; 工作日12月25日, so that the contradiction is seen."""
        last = self.phrase.points[-1]
        if point.has_day and not last.has_hour:
            return {type(point.day), type(last.day)} in ({zh.Weekdays}, {zh.Date}, {zh.Date, zh.Workdays})
        return not point.has_day and bool(point.parts) and bool(last.parts)
