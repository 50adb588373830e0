"""Whether intents can be put in force together: what contradicts itself is refused with the reason, before anybody is answered by it."""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from core.intents.definition import LONGEST_EXAMPLE, RECIPIENT, Answer, HandOver, Intent, RunSkill, parts, wording
from core.intents.problems import Problem

MOST_INTENTS = 2_000
MOST_EXAMPLES = 2_000
"""Of one intent; beyond it an example changes nothing but the time it takes."""
_FEWEST = 5
"""Examples, below which recognition is a guess: a warning."""
_LONGEST_ANSWER = 4_000


def same_words(text: str) -> str:
    """What two sentences have in common that differ only in letter case, width, punctuation and space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LNM" or c in "{}_")


def check(intents: Sequence[Intent], commands: Collection[str], reserved: Collection[str]) -> list[Problem]:
    """Everything wrong with these intents as a whole. `commands` can be run by an action, `reserved` names are taken."""
    found = list(_names(intents, reserved))
    if len(intents) > MOST_INTENTS:
        found.append(Problem("too_many_intents", fields={"count": len(intents), "limit": MOST_INTENTS}))
    for intent in intents:
        found += _slots(intent)
        found += _examples(intent)
        found += _action(intent, commands)
    return [*found, *_shared(intents)]


def _names(intents: Sequence[Intent], reserved: Collection[str]) -> Iterator[Problem]:
    for name, times in Counter(intent.name.casefold() for intent in intents).items():
        if times > 1:
            yield Problem("same_name", name)
        if name in reserved:
            yield Problem("reserved_name", name)


def _slots(intent: Intent) -> Iterator[Problem]:
    for name, times in Counter(slot.name for slot in intent.slots).items():
        if times > 1:
            yield Problem("same_slot", intent.name, f"slots.{name}", {"name": name})
    for slot in intent.slots:
        where = f"slots.{slot.name}"
        if slot.kind == "list" and not slot.values:
            yield Problem("empty_list", intent.name, where, {"name": slot.name})
        means: dict[str, str] = {same_words(value): value for value in slot.values}
        for value, synonyms in slot.values.items():
            for synonym in synonyms:
                other = means.setdefault(same_words(synonym), value)
                if other != value:
                    yield Problem("two_values", intent.name, where, {"word": synonym, "one": other, "two": value})


def _examples(intent: Intent) -> Iterator[Problem]:
    known = [slot.name for slot in intent.slots]
    examples = [
        (f"examples.{code}[{n}]", text) for code, texts in intent.examples.items() for n, text in enumerate(texts, 1)
    ]
    tests = [
        (f"{name}[{n}]", text)
        for name in ("must_match", "must_not_match")
        for n, text in enumerate(getattr(intent, name), 1)
    ]
    if not examples and intent.enabled:
        yield Problem("no_example", intent.name)
    elif len(examples) < _FEWEST:
        yield Problem("few_examples", intent.name, fields={"count": len(examples), "wanted": _FEWEST}, warning=True)
    if len(examples) > MOST_EXAMPLES:
        yield Problem("too_many_examples", intent.name, fields={"count": len(examples), "limit": MOST_EXAMPLES})
    for where, text in [*examples, *tests]:
        if len(text) > LONGEST_EXAMPLE:
            yield Problem("long_example", intent.name, where, {"length": len(text), "limit": LONGEST_EXAMPLE})
        elif not same_words(text):
            yield Problem("empty_example", intent.name, where)
    for where, text in examples[:MOST_EXAMPLES]:
        for part in parts(text[:LONGEST_EXAMPLE]):
            if part.slot and part.slot not in known:
                near = difflib.get_close_matches(part.slot, known, 1)
                yield Problem("unknown_slot", intent.name, where, {"name": part.slot, "near": near[0] if near else "-"})


def _action(intent: Intent, commands: Collection[str]) -> Iterator[Problem]:
    match intent.action:
        case RunSkill(command) if command not in commands:
            near = difflib.get_close_matches(command, commands, 1)
            fields = {"name": command, "near": near[0] if near else ", ".join(sorted(commands))}
            yield Problem("unknown_command", intent.name, "action.skill", fields)
        case HandOver(to):
            for name in to:
                if not RECIPIENT.fullmatch(name):
                    yield Problem("bad_recipient", intent.name, "action.hand_over", {"name": name[:80]})
        case Answer(variants) if not any(text for texts in variants.values() for text in texts):
            yield Problem("no_answer", intent.name, "action.answer")
        case Answer(variants):
            for key, texts in variants.items():
                if any(len(text) > _LONGEST_ANSWER for text in texts):
                    yield Problem("long_answer", intent.name, f"action.answer.{key}", {"limit": _LONGEST_ANSWER})


def _shared(intents: Iterable[Intent]) -> Iterator[Problem]:
    """The same sentence in two intents: which of them is meant?"""
    first: dict[str, tuple[str, str]] = {}
    for intent in intents:
        if not intent.enabled:
            continue
        for code, texts in intent.examples.items():
            for number, text in enumerate(texts[:MOST_EXAMPLES], 1):
                key = same_words(wording(text[:LONGEST_EXAMPLE]))
                name, said = first.setdefault(key, (intent.name, text))
                if name != intent.name and key:
                    yield Problem(
                        "shared_example", intent.name, f"examples.{code}[{number}]", {"text": said[:80], "other": name}
                    )


def failed_tests(intents: Sequence[Intent], decide: Callable[[str], str | None]) -> Iterator[Problem]:
    """What must match and does not, and the other way round; `decide` names the intent of a sentence, or None."""
    for intent in intents:
        if not intent.enabled:
            continue
        for number, text in enumerate(intent.must_match, 1):
            if (found := decide(text)) != intent.name:
                yield Problem(
                    "must_match", intent.name, f"must_match[{number}]", {"text": text[:80], "other": found or "-"}
                )
        for number, text in enumerate(intent.must_not_match, 1):
            if decide(text) == intent.name:
                yield Problem("must_not_match", intent.name, f"must_not_match[{number}]", {"text": text[:80]})
