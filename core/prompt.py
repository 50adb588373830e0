"""The prompt of a turn: who the assistant is, what was said so far as far as it fits, and the message itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from core.messages import Utterance
from core.ports import LanguageModel
from core.store.people import PastTurn

_ROOM_FOR_TEMPLATE = 32
_KNOWN_TOKENS = 400


def build(
    persona: str,
    history: Sequence[PastTurn],
    text: str,
    model: LanguageModel,
    *,
    history_tokens: int,
    reply_tokens: int,
) -> list[Utterance]:
    """Newest turns first until the budget is used: the smaller of `history_tokens` and what the model's context leaves
    beside the persona, the message and a reply of `reply_tokens`. Whole turns only; a message too long for the context
    by itself keeps its beginning and its end."""
    system = Utterance("system", persona)
    room = model.info.context_tokens - reply_tokens - _ROOM_FOR_TEMPLATE - model.count_tokens([system])
    said = Utterance("user", _fitted(text, model, max(room, 64)))
    budget = min(history_tokens, room - model.count_tokens([said]))
    chosen: list[Utterance] = []
    for turn in reversed(history):
        if not turn.said or not turn.replied:
            continue
        pair = [Utterance("user", turn.said), Utterance("assistant", turn.replied)]
        budget -= model.count_tokens(pair)
        if budget < 0:
            break
        chosen[:0] = pair
    return [system, *chosen, said]


def knowing(persona: str, head: str, lines: Sequence[str], model: LanguageModel) -> tuple[str, int]:
    """The persona with what is known behind it: data under a head that says so, as many lines as a fifth of the model's
    context holds; and how many that are."""
    room = min(model.info.context_tokens // 5, _KNOWN_TOKENS)
    for number in range(len(lines), 0, -1):
        block = "\n".join([head, *lines[:number]])
        if model.count_tokens([Utterance("system", block)]) <= room:
            return f"{persona}\n\n{block}", number
    return persona, 0


def _fitted(text: str, model: LanguageModel, room: int) -> str:
    while (tokens := model.count_tokens([Utterance("user", text)])) > room and len(text) > 64:
        keep = max(int(len(text) * room / tokens * 0.9), 64)
        text = f"{text[: keep // 2]} … {text[-(keep - keep // 2) :]}"
        if keep == 64:
            break
    return text


def persona_for(persona: str, now: dt.datetime, zone: ZoneInfo | None) -> str:
    """The persona with its variables {date}, {time} and {weekday} filled in, in the person's zone (else UTC)."""
    local = now.astimezone(zone or dt.UTC)
    values = {
        "{date}": local.strftime("%d %B %Y"),
        "{time}": local.strftime("%H:%M"),
        "{weekday}": local.strftime("%A"),
    }
    for name, value in values.items():
        persona = persona.replace(name, value)
    return persona
