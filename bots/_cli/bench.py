"""`remora bench`: the measurements of docs/benchmarks.md, from a checkout of the source."""

from __future__ import annotations

from pathlib import Path

import click

_SOURCE = Path(__file__).resolve().parents[2]


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("what", default="")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def command(what: str, options: tuple[str, ...]) -> None:
    """Measure and print figures as JSON; `bench WHAT --help` shows the sizes.

    The measurements lie beside the tests: they come with the source, not with an installed package.
    """
    import os
    import sys

    from core.errors import Refused

    known = sorted(file.stem.removeprefix("bench_") for file in (_SOURCE / "tests" / "bench").glob("bench_*.py"))
    if not known:
        raise Refused("the measurements are not part of an installed package", "run it in a checkout of the source")
    if what not in known:
        click.echo(f"remora bench {'|'.join(known)} [--help]")
        raise click.exceptions.Exit(0 if what in ("", "--help", "-h") else 2)
    os.chdir(_SOURCE)
    os.execv(sys.executable, [sys.executable, "-m", f"tests.bench.bench_{what}", *options])  # noqa: S606 - ourselves
