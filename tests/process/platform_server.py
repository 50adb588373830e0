"""A chat platform that outlives its bots: it sends again what was not acknowledged, and remembers every post."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Platform:
    socket: Path
    said: list[dict[str, str]] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    posts: list[dict[str, str]] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, a post is taken and not answered."""
    listeners: set[asyncio.StreamWriter] = field(default_factory=set)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def say(self, text: str, chat: str) -> str:
        one = {"id": f"m{len(self.said)}", "chat": chat, "text": text}
        self.said.append(one)
        for listener in self.listeners:
            self._push(listener, one)
        return one["id"]

    def _push(self, listener: asyncio.StreamWriter, one: dict[str, str]) -> None:
        with suppress(ConnectionError, RuntimeError):
            listener.write(json.dumps(one).encode() + b"\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                if not line.endswith(b"\n"):
                    break
                await self._take(json.loads(line), writer)
        self.listeners.discard(writer)
        writer.close()

    async def _take(self, told: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        if "listen" in told:
            self.listeners.add(writer)
            for one in self.said:
                if one["id"] not in self.acknowledged:
                    self._push(writer, one)
        elif "ack" in told:
            self.acknowledged.add(told["ack"])
        elif "look" in told:
            found = [number for number, post in enumerate(self.posts) if post["cause"] == told["look"]]
            writer.write(json.dumps({"id": f"p{found[0]}" if found else ""}).encode() + b"\n")
        else:
            self.posts.append(told["post"])
            number = len(self.posts) - 1
            async with self.changed:
                self.changed.notify_all()
            await self.answering.wait()
            writer.write(json.dumps({"id": f"p{number}"}).encode() + b"\n")
        async with self.changed:
            self.changed.notify_all()

    async def until(self, what: Any, seconds: float) -> None:
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(what)

    @property
    def answers(self) -> Counter[str]:
        """How often each message was answered."""
        return Counter(post["reply_to"] for post in self.posts)

    @property
    def all_answered(self) -> bool:
        return all(self.answers[one["id"]] for one in self.said)

    def problems(self) -> list[str]:
        """What was lost, doubled or out of order."""
        found = [f"{one['id']} was lost" for one in self.said if not self.answers[one["id"]]]
        found += [f"{message} was answered {times} times" for message, times in self.answers.items() if times > 1]
        for chat in {one["chat"] for one in self.said}:
            asked = [one["id"] for one in self.said if one["chat"] == chat]
            answered = list(dict.fromkeys(post["reply_to"] for post in self.posts if post["chat"] == chat))
            if answered != [message for message in asked if message in answered]:
                found.append(f"the answers in {chat} are out of order: {answered}")
        return found


@asynccontextmanager
async def platform_at(socket: Path) -> AsyncIterator[Platform]:
    platform = Platform(socket)
    platform.answering.set()
    server = await asyncio.start_unix_server(platform.serve, str(socket), backlog=4096)
    try:
        yield platform
    finally:
        platform.answering.set()
        server.close()
