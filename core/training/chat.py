"""From a conversation to tokens, as the assistant will meet them when it serves, and which of them it shall learn."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import jinja2

from core.lm.engine.text import DEFAULT_SYSTEM, harmless, without_system
from core.messages import Utterance
from core.training.data.rows import Conversation
from core.training.runs import BadData

_GENERATION = re.compile(r"\{%-?\s*generation\b")
_PROBE = (
    Utterance("system", "alpha one"),
    Utterance("user", "bravo two"),
    Utterance("assistant", "charlie three"),
    Utterance("user", "delta four"),
    Utterance("assistant", "echo five"),
)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Tokens of a row, and for each whether it is learned: those of the assistant's words and of the mark that ends them.
    `cut`: turns at the end did not fit."""

    tokens: list[int]
    learned: list[bool]
    line: int = 0
    cut: bool = False
    asked: str = ""
    """The first question; "" where it is a person's of our store, whose words are never copied into logs."""

    @property
    def count(self) -> int:
        return sum(self.learned)


class Chat:
    """A model's tokenizer with its template. Raises `BadData` where a conversation does not survive the template."""

    def __init__(self, tokenizer: Any) -> None:
        if not tokenizer.is_fast:
            raise BadData(
                "the tokenizer does not say where its tokens stand in the text", "use a model with tokenizer.json"
            )
        self.tokenizer = tokenizer
        self._specials = tuple(str(text) for text in tokenizer.all_special_tokens)
        template = tokenizer.chat_template
        self.template = template if isinstance(template, str) else (template or {}).get("default", "")
        self._marks_answers = bool(self.template and _GENERATION.search(self.template))
        self._folds_system = False
        if self.template:
            self._check()

    def encode(self, given: Conversation, longest: int) -> Encoded:
        """Raises `BadData` where nothing of what the assistant says fits into `longest` tokens."""
        turns = self._ready(given.turns)
        text, spans = self._written(turns)
        found = self.tokenizer(text, add_special_tokens=not self.template, return_offsets_mapping=True)
        tokens, offsets = list(found["input_ids"]), found["offset_mapping"]
        learned = [any(start <= at < end for start, end in spans) and end_at > at for at, end_at in offsets]
        learned[:1] = [False]  # nothing stands before the first token, from which it could be told
        if len(tokens) <= longest:
            end = len(tokens)
        else:
            whole = [at + 1 for at, (now, after) in enumerate(pairwise([*learned, False])) if now and not after]
            end = max((at for at in whole if at <= longest), default=0)
        if not any(learned[:end]):
            what = f"line {given.line}: nothing of the assistant's words fits into {longest} tokens"
            raise BadData(what, "raise --max-length, or take the row out")
        asked = next((turn.text for turn in turns if turn.role == "user" and "person" not in given.meta), "")
        return Encoded(tokens[:end], learned[:end], given.line, end < len(tokens), asked)

    def encode_text(self, text: str, longest: int, line: int = 0) -> Encoded:
        """Plain text, of which every token but the first is learned."""
        tokens = list(self.tokenizer(text, add_special_tokens=True)["input_ids"])
        if len(tokens) < 2:
            raise BadData(f"line {line}: the text is too short to learn from", "take it out")
        kept = tokens[:longest]
        return Encoded(kept, [False] + [True] * (len(kept) - 1), line, len(kept) < len(tokens))

    def _ready(self, turns: Sequence[Utterance]) -> list[Utterance]:
        """What the engine that serves does to a prompt, see `core.lm.engine.text.render`."""
        clean = [replace(turn, text=harmless(turn.text, self._specials).strip()) for turn in turns]
        if not clean or clean[0].role != "system":
            clean.insert(0, Utterance("system", DEFAULT_SYSTEM))
        return without_system(clean) if self._folds_system else clean

    def _written(self, turns: Sequence[Utterance]) -> tuple[str, list[tuple[int, int]]]:
        """The whole text, and where in it the assistant's words stand."""
        if not self.template:
            return self._plain(turns)
        text, spans = self._rendered(turns), list[tuple[int, int]]()
        if self._marks_answers:
            marked = self.tokenizer.apply_chat_template(
                _messages(turns), tokenize=True, return_dict=True, return_assistant_tokens_mask=True
            )
            offsets = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
            for (start, end), said in zip(offsets, marked["assistant_masks"], strict=True):
                if said and spans and start <= spans[-1][1]:
                    spans[-1] = (spans[-1][0], end)
                elif said:
                    spans.append((start, end))
            return text, spans
        for number, turn in enumerate(turns):
            if turn.role == "assistant":
                before, through = self._rendered(turns[:number], asking=True), self._rendered(turns[: number + 1])
                if not (text.startswith(through) and through.startswith(before)):
                    raise BadData(
                        "the chat template drops earlier turns, or writes them otherwise, once others follow",
                        "let chat_template.jinja write every turn, or mark the assistant's words with {% generation %}",
                    )
                spans.append((len(before), len(through.rstrip())))
        return text, spans

    def _plain(self, turns: Sequence[Utterance]) -> tuple[str, list[tuple[int, int]]]:
        """For models without a template: "User:" and "Assistant:", as the engine writes them; an answer is learned with the
        line's end behind it, the last one with the model's own."""
        text, spans = turns[0].text.strip() + "\n", []
        for number, turn in enumerate(turns[1:], 2):
            text += f"\n{turn.role.capitalize()}:"
            start = len(text)
            text += f" {turn.text}"
            if turn.role == "assistant":
                last = number == len(turns)
                end = str(self.tokenizer.eos_token or "\n") if last else ""
                text += end
                spans.append((start, len(text) + (not last)))
        return text, spans

    def _rendered(self, turns: Sequence[Utterance], *, asking: bool = False) -> str:
        return str(self.tokenizer.apply_chat_template(_messages(turns), add_generation_prompt=asking, tokenize=False))

    def _check(self) -> None:
        """The template writes every turn once and in order, with a system message or with that folded into the first."""
        for folded in (False, True):
            self._folds_system = folded
            turns = without_system(_PROBE) if folded else list(_PROBE)
            try:
                text, spans = self._written(turns)
            except (jinja2.TemplateError, ValueError):
                continue
            places = [text.find(turn.text) for turn in _PROBE]
            once = all(text.count(turn.text) == 1 for turn in _PROBE)
            said = [any(start <= place < end for start, end in spans) for place in places]
            if once and places == sorted(places) and said == [turn.role == "assistant" for turn in _PROBE]:
                return
        raise BadData(
            "the chat template drops turns, or writes them twice or in another order",
            "correct chat_template.jinja in the model's folder",
        )


def _messages(turns: Sequence[Utterance]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.text} for turn in turns]
