"""The dialogues of each bot's own folder, played with the language model off; and what a document may not do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from bots._app import BOTS
from bots._intents import seed_of
from tests.scenario.world import world_in

FILES = sorted(BOTS.glob("*/dialogues.yaml"))
DIALOGUES = [
    pytest.param(file.parent.name, one, id=f"{file.parent.name}: {one['name']}")
    for file in FILES
    for one in yaml.safe_load(file.read_text(encoding="utf-8"))
]


def script(dialogue: list[dict[str, Any]]) -> str:
    """The dialogue as a play of the world."""
    lines = []
    for line in dialogue:
        lines += [f"ann> {line['me']}" if "me" in line else f"ann! {line['press']}", f"< {line['bot']}"]
    return "\n".join(lines)


@pytest.mark.parametrize(("bot", "dialogue"), DIALOGUES)
async def test_a_bot_says_what_its_dialogues_say(
    tmp_path: Path, migrated_sqlite: Path, bot: str, dialogue: dict[str, Any]
) -> None:
    async with world_in(tmp_path, migrated_sqlite, REMORA_BOT=bot) as world:
        await world.publish(*await asyncio.to_thread(seed_of, BOTS / bot))
        await world.play(script(dialogue["dialogue"]))
