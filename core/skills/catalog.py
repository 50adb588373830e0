"""What the admins' intents do: slots filled one question at a time, asking back, confirming, acting.

The engine calls this where no built-in skill wants a message. Recognition by encoders runs in a thread: it takes
milliseconds that the event loop's sockets need.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from core.intents.checks import same_words
from core.intents.definition import SAY, Answer, AskModel, HandOver, Intent, Limits, RunSkill, Slot
from core.intents.recognition import Recognition
from core.intents.slots import Found, Situation
from core.intents.words import chinese
from core.language.phrases import Language, phrases, say
from core.messages import Address, Choice, Reply
from core.render import literal, shortened
from core.skills.base import Outcome, Turn, Write, asks, lasting
from core.store import Tx, access, acquaintances, outbox
from core.store.outbox import Planned

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_BREAKS = (ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What encoders and numbers may raise; recognition must not take the answer to everything else along."""
NAME: Final = "catalog"
"""Of the open question, and of buttons."""
CONFIRM, WHICH, NOTHING = "?confirm", "?which", ""
_TRIES = 2
_LISTED = 8
_SUMMARY = 5
"""Turns that are told to whoever takes over."""
_SPACE = re.compile(r"[_.\-]+")
_HOLE = re.compile(r"\{(\w{1,64})\}")
_FOLLOWS = re.compile(r"(?:and|also|what about|how about|or)\b|那|那么|还有|换成?", re.IGNORECASE)
_FOLLOWS_END = re.compile(r"呢[？?。]?$")
_CORRECTS = re.compile(
    r"(?:no|not|nope|sorry|i mean|actually|wait)\b[\s,:，]*|(?:不是?|不对|错了|应该是)[\s,，]*", re.IGNORECASE
)
Builtin: TypeAlias = Callable[[Turn], Awaitable[Outcome | None]]


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be done: an outcome, a command to be run, the model to be asked; `what` None: nobody is meant."""

    what: Outcome | RunSkill | AskModel | None
    intent: str = ""
    follow: dict[str, Any] | None = None
    """The open question, or what a follow-up ("and tomorrow?") goes on with."""
    unsure: str = ""
    """Why an admin should see the message: "unmatched", "narrow"."""


async def decide(turn: Turn) -> Act:
    """What the catalog in force makes of a message."""
    found = await _recognized(turn)
    if found is None:
        return Act(None)
    return _decided(turn, found)


def _decided(turn: Turn, found: Recognition) -> Act:
    intents = turn.catalog.recognizer.intents
    if found.zone == "out" or found.top not in intents:
        return Act(None, unsure="unmatched")
    top = intents[_talk(intents, found) or found.top]
    if found.zone == "ask" and top.action != AskModel(""):
        near = [name for name, _ in found.ranking if _in_force(turn, name) is not None]
        return _which(turn, near[:2] or [found.top])
    act = _go_on(turn, top, _words_of(found.slots), turn.text)
    act = replace(act, unsure="narrow" if found.zone == "ask" else "")
    return replace(act, what=None) if act.what == AskModel("") else act  # others may know, before the model does


def _talk(intents: Mapping[str, Intent], found: Recognition) -> str | None:
    """The intent of those who are just talking, where it is not clear that they want anything else: nobody is asked
    whether that is what they do."""
    best = found.ranking[0][1] if found.ranking else 0.0
    near = [name for name, score in found.ranking[:2] if found.zone == "ask" and score >= best / 2]
    return next((name for name in near if intents[name].action == AskModel("")), None)


def _words_of(found: Mapping[str, Found]) -> dict[str, str]:
    """What the slots hold, as it was said; of a list, the value that was meant."""
    return {name: slot.value if isinstance(slot.value, str) else slot.text for name, slot in found.items()}


async def _recognized(turn: Turn) -> Recognition | None:
    recognizer, allowed = turn.catalog.recognizer, open_to(turn)
    if not allowed:
        return None
    return await _understood(turn, turn.text, None if len(allowed) == len(recognizer.intents) else list(allowed))


async def _understood(turn: Turn, text: str, only: list[str] | None) -> Recognition | None:
    """None where recognition breaks: then the message is the model's, as if there were no intents."""
    found = await unbroken(turn, partial(turn.catalog.recognizer.recognize, text, situation(turn), only))
    if found is not None:
        turn.trace.recognized(found.zone, found.how, found.ranking, turn.catalog.number)
    return found


async def unbroken(turn: Turn, work: Callable[[], _T]) -> _T | None:
    """The work, done in a thread where encoders take part; None where it breaks, which is logged without what was said."""
    try:
        return await asyncio.to_thread(work) if turn.catalog.recognizer.slow else work()
    except _BREAKS as error:
        fields = {"release": turn.catalog.number, "error": type(error).__name__}
        log.error("recognition of intents breaks", extra=fields)
        return None


def open_to(turn: Turn) -> dict[str, Intent]:
    """The intents that are for this person and place."""
    intents = turn.catalog.recognizer.intents
    return {name: intent for name, intent in intents.items() if within(turn, intent.limits)}


def situation(turn: Turn) -> Situation:
    """When and where the message is read."""
    return Situation(turn.now, turn.zone or ZoneInfo("UTC"), turn.language)


def _in_force(turn: Turn, name: object) -> Intent | None:
    """The intent of that name, where there still is one and it is for this person and place."""
    return open_to(turn).get(str(name))


def within(turn: Turn, limits: Limits) -> bool:
    """The limits let this person and place in."""
    address = turn.message.address
    role = "owner" if turn.standing == "host" else turn.standing
    return all(
        not allowed or bool({value.casefold() for value in allowed} & {value.casefold() for value in here})
        for allowed, here in (
            (limits.platforms, {address.platform}),
            (limits.channels, {address.chat, f"{address.platform}:{address.chat}"}),
            (limits.roles, {role}),
            (limits.workspaces, {address.workspace}),
        )
    )


def called(intent: Intent, language: Language) -> str:
    """The intent as people may read it, of both languages in the one that is theirs."""
    sides = [side.strip() for side in intent.description.split(" / ")]
    own = [side for side in sides if chinese(side) == (language == "zh")]
    return (own or sides)[0] or _SPACE.sub(" ", intent.name)


def _which(turn: Turn, names: list[str]) -> Act:
    """Did you mean? The best guesses as buttons; the words are kept so that nothing need be said twice."""
    intents = turn.catalog.recognizer.intents
    choices = [
        Choice(shortened(called(intents[name], turn.language), 40), f"{NAME}:is:{n}") for n, name in enumerate(names)
    ]
    choices.append(Choice(say(turn.language, "intent_none_of_these"), f"{NAME}:is:-"))
    asked = {"skill": NAME, "asks": WHICH, "among": names, "text": turn.text[:500]}
    key = "intent_did_you_mean_one" if len(names) == 1 else "intent_did_you_mean"
    reply = Reply(say(turn.language, key, what=literal(called(intents[names[0]], turn.language))), tuple(choices))
    return Act(Outcome(reply, intent="did_you_mean", pending=asked), "did_you_mean", asked, "narrow")


def _go_on(
    turn: Turn, intent: Intent, slots: Mapping[str, str], text: str, *, confirmed: bool = False, tries: int = 0
) -> Act:
    """Asks for what is missing, then whether it is right where that is wanted, then acts."""
    state = {"skill": NAME, "intent": intent.name, "slots": dict(slots), "text": text[:500], "tries": tries}
    missing = next((slot for slot in intent.slots if slot.required and slot.name not in slots), None)
    if missing is not None:
        asked = state | {"asks": missing.name}
        return Act(
            Outcome(_question(turn, missing, again=tries > 0), intent=intent.name, pending=asked), intent.name, asked
        )
    if intent.confirm and not confirmed:
        asked = state | {"asks": CONFIRM}
        return Act(Outcome(_confirmation(turn, intent, slots), intent=intent.name, pending=asked), intent.name, asked)
    follow = state | {"asks": NOTHING} if intent.slots else None
    return Act(_act(turn, intent, slots, text, follow), intent.name, follow)


def _question(turn: Turn, slot: Slot, *, again: bool) -> Reply:
    said = slot.question.get(turn.language) or next(iter(slot.question.values()), "")
    text = said or say(turn.language, f"intent_ask_{slot.kind}", slot=literal(_SPACE.sub(" ", slot.name)))
    if again:
        text = f"{say(turn.language, 'intent_not_understood')} {text}"
    values = list(slot.values)[:_LISTED] if slot.kind == "list" else []
    return Reply(text, tuple(Choice(shortened(value, 40), f"{NAME}:fill:{n}") for n, value in enumerate(values)))


def _confirmation(turn: Turn, intent: Intent, slots: Mapping[str, str]) -> Reply:
    lines = [f"- {literal(_SPACE.sub(' ', name))}: {literal(value)}" for name, value in slots.items()]
    text = say(turn.language, "intent_confirm", what=literal(called(intent, turn.language)))
    yes, no = (Choice(say(turn.language, f"intent_{word}"), f"{NAME}:{word}") for word in ("yes", "no"))
    return Reply("\n".join([text, *lines]), (yes, no))


def _act(
    turn: Turn, intent: Intent, slots: Mapping[str, str], text: str, follow: dict[str, Any] | None
) -> Outcome | RunSkill | AskModel:
    match intent.action:
        case RunSkill(command, rest):
            ways = [text] if rest is None else _ways(rest, slots)
            return RunSkill(command, "\n".join(ways) if command == SAY else ways[0])
        case Answer(variants):
            return Outcome(
                Reply(_filled(_variant(turn, variants), slots, shown=True)),
                intent=intent.name,
                pending=follow or lasting(turn.session.pending),
            )
        case HandOver(to):
            return Outcome(write=_hand_over(turn, text, to), intent=intent.name)
        case AskModel(instruction):
            return AskModel(_filled(instruction, slots))


def _ways(rest: str, slots: Mapping[str, str]) -> list[str]:
    """Of several ways to put it, with " | " between, those of which every hole is filled; else the last one as it is."""
    ways = [way for way in rest.split(" | ") if all(name in slots for name in _HOLE.findall(way))]
    return [_filled(way, slots) for way in ways or rest.split(" | ")[-1:]]


def _filled(text: str, slots: Mapping[str, str], *, shown: bool = False) -> str:
    """The holes filled with what the slots hold; a hole of an optional slot that is empty goes."""
    return _HOLE.sub(lambda hole: literal(slots.get(hole[1], "")) if shown else slots.get(hole[1], ""), text).strip()


def _variant(turn: Turn, variants: Mapping[str, tuple[str, ...]]) -> str:
    """In the person's language if it is there, for their platform if there is one; the same again for the same turn."""
    platform = turn.message.address.platform
    keys = (f"{turn.language}@{platform}", turn.language, *variants)
    texts = next(found for key in keys if (found := [text for text in variants.get(key, ()) if text]))
    return texts[turn.id % len(texts)]


def _hand_over(turn: Turn, text: str, to: tuple[str, ...]) -> Write:
    """Tells those who are named, or else the owners in private; says so only if one of them could be told. What was said
    before goes to people alone: a channel has readers whom nobody has counted."""

    async def write(tx: Tx) -> Reply:
        where = turn.message.link or turn.message.address.platform
        fields = {"who": turn.person.name or "?", "where": where, "text": shortened(text, 500)}
        said, told = say(turn.language, "intent_wanted", **fields), await _told(tx, turn, to)
        for person, address in told:
            words = said if person is None else "\n".join([said, *_before(turn)])
            cause = f"handover:{turn.id}:{address.key() if person is None else person}"
            planned = Planned(cause, address, Reply(words, plain=True), turn.now, person_id=person)
            await outbox.add(tx, planned, turn.now)
        return Reply(say(turn.language, "intent_handed_over" if told else "intent_nobody_there"))

    return write


async def _told(tx: Tx, turn: Turn, to: tuple[str, ...]) -> list[tuple[int | None, Address]]:
    """Whom a request for a person reaches, each once, and where; a channel is no person."""
    everybody, here = await access.listed(tx), turn.message.address
    gone = {one.person_id for one in everybody if one.role == "removed"}
    people = [] if to else [one.person_id for one in everybody if one.role == "owner"]
    found: dict[Address, int | None] = {}
    for name in to:
        platform, _, place = name.partition(":")
        if name.startswith("@"):
            called = await acquaintances.called(tx, name[1:])
            people += [one.id for one in called] if len(called) == 1 else []
        else:
            workspace, _, chat = place.rpartition(":")
            found[Address(platform, workspace or (here.workspace if platform == here.platform else ""), chat)] = None
    for person in people:
        if person is not None and person != turn.person.id and person not in gone:
            address = await acquaintances.any_private_address(tx, person)
            found |= {} if address is None else {address: person}
    return [(person, address) for address, person in found.items()]


def _before(turn: Turn) -> list[str]:
    """What the two of them said last, a line each: whoever takes over need not ask for it again."""
    last = [(mark, one) for past in turn.history[-_SUMMARY:] for mark, one in (("·", past.said), ("→", past.replied))]
    lines = [f"{mark} {shortened(' '.join(one.split()), 160)}" for mark, one in last if one]
    return ["", say(turn.language, "intent_wanted_before"), *lines] if lines else []


async def press(turn: Turn, data: str) -> Act | None:
    """A button of an open question; None where there is none, or another one."""
    pending = turn.session.pending or {}
    word, _, rest = data.partition(":")
    wanted = pending.get("asks")
    if pending.get("skill") != NAME:
        return None
    if word == "is" and wanted == WHICH:
        return await _chosen(turn, pending, rest)
    intent = _in_force(turn, pending.get("intent"))
    if intent is None:
        return None
    slots = {str(name): str(value) for name, value in dict(pending.get("slots") or {}).items()}
    if word in ("yes", "no") and wanted == CONFIRM:
        return _confirmed(turn, intent, pending, yes=word == "yes")
    slot = next((slot for slot in intent.slots if slot.name == wanted), None)
    values = list(slot.values) if slot is not None else []
    if word == "fill" and slot is not None and rest.isdecimal() and int(rest) < len(values):
        return _go_on(turn, intent, slots | {slot.name: values[int(rest)]}, str(pending.get("text", "")))
    return None


async def _chosen(turn: Turn, pending: Mapping[str, Any], which: str) -> Act | None:
    names, text = list(pending.get("among") or []), str(pending.get("text", ""))
    if which == "-":
        return Act(Outcome(Reply(say(turn.language, "intent_say_otherwise")), intent="did_you_mean"))
    intent = _in_force(turn, names[int(which)]) if which.isdecimal() and int(which) < len(names) else None
    if intent is None:
        return None
    told = replace(turn, text=text)
    found = await _understood(turn, text, [intent.name])
    return _go_on(told, intent, _words_of(found.slots) if found else {}, text)


def _confirmed(turn: Turn, intent: Intent, pending: Mapping[str, Any], *, yes: bool) -> Act:
    if not yes:
        return Act(Outcome(Reply(say(turn.language, "never_mind")), intent=intent.name), intent.name)
    return _go_on(turn, intent, dict(pending["slots"]), str(pending.get("text", "")), confirmed=True)


async def resume(turn: Turn, pending: dict[str, Any], builtin: Builtin) -> Act | None:
    """A message after a question of ours: its answer, a correction, a way out, or something else in between."""
    intent = _in_force(turn, pending.get("intent"))
    wanted, said = pending.get("asks"), same_words(turn.text)
    if wanted == WHICH:
        return await _named(turn, pending)
    if intent is None:
        return None
    slots = {str(name): str(value) for name, value in dict(pending.get("slots") or {}).items()}
    if wanted == NOTHING:
        if not (_FOLLOWS.match(turn.text) or _FOLLOWS_END.search(turn.text)):
            return None
        other = await builtin(turn)
        return _followed(turn, intent, slots) if other is None else Act(other, other.intent, other.pending)
    if said in _words("intent_leave_words"):
        return Act(Outcome(Reply(say(turn.language, "never_mind")), intent=intent.name), intent.name)
    if wanted == CONFIRM and said in _words("intent_yes_words"):
        return _confirmed(turn, intent, pending, yes=True)
    if wanted == CONFIRM and said in _words("intent_no_words"):
        return _confirmed(turn, intent, pending, yes=False)
    if not intent.confirm and not any(slot.required and slot.name not in slots for slot in intent.slots):
        return None  # a newer release asks nothing any more: what is said now is no consent to act
    free = any(slot.name == wanted and slot.kind == "text" for slot in intent.slots)
    other = None if free else await builtin(turn)
    if other is None and (filled := _answers(turn, intent, str(wanted), slots)):
        return _go_on(turn, intent, slots | filled, str(pending.get("text", "")))
    return await _digress(turn, intent, pending, slots, other)


def _words(key: str) -> frozenset[str]:
    """The words of both languages: people answer a question in whichever comes first."""
    return frozenset(same_words(word) for language in ("en", "zh") for word in phrases(language)[key].split("|"))


async def _named(turn: Turn, pending: Mapping[str, Any]) -> Act | None:
    names = list(pending.get("among") or [])
    near = [(n, intent) for n, name in enumerate(names) if (intent := _in_force(turn, name))]
    labels = {same_words(called(intent, turn.language)): str(n) for n, intent in near}
    labels |= {str(n): str(n - 1) for n in range(1, len(names) + 1)} | {
        same_words(say(turn.language, "intent_none_of_these")): "-"
    }
    if len(names) == 1:
        labels |= dict.fromkeys(_words("intent_yes_words"), "0") | dict.fromkeys(_words("intent_no_words"), "-")
    which = labels.get(same_words(turn.text))
    return await _chosen(turn, pending, which) if which is not None else None


def _answers(turn: Turn, intent: Intent, wanted: str, slots: Mapping[str, str]) -> dict[str, str]:
    """What the message fills: the slot that was asked for, and others that it names or corrects."""
    correction = _CORRECTS.match(turn.text)
    text = turn.text[correction.end() :] if correction else turn.text
    slots_of, here = turn.catalog.recognizer.slots, situation(turn)
    found = _words_of(slots_of.find(intent, text, here, {}))
    kept = {name: value for name, value in found.items() if name == wanted or correction or name not in slots}
    asked = next((slot for slot in intent.slots if slot.name == wanted), None)
    if asked is None or wanted in kept or not text or not slots_of.fits(intent, wanted, text, here):
        return kept
    free = asked.kind in ("text", "person", "place")
    return kept if free and (kept or correction) else kept | {wanted: text.strip()}


def _followed(turn: Turn, intent: Intent, slots: Mapping[str, str]) -> Act | None:
    """ "and tomorrow?": the same again with what is new in it."""
    recognizer = turn.catalog.recognizer
    new = _words_of(recognizer.slots.find(intent, turn.text, situation(turn), {}))
    return _go_on(turn, intent, {**slots, **new}, turn.text) if new else None


async def _digress(
    turn: Turn, intent: Intent, pending: dict[str, Any], slots: Mapping[str, str], outcome: Outcome | None
) -> Act | None:
    """Something else is answered and the question asked again behind it; what is nothing else is not understood, and after
    that the question is dropped."""
    found = await _recognized(turn) if outcome is None else None
    if found is not None and found.zone == "act" and found.top != intent.name:
        return _decided(turn, found)
    tries = int(pending.get("tries", 0)) + 1
    if outcome is None and tries > _TRIES:
        return None
    again = _go_on(turn, intent, slots, str(pending.get("text", "")), tries=tries)
    if outcome is None:
        return again
    if outcome.fresh_session or outcome.secret:  # of what was said before, nothing is carried on
        return Act(outcome, outcome.intent)
    if asks(outcome.pending):  # something of its own
        return Act(outcome, outcome.intent, outcome.pending)
    question = _go_on(turn, intent, slots, str(pending.get("text", ""))).what
    assert isinstance(question, Outcome), "a question that was open can be asked again"
    return Act(_both(outcome, question), outcome.intent, question.pending)


def _both(outcome: Outcome, question: Outcome) -> Outcome:
    """An answer, and behind it the question that is still open."""
    assert question.reply is not None
    asked = question.reply

    def behind(reply: Reply) -> Reply:
        return replace(reply, text=f"{reply.text}\n\n{asked.text}", choices=(*reply.choices, *asked.choices)[:10])

    async def write(tx: Tx) -> Reply:
        assert outcome.write is not None
        return behind(await outcome.write(tx))

    said = behind(outcome.reply) if outcome.reply is not None else None
    return replace(outcome, reply=said, write=write if outcome.write else None, pending=question.pending)
