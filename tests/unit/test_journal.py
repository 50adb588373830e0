"""The journal: what left is known after a crash, by attempt, and the record stays small."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from core import journal as journal_module
from core.journal import Journal, in_journal

LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def dead(tmp_path: Path) -> Journal:
    return Journal(tmp_path, "dead")


def test_what_left_is_known_to_others_and_what_did_not_too(tmp_path: Path, dead: Journal) -> None:
    dead.left("turn:1", 1)
    dead.left("reminder:2:2026-03-02T09:00:00", 3)
    heir = Journal(tmp_path, "heir")
    known = heir.of("dead")
    assert known is not None
    assert in_journal(known, "turn:1", 1)
    assert not in_journal(known, "turn:1", 2), "another attempt at it"
    assert in_journal(known, "reminder:2:2026-03-02T09:00:00", 3)
    assert not in_journal(known, "turn:9", 1)
    assert heir.idle_since(LATER) == ["dead"]


def test_of_a_worker_on_another_machine_nothing_is_known(tmp_path: Path) -> None:
    assert Journal(tmp_path, "heir").of("elsewhere") is None


def test_a_journal_that_is_full_is_begun_anew_and_the_newest_lines_stay(
    tmp_path: Path, dead: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "_FULL", 100)
    for number in range(1_050):
        dead.left(f"turn:{number}", 1)
    known = Journal(tmp_path, "heir").of("dead")
    assert known is not None
    assert all(in_journal(known, f"turn:{number}", 1) for number in range(950, 1_050))
    assert len(known) <= 200


def test_an_ended_journal_is_gone_unless_something_is_left_to_settle(tmp_path: Path) -> None:
    first, second = Journal(tmp_path, "first"), Journal(tmp_path, "second")
    first.left("turn:1", 1)
    second.left("turn:2", 1)
    second.keep = True
    first.close()
    second.close()
    heir = Journal(tmp_path, "heir")
    assert heir.idle_since(LATER) == ["second"]
    assert in_journal(heir.of("second") or frozenset(), "turn:2", 1)
    heir.drop("second")
    assert heir.idle_since(LATER) == []


def test_a_fresh_journal_is_not_taken_for_that_of_a_dead_worker(tmp_path: Path, dead: Journal) -> None:
    """A worker opens its journal before the others can know that it lives: dropping it then made later deaths doubtful."""
    dead.left("turn:1", 1)
    now = dt.datetime.fromtimestamp((tmp_path / "dead.left").stat().st_mtime, dt.UTC)
    heir = Journal(tmp_path, "heir")
    assert heir.idle_since(now - dt.timedelta(hours=1)) == []
    assert heir.idle_since(now + dt.timedelta(seconds=1)) == ["dead"]
