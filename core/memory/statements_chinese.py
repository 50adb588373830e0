"""The same as `statements`, for Chinese sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.memory.reading import Way, english_key, read
from core.store.memory import Statement

_CLAUSE = re.compile(r"([^，。！？；、,!?;\n]|、|,(?=\d{3}))+[？?]?")
_ASKS = re.compile(
    r"[吗呢么吧][？?]?$|[？?]$|什么|谁|哪|几|多少|怎么|怎样|是否|是不是|有没有|如果|要是|假如|假设|万一|比如|听说|说我|以为"
)
_LEAD = r"(?:你好|您好|嗨|大家好|对了|其实|嗯+|哦|顺便(?:说一下|提一下)?|告诉你|跟你说|说一下|那个|因为|而且|但是?|所以|然后|另外|还有)*"
_NOW = r"(?:(?:上|这)个?(?:周|月|星期)|去年|今年|昨天|前天|前几天|现在|目前|已经|刚刚?|最近|一直|还|也|都|终于|真的|平时|平常|家|就|是)*"
_MUCH = r"(?:也|很|最|特别|非常|超级?|一直|真的|真|比较|挺|还是|更|都|从小就?|平时|平常|其实|十分|尤其)*"
_NOT_THAT = r"(?!你|您|他|她|它|这|那|上|过|了|的|个|死|我|自己|不|把|被|在|一下)"
_END = r"(?:了|哦|呀|啊|呢|啦|哈|的)?"
RELATIVES = {
    "老婆|妻子|太太|爱人|媳妇": "wife", "老公|丈夫|先生": "husband", "女朋友|女友": "girlfriend", "男朋友|男友": "boyfriend",
    "女儿|闺女": "daughter", "儿子": "son", "孩子|宝宝": "child", "妈妈|母亲|妈": "mother", "爸爸|父亲|爸": "father", "哥哥": "older brother",
    "弟弟": "younger brother", "姐姐": "older sister", "妹妹": "younger sister", "爷爷|外公|姥爷": "grandfather", "奶奶|外婆|姥姥": "grandmother",
    "狗狗|小狗|狗": "dog", "猫咪|小猫|猫": "cat", "宠物": "pet", "老板": "boss", "牙医": "dentist", "医生": "doctor", "老师": "teacher", "室友": "roommate",
}  # fmt: skip
RELATIVE = "|".join(RELATIVES)
OWN = {
    "手机号码?|电话号码?|电话|手机": "phone number", "邮箱|邮件地址|电子邮箱": "email", "家庭住址|住址|地址": "address", "血型": "blood type",
    "鞋码": "shoe size", "身高": "height", "体重": "weight", "爱好": "hobby", "母语": "native language", "国籍": "nationality", "星座": "star sign",
    "车牌号?": "license plate", "老家|家乡|故乡": "hometown", "微信号?": "wechat", "名字|姓名": "name", "生日": "birthday", "工作|职业": "job",
    "结婚纪念日": "anniversary", "年龄": "age", "住处|家": "home", "公司|单位": "work",
}  # fmt: skip
_JOB = (
    r"(?:老师|教师|教授|医生|护士|律师|程序员|会计|学生|研究生|大学生|博士生|司机|厨师|作家|记者|警察|军人|公务员|销售|翻译|演员|画家|歌手|"
    r"农民|快递员|外卖员|自由职业者|全职妈妈|家庭主妇|退休人员|[一-龥]{1,6}(?:工程师|设计师|老师|教师|经理|医生|律师|教授|摄影师|分析师|建筑师|理发师))"
)
_GOES_ON = re.compile(r"住|不吃|不喜欢|来自|今年\d|在.{1,18}(?:工作|上班)|喜欢|讨厌|对.{1,18}过敏|是一?[名个位]|叫")
"""A clause whose subject, 我, was said in the one before."""
_OF_SOMEBODY = re.compile(rf"我家?的?(?:{RELATIVE})")
_DATE = (
    r"(?P<v>(?:农历|阴历|阳历)?[\d一二三四五六七八九十零〇年月日号初正腊./-]{3,14}(?<=[\d日号一二三四五六七八九十]))"
)

_WAYS: tuple[Way, ...] = tuple(
    Way(re.compile(f"{_LEAD}(?:{pattern})[。.！!~ ]*"), key, value)
    for pattern, key, value in (
        (r"(?:我(?:的名字)?叫|我的名字是|我的?全名(?:是|叫)|(?:请|你可以|大家都?|你就?)叫我)(?:做)?(?P<v>(?!了|车|外卖|他|她|你|人|醒|不|什么|过|一)[一-龥·]{1,6}?|[A-Za-z][A-Za-z .'-]{1,30})(?:吧|就行|就好|就可以)?", "name", ""),
        (rf"我{_NOW}(?:住在|住|定居在|生活在|居住在|搬到了?|搬去了?|搬家到了?|搬来了?)(?P<v>(?!院|进|一|了|的|这|那|家|校|哪|得|在|酒店|宾馆)[一-龥A-Za-z][一-龥\w ]{{1,14}}?)(?:生活|居住)?{_END}", "home", ""),
        (rf"我{_NOW}在(?P<v>(?!家|这|那|外面)[一-龥A-Za-z][一-龥A-Za-z ]{{0,12}}?)(?:住|生活|居住|定居){_END}", "home", ""),
        (rf"我{_NOW}不(?:再)?(?:住在|住)(?P<v>[一-龥A-Za-z ]{{1,14}}?){_END}", "home", "-"),
        (r"我(?:来自|老家(?:是|在)?|的老家(?:是|在)|出生(?:于|在)|家乡(?:是|在))(?P<v>(?!\d)[一-龥A-Za-z]{2,14}?)(?:的)?", "origin", ""),
        (rf"我{_NOW}在(?P<v>(?!家|这|那|努力|认真|加班|外面)[一-龥\w][一-龥\w ]{{1,18}}?)(?:工作|上班|任职|就职|当[一-龥]{{2,6}}){_END}", "work", ""),
        (rf"我{_NOW}(?:不(?:再)?在(?P<v>[一-龥\w ]{{2,18}}?)(?:工作|上班)|辞职|离职|失业){_END}", "work", "-"),
        (rf"我(?:的?(?:职业|工作))?{_NOW}(?:是|当|做)(?:一?[名个位])?(?P<v>{_JOB}){_END}", "job", ""),
        (rf"我的?生日(?:是|在)?{_DATE}", "birthday", ""),
        (rf"我(?:是)?{_DATE}(?:出生的?|生的|过?生日)", "birthday", ""),
        (r"我(?:今年)?(?:已经)?(?P<v>\d{1,3}|[一二三四五六七八九十]{1,4})岁了?", "age", ""),
        (rf"我(?:现在|已经)*(?:对(?P<items>[一-龥A-Za-z、和跟与及]{{1,20}}?)不(?:再)?过敏|不对(?P<v>[一-龥A-Za-z]{{1,20}}?)过敏){_END}", "allergy {}", "-"),
        (rf"我{_MUCH}对(?P<items>[一-龥A-Za-z、和跟与及]{{1,20}}?)(?:严重|有点)?过敏{_END}", "allergy {}", "allergic"),
        (r"我最(?:喜欢|爱|钟爱)的(?P<k>[一-龥]{1,8}?)(?:现在|还|就|一直)*是(?P<v>[一-龥\w·《》 ]{1,24}?)", "favourite {}", ""),
        (rf"我{_MUCH}(?:不(?:太|怎么|再|是很)?(?:喜欢|爱)|不(?=吃|喝)|讨厌|恨|受不了|吃不惯){_NOT_THAT}(?P<v>[一-龥\w·]{{1,14}}?){_END}", "taste {}", "dislikes"),
        (rf"我{_MUCH}(?:喜欢|热爱|爱(?=吃|喝|看|听|玩|打|跳|唱|读)|爱好){_NOT_THAT}(?P<v>[一-龥\w·]{{1,14}}?)", "taste {}", "likes"),
        (rf"我家?的?(?P<k>{RELATIVE})(?:的名字)?(?:叫做?|名叫|是叫|的?名字(?:是|叫))(?P<v>[一-龥·]{{1,6}}|[A-Za-z][A-Za-z .'-]{{0,30}})", "{}'s name", ""),
        (rf"我家?{_NOW}(?:养了?|有)(?:一?[只条个])?(?P<k>{RELATIVE})(?:名字)?叫(?P<v>[一-龥·]{{1,6}}|[A-Za-z][A-Za-z .'-]{{0,30}})", "{}'s name", ""),
        (rf"我家?的?(?P<k>{RELATIVE})的?生日(?:是|在){_DATE}", "{}'s birthday", ""),
        (rf"我家?的?(?P<k>{RELATIVE})(?:今年)?(?P<v>\d{{1,3}}|[一二三四五六七八九十]{{1,4}})岁了?", "{}'s age", ""),
        (rf"我家?的?(?P<k>{RELATIVE}){_NOW}(?:住在|住|定居在|搬到了?|搬去了?)(?P<v>(?!院|一|了|的|这|那|哪)[一-龥A-Za-z ]{{2,14}}?){_END}", "{}'s home", ""),
        (rf"我家?的?(?P<k>{RELATIVE}){_NOW}在(?P<v>(?!家|这|那|哪)[一-龥\w ]{{2,18}}?)(?:工作|上班|任职){_END}", "{}'s work", ""),
        (rf"我家?的?(?P<k>{RELATIVE}){_MUCH}对(?P<v>[一-龥A-Za-z、和]{{1,20}}?)(?:严重|有点)?过敏{_END}", "{}'s allergy", ""),
        (rf"我家?的?(?P<k>{RELATIVE})是(?P<v>[一-龥]{{1,3}}(?:医生|老师|师傅|先生|女士|小姐))", "{}'s name", ""),
        (r"我(?:是|吃)(?P<v>素食者|素食主义者|素|纯素|全素|清真)(?:的)?", "diet", ""),
        (r"我(?:是|有|患有|得了)(?P<v>糖尿病|高血压|哮喘|色盲|左撇子|乳糖不耐受?|心脏病)(?:患者)?", "condition", ""),
        (rf"我的?(?P<k>{'|'.join(OWN)})(?:是|为|：|:)(?P<v>(?!不|很|太|坏)[^，。！？；\n]{{2,60}}?)", "{}", ""),
    )
)  # fmt: skip
_GENERAL = re.compile(r"(?:我们?的?|家里?的?)?(?P<k>[^，。！？；\n]{1,20}?)(?:是|为|叫|：|:)(?P<v>.{1,900}?)[。.！!]*")


def statements(text: str) -> list[Statement]:
    """What a message says of its writer in passing."""
    return [_keyed(found) for clause in _clauses(text) for found in read(clause, _WAYS, _items)]


def general(text: str) -> list[Statement]:
    """A sentence of the form 我的…是…, as one statement."""
    found = _GENERAL.fullmatch(text)
    return [_keyed(Statement(found["k"], found["v"], text, text))] if found else []


def key_of(words: str) -> str:
    """What a few words name, as the English key where there is one: 老婆的名字 is the wife's name."""
    words = words.removesuffix("的")
    for names, own in OWN.items():
        if re.fullmatch(names, words):
            return own
    for names, relative in RELATIVES.items():
        if found := re.fullmatch(rf"(?:{names})(?:的?(名字|生日|年龄|年纪|手机号|电话))?", words):
            part = {"生日": "birthday", "年龄": "age", "年纪": "age", "手机号": "phone number", "电话": "phone number"}
            return f"{relative}'s {part.get(found[1], 'name')}" if found[1] else relative
    return english_key(words)


def _keyed(found: Statement) -> Statement:
    head, _, rest = found.key.partition("'s ")
    key = f"{key_of(head)}'s {rest}" if rest else key_of(head)
    if head.startswith("taste "):
        key = "taste " + re.sub("^[吃喝看听玩打]", "", head.removeprefix("taste ")) if len(head) > 7 else head
    value = found.value or ("" if found.key in ("home", "work") or found.key.startswith("allergy") else found.value)
    return Statement(key, value, found.text, found.said)


def _clauses(text: str) -> Iterator[str]:
    mine, whose = False, ""
    for match in _CLAUSE.finditer(text):
        clause = match[0].strip()
        clause = f"我{clause}" if mine and _GOES_ON.match(clause) else clause
        mine = clause.startswith("我")
        if whose and clause[0] in "他她它":
            clause = f"{whose}{clause[1:]}"
        whose = about[0] if (about := _OF_SOMEBODY.match(clause)) else ""
        if not _ASKS.search(clause):
            yield clause


def _items(said: str) -> list[str]:
    return [part for part in re.split("[、和跟与及]", said) if part]
