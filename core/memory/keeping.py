"""What becomes of a turn's facts: those it draws on go into the prompt as data, those it tells are kept as it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.language.detect import detect
from core.language.phrases import say
from core.language.times import turned
from core.memory.statements import statements
from core.messages import Reply
from core.render import literal
from core.retrieval.terms import terms
from core.skills.base import Outcome, Recalled, Turn
from core.store import Tx, memory
from core.store.memory import Fact

_FACTS, _FEW, _PAST = 8, 6, 3
_ALWAYS = ("name", "diet")
_RECALLED_CHARACTERS = 300
_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|rule|prompt|above|previous|everything|guideline)|"
    r"\b(?:system|developer) (?:prompt|message|note)|\byou (?:are now|must (?:now|always|never)|will (?:now|always) )|\bact as\b|\bpretend (?:to be|you)|"
    r"\b(?:reveal|print|output|repeat|leak)\b.{0,40}\b(?:prompt|instruction|secret|password|key|fact|memor)|\bjailbreak|\bdan mode|"
    r"<\|?/?(?:im_start|im_end|system|user|assistant|inst|s)\b|\[/?INST\]|^#+ ?(?:system|instruction)|"
    r"(?:忽略|无视|忘记|不要理会).{0,12}(?:指令|指示|规则|提示|之前|上面|以上)|系统提示|你现在是|从现在起你|扮演|(?:输出|透露|泄露|告诉我).{0,10}(?:提示词|密码|密钥|指令)",
    re.IGNORECASE | re.MULTILINE,
)
_PAST_WORDS = re.compile(
    r"\b(?:remember|recall|earlier|last (?:time|week|month|year)|yesterday|before|previously|again|mentioned|(?:did|have) (?:i|we|you)|"
    r"(?:i|we|you) (?:said|told|talked|discussed|wrote|recommended|suggested)|my)\b|记得|之前|以前|上次|昨天|上周|说过|提过|聊过|讲过|我的",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a prompt may be given to know of a person: lines of data, the weightiest first."""

    lines: tuple[str, ...] = ()
    facts: tuple[int, ...] = ()
    """The facts that the first lines are."""


def commands(text: str) -> bool:
    """Whether a text is put like an order to a model: such a fact is kept and shown, but no model reads it."""
    return bool(_ORDERS.search(text))


def chosen(turn: Turn) -> list[Fact]:
    """The facts that a model should see for this message: pinned ones, those always of use, and those it has to do with;
    all of them where there are few."""
    facts = [fact for fact in turn.memory.usable if not commands(fact.text)]
    if len(facts) <= _FEW:
        return facts
    asked = {term: weight for term, _, weight in terms(turn.text)}

    def share(fact: Fact) -> tuple[bool, float, int]:
        score = sum(asked.get(term, 0.0) for term in {term for term, _, _ in terms(f"{fact.key} {fact.text}")})
        return fact.pinned or fact.key in _ALWAYS or fact.key.startswith("allergy "), score, fact.id

    return sorted(sorted(facts, key=share, reverse=True)[:_FACTS], key=lambda fact: fact.id)


def wants_past(turn: Turn) -> bool:
    """Whether a message may be about what was said before this conversation."""
    return turn.memory.mode == "on" and bool(_PAST_WORDS.search(turn.text))


def drawn(turn: Turn, recalled: Sequence[Recalled]) -> Drawn:
    """Facts and recalled words for the prompt: quoted, each on a line of its own."""
    facts = chosen(turn)
    known = {past.said for past in turn.history} | {turn.text}
    before = [one for one in recalled if one.said not in known and not commands(one.said)][:_PAST]
    lines = [f"- {_quoted(fact.text)} ({fact.told_at:%Y-%m-%d})" for fact in facts]
    lines += [f"- {_quoted(one.said)} ({one.at:%Y-%m-%d})" for one in before]
    return Drawn(tuple(lines), tuple(fact.id for fact in facts))


def _quoted(text: str) -> str:
    """A person's words on one line, so that none of them can pass for a line of the prompt."""
    plain = re.sub(r"<\|[^|>]*\|>|</?s>|\[/?INST\]", " ", " ".join(text.split()))
    return json.dumps(plain[:_RECALLED_CHARACTERS], ensure_ascii=False)


def kept(turn: Turn, outcome: Outcome) -> Outcome:
    """The outcome of a message that no skill was asked for, with what it told of its writer kept and what it drew on noted,
    in the transaction that ends the turn. Where memory is off, as it is."""
    if turn.memory.mode != "on":
        return replace(outcome, unsure="" if turn.memory.mode == "incognito" else outcome.unsure)
    told = statements(turn.text) if turn.message.kind in ("text", "edit") else []
    unclear = bool(told) and outcome.intent == "did_you_mean"
    if not told and not outcome.used and turn.edited is None:
        return outcome

    async def write(tx: Tx) -> Reply:
        reply = await outcome.write(tx) if outcome.write else outcome.reply
        assert reply is not None, "an outcome has a reply or changes that give one"
        if turn.edited is not None:
            stale = [one.id for one in turn.memory.facts if not one.asked and one.said and one.said in turn.edited.said]
            await memory.retire(tx, stale, turn.now)
        new = await remember(tx, turn, told)
        if new and (turn.trace.finish == "unavailable" or unclear):  # no model shows that it has understood
            said = "; ".join(shown(one.text) for one in told if one.value)
            reply = Reply(say(turn.language, "memory_kept" if said else "memory_no_more", fact=said))
        await memory.note_used(
            tx, turn.person.id, outcome.used, turn.id, turn.message.address.key(), "prompt", turn.now
        )
        return reply

    return replace(outcome, write=write, pending=None if unclear else outcome.pending)


def shown(text: str) -> str:
    """A fact as it is said to whom it is about: "my wife is called Anna" -> "your wife is called Anna"."""
    return literal(turned(text.strip(" .。"), detect(text)))


async def remember(tx: Tx, turn: Turn, told: Sequence[memory.Statement], *, asked: bool = False) -> int:
    """Keeps what the turn's message told; returns how many facts are new or gone."""
    if not told:
        return 0
    more = {"inbox_id": turn.id, "language": turn.language, "asked": asked}
    return await memory.add(tx, turn.person.id, told, turn.message, turn.now, **more)
