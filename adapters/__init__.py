"""Chat platforms; none knows another. Each package here is one, by its function `create(settings, around)`; there is no list.

`adapters/console.py` is the reference: copy it to add a platform.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from core.errors import Unavailable
from core.language.phrases import Language
from core.messages import Address, Line
from core.ports import Adapter, Clock
from core.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from core.admin.desk import Desk
    from core.store import Store


async def no_calendar(_secret: str) -> str | None:
    """Nobody has a calendar here."""
    return None


def no_store() -> Store:
    """There is none here."""
    raise Unavailable("Remora is starting")


def no_desk() -> Desk:
    """There is none here."""
    raise Unavailable("Remora is starting")


@dataclass(frozen=True, slots=True)
class Listed:
    """A command as platforms list it beside the box where people type."""

    name: str
    """Without "/"."""
    help: str
    personal: bool
    """Of use in a private chat only."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a platform may use of the product besides its own settings."""

    clock: Clock
    key: bytes
    """Signs what people's browsers bring back; at least 32 random bytes, the same after a restart."""
    history: Callable[[Address], Awaitable[Sequence[Line]]]
    """The newest messages of a conversation, oldest first."""
    checks: Mapping[str, Callable[[], Awaitable[None]]]
    """Each returns if its part of the product is well, and raises a `RemoraError` that says what is not."""
    calendar: Callable[[str], Awaitable[str | None]] = no_calendar
    """The iCalendar file of the person whose secret it is; None: nobody's."""
    hooks: MutableMapping[str, ASGIApp] = field(default_factory=dict)
    """What platforms call over HTTP: the web side passes every request under `/hooks/NAME/` to the entry of that name.
    An adapter puts itself here when it connects, and away when it leaves."""
    store: Callable[[], Store] = no_store
    """The database, for what a platform itself has to keep; raises `Unavailable` until Remora runs."""
    desk: Callable[[], Desk] = no_desk
    """What the admin side works with; raises `Unavailable` until Remora runs."""
    commands: Callable[[Language], Sequence[Listed]] = lambda _language: ()
    """Everything that can be typed as a command, in the order of the help."""
    public_url: str = ""
    """Where platforms reach the `hooks` of whichever process serves the web side, without a slash at its end; "": nowhere,
    since PUBLIC_URL is not set."""
    has_web: bool = True
    """This process serves the web side, so its `hooks` are called; else another one does."""

    async def trouble(self, key: str, what: str, mend: str) -> None:
        """Lets `remora doctor` say what is wrong. While it goes on, to be said again within `notes.RECENT`."""
        from core.store import notes  # what nobody without a trouble needs to load

        with suppress(Unavailable):
            async with self.store().write() as tx:
                await notes.put(tx, f"{notes.TROUBLE}{key}", f"{what}\n{mend}", self.clock.now())


def available() -> list[str]:
    """Names of the platforms found here, the console apart: it belongs to the terminal that opens it."""
    return sorted(module.name for module in iter_modules(__path__) if module.ispkg)


def create(name: str, settings: Settings, around: Surroundings) -> Adapter | None:
    """The adapter of a platform; None where the settings do not switch it on."""
    adapter: Adapter | None = import_module(f"adapters.{name}").create(settings, around)
    return adapter
