"""uvicorn inside our own event loop: our sockets, so that a port in use is said by the setting's name; our signals."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from core.errors import ConfigurationError

_PARTING = 5
"""Seconds that running requests get to finish when we stop."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # they belong to the product, which stops us itself

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@asynccontextmanager
async def serving(app: ASGIApp, sockets: list[socket.socket], proxies: str) -> AsyncIterator[asyncio.Task[None]]:
    """Answers on `sockets`, which it closes in the end; yields the task that does it, once it does. `proxies`: addresses
    whose word on who calls is believed, with commas between."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=_PARTING,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets))
    try:
        up = asyncio.create_task(server.up.wait())
        await asyncio.wait([task, up], return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        if task.done():
            await task
        yield task
    finally:
        server.should_exit = True
        await asyncio.wait([task])
        for one in sockets:
            one.close()


async def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """One for each address of `host`, all on the same port; raises `ConfigurationError` by the setting's name."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise ConfigurationError(f"HOST: {host} is not known here", "set HOST to 127.0.0.1 or 0.0.0.0") from error
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            one = socket.socket(family, kind, protocol)
            sockets.append(one)
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            taken = sockets[0].getsockname()[1] if len(sockets) > 1 else port
            one.bind((address[0], taken, *address[2:]))
            one.listen(512)
    except OSError as error:
        with contextlib.ExitStack() as stack:
            for one in sockets:
                stack.callback(one.close)
        raise _refused(error, host, port) from error
    return sockets


def _refused(error: OSError, host: str, port: int) -> ConfigurationError:
    match error.errno:
        case errno.EADDRINUSE:
            return ConfigurationError(
                f"PORT: {port} is in use by another program", "stop that program, or set PORT to a free one (0: any)"
            )
        case errno.EACCES:
            return ConfigurationError(f"PORT: {port} needs more rights than we have", "set PORT to one above 1023")
        case errno.EADDRNOTAVAIL:
            return ConfigurationError(
                f"HOST: {host} is not an address of this machine", "set HOST to 127.0.0.1 or 0.0.0.0"
            )
    return ConfigurationError(f"HOST, PORT: cannot listen on {host}:{port}: {error.strerror}", "set another PORT")
