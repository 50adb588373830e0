"""`remora recur`: when a recurrence rule fires."""

from __future__ import annotations

import click


@click.command()
@click.option("--jsonl", is_flag=True, required=True, help="JSON lines on standard input, one line out for each.")
def command(jsonl: bool) -> None:
    """List the occurrences of recurrence rules (batch form)."""
    assert jsonl, "it is required"
    from core.reminders.recur_batch import main

    main()
