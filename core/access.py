"""The door: who is answered, how strangers get in, and how much one person may write.

Closed by default. On a platform that anybody can reach only those are answered whom an owner let in, or whoever runs
Remora (`REMORA_ALLOW`, `remora users`). The first owner writes the one-time code that is printed at the start.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
import re
import secrets
import unicodedata
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, replace

from core.language.phrases import Language, say
from core.messages import Address, Message, Reply
from core.reminders import closed
from core.settings import Settings
from core.store import Tx, access, crypto, notes, people
from core.store.access import Place, Role, Standing

log = logging.getLogger(__name__)

HOUR = dt.timedelta(hours=1)
INVITATION_LIFE = dt.timedelta(hours=24)
FIRST_CODE_LIFE = dt.timedelta(hours=24)
TRIES, TRIES_IN_ALL = 5, 200
"""Codes that one account, and all of a platform together, may try within the window."""
_WINDOW = HOUR
_TOLD_AGAIN = dt.timedelta(hours=6)
_LETTERS = "23456789BCDFGHJKLMNPQRSTVWXZ"
"""Without vowels, so that no word looks like a code; eight of them are 38 bits."""
_CODE = re.compile(rf"(?<![0-9A-Za-z])([{_LETTERS}]{{4}})[-‐‑–—－]?([{_LETTERS}]{{4}})(?![0-9A-Za-z])", re.IGNORECASE)
_BUCKETS = 10_000
_PRESS = 0.2
"""What a button costs of what a message does: a list of reminders is ticked off quickly."""


def new_code() -> str:
    """Like "7KQX-2MRD"."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def digest(code: str) -> str:
    return hashlib.sha256(code.upper().encode()).hexdigest()


def code_in(text: str) -> str | None:
    """The first thing in a text that looks like a code, whatever stands around it."""
    found = _CODE.search(unicodedata.normalize("NFKC", text))
    return f"{found[1]}-{found[2]}".upper() if found else None


def without_code(text: str) -> str:
    return _CODE.sub(" ", text)


def allowed(allow: str, place: Place, *, guest: bool = False) -> bool:
    """Whether `REMORA_ALLOW` names an account, its workspace, or everybody; a guest is not of the workspace."""
    entries = {entry.strip() for entry in allow.split(",")}
    there = f"{place.platform}:{place.workspace}" if place.workspace else place.platform
    separator = "/" if place.workspace else ":"
    whole = [there] if place.workspace and not guest else []
    return bool(entries & {"*", f"{there}{separator}{place.account}", *whole})


async def standing(tx: Tx, settings: Settings, place: Place, *, guest: bool = False) -> Role | None:
    """The role of an account on a closed platform; None: a stranger. Read from the store, so that it holds at once on
    every worker."""
    given = await access.role(tx, place, guest=guest)
    return given or ("member" if allowed(settings.allow, place, guest=guest) else None)


async def may_be_written(tx: Tx, settings: Settings, person_id: int, address: Address) -> bool:
    """Whether what another person wants may be sent to this one, at an address on a closed platform."""
    theirs = [one for one in await access.places_of(tx, person_id) if one.platform == address.platform]
    places = [replace(one, chat=address.chat) for one in theirs if one.workspace == address.workspace]
    return any([await standing(tx, settings, one) in ("owner", "member") for one in places])


async def shut(tx: Tx, settings: Settings, place: Place, now: dt.datetime) -> int | None:
    """A workspace or a chat is open no more. What is to ring there for people who were in by that alone waits until they
    are let in again; returns how many they are, None where it was not open."""
    if not await access.drop(tx, place):
        return None
    out = [one for one in await access.owed(tx, place) if await standing(tx, settings, one) is None]
    for one in out:
        await access.park(tx, one, now)
    return len(out)


async def first_code(tx: Tx, platform: str, now: dt.datetime) -> str | None:
    """The code for the first owner of a platform, the same from every process that starts before it is used or too old;
    None where there is an owner."""
    if await access.count_owners(tx, platform):
        await access.drop_first_codes(tx, platform)
        return None
    key = f"first code:{platform}"
    nonce = await notes.get(tx, key)
    valid = [one.digest for one in await access.codes(tx, platform, now)]
    if not nonce or digest(_derived(nonce)) not in valid:
        nonce = secrets.token_hex(8)
        await notes.put(tx, key, nonce, now)
    await access.drop_first_codes(tx, platform)
    code = _derived(nonce)
    await access.add_code(tx, digest(code), "owner", None, platform, now, FIRST_CODE_LIFE)
    return code


def _derived(nonce: str) -> str:
    """The code that comes of a number which is no secret, with the key of this installation."""
    number = int(crypto.keyed("first code", nonce), 16)
    letters = "".join(_LETTERS[number // len(_LETTERS) ** at % len(_LETTERS)] for at in range(8))
    return f"{letters[:4]}-{letters[4:]}"


@dataclass(frozen=True, slots=True)
class Entered:
    """What the door says of a message: who may go on, or what is said instead of an answer."""

    standing: Standing | None
    reply: Reply | None = None
    note: str = ""
    once: str = ""
    """With a reply: it is said once for all messages that have this in common."""


class Door:
    """Asked for each message as it is taken from the inbox."""

    def __init__(self, settings: Settings, open_platforms: Collection[str]) -> None:
        self._settings = settings
        self._open = frozenset(open_platforms)
        self._buckets: OrderedDict[Place, tuple[float, dt.datetime]] = OrderedDict()
        """Messages that an account may still write at once, as of when. Kept by each worker for itself."""

    async def enter(self, tx: Tx, message: Message, language: Language, now: dt.datetime, *, again: bool) -> Entered:
        """`again`: the message was let through before, and its turn broke."""
        address = message.address
        if address.platform in self._open:
            return Entered("member" if message.sender.guest else "host")
        place = Place(address.platform, address.workspace, message.sender.account, address.chat)
        role = await standing(tx, self._settings, place, guest=message.sender.guest)
        said = f"{message.text}\n{message.quoted}"  # a code may be forwarded
        if role != "owner" and message.private and (code := code_in(said)) is not None:
            entered = await self._tried(tx, message, code, language, now)
            if role in (None, "removed") or entered.note == "paired":
                return entered
        reacts = message.choice.startswith("feedback::")
        if role is None or role == "removed":
            return await self._turned_away(tx, message, language, now, silent=role is not None or reacts)
        if again or self._has_room(place, message.sent_at, _PRESS if message.kind == "choice" else 1.0):
            return Entered(role)
        minute = f"{message.sent_at:%Y%m%d%H%M}"
        once = f"too-fast:{address.platform}:{address.workspace}:{place.account}:{minute}"
        return Entered(None, Reply(say(language, "too_fast"), quiet=True), "too fast", once)

    async def may_be_written(self, tx: Tx, address: Address, person_id: int) -> bool:
        """As the function; everybody, where the platform is open."""
        return address.platform in self._open or await may_be_written(tx, self._settings, person_id, address)

    def _has_room(self, place: Place, sent_at: dt.datetime, cost: float) -> bool:
        """By when things were written, not by when they came: after a while offline they come all at once."""
        rate, burst = self._settings.rate_per_minute / 60, self._settings.rate_burst
        if not rate:
            return True
        whose = Place(place.platform, place.workspace, place.account)
        left, since = self._buckets.pop(whose, (float(burst), sent_at))
        left = min(burst, left + max((sent_at - since).total_seconds(), 0.0) * rate)
        self._buckets[whose] = (left - cost if left >= cost else left, max(sent_at, since))
        if len(self._buckets) > _BUCKETS:
            self._buckets.popitem(last=False)
        return left >= cost

    async def _turned_away(
        self, tx: Tx, message: Message, language: Language, now: dt.datetime, *, silent: bool
    ) -> Entered:
        """A stranger hears once in a while how to get in, and nothing else; who was put out hears nothing."""
        knocking = Place(message.address.platform, message.address.workspace, message.sender.account)
        if silent or message.sender.is_bot or not await access.may_tell(tx, knocking, now, _TOLD_AGAIN):
            return Entered(None, note="stranger")
        text = say(language, "stranger" if message.private else "stranger_here")
        return Entered(None, Reply(text, quiet=True), "stranger")

    async def _tried(self, tx: Tx, message: Message, code: str, language: Language, now: dt.datetime) -> Entered:
        address = message.address
        place = Place(address.platform, address.workspace, message.sender.account)
        mine = await access.tried(tx, place, now, _WINDOW)
        # What is not looked at is not counted: one account alone keeps nobody else out.
        if mine > TRIES or await access.tried(tx, Place(address.platform, "", ""), now, _WINDOW) > TRIES_IN_ALL:
            reply = Reply(say(language, "code_enough")) if mine <= TRIES + 1 else None
            return Entered(None, reply, "too many codes")
        wanted = digest(code)
        found = [
            one for one in await access.codes(tx, address.platform, now) if hmac.compare_digest(one.digest, wanted)
        ]
        if not found or not await access.use_code(tx, found[0]):
            return Entered(None, Reply(say(language, "code_wrong")), "wrong code")
        await access.put(tx, place, found[0].role, found[0].given_by, now)
        person = await people.person_of(tx, address.workspace, address.platform, message.sender, now, address)
        await closed.heard_from(tx, person.id, address, now)
        log.info("somebody was let in", extra={"platform": address.platform, "role": found[0].role})
        key = "paired_owner" if found[0].role == "owner" else "paired"
        return Entered(None, Reply(f"{say(language, key)}\n\n{say(language, 'hello', name='')}"), "paired")
