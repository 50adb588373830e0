"""A trained model as one GGUF file in full precision, for llama.cpp and what is built on it: Llama's shape alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import torch

from core.errors import Refused, Unavailable
from core.training.merge import AGREE, PROBE, difference

_TOOL = (
    "use llama.cpp's own tool on what `remora models export NAME FOLDER` writes: python convert_hf_to_gguf.py FOLDER"
)
_SPLITS = {"Digits+ByteLevel": "smollm", "ByteLevel": "gpt-2"}
"""How text is cut before pairs are merged, as tokenizer.json says it and as llama.cpp calls it."""


def write_gguf(folder: Path, file: Path) -> Path:
    """The whole model of a folder as `file`, read back and compared: the same tokens, and logits within `AGREE`. Raises
    `Refused` where the file is there already, or the model or its tokenizer have a shape that only llama.cpp's tool knows."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if file.exists():
        raise Refused(f"{file} is there already", "name a file that does not exist yet")
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    partial = file.with_name(f".partial-{file.name}")
    try:
        _write(model, tokenizer, folder, partial)
        again: Any = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=partial.name, dtype=torch.float32)
        words: Any = AutoTokenizer.from_pretrained(file.parent, gguf_file=partial.name)
        tokens = tokenizer.encode(PROBE)
        with torch.inference_mode():
            apart = difference(again(torch.tensor([tokens])).logits, model(torch.tensor([tokens])).logits)
        if words.encode(PROBE) != tokens or not apart <= AGREE:
            raise Refused(f"what was written does not read back the same (logits differ by {apart:.2g})", _TOOL)
        partial.rename(file)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}", "choose another place") from error
    finally:
        partial.unlink(missing_ok=True)
    return file


def _write(model: Any, tokenizer: Any, folder: Path, file: Path) -> None:
    config = model.config
    known = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    cut = known.get("pre_tokenizer") or {}
    split = _SPLITS.get("+".join(one["type"] for one in cut.get("pretokenizers", [cut]) if "type" in one))
    merges = known["model"]["type"] == "BPE" and known["model"]["merges"]
    if config.model_type != "llama" or not merges or split is None:
        raise Refused(
            f"GGUF is written only of Llama's shape with a byte-level tokenizer, not of {config.model_type}", _TOOL
        )
    rope = config.rope_parameters
    if rope["rope_type"] != "default" or config.attention_bias or config.mlp_bias:
        raise Refused("GGUF is not written of models with biases or scaled positions", _TOOL)
    writer: Any = gguf.GGUFWriter(file, "llama")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    kinds, added = gguf.TokenType, tokenizer.added_tokens_decoder
    marks = {
        at: kinds.CONTROL if one.special else kinds.USER_DEFINED for at, one in added.items()
    }  # the latter are read
    marks |= dict.fromkeys(range(len(tokenizer), config.vocab_size), kinds.UNUSED)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(split)
    writer.add_token_list(
        [
            tokenizer.convert_ids_to_tokens(at) if at < len(tokenizer) else f"[PAD{at}]"
            for at in range(config.vocab_size)
        ]
    )
    writer.add_token_types([marks.get(at, kinds.NORMAL) for at in range(config.vocab_size)])
    gguf.SpecialVocab(folder, load_merges=True, n_vocab=config.vocab_size).add_to_gguf(writer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, value in model.named_parameters():
        part = next((count for layer, count in heads.items() if f".{layer}." in name), 0)
        if part:  # the halves of each head lie interleaved there
            value = value.view(part, 2, -1, value.shape[1]).transpose(1, 2).reshape(value.shape)
        writer.add_tensor(names.get_name(name, (".weight",)), value.detach().contiguous().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
