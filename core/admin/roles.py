"""Who may do what: four roles, each with its permissions. One permission gates the page and the export alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from core.errors import Refused
from core.language.phrases import Language, say
from core.store import Tx
from core.store.admin import audit
from core.store.admin.accounts import Role

Permission: TypeAlias = Literal[
    "see",
    "intents.edit",
    "bots.edit",
    "knowledge.edit",
    "knowledge.limited",
    "models.edit",
    "reminders.edit",
    "conversations.lead",
    "text.reveal",
    "people.edit",
    "admins.edit",
    "audit.see",
    "system.act",
    "system.backup",
]
"""What an admin may do. "text.reveal": read what people wrote, with a reason that they get to see; "knowledge.limited": read
documents that are not for everybody."""

_EDITOR: frozenset[Permission] = frozenset({"see", "intents.edit", "bots.edit", "knowledge.edit", "models.edit"})
_OPERATOR: frozenset[Permission] = frozenset(
    {"see", "reminders.edit", "conversations.lead", "text.reveal", "people.edit", "audit.see", "system.act"}
)
GRANTS: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"see"}),
    "editor": _EDITOR,
    "operator": _OPERATOR,
    "owner": _EDITOR | _OPERATOR | {"admins.edit", "system.backup", "knowledge.limited"},
}


class Forbidden(Refused):
    """The admin's role does not allow it."""


class Denied(Refused):
    """What an admin asked for cannot be done; said by a phrase, in English where no language is known, as `said` else."""

    def __init__(self, key: str, **values: object) -> None:
        what, _, mend = say("en", key, **values).partition(". ")
        super().__init__(what, mend)
        self.key, self._values = key, values

    def said(self, language: Language) -> str:
        return say(language, self.key, **self._values)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something on the admin side: `name` as the audit log shows it, "web:ann" or "cli:root"; `client`: from where."""

    name: str
    role: Role
    client: str = ""
    admin_id: int | None = None
    """Their account; None where they act without one."""

    def may(self, permission: Permission) -> bool:
        return permission in GRANTS[self.role]

    def need(self, permission: Permission) -> None:
        """Raises `Forbidden` where the role does not grant it."""
        if not self.may(permission):
            raise Forbidden(f"the role {self.role} does not allow this ({permission})", "ask an owner")

    async def note(
        self, tx: Tx, now: dt.datetime, verb: str, subject: str, detail: Mapping[str, Any] | None = None, *,
        reason: str = "", person_id: int | None = None,
    ) -> None:  # fmt: skip
        """Notes in the audit log what they do, in the transaction that does it."""
        await audit.add(
            tx, now, self.name, verb, subject, detail, reason=reason, client=self.client, person_id=person_id
        )
