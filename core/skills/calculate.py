"""Sums and units: answered in code, exactly, whatever the language model would make of them."""

from __future__ import annotations

from core.language.phrases import say
from core.language.sums import result
from core.language.units import converted
from core.messages import Reply
from core.render import literal
from core.skills.base import Command, Outcome, Skill, Turn


def _recognize(turn: Turn) -> Reply | None:
    return _found(turn, turn.text)


def _found(turn: Turn, text: str) -> Reply | None:
    if units := converted(text):
        amount, source, value, target = units
        return Reply(f"{amount} {source} = **{value} {target}**")
    try:
        if sums := result(text):
            return Reply(f"{literal(sums[0])} = **{sums[1]}**")
    except ZeroDivisionError:
        return Reply(say(turn.language, "sum_by_zero"))
    except OverflowError:
        return Reply(say(turn.language, "sum_too_large"))
    return None


async def _answer(turn: Turn, found: Reply | Command) -> Outcome:
    if isinstance(found, Command):
        reply = _found(turn, f"calc {found.rest}") or _found(turn, found.rest) if found.rest else None
        return Outcome(reply or Reply(say(turn.language, "sum_how"), quiet=True), intent="calculate")
    return Outcome(found, intent="calculate", pending=turn.session.pending)


SKILL = Skill(name="calculate", answer=_answer, recognize=_recognize, commands={"/calc": "help_calc"}, order=60)
