"""Who somebody is: name, language and time zone from Slack's directory, remembered for a while."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.slack.recent import Recent
from adapters.slack.web import CallFailed, Web
from core.errors import Unavailable
from core.messages import Sender

log = logging.getLogger(__name__)

_REMEMBERED_SECONDS = 900.0
_FAILURE_SECONDS = 30.0
_PATIENCE_SECONDS = 1.2
"""A message must be acknowledged within 3 s, whether or not the directory answers."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the directory says; empty where it says nothing or cannot be asked."""

    name: str = ""
    locale: str | None = None
    zone: str | None = None
    is_bot: bool = False
    handle: str = ""
    teams: tuple[str, ...] = ()
    """The workspaces that somebody belongs to."""
    restricted: bool = False
    """Slack's own guests: only in some of the workspace's channels."""


class _Grid(BaseModel):
    teams: tuple[str, ...] = ()


class _Names(BaseModel):
    display_name: str = ""
    real_name: str = ""


class _User(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str = ""
    tz: str | None = None
    locale: str | None = None
    is_bot: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    team_id: str = ""
    enterprise_user: _Grid = _Grid()
    profile: _Names = _Names()


class People:
    """The directory. `get` never fails and never takes much longer than a second."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._known: Recent[str, tuple[Profile, float]] = Recent(5_000)
        self._directs: Recent[str, str] = Recent(5_000)
        self._asking: dict[str, asyncio.Task[Profile]] = {}

    async def get(self, user: str) -> Profile:
        if (entry := self._known.get(user)) is not None and entry[1] > asyncio.get_running_loop().time():
            return entry[0]
        if (task := self._asking.get(user)) is None:
            task = asyncio.create_task(self._ask(user))
            self._asking[user] = task
            task.add_done_callback(lambda _: self._asking.pop(user, None))
        done, _ = await asyncio.wait({task}, timeout=_PATIENCE_SECONDS)
        if done and not task.cancelled():
            return task.result()
        return entry[0] if entry else Profile()

    async def sender(self, user: str, home: str, name: str = "") -> Sender:
        """Somebody who acts in the workspace `home`; `name` is for when the directory has none. Of whom it says nothing
        counts as a guest: what everybody of the workspace may is open only to who is known to be one of them."""
        found = await self.get(user)
        guest = found.restricted or home not in found.teams
        return Sender(user, found.name or name, found.is_bot, found.locale, found.zone, found.handle, guest)

    def forget(self, user: str) -> None:
        """What the directory says of them has changed."""
        self._known.pop(user)

    async def direct(self, user: str) -> str:
        """The direct message with somebody; their own id, which serves for posting, where Slack does not let us open it.
        Raises `Unavailable` while Slack cannot say."""
        if (known := self._directs.get(user)) is not None:
            return known
        try:
            answer = await self._web.post("conversations.open", {"users": user})
        except CallFailed as failure:
            if failure.limited or failure.temporary:
                raise Unavailable(f"the direct message cannot be opened: {failure.what}") from None
            return user
        channel = str((answer.get("channel") or {}).get("id") or user)
        self._directs.put(user, channel)
        return channel

    async def aclose(self) -> None:
        for task in list(self._asking.values()):
            task.cancel()

    async def _ask(self, user: str) -> Profile:
        kept = _REMEMBERED_SECONDS
        try:
            answer = await self._web.get("users.info", {"user": user, "include_locale": True})
            found = _User.model_validate(answer.get("user") or {})
            names = found.profile
            name = names.display_name or names.real_name or found.name
            teams = (*([found.team_id] if found.team_id else ()), *found.enterprise_user.teams)
            restricted = found.is_restricted or found.is_ultra_restricted
            profile = Profile(name, found.locale, found.tz, found.is_bot, found.name, teams, restricted)
        except (CallFailed, ValidationError) as failure:
            # The last known profile is better than none: a person's zone does not go away with the network.
            log.warning("the directory of people does not answer", extra={"why": _reason(failure)})
            old = self._known.get(user)
            profile, kept = old[0] if old else Profile(), _FAILURE_SECONDS
        self._known.put(user, (profile, asyncio.get_running_loop().time() + kept))
        return profile


def _reason(failure: CallFailed | ValidationError) -> str:
    return failure.reason if isinstance(failure, CallFailed) else "unexpected answer"
