"""The dialogues of each bot's own folder, played as `remora play` does; and what such a file may not be."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from bots import _play
from bots._app import BOTS
from tests.conftest import make_settings

FILES = sorted(BOTS.glob("*/dialogues.yaml"))
DIALOGUES = [
    pytest.param(file.parent.name, one, id=f"{file.parent.name}: {one.name}")
    for file in FILES
    for one in _play.read(file.read_text(encoding="utf-8"), file.name)
]
RING = (_play.__doc__ or "").partition("\n\n")[2]
"""The example that the module shows. A step is named by the line that it begins on."""


async def played(text: str, folder: Path, migrated: Path, bot: str = "assistant") -> tuple[int, list[str]]:
    return await _played(_play.read(text, "x.yaml")[0], folder, migrated, bot)


async def _played(one: _play.Dialogue, folder: Path, migrated: Path, bot: str) -> tuple[int, list[str]]:
    said: list[str] = []
    shutil.copyfile(migrated, folder / "remora.db")
    settings = make_settings(folder, REMORA_BOT=bot, DEFAULT_TIMEZONE="Europe/Paris")
    return await _play.play(one, await asyncio.to_thread(_play.world, settings, folder), said.append), said


@pytest.mark.parametrize(("bot", "dialogue"), DIALOGUES)
async def test_a_bot_says_what_its_dialogues_say(
    tmp_path: Path, migrated_sqlite: Path, bot: str, dialogue: _play.Dialogue
) -> None:
    wrong, said = await _played(dialogue, tmp_path, migrated_sqlite, bot)
    assert wrong == 0, "\n".join(said)


async def test_time_passes_and_what_is_due_on_the_way_is_said(tmp_path: Path, migrated_sqlite: Path) -> None:
    wrong, said = await played(RING, tmp_path, migrated_sqlite)
    assert wrong == 0, "\n".join(said)
    assert [line.split("  ")[0] for line in said if "me   " in line or "..." in line] == [
        "11-25 10:00", "11-26 10:00", "11-26 10:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "line", "what"),
    [
        (("bot: Done", "bot: Mended"), 7, "“Mended” is missing"),
        (("press: Done", "press: Gone"), 7, "was there a button “Gone”"),
        (("    bot: call mum\n", ""), 0, ""),
        (("    bot: I'll remind you .. call mum\n", "    bot: []\n"), 3, "nobody expected"),
    ],
)
async def test_what_differs_is_named_with_its_line(
    tmp_path: Path, migrated_sqlite: Path, change: tuple[str, str], line: int, what: str
) -> None:
    wrong, said = await played(RING.replace(*change), tmp_path, migrated_sqlite)
    assert wrong == bool(what), said
    assert not what or any(f"line {line}: " in one and what in one for one in said), said


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("- name: [", "x.yaml:1: this is not YAML"),
        ("a: \x00", "x.yaml:1: this is not YAML"),
        ("[" * 5_000, "x.yaml:1: this is not YAML"),
        ("just words", "x.yaml:1: .*valid list"),
        ("- name: x", "x.yaml:1: 0.dialogue: Field required"),
        ("- dialogue:\n  - hello", "x.yaml:1: 0.dialogue.0: .*valid dictionary"),
        ("- dialogue:\n  - me: hi\n    bott: hello", "x.yaml:2: 0.dialogue.0.bott: Extra inputs"),
        ("- dialogue:\n  - at: tomorrow", "x.yaml:2: 0.dialogue.0.at: .*match pattern"),
        ("- dialogue:\n  - me: hi\n    press: Done", "x.yaml:2: .*either me: or press:"),
        ("- dialogue:\n  - bot: hi", "x.yaml:2: .*either me: or press:"),
    ],
)
def test_a_file_that_cannot_be_played_is_told_its_line_and_mend(text: str, what: str) -> None:
    with pytest.raises(_play.BadScript, match=what) as refused:
        _play.read(text, "x.yaml")
    assert refused.value.mend
    assert refused.value.exit_code == 2
