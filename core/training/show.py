"""Pictures for a terminal: a histogram, and curves of numbers over steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_MARKS = "•×+o"


def histogram(values: Sequence[int], bins: int = 12, width: int = 50) -> list[str]:
    """A line a bin of equal width: from, to, a bar, how many."""
    if not values:
        return []
    low, high = min(values), max(values)
    size = max(1, -(-(high - low + 1) // bins))
    counts = [0] * (1 + (high - low) // size)
    for value in values:
        counts[(value - low) // size] += 1
    return [
        f"{low + at * size:>7} - {low + (at + 1) * size - 1:<7} {bar(count / max(counts), width)} {count}"
        for at, count in enumerate(counts)
    ]


def bar(share: float, width: int) -> str:
    """`width` characters at a share of 1."""
    eighths = round(share * width * 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def curve(lines: Mapping[str, Sequence[tuple[float, float]]], width: int = 70, height: int = 12) -> list[str]:
    """Several curves of (step, value) in one picture, each with its mark; values that are no numbers are left out."""
    points = [
        (x, y, mark) for mark, line in zip(_MARKS, lines.values(), strict=False) for x, y in line if math.isfinite(y)
    ]
    if not points:
        return []
    left, right = min(x for x, _, _ in points), max(x for x, _, _ in points)
    low, high = min(y for _, y, _ in points), max(y for _, y, _ in points)
    picture = [[" "] * width for _ in range(height)]
    for x, y, mark in points:
        column = round((x - left) / ((right - left) or 1) * (width - 1))
        row = round((high - y) / ((high - low) or 1) * (height - 1))
        picture[row][column] = mark
    labels = {0: high, height // 2: (low + high) / 2, height - 1: low}
    drawn = [
        f"{f'{labels[at]:.3f}' if at in labels else '':>8} │{''.join(row).rstrip()}" for at, row in enumerate(picture)
    ]
    legend = "   ".join(f"{mark} {name}" for mark, name in zip(_MARKS, lines, strict=False))
    return [*drawn, f"{'':>8} └{'─' * width}", f"{'':>10}{left:<10g}{legend:^{width - 20}}{right:>10g}"]


def spell_seconds(seconds: float) -> str:
    """ "40 s", "9 min", "2 h 10 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
