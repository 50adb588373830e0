"""From a payload of Slack, by whichever way it came, to what is done about it, and the answer that Slack is waiting for.

One path for Socket Mode and HTTP. Not slack-bolt's: its `App` serves one way at a time, makes a client for every request,
and swallows our "not taken"; what remains of it here is a table.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeAlias

from pydantic import ValidationError

from adapters.slack.quiet import say_if_broken
from adapters.slack.recent import Recent
from adapters.slack.web import CallFailed, Json
from adapters.slack.workspaces import NotInstalled, Workspace, Workspaces
from core.errors import ConfigurationError, Unavailable
from core.messages import Message
from core.ports import Inbound

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 2.5
"""Slack waits for 3 s and sends what it can send again after that: by then we have it, or we do not."""

Handler: TypeAlias = Callable[[Workspace, Json], Awaitable[Message | Sequence[Message] | Json | None]]
"""Deals with a payload: messages to hand over, what Slack shows at once, or nothing. Raises `CallFailed` where Slack
refuses what it asks for, and pydantic's `ValidationError` for shapes that Slack never sends."""


class Lanes:
    """One at a time with the same key, in the order of asking; different keys side by side."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        lock, waiting = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._locks.pop(key)
            if waiting > 1:
                self._locks[key] = (lock, waiting - 1)


class Dispatcher:
    """Runs the handler that a payload is for, in order within a conversation."""

    def __init__(self, workspaces: Workspaces, inbound: Inbound, handlers: Mapping[str, Handler]) -> None:
        """`handlers` by the words of `names_of`, the most special one first."""
        self._workspaces = workspaces
        self._inbound = inbound
        self._handlers = handlers
        self._lanes = Lanes()
        self._running: set[asyncio.Task[Json | None]] = set()
        self._handed_over: Recent[str, bool] = Recent(20_000)

    async def dispatch(self, payload: Json) -> Json | None:
        """What to answer (often nothing: {}); None if it was not dealt with in time, so that Slack must not be told it
        was: it comes again, and the same event is harmless."""
        if _echo(payload):
            return {}
        task = asyncio.create_task(self._dispatch(payload), name="slack-event")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(partial(say_if_broken, kind_of(payload)))
        await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
        if not task.done():
            log.error("an event takes too long", extra={"kind": kind_of(payload)})
            return None
        return None if task.cancelled() or task.exception() else task.result()

    async def aclose(self) -> None:
        """Ends what is still being dealt with; Slack was not told that we have it."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _dispatch(self, payload: Json) -> Json | None:
        try:
            async with self._lanes.turn(lane_of(payload)):
                return await self._handle(payload)
        except ValidationError:
            log.warning("an event of unknown shape was dropped", extra={"kind": kind_of(payload)})
        except NotInstalled as failure:
            log.warning("an event of a workspace without us", extra={"kind": kind_of(payload), "why": failure.what})
        except CallFailed as failure:
            log.warning("Slack refused what an event asks for", extra={"kind": kind_of(payload), "why": failure.what})
        except (Unavailable, ConfigurationError) as error:
            log.warning("not taken, Slack will send it again", extra={"kind": kind_of(payload), "why": error.what})
            return None
        return {}

    async def _handle(self, payload: Json) -> Json:
        handler = next((self._handlers[name] for name in names_of(payload) if name in self._handlers), None)
        if handler is None:
            log.info("nothing to do for an event", extra={"kind": kind_of(payload)})
            return {}
        found = await handler(await self._workspaces.of(team_of(payload)), payload)
        if found is None or isinstance(found, dict):
            return found or {}
        for message in [found] if isinstance(found, Message) else found:
            await self._hand_over(message)
        return {}

    async def _hand_over(self, message: Message) -> None:
        """Once in this process; in another one the store knows the event's identity. A mention arrives as two events,
        which have the same."""
        if message.event_id in self._handed_over:
            return
        await self._inbound(message)
        self._handed_over.put(message.event_id, True)


def names_of(payload: Json) -> list[str]:
    """What a payload is, the most special word first: "message", "shortcut:remind_new", "block_actions:choice"."""
    event, kind = payload.get("event"), str(payload.get("type", ""))
    if isinstance(event, dict):
        return [str(event.get("type", ""))]
    if "command" in payload:
        return ["command"]
    actions, view = payload.get("actions"), payload.get("view")
    first = actions[0] if isinstance(actions, list) and actions else None
    special = payload.get("callback_id") or (view.get("callback_id") if isinstance(view, dict) else "")
    if isinstance(first, dict):
        special = str(first.get("action_id", "")).partition(":")[0]
    return [f"{kind}:{special}", kind]


def _echo(payload: Json) -> bool:
    """What bots say, ourselves first of all: each of our own messages and edits comes back, and nobody answers it."""
    event = payload.get("event")
    if not isinstance(event, dict) or event.get("type") != "message":
        return False
    changed = event.get("message")
    return bool(event.get("bot_id") or (isinstance(changed, dict) and changed.get("bot_id")))


def kind_of(payload: Json) -> str:
    """What a payload is, without anything a person wrote."""
    event = payload.get("event")
    if isinstance(event, dict):
        return " ".join(str(event[name]) for name in ("type", "subtype") if event.get(name))
    return "slash_command" if "command" in payload else str(payload.get("type", "unknown"))


def team_of(payload: Json) -> str:
    """The workspace that the payload is for. Where two share a channel, that is not always the one whose member wrote."""
    allowed, team = payload.get("authorizations"), payload.get("team")
    if isinstance(allowed, list) and allowed and isinstance(allowed[0], dict) and allowed[0].get("team_id"):
        return str(allowed[0]["team_id"])
    return str(payload.get("team_id") or (team.get("id") if isinstance(team, dict) else "") or "")


def lane_of(payload: Json) -> str:
    """Conversations are kept in order by this."""
    event, place, person = (payload.get(name) for name in ("event", "channel", "user"))
    channel = event.get("channel") if isinstance(event, dict) else payload.get("channel_id")
    if isinstance(place, dict):
        channel = place.get("id")
    return str(channel or (person.get("id") if isinstance(person, dict) else ""))
