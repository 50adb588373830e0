"""`remora explain`: why a reply came out as it did. What was written is shown with a reason alone, which its writer can read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import datetime as dt

    from core.store import Tx


@click.command()
@click.argument("turn", default="last")
@click.option("--reason", default="", help="Show what was written and what the model was asked; the person reads why.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(turn: str, reason: str, as_json: bool) -> None:
    """How the reply of TURN came out: a number as the admin pages show it, or "last"."""
    from bots._cli.admin import actor
    from bots._database import done
    from core.admin import conversations as acts
    from core.admin import reveal
    from core.errors import RemoraError
    from core.store.admin import conversations

    if turn != "last" and not (turn.isascii() and turn.isdecimal() and len(turn) < 19):
        raise click.UsageError(f"{turn!r} is no turn: give its number, or last")

    async def work(tx: Tx, now: dt.datetime) -> dict[str, Any]:
        number = await conversations.newest_turn(tx) if turn == "last" else int(turn)
        row = await conversations.turn_of(tx, number, words=bool(reason)) if number is not None else None
        if row is None:
            raise RemoraError(f"there is no turn {turn}", "see the conversations on the admin pages")
        found: dict[str, Any] = {"turn": row.id, "at": row.started_at.isoformat(timespec="seconds")}
        found |= dict(acts.explained(row)) | {"ratings": list(row.ratings)}
        if reason:
            await reveal.noted(tx, actor(), "text.reveal", f"conversation:{row.session_id}", row.person_id, reason, now)
            found |= {"said": row.said, "replied": row.replied, "prompt": await conversations.prompt(tx, row.id)}
        return found | ({"trace": row.trace} if as_json else {})

    found = done(work)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    prompt = found.pop("prompt", None) or []
    for name, value in found.items():
        if value not in (None, "", []):
            click.echo(f"{name:14}{value}")
    for role, text in prompt:
        click.echo(f"\n[{role}]\n{text}")
