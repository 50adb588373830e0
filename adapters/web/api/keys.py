"""Who calls: the machine behind the key in `Authorization: Bearer`, and whether it may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from adapters.web.signin import Attempts, network
from core.admin import tokens
from core.admin.desk import Desk
from core.admin.tokens import Machine
from core.ports import Clock
from core.store.admin import tokens as kept

_bearer = HTTPBearer(auto_error=False, description="A key made by `remora token create`, or on the page API keys.")
_Bearer: TypeAlias = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


_BEGINNING = 12
"""Characters of a key that say which one it is meant to be."""


class Wrong:
    """Wrong keys: of the same beginning few are looked at from an address, and of any a few hundred are told that they are
    wrong. A good key passes, whatever others behind its address do."""

    def __init__(self, clock: Clock) -> None:
        self.of_key, self.of_client = Attempts(clock, most=30), Attempts(clock, most=300)

    def check(self, counted: Attempts, whose: str) -> None:
        if wait := counted.wait(whose):
            raise HTTPException(429, "too many wrong keys; wait", {"Retry-After": str(wait)})


def desk_of(request: Request) -> Desk:
    """What the call works with; raises `Unavailable` until Remora runs."""
    desk: Desk = request.app.state.desk()
    return desk


TheDesk: TypeAlias = Annotated[Desk, Depends(desk_of)]


def needing(scope: str) -> Callable[[Request, Desk, HTTPAuthorizationCredentials | None], Awaitable[Machine]]:
    """A dependency that gives the calling machine, or refuses: 401 without a good key, 403 without the scope, 429 after
    too many wrong ones."""

    async def machine(request: Request, desk: TheDesk, given: _Bearer) -> Machine:
        wrong: Wrong = request.app.state.wrong
        key, client = given.credentials if given else "", request.client.host if request.client else ""
        wrong.check(wrong.of_key, about := f"{network(client)} {key[:_BEGINNING]}")
        now = desk.clock.now()
        async with desk.store.read() as tx:
            found = await tokens.machine(tx, key, now)
        if found is None:
            if given is not None:
                wrong.check(wrong.of_client, client)
                wrong.of_key.failed(about)
                wrong.of_client.failed(client)
            raise HTTPException(401, "a good key is needed: Authorization: Bearer KEY", {"WWW-Authenticate": "Bearer"})
        if not found.may(scope):
            raise HTTPException(403, f"this key has no scope {scope}, or its owner's role does not allow it")
        if tokens.to_be_noted(found.token, now):
            async with desk.store.write() as tx:
                await kept.used(tx, found.token.id, now)
        return found

    return machine
