"""How one asks to be reminded in Chinese, and what belongs to the asking rather than to the task."""

from __future__ import annotations

import re

from core.language.grammar.chinese_lexicon import both
from core.language.grammar.task import GAP, FrameLexicon


def _words(*words: str) -> str:
    return "(?:" + "|".join(both(word) for word in words) + ")"


_G = f"[{GAP} ]{{0,3}}"
_STOP = rf"[,.;:!~ {GAP}]{{0,4}}"
_WHO = (
    r"(?P<who>@[\w.\-]{1,40}|<@[\w|.\-]{1,60}>|"
    + "|".join(
        both(word)
        for word in [
            "我们大家",
            "我们",
            "咱们",
            "我",
            "大家伙",
            "大家",
            "所有人",
            "全体",
            "全员",
            "各位",
            "群里",
            "俺",
            "咱",
        ]
    )
    + ")"
)
_CALL = _words("提醒", "叫醒", "叫", "喊", "通知", "告诉", "告知", "催", "知会", "call", "remind")
_SET = _words(
    "设置", "设定", "设立", "设", "建立", "建", "新建", "创建", "添加", "增加", "加", "定", "订", "弄", "开", "来", "搞", "调", "安排", "需要", "想要", "要", "给我", "上"
)  # fmt: skip
_ALARM = _words(
    *[
        "闹钟",
        "闹铃",
        "提醒事项",
        "提醒",
        "备忘录",
        "备忘",
        "待办",
        "日程",
        "倒计时",
        "定时器",
        "计时器",
        "定时",
        "reminder",
        "alarm",
    ]
)
_ONE = f"(?:{_words('一下', '一声', '一次')}|{both('下')}(?=[,.!~ {GAP}]|$))?"
_MEASURE = f"(?:{_words('一个', '一条', '一项', '一份', '个', '条', '项', '我的', '新的')}{_G}){{0,2}}"

_AT = f"{_words('为', '在', '到', '于', '成')}?"

_REQUESTS = (
    # 到时候提醒我一下, 别让我忘了: behind the task
    rf"{_CALL}{_WHO}{_ONE}{_words('吧', '哦', '啊', '呀', '哈', '好吗')}?{_STOP}$",
    rf"{_words('千万别', '可别', '别', '不要')}{_words('让', '叫')}{_WHO}{_words('给')}?{_words('忘记', '忘')}{_words('了')}?{_STOP}",
    rf"{both('怕')}{_words('我', '会')}?{_words('忘记', '忘了', '忘')}{_STOP}$",
    # 设一个…的闹钟, 新建提醒: …
    rf"{_SET}{_words('好', '了', '上')}?{_G}{_MEASURE}{_G}{_words('的')}?{_ALARM}{_words('设置', '设', '定')}?{_AT}{_STOP}(?:{_CALL}{_WHO}{_ONE})?",
    rf"{_SET}{_MEASURE}(?={GAP}[^{GAP}]{{0,200}}{_words('的')}{_ALARM}[.!~ ]{{0,3}}$)",
    rf"^{_STOP}{_ALARM}{_words('设置', '设', '定')}?{_AT}{_STOP}(?={GAP}|[:,])",
    rf"{_words('闹钟', '闹铃')}{_words('在')}?{_G}{_words('响')}{_ONE}{_STOP}",
    rf"{GAP}{_words('的')}?{_ALARM}{_STOP}$",
    # 提醒我…, 叫我…, 通知大家…
    rf"(?:{_CALL}{_ONE}{_G}{_WHO}{_ONE}|{_words('给我发', '发我', '给我')}{_words('个', '条')}?{_words('消息', '信息', '通知', '提醒')}|@ ?我){_STOP}"
    rf"{_words('记得', '别忘了', '别忘', '不要忘记', '不要忘了', '不要忘', '说该', '要', '应该', '是时候', '该')}?",
    rf"{_words('提醒一下', '提醒下', '提醒')}{_STOP}(?={GAP}|$)",
    rf"^{_STOP}{_words('请', '麻烦')}?{_words('提醒')}(?=[^\s@])",
    # 记一下, …; 别忘了…
    rf"{_words('记一下', '记一笔', '记个事', '记下来', '记下', '记着', '记住', '记得', '备忘')}{_STOP}",
    rf"{_words('别忘了', '别忘记', '别忘', '不要忘了', '不要忘记', '不要忘', '勿忘')}{_STOP}",
)
"""Each begins with a word, so that a search passes over other text quickly."""

_COURTESY = _words(
    "请问", "请你", "请", "麻烦你", "麻烦", "拜托你", "拜托", "帮忙", "帮我", "能不能", "可不可以", "能否", "可以", "记得", "务必", "一定",
    "到时候", "到时", "届时", "准时", "及时", "定时", "再", "你", "都", "以后", "今后", "只",
)  # fmt: skip
_THANKS = _words("谢谢你", "谢谢", "多谢", "谢啦", "拜托了", "好吗", "可以吗", "行吗", "好不好", "行不行")
_BEGINS = rf"(?:(?<=[\s,.;:!{GAP}])|^)"
_POLITE = (
    rf"{_BEGINS}(?:{_COURTESY}{_G}){{1,4}}(?=[\s,{GAP}]|$)"
    rf"|{_BEGINS}{_THANKS}(?=[\s,.;:!~?]{{0,4}}$)"
)
_VAGUE = ("过一会儿", "过一会", "过会儿", "一会儿", "一会", "待会儿", "待会", "等会儿", "等会", "等下", "稍后")
_OPENING = (
    _words(
        *_VAGUE, "等一下", "回头", "晚些时候", "晚点儿", "晚一点", "晚点", "我们要", "我要", "我得", "我需要", "我想", "我该", "需要",
        "要", "该", "应该", "的时候", "的时间", "的", "时候", "之前", "记得", "到时候", "提醒", "一下", "内容是", "内容为", "内容", "主题是", "事项是", "以后", "吧",
    )
    + rf"|(?:hi|hello|hey|{_words('嗨', '你好', '您好', '哈喽')})(?=[\s,!~])"
    + rf"|(?:{both('我')}|{both('在')}|{both('会')}|{both('就')}|{both('想要')}?你去?)(?=[\s,{GAP}]|$)|{both('得')}(?={both('去')})"
)  # fmt: skip
_CLOSING = _words(
    *_VAGUE,
    *[
        "的时候",
        "到时候",
        "的时间",
        "吧",
        "哦",
        "啊",
        "呀",
        "哈",
        "在",
        "好吗",
        "并且",
        "然后",
        "从",
        "的提醒",
        "的闹钟",
        "的待办",
        "这件事",
        "这事",
        "设成",
        "设为",
        "响一次",
        "响一下",
    ],
)
_DONE = "(?<![期好完没沒坏壞满滿病丢丟忘晚迟遲空来來走掉])了"
"""该交房租了 asks for 交房租; 到期了 and 忘了 keep their 了."""
_GROUP = re.compile(both("大家") + "|" + "|".join(both(word) for word in ("所有人", "全体", "全员", "各位", "群里")))
_US = re.compile(both("我们") + "|" + both("咱们"))


def _recipient(who: str) -> str | None:
    """None for the writer; people by their handle; 大家 is the channel, 我们 us."""
    if "@" in who:
        return who
    if _GROUP.search(who):
        return "channel"
    return "us" if _US.search(who) else None


FRAME = FrameLexicon(
    requests=tuple(re.compile(pattern) for pattern in _REQUESTS),
    polite=re.compile(_POLITE),
    leading=re.compile(rf"(?:[\s,.;:!~、。，：；！?]|{_OPENING}){{1,12}}"),
    trailing=re.compile(rf"(?:[\s,.;:!~?、。，：；！？]|{_CLOSING}|{_DONE})$"),
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
