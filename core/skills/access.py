"""Who may use the assistant: inviting, listing and removing people, opening a workspace or a group. For owners."""

from __future__ import annotations

from core.access import HOUR, INVITATION_LIFE, digest, new_code, shut
from core.errors import Refused
from core.language.phrases import Language, counted, say
from core.messages import Reply
from core.render import literal
from core.skills.base import Command, Outcome, Skill, Turn
from core.store import Tx, access
from core.store.access import Entry, Place

_MOST_INVITATIONS = 20


async def _answer(turn: Turn, found: Command) -> Outcome:
    name = found.name.removeprefix("/")
    if turn.standing not in ("host", "owner"):
        return Outcome(Reply(say(turn.language, "owners_only"), quiet=True), intent=name)
    if found.name in ("/invite", "/people") and not turn.message.private:
        return Outcome(Reply(say(turn.language, "privately_only"), quiet=True), intent=name)

    async def write(tx: Tx) -> Reply:
        match found.name:
            case "/invite":
                return await _invite(tx, turn)
            case "/people":
                return await _people(tx, turn)
            case "/remove":
                return await _remove(tx, turn, found.rest.strip())
            case _:
                return await _open(tx, turn, to_all=found.name == "/open")

    return Outcome(write=write, intent=name, secret=name == "invite", quiet=True)


async def _invite(tx: Tx, turn: Turn) -> Reply:
    if await access.count_codes(tx, turn.person.id, turn.now) >= _MOST_INVITATIONS:
        raise Refused(say(turn.language, "invitations_enough", count=_MOST_INVITATIONS))
    code = new_code()
    await access.add_code(tx, digest(code), "member", turn.person.id, "", turn.now, INVITATION_LIFE)
    return Reply(say(turn.language, "invitation", code=code, hours=INVITATION_LIFE // HOUR))


async def _people(tx: Tx, turn: Turn) -> Reply:
    lines = [
        say(turn.language, "people_line", who=_who(one, turn.language), day=f"{one.since:%Y-%m-%d}",
            role=say(turn.language, f"role_{one.role}"))
        for one in await access.listed(tx)
    ]  # fmt: skip
    parts = (
        [say(turn.language, "people_in", lines="\n".join(lines))] if lines else [say(turn.language, "people_nobody")]
    )
    parts += [say(turn.language, "people_allowed")] if turn.settings.allow.strip() else []
    return Reply("\n\n".join(parts))


def account_of(place: Place) -> str:
    """An account as people write it: "telegram:42", "slack:T1/U2"."""
    return f"{place.platform}:{place.workspace}{'/' if place.workspace else ''}{place.account or place.chat}"


def _who(entry: Entry, language: Language) -> str:
    account = literal(account_of(entry.place))
    if not entry.place.account:
        return say(language, "role_chat" if entry.place.chat else "role_workspace", name=account)
    return f"{literal(entry.name)} ({account})" if entry.name else account


def _bare(who: str) -> str:
    """A name without what makes it a mention."""
    return who.removeprefix("<").removesuffix(">").removeprefix("@")


async def matching(tx: Tx, who: str) -> list[Entry]:
    """Whom a name, "@handle" or account means among those who were let in, or put out."""
    low = _bare(who).casefold()
    entries = [one for one in await access.listed(tx) if one.place.account]
    exact = [one for one in entries if low in (account_of(one.place).casefold(), one.place.account.casefold())]
    return exact or [one for one in entries if low in (one.handle.casefold(), one.name.casefold())]


async def _remove(tx: Tx, turn: Turn, who: str) -> Reply:
    language, shown = turn.language, literal(who)
    if not who:
        raise Refused(say(language, "remove_whom"))
    found = [one for one in await matching(tx, who) if one.role != "removed"] or await _met(tx, turn, who)
    if len(found) != 1:
        raise Refused(say(language, "remove_unclear" if found else "remove_unknown", who=shown))
    if found[0].role == "owner" and await access.count_owners(tx) < 2:
        raise Refused(say(language, "remove_last", who=shown))
    await access.put(tx, found[0].place, "removed", turn.person.id, turn.now)
    return Reply(say(language, "removed", who=shown))


async def _met(tx: Tx, turn: Turn, who: str) -> list[Entry]:
    """Somebody who may write without having been let in by name: the workspace or the chat is open."""
    mine = turn.message.address
    found = await access.met(tx, mine.platform, mine.workspace, _bare(who))
    return [one for one in found if one.place.account != turn.message.sender.account]


async def _open(tx: Tx, turn: Turn, *, to_all: bool) -> Reply:
    """A workspace where the platform has such, else the group in which this is said."""
    address, language = turn.message.address, turn.language
    if not address.workspace and turn.message.private:
        raise Refused(say(language, "open_where"))
    place = Place(address.platform, address.workspace, "", "" if address.workspace else address.chat)
    if to_all:
        await access.put(tx, place, "member", turn.person.id, turn.now)
        return Reply(say(language, "opened_workspace" if address.workspace else "opened_chat"))
    waiting = await shut(tx, turn.settings, place, turn.now)
    if waiting is None:
        return Reply(say(language, "closed_already"))
    waits = [counted(language, "closed_waits", waiting)] if waiting else []
    return Reply(" ".join([say(language, "closed_again"), *waits]))


SKILL = Skill(
    name="access",
    answer=_answer,
    commands={
        "/invite": "help_invite", "/people": "help_people", "/remove": "help_remove", "/open": "help_open",
        "/close": "help_close",
    },
    order=95,
    for_owners=True,
)  # fmt: skip
