"""What is said of a reminder being late, who may change one in a channel, and one reminder in full."""

from __future__ import annotations

import pytest

from tests.scenario.world import World

PLAYS = {
    "late: said when it is set": """
        ann> remind me tomorrow at 9:00 to pay the rent, send it late
        < to pay the rent .. If I am late: it is sent however late.
        ann> remind me tomorrow at 10:00 to catch the train, only if at most 30 minutes late
        < to catch the train: .. If I am late: it is sent if at most 30 min late, else left out.
        ann> remind me every hour to drink, skip it if late and tell me
        < to drink .. Repeats: every hour .. If I am late: it is left out, and you are told.
        ann> remind me tomorrow at 11:00 to tell Bob I come even if late
        < to tell Bob you come even if late
        ann> remind me tomorrow at 9:00 to sing, next slot if late
        < That one rings only once
        ann> remind me to sing, skip it if late
        < When should I remind you to sing?
        ann> tomorrow at 9:00
        < If I am late: it is left out
    """,
    "late: set and seen afterwards": """
        ann> remind me every day at 11:00 to stretch
        < to stretch
        ann> show it
        < stretch .. Rings: **Wed 25 Nov 11:00 .. Repeats: every day at 11:00 .. If I am late: it is sent until its next turn
        ann> skip it if late
        < Changed: stretch. If I am late: it is left out, and you are told.
        ann> reminder 1: only if at most 2 hours late
        < it is sent if at most 2 h late
        ann> change reminder 1 to send late
        < it is sent however late
        ann> if the stretch reminder is late, wait for the next slot
        < it waits for its next turn
        ann> undo
        < Taken back
        ann> details of reminder 1
        < If I am late: it is sent however late
        ann> move it to 12, skip it if late
        < Moved .. Wed 25 Nov 12:00 .. it is left out
        ann> undo
        < Taken back: stretch rings **Wed 25 Nov 11:00
        ann> show reminder 1
        < If I am late: it is sent however late
        ann> show reminder 7
        < no reminder with the number 7
    """,
    "late: none is without a reminder": """
        ann> skip it if late
        model
        ann> send late
        model
    """,
    "中文：晚了怎么办": """
        li> 每天晚上八点提醒我跑步，晚了就算了
        < 如果晚了：不再发，并告诉你。
        li> 最多晚30分钟
        < 已修改：跑步。如果晚了：最多晚 30 分钟，再晚就不发了。
        li> 1号提醒晚了也要发
        < 无论多晚都会发
        li> 查看1号提醒
        < 跑步 .. 时间：**11月25日 周三 20:00 .. 重复：每天，20:00 .. 如果晚了：无论多晚都会发
        li> 明天九点提醒我开会，晚了就等下次
        < 这个提醒只响一次
    """,
    "in full, with a message and nagging": """
        ann> remind me in 20 minutes to call mum every 10 minutes until I do it
        < to call mum
        ann> show it
        < call mum .. Until you press Done: again every 10 min, up to 6 times
        ann> pause it until Friday
        < Paused until
        ann> show it
        < Paused until Fri 27 Nov 00:00 Europe/Paris; then it goes on by itself
        ann> pause it
        < Paused
        ann> show it
        < Paused; “resume” lets it go on
    """,
    "channel: closed unless it is opened": """
        ann#team> remind us every monday at 9:00 to post the report
        < everybody here
        bob#team> reminders here
        < 1. **Mon 30 Nov 09:00 .. post the report
        bob#team> cancel reminder 1
        < That reminder isn't yours, and only who set it may change it
        bob#team> move the report reminder to 10
        < That reminder isn't yours, and only who set it may change it
        bob#team! Edit
        < That reminder isn't yours
        bob#team> show reminder 1
        < post the report .. For everybody here; only who set it may change it
        bob#team> who may change reminders here?
        < only who set a reminder for all may change it
        bob#team> everyone may change it
        model
        bob> cancel reminder 1
        < You have no reminders
        bob> reminders here
        < You have no reminders
    """,
    "channel: its author lets everybody": """
        ann#team> remind us every monday at 9:00 to post the report
        < everybody here
        ann#team> everyone may change it
        < Everybody here may change it now: post the report.
        bob#team> reminders here
        < post the report
        bob#team> move reminder 1 to 10
        < Moved: I'll remind you to post the report **Mon 30 Nov 10:00
        bob#other> cancel the report reminder
        < You have no reminders
        bob!= reminders:cancel:1
        < That reminder isn't yours
        bob#other!= reminders:cancel:1
        < That reminder isn't yours
        carl#team! Cancel
        < Cancelled: post the report
        carl#team> undo
        < Taken back: post the report rings **Mon 30 Nov 10:00
        bob#team> undo
        < Taken back: post the report rings **Mon 30 Nov 09:00
        bob#team> only I may change the report reminder
        < That reminder isn't yours
        ann#team> only I may change the report reminder
        < Only you may change it now
        bob#team! Cancel
        < That reminder isn't yours
        bob#team> cancel all reminders
        < You have no reminders
    """,
    "channel: what it agrees on holds from then on": """
        ann#team> remind us every monday at 9:00 to post the report
        < everybody here
        bob#team> everyone may change reminders here
        < Here everybody may change the reminders that are set for all from now on
        bob#team> cancel the report reminder
        < That reminder isn't yours
        ann#team> remind us every friday at 9:00 to tidy up
        < Everybody here may change it.
        bob#team> cancel the tidy up reminder
        < Cancelled: tidy up
        ann> everyone may change my reminders
        < Say that in the channel
        ann#team> only the author may change reminders here
        < only who set a reminder for all may change it
        ann> remind me tomorrow at 9:00 to call mum
        < call mum
        ann> everyone may change it
        < That one is for you alone
    """,
    "channel: others' stay as they are when one speaks of all": """
        ann#team> everyone may change reminders here
        < Here everybody may
        ann#team> remind us every monday at 9:00 to post the report
        < everybody here
        bob#team> remind us every tuesday at 9:00 to water the plants
        < everybody here
        bob#team> cancel all reminders
        < Cancelled your only reminder.
        ann#team> reminders here
        < post the report
    """,
    "me too only where it was set": """
        ann#team> remind us tomorrow at 11:00 to stand up
        < everybody here
        bob#other!= reminders:metoo:1
        < That reminder isn't yours
    """,
    "中文：群里的提醒谁可以改": """
        li#group> 每周一九点提醒大家交周报
        < 我会提醒这里的所有人
        wang#group> 群里有哪些提醒
        < 交周报
        wang#group> 取消1号提醒
        < 这不是你的提醒，只有设置它的人可以修改
        li#group> 大家都可以改这里的提醒
        < 从现在起，这里新设的全体提醒和你已设的，所有人都可以修改
        wang#group> 群里有哪些提醒
        < 交周报
        wang#group> 取消1号提醒
        < 已取消：交周报
        wang#group> 谁可以改这里的提醒
        < 所有人都可以修改
        wang#group> 只有本人可以改这里的提醒
        < 只有设置它的人可以修改
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(world: World, name: str) -> None:
    await world.play(PLAYS[name])


async def test_me_too_is_for_the_same_workspace(world: World) -> None:
    """Two workspaces may have a channel of the same id."""
    message = world.platform.message("", person="ann", chat="team")
    await world.say("remind us tomorrow at 11:00 to stand up", "ann", "team")
    world.heard("team")
    elsewhere = type(message.address)(message.address.platform, "T2", "team")
    await world.say("", "bob", "team", kind="choice", choice="reminders:metoo:1", address=elsewhere)
    assert "isn't yours" in world.heard("team").reply.text
