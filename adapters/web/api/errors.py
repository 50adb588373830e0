"""How the API says that something is wrong: as OpenAI's clients read it, with the mend beside it, never a value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.errors import ConfigurationError, RemoraError, Unavailable

_KINDS = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
          409: "conflict_error", 422: "invalid_request_error", 429: "rate_limit_error"}  # fmt: skip


def said(status: int, what: str, mend: str = "", **more: object) -> JSONResponse:
    """An error as OpenAI's clients read it, with its mend beside it."""
    kind = _KINDS.get(status, "server_error")
    error = {"message": f"{what}; {mend}" if mend else what, "type": kind, "code": more.pop("code", None), **more}
    return JSONResponse({"error": error}, status)


async def _on_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException), "registered for it"
    answer = said(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    """What was wrong and where, never the value."""
    assert isinstance(error, RequestValidationError), "registered for it"
    faults = [(".".join(str(part) for part in one["loc"][1:]), one["msg"]) for one in error.errors()]
    where = "; ".join(f"{place}: {what}" if place else what for place, what in faults[:5])
    return said(422, where or "the request is not understood", param=faults[0][0] if faults else None)


async def _on_ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RemoraError), "registered for it"
    status = 422
    match error:
        case Unavailable():
            status = 503
        case ConfigurationError():
            status = 500
    answer = said(status, error.what, error.mend)
    if status == 503:
        answer.headers["Retry-After"] = "5"
    return answer


Handler = Callable[[Request, Exception], Awaitable[JSONResponse]]
HANDLERS: dict[type[Exception], Handler] = {
    HTTPException: _on_http,
    RequestValidationError: _on_invalid,
    RemoraError: _on_ours,
}
