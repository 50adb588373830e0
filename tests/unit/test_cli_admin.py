"""`remora admin` and `remora audit`: accounts and the log, for those who run it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bots._cli import admin, audit
from core.errors import RemoraError


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def run(desk: CliRunner, *arguments: str) -> Result:
    return desk.invoke(admin.command, list(arguments))


def refused(result: Result) -> str:
    assert isinstance(result.exception, RemoraError), result.output
    assert result.exception.exit_code == 1
    return result.exception.what


def test_from_creating_to_removing(desk: CliRunner) -> None:
    made = run(desk, "create", "ann", "--role", "owner")
    assert made.stdout.startswith("http://127.0.0.1:8080/admin/enter#")
    given: dict[str, Any] = json.loads(run(desk, "create", "bob", "--json").stdout)
    assert (given["name"], given["minutes"]) == ("bob", 1440)
    assert "taken already" in refused(run(desk, "create", "bob"))
    assert run(desk, "role", "bob", "owner").exit_code == 0
    assert run(desk, "remove", "ann").exit_code == 0
    for arguments in (("remove", "bob"), ("disable", "bob"), ("role", "bob", "viewer")):
        assert "last owner" in refused(run(desk, *arguments))
    assert "no account ann" in refused(run(desk, "login-link", "ann"))
    assert run(desk, "reset-password", "bob").stdout.count("#") == 1
    rows = json.loads(run(desk, "list", "--json").stdout)
    assert [(row["name"], row["role"], row["disabled"]) for row in rows] == [("bob", "owner", False)]
    assert run(desk, "create", "eve", "--role", "king").exit_code == 2


def test_the_log_is_listed_and_where_it_was_changed_is_named(desk: CliRunner, tmp_path: Path) -> None:
    for name in ("ann", "bob", "eve"):
        run(desk, "create", name, "--role", "owner")
    listed = desk.invoke(audit.command, ["list", "--verb", "admin.", "--json"]).stdout.splitlines()
    assert [json.loads(line)["subject"] for line in listed] == ["admin:eve", "admin:bob", "admin:ann"]
    assert "3 entries" in desk.invoke(audit.command, ["verify"]).stdout
    with sqlite3.connect(tmp_path / "remora.db") as connection:
        connection.execute("UPDATE audit SET subject = 'admin:nobody' WHERE id = 2")
    assert "broken at entry 2" in refused(desk.invoke(audit.command, ["verify"]))
    with sqlite3.connect(tmp_path / "remora.db") as connection:
        connection.execute("DELETE FROM audit WHERE id = 1")
    assert "broken at entry 2" in refused(desk.invoke(audit.command, ["verify"]))
