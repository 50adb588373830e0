"""A model written as GGUF is the same model to whoever reads it; what cannot be written is refused with the tool that can."""

from __future__ import annotations

from pathlib import Path

import pytest
from gguf import GGUFReader, TokenType
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.errors import Refused
from core.lm.weights.convert import convert
from core.training.gguf_file import write_gguf
from tests.fakes.tiny_gguf import tiny_gguf
from tests.fakes.tiny_models import tiny_gpt2, tiny_llama


def test_what_is_written_reads_back_with_the_same_logits(tmp_path: Path) -> None:
    convert(tiny_gguf(tmp_path / "first.gguf"), tmp_path / "model")
    file = write_gguf(tmp_path / "model", tmp_path / "again.gguf")  # compares what it wrote, or refuses
    assert file.stat().st_size > 100_000
    assert [path.name for path in tmp_path.glob(".partial*")] == []
    with pytest.raises(Refused, match="there already"):
        write_gguf(tmp_path / "model", file)


@pytest.mark.parametrize("wrong", ["another family", "no merges"])
def test_other_shapes_are_refused_with_the_tool_that_knows_them(tmp_path: Path, wrong: str) -> None:
    folder = (tiny_gpt2 if wrong == "another family" else tiny_llama)(tmp_path / "model")
    with pytest.raises(Refused) as refused:
        write_gguf(folder, tmp_path / "model.gguf")
    assert "convert_hf_to_gguf.py" in refused.value.mend
    assert not (tmp_path / "model.gguf").exists()


def test_weights_that_read_back_otherwise_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert(tiny_gguf(tmp_path / "first.gguf"), tmp_path / "model")
    monkeypatch.setattr("core.training.gguf_file.AGREE", -1.0)
    with pytest.raises(Refused, match="does not read back the same"):
        write_gguf(tmp_path / "model", tmp_path / "again.gguf")
    assert not (tmp_path / "again.gguf").exists()


def test_added_words_are_told_from_marks_and_from_padding(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    convert(tiny_gguf(tmp_path / "first.gguf"), folder)
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    tokenizer.add_tokens(["<shelf>"])
    model.resize_token_embeddings(len(tokenizer) + 2)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    kinds = GGUFReader(write_gguf(folder, tmp_path / "more.gguf")).fields["tokenizer.ggml.token_type"].contents()
    known = [kinds[tokenizer.convert_tokens_to_ids(one)] for one in (tokenizer.eos_token, "<shelf>")]
    assert known == [TokenType.CONTROL, TokenType.USER_DEFINED]
    assert kinds[len(tokenizer) :] == [TokenType.UNUSED] * 2
