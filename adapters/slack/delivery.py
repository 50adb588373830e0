"""One delivery: looked for if it may have arrived, else posted, or put in the place of its preview."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field

from adapters.slack import render
from adapters.slack.inbound import Identity
from adapters.slack.look import Found, look
from adapters.slack.preview import Preview, Previews
from adapters.slack.recent import Recent
from adapters.slack.threads import Threads
from adapters.slack.web import CallFailed, Json, Left, Mark, Web
from core.errors import RetryLater, Undeliverable
from core.messages import Delivery, Receipt

log = logging.getLogger(__name__)

_SHAPE = {
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_blocks_too_many",
    "msg_too_long",
    "no_text",
}
"""Slack does not take the blocks; the bare words may pass."""
_GONE = {
    "account_inactive",
    "cannot_dm_bot",
    "channel_is_limited_access",
    "channel_not_found",
    "is_archived",
    "is_inactive",
    "messages_tab_disabled",
    "not_in_channel",
    "posting_to_channel_denied",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "team_access_not_granted",
    "team_not_found",
    "thread_not_found",
    "token_revoked",
    "user_disabled",
    "user_not_found",
}
_NOT_FOR_ONE = {"cannot_reply_to_message", "messages_tab_disabled", "user_not_in_channel"}
"""Nothing can be shown to this person alone there."""
_BUTTONS = {"actions", "context_actions"}
_MENDABLE = {"invalid_auth", "missing_scope", "not_authed", "not_allowed_token_type", "token_expired", "no_permission"}
"""The owner can put it right in the app's settings: promises are kept until then."""
MENDABLE_PAUSE = dt.timedelta(minutes=5)
_LIMITED_PAUSE = dt.timedelta(seconds=30)


@dataclass(slots=True)
class _Posting:
    """One attempt: what there is to send, and what is there already."""

    delivery: Delivery
    left: Left
    parts: tuple[render.Part, ...]
    there: dict[int, str] = field(default_factory=dict)
    """By number of the part: its ts."""

    @property
    def missing(self) -> list[int]:
        return [number for number in range(len(self.parts)) if number not in self.there]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.there[number] for number in range(len(self.parts)))

    def metadata(self, number: int) -> Json:
        return render.delivered(self.delivery.cause, number, len(self.parts))


class Poster:
    """Posts each delivery once, as far as Slack lets anybody know."""

    def __init__(self, web: Web, identity: Identity, previews: Previews, threads: Threads) -> None:
        self._web = web
        self._identity = identity
        self._pressed: Recent[tuple[str, str], Json] = Recent(500)
        """By channel and ts: the message as it is once its button has had its effect."""
        self._settled: Recent[tuple[str, str], bool] = Recent(500)
        """Those where one had it: a second press, before the buttons went, is not what it was settled by."""
        self._previews = previews
        self._threads = threads

    async def send(self, delivery: Delivery, left: Left, first: int = 0) -> Receipt:
        """As `Adapter.send`, from the part with the number `first`: those before it were shown already."""
        receipt = await self._send(delivery, left, first)
        here = (delivery.address.chat, delivery.reply_to)
        if delivery.reply.settles and (pressed := self._pressed.pop(here)) and here not in self._settled:
            self._settled.put(here, True)
            await self._settle(delivery, pressed)
        return receipt

    async def _send(self, delivery: Delivery, left: Left, first: int) -> Receipt:
        posting = _Posting(delivery, Mark(left), render.parts(delivery.reply, delivery.cause)[first:])
        preview = await self._previews.take(delivery.cause)
        try:
            if preview is None and (seen := await self._for_one(posting)):
                return Receipt(seen)
            if self._must_look(delivery, preview, len(posting.parts)):
                found = await self._look(delivery)
                if found.complete:
                    self._previews.forget(delivery.cause)
                    return Receipt(found.complete, found=True)
                posting.there = dict(found.parts.get(len(posting.parts), {}))
                preview = self._adopt(delivery, preview, found)
                whole = posting.parts[0].markdown if len(posting.parts) == 1 else ""
                if preview is not None and whole and found.texts.get(preview.ts) == whole:
                    return Receipt((preview.ts,), found=True)
            ids = await self._post_or_plain(posting, preview)
        except CallFailed as failure:
            raise _for_the_core(failure) from None
        self._previews.forget(delivery.cause)
        if delivery.address.thread:
            self._threads.join(delivery.address.chat, delivery.address.thread)
            await self._previews.agent.idle(delivery.address)
        return Receipt(ids)

    def pressed(self, body: Json) -> None:
        """Keeps what stands on the screen where a button was pressed, until it is known whether that had an effect."""
        message, action = body.get("message"), body["actions"][0]
        if not isinstance(message, dict):
            return  # what one person alone was shown cannot be changed
        kept = [block for block in message.get("blocks") or [] if block.get("type") not in _BUTTONS]
        label = (action.get("text") or action.get("selected_option", {}).get("text") or {}).get("text", "")
        mark = {"type": "context", "elements": [render.plain(f"✓ {label}")]}
        change = {"ts": message["ts"], "text": message.get("text") or label, "blocks": [*kept, mark]}
        self._pressed.put((body["channel"]["id"], message["ts"]), change)

    async def _settle(self, delivery: Delivery, change: Json) -> None:
        try:
            await self._web.post("chat.update", {"channel": delivery.address.chat} | change)
        except CallFailed as failure:
            log.info("buttons that had their effect stay", extra={"why": failure.what})

    async def _for_one(self, posting: _Posting) -> tuple[str, ...]:
        """Shows it to the asker alone, and returns what Slack calls it; () where that need not or cannot be."""
        delivery, ids = posting.delivery, []
        if not delivery.reply.only_for:
            return ()
        thread = delivery.address.thread
        target = {"channel": delivery.address.chat, "user": delivery.reply.only_for}
        if thread != delivery.reply_to:  # Slack shows nobody what is for one alone in a thread that has not begun
            target["thread_ts"] = thread
        for number, part in enumerate(posting.parts):
            left = posting.left if number == len(posting.parts) - 1 else None
            body: Json = {"text": part.text, "blocks": list(part.blocks) or None}
            try:
                answer = await self._web.post("chat.postEphemeral", target | body, left)
            except CallFailed as failure:
                if failure.reason in _NOT_FOR_ONE:
                    return ()
                raise
            ids.append(str(answer.get("message_ts", "")))
        return tuple(ids)

    def _must_look(self, delivery: Delivery, preview: Preview | None, parts: int) -> bool:
        # An earlier attempt at a long reply may have got halfway; and a preview whose first call went unanswered
        # stands somewhere without our knowing where.
        lost = preview is not None and not preview.ts
        return delivery.doubtful or lost or (delivery.attempt > 1 and parts > 1)

    async def _look(self, delivery: Delivery) -> Found:
        try:
            return await look(self._web, self._identity, delivery.address, delivery.cause, delivery.reply_to)
        except CallFailed as failure:
            if failure.limited or failure.temporary:
                after = failure.after if failure.limited else None
                raise RetryLater(f"cannot look: {failure.what}", after, unknown=delivery.doubtful) from None
            # Slack will never let us look here. Losing the message is worse than saying it twice.
            log.warning("a doubtful delivery cannot be looked for", extra={"why": failure.what})
            return Found()

    def _adopt(self, delivery: Delivery, preview: Preview | None, found: Found) -> Preview | None:
        """The preview to replace, after a look: our own, or one that another process left behind."""
        if preview is not None and preview.ts:
            if preview.ending and found.texts.get(preview.ts, preview.shown) != preview.shown:
                # The call that ended the stream did arrive: it always brings at least one character more.
                preview = Preview(delivery.address, delivery.cause, preview.ts)
            return preview
        if preview is not None and preview.stream:
            # The call that began the stream did arrive; only its answer, with the ts, was lost.
            preview.ts = max((ts for ts, text in found.texts.items() if text == preview.shown), default="")
            preview.clean = True
            return preview
        if found.preview:
            return Preview(delivery.address, delivery.cause, found.preview)
        if delivery.address.thread and (left := found.unended(delivery.reply_to)):
            return Preview(delivery.address, delivery.cause, left, clean=False, stream=True)
        return None

    async def _post_or_plain(self, posting: _Posting, preview: Preview | None) -> tuple[str, ...]:
        try:
            return await self._post(posting, preview)
        except CallFailed as failure:
            if failure.reason not in _SHAPE:
                raise
            log.warning("blocks were refused, the words go without", extra={"why": failure.what})
        bare = _Posting(posting.delivery, posting.left, render.plain_parts(posting.delivery.reply))
        return await self._post(bare, preview if not posting.there else None)

    async def _post(self, posting: _Posting, preview: Preview | None) -> tuple[str, ...]:
        last = posting.missing[-1]
        for number in posting.missing:
            left = posting.left if number == last else None
            part = posting.parts[number]
            ts = ""
            if number == 0 and preview is not None:
                ts = await self._previews.finish(preview, part, posting.metadata(number), left)
            posting.there[number] = ts or await self._message(posting, number, left)
        return posting.ids

    async def _message(self, posting: _Posting, number: int, left: Left) -> str:
        address, part = posting.delivery.address, posting.parts[number]
        body: Json = {
            "channel": address.chat,
            "thread_ts": address.thread or None,
            "text": part.text,
            "blocks": list(part.blocks) or None,
            "metadata": posting.metadata(number),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        answer = await self._web.post("chat.postMessage", body, left)
        return str(answer.get("ts", ""))


def _for_the_core(failure: CallFailed) -> RetryLater | Undeliverable:
    if failure.limited:
        return RetryLater(failure.what, failure.after or _LIMITED_PAUSE)
    if failure.temporary:
        return RetryLater(failure.what, unknown=failure.left)
    if failure.reason in _MENDABLE:
        return RetryLater(failure.what, MENDABLE_PAUSE)
    return Undeliverable(failure.what, gone=failure.reason in _GONE)
