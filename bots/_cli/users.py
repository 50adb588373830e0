"""`remora users`: who may use the assistant on Telegram and Slack."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    import datetime as dt

    from core.store import Tx
    from core.store.access import Place

_T = TypeVar("_T")
_account = click.argument("account")
_role = click.option("--role", type=click.Choice(["member", "owner"]), default="member", show_default=True)


@click.group()
def command() -> None:
    """Who may use the assistant. ACCOUNT is telegram:ID or slack:TEAM/USER (slack:TEAM: the whole workspace)."""


def _done(work: Callable[[Tx, dt.datetime], Awaitable[_T]]) -> _T:
    from bots._database import done

    return done(work)


def _place(text: str) -> Place:
    from core.store.access import Place

    platform, _, rest = text.partition(":")
    workspace, slash, account = rest.partition("/")
    if platform == "slack" and workspace:
        return Place(platform, workspace, account)
    if platform and workspace and not slash:
        return Place(platform, "", "", workspace) if workspace.startswith("-") else Place(platform, "", workspace)
    raise click.UsageError(f"{text!r} is no account: give telegram:ID, slack:TEAM/USER or slack:TEAM")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(as_json: bool) -> None:
    """Who is in, and who was put out."""
    from core.skills.access import account_of
    from core.store import access

    async def work(tx: Tx, _now: dt.datetime) -> list[dict[str, str]]:
        return [
            {"account": account_of(one.place), "role": one.role, "since": one.since.isoformat(timespec="seconds"),
             "name": one.name, "handle": one.handle}
            for one in await access.listed(tx)
        ]  # fmt: skip

    rows = _done(work)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['account']:28}  {row['role']:7}  {row['since'][:10]}  {row['name']}".rstrip())
    if not rows:
        click.echo("nobody is in: remora users invite, or the code that remora run prints", err=True)


@command.command()
@_account
@_role
def add(account: str, role: str) -> None:
    """Let an account in, or a whole workspace."""
    _given(account, role)


@command.command()
@_account
@click.argument("role", type=click.Choice(["member", "owner"]))
def role(account: str, role: str) -> None:
    """Make an account an owner, or a member again."""
    _given(account, role)


@command.command()
@_account
def remove(account: str) -> None:
    """Take somebody's access away: no more answers, and their reminders are on hold."""
    _given(account, "removed")


def _given(account: str, role: str) -> None:
    from core.access import shut
    from core.errors import RemoraError
    from core.settings import load_settings
    from core.store import access

    place, settings = _place(account), load_settings()
    if role == "owner" and not place.account:
        raise click.UsageError("only an account can be an owner")

    async def work(tx: Tx, now: dt.datetime) -> None:
        if role != "removed" or place.account:
            await access.put(tx, place, role, None, now)  # type: ignore[arg-type]  # one of the choices above
        elif await shut(tx, settings, place, now) is None:
            raise RemoraError(f"{account} was not open", "see: remora users list")

    _done(work)
    click.echo(f"{account}: {role}")


@command.command()
@_role
def invite(role: str) -> None:
    """A one-time code that lets one person in; they send it to the bot in a private chat."""
    from core.access import INVITATION_LIFE, digest, new_code
    from core.store import access

    code = new_code()

    async def work(tx: Tx, now: dt.datetime) -> None:
        await access.add_code(tx, digest(code), role, None, "", now, INVITATION_LIFE)  # type: ignore[arg-type]

    _done(work)
    click.echo(code)
