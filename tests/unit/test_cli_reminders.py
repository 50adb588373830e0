"""`remora reminders`: the same answers as in a chat, for scripts; an iCalendar file out and in again."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bots._cli.reminders import command
from core.errors import RemoraError
from core.messages import Address, Sender
from core.store import Store, people

YEAR = dt.datetime.now(dt.UTC).year + 1


@pytest.fixture
def desk(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """A database in which Ann and Bob have written in private, and Carl only in a channel."""
    shutil.copyfile(migrated_sqlite, tmp_path / "remora.db")
    for name in ("DATABASE_URL", "DEFAULT_TIMEZONE", "REMORA_BOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        store = Store(f"sqlite:///{tmp_path / 'remora.db'}")
        now = dt.datetime.now(dt.UTC)
        async with store.write() as tx:
            for name in ("ann", "bob", "carl"):
                private = None if name == "carl" else Address("fake", "", name)
                sender = Sender(name, name.capitalize(), zone="Europe/Paris")
                await people.person_of(tx, "", "fake", sender, now, private)
        await store.aclose()

    asyncio.run(fill())
    return CliRunner()


def run(desk: CliRunner, *arguments: str) -> Result:
    return desk.invoke(command, list(arguments), catch_exceptions=True)


def rows(desk: CliRunner, *arguments: str) -> list[dict[str, Any]]:
    done = run(desk, "list", *arguments, "--json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_from_adding_to_cancelling(desk: CliRunner) -> None:
    added = run(desk, "add", "--person", "ann", "on", f"{YEAR}-03-05", "at", "9:00", "call", "mum")
    assert "I'll remind you to call mum" in added.stdout
    assert [(row["text"], row["rings"]) for row in rows(desk, "--person", "ann")] == [
        ("call mum", f"{YEAR}-03-05T09:00:00+01:00")
    ]
    assert "10:30" in run(desk, "edit", "--person", "ann", "1", "10:30").stdout
    assert "Changed: call dad" in run(desk, "edit", "--person", "ann", "1", "call", "dad").stdout
    assert "Paused" in run(desk, "pause", "--person", "Ann", "1").stdout
    assert rows(desk, "--person", "fake:ann")[0]["state"] == "paused"
    assert "It goes on" in run(desk, "resume", "--person", "ann", "1").stdout
    assert "Snoozed" in run(desk, "snooze", "--person", "ann", "1", "20", "minutes").stdout
    assert "Done" in run(desk, "done", "--person", "ann", "1").stdout
    assert rows(desk, "--person", "ann") == []


def test_rules_on_a_reminder(desk: CliRunner) -> None:
    run(desk, "add", "--person", "ann", "every monday at 8:30", "post the report")
    assert rows(desk, "--person", "ann")[0]["lateness"] == "usual"
    assert "at most 30 min late" in run(desk, "edit", "--person", "ann", "1", "--lateness", "limit:30").stdout
    assert rows(desk, "--person", "ann")[0]["lateness"] == "limit:30"
    assert "at most 30 min late" in run(desk, "show", "--person", "ann", "1").stdout
    moved = run(desk, "edit", "--person", "ann", "1", "9:30", "--lateness", "next")
    assert "09:30" in moved.stdout
    assert "it waits for its next turn" in moved.stdout
    refused = run(desk, "edit", "--person", "ann", "1", "--lateness", "perhaps")
    assert isinstance(refused.exception, RemoraError)
    assert "limit:30" in refused.exception.what
    missing = run(desk, "edit", "--person", "ann", "4", "--lateness", "send")
    assert isinstance(missing.exception, RemoraError)
    assert run(desk, "edit", "--person", "ann", "1").exit_code == 2


def test_a_pause_with_an_end(desk: CliRunner) -> None:
    run(desk, "add", "--person", "ann", "every day at 8:30", "stretch")
    assert "Paused until" in run(desk, "pause", "--person", "ann", "1", "until", f"1 march {YEAR}").stdout
    row = rows(desk, "--person", "ann")[0]
    assert (row["state"], row["paused_until"][:10], row["rings"][:10]) == ("active", f"{YEAR}-03-01", f"{YEAR}-03-01")
    assert "paused" in run(desk, "list", "--person", "ann").stdout
    assert "It goes on" in run(desk, "resume", "--person", "ann", "1").stdout


def test_lists_of_a_person_a_channel_and_all(desk: CliRunner) -> None:
    run(desk, "add", "--person", "ann", "tomorrow at 9:00", "a")
    run(desk, "add", "--person", "bob", "tomorrow at 10:00", "b")
    assert [row["text"] for row in rows(desk, "--all")] == ["a", "b"]
    assert [row["text"] for row in rows(desk, "--person", "bob")] == ["b"]
    assert [row["text"] for row in rows(desk, "--channel", "fake:bob")] == ["b"]
    assert "a" in run(desk, "list", "--person", "ann").stdout
    assert run(desk, "list").exit_code == 2


def test_who_is_not_known_is_said_with_the_mend(desk: CliRunner) -> None:
    for person, words in (("zoe", "nobody is called zoe"), ("carl", "never written in private")):
        failed = run(desk, "add", "--person", person, "tomorrow at 9:00", "x")
        assert isinstance(failed.exception, RemoraError)
        assert words in failed.exception.what
        assert failed.exception.mend


def test_out_and_in_again(desk: CliRunner, tmp_path: Path) -> None:
    run(desk, "add", "--person", "ann", f"on {YEAR}-03-05 at 9:00", "call mum; then dad")
    run(desk, "add", "--person", "ann", "every monday at 8:30", "post the report")
    file = tmp_path / "ann.ics"
    file.write_text(run(desk, "export", "--person", "ann").stdout, newline="")
    assert "2 taken" in run(desk, "import", "--person", "bob", str(file)).stdout
    again = run(desk, "import", "--person", "bob", str(file))
    assert "0 taken, 2 known already" in again.stdout
    first, second = rows(desk, "--person", "ann"), rows(desk, "--person", "bob")
    assert [(row["text"], row["rings"], row["rule"]) for row in first] == [
        (row["text"], row["rings"], row["rule"]) for row in second
    ]


def test_what_is_not_taken_is_told_and_fails(desk: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "old.ics"
    file.write_text(
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:gone\nDTSTART:20010101T000000Z\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    done = run(desk, "import", "--person", "ann", str(file))
    assert (done.exit_code, done.stderr) == (1, "not taken: gone: is over\n")
