"""Models of a few thousand random numbers, saved as real ones are: they say nonsense, but by the same path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def tiny_tokenizer(folder: Path, template: str | None = TEMPLATE) -> int:
    """A token for each byte and each control word; the number of them."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {word: number for number, word in enumerate(_SPECIALS + letters)}
    inner = Tokenizer(models.BPE(vocab=words, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    tokenizer: Any = PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<|im_start|>" if template else "<|endoftext|>",
        eos_token="<|im_end|>" if template else "<|endoftext|>",
        additional_special_tokens=_SPECIALS,
    )
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return len(words)


def tiny_llama(folder: Path, **more: Any) -> Path:
    """Two layers, four heads on two pairs of keys, a chat template."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    words = tiny_tokenizer(folder)
    torch.manual_seed(20260101)
    shape = {
        "vocab_size": words,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "initializer_range": 0.4,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "tie_word_embeddings": False,
    }
    model: Any = LlamaForCausalLM(LlamaConfig(**(shape | more)))
    if not (shape | more)["tie_word_embeddings"]:
        _fluent(model.lm_head.weight, folder)
    model.to(torch.bfloat16).save_pretrained(folder)
    return folder


def _fluent(head: Any, folder: Path) -> None:
    """Makes letters far likelier than all else, so that a reply is neither empty nor broken by chance."""
    import json

    import torch

    words: dict[str, int] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    letters = torch.zeros(len(words), 1)
    letters[[number for word, number in words.items() if word.isascii() and word.isalnum()]] = 4.0
    with torch.no_grad():
        head.mul_(letters)


def tiny_gpt2(folder: Path) -> Path:
    """Another family, without a chat template: the plain path through transformers."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    words = tiny_tokenizer(folder, template=None)
    torch.manual_seed(20260102)
    model: Any = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=words,
            n_positions=256,
            n_embd=32,
            n_layer=2,
            n_head=2,
            bos_token_id=0,
            eos_token_id=0,
            initializer_range=0.4,
        )
    )
    model.save_pretrained(folder)
    return folder
