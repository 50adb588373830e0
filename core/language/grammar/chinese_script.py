"""One script for the Chinese grammar: traditional characters and common typing errors of its closed vocabulary.

Every change keeps the length, so offsets stay valid in the source. Only words that the grammar knows are touched: the
task is cut from the source and keeps its own script.
"""

from __future__ import annotations

import re

_PAIRS = (
    "臨临僅仅眾众兒儿黨党軍军擊击創创復复複复獎奖媽妈屆届護护報报換换數数舊旧曉晓權权氣气沒没滿满靈灵現现環环級级紀纪練练經经網网藥药計计訂订議议說说車车選选長长難难頓顿題题餅饼黃黄齡龄龍龙場场塊块擡抬臺台嗎吗測测懺忏輕轻"
    ""
    "後后點点鐘钟號号週周禮礼個个兩两時时間间聖圣誕诞節节國国慶庆勞劳動动雙双單单開开結结連连續续過过從从為为"
    "內内幾几萬万陽阳陰阴曆历農农臘腊這这還还見见讓让設设鬧闹鈴铃請请幫帮記记訴诉繼继總总壹一貳二叁三參三肆四"
    "伍五陸六柒七捌八玖九拾十終终書书員员達达於于與与將将會会給给樣样別别醫医當当並并歲岁學学準准頭头響响"
    "裡里裏里該该誰谁無无麼么們们親亲師师婦妇貼贴寫写發发電电話话吿告夠够銷销換换資资亞亚羅罗爾尔鬆松樹树"
    "極极衛卫穀谷驚惊蟄蛰種种漢汉製制術术羣群組组頻频證证帶带應应邊边條条東东馬马門门關关產产業业儘尽"
    "嚟来來来擇择執执歷历聽听晝昼辦办務务體体區区馀余餘余減减離离備备傳传遲迟飯饭畢毕剛刚處处"
)
TRADITIONAL: dict[int, str] = {ord(old): new for old, new in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)}
"""Traditional (and formal) character to the simplified one the lexicon is written in."""

_BOTH: dict[str, str] = {}
for _old, _new in TRADITIONAL.items():
    _BOTH[_new] = _BOTH.get(_new, _new) + chr(_old)

_SLIPS = {
    "名天": "明天", "明夭": "明天", "今夭": "今天", "后夭": "后天", "大候天": "大后天", "没隔": "每隔", "没个周": "每个周",
    "每个约": "每个月", "没个月": "每个月", "下个约": "下个月", "下各月": "下个月", "下各周": "下个周",
    "周未": "周末", "月未": "月末", "年未": "年末", "星其": "星期", "理拜": "礼拜", "礼拜夭": "礼拜天", "早尚": "早上",
    "早商": "早上", "玩上": "晚上", "晚尚": "晚上", "上舞": "上午", "下舞": "下午", "零晨": "凌晨", "临晨": "凌晨",
    "凌辰": "凌晨", "旁晚": "傍晚", "闹种": "闹钟", "提型": "提醒", "提形": "提醒", "题醒": "提醒", "提星": "提醒",
    "工做日": "工作日", "工作天": "工作日", "原旦": "元旦", "圆旦": "元旦", "清名节": "清明节", "只到": "直到", "之到": "直到", "以候": "以后",
    "的时侯": "的时候", "双修日": "双休日", "季渡": "季度", "农厉": "农历",
}  # fmt: skip
_GUARDED_SLIPS = {
    r"(?<=[\d一二三四五六七八九十])[点分秒刻](?:种|中)(?!类|子)": ("种中", "钟"),
    r"没(?:天(?![理赋分线资])|周[一二三四五六日末]|晚(?=[上\d一二三四五六七八九十提叫]))": ("没", "每"),
    r"(?<=[\d一二三四五六七八九十两个半])小是": ("是", "时"),
}
"""Where only the words around tell a slip from a word; then which characters are mended to which one."""

_SLIP = re.compile("|".join(sorted(_SLIPS, key=len, reverse=True)))
_GUARDED = tuple((re.compile(pattern), str.maketrans(dict.fromkeys(*mend))) for pattern, mend in _GUARDED_SLIPS.items())


def simplified(text: str) -> str:
    """The text as the Chinese grammar reads it, of the same length."""
    plain = text.translate(TRADITIONAL)
    plain = _SLIP.sub(lambda slip: _SLIPS[slip[0]], plain)
    for pattern, mend in _GUARDED:
        plain = pattern.sub(lambda slip, mend=mend: slip[0].translate(mend), plain)  # type: ignore[misc]
    return plain


def both(pattern: str) -> str:
    """A pattern written in simplified characters that also matches the traditional ones (no character classes in it)."""
    return "".join(f"[{_BOTH[char]}]" if char in _BOTH else char for char in pattern)
