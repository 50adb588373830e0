"""Commands said in words, for platforms that keep lines with a slash to themselves, and for people who never type one."""

from __future__ import annotations

import re

_LONGEST = 80
_SPOKEN: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (command, re.compile(rf"(?:{words})\s*[?.!？。！]*", re.IGNORECASE))
    for command, words in (
        ("/help", r"help(?: me)?(?: please)?|(?:what|which things) can you do|how do(?:es)? (?:you|this) work|commands|"
                  r"帮助|帮帮我|你能(?:做|干)什么|你会(?:做|干)?什么|怎么用|有哪些命令"),
        ("/forget", r"(?:please )?(?:forget|delete|clear|erase) (?:our (?:whole )?(?:conversation|chat)|(?:this|the|my) "
                    r"(?:conversation|chat|history|chat history)|what i (?:said|told you|wrote))|"
                    r"(?:请)?(?:忘记|忘掉|清除|删除)(?:我们的|所有的?|全部的?|这个|这段)?(?:对话|聊天|聊天记录|对话记录)"),
        ("/forget", r"(?:please )?forget (?P<all>everything)|(?:请)?(?:忘记|忘掉)(?P<all2>一切|所有|全部)"),
        ("/new", r"(?:start (?:over|again|a new (?:conversation|chat))|new (?:conversation|chat|session))|(?:开始)?新(?:的)?对话|重新开始"),
        ("/timezone", r"(?:my |change my |set my |what(?:['’]?s| is) my )?time ?zone(?:(?: is| to|:)? (?P<place>[^\n]{2,60}?))?|"
                      r"i(?:['’]m| am) (?:now )?in the (?P<place2>[^\n]{2,40}?) time ?zone|"
                      r"(?:把)?(?:我的)?时区(?:是|改成|改为|设为|设成|改到)?(?P<place3>[^\n]{0,30}?)"),
        ("/language", r"(?:please )?(?:speak|answer(?: me)? in|switch to|use) (?P<tongue>english|chinese)(?: please)?|"
                      r"(?:请)?(?:说|用|讲|切换到)(?P<tongue2>中文|英文|英语|汉语)(?:回答|回复)?(?:吧)?"),
    )
)  # fmt: skip


def spoken_command(text: str) -> tuple[str, str] | None:
    """The command that a short sentence stands for, and its argument; None where it stands for none."""
    if len(text) > _LONGEST:
        return None
    for command, pattern in _SPOKEN:
        if found := pattern.fullmatch(text.strip()):
            return command, next((value.strip() for value in found.groupdict().values() if value), "")
    return None
