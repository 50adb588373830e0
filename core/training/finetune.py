"""The run itself: `train` reads top to bottom.

Every step is a function of the options, the data and its own number: which rows (`Plan`), which random numbers (seeded anew
from the step), which learning rate. So a checkpoint needs only weights, optimiser and counters, and a run that was killed
goes on as if it had not been. Under `accelerate launch` each process takes its part of every step; the first one writes.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from core.clock import SystemClock
from core.errors import Refused, RemoraError
from core.lm import weights
from core.settings import Settings
from core.training import checkpoints
from core.training.base import (
    Learner,
    adapted_base,
    base_folder,
    load_model,
    load_tokenizer,
    precision_of,
    trainable,
)
from core.training.batches import Plan, collate
from core.training.chat import Chat, Encoded
from core.training.checkpoints import Progress
from core.training.data import versions
from core.training.estimate import Estimate, estimate, padded_tokens
from core.training.gate import MOST_FORGOTTEN
from core.training.losses import mean_loss
from core.training.options import Options
from core.training.pace import Pace
from core.training.prepared import Prepared, prepare
from core.training.runs import (
    BadData,
    Base,
    Manifest,
    Metrics,
    Run,
    base_hash,
    hashes_under,
    log_lines,
)
from core.training.schedule import rate_of

Tell = Callable[[Mapping[str, Any]], None]
"""Told of everything as it happens: {"note": text}, {"estimate": text}, and the lines of the log."""

_MOST_SKIPPED = 3
_TIMED = 4
"""Batches that tell how fast it goes, where that decides anything."""
_IN_TIME = 0.9
"""Of the time that is given: a machine is not always as fast as in the beginning."""
_STRENGTHS = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
_AIM = 0.02
"""What a weaker adapter may forget: less than the gate's bound, since other texts than ours are forgotten differently."""


class TrainingFailed(RemoraError):
    """The run cannot go on. What it has reached so far is kept."""


def train(settings: Settings, options: Options, tell: Tell, *, only_estimate: bool = False) -> Manifest | None:
    """A new run under the options' name; None where only the estimate was wanted. Raises `Refused` before anything is
    written, `TrainingFailed` or `Unavailable` in the middle; then `resume` goes on."""
    run = Run.named(settings, options.name)
    if not only_estimate and (run.folder / "manifest.json").exists():
        raise Refused(
            f"there is a model named {run.name!r} already", f"remora train --resume {run.name}, or another --name"
        )
    training = _Training(settings, run, options, tell, None)
    if only_estimate:
        return training.run(only_estimate=True)
    with run.locked() if training.first else nullcontext():
        return training.run(only_estimate=False)


def resume(settings: Settings, name: str, tell: Tell) -> Manifest | None:
    """Goes on where a run was interrupted, with its own options. Raises `Refused` where base or data have changed."""
    run = Run.named(settings, name)
    manifest = run.manifest()
    if manifest.state == "finished":
        raise Refused(f"the training of {name!r} has finished", "train under another name")
    for data in manifest.data:
        if data.role != "general":
            versions.check(settings.data_dir, Path(data.path), data.sha256)
    adapted_base(settings, manifest.base)
    training = _Training(settings, run, Options.of(manifest.parameters), tell, manifest)
    with run.locked() if training.first else nullcontext():
        return training.run(only_estimate=False)


class _Training:
    """One run in one process. `steps`: for each step its epoch and micro-batches."""

    def __init__(self, settings: Settings, run: Run, options: Options, tell: Tell, manifest: Manifest | None) -> None:
        from accelerate import Accelerator

        self.began = time.monotonic()
        torch.set_num_threads(options.threads or os.cpu_count() or 1)
        self.accelerator = Accelerator(cpu=not torch.cuda.is_available())
        kind = self.accelerator.distributed_type.value
        if kind not in ("NO", "MULTI_CPU", "MULTI_GPU"):
            raise Refused(f"training under {kind} is not supported", "launch several processes with a whole model each")
        self.first = self.accelerator.is_main_process
        self.tell: Tell = tell if self.first else lambda _event: None
        self.place, self.options, self.manifest = run, options, manifest
        self.folder = base_folder(settings, options.base, self.note)
        self.tokenizer = load_tokenizer(self.folder)
        self.chat = Chat(self.tokenizer)
        self.progress = Progress()

    def note(self, text: str) -> None:
        self.tell({"note": text})

    def run(self, *, only_estimate: bool) -> Manifest | None:
        options = self.options
        longest = min(options.max_length, _context(self.folder))
        self.data: Prepared = prepare(self.chat, options, longest, self.note)
        self.options = options = options.model_copy(update={"batch": options.batch or _batch(self.data.train, options)})
        world = self.accelerator.num_processes
        self.plan = Plan(
            self.data.train, self.data.mixed, options.mix_share, options.batch, options.accumulation * world,
            options.packing, longest, options.seed,
        )  # fmt: skip
        self.pace = Pace(self.plan, options, self.data, self.note)
        expected = estimate(self.folder, options, self.plan, len(self.pace.steps))
        if not expected.fits and not options.force:
            raise Refused(f"it would not fit into memory: {expected.text()}", _SMALLER)
        self._load()
        expected = self._timed(expected)
        self.tell({"estimate": expected.text(), **asdict(expected)})
        if only_estimate:
            return None
        self._begin(expected)
        self._learn()
        self._temper()
        return self._finish()

    def _load(self) -> None:
        options = self.options
        self.model = load_model(self.folder, options)
        known = self.model.get_input_embeddings().num_embeddings
        if len(self.tokenizer) > known:
            what = f"the tokenizer of {self.folder} has {len(self.tokenizer)} tokens, the model knows {known}"
            raise BadData(what, "bring back the tokenizer that belongs to the model")
        self.learner = Learner(self.model, precision_of(options))
        self.weights = trainable(self.model)
        decayed = [value for value in self.weights.values() if value.dim() > 1]
        others = [value for value in self.weights.values() if value.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}]
        adam = torch.optim.AdamW(
            [group for group in groups if group["params"]], lr=options.peak_rate, betas=(0.9, 0.99)
        )
        self.module, self.optimizer = self.accelerator.prepare(self.learner, adam)

    def _timed(self, expected: Estimate) -> Estimate:
        """Batches are computed and forgotten: the later ones tell how long all will take, and how many steps there is time for."""
        took = tokens = 0.0
        count = _TIMED if math.isfinite(self.options.most_seconds) else 2
        for number, batch in enumerate(batch for _, step in self.pace.steps[:count] for batch in step[:1]):
            began = time.monotonic()
            self.accelerator.backward(self.module(self._collated(batch)))
            if torch.cuda.is_available():
                torch.cuda.synchronize()  # a GPU works on while we look at the clock
            if number or len(self.pace.steps) == 1:  # the first one is slow
                took, tokens = took + time.monotonic() - began, tokens + padded_tokens(self.plan, [[batch]])
        self.optimizer.zero_grad()
        rate = took / tokens / self.accelerator.num_processes
        if self.manifest is None:
            left = (self.options.most_seconds * _IN_TIME - (time.monotonic() - self.began)) / rate
            room = torch.tensor(left, device=self.accelerator.device)
            self.pace.fit_into(float(self.accelerator.reduce(room, "mean")))  # every process must plan the same steps
        self.pace.choose_looked_at()
        return replace(expected, seconds=rate * self.pace.tokens(), steps=len(self.pace.steps))

    def _begin(self, expected: Estimate) -> None:
        """The folder, its manifest, and where to go on; the first evaluation says what the base can do."""
        checkpoints.need_space(self.place.folder, self.weights, self.options)
        if self.manifest is not None and self.place.checkpoint.exists():
            self.progress = checkpoints.restore(self.place, self.weights, self.optimizer)
            self.note(f"going on after step {self.progress.steps}")
        base = None if self.progress.steps else self._losses()
        if base and base[0] is not None and not math.isfinite(base[0]):
            raise TrainingFailed("the base model's loss is no number", "its weights are damaged: fetch them again")
        if self.manifest is None:  # only now the name is taken
            self.manifest = self._new_manifest(expected)
            if self.first:
                self.place.write(self.manifest)
        if self.first:
            self.place.log.touch()
            os.truncate(self.place.log, self.progress.log_bytes)
        if base:
            self.progress.base_val_loss, self.progress.base_general_loss = loss, general = base
            self._log(
                {"step": 0, "epoch": 0.0, "val_loss": loss, "general_loss": general, "best": False, "samples": []}
            )

    def _learn(self) -> None:
        """The steps that are left, with what happens between them."""
        began, before, failed = time.monotonic(), self.progress.seconds, 0
        for number in range(self.progress.steps + 1, len(self.pace.steps) + 1):
            if self.progress.ended:
                break
            epoch, batches = self.pace.steps[number - 1]
            loss, norm, rate, tokens = self._step(number, batches)
            failed = 0 if math.isfinite(norm) else failed + 1
            if failed:
                self.progress.skipped_steps += 1
                self.note(f"step {number} is skipped: its gradient is no number")
            if failed == _MOST_SKIPPED or not math.isfinite(loss):
                raise self._no_number(number, batches)
            self.progress.steps, self.progress.tokens = number, self.progress.tokens + tokens
            self.progress.seconds = before + time.monotonic() - began
            line = {"step": number, "epoch": round(epoch, 4), "loss": loss, "lr": rate, "grad_norm": norm}
            self._log({**line, "tokens": self.progress.tokens, "seconds": round(self.progress.seconds, 3)})
            if number % self.pace.every == 0 or number == len(self.pace.steps):
                self._evaluate(epoch)
                self._save()
            elif number % self.options.checkpoint_every == 0:
                self._save()

    def _save(self) -> None:
        if self.first and (why := checkpoints.save(self.place, self.progress, self.weights, self.optimizer)):
            self.note(f"no checkpoint at step {self.progress.steps}: {why}; free space, it is tried again later")

    def _step(self, number: int, batches: Sequence[list[list[int]]]) -> tuple[float, float, float, int]:
        """Loss, norm of the gradient, learning rate, and tokens read. The loss is the mean over the learned tokens of the
        whole step, however they are divided among batches and processes."""
        world, rank = self.accelerator.num_processes, self.accelerator.process_index
        torch.manual_seed((self.options.seed << 32) + number * world + rank)
        rows = [self.plan.row(one) for batch in batches for line in batch for one in line]
        learned = sum(row.count for row in rows)
        self.module.train()
        total = torch.zeros((), device=self.accelerator.device)
        mine = [*batches[rank::world]]
        while len(mine) * world < len(batches):  # every process must take part in every exchange of gradients
            mine.append([])
        for batch in mine:
            loss = self.module(self._collated(batch or batches[0])) * bool(batch)
            self.accelerator.backward(loss * world / learned)
            total += loss.detach()
        total = self.accelerator.reduce(total, "sum")
        loss_of_step = float(total) / learned
        norm = float(self.accelerator.clip_grad_norm_(self.weights.values(), self.options.clip or math.inf))
        rate = rate_of(self.options, number, len(self.pace.steps))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        if math.isfinite(norm) and math.isfinite(loss_of_step):
            self.optimizer.step()
        self.optimizer.zero_grad()
        return loss_of_step, norm, rate, sum(len(row.tokens) for row in rows)

    def _collated(self, batch: Sequence[Sequence[int]]) -> Any:
        lines = [[self.plan.row(one) for one in line] for line in batch]
        return collate(lines, self.tokenizer.pad_token_id or 0, self.accelerator.device)

    def _no_number(self, number: int, batches: Sequence[list[list[int]]]) -> TrainingFailed:
        lines = sorted({self.plan.row(one).line for batch in batches for line in batch for one in line})
        shown = ", ".join(map(str, lines[:12])) + (", …" if len(lines) > 12 else "")
        return TrainingFailed(
            f"step {number}: the loss is no number; its rows are those of lines {shown} of {self.options.data}",
            f"{_STEADIER} (it is {self.options.peak_rate:g}), and look at these rows",
        )

    def _losses(self) -> tuple[float | None, float | None]:
        """Of the validation rows, and of general text."""
        return self._loss(self.data.val), self._loss(self.data.general)

    def _loss(self, rows: Sequence[Encoded]) -> float | None:
        return mean_loss(self.learner, rows, self.options.batch, self.tokenizer.pad_token_id or 0)

    def _evaluate(self, epoch: float) -> None:
        """Keeps the weights if they are the best so far, and ends the run if nothing gets better any more."""
        progress = self.progress
        loss, progress.last_general_loss = self._losses()
        if loss is not None and not math.isfinite(loss):
            raise TrainingFailed(f"step {progress.steps}: the validation loss is no number", _STEADIER)
        best = self._keep_if_best(loss, progress.last_general_loss)
        progress.waited = 0 if best else progress.waited + 1
        if 0 < self.options.patience <= progress.waited and progress.steps < len(self.pace.steps):
            progress.ended = "early"
        shown = [row for row in self.data.val if row.asked][: self.options.samples if self.first else 0]
        line = {"step": progress.steps, "epoch": round(epoch, 4), "val_loss": loss}
        samples = [self._sample(row) for row in shown]
        self._log({**line, "general_loss": progress.last_general_loss, "best": best, "samples": samples})

    def _keep_if_best(self, loss: float | None, general: float | None, strength: float = 1.0) -> bool:
        """Forgetting is counted first."""
        progress = self.progress
        rank = (self._forgotten(general), loss or 0.0)
        before = (self._forgotten(progress.general_loss), progress.val_loss or 0.0)
        if not (best := loss is None or not progress.best_step or rank < before):
            return best
        progress.best_step, progress.val_loss, progress.general_loss = progress.steps, loss, general
        progress.strength = strength
        if self.first:
            checkpoints.keep_best(self.place, progress.steps, self.model, self.tokenizer, self.options)
        return best

    def _temper(self) -> None:
        """Where the last weights forget more than the gate lets pass, or have learned by heart, less of what the adapter adds to
        the base is tried: the most of it that forgets little, and less as long as the loss falls. Both faults fall faster than what
        was learned (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022, who do so with whole weights)."""
        progress = self.progress
        learned = {name: value.detach().clone() for name, value in self.weights.items() if "lora_B" in name}
        fine = progress.best_step == progress.steps and not self._forgotten(progress.last_general_loss)
        if not learned or progress.tempered or fine:
            return
        progress.tempered, before = True, math.inf
        for strength in _STRENGTHS:
            self._weigh(learned, strength)
            if self._forgotten(general := self._loss(self.data.general), _AIM):
                continue
            loss = self._loss(self.data.val)
            best = self._keep_if_best(loss, general, strength)
            line = {"step": progress.steps, "epoch": round(self.pace.steps[progress.steps - 1][0], 4), "val_loss": loss}
            self._log({**line, "general_loss": general, "best": best, "samples": [], "strength": strength})
            if loss is None or loss >= before:
                break
            before = loss
        self._weigh(learned, 1.0)
        self._save()

    def _weigh(self, learned: Mapping[str, torch.Tensor], strength: float) -> None:
        with torch.no_grad():
            for name, value in learned.items():
                self.weights[name].copy_(value * strength)

    def _forgotten(self, general: float | None, most: float = MOST_FORGOTTEN) -> float:
        """By how much the loss on general text is above what the gate lets pass."""
        base = self.progress.base_general_loss
        return 0.0 if general is None or base is None else max(0.0, general - base - math.log1p(most))

    def _sample(self, row: Encoded) -> dict[str, str]:
        """What the model would answer to the first question of a row, and what stands there."""
        start = row.learned.index(True)
        end = next((at for at in range(start, len(row.tokens)) if not row.learned[at]), len(row.tokens))
        self.model.eval()
        asked = torch.tensor([row.tokens[:start]], device=self.accelerator.device)
        with torch.no_grad(), torch.autocast(asked.device.type, torch.bfloat16, enabled=self.learner.narrow):
            out = self.model.generate(
                input_ids=asked, attention_mask=torch.ones_like(asked), max_new_tokens=self.options.sample_tokens,
                do_sample=False, use_cache=True, pad_token_id=self.tokenizer.pad_token_id or 0,
            )  # fmt: skip
        words = (out[0, start:].tolist(), row.tokens[start:end])
        reply, wanted = (self.tokenizer.decode(part, skip_special_tokens=True).strip() for part in words)
        return {"asked": row.asked[-300:], "reply": reply, "wanted": wanted}

    def _finish(self) -> Manifest:
        """The best weights under their final name, and a manifest that says so. Safe to repeat."""
        assert self.manifest is not None
        progress = self.progress
        target = self.place.weights_of(self.manifest)
        losses = [line["loss"] for line in log_lines(self.place.log) if "loss" in line][-20:]
        reached = {name: value for name, value in asdict(progress).items() if name in Metrics.model_fields}
        metrics = Metrics(
            **{**reached, "seconds": round(progress.seconds, 1), "ended": progress.ended or "planned"},
            planned_steps=len(self.pace.steps),
            train_loss=sum(losses) / len(losses) if losses else None,
            tokens_per_second=round(progress.tokens / progress.seconds, 1) if progress.seconds else 0.0,
        )
        if self.first:
            best = checkpoints.best(self.place, progress.best_step)
            if best.exists():
                shutil.rmtree(target, ignore_errors=True)
                best.rename(target)
            self.manifest = self.manifest.changed(
                state="finished", finished_at=_now(), metrics=metrics, files=hashes_under(self.place.folder, target)
            )
            self.place.write(self.manifest)
            self.place.checkpoint.unlink(missing_ok=True)
        self.accelerator.wait_for_everyone()
        return self.manifest

    def _new_manifest(self, expected: Estimate) -> Manifest:
        options = self.options
        name = options.base or weights.DEFAULT_MODEL
        return Manifest(
            name=self.place.name,
            kind="full" if options.method == "full" else "adapter",
            created_at=_now(),
            base=Base(
                name=name,
                folder=str(self.folder.resolve()),
                hash=base_hash(self.folder),
                version=weights.fingerprint(self.folder),
                parameters=expected.parameters,
            ),
            data=self.data.files,
            parameters=_settled(options, len(self.pace.steps)),
            seed=options.seed,
            trainable=sum(value.numel() for value in self.weights.values()),
            versions={
                "python": platform.python_version(),
                **{one: version(one) for one in ("torch", "transformers", "peft", "accelerate", "remora")},
            },
        )

    def _log(self, line: Mapping[str, Any]) -> None:
        if self.first:
            with (
                checkpoints.disk(self.place, "the log", self.progress.steps),
                self.place.log.open("a", encoding="utf-8") as file,
            ):
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
                file.flush()
                self.progress.log_bytes = file.tell()
        self.tell(line)


def _batch(rows: Sequence[Encoded], options: Options) -> int:
    """So few long rows, or so many short ones, that a short time holds many steps: on the same tokens, one long row a step
    learned more than two or three (docs/benchmarks.md)."""
    length = options.max_length if options.packing else sum(len(row.tokens) for row in rows) / len(rows)
    return min(8, max(1, round(400 / length)))


def _context(folder: Path) -> int:
    """Most tokens that the model can read."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return int(config.get("max_position_embeddings") or config.get("n_positions") or 1 << 30)


def _settled(options: Options, steps: int) -> dict[str, Any]:
    """With what was chosen for it, so that a run can be resumed elsewhere: paths from the root, steps, rate and
    precision."""
    paths = {key: getattr(options, key) for key in ("base", "data", "val", "mix")}
    return {
        **options.model_dump(),
        **{key: str(Path(path).expanduser().resolve()) for key, path in paths.items() if path},
        "steps": steps,
        "learning_rate": options.peak_rate,
        "precision": "bf16" if precision_of(options) == torch.bfloat16 else "fp32",
    }


def _now() -> str:
    return SystemClock().now().isoformat(timespec="seconds")


_STEADIER = "begin again with --clip 1, --precision fp32 and a lower --learning-rate"
_SMALLER = "use a smaller --batch or --max-length, --gradient-checkpointing, or --force"
