"""Passwords and second factors: kept as argon2id, and as shared secrets by RFC 6238. Hashing belongs into a thread."""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import io
import re
import secrets
import struct
import unicodedata
from functools import cache
from itertools import pairwise
from urllib.parse import quote

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.store.crypto import keyed

SHORTEST, LONGEST = 12, 200
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""What OWASP asks of argon2id at least: 19 MiB, two passes."""
_STEP_SECONDS = 30
_COMMON = re.compile(
    "(password|passwort|passwrd|pssword|qwerty|uiop|asdfgh|asdf|jkl|zxcvbnm|zxcv|qaz|wsx|edc|iloveyou|letmein|welcome|admin|"
    "istrator|root|user|guest|test|master|monkey|dragon|football|baseball|superman|batman|sunshine|princess|"
    "trustno|changeme|secret|login|default|remora|my|the|correcthorsebatterystaple|woaini|abc|abcdefghijkl|mnopqrstuvwxyz)+"
)
"""What people choose who do not choose; digits and signs around them change nothing."""
_AROUND = re.compile(r"[\W\d_]+")


def normal(password: str) -> str:
    """The same from every keyboard."""
    return unicodedata.normalize("NFKC", password)


def fault(password: str, name: str) -> str:
    """Why it may not be the password of that account, as the key of a phrase; "" if it may."""
    password = normal(password)
    bare = _AROUND.sub("", password.casefold())
    if not SHORTEST <= len(password) <= LONGEST:
        return "admin_password_length"
    if _COMMON.fullmatch(bare) or len(set(password.casefold())) < 5 or name.casefold() == password.casefold():
        return "admin_password_common"
    return "" if bare or not _counts(password) else "admin_password_common"


def _counts(password: str) -> bool:
    """Digits that only go up or down, round and round."""
    digits = [int(one) for one in password if one.isdecimal()]
    steps = {(later - earlier) % 10 for earlier, later in pairwise(digits)}
    return steps <= {1} or steps <= {9}


def hashed(password: str) -> str:
    return _HASHER.hash(normal(password))


@cache
def _nobodys() -> str:
    return hashed(secrets.token_hex())


def fits(password: str, kept: str) -> bool:
    """Takes as long where there is no password as where there is one."""
    try:
        return _HASHER.verify(kept or _nobodys(), normal(password[: 4 * LONGEST])) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


# --- the second factor


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, step: int) -> str:
    """The six digits of a time step."""
    mac = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def step_of(secret: str, code: str, now: dt.datetime, used: int) -> int | None:
    """The time step that the code is of, now or one beside it, and not used up before; None: it is of none."""
    given = "".join(normal(code).split())
    current = int(now.timestamp()) // _STEP_SECONDS
    fitting = [
        step
        for step in (current - 1, current, current + 1)
        if hmac.compare_digest(code_at(secret, step).encode(), given.encode())
    ]
    return next((step for step in fitting if step > used), None)


RECOVERY_CODES = 10


def recovery_codes() -> list[str]:
    """Codes in place of those of the app, 80 random bits each, as they are written down."""
    texts = (base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES))
    return ["-".join(text[at : at + 4] for at in range(0, 16, 4)) for text in texts]


def recovery_digest(admin_id: int, code: str) -> str:
    """How a recovery code is kept, however it is typed."""
    return keyed(f"admin_code.{admin_id}", re.sub(r"[\W_]", "", normal(code)).casefold())


def uri(secret: str, name: str) -> str:
    """What an authenticator app reads from the picture."""
    return f"otpauth://totp/{quote(f'Remora:{name}')}?secret={secret}&issuer=Remora"


def picture(secret: str, name: str) -> bytes:
    """The same as a QR code, an SVG."""
    import segno

    kept = io.BytesIO()
    segno.make(uri(secret, name), error="m").save(kept, kind="svg", scale=4, border=3, light="#fff", nl=False)
    return kept.getvalue()
