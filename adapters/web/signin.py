"""Who may enter: one-time links, exchanged for a signed cookie. There is no password and nothing is open to strangers.

The link carries its secret in the fragment, which a browser sends to nobody: it stands in no log and no Referer, and
a chat program that fetches the link to preview it uses nothing up.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime as dt
import hashlib
import hmac
import ipaddress
import json
import logging
import os
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from core.errors import ConfigurationError, Unavailable
from core.ports import Clock
from core.settings import Settings
from core.store import Store
from core.store.admin import signin

log = logging.getLogger(__name__)

LINK_LIFE = dt.timedelta(minutes=30)
COOKIE_LIFE = dt.timedelta(days=30)
_MOST_LINKS = 100


def signing_key(settings: Settings) -> bytes:
    """SECRET_KEY, or the key that the data folder keeps, made at the first start and readable by its owner alone."""
    given = settings.secret_key.get_secret_value()
    if given:
        return given.encode()
    file = settings.data_dir / "secret.key"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), open(file, "xb", opener=_private) as made:
            made.write(secrets.token_bytes(32))
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"REMORA_DATA_DIR: {file.name} cannot be kept there: {error.strerror}", "make the folder writable"
        ) from error


class SignIn:
    """Makes links, exchanges each once, and knows a cookie of its own when it sees one."""

    def __init__(self, key: bytes, clock: Clock, base: Callable[[], str]) -> None:
        """`base` is the address under which people reach us, known only once we listen."""
        if len(key) < 32:
            raise ConfigurationError(
                "SECRET_KEY is too short to sign cookies with",
                "give it 32 random characters or more, or leave it empty and one is made",
            )
        self._key, self._clock, self._base = key, clock, base
        self._links: OrderedDict[bytes, tuple[str, dt.datetime]] = OrderedDict()

    def new_link(self, person: str, base: str | None = None) -> str:
        """A URL that signs in `person` once, within `LINK_LIFE`. Of too many unused links the oldest is dropped."""
        token = secrets.token_urlsafe(32)
        self._links[_digest(token)] = (person, self._clock.now())
        while len(self._links) > _MOST_LINKS:
            self._links.popitem(last=False)
        return f"{base or self._base()}/in#{token}"

    def redeem(self, token: str) -> tuple[str, dt.datetime] | None:
        """The person the link was made for, and when, and the link is gone; None if it is unknown, used or too old."""
        found = self._links.pop(_digest(token), None)
        return found if found is not None and self._clock.now() < found[1] + LINK_LIFE else None

    def cookie(self, person: str, number: int) -> str:
        """Proof that its bearer is `person`, for `COOKIE_LIFE`, or until their sessions are ended once more than `number`."""
        end = int((self._clock.now() + COOKIE_LIFE).timestamp())
        payload = json.dumps([person, end, secrets.token_hex(8), number]).encode()
        return f"{_encode(payload)}.{_encode(self._mac('cookie', payload))}"

    def named(self, cookie: str) -> tuple[str, int] | None:
        """Whom this cookie names, and its number; None if it is not ours or has ended by itself."""
        payload, _, mac = cookie.partition(".")
        try:
            signed = _decode(payload)
            genuine = hmac.compare_digest(_decode(mac), self._mac("cookie", signed))
        except (binascii.Error, ValueError):
            return None
        if not genuine:
            return None
        person, end, _, number = (*json.loads(signed), 0)[:4]  # those of older versions have none
        return (str(person), int(number)) if self._clock.now().timestamp() < end else None

    def form_token(self, cookie: str) -> str:
        """What a page must send along with its cookie, so that another site's page cannot act in its name."""
        return _encode(self._mac("form", cookie.encode()))

    def form_token_fits(self, cookie: str, token: str) -> bool:
        return hmac.compare_digest(self.form_token(cookie).encode(), token.encode())

    def _mac(self, purpose: str, payload: bytes) -> bytes:
        return hmac.digest(self._key, f"remora web {purpose}\n".encode() + payload, "sha256")


def network(client: str) -> str:
    """Whom failures count against: of IPv6 everybody in a /64, since one machine has all of its addresses."""
    if ":" not in client:
        return client
    try:
        return str(ipaddress.IPv6Network((client.partition("%")[0], 64), strict=False))
    except ValueError:
        return client


@dataclass(slots=True)
class Try:
    """`wait`: seconds until it may be made, 0 at once. It has failed unless `passed` is set."""

    wait: int = 0
    passed: bool = False


class Tries:
    """`store` raises `Unavailable` until Remora runs."""

    def __init__(self, store: Callable[[], Store], clock: Clock) -> None:
        self._store, self._clock = store, clock

    @asynccontextmanager
    async def one(self, client: str, *others: str) -> AsyncGenerator[Try]:
        """A try that counts against the client, and against what it wants to be; the log does not say what: people type
        passwords there."""
        keys = [
            hashlib.sha256(network(key).encode("utf-8", "replace")).hexdigest()
            for key in (client, *filter(None, others))
        ]
        store, now = self._store(), self._clock.now()
        async with store.read() as tx:
            made: Sequence[int] | int = await signin.wait(tx, keys, now)
        if not made:
            async with store.write() as tx:
                made = await signin.begin(tx, keys, now)
        if isinstance(made, int):
            yield Try(wait=made)
            return
        trying = Try()
        try:
            yield trying
        except Unavailable:
            trying.passed = True  # nobody looked at it
            raise
        finally:
            if trying.passed:
                async with store.write() as tx:
                    await signin.passed(tx, made)
            else:
                log.warning("a sign-in failed", extra={"client": client})


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode((text + "=" * (-len(text) % 4)).encode(), altchars=b"-_", validate=True)
