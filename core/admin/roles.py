"""Who may do what: four roles, each with its permissions. One permission gates the page and the export alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.errors import Refused
from core.store.admin.accounts import Role

Permission: TypeAlias = Literal[
    "see",
    "intents.edit",
    "bots.edit",
    "knowledge.edit",
    "models.edit",
    "reminders.edit",
    "conversations.lead",
    "text.reveal",
    "people.edit",
    "admins.edit",
    "audit.see",
    "system.act",
]
"""What an admin may do. "text.reveal": read what people wrote, with a reason that they get to see."""

_EDITOR: frozenset[Permission] = frozenset({"see", "intents.edit", "bots.edit", "knowledge.edit", "models.edit"})
_OPERATOR: frozenset[Permission] = frozenset(
    {"see", "reminders.edit", "conversations.lead", "text.reveal", "people.edit", "audit.see", "system.act"}
)
GRANTS: dict[Role, frozenset[Permission]] = {
    "viewer": frozenset({"see"}),
    "editor": _EDITOR,
    "operator": _OPERATOR,
    "owner": _EDITOR | _OPERATOR | {"admins.edit"},
}


class Forbidden(Refused):
    """The admin's role does not allow it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something on the admin side: `name` as the audit log shows it, "web:ann" or "cli:root"; `client`: from where."""

    name: str
    role: Role
    client: str = ""

    def may(self, permission: Permission) -> bool:
        return permission in GRANTS[self.role]

    def need(self, permission: Permission) -> None:
        """Raises `Forbidden` where the role does not grant it."""
        if not self.may(permission):
            raise Forbidden(f"the role {self.role} does not allow this ({permission})", "ask an owner")
