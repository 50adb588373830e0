"""What a person wants of their memory: to be remembered, forgotten, shown, found again, or left out, in English and Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Verb: TypeAlias = Literal[
    "remember", "forget", "forget_all", "show", "about", "incognito_on", "incognito_off", "on", "off", "past", "learn_on", "learn_off",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    verb: Verb
    text: str = ""
    """What is to be remembered, forgotten or found."""


LONGEST, _SHORT = 2_000, 200
"""Characters of what is to be remembered, and of any other wish."""
_POLITE = r"(?:(?:please|pls|ok(?:ay)?|hey|hi|and|now|can you|could you|would you|will you|i want you to|you should|请你?|麻烦你?|帮我|你要|你能不能|能不能|可以)[, ]*)*"
_END = r"(?:[, ]*(?:please|for me|thanks|thank you|ok|吧|好吗|可以吗|一下|谢谢))*[ ?.!。！？]*"
_MODE = r"(?:incognito|private|off[- ]the[- ]record)(?: (?:mode|chat|session))?"
_ZH_MODE = r"(?:无痕|隐身|无记录|隐私)(?:模式|聊天|对话)?"
_ABOUT_ME = r"(?:about me|of me)"
_SAID = r"(?:say|tell you|told you|mention|write|ask(?: you)?|talk(?: to you)?|speak|report)"
_ZH_WHEN = r"(?:之前|以前|上次|昨天|前天|刚才|刚刚|上周|上个?星期|上个?月|去年|今天|早上|曾经|那天|最近|有没有|[一二三四五六七八九十\d]+[天周月](?:前|以前))*"  # fmt: skip
_ZH_YOU = r"(?:跟你|和你|对你|给你|向你)?"

_WAYS: tuple[tuple[Verb, str], ...] = (
        ("show", rf"(?:what|which facts|what all|how much) (?:do|have|did|else do) you (?:know|remember(?:ed)?|stored?|saved?|kept|keep|learn(?:ed|t)?)(?: (?:about|of|on) me)?(?: so far)?|what (?:do|have) you (?:have|got) (?:about|on) me|tell me (?:everything |all )?(?:what )?you (?:know|remember) {_ABOUT_ME}|do you (?:know|remember) anything {_ABOUT_ME}|(?:show|list|open)(?: me)? (?:my|your|the) (?:memory|memories|facts)(?: {_ABOUT_ME})?|what is in (?:your|my) memory"),
        ("show", r"(?:关于我[，,]?)?你(?:都|还)*(?:知道|记得|记住了?|了解|记了)(?:关于)?我?(?:的)?(?:什么|哪些|些什么|多少)(?:事情?|信息|东西)?(?:吗)?|你(?:都)?记得我什么|你对我(?:都)?(?:有什么|有多少|了解)(?:了解|多少|什么)|(?:显示|查看|列出|看看)?(?:一下)?(?:我的|你的)记忆"),
        ("about", r"what (?:all |else )?(?:do|did) you (?:know|remember) about (?P<t1>(?:my|our) .{2,60}?)|what (?:have|did) i (?:told|tell) you about (?P<t2>(?:my|our) .{2,60}?)|关于(?P<t3>我.{1,20}?)[，, ]?你(?:都|还)*(?:知道|记得|了解)(?:些)?(?:什么|多少|哪些)(?:事情?|信息)?|你(?:都|还)*(?:知道|记得|了解)(?:关于)?(?P<t4>我(?!的?(?:什么|哪)).{1,12}?)的?(?:什么|哪些)(?:事情?|信息)?"),
        ("incognito_off", rf"(?:leave|exit|stop|end|turn off|switch off|quit|no more) {_MODE}|{_MODE} (?:off|mode off)|(?:we(?:'re| are) )?(?:back )?on the record(?: again)?|(?:退出|关闭|结束|离开|取消){_ZH_MODE}"),
        ("incognito_on", rf"(?:(?:go|start|enter|turn on|switch (?:to|on)|use|be|let's go|this is|begin)(?: an?)? )?{_MODE}(?: on)?|(?:don't|do not|dont) (?:remember|store|save|record|keep) (?:any of )?(?:this|anything|what i say|this (?:conversation|chat))(?: now)?|(?:开启|打开|进入|切换到|使用)?{_ZH_MODE}|(?:不要|别|请勿)(?:记住?|记录|保存)(?:这段|这次|这个|任何|我说的|这些)?(?:对话|聊天|内容|话|东西)?"),
        ("off", r"(?:turn|switch) off (?:your |my |the )?memory|(?:your |my )?memory off|(?:disable|stop) (?:your |my |the )?memory|stop remembering(?: (?:things|anything))?(?: about me)?|(?:关闭|关掉|停用)(?:你的|我的)?记忆(?:功能)?|(?:不要|别)再?记(?:住)?我的(?:任何)?(?:事|事情|信息)"),
        ("on", r"(?:turn|switch) (?:on (?:your |my |the )?memory|(?:your |my |the )?memory (?:back )?on)|(?:your |my )?memory on|enable (?:your |my |the )?memory|start remembering(?: (?:things|again))?(?: about me)?|(?:打开|开启|启用|恢复)(?:你的|我的)?记忆(?:功能)?"),
        ("forget_all", rf"(?!(?:delete|erase|clear|wipe) (?:everything|all(?: of it)?|what(?:ever)?)\s*\Z)(?:forget|delete|erase|clear|wipe) (?:everything|all(?: of it)?|all (?:the )?(?:facts|memories)|(?:your|my|the) memory|what(?:ever)?) ?(?:that )?(?:(?:you (?:know|remember|have stored|stored|saved))? ?{_ABOUT_ME}|you (?:know|remember))?|(?:忘掉|忘记|删除|清除|清空)(?:你)?(?:知道的|记得的|记住的)?(?:所有|全部|一切)?(?:关于我的?|我的)(?:一切|所有|全部)?(?:事情?|信息|记忆|记录)*|(?:忘掉|忘记|删除|清除|清空)你(?:知道|记得|记住)的(?:一切|所有|全部)(?:事情?|信息|东西)?"),
        ("past", rf"what (?:did|have) (?:i|we|you) (?P<t1>(?:(?:just |already |ever )?(?:{_SAID}|said|discuss(?:ed)?|talked?|spoken?|suggest(?:ed)?|recommend(?:ed)?|answer(?:ed)?|mentioned|written|asked)\b).{{0,150}}?)|when did (?:i|we|you) (?:last )?(?P<t2>(?:{_SAID}|discuss|talk)\b.{{1,150}}?)|(?:did|have) i (?:ever |already )?(?P<t3>(?:{_SAID}|told|mentioned|said) .{{3,150}}?)|(?:find|search)(?: for)? (?:what|where|when) i (?P<t4>(?:said|told you|mentioned|wrote).{{1,150}}?)|i (?:told you|mentioned|said) (?:something|a thing|things)? ?about (?P<t6>.{{2,80}}?)[,;.!] ?(?:what|when|where|who|do|can|which) .*?|do you remember (?:what i (?:said|told you)|when i (?:said|told you|mentioned)|me (?:saying|telling you|mentioning)) (?P<t5>.{{2,150}}?)"),
        ("past", rf"(?P<t1>我们?{_ZH_WHEN}{_ZH_YOU}{_ZH_WHEN}(?:说|提|讲|聊|谈|讨论|问|告诉)(?:过|到|到过|了)?(?:你)?(?:过)?(?:了)?(?:些)?(?:什么|啥|哪些)[^？?]{{0,60}}?)|(?P<t2>(?:关于|有关)[^，,？?]{{1,40}}[，,]?我{_ZH_WHEN}{_ZH_YOU}(?:说|提|讲|聊|问)(?:过|了)?(?:些)?(?:什么|啥))|我(?:是)?(?:什么时候|哪天|何时){_ZH_YOU}(?:说|提|讲|聊|问)(?:过|到|到过|起)?(?P<t3>[^？?]{{2,60}}?)的?|(?P<t4>你{_ZH_WHEN}(?:说|推荐|建议|回答|告诉)(?:过|了)?我?(?:些)?(?:什么|啥|哪些)[^？?]{{0,60}}?)|我{_ZH_WHEN}{_ZH_YOU}(?:说|提|讲)(?:过|到过)(?P<t5>[^什么？?]{{2,60}}?)[吗么]|我{_ZH_WHEN}{_ZH_YOU}{_ZH_WHEN}(?:说|提|讲|聊)过(?P<t6>[^什么？?]{{1,40}}?)的?(?:什么|哪些|啥)(?:事情?|东西)?"),
        ("forget", r"(?:forget|delete|erase|remove)(?: from (?:your|my) memory)?(?: about)?(?: the fact)? that (?P<t1>(?!reminder|alarm)\S.{2,300}?)|forget (?:about )?(?P<t2>(?:my|our|where|who|what|how|when|about)\b.{1,300}?)|(?:delete|erase|remove) (?P<t3>my .{2,100}?) from (?:your |my )?memory|forget (?:what|everything|all)(?: (?:that )?(?:i (?:said|told you)|you (?:know|remember)))? about (?P<t4>(?!me\b).{2,100}?)|forget (?:fact |number |no\.? ?|#)?(?P<t5>\d{1,3})"),
        ("forget", r"(?:忘掉|忘记|删掉|删除|别记得|不要再?记得?|别再记得?)(?:关于)?(?P<t1>(?!你)\S.{0,60}?)(?:这件事|的(?:所有|全部|一切)?(?:事情?|记忆|信息)|这条|条)?(?:了)?"),
        ("remember", r"(?:remember|note|keep in mind|don['’]?t forget|do not forget|memori[sz]e|make a note|bear in mind|save|learn)(?: this)?(?: that|:| that:)\s*,? ?(?P<t1>\S.*?)|(?:remember|note|memori[sz]e)(?: (?:for me|this))?[,:]? (?P<t2>(?:i|i['’]m|i['’]ve|my|we|our)\b(?! (?:need|have|must|should) to).*?)|for the record[,:]? (?P<t3>.*?)|(?P<t4>(?:my|our|the|i|we)\b.{2,300}?)[,;.!]+ (?:please |can you |could you )?(?:remember|keep|note|memori[sz]e) (?:that|this|it)(?: (?:for me|in mind))?"),
        ("remember", r"(?:记住|记着|牢记|记下来?|记一下|记好|请记得)[，,：: ]*(?P<t1>(?!了|吗|没|要|去).*?(?<![吗么]))|(?:把)(?P<t2>.{2,200}?)(?:记住|记下来|记下)|(?P<t3>\S[^？?]{2,200}?)[，,。；;！ ]+(?:请|麻烦)?你?(?:帮我)?(?:记住|记一下|记下来?|记着)(?:这个|这件事|它)?|(?:别|不要)忘(?:了|记)[，, ]?(?P<t4>我(?:不?喜欢|讨厌|不?爱|不吃|对|叫|住|的|家|是).*?(?<![吗么]))"),
)  # fmt: skip
_WISHES: tuple[tuple[Verb, re.Pattern[str]], ...] = tuple(
    (verb, re.compile(f"{_POLITE}(?:{way}){_END}", re.IGNORECASE | re.DOTALL)) for verb, way in _WAYS
)
_OUR_TALK = r"(?:me|my (?:chats?|conversations?|messages|words)|our (?:chats?|conversations?)|what i (?:say|write|tell you)(?: to you)?)"
_ZH_TALK = r"(?:从|用|拿)(?:我|我们)(?:的|说的)(?:对话|聊天|聊天记录|消息|话)(?:中|里|来|里面)?(?:学习|训练)"
_LEARN_WAYS: tuple[tuple[Verb, str], ...] = (
        ("learn_on", rf"(?:(?:yes|ok(?:ay)?|sure)[, ]+)?(?:you (?:may|can)|i (?:agree|allow)(?: that)? you (?:may |can |to )?|i (?:let|allow) you (?:to )?|feel free to) ?(?:learn from|(?:be )?train(?:ed)? on) {_OUR_TALK}(?: from now on)?|我?(?:同意|允许|准许)你?{_ZH_TALK}(?:吧|了)?|你?可以{_ZH_TALK}(?:了|吧)?"),
        ("learn_off", rf"(?:please )?(?:do not|don't|dont|never|stop|no longer|you may not|you must not|i (?:do not|don't) (?:agree|allow|want)(?: that)? you(?: to)?) (?:learn(?:ing)? from|(?:be )?train(?:ed|ing)? on) {_OUR_TALK}(?: any ?more| from now on)?|(?:请|你)?(?:不要|别|不许|不准|不可以|停止|我?不(?:同意|允许)你?)再?{_ZH_TALK}了?"),
)  # fmt: skip
_LEARNING = tuple((verb, re.compile(rf"(?:{way})[ .!。！]*", re.IGNORECASE)) for verb, way in _LEARN_WAYS)
"""Whole sentences that say so: a question whether it may, or a polite request, is no consent."""
_REMINDER = re.compile(r"\b(?:reminder|alarm|alert)s?\b|提醒|闹钟", re.IGNORECASE)


def memory_wish(text: str) -> Wish | None:
    """What the whole of a message wants; None where it wants something else."""
    if len(text) > LONGEST or not text:
        return None
    words = text.replace("’", "'").strip()
    if about := next((verb for verb, pattern in _LEARNING if len(words) <= _SHORT and pattern.fullmatch(words)), None):
        return Wish(about)
    for verb, pattern in _WISHES if len(words) <= _SHORT else _WISHES[-2:]:
        if found := pattern.fullmatch(words):
            if verb.startswith("forget") and _REMINDER.search(words):
                return None
            said = next((value for name, value in found.groupdict().items() if name.startswith("t") and value), "")
            return Wish(verb, " ".join(said.split()) if verb != "remember" else said.strip())
    return None
