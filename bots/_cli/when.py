"""`remora when`: what a sentence means in time."""

from __future__ import annotations

import json
import sys

import click


@click.command()
@click.argument("text", required=False)
@click.option("--now", help="The moment it is said, ISO 8601; default: now.")
@click.option("--tz", help="The IANA zone it is said in; default: DEFAULT_TIMEZONE, else UTC.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Its language; default: found out.")
@click.option("--jsonl", is_flag=True, help="JSON lines on standard input, one line out for each.")
def command(text: str | None, now: str | None, tz: str | None, lang: str | None, jsonl: bool) -> None:
    """Say what time or rule TEXT means, as JSON."""
    from core.clock import SystemClock
    from core.language.batch import when_line
    from core.settings import load_settings

    if jsonl:
        from core.language.batch import main

        main(sys.stdin, sys.stdout)
        return
    if text is None:
        raise click.UsageError("give a TEXT, or --jsonl and lines on standard input")
    asked = {
        "id": "",
        "text": text,
        "lang": lang,
        "reference_time": now or SystemClock().now().isoformat(),
        "tz": tz or load_settings().default_timezone or "UTC",
    }
    answer = when_line(asked)
    answer.pop("id", None)
    click.echo(json.dumps(answer, ensure_ascii=False))
    if "error" in answer:
        sys.exit(2)
