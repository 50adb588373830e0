"""The Slack adapter: theirs to `Message`, `Delivery` to theirs, and the connection between."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace

from pydantic import AwareDatetime, BaseModel
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from adapters import Surroundings
from adapters.slack import Keys, render
from adapters.slack.delivery import MENDABLE_PAUSE
from adapters.slack.dispatch import Dispatcher, Handler
from adapters.slack.http import Events
from adapters.slack.inbound import PLATFORM
from adapters.slack.modals import About
from adapters.slack.oauth import OAuth
from adapters.slack.recent import Recent
from adapters.slack.render import MARKDOWN
from adapters.slack.socket_mode import SocketMode
from adapters.slack.web import CallFailed, Json, Wire
from adapters.slack.workspaces import Workspace, Workspaces
from core.errors import ConfigurationError, RetryLater, Unavailable, Undeliverable
from core.messages import Address, Capabilities, Delivery, Message, Receipt, ReplyEvent
from core.ports import Inbound

log = logging.getLogger(__name__)

_PER_SECOND = 200.0
"""Slack counts messages for each workspace and channel and says when it is too much; this only keeps bursts in order."""
_MOST_SHOWN = 20
"""Replies that are shown growing at once; with more, Slack's limits let none of them grow visibly."""
_ANSWERS = 5
"""Messages that Slack takes at the address that came with a command."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that tests shorten."""

    preview_pause: float = 1.0
    """Between two steps of one growing reply."""
    first_pause: float = 1.0
    """Before the second attempt to connect."""
    drain: float = 10.0
    """That a socket is still read after Slack has announced its end."""
    hold: float = 0.4
    """Before anything is shown of a reply that is not there yet."""
    repeat: float = 0.3
    """Before what only reads is asked again."""


class _Dated(BaseModel):
    event_time: AwareDatetime


class SlackAdapter:
    """Fulfils `Adapter` for every workspace that lets us in, by Socket Mode or over HTTP."""

    def __init__(self, keys: Keys, around: Surroundings, timing: Timing | None = None) -> None:
        timing = timing or Timing()
        self._keys = keys
        self._around = around
        self._wire = Wire(keys.base_url, pause=timing.repeat)
        client = {"client_id": keys.client_id, "client_secret": keys.client_secret} if keys.client_id else None
        self._workspaces = Workspaces(
            self._wire, keys.token, client, around, timing.preview_pause, agent_view=keys.agent_view
        )
        self._sockets = SocketMode(
            self._wire, keys.app_token, self._take, first_pause=timing.first_pause, drain=timing.drain
        )
        self._hold = timing.hold
        self._shown = 0
        """Replies that are shown while they grow, now."""
        self._answered: Recent[str, int] = Recent(1_000)
        """By cause: how many parts went where the command was typed."""
        self._dispatcher: Dispatcher | None = None
        self._where = ""

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        # Typed commands: Slack keeps every line that starts with a slash to itself unless the app has registered it.
        return Capabilities(
            max_text=MARKDOWN,
            can_look=True,
            typed_commands=False,
            per_second=_PER_SECOND,
            hooked=not self._keys.app_token,
        )

    @property
    def where(self) -> str:
        return self._where

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        await self._wire.open()
        try:
            await self._sign_in()
            self._around.hooks[PLATFORM] = self._hook()
            try:
                yield
            finally:
                del self._around.hooks[PLATFORM]
                await self._workspaces.aclose()
        finally:
            await self._wire.close()

    async def listen(self, inbound: Inbound) -> None:
        self._dispatcher = Dispatcher(self._workspaces, inbound, self._handlers())
        try:
            if self._keys.app_token:
                await self._sockets.run()
            else:
                await asyncio.Event().wait()
        finally:
            dispatcher, self._dispatcher = self._dispatcher, None
            await dispatcher.aclose()

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        try:
            here = await self._workspaces.of(delivery.address.workspace)
        except Unavailable as error:
            raise RetryLater(error.what) from None
        except ConfigurationError as error:
            raise RetryLater(error.what, MENDABLE_PAUSE) from None
        first = 0
        if delivery.reply.only_for and delivery.reply_to.startswith("http"):
            if (refused := await self._answer(delivery, left)) is None:
                return Receipt(())
            first = refused
            delivery = replace(delivery, reply=replace(delivery.reply, only_for=""), reply_to="")
        receipt = await here.poster.send(delivery, left, first)
        here.surface.sent(delivery)
        return receipt

    async def _answer(self, delivery: Delivery, left: Callable[[], None]) -> int | None:
        """Where the command was typed, we may not even be a member: Slack gave an address to answer there, for half an
        hour and five messages. Returns the number of the first part that it does not take, None if it took all. What may
        have arrived counts as taken: nobody can look for it later. Raises `RetryLater` if a part did not leave."""
        parts = render.parts(delivery.reply, delivery.cause)
        first = self._answered.get(delivery.cause)
        if first is not None and delivery.doubtful:
            return first  # what is in doubt was posted: what is answered never is
        for number in range(first or 0, len(parts)):
            self._answered.put(delivery.cause, number)
            if number == _ANSWERS:
                return number
            body: Json = {"response_type": "ephemeral", "text": parts[number].text}
            body |= {"blocks": list(parts[number].blocks)} if parts[number].blocks else {}
            try:
                await self._wire.answer(delivery.reply_to, body, left if parts[number] is parts[-1] else None)
            except CallFailed as failure:
                if not failure.temporary:
                    return number
                if not failure.left:
                    raise RetryLater(failure.what) from None
                log.warning("an answer to a command may not have arrived", extra={"why": failure.what})
        return None

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        try:
            here = await self._workspaces.of(address.workspace)
        except (Unavailable, ConfigurationError, Undeliverable):
            here = None
        if here is None or self._shown >= _MOST_SHOWN:
            async for _ in events:
                pass
            return
        self._shown += 1
        try:
            async with aclosing(_held(events, self._hold)) as growing:
                await here.previews.show(address, cause, growing)
        finally:
            self._shown -= 1

    async def _sign_in(self) -> None:
        url = self._around.public_url
        ways = [f"install: {url}/hooks/slack/install"] if self._keys.client_id and url else []
        try:
            identity = await self._workspaces.sign_in()
        except CallFailed as failure:
            raise _at_start(failure, "SLACK_BOT_TOKEN", "the Bot User OAuth Token (xoxb-)") from None
        if identity is not None:
            ways.insert(0, f"workspace {identity.team}, bot {identity.user}")
        if self._keys.client_id:
            with suppress(Unavailable):
                ways.append(f"installed in {await self._workspaces.examine()} more")
        self._where = "; ".join(ways)
        if not self._keys.app_token:
            return
        try:
            await self._sockets.ask_address()
        except CallFailed as failure:
            hint = "an app-level token (xapp-) with the scope connections:write, and switch Socket Mode on"
            raise _at_start(failure, "SLACK_APP_TOKEN", hint) from None

    def _hook(self) -> ASGIApp:
        routes: list[BaseRoute] = []
        if self._keys.signing_secret and not self._keys.app_token:
            events = Events(self._keys.signing_secret, self._around.clock, self._take)
            routes.append(Route("/events", events.take_in, methods=["POST"]))
        if (client := self._workspaces.client) is not None:
            routes += OAuth(self._workspaces, client, self._around.public_url).routes
        return Starlette(routes=routes)

    async def _take(self, payload: Json) -> Json | None:
        return None if self._dispatcher is None else await self._dispatcher.dispatch(payload)

    # --- what is done about which payload

    def _handlers(self) -> Mapping[str, Handler]:
        return {
            "message": self._said,
            "app_mention": self._said,
            "agent_session_stopped": lambda here, body: here.translator.stopped(body),
            "app_home_opened": lambda here, body: here.surface.opened(body),
            "assistant_thread_started": lambda here, body: here.surface.pane(body),
            "block_actions": self._pressed,
            "view_submission": lambda here, body: here.surface.submitted(body),
            "shortcut:remind_new": self._wants_form,
            "message_action:remind_about": lambda here, body: here.translator.about(body),
            "command": lambda here, body: here.translator.command(body, self._around.clock.now()),
            "user_change": self._changed,
            "app_uninstalled": self._removed,
            "tokens_revoked": self._removed,
        }

    async def _said(self, here: Workspace, body: Json) -> Message | None:
        message = await here.translator.event(body)
        if message is not None:
            here.previews.agent.asked(message)
        return message

    async def _pressed(self, here: Workspace, body: Json) -> Message | None:
        if isinstance(body.get("view"), dict):
            return await here.surface.acted(body)
        message = await here.translator.press(body)
        here.poster.pressed(body)
        if await here.surface.form(body, About(message.address.chat, message.address.thread, message.message_id)):
            return None
        return message

    async def _wants_form(self, here: Workspace, body: Json) -> Message | None:
        # Slack lets a form be opened within three seconds: who cannot have one is told nothing, and can write.
        await here.surface.form(body, About(await here.people.direct(str(body["user"]["id"]))))
        return None

    async def _changed(self, here: Workspace, body: Json) -> Message | None:
        user = body["event"].get("user")
        here.people.forget(str(user.get("id") if isinstance(user, dict) else user))
        return None

    async def _removed(self, here: Workspace, body: Json) -> Message | None:
        event = body["event"]
        revoked = event.get("tokens") if isinstance(event.get("tokens"), dict) else {}
        if event.get("type") == "app_uninstalled" or revoked.get("bot"):
            # Slack counts whole seconds: what was installed within the same one was there before.
            until = _Dated.model_validate(body).event_time + dt.timedelta(seconds=1)
            await self._workspaces.removed(here.identity.team, until)
        return None


async def _held(events: AsyncIterator[ReplyEvent], seconds: float) -> AsyncGenerator[ReplyEvent]:
    """The events from then on, with those before; none at all if they end sooner: what is quick needs no preview, and
    each would be a call or two more."""
    loop, first = asyncio.get_running_loop(), list[ReplyEvent]()
    end = loop.time() + seconds
    following = asyncio.ensure_future(anext(events, None))
    try:
        while (await asyncio.wait({following}, timeout=max(end - loop.time(), 0)))[0]:
            if (event := following.result()) is None:
                return
            first.append(event)
            following = asyncio.ensure_future(anext(events, None))
        for event in first:
            yield event
        while (event := await following) is not None:
            yield event
            following = asyncio.ensure_future(anext(events, None))
    finally:
        following.cancel()


def _at_start(failure: CallFailed, setting: str, hint: str) -> ConfigurationError | Unavailable:
    if failure.limited or failure.temporary:
        return Unavailable(f"Slack cannot be reached: {failure.what}", "check the network and SLACK_API_BASE_URL")
    return ConfigurationError(
        f"{setting} was refused by Slack: {failure.reason}", f"copy {hint}, from your app's pages at api.slack.com/apps"
    )
