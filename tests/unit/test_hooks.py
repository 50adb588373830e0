"""What platforms call over HTTP reaches the adapter it is for, and nobody else."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.web import hooks


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    words = f"{request.url.path} {scope['root_path']} {(await request.body()).decode()}"
    await PlainTextResponse(words)(scope, receive, send)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/hooks/slack/events", (200, "/hooks/slack/events /hooks/slack hello")),
        ("/hooks/slack", (200, "/hooks/slack /hooks/slack hello")),
        ("/hooks/telegram/x", (404, "Nobody listens here.\n")),
        ("/hooks/", (404, "Nobody listens here.\n")),
    ],
)
def test_a_hook_gets_its_own_requests(path: str, answer: tuple[int, str]) -> None:
    known: dict[str, ASGIApp] = {}
    client = TestClient(Starlette(routes=list(hooks.routes(known))))
    known["slack"] = _echo  # an adapter that connects after the routes were made
    reply = client.post(path, content=b"hello")
    assert (reply.status_code, reply.text) == answer
