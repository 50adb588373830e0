"""Columns that are kept encrypted: AES-256-GCM, bound to the place where they stand.

    v1:KEY:BASE64      KEY names the key; what follows is the nonce, then the sealed text

`unlock` makes a secret known to this process, once at start. A value copied to another column or table does not open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.types import TypeDecorator

from core.errors import ConfigurationError

if TYPE_CHECKING:
    from core.store.database import Tx

_NONCE = 12
_keys: dict[str, AESGCM] = {}
_macs: dict[str, bytes] = {}
_current: list[str] = []


def unlock(secret: bytes) -> None:
    """From now on this process reads what was sealed with `secret`, and seals with it."""
    key = hmac.digest(secret, b"remora store 1", "sha256")
    name = hashlib.sha256(key).hexdigest()[:8]
    _keys[name] = AESGCM(key)
    _macs[name] = hmac.digest(secret, b"remora digests 1", "sha256")
    _current[:] = [name]


def keyed(place: str, text: str) -> str:
    """A digest by which a secret is known again, and that is no use to whoever has the database alone. With another key it is
    another one."""
    return hmac.digest(_macs[_current[0]], f"{place}\n{text}".encode(), "sha256").hex()


class Sealed(TypeDecorator[str]):
    """Text that stands in the database encrypted. `place` is "table.column"."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        (name,), nonce = _current, os.urandom(_NONCE)
        sealed = nonce + _keys[name].encrypt(nonce, value.encode(), self.place.encode())
        return f"v1:{name}:{base64.b64encode(sealed).decode()}"

    def process_result_value(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        if value is None:
            return None
        try:
            _, name, text = value.split(":")
            sealed = base64.b64decode(text, validate=True)
            return _keys[name].decrypt(sealed[:_NONCE], sealed[_NONCE:], self.place.encode()).decode()
        except (KeyError, ValueError, InvalidTag):
            raise ConfigurationError(
                f"SECRET_KEY does not open {self.place} in the database",
                "put the key back with which it was written (SECRET_KEY, or secret.key in the data folder)",
            ) from None


async def reseal(tx: Tx, metadata: sa.MetaData) -> int:
    """Writes every encrypted value anew, with the key that was unlocked last; returns how many rows."""
    count = 0
    for table in metadata.sorted_tables:
        sealed = [column for column in table.c if isinstance(column.type, Sealed)]
        if not sealed:
            continue
        filled = sa.or_(*(column.is_not(None) for column in sealed))
        for row in await tx.rows(sa.select(table.c.id, *sealed).where(filled)):
            values = {column.name: getattr(row, column.name) for column in sealed}
            count += await tx.run(sa.update(table).where(table.c.id == row.id).values(**values))
    return count
