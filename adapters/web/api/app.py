"""The two applications of the API, mounted where machines look for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.api import intents, openai, people, reminders
from adapters.web.api.errors import HANDLERS
from adapters.web.api.talk import Talk
from core.admin.desk import Desk

_MOST = 4 << 20
"""Bytes of a request's body."""


def routes(desk: Callable[[], Desk], talk: Talk) -> Sequence[BaseRoute]:
    """`/api/v1` and `/v1`, each with its own `openapi.json`."""
    mounted: list[BaseRoute] = []
    own = (intents.router, reminders.router, people.router)
    for path, title, routers in (("/api/v1", "Remora", own), ("/v1", "Remora, as OpenAI", (openai.router,))):
        app = FastAPI(title=title, version="1", docs_url=None, redoc_url=None, openapi_url="/openapi.json")
        for router in routers:
            app.include_router(router)
        app.state.desk, app.state.talk, app.state.busy = desk, talk, Counter[int]()
        for error, handler in HANDLERS.items():
            app.add_exception_handler(error, handler)
        mounted.append(Mount(path, app=_Bounded(app)))
    return mounted


class _Bounded:
    """Refuses a body that is longer than `_MOST` while it comes; the application inside says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = 0

        async def bounded() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > _MOST:
                raise HTTPException(413, f"the body is longer than {_MOST >> 20} MiB")
            return message

        await self._app(scope, bounded, send)
