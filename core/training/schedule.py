"""Which step does what: its rows, and its learning rate."""

from __future__ import annotations

import math

from core.training.batches import Plan
from core.training.options import Options


def steps_of(plan: Plan, options: Options) -> list[tuple[float, list[list[list[int]]]]]:
    """Each step with how many epochs have passed at its end."""
    made: list[tuple[float, list[list[list[int]]]]] = []
    epoch, epochs = 0, options.epochs or 3
    while len(made) < options.steps if options.steps else epoch < epochs:
        steps = plan.steps_of(epoch)
        made += [(epoch + at / len(steps), step) for at, step in enumerate(steps, 1)]
        epoch += 1
    whole = math.ceil(len(made) * epochs / epoch) if not options.steps else options.steps
    return made[:whole]


def rate_of(options: Options, step: int, steps: int) -> float:
    """The learning rate of a step, from 1: rising to the peak, then falling to a tenth of it."""
    rising = math.ceil(options.warmup * steps)
    if step <= rising:
        return options.peak_rate * step / rising
    passed = (step - rising) / max(1, steps - rising)
    match options.schedule:
        case "constant":
            share = 1.0
        case "linear":
            share = 1 - 0.9 * passed
        case "cosine":
            share = 0.55 + 0.45 * math.cos(math.pi * passed)
    return options.peak_rate * share
