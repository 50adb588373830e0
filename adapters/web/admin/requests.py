"""What a request says of whoever makes it."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.types import Message

from adapters._bodies import body
from adapters.web.look import accepted
from core.language.phrases import Language, language_of


def client_of(request: Request) -> str:
    return request.client.host if request.client else ""


def language_of_browser(request: Request) -> Language:
    for tag in accepted(request.headers.get("accept-language", "")):
        if (name := tag.partition("-")[0].lower()) in ("en", "zh"):
            return language_of(name)
    return "en"


async def form_of(request: Request, most: int) -> FormData:
    """What was sent, at most `most` bytes; files are kept in memory, since they are no larger. Raises `TooLarge`."""
    data = await body(request, most)

    async def receive() -> Message:
        return {"type": "http.request", "body": data, "more_body": False}

    return await Request(request.scope, receive).form(max_files=20, max_fields=5_000, max_part_size=most)
