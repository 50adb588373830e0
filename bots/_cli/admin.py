"""`remora admin`: who may enter the admin side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Awaitable, Callable

    from core.admin.roles import Actor
    from core.store import Tx

_ROLES = ["owner", "editor", "operator", "viewer"]
_as_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_name = click.argument("name")


@click.group()
def command() -> None:
    """Accounts of the admin pages. Roles: owner (everything), editor (intents, bots, models), operator (people,
    reminders, conversations), viewer (looks on)."""


def actor() -> Actor:
    """Whoever sits at the command line may do everything, under their name on this machine."""
    import getpass

    from core.admin.roles import Actor

    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user id without a name, as in many containers
        name = "somebody"
    return Actor(f"cli:{name}", "owner")


def _changed(name: str, work: Callable[[Tx, dt.datetime, int], Awaitable[Any]]) -> Any:
    """Does the work on the account of that name."""
    from bots._database import done
    from core.admin import accounts

    async def run(tx: Tx, now: dt.datetime) -> Any:
        return await work(tx, now, (await accounts.named(tx, name)).id)

    return done(run)


def _show_link(name: str, secret: str, life: dt.timedelta, as_json: bool) -> None:
    from core.settings import load_settings

    link, minutes = f"{load_settings().web_url}/admin/enter#{secret}", life.total_seconds() / 60
    if as_json:
        click.echo(json.dumps({"name": name, "link": link, "minutes": int(minutes)}, ensure_ascii=False))
    else:
        click.echo(link)
        click.echo(f"{name} signs in by it, once, within {int(minutes)} minutes", err=True)


@command.command()
@_name
@click.option("--role", type=click.Choice(_ROLES), default="viewer", show_default=True)
@_as_json
def create(name: str, role: str, as_json: bool) -> None:
    """Make an account, and print the one-time link by which its owner gets in."""
    from bots._database import done
    from core.admin import accounts

    async def work(tx: Tx, now: dt.datetime) -> tuple[str, str]:
        account, secret = await accounts.create(tx, actor(), name, role, now)  # type: ignore[arg-type]  # of the choices
        return account.name, secret

    _show_link(*done(work), accounts.INVITATION_LIFE, as_json)


@command.command("login-link")
@_name
@_as_json
def login_link(name: str, as_json: bool) -> None:
    """Print a one-time link that signs an account in. A second factor is asked for all the same."""
    from core.admin import accounts, signin

    secret = _changed(name, lambda tx, now, number: accounts.sign_in_link(tx, actor(), number, now))
    _show_link(name, secret, signin.LINK_LIFE, as_json)


@command.command("reset-password")
@_name
@_as_json
def reset_password(name: str, as_json: bool) -> None:
    """Take the password, the second factor and its recovery codes away, sign every browser out, and print a link to begin anew."""
    from core.admin import accounts, signin

    secret = _changed(name, lambda tx, now, number: accounts.reset(tx, actor(), number, now))
    _show_link(name, secret, signin.LINK_LIFE, as_json)


@command.command("list")
@_as_json
def list_(as_json: bool) -> None:
    """Every account."""
    from bots._database import done
    from core.store.admin import accounts

    async def work(tx: Tx, _now: dt.datetime) -> list[dict[str, Any]]:
        return [
            {"name": one.name, "role": one.role, "disabled": one.disabled, "password": one.has_password,
             "second_factor": one.has_totp, "chat": one.person_id is not None,
             "since": one.created_at.isoformat(timespec="seconds")}
            for one in await accounts.listed(tx)
        ]  # fmt: skip

    rows = done(work)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        marks = [word for word in ("disabled", "password", "second_factor", "chat") if row[word]]
        click.echo(f"{row['name']:24}  {row['role']:9}  {row['since'][:10]}  {', '.join(marks)}".rstrip())
    if not rows:
        click.echo(
            "nobody yet: open the link that remora run prints, or: remora admin create NAME --role owner", err=True
        )


@command.command()
@_name
@click.argument("role", type=click.Choice(_ROLES))
def role(name: str, role: str) -> None:
    """Give an account another role."""
    from core.admin import accounts

    _changed(name, lambda tx, now, number: accounts.set_role(tx, actor(), number, role, now))  # type: ignore[arg-type]
    click.echo(f"{name}: {role}")


@command.command()
@_name
@click.option("--undo", is_flag=True, help="Let it in again.")
def disable(name: str, undo: bool) -> None:
    """Sign an account out everywhere, and let it in no more."""
    from core.admin import accounts

    _changed(name, lambda tx, now, number: accounts.set_disabled(tx, actor(), number, not undo, now))
    click.echo(f"{name}: {'enabled' if undo else 'disabled'}")


@command.command()
@_name
def remove(name: str) -> None:
    """Delete an account. What it did stays in the audit log."""
    from core.admin import accounts

    _changed(name, lambda tx, now, number: accounts.remove(tx, actor(), number, now))
    click.echo(f"{name}: removed")
