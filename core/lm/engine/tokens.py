"""Two ways to a model's tokens: straight from the files (fast to start), or through transformers (knows them all)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer as FileTokenizer

from core.messages import Utterance

_USUAL_ENDS = ("<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<end_of_turn>", "</s>")


def end_tokens(folder_config: Mapping[str, Any], vocabulary: Mapping[str, int]) -> frozenset[int]:
    """What the configuration names, and the control tokens by which models usually end."""
    named = folder_config.get("eos_token_id")
    ids = [named] if isinstance(named, int) else list(named or [])
    return frozenset(ids) | {vocabulary[text] for text in _USUAL_ENDS if text in vocabulary}


class UnreadableTokenizer(Exception):
    """The folder's tokenizer is not made of the files that `FolderTokenizer` reads; transformers may still know it."""


class FolderTokenizer:
    """`tokenizer.json`, `tokenizer_config.json` and `chat_template.jinja` of a folder, read without transformers."""

    def __init__(self, folder: Path) -> None:
        try:
            settings = _json(folder / "tokenizer_config.json")
            template = _template_text(folder, settings)
            config = _json(folder / "config.json")
            self._inner = FileTokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8"))
            self._template = _environment().from_string(template) if template else None
        except (OSError, ValueError, KeyError, jinja2.TemplateError) as error:
            raise UnreadableTokenizer(str(folder)) from error
        self._inner.no_truncation()
        self._inner.no_padding()
        self._names = {
            name: _content(value) for name, value in settings.items() if name.endswith("_token") and value is not None
        }
        added = {token.content: number for number, token in self._inner.get_added_tokens_decoder().items()}
        self.specials: Sequence[str] = tuple(
            token.content for token in self._inner.get_added_tokens_decoder().values() if token.special
        )
        eos = self._names.get("eos_token")
        self.ends = end_tokens(config, added) | ({added[eos]} if eos in added else set())

    def encode(self, text: str, *, whole: bool) -> list[int]:
        return list(self._inner.encode(text, add_special_tokens=whole).ids)

    def decode(self, tokens: Sequence[int]) -> str:
        return self._inner.decode(list(tokens), skip_special_tokens=True)

    def render(self, turns: Sequence[Utterance]) -> str | None:
        if self._template is None:
            return None
        messages = [{"role": turn.role, "content": turn.text} for turn in turns]
        try:
            return self._template.render(messages=messages, add_generation_prompt=True, **self._names)
        except jinja2.TemplateError:
            return None


class TransformersTokenizer:
    """Any tokenizer that transformers loads. Its encoding changes the object for a moment, and both the model's thread
    and the event loop count tokens: hence the lock, held for milliseconds."""

    def __init__(self, inner: Any, config: Mapping[str, Any]) -> None:
        self._inner = inner
        self._encoding = threading.Lock()
        self.specials: Sequence[str] = tuple(str(text) for text in inner.all_special_tokens)
        vocabulary = {text: inner.convert_tokens_to_ids(text) for text in inner.all_special_tokens}
        eos = inner.eos_token_id
        self.ends = end_tokens(config, vocabulary) | (frozenset() if eos is None else {int(eos)})

    def encode(self, text: str, *, whole: bool) -> list[int]:
        with self._encoding:
            return list(self._inner.encode(text, add_special_tokens=whole))

    def decode(self, tokens: Sequence[int]) -> str:
        return str(self._inner.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def render(self, turns: Sequence[Utterance]) -> str | None:
        if not self._inner.chat_template:
            return None
        messages = [{"role": turn.role, "content": turn.text} for turn in turns]
        try:
            return str(self._inner.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))
        except (jinja2.TemplateError, ValueError):
            return None


def _environment() -> ImmutableSandboxedEnvironment:
    """What the templates of published models expect to find."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = lambda value, **more: json.dumps(value, ensure_ascii=False, **more)
    environment.globals.update(raise_exception=_refuse, strftime_now=_now_as)
    return environment


def _json(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is not a JSON object")
    return found


def _template_text(folder: Path, settings: Mapping[str, Any]) -> str | None:
    file = folder / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    inside = settings.get("chat_template")
    if isinstance(inside, list):
        inside = {entry["name"]: entry["template"] for entry in inside}.get("default")
    return str(inside) if inside else None


def _content(value: Any) -> str:
    return str(value["content"]) if isinstance(value, dict) else str(value)


def _refuse(reason: str) -> NoReturn:
    raise jinja2.TemplateError(reason)


def _now_as(form: str) -> str:
    """A template's own wish for today's date; the only clock it can see."""
    return time.strftime(form, time.gmtime())
