"""How the assistant listens and answers in a channel, where somebody there chose."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Literal, TypeAlias, get_args

from core.messages import Address
from core.store import notes
from core.store.database import Tx

Mode: TypeAlias = Literal["follow", "strict", "quiet"]
"""follow: mentions, and what is said in threads where it takes part; strict: mentions alone; quiet: as follow, but the
answers are seen only by who asked."""
MODES: tuple[Mode, ...] = get_args(Mode)


def _key(address: Address) -> str:
    return f"mode:{replace(address, thread='').key()}"


async def mode(tx: Tx, address: Address) -> Mode:
    """What was chosen for the channel of this address; "follow" where nothing was."""
    noted = await notes.get(tx, _key(address))
    return next((one for one in MODES if one == noted), "follow")


async def of_workspace(tx: Tx, platform: str, workspace: str) -> dict[str, Mode]:
    """What was chosen in each channel of a workspace where something was, by the key of its address."""
    noted = await notes.with_prefix(tx, _key(Address(platform, workspace, "")).removesuffix("|"))
    return {key.removeprefix("mode:"): one for key, value in noted.items() for one in MODES if one == value}


async def choose(tx: Tx, address: Address, chosen: Mode, now: dt.datetime) -> None:
    """From now on, for the whole channel."""
    await notes.put(tx, _key(address), chosen, now)
