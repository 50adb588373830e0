"""Reminders for a channel and for other people: who is asked, who sees what, and who may do what."""

from __future__ import annotations

import pytest

from core.messages import Sender
from tests.scenario.world import World

PLAYS = {
    "a channel is reminded where it was said": """
        ann#team> remind everyone at 11:00 to stand up
        < I'll remind everybody here to stand up: **Wed 25 Nov 11:00
        bob#team> reminders here
        < **Reminders in this channel** .. 1. **Wed 25 Nov 11:00 .. stand up
        bob#team> my reminders
        < You have no reminders
        bob#team! Cancel
        < That reminder isn't yours
        +1h
        #team< ⏰ stand up
        bob#team> reminders here
        < There are no reminders for everybody here
    """,
    "everybody by a mention": """
        ann#team> remind @everyone at 11:00 to stand up
        < I'll remind everybody here to stand up
    """,
    "everybody who is here": """
        ann#team> remind everyone here at 11:00 to stand up
        < I'll remind everybody here to stand up: **Wed 25 Nov 11:00
        ann#team> Remind everybody here to stretch at 12:00
        < I'll remind everybody here to stretch: **Wed 25 Nov 12:00
    """,
    "its creator cancels it": """
        ann#team> remind us every monday at 9:00 to post the report
        < Repeats: every week on Mon at 09:00
        ann#team> cancel the report reminder
        < Cancelled: post the report
        +7d
    """,
    "only where one is": """
        ann> remind the channel at 11:00 to stand up
        < I can remind a channel only where you tell me to
        ann> remind us at 11:00 to stand up
        < I'll remind you to stand up
    """,
    "me too": """
        bob> hello
        model
        ann#team> remind us tomorrow at 11:00 to stand up
        < everybody here
        bob#team! Me too
        < You too, Bob: stand up (**Thu 26 Nov 11:00
        bob#team! Me too
        < You have that one already.
        carl#team! Me too
        < You too, Carl
        +26h
        #team< ⏰ stand up
        bob< ⏰ stand up
        #team< ⏰ stand up
        bob#team! Me too
        < That one has rung
    """,
    "another person accepts": """
        bob> hello
        model
        ann> remind @bob tomorrow at 15:00 to send the report
        < I have asked bob whether I may remind them: send the report (Thu 26 Nov 15:00
        bob< Ann would like me to remind you: send the report (**Thu 26 Nov 15:00
        bob> my reminders
        < You have no reminders
        bob! Accept
        < Accepted: I'll remind you, send the report
        ann< Bob has accepted your reminder: send the report
        bob! Accept
        < You have answered that already.
        ann!= reminders:cancel:1
        < That reminder isn't yours
        +32h
        bob< ⏰ send the report
    """,
    "another person declines": """
        bob> hello
        model
        ann> remind @bob tomorrow at 15:00 to send the report
        < I have asked bob
        bob< Ann would like me to remind you
        ann!= reminders:accept:1
        < That reminder isn't yours
        bob!= reminders:done:1
        < Accept or decline that reminder first.
        bob! Decline
        < Declined. Nothing will ring.
        ann< Bob has declined your reminder
        bob! Accept
        < You have answered that already.
        +2d
    """,
    "a sender is muted": """
        bob> hello
        model
        ann> remind @bob tomorrow at 15:00 to send the report
        < I have asked bob
        bob< Ann would like
        bob! Mute sender
        < I will not ask you about their reminders any more
        ann< Bob has declined
        ann> remind @bob tomorrow at 16:00 to send it now
        < bob does not take reminders from you
        bob> unmute everybody
        < Everybody may ask you again.
        ann> remind @bob tomorrow at 16:00 to send it now
        < I have asked bob
        bob< Ann would like
    """,
    "nothing rings without an answer": """
        bob> hello
        model
        ann> remind @bob in 20 minutes to send the report
        < I have asked bob
        bob< Ann would like
        +1h
        bob! Accept
        < Its time has passed (Wed 25 Nov 10:20
    """,
    "who is not known, and oneself": """
        ann> remind @zoe tomorrow at 15:00 to call
        < I know nobody here called zoe
        ann> remind @ann tomorrow at 15:00 to call
        < That is you.
        bob#team> tell me a joke
        model
        ann> remind @bob tomorrow at 15:00 to call
        < I cannot write to bob in private yet
    """,
    "nobody is flooded": """
        bob> hello
        model
        ann> remind @bob tomorrow at 15:00 to a
        < I have asked bob
        ann> remind @bob tomorrow at 15:00 to b
        < I have asked bob
        ann> remind @bob tomorrow at 15:00 to c
        < I have asked bob
        ann> remind @bob tomorrow at 15:00 to d
        < I have asked bob
        ann> remind @bob tomorrow at 15:00 to e
        < I have asked bob
        ann> remind @bob tomorrow at 15:00 to f
        < bob has 5 of your reminders to answer already
        bob<
        bob<
        bob<
        bob<
        bob<
    """,
    "private things stay private": """
        ann> remind me tomorrow at 15:00 to see the doctor
        < see the doctor
        ann#team> my reminders
        < You have no reminders
        ann#team> what's on my day tomorrow
        < That is between you and me
        ann#team> my calendar feed
        < That is between you and me
    """,
    "by name": """
        bob#team> hello
        model
        bob> hello
        model
        ann#team> hello
        model
        ann> remind Bob tomorrow at 15:00 to send me the report
        < I have asked Bob whether I may remind them: send me the report (Thu 26 Nov 15:00
        bob< Ann would like me to remind you: send me the report
        ann> tomorrow at 16:00 please remind bob about the cake
        < I have asked bob whether I may remind them: the cake (Thu 26 Nov 16:00
        bob< Ann would like
        ann> remind Bob to sing
        < When should I remind you
        ann> tomorrow at 9:00
        < I have asked Bob whether I may remind them: sing (Thu 26 Nov 09:00
        bob< Ann would like
        ann> remind bob's dog to eat at 18:00
        model
        ann> remind my wife to call at 18:00
        model
        ann> remind Zoe at 18:00 to call
        < I know nobody here called Zoe.
        ann> remind Bob and Carl at 18:00 to call
        < Whom shall I remind? Say one name
        ann> remind her at 18:00 to call
        < Whom shall I remind?
        ann> remind Ann at 18:00 to call
        < That is you.
        ann> my reminders
        < You have no reminders
    """,
    "a name of somebody whom one has never met here": """
        bob> hello
        model
        ann> remind Bob tomorrow at 15:00 to send the report
        < I know nobody here called Bob.
    """,
    "中文：群和别人": """
        li#group> 明天九点提醒大家开会
        < 我会提醒这里的所有人“开会”：**11月26日 周四 09:00
        wang#group> 群里有哪些提醒
        < 本群的提醒 .. 开会
        wang> 你好
        model
        li> 明天下午三点提醒 @wang 交报告
        < 我已经询问wang是否可以提醒：交报告
        wang< Li希望我提醒你：交报告
        wang! 接受
        < 已接受
        li< Wang接受了你的提醒：交报告
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(world: World, name: str) -> None:
    await world.play(PLAYS[name])


async def test_several_of_one_name_are_asked_about(world: World) -> None:
    """A first name is enough where one alone has it; no part of a name is."""
    for account, name in (("bob1", "Bob Stone"), ("bob2", "Bob Hill"), ("carl", "Carl Blum")):
        for chat in ("team", ""):
            await world.say("hello", account, chat, sender=Sender(account, name, handle=account, zone="Europe/Paris"))
            world.heard(chat or account)
    await world.play("""
        ann#team> hello
        model
        ann> remind Bob at 18:00 to call
        < Several people here are called Bob: @bob1 \\(Bob Stone\\), @bob2 \\(Bob Hill\\). Which one?
        ann> remind Bob Hill at 18:00 to call
        < I have asked Bob Hill
        bob2< Ann would like
        ann> remind carl at 18:00 to call
        < I have asked carl
        carl< Ann would like
        ann> remind Car at 18:00 to call
        < I know nobody here called Car.
        ann> remind Hill at 18:00 to call
        < I know nobody here called Hill.
    """)


async def test_chinese_names_stand_before_the_task(world: World) -> None:
    for chat in ("group", ""):
        await world.say("你好", "zhang", chat, sender=Sender("zhang", "张三", zone="Asia/Shanghai"))
        world.heard(chat or "zhang")
    await world.play("""
        li#group> 你好
        model
        li> 提醒张三明天九点开会
        < 我已经询问张三是否可以提醒：开会
        zhang< Li希望我提醒你：开会
        li> 明天下午三点提醒张三交报告
        < 我已经询问张三是否可以提醒：交报告
        zhang< Li希望我提醒你：交报告
        li> 提醒我明天九点给张三打电话
        < 我会提醒你“给张三打电话”
        li> 明天十点提醒我张三来开会
        < 我会提醒你“张三来开会”
        li> 明天十一点提醒李四开会
        < 我会提醒你“李四开会”
    """)
