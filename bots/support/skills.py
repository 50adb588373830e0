"""The status of an order, from sample data. A bot's own skill is one file like this: it exports `SKILLS`.

To ask a shop's real system instead, replace `_orders`. Who asks has to know the postcode too: a number alone is easily guessed.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from core.language.phrases import phrases, say
from core.messages import Reply
from core.render import literal
from core.skills.base import Command, Outcome, Skill, Turn

_NUMBER = re.compile(r"\bHL[-\s]?(\d{5})(?!\d)", re.IGNORECASE)
_TRIES = 3
_LONGEST_POSTCODE = 12


@cache
def _orders() -> dict[str, dict[str, Any]]:
    file = Path(__file__).parent / "orders.json"
    return {order["number"]: order for order in json.loads(file.read_text(encoding="utf-8"))}


def _recognize(turn: Turn) -> Command | None:
    """A message that is little else than an order's number."""
    found = _NUMBER.search(turn.text)
    return Command("/order", turn.text) if found and len(turn.text) < 2 * len(found[0]) else None


async def _answer(turn: Turn, found: Command) -> Outcome:
    number = _NUMBER.search(f"HL-{found.rest}" if found.rest[:1].isdigit() else found.rest)
    if number is None:
        return _asked(turn, "which_order", {"asks": "number"})
    named = f"HL-{number[1]}"
    rest = found.rest.replace(number[0], "").strip(" ,，")
    if found.name == "/order" and any(sign.isdigit() for sign in rest) and len(rest) <= _LONGEST_POSTCODE:
        return await _shown(turn, named, rest, 1)
    return _asked(turn, "which_postcode", {"asks": "postcode", "number": named}, number=named)


async def _resume(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    """What is no answer to the question is a new message. A number is of no language: the question's is kept."""
    turn = replace(turn, language=pending.get("language", turn.language))
    if turn.text.strip(" .!。！").lower() in phrases(turn.language)["intent_leave_words"].split("|"):
        return Outcome(Reply(say(turn.language, "support.left")), intent="order_status")
    if _NUMBER.search(turn.text) or (pending.get("asks") == "number" and re.fullmatch(r"\d{5}", turn.text)):
        return await _answer(turn, Command("/order", turn.text))
    postcode = len(turn.text) <= _LONGEST_POSTCODE and any(sign.isdigit() for sign in turn.text)
    if pending.get("asks") != "postcode" or not postcode:
        return None
    return await _shown(turn, str(pending["number"]), turn.text, int(pending.get("tries", 0)) + 1)


async def _shown(turn: Turn, number: str, postcode: str, tries: int) -> Outcome:
    order = (await asyncio.to_thread(_orders)).get(number)
    if order is None or _bare(order["postcode"]) != _bare(postcode):
        if tries >= _TRIES:
            return Outcome(Reply(say(turn.language, "support.enough_tries")), intent="order_status")
        return _asked(turn, "no_order", {"asks": "postcode", "number": number, "tries": tries}, number=number)
    fields = {name: literal(str(order[name])) for name in ("number", "ordered", "day", "carrier", "tracking")}
    state = say(turn.language, f"support.{order['state']}", **fields)
    articles = literal(order["articles"][turn.language])
    return Outcome(
        Reply(say(turn.language, "support.order", **fields, articles=articles, state=state)), intent="order_status"
    )


def _bare(postcode: str) -> str:
    return "".join(sign for sign in postcode.upper() if sign.isalnum())


def _asked(turn: Turn, key: str, question: dict[str, Any], **fields: str) -> Outcome:
    pending = {"skill": SKILL.name, "step": question["asks"], "language": turn.language, **question}
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
