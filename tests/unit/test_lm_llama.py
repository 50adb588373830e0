"""Our arithmetic of the Llama family is transformers' own, for any mixture of streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from core.lm.engine import fast_linear, llama
from tests.fakes.tiny_models import tiny_llama

pytestmark = pytest.mark.model

SHAPES = [
    pytest.param({}, id="grouped heads"),
    pytest.param({"num_key_value_heads": 4}, id="a key for each head"),
    pytest.param({"num_key_value_heads": 1, "head_dim": 16}, id="one key, wide heads"),
    pytest.param({"tie_word_embeddings": True}, id="tied"),
    pytest.param({"rms_norm_eps": 1e-2}, id="large epsilon"),
]


def reference(folder: Path, tokens: list[int]) -> torch.Tensor:
    """A row of logits after each token, by transformers, in float32."""
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        logits: torch.Tensor = model(torch.tensor([tokens])).logits[0]
    return logits


def close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    return torch.allclose(found, expected, rtol=2e-3, atol=2e-3 * float(expected.abs().max()))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_prompt_in_chunks_and_token_by_token_gives_the_same_logits(tmp_path: Path, shape: dict[str, Any]) -> None:
    folder = tiny_llama(tmp_path, **shape)
    tokens = [7 + (number * 31) % 240 for number in range(60)]
    expected = reference(folder, tokens)
    runner = llama.LlamaRunner(folder)
    cache = runner.new()
    assert close(runner.feed(cache, tokens[:30]), expected[29])
    assert close(runner.feed(cache, tokens[30:45]), expected[44])
    for place in range(45, 60):
        assert close(runner.step([cache], [tokens[place]])[0], expected[place])
    assert cache.length == 60


def test_streams_of_different_length_do_not_disturb_each_other(tmp_path: Path) -> None:
    folder = tiny_llama(tmp_path)
    runner = llama.LlamaRunner(folder)
    streams = [[5 + (start * 17 + number * 13) % 240 for number in range(8 + 9 * start)] for start in range(5)]
    caches = [runner.new() for _ in streams]
    for cache, tokens in zip(caches, streams, strict=True):
        runner.feed(cache, tokens[:-1])
    rows = runner.step(caches, [tokens[-1] for tokens in streams])
    for row, tokens in zip(rows, streams, strict=True):
        assert close(row, reference(folder, tokens)[-1])


def test_a_fork_goes_its_own_way(tmp_path: Path) -> None:
    runner = llama.LlamaRunner(tiny_llama(tmp_path))
    tokens = list(range(20, 60))
    cache = runner.new()
    runner.feed(cache, tokens)
    fork = cache.fork(25)
    other = runner.feed(fork, [99, 98])
    assert (cache.length, fork.length) == (40, 27)
    fresh = runner.new()
    assert close(other, runner.feed(fresh, [*tokens[:25], 99, 98]))


def test_a_cache_grows_past_its_first_room(tmp_path: Path) -> None:
    folder = tiny_llama(tmp_path)
    runner = llama.LlamaRunner(folder)
    tokens = [5 + number % 200 for number in range(400)]
    cache = runner.new()
    runner.feed(cache, tokens[:250])
    for token in tokens[250:399]:
        runner.step([cache], [token])
    assert close(runner.step([cache], tokens[399:])[0], reference(folder, tokens)[-1])


def test_without_the_packed_kernel_the_numbers_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny_llama(tmp_path)
    packed = llama.LlamaRunner(folder)
    monkeypatch.setattr(fast_linear, "_HALF_LIMIT", 0.0)
    wide = llama.LlamaRunner(folder)
    assert close(packed.feed(packed.new(), [5, 6, 7]), wide.feed(wide.new(), [5, 6, 7]))


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "mistral"},
        {"hidden_act": "gelu"},
        {"attention_bias": True},
        {"rope_parameters": {"rope_type": "llama3", "rope_theta": 10000.0}},
        {"quantization_config": {"bits": 4}},
    ],
)
def test_other_arithmetic_is_left_to_transformers(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = tiny_llama(tmp_path)
    assert llama.supported(folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    assert not llama.supported(folder)


def test_a_folder_without_weights_or_configuration_is_not_ours(tmp_path: Path) -> None:
    assert not llama.supported(tmp_path)
    (tmp_path / "config.json").write_text("{")
    assert not llama.supported(tmp_path)
