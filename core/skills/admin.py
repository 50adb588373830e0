"""The way from a chat into the admin side: a one-time link, told in private to whom an account belongs."""

from __future__ import annotations

from core.admin import accounts, signin
from core.admin.roles import Denied
from core.errors import Refused
from core.language.phrases import say
from core.messages import Reply
from core.skills.base import Command, Outcome, Skill, Turn
from core.store import Tx


async def _answer(turn: Turn, found: Command) -> Outcome:
    if not turn.message.private:
        return Outcome(Reply(say(turn.language, "privately_only"), quiet=True), intent="admin")

    async def write(tx: Tx) -> Reply:
        code, owner = found.rest.strip(), turn.standing in ("host", "owner")
        try:
            if code:
                name = (await accounts.link_chat(tx, code, turn.person.id, turn.now)).name
                return Reply(say(turn.language, "admin_linked", name=name))
            account = await accounts.of_person(tx, turn.person.id, turn.person.name, turn.now, owner=owner)
        except Denied as denied:
            raise Refused(denied.said(turn.language)) from denied
        link = f"{turn.settings.web_url}/admin/enter#{await signin.new_link(tx, 'login', turn.now, account.id)}"
        return Reply(say(turn.language, "admin_link", link=link, minutes=signin.LINK_LIFE.seconds // 60))

    return Outcome(write=write, intent="admin", secret=True, quiet=True)


SKILL = Skill(
    name="admin", answer=_answer, commands={"/admin": "help_admin"}, personal=frozenset({"/admin"}), order=96,
    for_owners=True,
)  # fmt: skip
