"""Hello and help: what the assistant can do, made from the skills themselves."""

from __future__ import annotations

from core.language.phrases import phrases, say
from core.messages import Reply
from core.skills.base import Command, Outcome, Skill, Turn
from core.skills.reminders import sharing


async def _answer(turn: Turn, found: Command) -> Outcome:
    if found.name == "/start" and found.rest.startswith(sharing.PAYLOAD):
        return sharing.opened(turn, found.rest.removeprefix(sharing.PAYLOAD))
    if found.name == "/start":
        strange = say(turn.language, "start_unknown") + "\n\n" if found.rest else ""
        name = turn.message.sender.name.split(" ")[0]
        comma = {"en": ", ", "zh": "，"}[turn.language]
        return Outcome(
            Reply(strange + say(turn.language, "hello", name=f"{comma}{_literal(name)}" if name else "")),
            intent="hello",
        )
    lines = [f"- `{command}` — {say(turn.language, key)}" for command, key in turn.commands.items()]
    about = f"{turn.settings.bot}.about"
    text = f"{say(turn.language, about)}\n\n" if about in phrases(turn.language) else ""
    text += say(turn.language, "help", commands="\n".join(lines))
    if turn.person.quiet_from and turn.person.quiet_until:
        quiet = say(turn.language, "quiet_are", start=turn.person.quiet_from, end=turn.person.quiet_until)
        text = f"{text}\n\n{quiet}"
    return Outcome(Reply(text), intent="help", quiet=True)


def _literal(name: str) -> str:
    """A name with nothing in it that Markdown or a platform would act on."""
    return "".join(character for character in name if character.isalnum() or character in " -.'·")[:40]


SKILL = Skill(
    name="basics",
    answer=_answer,
    commands={"/help": "help_help", "/start": "help_start"},
    personal=frozenset({"/start"}),
    order=10,
)
