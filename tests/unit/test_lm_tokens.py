"""A model's tokens and template, read without transformers, are those that transformers reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.lm.engine.tokens import FolderTokenizer, TransformersTokenizer, UnreadableTokenizer
from core.messages import Utterance
from tests.fakes.tiny_models import TEMPLATE, tiny_tokenizer

pytestmark = pytest.mark.model

CONVERSATIONS = [
    [Utterance("system", "s"), Utterance("user", "hello  world\n\n x")],
    [Utterance("user", "你好，明天 😀"), Utterance("assistant", "ok."), Utterance("user", "12345")],
]
STRICT = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system message here') }}{% endif %}"
    "{% for message in messages %}\n{{ bos_token }}{{ message | tojson }}\n{% endfor %}"
)


def both(folder: Path, template: str | None) -> tuple[FolderTokenizer, TransformersTokenizer]:
    from transformers import AutoTokenizer

    folder.mkdir(exist_ok=True)
    tiny_tokenizer(folder, template)
    config = {"model_type": "llama", "eos_token_id": [2, 0]}
    (folder / "config.json").write_text(json.dumps(config))
    inner: Any = AutoTokenizer.from_pretrained(folder)
    return FolderTokenizer(folder), TransformersTokenizer(inner, config)


@pytest.mark.parametrize("template", [TEMPLATE, STRICT, None], ids=["chat", "strict", "none"])
@pytest.mark.parametrize("turns", CONVERSATIONS)
def test_both_ways_render_encode_and_decode_alike(tmp_path: Path, template: str | None, turns: list[Utterance]) -> None:
    ours, theirs = both(tmp_path, template)
    text = ours.render(turns)
    assert text == theirs.render(turns)
    for words in [turn.text for turn in turns] + ([text] if text else []):
        tokens = ours.encode(words, whole=False)
        assert tokens == theirs.encode(words, whole=False)
        assert ours.decode(tokens) == theirs.decode(tokens)
    assert ours.ends == theirs.ends
    assert set(ours.specials) == set(theirs.specials)


def test_a_template_that_refuses_the_turns_renders_nothing(tmp_path: Path) -> None:
    ours, _ = both(tmp_path, STRICT)
    assert ours.render(CONVERSATIONS[0]) is None
    assert ours.render(CONVERSATIONS[1]) is not None


@pytest.mark.parametrize("harm", ["tokenizer_config.json", "chat_template.jinja", "config.json"])
def test_a_folder_that_is_made_otherwise_is_left_to_transformers(tmp_path: Path, harm: str) -> None:
    both(tmp_path, TEMPLATE)
    (tmp_path / harm).write_text("{% if")
    with pytest.raises(UnreadableTokenizer):
        FolderTokenizer(tmp_path)
