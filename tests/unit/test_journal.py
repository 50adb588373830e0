"""The journal tells after a crash which requests had left, and is gone when nobody needs it any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import journal as journal_module
from core.journal import Journal, in_journal


def test_what_had_left_can_be_read_by_another_worker(tmp_path: Path) -> None:
    dead, heir = Journal(tmp_path / "journal", "dead"), Journal(tmp_path / "journal", "heir")
    dead.left("turn:1", 1)
    dead.left("reminder:1:2026-03-01T09:00", 2)
    assert heir.has_left("dead", "turn:1", 1) is True
    assert heir.has_left("dead", "turn:1", 2) is False, "another attempt"
    assert heir.has_left("dead", "turn:11", 1) is False
    assert heir.has_left("dead", "reminder:1:2026-03-01T09:00", 2) is True
    read = heir.of("dead")
    assert read is not None
    assert in_journal(read, "turn:1", 1)
    assert not in_journal(read, "turn:2", 1)


def test_nothing_is_known_of_a_worker_of_another_machine(tmp_path: Path) -> None:
    heir = Journal(tmp_path, "heir")
    assert heir.has_left("elsewhere", "turn:1", 1) is None
    assert heir.of("elsewhere") is None


def test_a_worker_that_sent_nothing_is_known_to_have_sent_nothing(tmp_path: Path) -> None:
    Journal(tmp_path, "dead")
    assert Journal(tmp_path, "heir").has_left("dead", "turn:1", 1) is False


def test_a_settled_journal_is_deleted_and_ones_own_at_the_end(tmp_path: Path) -> None:
    Journal(tmp_path, "dead").left("turn:1", 1)
    heir = Journal(tmp_path, "heir")
    assert heir.others() == ["dead"]
    heir.drop("dead")
    heir.drop("dead")
    assert heir.others() == []
    heir.close()
    assert list(tmp_path.iterdir()) == []


def test_a_journal_that_is_still_needed_stays(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "w")
    journal.left("turn:1", 1)
    journal.keep = True
    journal.close()
    assert Journal(tmp_path, "heir").has_left("w", "turn:1", 1) is True


def test_it_does_not_grow_for_ever_and_forgets_no_recent_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "_FULL", 10)
    journal = Journal(tmp_path, "w")
    for number in range(95):
        journal.left(f"turn:{number}", 1)
    read = Journal(tmp_path, "heir").of("w")
    assert read is not None
    assert len(read) <= 20
    assert all(in_journal(read, f"turn:{number}", 1) for number in range(85, 95))


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    Journal(tmp_path, "w")
    assert (tmp_path / "w.left").stat().st_mode & 0o077 == 0
