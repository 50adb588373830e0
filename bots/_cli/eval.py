"""`remora eval`: how good adapted models are beside their base, with confidence intervals."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import click


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--data", required=True, type=click.Path(exists=True, dir_okay=False), help="Data not trained on.")
@click.option(
    "--general", default="", type=click.Path(dir_okay=False), help="Other general text than the built-in one."
)
@click.option("--rows", default=32, show_default=True, help="Conversations of which a reply is generated; 0: all.")
@click.option("--max-tokens", default=64, show_default=True, help="Longest reply, in tokens.")
@click.option("--batch", default=8, show_default=True, help="Rows computed at once.")
@click.option("--seed", default=0, show_default=True, help="Fixes which replies are asked for, and the resampling.")
@click.option("--safety/--no-safety", default=True, help="Ask what should be refused, too.")
@click.option("--against", default="", help="Compare with this instead of the base that NAME was adapted from.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
def command(names: Sequence[str], against: str, as_json: bool, **wanted: Any) -> None:
    """Measure models on held-out data. NAME is a model of `remora train`, "base", "live" (the one in force), or a folder;
    the report is kept in the manifest of each."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that wait by spinning take a busy machine's time
    from core.settings import load_settings
    from core.training.evaluation.evaluate import METRICS, Wanted, base_of, evaluate

    settings = load_settings()
    named = [_live() if name == "live" else name for name in (*names, against or names[0])]
    first = named[-1] if against else base_of(settings, named[0])
    every = list(dict.fromkeys([first, *named[:-1]]))
    report = evaluate(settings, every, Wanted(**wanted), lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    _table(report, {name: metric.about for name, metric in METRICS.items()})


def _live() -> str:
    """The model in force; the base where none was promoted."""
    from bots._database import done
    from core.store import models

    return done(lambda tx, _now: models.current(tx)).active or "base"


def _table(report: dict[str, Any], about: dict[str, str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("", *(model["name"] for model in report["models"]), "change (95 %)", box=None, pad_edge=False)
    for metric, words in about.items():
        figures = [model["metrics"].get(metric) for model in report["models"]]
        if any(figures):
            moved = [change["metrics"].get(metric) for change in report["changes"]]
            table.add_row(f"{words}", *map(_figure, figures), "; ".join(_change(metric, one) for one in moved if one))
    for name in report["models"][0]["plain"]:
        table.add_row(name.replace("_", " "), *(f"{model['plain'][name]:g}" for model in report["models"]), "")
    Console(width=160, highlight=False).print(table)
    for example in report["examples"][:3]:
        click.echo("")
        for name, text in example.items():
            if name != "line":
                click.echo(f"  {name[-24:]:24} {str(text)[:200]!r}")


def _figure(found: dict[str, Any] | None) -> str:
    return f"{found['value']:.3g} ({found['low']:.3g} - {found['high']:.3g})" if found else "-"


def _change(metric: str, found: dict[str, Any]) -> str:
    if "perplexity" in metric or metric == "fits":
        value, low, high = (f"{100 * found[key]:+.1f} %" for key in ("value", "low", "high"))
    else:
        value, low, high = (f"{found[key]:+.3f}" for key in ("value", "low", "high"))
    return f"{value} ({low} - {high}) {found['verdict']}"
