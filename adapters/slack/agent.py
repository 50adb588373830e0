"""The agent surface: what one can ask, that it is at work, what a conversation is called, and Slack's Stop button.

An app with `agent_view` has sessions, one a thread, and its prompts stand above the box where people type. An older one
has the assistant pane: a thread of its own with prompts, a status and a title. Where Slack refuses the one, the other
is used; all of it is a favour that never holds up an answer.
"""

from __future__ import annotations

import asyncio
import logging

from adapters.slack.budget import Budget
from adapters.slack.recent import Recent
from adapters.slack.text import neutralise
from adapters.slack.web import CallFailed, Json, Web
from core.language.phrases import Language, say
from core.messages import Address, Message
from core.render import shortened

log = logging.getLogger(__name__)

_ENOUGH = 3
_TITLE = 80
"""Characters of the question that name a conversation; Slack takes 200."""


class Agent:
    """Of one workspace."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._refusals = 0
        """How often in a row Slack would have no session: an app without them is not asked for ever."""
        self._budget = Budget(20)  # agents.sessions.setStatus: 50 a minute, and a turn takes two
        self._asked: Recent[str, tuple[str, str]] = Recent(2_000)
        """By address: who asked last, and what."""
        self._panes: Recent[str, bool] = Recent(2_000)
        """Threads of the assistant pane, by address; True once they have a title."""
        self._busy: set[str] = set()

    def asked(self, message: Message) -> None:
        """The next answer at this address is one to this."""
        if message.address.thread and message.kind == "text":
            title = neutralise(shortened(" ".join(message.text.split()), _TITLE))
            self._asked.put(message.address.key(), (message.sender.account, title))

    def asker(self, address: Address) -> str:
        """Who was last answered there, as far as we know; "" where we do not."""
        return (self._asked.get(address.key()) or ("", ""))[0]

    async def prompts(self, channel: str, language: Language, pane: Address | None = None) -> None:
        """What one can ask, above the box where people type, or in the assistant pane that was just opened."""
        lines = [line.split("|") for line in say(language, "slack_prompts").splitlines()]
        body: Json = {
            "channel_id": channel,
            "title": say(language, "slack_prompts_title"),
            "prompts": [{"title": title, "message": message} for title, message in lines],
        }
        if pane is not None:
            self._panes.put(pane.key(), False)
            body["thread_ts"] = pane.thread
        await self._try("assistant.threads.setSuggestedPrompts", body)

    async def busy(self, address: Address, words: str) -> None:
        """An answer is on its way; `words` say what is being done."""
        if not address.thread:
            return
        key, where = address.key(), {"channel_id": address.chat, "thread_ts": address.thread}
        status = self._try("assistant.threads.setStatus", where | {"status": words})
        asker, title = self._asked.get(key) or ("", "")
        titled = self._panes.get(key)
        if titled is False and title:
            self._panes.put(key, True)
            await asyncio.gather(status, self._try("assistant.threads.setTitle", where | {"title": title}))
        elif titled is None and key not in self._busy and self._refusals < _ENOUGH and self._budget.take():
            self._busy.add(key)
            more = {"status": "processing", "title": title or None, "initiator_user_id": asker or None}
            _, refused = await asyncio.gather(status, self._try("agents.sessions.setStatus", where | more))
            self._refusals = self._refusals + 1 if refused else 0
            if refused:
                self._busy.discard(key)
        else:
            await status

    def ending(self, address: Address) -> str | None:
        """What the session becomes with the call that ends its stream; None where there is no session."""
        if address.key() not in self._busy:
            return None
        self._busy.discard(address.key())
        return "active"

    async def idle(self, address: Address) -> None:
        """The answer is there."""
        if status := self.ending(address):
            body = {"channel_id": address.chat, "thread_ts": address.thread, "status": status}
            await self._try("agents.sessions.setStatus", body)

    async def _try(self, method: str, body: Json) -> bool:
        """Whether the app may not do it at all."""
        try:
            await self._web.post(method, body)
        except CallFailed as failure:
            log.info("a favour was refused", extra={"why": failure.what})
            return not (failure.limited or failure.temporary)
        return False
