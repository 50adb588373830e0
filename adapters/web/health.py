"""Whether the process lives and whether it can serve, for whatever watches over it. Says no secret, asks no sign-in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from core.errors import RemoraError

Check: TypeAlias = Callable[[], Awaitable[None]]
"""Returns if all is well; raises a `RemoraError` that says what is not."""

_PATIENCE = 2.0
"""Seconds a check may take."""


def routes(checks: Mapping[str, Check]) -> list[Route]:
    """`/healthz` (and `/health`): the loop turns. `/readyz`: every check is well, or 503 and which is not."""

    async def alive(_: Request) -> JSONResponse:
        return JSONResponse({"alive": True})

    async def ready(_: Request) -> JSONResponse:
        words = await asyncio.gather(*(_ask(check) for check in checks.values()))
        well = all(word == "ok" for word in words)
        found = dict(zip(checks, words, strict=True))
        return JSONResponse({"ready": well, "checks": found}, status_code=200 if well else 503)

    return [Route("/healthz", alive), Route("/health", alive), Route("/readyz", ready)]


async def _ask(check: Check) -> str:
    try:
        async with asyncio.timeout(_PATIENCE):
            await check()
    except TimeoutError:
        return f"no answer within {_PATIENCE:g} s"
    except RemoraError as error:
        return error.what
    return "ok"
