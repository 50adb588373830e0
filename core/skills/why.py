"""`/why`: how a sentence was understood, and what would have changed that. Of the last one, or of the one behind the command."""

from __future__ import annotations

from functools import partial

from core.intents.recognition import Explanation
from core.language.phrases import Language, say
from core.messages import Reply
from core.render import literal, shortened
from core.skills.base import Command, Outcome, Skill, Turn
from core.skills.catalog import called, open_to, situation, unbroken
from core.skills.memory import with_sources

_SHOWN = 3


async def _answer(turn: Turn, found: Command) -> Outcome:
    outcome = await _explained(turn, found)
    return outcome if found.rest.strip() else with_sources(turn, outcome)


async def _explained(turn: Turn, found: Command) -> Outcome:
    past = [one.said for one in turn.history if one.said and not one.said.startswith("/")]
    text = found.rest.strip() or (past[-1] if past else "")
    if not text:
        return Outcome(Reply(say(turn.language, "why_what"), quiet=True), intent="why")
    recognizer = turn.catalog.recognizer
    allowed = open_to(turn)
    if not allowed:
        return Outcome(Reply(say(turn.language, "why_no_intents"), quiet=True), intent="why")
    only = None if len(allowed) == len(recognizer.intents) else [*allowed, ""]
    why = await unbroken(turn, partial(recognizer.explain, text, situation(turn), only))
    if why is None:
        return Outcome(Reply(say(turn.language, "failed"), quiet=True), intent="why")
    names = {name: literal(called(intent, turn.language)) for name, intent in allowed.items()}
    lines = told(why, text, names, turn.language)
    return Outcome(Reply("\n".join(lines), quiet=True), intent="why", pending=turn.session.pending)


def told(why: Explanation, text: str, names: dict[str, str], language: Language) -> list[str]:
    """The reasons, a line each: the decision, what came near, the limits, and what would have changed it. What is not
    among `names` is not for who asks, and not spoken of."""

    def name(intent: str) -> str:
        return names.get(intent, literal(intent))

    found = why.recognition
    quoted, sure = literal(shortened(text, 120)), f"{found.confidence:.2f}"
    lines = [say(language, f"why_{found.zone}", text=quoted, intent=name(found.top), confidence=sure)]
    if why.example:
        lines.append(say(language, f"why_{found.how}", example=literal(why.example)))
    ranked = ", ".join(f"{name(intent)} {score:.2f}" for intent, score in found.ranking[:_SHOWN] if intent in names)
    if ranked and found.how == "classifier":
        lines.append(say(language, "why_ranking", ranking=ranked))
    for near in why.neighbours[:_SHOWN]:
        shared = ", ".join(literal(words) for words in near.shared)
        owner = name(near.intent) if near.intent else say(language, "why_everyday")
        like = f"{near.likeness:.2f}"
        lines.append(
            f"- {say(language, 'why_near', example=literal(near.text), intent=owner, likeness=like, shared=shared or '–')}"
        )
    if why.act:
        lines.append(
            say(
                language, "why_limits", strength=f"{why.strength:.2f}", reject=f"{why.reject:.2f}", act=f"{why.act:.2f}"
            )
        )
    lines += [
        f"- {say(language, f'why_change_{kind}', intent=name(intent), value=f'{value:.2f}')}"
        for kind, intent, value in why.changes
        if intent in names
    ]
    return lines


SKILL = Skill(name="why", answer=_answer, commands={"/why": "help_why"}, order=90)
