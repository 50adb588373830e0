"""An `Adapter` for the chat platform of `tests.process.platform_server`, which outlives the processes that post to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from core.errors import RetryLater
from core.messages import Address, Capabilities, Delivery, Receipt, ReplyEvent
from core.ports import Inbound


class SocketPlatform:
    name = "fake"
    where = "a unix socket"

    def __init__(self, socket: str, *, looks: bool) -> None:
        self._socket = socket
        self.capabilities = Capabilities(
            max_text=4096, can_look=looks, preview=False, per_second=1000.0, per_chat_per_second=1e5
        )

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        yield

    async def listen(self, inbound: Inbound) -> None:
        await asyncio.Event().wait()

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        async for _ in events:
            pass

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        if delivery.doubtful and self.capabilities.can_look:
            found = await self._asked({"look": delivery.cause}, lambda: None)
            if found["id"]:
                return Receipt((found["id"],), found=True)
        post = {"cause": delivery.cause, "chat": delivery.address.chat, "text": delivery.reply.text, "reply_to": ""}
        return Receipt(((await self._asked({"post": post}, left))["id"],))

    async def _asked(self, question: dict[str, Any], left: Callable[[], None]) -> dict[str, Any]:
        try:
            reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError as error:
            raise RetryLater("no connection") from error
        try:
            writer.write(json.dumps(question).encode() + b"\n")
            left()
            await writer.drain()
            line = await reader.readline()
        except OSError as error:
            raise RetryLater("broken off", unknown=True) from error
        finally:
            writer.close()
        if not line:
            raise RetryLater("no answer", unknown=True)
        answer: dict[str, Any] = json.loads(line)
        return answer
