"""What one does with a reminder that rang: buttons and words, pressed once, twice, a year later, or by somebody else."""

from __future__ import annotations

import pytest

from tests.scenario.world import World

PLAYS = {
    "every reminder comes with its buttons": """
        ann> remind me in 20 minutes to stretch
        < to stretch: **Wed 25 Nov 10:20
        +20m
        ann< ⏰ stretch
        ann! 10 min
        < Snoozed. I'll remind you again **Wed 25 Nov 10:30
        +10m
        ann< ⏰ stretch
        ann! 1 h
        < Wed 25 Nov 11:30
        +1h
        ann< ⏰ stretch
        ann! Tomorrow 9:00
        < Thu 26 Nov 09:00
        +22h
        ann< ⏰ stretch
        ann! Done
        < Done ✓ stretch
        ann! Done
        < That one is done already.
        ann! 10 min
        < That one is done already.
        +2d
    """,
    "a time of one's own choice": """
        ann> remind me in 20 minutes to stretch
        < stretch
        +20m
        ann< ⏰ stretch
        ann! Later …
        < Until when?
        ann> 18:00
        < Snoozed .. Wed 25 Nov 18:00
        +8h
        ann< ⏰ stretch
        ann! Later …
        < Until when?
        ann> never mind
        < All right, I leave it.
        +1d
    """,
    "snoozed in words": """
        ann> remind me in 20 minutes to stretch
        < stretch
        +20m
        ann< ⏰ stretch
        ann> snooze until 6pm
        < Snoozed .. Wed 25 Nov 18:00
        ann> snooze 20 minutes
        < Snoozed .. Wed 25 Nov 10:40
        +20m
        ann< ⏰ stretch
        ann> remind me again in half an hour
        < Snoozed .. Wed 25 Nov 11:10
        +30m
        ann< ⏰ stretch
        ann> remind me later
        < Until when?
        ann> an hour
        < Snoozed .. Wed 25 Nov 12:10
        ann> undo
        < Taken back: stretch
        +1d
    """,
    "done in words": """
        ann> remind me in 20 minutes to stretch
        < stretch
        +20m
        ann< ⏰ stretch
        ann> done!
        < Done ✓ stretch
        ann> done
        model
    """,
    "a snooze never shifts the rule": """
        ann> remind me every day at 11:00 to stretch
        < Wed 25 Nov 11:00 .. Repeats: every day at 11:00
        +1h
        ann< ⏰ stretch
        ann! 1 h
        < Wed 25 Nov 12:00
        +1h
        ann< ⏰ stretch
        ann! Done
        < Done ✓ stretch. Next: **Thu 26 Nov 11:00
        +23h
        ann< ⏰ stretch
        ann! Stop
        < Cancelled: stretch
        ann! Stop
        < That reminder was cancelled already.
        ann! 10 min
        < That reminder was cancelled already.
        +3d
    """,
    "edit asks, and understands the short answer": """
        ann> remind me tomorrow at 15:00 to call mum
        < Thu 26 Nov 15:00
        ann! Edit
        < When should it ring instead?
        ann> 16:30
        < Moved .. Thu 26 Nov 16:30
        ann! Edit
        < When should it ring instead?
        ann> an hour later
        < Moved .. Thu 26 Nov 17:30
        ann! Edit
        < When should it ring instead?
        ann> what is the capital of France?
        model
        +32h
        ann< ⏰ call mum
        ann! Edit
        < When should it ring instead?
        ann> saturday
        < Moved .. Sat 28 Nov 17:30
    """,
    "pressed a year later": """
        ann> remind me in 20 minutes to stretch
        < stretch
        +20m
        ann< ⏰ stretch
        +365d
        ann! 10 min
        < That one rang long ago (Wed 25 Nov 2026 10:20
        ann! Done
        < Done ✓ stretch
    """,
    "pressed by somebody else, or made up": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        bob!= reminders:cancel:1
        < That reminder isn't yours
        bob!= reminders:done:1
        < That reminder isn't yours
        bob!= reminders:edit:1
        < That reminder isn't yours
        bob> 18:00
        model
        bob!= reminders:snooze:1:60
        < That reminder isn't yours
        bob!= reminders:metoo:1
        < That reminder isn't yours
        bob!= reminders:accept:1
        < That reminder isn't yours
        ann!= reminders:cancel:99999999999999
        < That button no longer does anything
        ann!= reminders:cancel:-1
        < That button no longer does anything
        ann!= reminders:explode:1
        < That button no longer does anything
        ann!= 💥
        < That button no longer does anything
        ann> my reminders
        < 1. **Thu 26 Nov 15:00 .. call mum
    """,
    "nag until done": """
        ann> remind me at 11:00 to take my pills and keep reminding me every 5 minutes until I do it
        < to take your pills: **Wed 25 Nov 11:00 .. I remind you again every 5 min, up to 6 times.
        +1h
        ann< ⏰ take your pills
        +5m
        ann< ⏰ take your pills (again, 1 of 6)
        +5m
        ann< ⏰ take your pills (again, 2 of 6)
        ann! Done
        < Done ✓ take your pills
        +2h
    """,
    "nagging is silenced with one tap": """
        ann> keep reminding me to take my pills at 11:00
        < Wed 25 Nov 11:00 .. every 10 min, up to 6 times.
        +1h
        ann< ⏰ take your pills
        ann! Silence
        < I'll be quiet about take your pills.
        ann! Silence
        < I am quiet already
        +2h
    """,
    "nagging ends by itself": """
        ann> remind me at 11:00 to take my pills, every 10 minutes until done, at most 2 times
        < every 10 min, up to 2 times.
        +1h
        ann< ⏰ take your pills
        +10m
        ann< (again, 1 of 2)
        +10m
        ann< (again, 2 of 2)
        +5h
        ann> remind me every 0 minutes until I do it to take my pills
        < at most once a minute
    """,
    "nag without a first time": """
        ann> remind me every 15 minutes until I do it to take out the trash
        < Wed 25 Nov 10:15 .. every 15 min
        +15m
        ann< ⏰ take out the trash
        ann> done
        < Done ✓ take out the trash
        +2h
    """,
    "the question for a time keeps what was said": """
        ann> keep reminding me to take my pills
        < When should I remind you to take your pills?
        ann> 11:00
        < Wed 25 Nov 11:00 .. every 10 min, up to 6 times.
        ann> cancel it
        < Cancelled: take your pills
    """,
    "several times are several reminders": """
        ann> remind me every weekday at 8:00 and weekends at 10:00 to get up
        < to get up: **Thu 26 Nov 08:00 .. to get up: **Sat 28 Nov 10:00
        ann> undo
        < Taken back for all 2 reminders.
        ann> my reminders
        < You have no reminders
    """,
    "中文：推迟与完成": """
        li> 20分钟后提醒我喝水
        < 喝水 .. 11月25日 周三 17:20
        +20m
        li< ⏰ 喝水
        li> 再过20分钟提醒我
        < 已推迟。我会在 **11月25日 周三 17:40
        +20m
        li< ⏰ 喝水
        li! 稍后……
        < 推迟到什么时候？
        li> 晚上八点
        < 已推迟 .. 11月25日 周三 20:00
        +3h
        li< ⏰ 喝水
        li> 完成了
        < 完成 ✓ 喝水
    """,
    "中文：直到做完": """
        li> 晚上八点提醒我吃药，每隔五分钟催我一次，直到我完成
        < 吃药 .. 20:00 .. 每 5 分钟 再提醒一次，最多 6 次
        +3h
        li< ⏰ 吃药
        +5m
        li< ⏰ 吃药
        li> 别催了
        < 好的，我不再催 吃药
        +2h
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(world: World, name: str) -> None:
    await world.play(PLAYS[name])
