"""The workspaces we serve: the one of SLACK_BOT_TOKEN, and those that installed the app. Each has its own token,
directory and previews; the connections are shared. What one of them refuses stops no other."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from adapters import Surroundings
from adapters.slack.delivery import Poster
from adapters.slack.inbound import PLATFORM, Identity, Translator
from adapters.slack.manifest import SCOPES, typed
from adapters.slack.modes import Modes
from adapters.slack.people import People
from adapters.slack.preview import Previews
from adapters.slack.recent import Recent
from adapters.slack.surface import Surface
from adapters.slack.threads import Threads
from adapters.slack.web import CallFailed, Web, Wire
from core.errors import ConfigurationError, Undeliverable
from core.store import installations, notes
from core.store.installations import Installation

log = logging.getLogger(__name__)

_BEFORE_THE_END = dt.timedelta(minutes=30)
"""So long before a token ends it is exchanged for the next one."""
_NEW_SCOPES = "update the app with the manifest of `remora slack manifest`, and install it again"
_SAID_AGAIN_SECONDS = 300.0
_WAIT_FOR_OTHERS = 20
"""Looks, half a second apart, for the token that another worker is fetching."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """What exists for one workspace while we are connected."""

    identity: Identity
    web: Web
    people: People
    threads: Threads
    previews: Previews
    translator: Translator
    poster: Poster
    surface: Surface

    async def aclose(self) -> None:
        """Ends what goes on in the background."""
        await self.people.aclose()
        await self.surface.aclose()


class NotInstalled(Undeliverable):
    """We are not, or no longer, in this workspace."""

    def __init__(self, team: str) -> None:
        super().__init__(f"not installed in the workspace {team}", gone=True)


Client: TypeAlias = Mapping[str, str]
"""The app itself, as Slack wants to be told of it: `client_id` and `client_secret`."""


class Tokens:
    """The token of a workspace that installed the app: read from the database, and exchanged before it ends by one
    worker alone."""

    def __init__(self, wire: Wire, client: Client, around: Surroundings, first: Installation) -> None:
        self._wire = wire
        self._client = client
        self._around = around
        self._held: Installation | None = first
        self._team = first.workspace
        self._lock = asyncio.Lock()

    async def __call__(self) -> str:
        """Raises `CallFailed` where there is no token now."""
        held = self._held
        if held is not None and not self._ends_soon(held):
            return held.token
        async with self._lock:
            held = self._held = await self._read()
            if not self._ends_soon(held):
                return held.token
            for _ in range(_WAIT_FOR_OTHERS):
                if (fresh := await self._exchange(held)) is not None:
                    held = self._held = fresh
                    break
                if held.expires_at is None or held.expires_at > self._around.clock.now():
                    break  # another worker fetches the next one, and this one is still good
                await asyncio.sleep(0.5)
                held = await self._read()
            return held.token

    def forget(self) -> None:
        """It was refused, or the workspace was installed again: the database knows better."""
        self._held = None

    def _ends_soon(self, held: Installation) -> bool:
        return held.expires_at is not None and held.expires_at - _BEFORE_THE_END < self._around.clock.now()

    async def _read(self) -> Installation:
        async with self._around.store().read() as tx:
            found = await installations.find(tx, PLATFORM, self._team)
        if found is None:
            raise CallFailed("token", "token_revoked", 200, False, None)
        return found

    async def _exchange(self, old: Installation) -> Installation | None:
        """The next token; None while another worker is at it, or Slack cannot give it now."""
        now = self._around.clock.now()
        if old.expires_at is None or not self._ends_soon(old):
            return old
        async with self._around.store().write() as tx:
            if not await installations.may_refresh(tx, PLATFORM, self._team, old.expires_at, now):
                return None
        asked = {"grant_type": "refresh_token", "refresh_token": old.refresh_token or ""}
        try:
            answer = await self._wire.call("oauth.v2.access", "", data={**asked, **self._client})
        except CallFailed as failure:
            log.error("a token could not be renewed", extra={"workspace": self._team, "why": failure.what})
            return None
        token, following = str(answer.get("access_token", "")), str(answer.get("refresh_token", ""))
        until = now + dt.timedelta(seconds=int(answer.get("expires_in") or 0))
        async with self._around.store().write() as tx:
            await installations.refreshed(tx, PLATFORM, self._team, token, following, until)
        log.info("a token was renewed", extra={"workspace": self._team, "until": until})
        return await self._read()


class Workspaces:
    """Finds a workspace by its team id, and what is needed to serve it."""

    def __init__(
        self,
        wire: Wire,
        token: str,
        client: Client | None,
        around: Surroundings,
        pause: float,
        *,
        agent_view: bool = False,
    ) -> None:
        self.wire = wire
        self.client = client
        self.around = around
        self._token = token
        self._pause = pause
        self._agent_view = agent_view
        self._own: Workspace | None = None
        self._known: dict[str, tuple[Workspace, Tokens]] = {}
        self._told: Recent[tuple[str, str], float] = Recent(1_000)

    async def sign_in(self) -> Identity | None:
        """The workspace of SLACK_BOT_TOKEN is there when this returns; None without a token. Raises `CallFailed`."""
        if not self._token:
            return None

        async def token() -> str:
            return self._token

        identity = await who(self.wire, self._token)
        self._own = self._serve(identity, Web(self.wire, token, partial(self._refused, identity.team)))
        await self._missing(identity)
        return identity

    async def examine(self) -> int:
        """Asks every workspace that installed the app whether it still lets us in, and says which does not; returns
        how many there are. Raises `Unavailable` without a database."""
        async with self.around.store().read() as tx:
            teams = await installations.workspaces(tx, PLATFORM)
        for team in teams:
            try:
                await (await self.of(team)).web.post("auth.test", {})
            except (CallFailed, NotInstalled):
                continue  # what can be mended was said where it failed
            except ConfigurationError as error:
                await self.around.trouble(_about(team), f"Slack, workspace {team}: {error.what}", error.mend)
        return len(teams)

    async def of(self, team: str) -> Workspace:
        """Raises `NotInstalled`, or `ConfigurationError` where its token cannot be read."""
        if self._own is not None and team in ("", self._own.identity.team):
            return self._own
        if (known := self._known.get(team)) is not None:
            return known[0]
        if self.client is None:
            raise NotInstalled(team)
        async with self.around.store().read() as tx:
            found = await installations.find(tx, PLATFORM, team)
        if found is None:
            raise NotInstalled(team)
        if team not in self._known:  # somebody else may have been as quick
            tokens = Tokens(self.wire, self.client, self.around, found)
            identity = Identity(team, found.bot_user, found.bot_id, found.url)
            web = Web(self.wire, tokens, partial(self._refused, team))
            self._known[team] = (self._serve(identity, web), tokens)
        return self._known[team][0]

    async def installed(self, found: Installation) -> None:
        """Keeps what a workspace gave us; a worker that knew it before learns of the new token when the old one fails."""
        now = self.around.clock.now()
        async with self.around.store().write() as tx:
            await installations.save(tx, PLATFORM, found, now)
            for scopes in (False, True):
                await notes.put(tx, notes.TROUBLE + _about(found.workspace, scopes=scopes), "", now)
        await self._drop(found.workspace)

    async def removed(self, team: str, until: dt.datetime) -> None:
        """The workspace put us out before `until`: its tokens are erased, and what was due there waits until somebody
        writes again. News that comes late says nothing of an installation since then."""
        async with self.around.store().write() as tx:
            parked = await installations.remove(tx, PLATFORM, team, until, self.around.clock.now())
        if parked is None:
            log.info("a workspace removed the app and has installed it again", extra={"workspace": team})
            return
        await self._drop(team)
        log.warning("a workspace removed the app; its tokens are erased", extra={"workspace": team, "parked": parked})

    async def aclose(self) -> None:
        for workspace in (*(known[0] for known in self._known.values()), *([self._own] if self._own else ())):
            await workspace.aclose()
        self._known.clear()
        self._own = None

    async def _refused(self, team: str, failure: CallFailed) -> None:
        """The owner has to mend it: said in the log, and to `remora doctor`, now and then while it goes on."""
        if (known := self._known.get(team)) is not None:
            known[1].forget()
        now, same = asyncio.get_running_loop().time(), (team, failure.reason + failure.needed)
        if now - (self._told.get(same) or float("-inf")) < _SAID_AGAIN_SECONDS:
            return
        self._told.put(same, now)
        what, mend = refusal(team, failure)
        log.error("Slack does not allow it", extra={"workspace": team, "why": what, "mend": mend})
        await self.around.trouble(_about(team, scopes=failure.reason == "missing_scope"), what, mend)

    async def _missing(self, identity: Identity) -> None:
        """Says which scopes the app was not given; where Slack does not say what it was given, none are missing."""
        given = set(identity.scopes.split(","))
        missing = [f"{scope} ({reason})" for scope, reason in SCOPES.items() if given != {""} and scope not in given]
        if missing:
            what = f"Slack, workspace {identity.team}: scopes are missing: {', '.join(missing)}"
            log.warning(what, extra={"mend": _NEW_SCOPES})
            await self.around.trouble(_about(identity.team, scopes=True), what, _NEW_SCOPES)

    async def _drop(self, team: str) -> None:
        if (known := self._known.pop(team, None)) is not None:
            await known[0].aclose()

    def _serve(self, identity: Identity, web: Web) -> Workspace:
        people, threads, previews = People(web), Threads(web), Previews(web, self._pause)
        surface = Surface(web, identity, people, previews.agent, self.around, self._pause)
        commands = typed(self.around.commands("en"))
        return Workspace(
            identity,
            web,
            people,
            threads,
            previews,
            Translator(identity, people, threads, Modes(self.around), commands, self._agent_view),
            Poster(web, identity, previews, threads),
            surface,
        )


def _about(team: str, *, scopes: bool = False) -> str:
    """Under what a workspace's trouble is noted."""
    return f"slack:{team}:scopes" if scopes else f"slack:{team}"


def refusal(team: str, failure: CallFailed) -> tuple[str, str]:
    """What a workspace does not allow us, and how its owner mends that."""
    what = f"Slack, workspace {team}: {failure.what}" + (f", needs {failure.needed}" if failure.needed else "")
    if failure.reason == "missing_scope":
        return what, _NEW_SCOPES
    return what, "install the app again, or put its new token into SLACK_BOT_TOKEN"


async def who(wire: Wire, token: str) -> Identity:
    """Who a token speaks for. Raises `CallFailed`."""
    found = await wire.call("auth.test", token, json={})
    return Identity(*(str(found.get(name, "")) for name in ("team_id", "user_id", "bot_id", "url", "scopes")))
