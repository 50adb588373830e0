"""What is remembered of a person, as a glass box: say it, see it with its source and uses, correct it, forget it, switch it off."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.detect import detect
from core.language.phrases import Language, counted, say
from core.language.times import understand_time
from core.memory import keeping
from core.memory.keeping import shown
from core.memory.questions import answers, keys_asked, of_oneself
from core.memory.statements import corrected, told
from core.memory.wishes import Wish, memory_wish
from core.messages import Choice, Reply
from core.reminders import wording
from core.render import literal, shortened
from core.retrieval.terms import terms
from core.skills import privacy
from core.skills.base import Command, Outcome, Recalled, Skill, Turn
from core.store import Tx, memory, people, training
from core.store.memory import Fact, turns

NAME = "memory"
_Found: TypeAlias = Wish | tuple[Fact, ...]
_BUTTONS, _SHOWN, _USES, _QUOTES = 8, 100, 5, 3
_NEVER_MIND = re.compile(r"never ?mind|cancel|no|stop|算了|取消|不用了|不改了", re.IGNORECASE)
_INSTEAD = re.compile(
    r"(?:(?:no|nope|wrong|actually|sorry|oh|that['’]s (?:wrong|not (?:right|true)))[,.!: ]+)+(?:(?:it|that)(?:['’]s| is| was| should be)|i meant) (?!(?:fine|ok(?:ay)?|good|great|all ?right|right|correct|nothing|too|not|just|about|because|what|only|enough|so|me|you)\b)(?P<v>.{1,80}?)[.! ]*|"
    r"(?:(?:不对|不是|错了|你?说错了|你?记错了|更正一下|更正)[，,。！! ]*)+(?:应该是?|是|改成)(?!这|那|因为|没|不|只|说|问|我|你|的)(?P<w>[^，,。]{1,40}?)[。！! ]*", re.IGNORECASE
)  # fmt: skip
_LEARN = re.compile(r"(?:learn(?:ing)?|学习) ?[:：]?(?:on|yes|off|no|开|关|同意|不同意)", re.IGNORECASE)
_TO_DO = re.compile(
    r"(?:i|we)(?:['’]ve| have|['’]m| am|['’]ll| need| must| should| want) (?:to|got|a|an|the|my|going|meeting|seeing|be)\b",
    re.I,
)
_OF_ONES_OWN = re.compile(r"(?:that )?(?:i|my|we|our|where i|how i|what i|who i|when i)\b|[\d#]|我|第", re.IGNORECASE)


def _recognize(turn: Turn) -> _Found | None:
    if turn.message.kind not in ("text", "edit"):
        return None
    wish = memory_wish(turn.text)
    if wish is None:
        known = tuple(answers(turn.text, turn.memory.usable))
        return known if known or (turn.memory.mode == "on" and of_oneself(turn.text)) else None
    if wish.verb == "remember" and _is_to_do(turn, wish.text):
        return None
    if wish.verb == "forget" and not _OF_ONES_OWN.match(wish.text) and not _meant(turn, wish.text):
        return None
    return wish


def _is_to_do(turn: Turn, text: str) -> bool:
    """Something to be reminded of, rather than to be known: it names a time and nothing that is always so."""
    if any(one.key for one in told(text)) and not _TO_DO.match(text):
        return False
    if not _TO_DO.match(text) and detect(text) == "en":
        return False
    return understand_time(text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language).when is not None


async def _answer(turn: Turn, found: _Found | Command) -> Outcome:
    match found:
        case Command("/remember", rest):
            return _remember(turn, rest) if rest else _said(turn, "memory_what")
        case Command("/forget", rest):
            return _forget_command(turn, rest)
        case Command("/incognito", rest):
            return privacy.incognito(turn, on=rest.strip().lower() not in ("off", "关", "关闭", "0", "no"))
        case Command("/memory", rest):
            return _memory_command(turn, rest.strip().lower())
        case Command("/privacy", rest) if _LEARN.fullmatch(rest.strip()):
            return privacy.learn(turn, on=not rest.strip().lower().endswith(("off", "no", "关", "不同意")))
        case Command("/privacy"):
            return _in_private(turn, partial(privacy.overview, turn=turn), "privacy")
        case Command("/export"):
            return _in_private(turn, partial(privacy.export, turn=turn), "export")
        case ():
            return _said(turn, "memory_unknown")
        case tuple():
            return _known(turn, found)
        case Wish("remember", text):
            return _remember(turn, text)
        case Wish("forget", text):
            return _forget(turn, text)
        case Wish("forget_all"):
            return _forget_all(turn)
        case Wish("about", text) if facts := _meant(turn, text):
            return _known(turn, facts)
        case Wish("past" | "about", text):
            return await _past(turn, text)
        case Wish("show"):
            return _show(turn)
        case Wish("incognito_on" | "incognito_off" as verb):
            return privacy.incognito(turn, on=verb == "incognito_on")
        case Wish("learn_on" | "learn_off" as verb):
            return privacy.learn(turn, on=verb == "learn_on")
        case Wish(verb):
            return privacy.switch(turn, on=verb == "on")
    raise AssertionError(f"nothing else is recognised: {found!r}")


def _said(turn: Turn, key: str, **fields: object) -> Outcome:
    return Outcome(Reply(say(turn.language, key, **fields), quiet=True), intent="memory")


def _in_private(turn: Turn, write: Any, intent: str) -> Outcome:
    if not turn.message.private:
        return Outcome(Reply(say(turn.language, "only_in_private"), quiet=True), intent=intent)
    return Outcome(write=write, intent=intent, secret=True)


# --- remembering


def _remember(turn: Turn, text: str) -> Outcome:
    if len(text) > memory.LONGEST:
        return _said(turn, "memory_too_long", limit=memory.LONGEST, length=len(text))
    if turn.memory.mode != "on":
        return _said(turn, f"memory_is_{turn.memory.mode}")

    async def write(tx: Tx) -> Reply:
        statements = told(text.strip())
        if len(await memory.active(tx, turn.person.id)) >= memory.MOST:
            raise Refused(say(turn.language, "memory_full", limit=memory.MOST))
        changed = await keeping.remember(tx, turn, statements, asked=True)
        kept = [one for one in statements if one.value]
        said = "; ".join(shown(one.text) for one in kept or statements)
        key = "memory_kept" if changed and kept else "memory_known" if kept else "memory_no_more"
        held = await memory.told_in(tx, turn.person.id, memory.place(turn.message))
        new = next((one for one in reversed(held) if kept and one.text == kept[-1].text), None)
        choices = _choices(turn.language, new, "forget", "edit") if new else ()
        return Reply(say(turn.language, key, fact=said), choices)

    return Outcome(write=write, intent="memory_remember", pending={"skill": NAME, "step": "shown", "newest": True})


def _choices(language: Language, one: Fact, *verbs: str) -> tuple[Choice, ...]:
    return tuple(Choice(say(language, f"button_memory_{verb}"), f"{NAME}:{verb}:{one.id}") for verb in verbs)


# --- seeing


def _show(turn: Turn) -> Outcome:
    if not turn.message.private:
        return Outcome(Reply(say(turn.language, "only_in_private"), quiet=True), intent="memory_show")
    facts = turn.memory.facts
    lines = [say(turn.language, "memory_list")] if facts else [say(turn.language, "memory_none")]
    lines += [
        f"{number}. {shown(shortened(fact.text, 300))}{_pinned(fact)} ({_source(turn, fact)})"
        for number, fact in enumerate(facts[:_SHOWN], 1)
    ]
    if len(facts) > _SHOWN:
        lines.append(say(turn.language, "reminder_more", count=len(facts) - _SHOWN))
    if turn.memory.mode != "on":
        lines.append(say(turn.language, f"memory_is_{turn.memory.mode}"))
    choices = [Choice(str(number), f"{NAME}:show:{one.id}") for number, one in enumerate(facts[:_BUTTONS], 1)]
    if facts:
        choices.append(Choice(say(turn.language, "button_memory_all"), f"{NAME}:all"))
    order = {"skill": NAME, "step": "shown", "ids": [fact.id for fact in facts]}
    return Outcome(Reply("\n".join(lines), tuple(choices)), intent="memory_show", pending=order, secret=True)


def _pinned(fact: Fact) -> str:
    return " 📌" if fact.pinned else ""


def _day(turn: Turn, when: dt.datetime) -> str:
    local = when.astimezone(turn.zone or dt.UTC)
    month = say(turn.language, "months").split()[local.month - 1]
    weekday = say(turn.language, "weekdays").split()[local.weekday()]
    return say(turn.language, "day_year", weekday=weekday, day=local.day, month=month, year=local.year)


def _source(turn: Turn, fact: Fact) -> str:
    where = say(turn.language, "memory_in_chat" if fact.address_key else "memory_in_private", platform=fact.platform)
    how = say(turn.language, "memory_asked" if fact.asked else "memory_heard")
    return f"{_day(turn, fact.told_at)}, {where}, {how}"


def _detail(turn: Turn, fact: Fact) -> Outcome:
    """One fact with its sentence and its uses."""

    async def write(tx: Tx) -> Reply:
        lines = [f"**{shown(fact.text)}**{_pinned(fact)}", _source(turn, fact)]
        lines.append(say(turn.language, "memory_sentence", said=literal(shortened(fact.said, 300))))
        if fact.edited_at:
            lines.append(say(turn.language, "memory_edited", day=_day(turn, fact.edited_at)))
        uses = await memory.uses(tx, fact.id, turn.person.id, _USES)
        used = [f"{_day(turn, one.used_at)} ({one.address_key.partition('|')[0]})" for one in uses]
        lines.append(say(turn.language, "memory_used" if used else "memory_unused", uses="; ".join(used)))
        return Reply(
            "\n".join(lines), _choices(turn.language, fact, "forget", "edit", "unpin" if fact.pinned else "pin")
        )

    return Outcome(write=write, intent="memory_show", pending=turn.session.pending, secret=True)


def _known(turn: Turn, facts: Sequence[Fact]) -> Outcome:
    """The answer to a question that facts answer by themselves."""

    async def write(tx: Tx) -> Reply:
        there = [fact for fact in facts if await memory.get(tx, fact.id, turn.person.id) is not None]
        if not there:
            return Reply(say(turn.language, "memory_gone"))
        ids = [fact.id for fact in there]
        await memory.note_used(tx, turn.person.id, ids, turn.id, turn.message.address.key(), "answer", turn.now)
        newest = max(fact.told_at for fact in there)
        said = [shown(shortened(fact.text, 300)) for fact in there[-_BUTTONS:]]
        lines = [f"{one[:1].upper()}{one[1:]}" for one in said]
        text = "\n".join(f"- {line}" for line in lines) if len(lines) > 1 else lines[0]
        return Reply(say(turn.language, "memory_answer", fact=text, day=_day(turn, newest)))

    order = {"skill": NAME, "step": "shown", "ids": [fact.id for fact in facts]}
    return Outcome(write=write, intent="memory_answer", secret=True, pending=order)


async def _past(turn: Turn, question: str) -> Outcome:
    """What was said before, as it was said."""
    if turn.memory.mode == "incognito":
        return _said(turn, "memory_is_incognito")
    found = [one for one in await turn.recall(turn, question, 4 * _QUOTES) if _tells(one)]
    best = found[0].score if found else 0.0
    day = next((days for word, days in _DAYS.items() if word in turn.text.lower()), None)
    here = turn.now.astimezone(turn.zone or ZoneInfo("UTC"))
    meant = (here - dt.timedelta(days=day)).date() if day is not None else None
    of_day = [one for one in found if meant is None or one.at.astimezone(here.tzinfo).date() == meant]
    near = [one for one in of_day if one.score >= best / 2 and _fits(question, one)][:_QUOTES]
    near = [one for one in near if not one.said.rstrip().endswith(("?", "？"))] or near
    if not near:
        return _said(turn, "memory_past_none")
    lines = [say(turn.language, "memory_past"), *(_quote(turn, one) for one in sorted(near, key=lambda one: one.at))]
    return Outcome(Reply("\n".join(lines)), intent="memory_past")


def _tells(one: Recalled) -> bool:
    """What it said is more than a wish of this kind."""
    return (wish := memory_wish(one.said)) is None or wish.verb == "remember"


def _fits(question: str, one: Recalled) -> bool:
    """It shares a word that tells something with the question, which may name a day."""
    day = f"{one.at:%A %d %B %Y}"
    asked = {term for term, _, weight in terms(question) if weight == 1.0} - _SAYING
    return not asked or bool(asked & {term for term, _, _ in terms(f"{one.said} {one.replied} {day}")})


_DAYS = {"day before yesterday": 2, "前天": 2, "yesterday": 1, "昨天": 1, "today": 0, "今天": 0}
_SAYING = frozenset(term for term, _, _ in terms("say said tell told mention ask talk write discuss yesterday last week 说过 我说 提到 之前 聊了 昨天"))  # fmt: skip


def _quote(turn: Turn, one: Recalled) -> str:
    when = wording.moment(turn.language, one.at, turn.zone or ZoneInfo("UTC"), turn.now)
    return f"- {when}: “{literal(shortened(one.said, 300))}”"


# --- forgetting and correcting


def _meant(turn: Turn, text: str) -> list[Fact]:
    """The facts that a number, or words about them, name."""
    facts = turn.memory.facts
    if number := re.fullmatch(r"(?:fact |第|#)?\s*(\d{1,3})\s*(?:条)?", text.strip()):
        pending = turn.session.pending or {}
        ids = list(pending.get("ids") or []) if pending.get("skill") == NAME else [fact.id for fact in facts]
        place = int(number[1]) - 1
        return [fact for fact in facts if 0 <= place < len(ids) and fact.id == ids[place]]
    topic = re.sub(r"^(?:about |that |the fact that )+", "", text.strip(), flags=re.I)
    keys = {one.key for one in told(topic) if one.key} | set(keys_asked(topic)) | set(keys_asked(f"what is {topic}"))
    same = [fact for fact in facts if fact.key in keys]
    said = {one.value.lower() for one in told(topic)}
    if exact := [fact for fact in same if fact.value.lower() in said]:
        return exact
    if same:
        return same
    asked = {term for term, _, weight in terms(topic) if weight >= 0.5} or {term for term, _, _ in terms(topic)}
    return [fact for fact in facts if asked and asked <= {term for term, _, _ in terms(f"{fact.key} {fact.text}")}]


def _forget_command(turn: Turn, rest: str) -> Outcome:
    words = rest.strip().lower()
    if words in ("all", "everything", "全部", "所有", "一切"):
        return _forget_all(turn, conversation=True)
    return _forget(turn, rest) if words else _forget_conversation(turn)


def _forget_conversation(turn: Turn) -> Outcome:
    async def write(tx: Tx) -> Reply:
        turns = await _conversation_forgotten(tx, turn)
        left = len(await memory.active(tx, turn.person.id)) if turn.message.private else 0
        more = "\n" + counted(turn.language, "memory_left", left) if left else ""
        choices = (Choice(say(turn.language, "button_memory_all"), f"{NAME}:all"),) if left else ()
        return Reply(say(turn.language, "forgotten", turns=turns) + more, choices)

    return Outcome(write=write, intent="forget", fresh_session=True)


async def _conversation_forgotten(tx: Tx, turn: Turn) -> int:
    await training.unlearn(tx, turn.person.id, turn.now)
    return await people.forget_conversation(tx, turn.person.id)


def _forget(turn: Turn, text: str) -> Outcome:
    facts = _meant(turn, text)
    return _forgotten(turn, facts) if facts else _said(turn, "memory_none_such", what=literal(shortened(text, 80)))


def _forgotten(turn: Turn, facts: Sequence[Fact]) -> Outcome:
    async def write(tx: Tx) -> Reply:
        gone = await memory.forget(tx, turn.person.id, [fact.id for fact in facts])
        said = "; ".join(shown(shortened(fact.text, 200)) for fact in facts[:_BUTTONS])
        return Reply(say(turn.language, "memory_forgotten" if gone else "memory_gone", fact=said), settles=True)

    return Outcome(write=write, intent="memory_forget", quiet=True, secret=True, fresh_session=True)


def _forget_all(turn: Turn, *, conversation: bool = False) -> Outcome:
    """All facts, and the conversation, too, where that is wished."""

    async def write(tx: Tx) -> Reply:
        facts = await memory.forget(tx, turn.person.id)
        if not conversation:
            return Reply(counted(turn.language, "memory_all_forgotten", facts), settles=True)
        turns = await _conversation_forgotten(tx, turn)
        return Reply(say(turn.language, "forgotten_all", turns=turns, facts=facts))

    outcome = _in_private(turn, write, "forget" if conversation else "memory_forget")
    return replace(outcome, fresh_session=turn.message.private)


async def _press(turn: Turn, data: str) -> Outcome | None:
    verb, _, number = data.partition(":")
    if verb in ("all", "sure"):
        if verb == "sure":
            return _forget_all(turn)
        sure = Choice(say(turn.language, "button_memory_sure"), f"{NAME}:sure")
        return Outcome(Reply(say(turn.language, "memory_sure"), (sure,)), intent="memory_forget")
    if verb == "learn":
        return privacy.learn(turn, on=number == "on")
    fact = next((one for one in turn.memory.facts if str(one.id) == number), None)
    if fact is None:
        return _said(turn, "memory_gone")
    match verb:
        case "show" if turn.message.private:
            return _detail(turn, fact)
        case "forget":
            return _forgotten(turn, [fact])
        case "edit":
            asked = {"skill": NAME, "step": "edit", "fact": fact.id}
            text = say(turn.language, "memory_edit", fact=shown(shortened(fact.text, 300)))
            return Outcome(Reply(text), intent="memory_edit", pending=asked, quiet=True)
        case "pin" | "unpin":
            return _pin(turn, fact, verb == "pin")
    return None


def _pin(turn: Turn, fact: Fact, pinned: bool) -> Outcome:
    async def write(tx: Tx) -> Reply:
        there = await memory.pin(tx, fact.id, turn.person.id, pinned)
        key = ("memory_pinned" if pinned else "memory_unpinned") if there else "memory_gone"
        return Reply(say(turn.language, key, fact=shown(shortened(fact.text, 300))))

    return Outcome(write=write, intent="memory_pin", quiet=True)


async def _resume(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    """The words that a fact is to have from now on, or what it should say instead of what was just said of it."""
    if pending.get("step") == "shown" and (instead := _INSTEAD.fullmatch(turn.text.strip())):
        return _put_right(turn, pending, (instead["v"] or instead["w"]).strip())
    if pending.get("step") != "edit" or memory_wish(turn.text) is not None:
        return None
    if _NEVER_MIND.fullmatch(turn.text.strip(" .!。！")):
        return _said(turn, "never_mind")
    fact = next((one for one in turn.memory.facts if one.id == pending.get("fact")), None)
    if fact is None:
        return _said(turn, "memory_gone")
    if len(turn.text) > memory.LONGEST:
        return _said(turn, "memory_too_long", limit=memory.LONGEST, length=len(turn.text))

    return _edited(turn, fact, turn.text)


def _edited(turn: Turn, fact: Fact, text: str) -> Outcome:
    async def write(tx: Tx) -> Reply:
        new = await memory.edit(tx, fact, corrected(fact, text), turn.now)
        return Reply(say(turn.language, "memory_edited_to" if new else "memory_gone", fact=shown(text)))

    return Outcome(write=write, intent="memory_edit", quiet=True)


def _put_right(turn: Turn, pending: dict[str, Any], value: str) -> Outcome | None:
    """The one fact that was just told or said, with another value; None where it is not plain which, or how."""
    last = turn.memory.facts[-1:] if pending.get("newest") else ()
    about = last or [fact for fact in turn.memory.facts if [fact.id] == pending.get("ids")]
    if not about or not about[0].key or about[0].value not in about[0].text:
        return None
    before = re.compile(rf"(?:\b(?:on|in|at) )?{re.escape(about[0].value)}", re.IGNORECASE)
    return replace(_edited(turn, about[0], before.sub(lambda _: value, about[0].text, count=1)), pending=pending)


# --- switching it off


def _memory_command(turn: Turn, rest: str) -> Outcome:
    if rest in ("on", "off", "开", "关", "打开", "关闭"):
        return privacy.switch(turn, on=rest in ("on", "开", "打开"))
    facts = _meant(turn, rest) if rest.isdecimal() else []
    return _detail(turn, facts[0]) if facts and turn.message.private else _show(turn)


def with_sources(turn: Turn, outcome: Outcome) -> Outcome:
    """An explanation of the last answer, and behind it the facts of the person that went into that answer."""

    async def write(tx: Tx) -> Reply:
        reply = await outcome.write(tx) if outcome.write else outcome.reply
        assert reply is not None, "an outcome has a reply or changes that give one"
        asked = await turns.last(tx, turn.person.id, turn.message.address.key())
        used = await memory.used_for(tx, asked, turn.person.id)
        lines = [say(turn.language, "why_memory", fact=shown(one.text), day=_day(turn, one.told_at)) for one in used]
        return replace(reply, text="\n".join([reply.text, *lines]))

    return replace(outcome, write=write, secret=True)


SKILL = Skill(
    name=NAME,
    answer=_answer,
    recognize=_recognize,
    commands={
        "/memory": "help_memory", "/remember": "help_remember", "/forget": "help_forget", "/incognito": "help_incognito",
        "/privacy": "help_privacy", "/export": "help_export",
    },
    personal=frozenset({"/memory", "/forget", "/privacy", "/export"}),
    press=_press,
    resume=_resume,
    order=18,
)  # fmt: skip
