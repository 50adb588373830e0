"""What people do in Slack besides writing: they open the Home tab or the conversation, press buttons there, fill in
forms. All of it becomes messages that they could have written, or a view that Slack shows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from pydantic import BaseModel, Field

from adapters import Surroundings
from adapters.slack.agent import Agent
from adapters.slack.budget import Budget
from adapters.slack.home import home
from adapters.slack.inbound import PLATFORM, Identity
from adapters.slack.modals import About, View, notice, reminder_form, settings_form, snooze_form, wishes, wrong
from adapters.slack.people import People
from adapters.slack.quiet import say_if_broken
from adapters.slack.recent import Recent
from adapters.slack.web import CallFailed, Json, Web
from core.errors import Unavailable
from core.language.phrases import Language, language_of, say
from core.messages import Address, Delivery, Message, MessageKind
from core.overview import Overview, of_account, stranger

log = logging.getLogger(__name__)


class _User(BaseModel):
    id: str


class _Action(BaseModel):
    value: str = ""
    action_ts: str


class _Acted(BaseModel):
    user: _User
    actions: list[_Action] = Field(min_length=1)
    trigger_id: str = ""


class _Submitted(BaseModel):
    user: _User
    view: View


class Surface:
    """Of one workspace."""

    def __init__(
        self, web: Web, identity: Identity, people: People, agent: Agent, around: Surroundings, pause: float
    ) -> None:
        """`pause`: seconds in which changes are gathered before a Home tab is shown again."""
        self._web = web
        self._team = identity.team
        self._people = people
        self._agent = agent
        self._around = around
        self._pause = pause
        self._viewers: Recent[str, int] = Recent(5_000)
        """Who has opened their Home tab, and the page that they see."""
        self._direct: Recent[str, str] = Recent(5_000)
        """Whose direct message it is."""
        self._changed: set[str] = set()
        """Whose Home tab is about to be shown again."""
        self._publishing: set[asyncio.Task[None]] = set()
        self._budget = Budget(60)  # views.publish: 100 a minute

    async def opened(self, body: Json) -> None:
        """The Home tab, or the conversation (`app_home_opened`)."""
        event = body["event"]
        user, channel = str(event["user"]), str(event["channel"])
        self._direct.put(channel, user)
        if event.get("tab") == "messages":
            await self._agent.prompts(channel, await self._language(user))
        else:
            self._viewers.put(user, self._viewers.get(user) or 0)
            await self._publish(user)

    async def pane(self, body: Json) -> None:
        """The assistant pane of an older app (`assistant_thread_started`)."""
        thread = body["event"]["assistant_thread"]
        address = Address(PLATFORM, self._team, str(thread["channel_id"]), str(thread["thread_ts"]))
        await self._agent.prompts(address.chat, await self._language(str(thread["user_id"])), address)

    async def acted(self, body: Json) -> Message | None:
        """A button on the Home tab."""
        acted = _Acted.model_validate(body)
        user, action = acted.user.id, acted.actions[0]
        kind, _, rest = action.value.partition(":")
        chat = await self._people.direct(user)
        self._direct.put(chat, user)
        match kind:
            case "page":
                self._viewers.put(user, int(rest) if rest.isdecimal() else 0)
                await self._publish(user)
                return None
            case "say":
                return await self._message(user, chat, f"h:{user}:{action.action_ts}", "text", rest)
        if await self.form(body, About(chat)):
            return None
        return await self._message(user, chat, f"h:{user}:{action.action_ts}", "choice", action.value)

    async def form(self, body: Json, about: About) -> bool:
        """Opens the form that a button or a shortcut asks for; False if it asks for none, or if there is none for this
        person: what they pressed is then answered in words."""
        acted = _Acted.model_validate({"actions": [{"value": "add", "action_ts": ""}]} | body)
        value = acted.actions[0].value
        verb, _, rest = value.removeprefix("reminders:").partition(":")
        number, _, pick = rest.partition(":")
        about = replace(about, number=int(number) if number.isascii() and number.isdecimal() else 0)
        if value not in ("add", "settings") and verb != "edit" and (verb, pick) != ("snooze", "pick"):
            return False
        overview = await self._overview(acted.user.id, about.number)
        if about.number and overview.about is None:
            return False
        make = {"settings": settings_form, "snooze": snooze_form}.get(verb, reminder_form)
        body = {"trigger_id": acted.trigger_id, "view": make(overview, about)}
        try:
            await self._web.post("views.open", body)
        except CallFailed as failure:
            log.warning("a form could not be opened", extra={"why": failure.what})
            return False
        return True

    async def submitted(self, body: Json) -> Json | Sequence[Message]:
        """A form that was filled in: what is wrong with it, or the messages that it comes to."""
        submitted = _Submitted.model_validate(body)
        user, view = submitted.user.id, submitted.view
        if (about := view.about) is None:
            language = await self._language(user)
            return {"response_action": "update", "view": notice(language, say(language, "form_stale"))}
        overview = await self._overview(user, about.number)
        if errors := wrong(view, about, overview):
            return {"response_action": "errors", "errors": dict(errors)}
        fields, event = view.fields, f"v:{view.id}"
        if view.callback_id == "settings":
            typed = enumerate(wishes(fields, overview))
            return [await self._message(user, about.chat, f"{event}:{at}", "text", text) for at, text in typed]
        if view.callback_id == "snooze":
            choice = f"reminders:snooze:{about.number}:at{fields['until']}"
            return [await self._message(user, about.chat, event, "choice", choice, about)]
        choice = f"reminders:edit:{about.number}" if about.number else "reminders:add"
        message = await self._message(user, about.chat, event, "form", choice, about)
        return [replace(message, fields=fields)]

    def sent(self, delivery: Delivery) -> None:
        """Something may have changed for whom it went to: who has their Home tab open sees it soon."""
        user = delivery.reply.only_for or self._direct.get(delivery.address.chat) or self._agent.asker(delivery.address)
        if user in self._viewers and user not in self._changed:
            self._changed.add(user)
            task = asyncio.create_task(self._publish_soon(user), name="slack-home")
            self._publishing.add(task)
            task.add_done_callback(self._publishing.discard)
            task.add_done_callback(partial(say_if_broken, "home"))

    async def aclose(self) -> None:
        for task in self._publishing:
            task.cancel()
        await asyncio.gather(*self._publishing, return_exceptions=True)

    async def _publish_soon(self, user: str) -> None:
        await asyncio.sleep(self._pause)
        self._changed.discard(user)  # what changes from here on is published once more
        with suppress(Unavailable):
            await self._publish(user)

    async def _publish(self, user: str) -> None:
        if not self._budget.take():
            return
        view = home(await self._overview(user), self._viewers.get(user) or 0)
        try:
            await self._web.post("views.publish", {"user_id": user, "view": view})
        except CallFailed as failure:
            log.warning("a Home tab could not be shown", extra={"why": failure.what})

    async def _overview(self, user: str, about: int = 0) -> Overview:
        profile, now = await self._people.get(user), self._around.clock.now()
        language = language_of(profile.locale)
        found = await of_account(self._around.store(), PLATFORM, self._team, user, language, now, about)
        return found or stranger(profile.name, profile.zone, language, now)

    async def _language(self, user: str) -> Language:
        return language_of((await self._people.get(user)).locale)

    async def _message(
        self, user: str, chat: str, event: str, kind: MessageKind, said: str, about: About | None = None
    ) -> Message:
        """`said`: a text, or what a choice or a form is for."""
        thread, ts = (about.thread, about.ts) if about else ("", "")
        return Message(
            event_id=f"{event}:{self._team}",
            address=Address(PLATFORM, self._team, chat, thread),
            sender=await self._people.sender(user, self._team),
            sent_at=self._around.clock.now(),
            kind=kind,
            message_id=ts,
            private=chat.startswith("D"),
            text=said if kind == "text" else "",
            choice="" if kind == "text" else said,
        )
