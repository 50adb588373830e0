"""`remora token`: keys for machines that use the API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import datetime as dt

    from core.store import Tx


@click.group()
def command() -> None:
    """Keys for other systems: what may use the model, the bot and the data by the JSON API."""


@command.command()
@click.argument("name")
@click.option("--owner", required=True, help="The admin whose rights bound those of the key.")
@click.option("--scope", "scopes", multiple=True, required=True, help="What it is for; may be given several times.")
@click.option("--days", type=click.IntRange(0, 3650), default=0, show_default="no end", help="How long it lasts.")
def create(name: str, owner: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a key and print it, this once. Scopes: chat, intents.read, intents.write, reminders.read, reminders.write,
    people.read, audit.read."""
    from bots._cli.admin import actor
    from bots._database import done
    from core.admin import tokens
    from core.errors import Refused
    from core.store.admin import accounts

    async def work(tx: Tx, now: dt.datetime) -> str:
        account = await accounts.by_name(tx, owner)
        if account is None or account.disabled:
            raise Refused(f"there is no admin {owner}", "see: remora admin list")
        return await tokens.create(tx, account, name, scopes, now, days=days, by=actor().name)

    click.echo(done(work))


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """The keys, never their secrets."""
    from bots._database import done
    from core.store.admin import tokens

    async def work(tx: Tx, _now: dt.datetime) -> list[dict[str, Any]]:
        return [
            {"id": one.id, "name": one.name, "owner": one.owner, "scopes": sorted(one.scopes),
             "created": one.created_at.isoformat(timespec="seconds"),
             "used": one.used_at and one.used_at.isoformat(timespec="seconds"),
             "expires": one.expires_at and one.expires_at.isoformat(timespec="seconds")}
            for one in await tokens.listed(tx)
        ]  # fmt: skip

    rows = done(work)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['id']:>4}  {row['name']}  {row['owner']}  {' '.join(row['scopes'])}")
    if not rows:
        click.echo("none yet: remora token create NAME --owner ADMIN --scope chat", err=True)


@command.command()
@click.argument("id_", metavar="ID", type=int)
def revoke(id_: int) -> None:
    """Take a key back: it stops working at once."""
    from bots._cli.admin import actor
    from bots._database import done
    from core.admin import tokens

    done(lambda tx, now: tokens.revoke(tx, id_, now, actor().name))
    click.echo("revoked")
