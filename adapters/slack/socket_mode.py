"""The life of the Socket Mode connection.

Our own and not slack_sdk's client, for four reasons found in its code: after a failed connection it tries the same
single-use address for ever; it closes the old socket before it opens the new one, so that a refresh leaves a gap; it
acknowledges on whatever socket is current, not on the one an envelope came by; and every debug line holds the envelope.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Awaitable, Callable

import aiohttp

from adapters.slack.web import CallFailed, Json, Wire

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 30.0
_CONNECT_SECONDS = 15.0
_PING_SECONDS = 10.0
_LARGEST_FRAME = 16 * 2**20
_LAST_ACKS_SECONDS = 3.0


class SocketMode:
    """Keeps one connection open, and a second one while the first is being replaced."""

    def __init__(
        self,
        wire: Wire,
        app_token: str,
        take: Callable[[Json], Awaitable[Json | None]],
        *,
        first_pause: float = 1.0,
        drain: float = 10.0,
    ) -> None:
        """`take` deals with a payload and returns what Slack is to be answered, or None: then its envelope is not
        acknowledged. `first_pause` seconds pass before the second attempt to connect, twice as many before the next;
        `drain` seconds are left to a socket that Slack is about to close."""
        self._wire = wire
        self._app_token = app_token
        self._take = take
        self._first_pause = first_pause
        self._drain = drain

    async def ask_address(self) -> str:
        """A fresh single-use address. Raises `CallFailed`."""
        answer = await self._wire.call("apps.connections.open", self._app_token, json={})
        return str(answer.get("url", ""))

    async def run(self) -> None:
        """Receives until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                socket = await self._connect()
                over = asyncio.Event()
                group.create_task(self._serve(socket, over))
                await over.wait()

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        pause = self._first_pause
        while True:
            wait = pause
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    socket = await self._wire.session.ws_connect(
                        await self.ask_address(), heartbeat=_PING_SECONDS, max_msg_size=_LARGEST_FRAME
                    )
                log.info("connected to Slack")
                return socket
            except CallFailed as failure:
                wait = failure.after.total_seconds() if failure.after else pause
                log.warning("cannot connect to Slack", extra={"why": failure.what, "again_in": wait})
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                # By type only: the text of these errors holds the address, and the address a ticket.
                log.warning("cannot connect to Slack", extra={"why": type(error).__name__, "again_in": wait})
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _serve(self, socket: aiohttp.ClientWebSocketResponse, over: asyncio.Event) -> None:
        """Reads one socket to its end; sets `over` as soon as another one is needed."""
        answering: set[asyncio.Task[None]] = set()
        try:
            async with asyncio.timeout(None) as limit:
                async for frame in socket:
                    if frame.type is not aiohttp.WSMsgType.TEXT or (envelope := _parse(frame.data)) is None:
                        continue
                    if envelope.get("type") == "disconnect":
                        log.info("Slack asks for a new connection", extra={"why": envelope.get("reason")})
                        over.set()
                        limit.reschedule(asyncio.get_running_loop().time() + self._drain)
                    elif "envelope_id" in envelope:
                        task = asyncio.create_task(self._answer(socket, envelope))
                        answering.add(task)
                        task.add_done_callback(answering.discard)
        except TimeoutError:
            pass
        finally:
            over.set()
            if answering:
                # What is being committed now may still be acknowledged; what is not comes again by the next socket.
                _, late = await asyncio.wait(answering, timeout=_LAST_ACKS_SECONDS)
                for task in late:
                    task.cancel()
            await socket.close()

    async def _answer(self, socket: aiohttp.ClientWebSocketResponse, envelope: Json) -> None:
        payload = envelope.get("payload")
        answer = await self._take(payload if isinstance(payload, dict) else {})
        if answer is None:
            return
        try:
            given = {"payload": answer} if answer else {}
            await socket.send_json({"envelope_id": envelope["envelope_id"], **given})
        except (aiohttp.ClientError, ConnectionError) as error:
            # Slack sends it again by the next socket, and the same event id is harmless.
            log.info("the socket went before an acknowledgement", extra={"why": type(error).__name__})


def _parse(data: str) -> Json | None:
    try:
        found = json.loads(data)
    except ValueError:
        log.warning("a frame that is not JSON was ignored")
        return None
    return found if isinstance(found, dict) else None
