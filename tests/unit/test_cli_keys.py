"""A new key opens what the old one closed, also when the change of keys was cut short."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from core.errors import ConfigurationError
from core.store import Store, crypto, installations, migrate
from core.store.installations import Installation
from tests.unit.test_cli import remora

NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


async def with_token(data: Path, key: bytes) -> None:
    """A database with one workspace, and one that has put us out, as Remora leaves it behind."""
    crypto.unlock(key)
    store = Store(f"sqlite:///{data / 'remora.db'}")
    await migrate.upgrade(store)
    async with store.write() as tx:
        for team in ("T1", "T2"):
            await installations.save(tx, "slack", Installation(team, "", "U1", "", "", "", "xoxb-canary"), NOW)
        await installations.remove(tx, "slack", "T2", NOW + dt.timedelta(days=1), NOW)
    await store.aclose()


async def token(data: Path, key: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(crypto, "_keys", {})
    crypto.unlock(key)
    store = Store(f"sqlite:///{data / 'remora.db'}")
    try:
        async with store.read() as tx:
            found = await installations.find(tx, "slack", "T1")
    finally:
        await store.aclose()
    return found.token if found else ""


def rotate(data: Path, *more: str, **settings: str) -> subprocess.CompletedProcess[str]:
    done = remora("keys", "rotate", *more, data=data, **settings)
    assert "canary" not in done.stdout + done.stderr
    return done


async def test_the_key_of_the_data_folder_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, file = b"o" * 32, tmp_path / "secret.key"
    file.write_bytes(old)
    await with_token(tmp_path, old)
    assert rotate(tmp_path).stdout == "1 rows encrypted with the new key\n"
    new = file.read_bytes()
    assert new != old
    assert file.stat().st_mode & 0o077 == 0
    assert await token(tmp_path, new, monkeypatch) == "xoxb-canary"
    with pytest.raises(ConfigurationError):
        await token(tmp_path, old, monkeypatch)


async def test_a_change_that_was_cut_short_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The values are encrypted with the new key already, and the old one still stands in its place."""
    new = b"n" * 32
    (tmp_path / "secret.key").write_bytes(b"o" * 32)
    (tmp_path / "secret.key.new").write_bytes(new)
    await with_token(tmp_path, new)
    assert rotate(tmp_path).returncode == 0
    assert (tmp_path / "secret.key").read_bytes() == new
    assert not (tmp_path / "secret.key.new").exists()
    assert await token(tmp_path, new, monkeypatch) == "xoxb-canary"


async def test_with_a_key_of_ones_own_the_old_value_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_token(tmp_path, b"old secret")
    refused = rotate(tmp_path, SECRET_KEY="n" * 32)
    assert (refused.returncode, "--old" in refused.stderr) == (78, True)
    (tmp_path / "old").write_text("old secret\n")
    assert rotate(tmp_path, "--old", str(tmp_path / "old"), SECRET_KEY="n" * 32).returncode == 0
    assert await token(tmp_path, b"n" * 32, monkeypatch) == "xoxb-canary"
