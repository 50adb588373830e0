"""The status of an order, from sample data. A bot's own skill is one file like this: it exports `SKILLS`.

To ask a shop's real system instead, replace `_orders`. Who asks has to know the postcode too: a number alone is easily guessed.
"""

from __future__ import annotations

import asyncio
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from core.language.phrases import LANGUAGES, phrases, say
from core.messages import Reply
from core.render import literal
from core.skills.base import Command, Outcome, Skill, Turn, heard

_IS = heard(__file__)
_TRIES = 3
_LONGEST_POSTCODE, _SHORT = 12, 60


@cache
def _orders() -> dict[str, dict[str, Any]]:
    file = Path(__file__).parent / "orders.json"
    return {order["number"]: order for order in json.loads(file.read_text(encoding="utf-8"))}


def _recognize(turn: Turn) -> Command | None:
    """A message about an order that it names, and little else."""
    found = _IS["number"].search(turn.text)
    return Command("/order", turn.text) if found and not _IS["otherwise"].search(turn.text) else None


async def _answer(turn: Turn, found: Command) -> Outcome:
    open_question = turn.session.pending or {}
    before = open_question if open_question.get("skill") == SKILL.name else {}
    tries = int(before.get("tries", 0))
    if tries >= _TRIES:
        return _enough(turn)
    rest = f"HL-{found.rest}" if found.rest[:1].isdigit() else found.rest
    number = _IS["number"].search(rest)
    if number is None and before.get("step") == "shown" and not _IS["another"].search(rest):
        return _told(turn, (await asyncio.to_thread(_orders))[str(before["number"])])
    if number is None:
        return _asked(turn, "which_order", {"step": "number", "tries": tries})
    named = f"HL-{number[1]}"
    if postcode := _IS["postcode"].search(rest.replace(number[0], " ")):
        return await _shown(turn, named, postcode[0], tries + 1)
    return _asked(turn, "which_postcode", {"step": "postcode", "number": named, "tries": tries}, number=named)


async def _resume(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    """What is no answer to the question is a new message, and leaves it open."""
    said, step = turn.text, pending.get("step")
    if step == "shown":
        again = pending.get("number") and _IS["again"].search(said) and len(said) < _SHORT
        return await _answer(turn, Command("/order", said)) if again or _IS["another"].search(said) else None
    if said.strip(" .!。！").lower() in "|".join(phrases(one)["intent_leave_words"] for one in LANGUAGES).split("|"):
        return Outcome(Reply(say(turn.language, "support.left")), intent="order_status")
    bare = re.search(r"(?<!\d)\d{5}(?!\d)", said) if step == "number" and not _IS["number"].search(said) else None
    if bare or _IS["number"].search(said):
        return await _answer(turn, Command("/order", bare[0] if bare else said))
    if _IS["lost"].search(said) and len(said) < _SHORT:
        return Outcome(Reply(say(turn.language, "support.lost")), intent="order_status", pending=pending)
    given = _IS["postcode"].search(said)
    postcode = given[0] if given else said if len(said) <= _LONGEST_POSTCODE and any(map(str.isdigit, said)) else ""
    if step != "postcode" or not postcode:
        return None
    return await _shown(turn, str(pending["number"]), postcode, int(pending["tries"]) + 1)


async def _shown(turn: Turn, number: str, postcode: str, tries: int) -> Outcome:
    order = (await asyncio.to_thread(_orders)).get(number)
    if order is not None and _bare(order["postcode"]) == _bare(postcode):
        return _told(turn, order)
    if tries >= _TRIES:
        return _enough(turn)
    return _asked(turn, "no_order", {"step": "postcode", "number": number, "tries": tries}, number=number)


def _told(turn: Turn, order: dict[str, Any]) -> Outcome:
    fields = {name: literal(str(order[name])) for name in ("number", "ordered", "day", "carrier", "tracking")}
    state = say(turn.language, f"support.{order['state']}", **fields)
    articles = literal(order["articles"][turn.language])
    return _asked(turn, "order", {"step": "shown", "number": order["number"]}, **fields, articles=articles, state=state)


def _enough(turn: Turn) -> Outcome:
    """Until the conversation is over: who goes on guessing is not shown an order for it."""
    return _asked(turn, "enough_tries", {"step": "shown", "tries": _TRIES})


def _bare(postcode: str) -> str:
    return "".join(sign for sign in postcode.upper() if sign.isalnum())


def _asked(turn: Turn, key: str, question: dict[str, Any], **fields: str) -> Outcome:
    pending = {"skill": SKILL.name, "lasts": True, **question}
    return Outcome(Reply(say(turn.language, f"support.{key}", **fields)), intent="order_status", pending=pending)


SKILL = Skill(
    name="orders",
    answer=_answer,
    recognize=_recognize,
    commands={"/order": "support.help_order"},
    personal=frozenset({"/order"}),
    resume=_resume,
    order=40,
)
SKILLS = (SKILL,)
