"""Requests about reminders in both languages: many ways to say them, slips of the fingers, and what is none."""

from __future__ import annotations

import time

import pytest

from core.language.requests import LONGEST, ReminderRequest, refers_back, reminder_request

LISTS = """
    what are my reminders|What are my reminders?|show me my reminders please|list reminders|reminders|my reminders
    do i have any reminders?|which reminders are set|can you show my reminders|whats my remidners|tell me my reminders
    what did I ask you to remind me of?|what will you remind me about|show all my upcoming reminders|我有哪些提醒
    我有什么提醒？|看看我的提醒|帮我列出所有提醒|我现在有哪些提醒|提醒列表|我的闹钟有哪些|请显示我的提醒
"""
CANCELS = [
    ("cancel reminder 2", "2"), ("delete reminder #3", "3"), ("please remove the second one", "2"), ("cancel 4", "4"),
    ("cancel the dentist reminder", "dentist"), ("delete my reminder about the gym", "the gym"),
    ("stop reminding me about the pills", "the pills"), ("don't remind me about the pills any more", "the pills"),
    ("i don't need the gym reminder anymore", "gym"), ("Could you cancel my Gym alarm?", "Gym"), ("cancle reminder 2", "2"),
    ("delete remidner 2", "2"), ("get rid of reminder number 5", "5"), ("取消2号提醒", "2"), ("取消第二个提醒", "2"),
    ("删除第十二个提醒", "12"), ("把牙医的提醒取消掉", "牙医"), ("取消关于牙医的提醒", "牙医"), ("请帮我取消提醒3", "3"),
    ("不要再提醒我吃药了", "吃药"), ("2号提醒不要了", "2"),
]  # fmt: skip
ALL = """
    cancel all my reminders|delete all reminders|cancel my reminders|clear my reminders|remove every reminder
    取消所有提醒|全部提醒都删掉|把所有提醒都取消|清空我所有的提醒
"""
MOVES = [
    ("move it to 10", "move", "", "10", ""), ("move the dentist reminder to friday at 10", "move", "dentist", "friday at 10", ""),
    ("reschedule reminder 2 for tomorrow", "move", "2", "tomorrow", ""), ("can you move reminder 2 to 5pm?", "move", "2", "5pm", ""),
    ("postpone it until monday", "move", "", "monday", ""), ("postpone reminder 1 tomorrow", "move", "1", "tomorrow", ""),
    ("push it back by an hour", "move", "", "an hour", "later"), ("postpone by 30 minutes", "move", "", "30 minutes", "later"),
    ("delay reminder 2 half an hour", "move", "2", "half an hour", "later"), ("make it 2 hours later", "move", "", "2 hours", "later"),
    ("bring it forward by 20 minutes", "move", "", "20 minutes", "earlier"), ("make it an hour earlier", "move", "", "an hour", "earlier"),
    ("move the gym reminder an hour earlier", "move", "gym", "an hour", "earlier"), ("change it to 6pm", "edit", "", "6pm", ""),
    ("make it 6pm", "edit", "", "6pm", ""), ("actually make it 18:30 please", "edit", "", "18:30", ""),
    ("change reminder 2 to call Dad instead", "edit", "2", "call Dad", ""), ("remind me at 6 instead", "edit", "", "at 6", ""),
    ("rename reminder 1 to Buy Milk", "rename", "1", "Buy Milk", ""),
    ("change the text of reminder 2 to Call Dad", "rename", "2", "Call Dad", ""), ("改到十点", "edit", "", "十点", ""),
    ("把它改到明天上午十点", "edit", "", "明天上午十点", ""), ("2号提醒改到周五", "edit", "2", "周五", ""),
    ("把2号提醒改成给爸爸打电话", "edit", "2", "给爸爸打电话", ""), ("把1号提醒的内容改成买牛奶", "rename", "1", "买牛奶", ""),
    ("do not disturb until 5pm", "pause", "", "5pm", ""), ("be quiet for an hour", "pause", "", "an hour", ""), ("安静一小时", "pause", "", "一小时", ""),
    ("推迟半小时", "move", "", "半小时", "later"), ("把开会的提醒推迟一个小时", "move", "开会", "一个小时", "later"),
    ("提前一小时", "move", "", "一小时", "earlier"), ("刚才那个提前20分钟", "move", "", "20分钟", "earlier"),
    ("推迟到明天", "move", "", "明天", ""), ("牙医的提醒提前到九点", "move", "牙医", "九点", ""),
]  # fmt: skip
NONE = """
    move on|what's up|what's going on|what is today|cancel my subscription|cancel the meeting with Bob|change my mind
    change the subject|make it shorter|make a list of fruits|push the button|how do I postpone a flight?|set a reminder for 5pm
    remind me to cancel my subscription tomorrow|set reminder for 5pm to call mom|a reminder of old times|delete this file
    what is a reminder?|tell me a joke about alarm clocks|find a dentist|show me the money|I moved to Paris
    提前告诉我|取消订阅|取消我的订阅|早上好|你好|好的|明天提醒我取消订阅|提醒我明天改签机票|今天天气怎么样|推荐一本书|搜索附近的餐厅
    继续讲|暂停一下音乐|删除这个文件|找一家餐厅|提醒我喝水
"""


def split(text: str) -> list[str]:
    return [one.strip() for line in text.strip().splitlines() for one in line.split("|")]


@pytest.mark.parametrize("text", split(LISTS))
def test_asking_for_the_list(text: str) -> None:
    assert reminder_request(text) == ReminderRequest("list")


@pytest.mark.parametrize(("text", "which"), CANCELS)
def test_cancelling_one(text: str, which: str) -> None:
    assert reminder_request(text) == ReminderRequest("cancel", which)


@pytest.mark.parametrize(
    "text", ["cancel a reminder", "delete one of my reminders please", "取消一个提醒", "删掉其中一个提醒"]
)
def test_one_of_them_is_no_name(text: str) -> None:
    assert reminder_request(text) == ReminderRequest("cancel", any=True)


@pytest.mark.parametrize("text", split(ALL))
def test_cancelling_all(text: str) -> None:
    assert reminder_request(text) == ReminderRequest("cancel", all=True)


@pytest.mark.parametrize(("text", "verb", "which", "when", "shift"), MOVES)
def test_another_time_or_text(text: str, verb: str, which: str, when: str, shift: str) -> None:
    found = reminder_request(text)
    assert found is not None
    assert (found.verb, found.which, found.when, found.shift) == (verb, which, when, shift)


@pytest.mark.parametrize(
    ("text", "verb", "when"),
    [
        ("snooze", "snooze", ""), ("snooze until 6pm", "snooze", "6pm"), ("snooze 20 minutes", "snooze", "20 minutes"),
        ("snooze for an hour please", "snooze", "an hour"), ("remind me again in 20 minutes", "snooze", "in 20 minutes"),
        ("remind me later", "snooze", ""), ("再过20分钟提醒我", "snooze", "20分钟"), ("六点再提醒我", "snooze", "六点"),
        ("半小时后再叫我一次", "snooze", "半小时后"), ("稍后提醒我", "snooze", ""), ("done", "done", ""), ("I did it!", "done", ""),
        ("all done", "done", ""), ("mark reminder 2 as done", "done", ""), ("完成了", "done", ""), ("我做完了", "done", ""),
        ("stop nagging me", "silence", ""), ("别催了", "silence", ""), ("undo", "undo", ""), ("take that back", "undo", ""),
        ("撤销", "undo", ""), ("reminders here", "here", ""), ("群里有哪些提醒", "here", ""),
        ("what's on my day", "schedule", ""), ("what's on my day tomorrow?", "schedule", "tomorrow"),
        ("what do I have on friday", "schedule", "friday"), ("am i free on friday", "schedule", "friday"),
        ("明天有什么安排", "schedule", "明天"), ("我周五要做什么", "schedule", "周五"), ("看看我的日程", "schedule", ""),
        ("pause reminder 3", "pause", ""), ("turn off the morning alarm", "pause", ""), ("暂停2号提醒", "pause", ""),
        ("resume all reminders", "resume", ""), ("turn the gym reminder back on", "resume", ""), ("恢复2号提醒", "resume", ""),
        ("search reminders about dentist", "search", ""), ("找一下牙医的提醒", "search", ""),
    ],
)  # fmt: skip
def test_the_other_verbs(text: str, verb: str, when: str) -> None:
    found = reminder_request(text)
    assert found is not None
    assert (found.verb, found.when) == (verb, when)


@pytest.mark.parametrize("text", split(NONE))
def test_other_sentences_are_none(text: str) -> None:
    assert reminder_request(text) is None


@pytest.mark.parametrize(
    "text", ["cancel it", "move it to 10", "make it shorter than 5 pm", "done", "推迟半小时", "snooze"]
)
def test_what_names_no_reminder_may_mean_the_last_one(text: str) -> None:
    found = reminder_request(text)
    assert refers_back(text) is (found is not None and not found.which)


@pytest.mark.parametrize("text", ["cancel it", "make it 6pm", "30 minutes later", "done", "刚才那个取消"])
def test_who_speaks_of_it_names_no_reminder(text: str) -> None:
    found = reminder_request(text)
    assert found is not None
    assert not found.named


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "a " * 100, "reminder " * 22, "cancel the the my my " * 9, "把" * 190, "提醒" * 99, "的" * 200, "改" * 199,
        "move reminder to reminder to " * 6, "please " * 28, "what is the day the day " * 8, "取消" * 99, "1 " * 100,
        "cancel a reminder to " * 8, "cancel a reminder about x reminder about x reminder about x reminder about x reminder",
        "x" * (LONGEST + 1), "change reminder 2 to " + "to " * 50, "，" * 150, "请" * 200,
    ],
)  # fmt: skip
def test_any_text_takes_little_time(text: str) -> None:
    best = min(_seconds(text) for _ in range(3))
    assert best < 0.05


def _seconds(text: str) -> float:
    start = time.process_time()
    reminder_request(text)
    return time.process_time() - start


@pytest.mark.parametrize(
    ("text", "verb", "which", "when", "all_of_them"),
    [
        ("pause it until Monday", "pause", "", "Monday", False),
        ("pause reminder 2 until tomorrow at 9", "pause", "2", "tomorrow at 9", False),
        ("pause the reminder to call mum until friday", "pause", "call mum", "friday", False),
        ("pause all reminders until next week", "pause", "", "next week", True),
        ("pause my reminders for 2 days", "pause", "", "2 days", True),
        ("put it on hold until monday", "pause", "", "monday", False),
        ("pause the reminder for mum", "pause", "mum", "", False),
        ("暂停到周一", "pause", "", "周一", False),
        ("牙医的提醒暂停到明天九点", "pause", "牙医", "明天九点", False),
        ("把所有提醒暂停两天", "pause", "", "两天", True),
        ("don't remind me until Monday", "pause", "", "Monday", True),
        ("no reminders before next week", "pause", "", "next week", True),
        ("stop all reminders until friday", "pause", "", "friday", True),
        ("don't remind me to stretch until Monday", "pause", "stretch", "Monday", False),
        ("I'm on leave until Monday, pause my reminders", "pause", "", "Monday", True),
        ("I'm away, pause my reminders until 3 May", "pause", "", "3 May", True),
        ("下周一之前别提醒我", "pause", "", "下周一", True),
        ("今天不要再提醒我了", "pause", "", "今天", True),
        ("别提醒我直到周五", "pause", "", "周五", True),
        ("周五之前别提醒我跑步", "pause", "跑步", "周五", False),
        ("我在出差，把我的提醒暂停到周五", "pause", "", "周五", True),
        ("show reminder 2", "show", "2", "", False),
        ("details of the dentist reminder", "show", "dentist", "", False),
        ("看看第2个提醒的详情", "show", "2", "", False),
        ("everyone may change reminders here", "share", "", "", True),
        ("anyone can edit reminder 2", "share", "2", "", False),
        ("only the author may change reminders here", "unshare", "", "", True),
        ("who may change the channel's reminders?", "whose", "", "", True),
        ("大家都可以改这里的提醒", "share", "", "", True),
        ("只有我能改它", "unshare", "", "", False),
        ("谁可以改这里的提醒", "whose", "", "", True),
    ],
)
def test_pauses_and_rules(text: str, verb: str, which: str, when: str, all_of_them: bool) -> None:
    request = reminder_request(text)
    assert request is not None
    assert (request.verb, request.which, request.when, request.all) == (verb, which, when, all_of_them)


@pytest.mark.parametrize(
    "text",
    [
        "remind me not to call Bob until Monday",
        "周五提醒我不要喝酒",
        "下周一之前提醒我别忘了交报告",
        "who can change my mind",
        "pause the music until monday",
        "hold on until monday",
        "谁能改变世界",
    ],
)
def test_other_sentences_about_pausing_and_changing_are_none(text: str) -> None:
    assert reminder_request(text) is None
