"""What was taken back, moved, snoozed or nagged rings as it was said, also where its message was planned already."""

from __future__ import annotations

import pytest

from tests.scenario.world import World

PLAYS = {
    "undo of a cancel within the last minute": """
        ann> remind me in 40 seconds to drink water
        < drink water
        ann> cancel it
        < Cancelled
        ann> undo
        < Taken back .. in 40 s
        +1m
        < drink water
    """,
    "undo of Done on a snoozed one": """
        ann> remind me in 2 minutes to drink water
        < drink water
        +3m
        < drink water
        ann! 10 min
        < Snoozed
        ann! Done
        < Done
        ann> undo
        < Taken back .. in 10 min
        +11m
        < drink water
    """,
    "undo of a cancel of a repeating one within its last minute": """
        ann> remind me every day at 10:10 am to drink water
        < drink water
        +9m
        +40s
        ann> cancel it
        < Cancelled .. Wed 25 Nov 10:10
        ann> undo
        < Taken back .. Wed 25 Nov 10:10
        +2m
        < drink water
        +1d
        < drink water
    """,
    "undo of a move of a repeating one after both times rings at neither": """
        ann> remind me every day at 10:10 am to drink water
        < drink water
        ann> move it to 10:30
        < Wed 25 Nov 10:30
        +31m
        < drink water
        ann> undo
        < Taken back .. Thu 26 Nov 10:10
        +10m
        ann> my reminders
        < Thu 26 Nov 10:10
    """,
    "one that nags is not over": """
        ann> remind me in 2 minutes to drink water until I do it
        < drink water
        +2m
        < drink water
        ann> my reminders
        < drink water
        ann> cancel it
        < Cancelled: drink water
        +30m
        ann> my reminders
        < You have no reminders
    """,
    "a rule that ended while it was paused does not go on": """
        ann> remind me every day at 10:10 am to drink water until 27 November
        < drink water
        ann> pause it
        < Paused
        +5d
        ann> resume reminder 1
        < Its time passed while it was paused
        ann> my reminders
        < drink water .. paused
    """,
    "what was set in private is not spoken of in a channel": """
        ann> remind me tomorrow at 15:00 to see the doctor
        < see the doctor
        ann#team> undo
        < There is nothing to take back
        ann> undo
        < Cancelled: see the doctor
    """,
    "undo in the channel where it was set": """
        ann#team> remind me tomorrow at 15:00 to call mum
        < call mum
        ann#team> undo
        < Cancelled: call mum
    """,
}
MOVING = {
    "a snooze of a repeating one stays when the zone changes": """
        ann> remind me every day at 10:10 am to drink water
        < drink water
        +10m
        < drink water
        ann! 10 min
        < Snoozed
        ann> /timezone Tokyo
        < Asia/Tokyo
        +11m
        < drink water
    """,
    "a snooze of a single one stays when the zone changes": """
        ann> remind me at 10:10 am to drink water
        < drink water
        +10m
        < drink water
        ann! 10 min
        < Snoozed
        ann> /timezone New York
        < America/New_York
        +11m
        < drink water
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_a_change_of_mind_loses_and_doubles_nothing(world: World, name: str) -> None:
    await world.play(PLAYS[name])


@pytest.mark.parametrize("name", MOVING)
async def test_a_snooze_is_a_distance(world: World, name: str) -> None:
    await world.play(MOVING[name])
