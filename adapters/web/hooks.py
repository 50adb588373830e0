"""What platforms call over HTTP: passed on to the adapter whose name stands in the path, as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/hooks"


def routes(hooks: Mapping[str, ASGIApp]) -> Sequence[BaseRoute]:
    """`/hooks/NAME/...` for whoever is in `hooks` when the request comes; 404 for others."""

    async def pass_on(scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].removeprefix(scope["root_path"]).strip("/").partition("/")[0]
        if (hook := hooks.get(name)) is None:
            await PlainTextResponse("Nobody listens here.\n", 404)(scope, receive, send)
            return
        await hook({**scope, "root_path": f"{scope['root_path']}/{name}"}, receive, send)

    return [Mount(PATH, app=pass_on)]
