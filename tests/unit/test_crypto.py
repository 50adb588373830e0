"""What is sealed can be read with its key, at its place, and in no other way."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from core.errors import ConfigurationError
from core.store import crypto

DIALECT = sqlite.dialect()


@pytest.fixture(autouse=True)
def own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_keys", {})
    monkeypatch.setattr(crypto, "_current", [])
    crypto.unlock(b"one secret")


def seal(text: str | None, place: str = "t.c") -> str | None:
    return crypto.Sealed(place).process_bind_param(text, DIALECT)


def unseal(sealed: str | None, place: str = "t.c") -> str | None:
    return crypto.Sealed(place).process_result_value(sealed, DIALECT)


def test_what_was_sealed_comes_back_and_is_never_the_same_twice() -> None:
    one, two = seal("xoxb-1 密"), seal("xoxb-1 密")
    assert one != two
    assert one is not None
    assert "xoxb" not in one
    assert unseal(one) == unseal(two) == "xoxb-1 密"
    assert seal(None) is unseal(None) is None


def test_after_a_change_of_the_key_the_old_values_are_read_and_new_ones_are_written_with_the_new_one() -> None:
    old = seal("words")
    crypto.unlock(b"another secret")
    new = seal("words")
    assert unseal(old) == unseal(new) == "words"
    assert old is not None
    assert new is not None
    assert old.split(":")[1] != new.split(":")[1]


@pytest.mark.parametrize(
    "damage", ["", "v1", "plain text", "v1:00000000:AAAA", "v1:{}:!!", "v1:{}:AAAA", "moved", "cut"]
)
def test_what_is_damaged_moved_or_sealed_by_another_key_names_the_setting(damage: str) -> None:
    sealed = seal("xoxb-canary")
    assert sealed is not None
    place = "t.other" if damage == "moved" else "t.c"
    value = {"moved": sealed, "cut": sealed[:-4]}.get(damage, damage.format(sealed.split(":")[1]))
    with pytest.raises(ConfigurationError, match="SECRET_KEY") as caught:
        unseal(value, place)
    assert "canary" not in str(caught.value)


def test_it_is_a_column_of_text() -> None:
    assert isinstance(crypto.Sealed("t.c").impl, sa.Text)
