"""A GGUF file of a few thousand random numbers, quantized as the default model's is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fakes.tiny_models import TEMPLATE

_WIDTH, _INNER, _HEADS, _LAYERS = 64, 96, 2, 2


def tiny_gguf(path: Path) -> Path:
    """The file, for a Llama of two layers with tied embeddings."""
    import gguf
    import numpy as np
    from tokenizers import pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *letters, "ab"]
    writer: Any = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(256)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(words))
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(words)
    writer.add_token_types([3, 3, 3, *[1] * (len(words) - 3)])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)
    numbers = np.random.default_rng(5)

    def product(name: str, rows: int, columns: int) -> None:
        kind = gguf.GGMLQuantizationType.Q4_1
        values = numbers.normal(0, 0.1, (rows, columns)).astype(np.float32)
        writer.add_tensor(name, gguf.quants.quantize(values, kind), raw_dtype=kind)

    product("token_embd.weight", len(words), _WIDTH)
    writer.add_tensor("output_norm.weight", np.ones(_WIDTH, dtype=np.float32))
    for layer in range(_LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            product(f"blk.{layer}.{name}.weight", _WIDTH, _WIDTH)
        product(f"blk.{layer}.ffn_gate.weight", _INNER, _WIDTH)
        product(f"blk.{layer}.ffn_up.weight", _INNER, _WIDTH)
        product(f"blk.{layer}.ffn_down.weight", _WIDTH, _INNER)
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(_WIDTH, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
