"""Who calls: the machine behind the key in `Authorization: Bearer`, and whether it may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from adapters.web.signin import Tries, network
from core.admin import tokens
from core.admin.desk import Desk
from core.admin.tokens import Machine
from core.store.admin import tokens as kept

_bearer = HTTPBearer(auto_error=False, description="A key made by `remora token create`, or on the page API keys.")
_Bearer: TypeAlias = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def desk_of(request: Request) -> Desk:
    """What the call works with; raises `Unavailable` until Remora runs."""
    desk: Desk = request.app.state.desk()
    return desk


TheDesk: TypeAlias = Annotated[Desk, Depends(desk_of)]


def needing(scope: str) -> Callable[[Request, Desk, HTTPAuthorizationCredentials | None], Awaitable[Machine]]:
    """A dependency that gives the calling machine, or refuses: 401 without a good key, 403 without the scope, 429 after
    too many wrong ones from an address. A good key passes, whatever others behind its address do."""

    async def machine(request: Request, desk: TheDesk, given: _Bearer) -> Machine:
        key, client = given.credentials if given else "", request.client.host if request.client else ""
        now = desk.clock.now()
        async with desk.store.read() as tx:
            found = await tokens.machine(tx, key, now)
        if found is None:
            if given is not None:
                async with Tries(lambda: desk.store, desk.clock).one(f"api {network(client)}") as tried:
                    if tried.wait:
                        raise HTTPException(429, "too many wrong keys; wait", {"Retry-After": str(tried.wait)})
            raise HTTPException(401, "a good key is needed: Authorization: Bearer KEY", {"WWW-Authenticate": "Bearer"})
        if not found.may(scope):
            raise HTTPException(403, f"this key has no scope {scope}, or its owner's role does not allow it")
        if tokens.to_be_noted(found.token, now):
            async with desk.store.write() as tx:
                await kept.used(tx, found.token.id, now)
        return found

    return machine
