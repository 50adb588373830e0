"""A chat platform in memory: people write, the product answers, and its journal keeps what arrived."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

from core.errors import RemoraError
from core.messages import Address, Capabilities, Delivery, Message, Receipt, ReplyEvent, Sender, TextDelta
from core.ports import Inbound


class FakePlatform:
    """An `Adapter` whose people are methods. `faults` are raised by the next sends, in order."""

    def __init__(self, name: str = "fake", *, can_look: bool = False, zone: str | None = "Europe/Paris") -> None:
        self.name = name
        self.capabilities = Capabilities(
            max_text=4096, can_look=can_look, per_second=100_000, per_chat_per_second=100_000
        )
        self.zone = zone
        self.where = "in memory"
        self.sent: list[Delivery] = []
        self.shown: dict[str, str] = {}
        self.faults: list[RemoraError | None] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self._arrived = asyncio.Condition()
        self._inbound: Inbound | None = None
        self._listening = asyncio.Event()
        self._numbers = count(1)
        self._answers: dict[str, asyncio.Future[str]] = {}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        yield

    async def listen(self, inbound: Inbound) -> None:
        self._inbound = inbound
        self._listening.set()
        await asyncio.Event().wait()

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        await self.hold.wait()
        if delivery.doubtful and self.capabilities.can_look:
            for number, earlier in enumerate(self.sent):
                if earlier.cause == delivery.cause:
                    return Receipt((str(number),), found=True)
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        left()
        async with self._arrived:
            self.sent.append(delivery)
            if answer := self._answers.pop(delivery.reply_to, None):
                answer.set_result(delivery.reply.text)
            self._arrived.notify_all()
        return Receipt((str(len(self.sent)),))

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        try:
            async for event in events:
                if isinstance(event, TextDelta):
                    self.shown[cause] = self.shown.get(cause, "") + event.text
        except asyncio.CancelledError:
            self.shown.pop(cause, None)
            raise

    async def receive(self, message: Message) -> None:
        """Hands a message to the product as the platform's stream would; returns once it is acknowledged."""
        await self._listening.wait()
        assert self._inbound is not None
        await self._inbound(message)

    def message(self, text: str, *, person: str = "ann", chat: str = "", **more: object) -> Message:
        number = next(self._numbers)
        fields: dict[str, object] = {
            "event_id": f"{self.name}-{number}",
            "address": Address(self.name, "", chat or person),
            "sender": Sender(person, person.capitalize(), zone=self.zone),
            "text": text,
            "sent_at": dt.datetime.now(dt.UTC),
            "message_id": str(number),
        }
        return Message(**{**fields, **more})  # type: ignore[arg-type]  # checked by the dataclass at run time

    async def say(self, text: str, *, person: str = "ann", chat: str = "", **more: object) -> Message:
        message = self.message(text, person=person, chat=chat, **more)
        await self.receive(message)
        return message

    async def press(self, data: str, *, person: str = "ann", chat: str = "") -> Message:
        return await self.say("", person=person, chat=chat, kind="choice", choice=data)

    async def arrived(self, number: int, seconds: float = 60.0) -> list[Delivery]:
        """What was sent, once that many messages were."""
        async with asyncio.timeout(seconds), self._arrived:
            await self._arrived.wait_for(lambda: len(self.sent) >= number)
        return list(self.sent)

    async def ask(self, text: str, **more: str) -> str:
        """Says something and returns the text of the next reply."""
        before = len(self.sent)
        await self.say(text, **more)
        return (await self.arrived(before + 1))[before].reply.text

    async def reply_to(self, text: str, *, person: str = "ann") -> str:
        """Says something and returns the reply to exactly this message; many people may do so at once."""
        message = self.message(text, person=person)
        self._answers[message.message_id] = answer = asyncio.get_running_loop().create_future()
        await self.receive(message)
        return await answer
