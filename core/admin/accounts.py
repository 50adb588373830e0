"""Accounts of the admin side: making, changing and ending them, and by what they prove who they are.

Whoever changes somebody else's account is an owner; there is always one left.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import secrets
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from core.admin import factors, signin
from core.admin.roles import Actor, Denied
from core.store import Store, Tx
from core.store.admin import accounts, takeovers, tokens
from core.store.admin.accounts import ROLES, Account, Proof, Role

_NAME = re.compile(r"[^\W_][\w.@+-]{0,63}")
INVITATION_LIFE: Final = dt.timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at the team's own sign-in: `key` is issuer and subject, `email` "" where it was not verified there."""

    key: str
    email: str
    groups: tuple[str, ...]


def _subject(account: Account) -> str:
    return f"admin:{account.name}"


async def named(tx: Tx, name: str) -> Account:
    """The account of that name. Raises `Denied` where there is none."""
    account = await accounts.by_name(tx, unicodedata.normalize("NFKC", name.strip()))
    if account is None:
        raise Denied("admin_unknown", name=name)
    return account


async def create(tx: Tx, actor: Actor, name: str, role: Role, now: dt.datetime) -> tuple[Account, str]:
    """A new account, and the secret of the link by which its owner gets in, within `INVITATION_LIFE`."""
    actor.need("admins.edit")
    name = unicodedata.normalize("NFKC", name.strip())
    if not _NAME.fullmatch(name):
        raise Denied("admin_name_wrong")
    account = await accounts.add(tx, name, role, now)
    if account is None:
        raise Denied("admin_name_taken", name=name)
    secret = await signin.new_link(tx, "reset", now, account.id, INVITATION_LIFE)
    await actor.note(tx, now, "admin.create", _subject(account), {"role": role})
    return account, secret


async def _held(tx: Tx, actor: Actor, admin_id: int, *, loses: bool) -> Account:
    """The account as it is now, which no other transaction changes meanwhile; `loses`: it will be no owner any more."""
    actor.need("admins.edit")
    owners = await accounts.locked_owners(tx)
    account = await accounts.get(tx, admin_id)
    if account is None:
        raise Denied("admin_gone")
    if loses and owners == {admin_id}:
        raise Denied("admin_last_owner")
    return account


async def set_role(tx: Tx, actor: Actor, admin_id: int, role: Role, now: dt.datetime) -> None:
    account = await _held(tx, actor, admin_id, loses=role != "owner")
    if role != account.role:
        await accounts.change(tx, admin_id, role=role)
        await actor.note(tx, now, "admin.role", _subject(account), {"from": account.role, "to": role})


async def set_disabled(tx: Tx, actor: Actor, admin_id: int, disabled: bool, now: dt.datetime) -> None:
    """A disabled account is signed out everywhere, and its links work no more."""
    account = await _held(tx, actor, admin_id, loses=disabled)
    await accounts.change(tx, admin_id, disabled=disabled, team=account.team and "follows")
    if disabled:
        await accounts.end_sessions(tx, admin_id)
        await accounts.drop_links(tx, admin_id)
        await takeovers.cut_short(tx, admin_id, now)
    await actor.note(tx, now, "admin.disable" if disabled else "admin.enable", _subject(account))


async def remove(tx: Tx, actor: Actor, admin_id: int, now: dt.datetime) -> None:
    account = await _held(tx, actor, admin_id, loses=True)
    await takeovers.cut_short(tx, admin_id, now)
    await accounts.remove(tx, admin_id)
    await actor.note(tx, now, "admin.remove", _subject(account), {"role": account.role}, person_id=account.person_id)


async def sign_in_link(tx: Tx, actor: Actor, admin_id: int, now: dt.datetime) -> str:
    """The secret of a link in place of a password; a second factor is asked for all the same."""
    account = await _held(tx, actor, admin_id, loses=False)
    if account.disabled:
        raise Denied("admin_disabled", name=account.name)
    await actor.note(tx, now, "admin.link", _subject(account))
    return await signin.new_link(tx, "login", now, admin_id)


async def reset(tx: Tx, actor: Actor, admin_id: int, now: dt.datetime) -> str:
    """The password and the second factor are gone, every browser is signed out, keys of machines are taken back; the
    secret of a link to begin anew."""
    account = await _held(tx, actor, admin_id, loses=False)
    if account.disabled:
        raise Denied("admin_disabled", name=account.name)
    await accounts.change(tx, admin_id, password="")
    await accounts.drop_factor(tx, admin_id)
    await accounts.end_sessions(tx, admin_id)
    await accounts.drop_links(tx, admin_id)
    await tokens.remove_all(tx, admin_id)
    await actor.note(tx, now, "admin.reset", _subject(account))
    return await signin.new_link(tx, "reset", now, admin_id)


async def end_session(tx: Tx, actor: Actor, account: Account, session_id: int, now: dt.datetime) -> None:
    """Signs a browser of that account out."""
    if await accounts.end_session(tx, session_id, account.id):
        await actor.note(tx, now, "admin.end_session", _subject(account))


async def end_sessions(tx: Tx, actor: Actor, account: Account, now: dt.datetime, but: int = 0) -> None:
    """Signs every browser of that account out, but that one."""
    await accounts.end_sessions(tx, account.id, but)
    await actor.note(tx, now, "admin.end_sessions", _subject(account))


# --- one's own account


async def set_password(
    store: Store, actor: Actor, account: Account, session_id: int, current: str, new: str, now: dt.datetime
) -> None:
    """Sets one's own password; the one before is asked for. Every other browser is signed out, links work no more."""
    if key := factors.fault(new, account.name):
        raise Denied(key, least=factors.SHORTEST, most=factors.LONGEST)
    async with store.read() as tx:
        proof = await accounts.proof(tx, admin_id=account.id)
    if proof is None:
        raise Denied("admin_gone")
    if proof.password and not await asyncio.to_thread(factors.fits, current, proof.password):
        raise Denied("admin_password_wrong")
    kept = await asyncio.to_thread(factors.hashed, new)
    async with store.write() as tx:
        again = await accounts.proof(tx, admin_id=account.id)
        if again is None or again.password != proof.password:
            raise Denied("admin_changed_meanwhile")
        await accounts.change(tx, account.id, password=kept)
        await accounts.end_sessions(tx, account.id, but=session_id)
        await accounts.drop_links(tx, account.id)
        await actor.note(tx, now, "admin.password", _subject(account))


async def begin_factor(tx: Tx, account: Account) -> None:
    """A secret for an authenticator app, which counts once a code of it was given."""
    if not account.has_totp:
        await accounts.change(tx, account.id, totp=factors.new_secret(), totp_used=-1)


async def confirm_factor(tx: Tx, actor: Actor, account: Account, code: str, now: dt.datetime) -> list[str]:
    """From now on, codes of the app are asked for; returns the recovery codes, which are kept nowhere."""
    proof = await accounts.proof(tx, admin_id=account.id)
    if proof is None or proof.totp is None or proof.totp_used >= 0:
        raise Denied("admin_changed_meanwhile")
    step = factors.step_of(proof.totp, code, now, proof.totp_used)
    if step is None:
        raise Denied("admin_code_wrong")
    await accounts.use_step(tx, account.id, step)
    await actor.note(tx, now, "admin.factor_on", _subject(account))
    return await _recovery_codes(tx, account)


async def new_recovery_codes(tx: Tx, actor: Actor, account: Account, code: str, now: dt.datetime) -> list[str]:
    """New ones in place of those that are left, for a code."""
    proof = await accounts.proof(tx, admin_id=account.id)
    if proof is None or not proof.account.has_totp:
        raise Denied("admin_changed_meanwhile")
    if not await uses_factor(tx, proof, code, now):
        raise Denied("admin_code_wrong")
    await actor.note(tx, now, "admin.recovery_codes", _subject(account))
    return await _recovery_codes(tx, account)


async def _recovery_codes(tx: Tx, account: Account) -> list[str]:
    made = factors.recovery_codes()
    await accounts.put_codes(tx, account.id, [factors.recovery_digest(account.id, one) for one in made])
    return made


async def drop_factor(tx: Tx, actor: Actor, account: Account, code: str, now: dt.datetime) -> None:
    """Given up with a code of it; one that was begun only, without."""
    proof = await accounts.proof(tx, admin_id=account.id)
    if proof is None or not await uses_factor(tx, proof, code, now):
        raise Denied("admin_code_wrong")
    await accounts.drop_factor(tx, account.id)
    if account.has_totp:
        await actor.note(tx, now, "admin.factor_off", _subject(account))


async def uses_factor(tx: Tx, proof: Proof, code: str, now: dt.datetime) -> bool:
    """Whether the code is right, of the app or for recovery, and it is used up; without a second factor, any is."""
    account = proof.account
    if proof.totp is None or not account.has_totp:
        return True
    if (step := factors.step_of(proof.totp, code, now, proof.totp_used)) is not None:
        return await accounts.use_step(tx, account.id, step)
    if not await accounts.use_code(tx, account.id, factors.recovery_digest(account.id, code)):
        return False
    left = {"left": await accounts.codes_left(tx, account.id)}
    await Actor(f"web:{account.name}", account.role).note(tx, now, "admin.recovery_used", _subject(account), left)
    return True


async def by_password(store: Store, name: str, password: str, code: str, now: dt.datetime) -> Account | None:
    """Whoever has that name, password and code; None where any is wrong, after the same time whichever it is."""
    async with store.read() as tx:
        proof = await accounts.proof(tx, name=unicodedata.normalize("NFKC", name.strip()) or "\n")
    if not await asyncio.to_thread(factors.fits, password, proof.password if proof else ""):
        return None
    if proof is None or proof.account.disabled:
        return None
    async with store.write() as tx:
        again = await accounts.proof(tx, admin_id=proof.account.id)
        if again is None or again.password != proof.password or again.account.disabled:
            return None
        return again.account if await uses_factor(tx, again, code, now) else None


@dataclass(frozen=True, slots=True)
class Came:
    """Who came from the team's sign-in; `stays`: the groups would take an owner's role, who is the last one."""

    account: Account
    stays: bool = False


async def by_team(tx: Tx, identity: Identity, roles: str, now: dt.datetime) -> Came | None:
    """Whose identity it is: who came before, else the account named as its e-mail address is, else a new one where
    `roles` (as OIDC_ROLES) give one; None where nobody let them in. Where `roles` name groups, whoever got an account by
    them has the role that they give now."""
    known = await accounts.of_identity(tx, identity.key)
    role = _team_role(identity, roles)
    if known is not None and known.team and "group:" in roles:
        return await _followed(tx, known, role, now)
    if known is not None:
        return None if known.disabled else Came(known)
    named_so = await accounts.by_name(tx, identity.email) if identity.email else None
    if named_so is None and role is None:
        return None
    if named_so is None and role is not None:
        name = identity.email or f"team.{secrets.token_hex(4)}"
        named_so = await accounts.add(tx, name, role, now) or await accounts.by_name(
            tx, name
        )  # two at once: one account
        assert named_so is not None, "one of both made it"
        await accounts.change(tx, named_so.id, team="follows")
        detail = {"role": role, "by": "team"}
        await Actor(f"web:{named_so.name}", role).note(tx, now, "admin.create", _subject(named_so), detail)
    assert named_so is not None, "one of both"
    if named_so.disabled or await accounts.has_identity(tx, named_so.id):
        return None
    await accounts.change(tx, named_so.id, identity=identity.key)
    await Actor(f"web:{named_so.name}", named_so.role).note(tx, now, "admin.link_team", _subject(named_so))
    return Came(named_so)


async def _followed(tx: Tx, account: Account, role: Role | None, now: dt.datetime) -> Came | None:
    """The account with the role of the groups; without one it is closed and signed out everywhere, until they give one again.
    Whom an owner disabled stays so."""
    if account.disabled and account.team != "lost":
        return None
    team, subject = Actor("team", "owner"), _subject(account)
    if role == account.role and not account.disabled:
        return Came(account)
    if role != "owner" and await accounts.locked_owners(tx) == {account.id}:
        await team.note(tx, now, "admin.role_stays", subject, {"wanted": role or "none"})
        return Came(account, stays=True)
    await accounts.end_sessions(tx, account.id)
    if role is None:
        if not account.disabled:
            await accounts.change(tx, account.id, disabled=True, team="lost")
            await accounts.drop_links(tx, account.id)
            await takeovers.cut_short(tx, account.id, now)
            await team.note(tx, now, "admin.disable", subject, {"by": "team"})
        return None
    await accounts.change(tx, account.id, role=role, disabled=False, team="follows")
    await team.note(tx, now, "admin.role", subject, {"from": account.role, "to": role, "by": "team"})
    return Came(replace(account, role=role, disabled=False))


def _team_role(identity: Identity, roles: str) -> Role | None:
    """The role of greatest power that a domain or a group gives."""
    mine = {
        f"@{identity.email.rpartition('@')[2]}" if identity.email else "",
        *(f"group:{one}" for one in identity.groups),
    }
    pairs = (entry.strip().rpartition("=") for entry in roles.split(","))
    given = {role for whom, _, role in pairs if whom and (whom in mine or whom.casefold() in mine)}
    return next((role for role in ROLES if role in given), None)


# --- in the chats


async def chat_code(tx: Tx, account: Account, now: dt.datetime) -> str:
    """What its owner sends from their chat account, so that `/admin` there lets them in."""
    await accounts.drop_links(tx, account.id, "chat")
    return await signin.new_link(tx, "chat", now, account.id)


async def link_chat(tx: Tx, code: str, person_id: int, now: dt.datetime) -> Account:
    """Whoever sends the code in a chat is the one who got it on their account page."""
    found = await signin.take(tx, code, now, "chat")
    if found is None:
        raise Denied("admin_link_wrong")
    await accounts.link_person(tx, found.id, person_id)
    await Actor(f"chat:{found.name}", found.role).note(tx, now, "admin.link_chat", _subject(found), person_id=person_id)
    return found


async def unlink_chat(tx: Tx, actor: Actor, account: Account, now: dt.datetime) -> None:
    await accounts.link_person(tx, account.id, None)
    await actor.note(tx, now, "admin.unlink_chat", _subject(account), person_id=account.person_id)


async def of_person(tx: Tx, person_id: int, name: str, now: dt.datetime, *, owner: bool) -> Account:
    """The account of somebody in the chats. An owner there who never had one gets one, as an owner; one that was taken
    away does not come back so."""
    account = await accounts.of_person(tx, person_id)
    if account is not None and not account.disabled:
        return account
    if account is not None or not owner or await accounts.was_removed(tx, person_id):
        raise Denied("admin_not_linked")
    wanted = re.sub(r"[^\w.@+-]+", ".", unicodedata.normalize("NFKC", name)).strip("._-+@")[:40] or "owner"
    for number in range(1, 1_000):
        made = await accounts.add(tx, wanted if number == 1 else f"{wanted}.{number}", "owner", now)
        if made is not None:
            await accounts.link_person(tx, made.id, person_id)
            note = {"role": "owner", "by": "chat"}
            await Actor(f"chat:{made.name}", "owner").note(
                tx, now, "admin.create", _subject(made), note, person_id=person_id
            )
            return made
    raise Denied("admin_name_taken", name=wanted)
