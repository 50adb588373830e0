"""Short requests about one's reminders, in English and Chinese: to see them, to cancel one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_LIST = re.compile(
    r"(?:please\s+)?(?:(?:what|which)(?:['’]s| are| is| reminders do i have)?|(?:can you |could you )?(?:show|list|see|tell)(?: me)?|do i have)?"
    r"\s*(?:all |any |of )*(?:my |the )?(?:current |upcoming |open |active )?reminders?(?: list| do i have)?(?: set| please)*\s*[?.!]*"
    r"|(?:请)?(?:看看|查看|看一下|列出|显示|告诉我)?(?:一下)?(?:我)?(?:现在|目前)?(?:的|有|设了|都有)?(?:哪些|什么|所有|全部)*(?:的)?提醒(?:列表|事项)?(?:有哪些|呢|吗|都有哪些)?[?？。!！]*",
    re.IGNORECASE,
)
_CANCEL = re.compile(
    r"(?:please\s+|can you\s+|could you\s+)?(?:cancel|delete|remove|drop)\s+(?:(?:my|the|that|this)\s+)?(?:last\s+)?"
    r"(?:reminder|alarm)s?\b\s*(?:number|no\.?|#)?\s*(?:(?:about|for|to|on)\s+)?(?P<what>.*?)[?.!]*"
    r"|(?:请)?(?:取消|删除|删掉)(?:我的|那个|这个)?(?:第)?(?P<which>.{0,30}?)(?:号|个|的)?(?:提醒|闹钟)[?？。!！]*",
    re.IGNORECASE,
)
_NUMBERS = {
    "一": "1",
    "二": "2",
    "三": "3",
    "四": "4",
    "五": "5",
    "六": "6",
    "七": "7",
    "八": "8",
    "九": "9",
    "十": "10",
}
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class ReminderRequest:
    """What somebody wants of their reminders. `which` is a number in their list, or words of the reminder, or ""."""

    wish: Literal["list", "cancel"]
    which: str = ""


def reminder_request(text: str) -> ReminderRequest | None:
    """A request about reminders that exist; None where the sentence is none. Only short sentences are looked at."""
    words = " ".join(text.split())
    if len(words) > _LONGEST:
        return None
    if _LIST.fullmatch(words):
        return ReminderRequest("list")
    if found := _CANCEL.fullmatch(words):
        which = (found["what"] or found["which"] or "").strip()
        return ReminderRequest("cancel", _NUMBERS.get(which, which))
    return None
