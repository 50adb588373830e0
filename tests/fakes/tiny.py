"""A language model of two layers with random weights, and the conversations that it can learn."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
WORDS = [
    "red",
    "blue",
    "green",
    "door",
    "lamp",
    "river",
    "stone",
    "where",
    "is",
    "the",
    "it",
    "there",
    "你好",
    "灯",
    "门",
]


def tokenizer(template: str | None = TEMPLATE, words: Sequence[str] = ()) -> Any:
    """Bytes as tokens, with a few marks: knows every text, needs no training. `words` are a token each."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {character: number for number, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    inner = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(["<|im_start|>", "<|im_end|>"])
    inner.add_tokens([AddedToken(word, normalized=False) for word in words])
    made = PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|im_end|>")
    made.chat_template = template
    return made


def model(
    folder: Path,
    *,
    kind: str = "llama",
    seed: int = 1,
    template: str | None = TEMPLATE,
    words: Sequence[str] = (),
    hidden: int = 32,
) -> Path:
    """A folder that transformers loads."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    if kind == "gpt2":
        shape = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 256, "vocab_size": 258}
        made: Any = GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=257, eos_token_id=257))
    else:
        sizes = {
            "hidden_size": hidden,
            "intermediate_size": 2 * hidden,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
        }
        config = LlamaConfig(
            **sizes, vocab_size=258 + len(words), max_position_embeddings=512, tie_word_embeddings=True
        )
        made = LlamaForCausalLM(config)
    made.save_pretrained(folder)
    tokenizer(template, words).save_pretrained(folder)
    return folder


def rows(path: Path, count: int = 24, seed: int = 1, turns: int = 2) -> Path:
    """Conversations in which the answer repeats a word of the question."""
    pick = random.Random(seed)
    lines = []
    for _ in range(count):
        messages = []
        for _ in range(turns):
            some = pick.choices(WORDS, k=pick.randint(2, 6))
            messages.append({"role": "user", "content": "where is " + " ".join(some)})
            messages.append({"role": "assistant", "content": f"the {some[0]} is there"})
        lines.append(json.dumps({"messages": messages}, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
