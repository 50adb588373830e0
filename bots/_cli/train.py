"""`remora train`: fine-tunes a language model on conversations; each option is a key of --config, too."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click


class _Knobs(click.Command):
    """With an option for each knob of a run, read only where they are wanted: the list of verbs loads nothing heavy."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        from core.training.options import Options

        knobs = Options.model_fields.items()
        own, helping = super().get_params(ctx)[:-1], super().get_params(ctx)[-1:]
        return [*own, *(_option(name, knob) for name, knob in knobs), *helping]


def _option(name: str, knob: Any) -> click.Option:
    more: dict[str, Any] = {"type": knob.annotation}
    if get_origin(knob.annotation) is Literal:
        more["type"] = click.Choice(get_args(knob.annotation))
    flag = f"--{name.replace('_', '-')}"
    if knob.annotation is bool:
        flag, more = f"{flag}/--no-{name.replace('_', '-')}", {}
    about = f"{knob.description} [{knob.default}]" if knob.default not in ("", False) else knob.description
    return click.Option([flag, name], default=None, help=about, **more)


@click.command(cls=_Knobs)
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="TOML with these options.")
@click.option("--resume", metavar="NAME", help="Go on with a run that was interrupted; it keeps its options.")
@click.option("--estimate", "only_estimate", is_flag=True, help="Say what it would take, and train nothing.")
@click.option("--json", "as_json", is_flag=True, help="Everything as it happens, one JSON object a line.")
def command(config: Path | None, resume: str | None, only_estimate: bool, as_json: bool, **knobs: Any) -> None:
    """Fine-tune a model: remora train --name NAME --data FILE. Stopped or killed, it goes on with --resume NAME."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait by spinning take a busy machine's time
    from core.errors import Refused
    from core.settings import load_settings
    from core.training import finetune
    from core.training.options import Options

    for sharding in ("FSDP", "DEEPSPEED"):  # on processors accelerate would pass over it in silence
        if os.environ.get(f"ACCELERATE_USE_{sharding}", "").lower() in ("1", "true"):
            raise Refused(
                f"training under {sharding} is not supported", "launch processes with a whole model each: torchrun"
            )
    given = {name: value for name, value in knobs.items() if value is not None}
    if resume and (given or config):
        raise click.UsageError("--resume goes on with the run's own options; give no others")
    options = Options.read(config, given)
    if not resume and (not options.data or not (options.name or only_estimate)):
        raise click.UsageError("give --name and --data, here or in --config")
    settings = load_settings()
    if options.data:
        from core.admin.learning import data_file

        options = options.model_copy(update={"data": str(data_file(settings, options.data))})
    with closing(_Terminal()) as terminal:
        tell = _json if as_json else terminal
        try:
            if resume:
                made = finetune.resume(settings, resume, tell)
            else:
                made = finetune.train(settings, options, tell, only_estimate=only_estimate)
        except KeyboardInterrupt:
            click.echo(f"stopped; go on with: remora train --resume {resume or options.name}", err=True)
            raise
    if made is not None and not as_json and os.environ.get("RANK", "0") == "0":
        from core.training.runs import Run

        run = Run.named(settings, made.name)
        click.echo("\n".join(_report(made, run)))


def _json(event: Mapping[str, Any]) -> None:
    click.echo(json.dumps(event, ensure_ascii=False))


class _Terminal:
    """A bar with the time that is left where there is a terminal; a line now and then where there is none."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self._console)
        self._task = self._bar.add_task("", total=None)
        self._steps, self._seconds = 0, 0.0

    def __call__(self, event: Mapping[str, Any]) -> None:
        match event:
            case {"note": text}:
                self._say(text)
            case {"estimate": text, "steps": steps}:
                self._steps = steps
                self._bar.update(self._task, total=steps)
                self._say(text)
            case {"loss": loss, "step": step, "seconds": seconds}:
                self._step(step, f"epoch {event['epoch']:.2f}  loss {loss:.3f}  lr {event['lr']:.2g}", seconds)
            case {"val_loss": loss, "step": step}:
                self._evaluated(step, loss, event)

    def close(self) -> None:
        self._bar.stop()

    def _step(self, step: int, text: str, seconds: float) -> None:
        if self._console.is_terminal:
            self._bar.start()
            self._bar.update(self._task, completed=step, description=text)
        elif step == 1 or seconds - self._seconds >= 10:
            self._seconds = seconds
            self._say(f"step {step}/{self._steps}  {text}  {seconds:.0f} s")

    def _evaluated(self, step: int, loss: float | None, event: Mapping[str, Any]) -> None:
        general = event["general_loss"]
        said = [f"validation {loss:.3f}" if loss is not None else "", f"general text {general:.3f}"]
        if strength := event.get("strength"):
            said.append(f"with {strength:.0%} of what the adapter learned")
        self._say(
            f"step {step}/{self._steps}  {'  '.join(filter(None, said))}{'  (best so far)' if event['best'] else ''}"
        )
        for sample in event["samples"]:
            asked, *_ = sample["asked"].strip().splitlines()[-1:] or [""]
            self._say(
                f"    asked   {asked[-100:]}\n    replies {sample['reply']!r}\n    wanted  {sample['wanted'][:100]!r}"
            )

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)
        sys.stderr.flush()


def _report(made: Any, run: Any) -> list[str]:
    """The curve, the loss of each epoch, and what to do next."""
    from math import ceil, exp

    from core.training.runs import log_lines
    from core.training.show import curve, spell_seconds

    lines = list(log_lines(run.log))
    steps = [line for line in lines if "loss" in line]
    looks = [line for line in lines if line.get("val_loss") is not None]
    said = curve(
        {
            "loss": [(line["step"], line["loss"]) for line in steps],
            "validation": [(line["step"], line["val_loss"]) for line in looks],
        }
    )
    by_epoch: dict[int, list[float]] = {}
    for line in steps:
        by_epoch.setdefault(ceil(line["epoch"]), []).append(line["loss"])
    said += [f"epoch {epoch}: mean loss {sum(losses) / len(losses):.3f}" for epoch, losses in by_epoch.items()]
    found = made.metrics
    if found.val_loss is not None and found.base_val_loss:
        before, after = (exp(min(loss, 99)) for loss in (found.base_val_loss, found.val_loss))
        said.append(
            f"validation perplexity {before:.2f} -> {after:.2f} ({100 * (after / before - 1):+.1f} %), best at step {found.best_step}"
        )
    said.append(
        f"{run.folder}: {found.steps} steps ({found.ended}), {spell_seconds(found.seconds)}, {found.tokens_per_second:.0f} tokens/s"
    )
    return [*said, f"next: remora eval {made.name} --data TEST.jsonl"]
