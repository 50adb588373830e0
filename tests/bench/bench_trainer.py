"""Our training loop beside transformers' Trainer: `python -m tests.bench.bench_trainer DATA --steps 20 --batch 8`.

Both train the same LoRA on the same rows with the same rate and batch size, one after the other, each in a process of its own;
a JSON line says how many tokens of rows (padding is none) each learned from in a second, and the memory it took. `--shape
HIDDENxLAYERSxHEADSxINNER` makes a model of Llama's shape with numbers at random: speed does not ask what they are.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from core.settings import load_settings
from core.training.base import base_folder, load_model, load_tokenizer, precision_of
from core.training.chat import Chat, Encoded
from core.training.finetune import train
from core.training.options import Options
from core.training.prepared import conversations


def of_shape(shape: str, into: Path) -> Path:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    folder = base_folder(load_settings(), "", print)
    shutil.copytree(folder, into, ignore=shutil.ignore_patterns("model.safetensors", "manifest.json"))
    config: Any = AutoConfig.from_pretrained(folder)
    hidden, layers, heads, inner = map(int, shape.split("x"))
    config.update(
        {"hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": heads,
         "intermediate_size": inner, "head_dim": hidden // heads}
    )  # fmt: skip
    auto: Any = AutoModelForCausalLM
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        auto.from_config(config, dtype=torch.bfloat16).save_pretrained(into)
    return into


def peak() -> float:
    """GB of the GPU, or of the process."""
    import torch

    if torch.cuda.is_available():
        return round(torch.cuda.max_memory_allocated() / 1e9, 2)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 2)


def figures(who: str, ends: Sequence[tuple[int, float, float]], skip: int) -> dict[str, Any]:
    """`ends`: of each step its tokens since the beginning, seconds and loss. The first steps warm up."""
    (before, began, _), (after, ended, _) = ends[skip], ends[-1]
    losses = [loss for *_, loss in ends[-5:]]
    return {
        "who": who, "steps": len(ends), "tokens_per_second": round((after - before) / (ended - began)),
        "s_a_step": round((ended - began) / (len(ends) - 1 - skip), 3), "peak_gb": peak(),
        "loss": round(sum(losses) / len(losses), 3),
    }  # fmt: skip


def ours(options: Options, skip: int) -> dict[str, Any]:
    settings, ends = load_settings(), []

    def watch(event: Mapping[str, Any]) -> None:
        if "loss" in event:
            ends.append((int(event["tokens"]), time.monotonic(), float(event["loss"])))

    shutil.rmtree(settings.data_dir / "models" / options.name, ignore_errors=True)
    train(settings, options, watch)
    return figures(f"remora {options.method}{' packed' if options.packing else ''}", ends, skip)


def theirs(options: Options, skip: int) -> dict[str, Any]:
    """A plain Trainer: LoRA by peft, rows padded to the longest of a batch, labels of the assistant's tokens only."""
    import torch
    import transformers

    tools: Any = transformers
    torch.set_num_threads(options.threads or torch.get_num_threads())
    settings = load_settings()
    folder = base_folder(settings, options.base, print)
    tokenizer = load_tokenizer(folder)
    rows = encoded(Chat(tokenizer), options)
    narrow = precision_of(options) == torch.bfloat16
    model = load_model(folder, options)
    ends: list[tuple[int, float, float]] = []
    told = {"tokens": 0}

    def collated(features: Sequence[Encoded]) -> dict[str, Any]:
        told["tokens"] += sum(len(row.tokens) for row in features)
        width = max(len(row.tokens) for row in features)
        tokens, labels, mask = (
            torch.full((len(features), width), fill) for fill in (tokenizer.pad_token_id or 0, -100, 0)
        )
        for line, row in enumerate(features):
            size = len(row.tokens)
            tokens[line, :size] = torch.tensor(row.tokens)
            mask[line, :size] = 1
            learned = torch.tensor(row.learned)
            labels[line, :size][learned] = tokens[line, :size][learned]
        return {"input_ids": tokens, "labels": labels, "attention_mask": mask}

    class Watch(tools.TrainerCallback):  # type: ignore[misc]
        def on_log(
            self, args: Any, state: Any, control: Any, logs: Mapping[str, float] | None = None, **_: Any
        ) -> None:
            if logs and "loss" in logs:
                ends.append((told["tokens"], time.monotonic(), float(logs["loss"])))

    arguments = tools.TrainingArguments(
        output_dir=str(settings.data_dir / "trainer"), per_device_train_batch_size=options.batch, bf16=narrow,
        max_steps=options.steps, learning_rate=options.peak_rate, lr_scheduler_type="cosine", warmup_steps=1,
        weight_decay=options.weight_decay, max_grad_norm=options.clip, logging_steps=1, save_strategy="no", report_to=[],
        remove_unused_columns=False, disable_tqdm=True, use_cpu=not torch.cuda.is_available(), seed=options.seed,
        gradient_checkpointing=options.gradient_checkpointing,
    )  # fmt: skip
    trainer = tools.Trainer(
        model=model, args=arguments, train_dataset=rows, data_collator=collated, callbacks=[Watch()]
    )
    trainer.remove_callback(tools.PrinterCallback)
    trainer.train()
    return figures("Trainer", ends, skip)


def encoded(chat: Chat, options: Options) -> list[Encoded]:
    rows = (chat.encode(row, options.max_length) for row in conversations(Path(options.data)))
    return [row for row in rows if any(row.learned)]


def alone(one: Callable[[Options, int], dict[str, Any]], options: Options, skip: int) -> dict[str, Any]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(one, options, skip).result()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--shape", default="")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--skip", type=int, default=3, help="steps that warm up")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--also", nargs="*", default=[], choices=["packing", "qlora", "gradient-checkpointing"])
    args = parser.parse_args()
    base = args.shape and str(of_shape(args.shape, load_settings().data_dir / f"shape-{args.shape}"))
    given = {"data": str(args.data), "base": base, "batch": args.batch, "steps": args.steps, "threads": args.threads}
    given |= {"val_share": 0, "samples": 0, "mix_share": 0, "evaluate_every": args.steps, "checkpoint_every": 10**6}
    plain = Options.of({"name": "bench", **given})
    more = {
        "packing": {"packing": True, "batch": max(1, args.batch // 4)},
        "qlora": {"method": "qlora"},
        "gradient-checkpointing": {"gradient_checkpointing": True},
    }
    for _ in range(args.runs):
        print(json.dumps(alone(theirs, plain, args.skip)), flush=True)
        print(json.dumps(alone(ours, plain, args.skip)), flush=True)
        for name in args.also:
            print(json.dumps({"with": name, **alone(ours, plain.model_copy(update=more[name]), args.skip)}), flush=True)


if __name__ == "__main__":
    main()
