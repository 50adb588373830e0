"""How a sentence becomes time values. One package, one module family a language, shared parts beside them.

The way of a sentence (`core/language/times.py` walks it):

    text -> normalise() -> <language>.parse() -> Parsed -> task.extract(spans, <language>.FRAME) -> Understood

What a language provides (`english.py`, `chinese.py`; more files beside them as needed, `english_*.py`, `chinese_*.py`):

- `parse(text: Normalised, now: datetime, preferences: Preferences) -> Parsed`
  `now` is the naive wall clock of the person's zone. Reads `text.text` (same length as `text.source`, so every
  offset is valid in both), never raises on any text, never calls the clock or zone data. It returns
  `Parsed.when` as in `core/language/values.py`, the source spans that its time words took (with the preposition or
  particle that belongs to them: "at", "on", "in", "every", "from ... to ..."), `recurring`, `deadline` and `problem`.
  A sentence that asks for a repetition which cannot be placed has `recurring=True`, `when=None` and the problem
  "unclear_recurrence"; it is never answered by a one-off. A time that is over ("yesterday", "2 hours ago", "today at
  8" said at 9) keeps its `when` and carries the problem "past"; a date that does not exist has `when=None` and
  "impossible"; a rule finer than a minute, or of interval zero, has `when=None`, `recurring=True`, "too_fine".
  Several rules in one sentence ("weekdays at 8 and weekends at 10") are the first in `when`, the others in `also`.
- `FRAME: FrameLexicon` (see `task.py`), what surrounds a task in that language.
- `turned(task: str) -> str`, the task as the assistant says it back.

The work is bounded: a parse looks at no more than a few hundred tokens and spends a constant number of
steps on each. No regular expression with nested or overlapping repetition, no backtracking over the whole text.
"""
