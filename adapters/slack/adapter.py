"""The Slack adapter: theirs to `Message`, `Delivery` to theirs, and the connection between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from adapters.slack.delivery import Poster
from adapters.slack.dispatch import Dispatcher
from adapters.slack.inbound import PLATFORM, Identity, Translator
from adapters.slack.people import People
from adapters.slack.preview import Previews
from adapters.slack.recent import Recent
from adapters.slack.render import MARKDOWN
from adapters.slack.socket_mode import SocketMode
from adapters.slack.threads import Threads
from adapters.slack.web import CallFailed, Json, Web
from core.errors import ConfigurationError, Unavailable
from core.messages import Address, Capabilities, Delivery, Message, Receipt, ReplyEvent
from core.ports import Inbound


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that tests shorten."""

    preview_pause: float = 1.0
    """Between two steps of one growing reply."""
    first_pause: float = 1.0
    """Before the second attempt to connect."""
    drain: float = 10.0
    """That a socket is still read after Slack has announced its end."""


@dataclass(frozen=True, slots=True)
class _Connected:
    """What exists only between entering and leaving `connect`."""

    people: People
    translator: Translator
    poster: Poster
    identity: Identity


class SlackAdapter:
    """Fulfils `Adapter` for one workspace, by Socket Mode."""

    def __init__(self, token: str, app_token: str, base_url: str, timing: Timing | None = None) -> None:
        timing = timing or Timing()
        self._web = Web(token, base_url)
        self._previews = Previews(self._web, timing.preview_pause)
        self._threads = Threads(self._web)
        self._sockets = SocketMode(self._web, app_token, self._take, first_pause=timing.first_pause, drain=timing.drain)
        self._handed_over: Recent[str, bool] = Recent(20_000)
        self._connected: _Connected | None = None
        self._dispatcher: Dispatcher | None = None
        self._inbound: Inbound | None = None

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def capabilities(self) -> Capabilities:
        # Typed commands: Slack keeps every line that starts with a slash to itself unless the app has registered it.
        return Capabilities(max_text=MARKDOWN, can_look=True, typed_commands=False)

    @property
    def where(self) -> str:
        return f"workspace {self._here.identity.team}, bot {self._here.identity.user}"

    def connect(self) -> AbstractAsyncContextManager[None]:
        return self._connect()

    @asynccontextmanager
    async def _connect(self) -> AsyncIterator[None]:
        await self._web.open()
        try:
            identity = await self._sign_in()
            people = People(self._web)
            self._connected = _Connected(
                people,
                Translator(identity, people, self._threads),
                Poster(self._web, identity, self._previews, self._threads),
                identity,
            )
            try:
                yield
            finally:
                self._connected = None
                await people.aclose()
        finally:
            await self._web.close()

    async def listen(self, inbound: Inbound) -> None:
        self._dispatcher = Dispatcher(self._here.identity, self._on_message, self._on_press)
        self._inbound = inbound
        await self._sockets.run()

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        return await self._here.poster.send(delivery, left)

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        await self._previews.show(address, cause, events)

    @property
    def _here(self) -> _Connected:
        assert self._connected is not None, "connect() was not entered"
        return self._connected

    async def _sign_in(self) -> Identity:
        try:
            who = await self._web.post("auth.test", {})
        except CallFailed as failure:
            raise _at_start(failure, "SLACK_BOT_TOKEN", "the Bot User OAuth Token (xoxb-)") from None
        try:
            await self._sockets.ask_address()
        except CallFailed as failure:
            hint = "an app-level token (xapp-) with the scope connections:write, and switch Socket Mode on"
            raise _at_start(failure, "SLACK_APP_TOKEN", hint) from None
        team, user, bot, url = (str(who.get(name, "")) for name in ("team_id", "user_id", "bot_id", "url"))
        return Identity(team, user, bot, url)

    async def _take(self, payload: Json) -> bool:
        assert self._dispatcher is not None, "listen() was not called"
        return await self._dispatcher.dispatch(payload)

    async def _on_message(self, body: Json) -> None:
        message = await self._here.translator.event(body)
        if message is not None:
            await self._hand_over(message)

    async def _on_press(self, body: Json) -> None:
        await self._hand_over(await self._here.translator.press(body))

    async def _hand_over(self, message: Message) -> None:
        """Once in this process; in another one the store knows the event's identity. A mention arrives as two events,
        which have the same."""
        if message.event_id in self._handed_over:
            return
        assert self._inbound is not None, "listen() was not called"
        await self._inbound(message)
        self._handed_over.put(message.event_id, True)


def _at_start(failure: CallFailed, setting: str, hint: str) -> ConfigurationError | Unavailable:
    if failure.limited or failure.temporary:
        return Unavailable(f"Slack cannot be reached: {failure.what}", "check the network and SLACK_API_BASE_URL")
    return ConfigurationError(
        f"{setting} was refused by Slack: {failure.reason}", f"copy {hint}, from your app's pages at api.slack.com/apps"
    )
