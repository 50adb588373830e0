"""`remora users`: who is in, for those who run it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bots._cli.users import command
from core.access import code_in, digest, first_code
from core.store import Store, access
from tests.scenario.world import START


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def run(desk: CliRunner, *arguments: str) -> Result:
    return desk.invoke(command, list(arguments))


def rows(desk: CliRunner) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(desk, "list", "--json").stdout)
    return found


def test_from_adding_to_removing(desk: CliRunner) -> None:
    assert rows(desk) == []
    assert "nobody is in" in run(desk, "list").output
    for account in ("telegram:42", "slack:T1/U2", "slack:T1", "telegram:-1009"):
        assert run(desk, "add", account).exit_code == 0
    run(desk, "role", "telegram:42", "owner")
    run(desk, "remove", "slack:T1/U2")
    run(desk, "remove", "slack:T1")
    assert [(row["account"], row["role"]) for row in rows(desk)] == [
        ("telegram:42", "owner"),
        ("slack:T1/U2", "removed"),
        ("telegram:-1009", "member"),
    ]


@pytest.mark.parametrize("account", ["", "42", "telegram:", "slack:", "telegram:a/b"])
def test_what_is_no_account_is_refused_with_what_would_be_one(desk: CliRunner, account: str) -> None:
    done = run(desk, "add", account)
    assert done.exit_code == 2
    assert "slack:TEAM/USER" in done.output


def test_a_workspace_cannot_be_an_owner(desk: CliRunner) -> None:
    assert run(desk, "add", "slack:T1", "--role", "owner").exit_code == 2


def test_what_was_not_open_cannot_be_closed(desk: CliRunner) -> None:
    done = run(desk, "remove", "slack:T9")
    assert done.exit_code == 1
    assert "was not open" in str(done.exception)


def test_an_invitation_is_one_code(desk: CliRunner, tmp_path: Path) -> None:
    code = run(desk, "invite", "--role", "owner").stdout.strip()
    assert code == code_in(code)

    async def kept() -> list[str]:
        store = Store(f"sqlite:///{tmp_path / 'remora.db'}")
        async with store.read() as tx:
            found = [one.digest for one in await access.codes(tx, "slack", START)]
        await store.aclose()
        return found

    assert asyncio.run(kept()) == [digest(code)]


def test_an_owner_made_here_makes_the_printed_code_void(desk: CliRunner, tmp_path: Path) -> None:
    async def codes(*, make: bool) -> int:
        store = Store(f"sqlite:///{tmp_path / 'remora.db'}")
        async with store.write() as tx:
            if make:
                await first_code(tx, "telegram", START)
            found = len(await access.codes(tx, "telegram", START))
        await store.aclose()
        return found

    run(desk, "list")
    assert asyncio.run(codes(make=True)) == 1
    run(desk, "add", "telegram:42", "--role", "owner")
    assert asyncio.run(codes(make=False)) == 0
