"""A reply while it grows.

Threads use Slack's stream, which in a channel grows for the asker and is there for all others when it ends. Where there
is no thread, where nobody knows who asked, and where Slack refuses a stream or ends it early, the preview is a message of
our own that is edited. A preview is a favour: it never holds up the model, and gives way before Slack has to refuse.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from adapters.slack import render
from adapters.slack.agent import Agent
from adapters.slack.budget import Budget
from adapters.slack.recent import Recent
from adapters.slack.text import settled
from adapters.slack.web import CallFailed, Json, Left, Web
from core.messages import Address, ReplyEvent, Status, TextDelta

log = logging.getLogger(__name__)

_LONGEST = 8_000
"""Characters shown of a growing reply; the rest comes with the delivery."""
_LAST_CALL_SECONDS = 3.0
_TIMED_OUT = "message_not_in_streaming_state"
"""Slack ends a stream by itself after some minutes."""
_END_OF_STREAM = {_TIMED_OUT, "stopped_by_user"}
_STILL_STREAMS = "streaming_state_conflict"
_NEVER_STREAMS = {"feature_not_enabled", "method_not_supported", "missing_scope", "not_allowed", "unknown_method"}
_NO_SUCH_MESSAGE = {"message_not_found", "cant_update_message", "edit_window_closed"}


@dataclass(slots=True)
class Preview:
    """One preview on the screen. Only one call about it is under way at a time."""

    address: Address
    cause: str
    ts: str = ""
    shown: str = ""
    """What Slack has shown for certain, neutralised."""
    clean: bool = True
    """`shown` is all there is; False after a call whose outcome is unknown."""
    ending: bool = False
    """The call that makes it the delivery has been made, with unknown outcome."""
    stream: bool = False
    """A stream that has not been ended; else it is an ordinary message, perhaps by now."""
    card: str = ""
    """What its card says is being done."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def more(self, text: str) -> Json:
        """The next piece of a stream; a card says with it that its work is done."""
        if not self.card:
            return {"markdown_text": text}
        return {"chunks": [_card(self.card, "complete"), {"type": "markdown_text", "text": text}]}


def _card(title: str, status: str) -> Json:
    return {"type": "task_update", "id": "work", "title": title, "status": status}


class _Growing:
    """What the model has said so far, between the one who adds and the one who shows."""

    def __init__(self) -> None:
        self.text = ""
        self.status = Status("")
        self.taken = False
        """The delivery has it: nobody else may touch the message."""
        self.over = asyncio.Event()
        self.changed = asyncio.Event()

    def add(self, event: ReplyEvent) -> None:
        match event:
            case TextDelta(text):
                self.text += text
            case Status():
                self.status = event
        self.changed.set()

    def end(self) -> None:
        self.over.set()
        self.changed.set()


def _direct(address: Address) -> bool:
    return address.chat.startswith("D")


class Previews:
    """The previews of this process, by cause, until their delivery takes them."""

    def __init__(self, web: Web, pause: float) -> None:
        """`pause`: least seconds between two steps of one preview."""
        self._web = web
        self.agent = Agent(web)
        self._pause = pause
        self._open: Recent[str, Preview] = Recent(2_000)
        self._running: dict[str, tuple[_Growing, asyncio.Task[None]]] = {}
        self._quiet_until = 0.0
        self._streams = True
        """Slack has streams for us, as far as we know."""
        self._starts = Budget(15)  # chat.startStream and chat.stopStream: 20 a minute
        self._appends = Budget(80)  # chat.appendStream: 100 a minute
        self._updates = Budget(35)  # chat.update: 50 a minute, and deliveries need it too

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        """As `Adapter.show`."""
        growing = _Growing()
        showing = asyncio.create_task(self._show(address, cause, growing))
        self._running[cause] = (growing, showing)
        complete = False
        try:
            async for event in events:
                growing.add(event)
            complete = True
        finally:
            growing.end()
            await self._last_call(showing)
            self._running.pop(cause, None)
            if not complete and not growing.taken and (preview := self._open.pop(cause)) is not None:
                # Cancelled, or the reply broke off: an unfinished message would stay, so it is taken away.
                await self._discard(preview)
        if not showing.cancelled():
            showing.result()

    async def take(self, cause: str) -> Preview | None:
        """The preview that the delivery is to replace. From here on it no longer grows, even if `show` still runs."""
        if (running := self._running.get(cause)) is not None:
            growing, showing = running
            growing.taken = True
            growing.end()
            await self._last_call(showing)
        return self._open.get(cause)

    def forget(self, cause: str) -> None:
        self._open.pop(cause)

    async def finish(self, preview: Preview, part: render.Part, metadata: Json, left: Left) -> str:
        """Makes the preview the delivery's first message; returns its ts, or "" if it is gone. Calls `left` as soon
        as that request has left. Raises `CallFailed`."""
        async with preview.lock:
            if not preview.ts:
                return ""
            try:
                if preview.stream and await self._stop(preview, part, metadata, left):
                    return preview.ts
                await self._update(preview, part, metadata, left)
            except CallFailed as failure:
                if failure.reason in _NO_SUCH_MESSAGE:
                    return ""
                if failure.reason != _STILL_STREAMS:
                    raise
                await self._end(preview)
                await self._update(preview, part, metadata, left)
            return preview.ts

    async def _end(self, preview: Preview) -> None:
        """From here on it is an ordinary message, whatever Slack thought of it. Raises `CallFailed`."""
        preview.stream = False
        try:
            await self._web.post("chat.stopStream", {"channel": preview.address.chat, "ts": preview.ts})
        except CallFailed as failure:
            if failure.reason not in _END_OF_STREAM:
                raise

    async def _stop(self, preview: Preview, part: render.Part, metadata: Json, left: Left) -> bool:
        """Ends the stream. True if the message is now the delivery; False if it must be rewritten."""
        target = {"channel": preview.address.chat, "ts": preview.ts}
        whole = preview.clean and bool(part.markdown) and part.markdown.startswith(preview.shown)
        rest: Json = {}
        if whole:
            after = [block for block in part.blocks if block["type"] != "markdown"]
            rest = preview.more(part.markdown[len(preview.shown) :]) | {"metadata": metadata, "blocks": after or None}
        rest["session_status"] = self.agent.ending(preview.address)
        try:
            preview.ending = True
            await self._web.post("chat.stopStream", {**target, **rest}, left if whole else None)
        except CallFailed as failure:
            if failure.reason in _END_OF_STREAM:
                preview.stream = False
                return False
            preview.ending = failure.left
            raise
        preview.ending = preview.stream = False
        return whole

    async def _update(self, preview: Preview, part: render.Part, metadata: Json, left: Left) -> None:
        body: Json = {
            "channel": preview.address.chat,
            "ts": preview.ts,
            "text": part.text,
            "blocks": list(part.blocks),
            "metadata": metadata,
        }
        await self._web.post("chat.update", body, left)

    async def _last_call(self, showing: asyncio.Task[None]) -> None:
        """Waits for the call under way, which may bring the message that is to be replaced; not for long, since the
        delivery waits for us. What it leaves unknown, the delivery looks for."""
        _, late = await asyncio.wait({showing}, timeout=_LAST_CALL_SECONDS)
        if late:
            showing.cancel()
            await asyncio.wait({showing})

    async def _show(self, address: Address, cause: str, growing: _Growing) -> None:
        status = Status("")
        preview = self._open.get(cause)
        resumed = preview is not None  # the same turn once more: what stands there stays until the delivery
        loop = asyncio.get_running_loop()
        while True:
            await growing.changed.wait()
            growing.changed.clear()
            if growing.over.is_set():
                return
            try:
                if growing.status != status and preview is None:
                    status = growing.status
                    await self.agent.busy(address, status.text)
                    if growing.over.is_set():
                        return
                    if status.task and preview is None and self._can_stream(address):
                        preview = await self._start(address, cause, "", status.text)
                text = settled(growing.text)
                if text and not resumed and len(text) <= _LONGEST and loop.time() >= self._quiet_until:
                    if preview is None:
                        preview = await self._start(address, cause, text)
                    else:
                        await self._grow(preview, text)
            except CallFailed as failure:
                self._refused(failure)
                return
            if preview is None:
                continue
            # Ends early when the reply is complete: the delivery must not wait for the pause.
            try:
                await asyncio.wait_for(growing.over.wait(), self._pause * self._slower(preview))
            except TimeoutError:
                continue
            return

    def _refused(self, failure: CallFailed) -> None:
        log.info("a preview ends early", extra={"why": failure.what})
        if failure.limited:
            seconds = failure.after.total_seconds() if failure.after else 30.0
            self._quiet_until = asyncio.get_running_loop().time() + seconds

    def _slower(self, preview: Preview) -> float:
        """How much longer the steps are, so that the calls last for all that grow now; never shorter."""
        budget = self._appends if preview.stream else self._updates
        return max(1.0, budget.interval(len(self._running)))

    def _can_stream(self, address: Address) -> bool:
        return self._streams and bool(address.thread) and (_direct(address) or bool(self.agent.asker(address)))

    async def _start(self, address: Address, cause: str, text: str, card: str = "") -> Preview | None:
        if self._can_stream(address) and self._starts.take():
            body: Json = {"markdown_text": text} if text else {"chunks": [_card(card, "in_progress")]}
            try:
                return await self._begin(Preview(address, cause, shown=text, stream=True, card=card), body)
            except CallFailed as failure:
                if failure.limited or failure.temporary:
                    raise
                log.info("a stream was refused", extra={"why": failure.what})
                self._streams = failure.reason not in _NEVER_STREAMS
        if not text:
            return None
        more = self._words(cause, text) | {"unfurl_links": False, "unfurl_media": False}
        return await self._begin(Preview(address, cause, shown=text), more)

    async def _begin(self, preview: Preview, more: Json) -> Preview:
        body: Json = {"channel": preview.address.chat, "thread_ts": preview.address.thread or None}
        method = "chat.startStream" if preview.stream else "chat.postMessage"
        if preview.stream and not _direct(preview.address):
            asker = self.agent.asker(preview.address)
            body |= {"recipient_team_id": preview.address.workspace, "recipient_user_id": asker}
        cause = preview.cause
        async with preview.lock:
            self._open.put(cause, preview)
            preview.clean = False
            try:
                answer = await self._web.post(method, body | more)
            except CallFailed as failure:
                if not (failure.left and failure.temporary):
                    self._open.pop(cause)
                raise
            preview.ts, preview.clean = str(answer.get("ts", "")), True
        return preview

    async def _grow(self, preview: Preview, text: str) -> None:
        if text == preview.shown:
            return
        budget = self._appends if preview.stream else self._updates
        if not budget.take():
            return
        target: Json = {"channel": preview.address.chat, "ts": preview.ts}
        async with preview.lock:
            preview.clean = False
            try:
                if preview.stream:
                    await self._web.post("chat.appendStream", target | preview.more(text[len(preview.shown) :]))
                else:
                    await self._web.post("chat.update", target | self._words(preview.cause, text))
            except CallFailed as failure:
                preview.clean = not (failure.left and failure.temporary)
                if failure.reason != _TIMED_OUT:
                    raise
                await self._end(preview)
                return
            preview.shown, preview.clean, preview.card = text, True, ""

    def _words(self, cause: str, text: str) -> Json:
        part = render.growing(text)
        return {"text": part.text, "blocks": list(part.blocks), "metadata": render.previewed(cause)}

    async def _discard(self, preview: Preview) -> None:
        if not preview.ts:
            return
        target = {"channel": preview.address.chat, "ts": preview.ts}
        try:
            if preview.stream:
                await self._web.post("chat.stopStream", target)
            await self._web.post("chat.delete", target)
        except CallFailed as failure:
            log.info("an abandoned preview stays", extra={"why": failure.what})
