"""What holds for every request and response: known hosts, our own pages, headers that close doors."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class Guard:
    """Refuses hosts that are not ours (a foreign name that was made to point here), and adds the headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], *, secure: bool = False) -> None:
        """`secure`: people reach us by https, and shall never again by anything else."""
        self._app, self._hosts = app, {"localhost", *(host.lower() for host in hosts if host)}
        self._headers = {**_HEADERS, **({"Strict-Transport-Security": "max-age=31536000"} if secure else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        host = Headers(scope=scope).get("host", "")
        if self._known(host):
            await self._app(scope, receive, with_headers)
        else:
            text = "This host name is not ours. Set PUBLIC_URL to the address under which Remora is reached.\n"
            await PlainTextResponse(text, 421)(scope, receive, with_headers)

    def _known(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self._hosts
        return True  # an address, unlike a name, cannot be made to point elsewhere


def from_our_page(request: Request) -> bool:
    """A page of ours made this request, as far as the browser says; one that says nothing is refused."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:  # no page can forge it
        return site == "same-origin"
    return origin is not None and urlsplit(origin).netloc.lower() == request.headers.get("host", "").lower()
