"""What the tutor does by rule: sums worked out together step by step, claims checked, quizzes, and the pupil's record.

It asks before it tells. A step is given away after two wrong tries, and everything when the pupil says so.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

from bots.tutor import bank, record
from bots.tutor.bank import Step, named
from core.language.phrases import Language, phrases, say
from core.language.sums import result
from core.messages import Choice, Reply
from core.render import literal
from core.skills.base import Command, Outcome, Skill, Turn, heard, lasting
from core.store import Tx, memory

NAME: Final = "tutor"
_IS: Final = heard(__file__)
_TRIES = 2
_LONGEST_ANSWER = 30
_END = " .!。！"


def _recognize(turn: Turn) -> Command | None:
    said = turn.text.strip(_END)
    if len(said) > 200:
        return None
    if _IS["forget"].fullmatch(said):
        return Command("/progress", "forget")
    if quiz := _IS["quiz"].fullmatch(said):
        about = (quiz["en"] or quiz["en2"] or quiz["zh"] or "").strip()
        meant = not about or bank.topic_in(about) or (re.match(r"quiz|test|drill|考", said, re.I) and len(about) <= _LONGEST_ANSWER)  # fmt: skip
        return Command("/quiz", about) if meant else None
    if _IS["claim"].fullmatch(said) or (re.search(r"\d", said) and _IS["help"].search(said)) or _sum_asked(said):
        return Command("/explain", said) if _works(said) else None
    return None


def _sum_asked(said: str) -> bool:
    try:
        short = len(said) <= 2 * _LONGEST_ANSWER and _IS["sum"].search(said)
        return bool(short) or result(said) is not None or re.search(r"\d/\d+ of \d|的\s*\d+/\d", said) is not None
    except (ZeroDivisionError, OverflowError):
        return False


def _works(said: str) -> bool:
    claim = _IS["claim"].fullmatch(said)
    try:
        return bank.worked(claim["sum"] if claim else said) is not None
    except (ZeroDivisionError, OverflowError):
        return False


async def _answer(turn: Turn, found: Command) -> Outcome:
    match found.name:
        case "/quiz":
            return _quiz(turn, found.rest)
        case "/explain":
            return _explain(turn, found.rest.strip(_END))
    return _forget(turn) if found.rest.strip().lower() in ("forget", "忘掉") else _progress(turn)


def _said(turn: Turn, key: str, **fields: object) -> Outcome:
    return Outcome(Reply(say(turn.language, f"{NAME}.{key}", **fields)), intent=key)


# --- a sum, together


def _explain(turn: Turn, text: str) -> Outcome:
    """Asks for the first step of a sum; of a claim says whether it is right."""
    claim = _IS["claim"].fullmatch(text)
    try:
        found = bank.worked(claim["sum"] if claim else text)
    except (ZeroDivisionError, OverflowError) as error:
        return Outcome(Reply(say(turn.language, "sum_by_zero" if isinstance(error, ZeroDivisionError) else "sum_too_large")))  # fmt: skip
    if found is None:
        return _said(turn, "explain_what")
    whole, steps = found
    before = lasting(turn.session.pending) or {}
    first = {"sum": whole, "at": 0, "tries": 0, "quiz": before if before.get("step") == "quiz" else before.get("quiz")}
    if claim is None:
        return _step(turn, first, "begin" if len(steps) > 1 else "begin_short")
    if bank.number_in(claim["said"]) == steps[-1].value:
        return _done(turn, first, "claim_right", sum=literal(whole), value=steps[-1].shown)
    return _step(turn, first, "claim_wrong")


def _done(turn: Turn, pending: dict[str, Any], key: str, **fields: object) -> Outcome:
    """A sum is over: the quiz that it interrupted goes on."""
    text, quiz = say(turn.language, f"{NAME}.{key}", **fields), pending.get("quiz")
    return _asked(turn, quiz, text) if quiz else Outcome(Reply(text), intent=key)


def _step(turn: Turn, pending: dict[str, Any], key: str, **fields: object) -> Outcome:
    step = _steps(pending)[int(pending["at"])]
    text = say(turn.language, f"{NAME}.{key}", sum=literal(str(pending["sum"])), step=literal(step.sum), **fields)
    kept = {"skill": NAME, "step": "sum", "lasts": True, "language": turn.language} | pending
    return Outcome(Reply(text), intent="explain", pending=kept)


def _steps(pending: dict[str, Any]) -> tuple[Step, ...]:
    found = bank.worked(str(pending["sum"]))
    assert found is not None, "it was a sum when the question was asked"
    return found[1]


def _worked_on(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    steps, at = _steps(pending), int(pending["at"])
    said = turn.text.strip(_END)
    whole, value = literal(str(pending["sum"])), steps[-1].shown
    if _IS["tell"].fullmatch(said):
        way = "\n".join(f"{number}. {literal(step.sum)} = {step.shown}" for number, step in enumerate(steps, 1))
        return _done(turn, pending, "told", way=way, sum=whole, value=value)
    lost, skips = _IS["lost"].fullmatch(said), _IS["skip"].fullmatch(said)
    again = not skips and int(pending["tries"]) + 1 < _TRIES
    if _IS["hint"].fullmatch(said) or (lost and again):
        tries = int(pending["tries"]) + bool(lost)
        return _step(turn, pending | {"tries": tries}, "hint_fraction" if steps[at].fraction else "hint_step")
    given = bank.number_in(said)
    if (given is None and not lost and not skips) or len(said) > _LONGEST_ANSWER:
        return None
    if given == steps[-1].value:
        return _done(turn, pending, "solved", sum=whole, value=value)
    if given != steps[at].value and again:
        return _step(turn, pending | {"tries": int(pending["tries"]) + 1}, "again")
    if at + 1 == len(steps):  # the last step is right only if the whole is
        return _done(turn, pending, "told_last", sum=whole, value=value)
    key = "next" if given == steps[at].value else "next_told"
    done = f"{literal(steps[at].sum)} = {steps[at].shown}"
    return _step(turn, pending | {"at": at + 1, "tries": 0}, key, done=done)


# --- a quiz


def _quiz(turn: Turn, about: str) -> Outcome:
    """On the topic that is named, or else the one that has waited longest to be practised."""
    records = record.of(turn.memory.usable)
    due = sorted((one.due, one.topic) for one in records.values() if one.due and one.due <= record.today(turn).isoformat())  # fmt: skip
    topic = bank.topic_in(about) if about else due[0][1] if due else None
    if topic is None:
        labels = [Choice(named(one, turn.language), f"{NAME}:quiz:{one}") for one in bank.topics()]
        key = "no_topic" if about else "which_topic"
        return Outcome(Reply(say(turn.language, f"{NAME}.{key}", about=literal(about)), tuple(labels)), intent="quiz")
    seed = records[topic].quizzes if topic in records else 0 if record.kept(turn) else turn.id
    first = {"topic": topic, "seed": seed, "at": 0, "right": 0, "tries": 0}
    return _asked(turn, first, say(turn.language, f"{NAME}.quiz_begins", topic=named(topic, turn.language), count=bank.ROUND))  # fmt: skip


async def _press(turn: Turn, data: str) -> Outcome | None:
    verb, _, topic = data.partition(":")
    return _quiz(turn, named(topic, turn.language)) if verb == "quiz" and topic in bank.topics() else None


def _question(turn: Turn, pending: dict[str, Any]) -> bank.Question:
    return bank.question(pending["topic"], int(pending["seed"]), int(pending["at"]), turn.language)


def _asked(turn: Turn, pending: dict[str, Any], before: str) -> Outcome:
    text = say(turn.language, f"{NAME}.question", number=int(pending["at"]) + 1, text=literal(_question(turn, pending).text))  # fmt: skip
    kept = {"skill": NAME, "step": "quiz", "lasts": True, "language": turn.language} | pending
    return Outcome(Reply(f"{before}\n{text}".strip()), intent="quiz", pending=kept)


def _answered(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    asked, said = _question(turn, pending), turn.text.strip(_END)
    if _IS["hint"].fullmatch(said):
        return _asked(turn, pending, say(turn.language, f"{NAME}.hint", hint=literal(asked.hint)))
    right = bank.right(asked, said)
    told = any(words.fullmatch(said) for words in (_IS["tell"], _IS["lost"], _IS["skip"]))
    is_number = bank.number_in(asked.answers[0]) is not None
    if not (right or told) and (len(said) > _LONGEST_ANSWER or (is_number and bank.number_in(said) is None)):
        return None
    tries = int(pending["tries"]) + 1
    if not right and not told and tries < _TRIES:
        return _asked(turn, pending | {"tries": tries}, say(turn.language, f"{NAME}.not_yet", hint=literal(asked.hint)))
    fields = {"answer": literal(asked.answers[0] if turn.language == "en" or asked.answers[-1].isascii() else asked.answers[-1]), "why": literal(asked.why)}  # fmt: skip
    verdict = say(turn.language, f"{NAME}.{'yes' if right else 'it_was'}", **fields)
    later = pending | {
        "at": int(pending["at"]) + 1,
        "tries": 0,
        "right": int(pending["right"]) + (right and tries == 1),
    }
    return _asked(turn, later, verdict) if later["at"] < bank.ROUND else _finished(turn, later, verdict)


def _finished(turn: Turn, pending: dict[str, Any], verdict: str) -> Outcome:
    """All right at the first try is passed."""
    topic, right = str(pending["topic"]), int(pending["right"])
    fields: dict[str, Any] = {"topic": named(topic, turn.language), "right": right, "count": bank.ROUND}
    score = f"{verdict}\n{say(turn.language, f'{NAME}.score', **fields)}"
    if not record.kept(turn):
        return Outcome(Reply(f"{score}\n{say(turn.language, f'{NAME}.no_record')}"), intent="quiz")

    async def write(tx: Tx) -> Reply:
        after = await record.note(tx, turn, topic, passed=right == bank.ROUND)
        key = "mastered" if after.box == record.MASTERED else "again_on"
        told = say(turn.language, f"{NAME}.{key}", day=after.due, box=after.box, boxes=len(record.DAYS), **fields)
        return Reply(f"{score}\n{told}")

    return Outcome(write=write, intent="quiz")


# --- the record


def _progress(turn: Turn) -> Outcome:
    if not record.kept(turn):
        return _said(turn, "no_record")

    async def write(tx: Tx) -> Reply:
        held = record.of(await memory.told_in(tx, turn.person.id, memory.place(turn.message)))
        if not held:
            return Reply(say(turn.language, f"{NAME}.nothing_yet"))
        lines = [say(turn.language, f"{NAME}.progress")]
        lines += [
            _line(turn.language, one) for one in sorted(held.values(), key=lambda one: (one.due or "~", one.topic))
        ]
        return Reply("\n".join(lines))

    return Outcome(write=write, intent="progress")


def _forget(turn: Turn) -> Outcome:
    async def write(tx: Tx) -> Reply:
        return Reply(say(turn.language, f"{NAME}.forgotten", count=await record.forget(tx, turn)), settles=True)

    return Outcome(write=write, intent="progress_forget", quiet=True, fresh_session=True)


def _line(language: Language, one: record.Progress) -> str:
    key = "line_mastered" if one.box == record.MASTERED else "line"
    return say(language, f"{NAME}.{key}", topic=named(one.topic, language), box=one.box, boxes=len(record.DAYS), day=one.due)  # fmt: skip


async def _resume(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    """What is no answer is a new message. Figures are of no language: the question's is kept."""
    turn = replace(turn, language=pending.get("language", turn.language))
    said = turn.text.strip(_END)
    if said.lower() in phrases(turn.language)["intent_leave_words"].split("|") or _IS["leave"].fullmatch(said):
        return _said(turn, "left")
    if _IS["back"].fullmatch(said):
        quiz = pending.get("quiz") or pending
        return _asked(turn, quiz, "") if "topic" in quiz else _step(turn, pending, "begin_short")
    if _recognize(turn) is not None:
        return None
    return _answered(turn, pending) if pending["step"] == "quiz" else _worked_on(turn, pending)


bank.topics()  # read while the skills are loaded: whoever recognises must not wait for the disk

SKILL = Skill(
    name=NAME,
    answer=_answer,
    recognize=_recognize,
    commands={"/quiz": "tutor.help_quiz", "/explain": "tutor.help_explain", "/progress": "tutor.help_progress"},
    personal=frozenset({"/progress"}),
    press=_press,
    resume=_resume,
    order=55,
)
SKILLS = (SKILL,)
