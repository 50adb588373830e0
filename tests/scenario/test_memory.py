"""What is remembered of people: told, shown, corrected, forgotten; and never where it was not told."""

from __future__ import annotations

import pytest

from tests.scenario.world import World

PLAYS = {
    "remembered, shown with its source, and answered without the model": """
        ann> remember that my wife is called Anna
        < I'll remember: your wife is called Anna.
        ann> what do you know about me?
        < **What I know about you** .. 1. your wife is called Anna (Wed 25 Nov 2026, told in private, you asked me to)
        ann> what's my wife's name?
        < Your wife is called Anna. (You told me on Wed 25 Nov 2026.)
        ann! 1
        < **your wife is called Anna** .. From: “my wife is called Anna” .. Used on: Wed 25 Nov 2026
    """,
    "in passing, and the newest word holds": """
        ann> Hi there. I live in Paris and I'm allergic to nuts.
        model
        ann> where do I live?
        < You live in Paris.
        ann> I moved to Lyon
        model
        ann> Where do I live?
        < You moved to Lyon.
        ann> I'm not allergic to nuts any more
        model
        ann> what am I allergic to?
        < I don't know that: you haven't told me here.
        ann> /memory
        < 1. you moved to Lyon (Wed 25 Nov 2026, told in private, you mentioned it)
    """,
    "in Chinese": """
        li> 记住我老婆叫安娜
        < 我记住了：你老婆叫安娜。
        li> 我住在上海，我对花生过敏。
        model
        li> 我老婆叫什么？
        < 你老婆叫安娜。
        li> 我住在哪里
        < 你住在上海。
        li> 你记得我什么？
        < **我知道的关于你的事** .. 1. 你老婆叫安娜 .. 3. 你对花生过敏
        li> 忘掉我住在上海
        < 已忘记，连同告诉我的那条消息：你住在上海。
        li> 我住在哪里
        < 这个我不知道
    """,
    "corrected in the next sentence, asked in other words, and all about somebody": """
        ann> remember that my sister's birthday is on June 3rd
        < I'll remember: your sister's birthday is on June 3rd.
        ann> no, it's in May
        < Corrected: your sister's birthday is in May.
        ann> when is my sister's birthday?
        < Your sister's birthday is in May.
        ann> that's wrong, it's on May 5th
        < Corrected: your sister's birthday is on May 5th.
        ann> no, it's fine
        model
        ann> my sister lives in Rome
        model
        ann> what do you know about my sister?
        < - Your sister's birthday is on May 5th .. - Your sister lives in Rome
        ann> when is my birthday?
        < I don't know that: you haven't told me here.
        ann> remember that I left the bike behind the bakery
        < I'll remember
        ann> where did I leave my bike?
        < You left the bike behind the bakery.
        ann> what is a bakery?
        model
        bob> where did I leave my bike?
        model
        ann> forget everything about my sister
        < Forgotten, with the message that told me
        ann> what do you know about my bike?
        < You left the bike behind the bakery.
    """,
    "corrected and asked in other words in Chinese": """
        li> 记住我妹妹的生日是6月3日
        < 我记住了：你妹妹的生日是6月3日。
        li> 不对，是5月3日
        < 已更正：你妹妹的生日是5月3日。
        li> 我妹妹什么时候生日？
        < 你妹妹的生日是5月3日。
        li> 不是，我只是问问
        model
        li> 我对青霉素过敏
        model
        li> 我对青霉素过敏吗？
        < 你对青霉素过敏。
        li> 记住我把车停在了地下三层
        < 我记住了
        li> 我的车停在哪里？
        < 你把车停在了地下三层。
        li> 忘掉我妹妹的所有事
        < 已忘记
        li> 我妹妹什么时候生日？
        < 这个我不知道
    """,
    "corrected and forgotten by its buttons": """
        ann> remember that my locker code is 1234
        < I'll remember: your locker code is 1234.
        ann! Correct
        < What should it say instead of “your locker code is 1234”?
        ann> my locker code is 9876
        < Corrected: your locker code is 9876.
        ann> what is my locker code?
        < Your locker code is 9876.
        ann> /memory
        < 1. your locker code is 9876
        ann! 1
        < Corrected on
        ann! Pin
        < I'll always keep in mind
        ann! Forget
        < Forgotten, with the message that told me
        ann! Forget
        < I don't have that any more.
        ann> what is my locker code?
        model
    """,
    "forgotten by number, topic, and all": """
        ann> remember that my sister is called Zoe
        < I'll remember
        ann> remember that I'm vegetarian
        < I'll remember
        ann> remember that Bob prefers tea
        < I'll remember: Bob prefers tea.
        ann> /memory
        < 1. your sister .. 2. you're vegetarian .. 3. Bob prefers tea
        ann> /forget 2
        < Forgotten, with the message that told me: you're vegetarian.
        ann> forget 7
        < I remember nothing of that kind: 7
        ann> forget that Carl prefers tea
        model
        ann> forget that Bob prefers tea
        < Forgotten, with the message that told me: Bob prefers tea.
        ann> /forget
        < Forgotten: our conversation is deleted .. I still know one thing about you
        ann! Forget all
        < Shall I forget all
        ann! Yes, forget all
        < Forgotten: the one thing I knew about you.
    """,
    "a number means what stood there when it was shown": """
        ann> remember that my sister is called Zoe
        < I'll remember
        ann> remember that my brother is called Max
        < I'll remember
        ann> /memory
        < 1. your sister .. 2. your brother
        ann> /forget 1
        < your sister
        ann> /memory
        < 1. your brother
    """,
    "what was told in private stays there": """
        ann> I live in Paris
        model
        ann#team> where do I live?
        < I don't know that
        ann#team> what do you know about me?
        < That is between you and me
        ann#team> /memory 1
        < That is between you and me
        ann#team> forget where I live
        < I remember nothing of that kind
        ann> where do I live?
        < You live in Paris.
    """,
    "what was told in a channel is used there and in private": """
        ann#team> remember that my wife is called Anna
        < I'll remember: your wife is called Anna.
        ann#team> what's my wife's name?
        < Your wife is called Anna.
        ann#other> what's my wife's name?
        < I don't know that
        ann> what's my wife's name?
        < Your wife is called Anna.
        ann> /memory
        < told in a chat on fake
        bob#team> what's my wife's name?
        < I don't know that
        bob#team! Forget
        < I don't have that any more.
    """,
    "nobody else's": """
        ann> remember that my wife is called Anna
        < I'll remember
        bob> what's my wife's name?
        < I don't know that
        bob> what do you know about me?
        < I remember nothing about you yet
        bob!= memory:forget:1
        < I don't have that any more.
        bob!= memory:show:1
        < I don't have that any more.
        bob!= memory:edit:1
        < I don't have that any more.
        ann> what's my wife's name?
        < Your wife is called Anna.
    """,
    "incognito": """
        ann> I live in Paris
        model
        ann> go incognito
        < Incognito: from here on
        ann> I live in Berlin
        model
        ann> remember that I'm vegan
        < Incognito
        ann> what did I say about Berlin?
        < Incognito
        ann> /incognito off
        < Incognito is over, and what was said in it is deleted (4 messages and answers).
        ann> what did I say about Berlin?
        < I find nothing about that
        ann> where do I live?
        < You live in Paris.
        ann> incognito off
        < You were not incognito here.
    """,
    "memory off": """
        ann> I live in Paris
        model
        ann> turn off memory
        < Memory is off
        ann> I live in Rome
        model
        ann> where do I live?
        model
        ann> /memory
        < you live in Paris .. Memory is off
        ann> memory on
        < I remember again
        ann> where do I live?
        < You live in Paris.
    """,
    "what was said before is found again": """
        ann> The dentist said my wisdom tooth has to go
        model
        ann> We had a lovely trip to the lighthouse
        model
        +3d
        ann> what did I tell you about the dentist?
        < I found this in what you wrote: .. Wed 25 Nov 10:00 .. “The dentist said my wisdom tooth has to go”
        ann> when did I mention the lighthouse?
        < Wed 25 Nov .. lighthouse
        ann> what did I say about penguins?
        < I find nothing about that
        ann#team> what did I tell you about the dentist?
        < I find nothing about that
        bob> what did I tell you about the dentist?
        < I find nothing about that
        ann> forget our conversation
        < Forgotten: our conversation is deleted
        ann> what did I tell you about the dentist?
        < I find nothing about that
    """,
    "what is to be done is a reminder, not a fact": """
        ann> remember to call mum tomorrow at 9
        < I'll remind you to call mum
        ann> remember that I have to call Bob tomorrow at 9
        < I'll remind you
        ann> forget the mum reminder
        < Cancelled
    """,
    "privacy and export": """
        ann> I live in Paris
        model
        ann> /privacy
        < accounts: 1 .. messages with their answers: 1 (for 180 days) .. things I know about you: 1 .. Nobody has looked
        ann> /export
        < "account": "ann" .. "text": "I live in Paris" .. "replied": "the model answers"
        ann#team> /export
        < That is between you and me
    """,
}  # fmt: skip


@pytest.mark.parametrize("name", PLAYS)
async def test_a_play(world: World, name: str) -> None:
    await world.play(PLAYS[name])
