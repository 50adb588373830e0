"""How one asks to be reminded in Chinese, and what belongs to the asking rather than to the task."""

from __future__ import annotations

import re

from core.language.grammar.chinese_lexicon import LEXICON, both, either
from core.language.grammar.task import GAP, FrameLexicon

_LISTS = {name: either(words) for name, words in LEXICON["frame"].items()}
_CALL, _SET, _ALARM = _LISTS["call"], _LISTS["set"], _LISTS["alarm"]
_G = f"[{GAP} ]{{0,3}}"
_STOP = rf"[,.;:!~ {GAP}]{{0,4}}"
_WHO = rf"(?P<who>@[\w.\-]{{1,40}}|<@[\w|.\-]{{1,60}}>|{_LISTS['who']})"
_ONE = f"(?:一下|一声|一次|下(?=[,.!~ {GAP}]|$))?"
_MEASURE = f"(?:{_LISTS['measure']}{_G}){{0,2}}"
_SET_TO = "(?:设置|设|定)?(?:为|在|到|于|成)?"

_REQUESTS = (
    # 到时候提醒我一下, 别让我忘了: behind the task
    rf"{_CALL}{_WHO}{_ONE}(?:吧|哦|啊|呀|哈|好吗)?{_STOP}$",
    rf"(?:千万别|可别|别|不要)(?:让|叫){_WHO}给?(?:忘记|忘)了?{_STOP}",
    rf"怕(?:我|会)?(?:忘记|忘了|忘){_STOP}$",
    # 设一个…的闹钟, 新建提醒: …
    rf"{_SET}(?:好|了|上)?{_G}{_MEASURE}{_G}的?{_ALARM}{_SET_TO}{_STOP}(?:{_CALL}{_WHO}{_ONE})?",
    rf"{_SET}{_MEASURE}(?={GAP}[^{GAP}]{{0,200}}的{_ALARM}[.!~ ]{{0,3}}$)",
    rf"^{_STOP}{_ALARM}{_SET_TO}{_STOP}(?={GAP}|[:,])",
    rf"(?:闹钟|闹铃)在?{_G}响{_ONE}{_STOP}",
    rf"{GAP}的?{_ALARM}{_STOP}$",
    # 提醒我…, 叫我…, 通知大家…
    rf"(?:{_CALL}{_ONE}{_G}{_WHO}{_ONE}|(?:给我发|发我|给我)(?:个|条)?(?:消息|信息|通知|提醒)|@ ?我){_STOP}{_LISTS['should']}?",
    rf"(?:提醒一下|提醒下|提醒){_STOP}(?={GAP}|$)",
    rf"^{_STOP}(?:请|麻烦)?提醒(?=[^\s@])",
    # 记一下, …; 别忘了…
    rf"{_LISTS['note']}{_STOP}",
    rf"{_LISTS['not_forget']}{_STOP}",
)
"""Each begins with a word, so that a search passes over other text quickly."""

_BEGINS = rf"(?:(?<=[\s,.;:!{GAP}])|^)"
_POLITE = (
    rf"{_BEGINS}(?:{_LISTS['courtesy']}{_G}){{1,4}}(?=[\s,{GAP}]|$)"
    rf"|{_BEGINS}{_LISTS['thanks']}(?=[\s,.;:!~?]{{0,4}}$)"
)
_OPENING = (
    rf"{_LISTS['opening']}|(?:hi|hello|hey|嗨|你好|您好|哈喽)(?=[\s,!~])"
    rf"|(?:我|在|会|就|想要?你去?)(?=[\s,{GAP}]|$)|得(?=去)"
)
_DONE = "(?<![期好完没沒坏壞满滿病丢丟忘晚迟遲空来來走掉])了"
"""该交房租了 asks for 交房租; 到期了 and 忘了 keep their 了."""
_GROUP, _US = re.compile(both(_LISTS["everyone"])), re.compile(both("我们|咱们"))


def _recipient(who: str) -> str | None:
    """None for the writer; people by their handle; 大家 is the channel, 我们 us."""
    if "@" in who:
        return who
    if _GROUP.search(who):
        return "channel"
    return "us" if _US.search(who) else None


FRAME = FrameLexicon(
    requests=tuple(re.compile(both(pattern)) for pattern in _REQUESTS),
    polite=re.compile(both(_POLITE)),
    leading=re.compile(rf"(?:[\s,.;:!~、。，：；！?]|{both(_OPENING)}){{1,12}}"),
    trailing=re.compile(rf"(?:[\s,.;:!~?、。，：；！？]|{both(_LISTS['closing'])}|{_DONE})$"),
    recipient=_recipient,
    joiner="",
)


_QUOTED = re.compile(r"[“\"「『《][^”\"」』》]{0,200}[”\"」』》]")
_FIRST_PERSON = re.compile(r"我們|我们|咱們|咱们|我|俺|你们|你們|您|你")
_TURNED = {"我们": "你们", "我們": "你們", "咱们": "你们", "咱們": "你們", "我": "你", "俺": "你"}
_KEPT = re.compile(r"自我|我国|我國|我方|忘我|小我|大我|我的世界")


def turned(task: str) -> str:
    """The task as the assistant says it back: 给我妈打电话 becomes 给你妈打电话; what is quoted stays."""
    kept = [match.span() for pattern in (_QUOTED, _KEPT) for match in pattern.finditer(task)]

    def other(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in kept):
            return match[0]
        return _TURNED.get(match[0], match[0])

    return _FIRST_PERSON.sub(other, task)
