"""Personal data is found in both languages, and what only looks like it stays."""

from __future__ import annotations

import random
import string

import pytest

from core.messages import Utterance
from core.training.data.rows import Conversation
from core.training.data.scrub import Scrubber, find

HAND = [
    ("Write to «anna.schmidt+shop@mail.example.org» or call me.", "EMAIL"),
    ("my address is «j_doe99@uni.example.ac.uk», thanks", "EMAIL"),
    ("请发到«li.wei_88@example.com.cn»谢谢", "EMAIL"),
    ("邮箱：«wang@example.cn»，急", "EMAIL"),
    ("You can reach me at «+44 20 7946 0958» after six.", "PHONE"),
    ("«+49 (0)30 901820» is the office", "PHONE"),
    ("ring «(212) 555-0147» please", "PHONE"),
    ("Cell: «415-555-0132»", "PHONE"),
    ("my number is 5, my phone number is «5550199»", "PHONE"),
    ("我的手机是«13812345678»，随时打", "PHONE"),
    ("电话«010-62345678»转客服", "PHONE"),
    ("打«138 1234 5678»找他", "PHONE"),
    ("门店电话：«(021)55667788»", "PHONE"),
    ("客服热线«400-810-8888»", "PHONE"),
    ("微信：«18655552222»", "PHONE"),
    ("card «4111 1111 1111 1111» expires soon", "CARD"),
    ("it is «5500-0000-0000-0004»", "CARD"),
    ("卡号«6222021234567890128»", "CARD"),
    ("charge «378282246310005» then", "CARD"),
    ("my IBAN is «DE89 3704 0044 0532 0130 00».", "IBAN"),
    ("pay to «GB29NWBK60161331926819»", "IBAN"),
    ("汇到«FR14 2004 1010 0505 0001 3M02 606»", "IBAN"),
    ("身份证«11010519491231002X»", "ID"),
    ("SSN «078-05-1120», he said", "ID"),
    ("use «sk-proj-abcdEFGH1234567890abcd» as the key", "KEY"),
    ("token «ghp_abcdefghijklmnopqrstuvwxyz0123456789»", "KEY"),
    ("bot «123456789:AAEhBP0av28fwo2Q9hYw1FQ1kYz7sXcVbNm»", "KEY"),
    ("my password is «Tr0ub4dor&3»", "KEY"),
    ("密码：«hunter2_2024»，别告诉别人", "KEY"),
    ("Authorization: Bearer «abcdef.ghijkl-mnop_qrst»", "KEY"),
    ("AWS «AKIAIOSFODNN7EXAMPLE»", "KEY"),
    ("He lives at «221B Baker Street, London» now", "ADDRESS"),
    ("Ship to «1600 Pennsylvania Avenue NW» today", "ADDRESS"),
    ("«742 Evergreen Terrace, Springfield, OR 97403»", "ADDRESS"),
    ("send it to «P.O. Box 1234»", "ADDRESS"),
    ("寄到«北京市海淀区中关村大街27号»", "ADDRESS"),
    ("我住«上海市徐汇区漕溪北路595号3号楼502室»", "ADDRESS"),
    ("地址：«浙江省杭州市西湖区文三路90号»", "ADDRESS"),
]
TRAPS = [
    "Your order number is 4155550132 and it ships on 2024-05-17.",
    "订单号 13812345678 已发货",
    "订单号：202405171234567890",
    "Invoice 0049-2024-118 of 2023-11-02",
    "The flight leaves at 10:30 on 12/06/2025, gate 14.",
    "It costs $1,299.99, or 1 299,99 €.",
    "版本 3.11.9，发布于2024年4月2日",
    "The population is 1,412,000,000.",
    "Pi is 3.14159265358979",
    "tracking number 1234567890123456",
    "会议在3月15日下午2点，第12号房间",
    "ISBN 978-3-16-148410-0",
    "open from 9-17, Mon-Fri, room 204",
    "the ratio is 16:9 and the size 1920x1080",
    "password reset is easy: open settings",
    "the secret is to stir slowly",
    "@anna said hi, see chapter 12",
    "共 128 页，第 3 版，售价 45.00 元",
    "it scored 98.6 of 100 in 2023 and 2024",
    "call 911 or 112 in an emergency",
    "serial no: 4111111111111112",
    "我们走了 20 公里的路，花了 3 号电池",
    "GB is short for gigabyte, 16 GB of RAM",
    "from 1990-01-01 to 1999-12-31",
    "IP 192.168.10.254 port 8080",
    "the answer is 42 * 365 = 15330",
    "营业时间10:00-22:00，人均消费50-100元",
    "评分4.5分，门票20元，游玩2小时-3小时",
    "10 of the best ways to drive a nail",
]


def _luhn(digits: str) -> str:
    for check in "0123456789":
        doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits + check))]
        if sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0:
            return digits + check
    raise AssertionError


def _digits(random_: random.Random, count: int) -> str:
    return "".join(random_.choices(string.digits, k=count))


def _email(r: random.Random) -> str:
    names = ["mia", "tom.b", "k-lee", "zhang_wei", "o.brien7", "a1", "sales+eu"]
    return f"{r.choice(names)}{r.choice(['', str(r.randint(1, 99))])}@{r.choice(['mail', 'post-box', 'corp.mail'])}.{r.choice(['com', 'org', 'co.uk', 'cn', 'com.cn', 'io'])}"


def _phone(r: random.Random) -> str:
    def block(count: int) -> str:
        return str(r.randint(2, 9)) + _digits(r, count - 1)

    return r.choice(
        [
            f"1{r.choice('3456789')}{_digits(r, 9)}",
            f"1{r.choice('3456789')}{_digits(r, 1)}-{_digits(r, 4)}-{_digits(r, 4)}",
            f"+86 1{r.choice('3456789')}{_digits(r, 1)} {_digits(r, 4)} {_digits(r, 4)}",
            f"0{r.choice(['10', '21', '755', '571'])}-{block(8)}",
            f"({block(3)}) {block(3)}-{_digits(r, 4)}",
            f"{block(3)}-{block(3)}-{_digits(r, 4)}",
            f"+1 {block(3)} {block(3)} {_digits(r, 4)}",
            f"+44 7{_digits(r, 3)} {_digits(r, 6)}",
            f"+49 {r.choice(['151', '30', '89'])} {_digits(r, 7)}",
            f"+33 6 {_digits(r, 2)} {_digits(r, 2)} {_digits(r, 2)} {_digits(r, 2)}",
            f"020 7{_digits(r, 3)} {_digits(r, 4)}",
        ]
    )


def _card(r: random.Random) -> str:
    plain = _luhn(r.choice(["4", "51", "55", "62"]).ljust(2, "3") + _digits(r, 13))
    return r.choice(
        [
            plain,
            " ".join(plain[at : at + 4] for at in range(0, 16, 4)),
            f"{plain[:4]}-{plain[4:8]}-{plain[8:12]}-{plain[12:]}",
        ]
    )


def _iban(r: random.Random) -> str:
    country, length = r.choice([("DE", 18), ("ES", 20), ("AT", 16), ("CH", 17), ("FR", 23), ("IT", 22)])
    account = _digits(r, length)
    rest = int("".join(str(int(character, 36)) for character in f"{account}{country}00")) % 97
    plain = f"{country}{98 - rest:02}{account}"
    return r.choice([plain, " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))])


def _identity(r: random.Random) -> str:
    body = f"{r.choice(['110105', '310104', '440305', '510107'])}{r.randint(1950, 2010)}{r.randint(1, 12):02}{r.randint(1, 28):02}{_digits(r, 3)}"
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def _key(r: random.Random) -> str:
    many = "".join(r.choices(string.ascii_letters + string.digits, k=36))
    return r.choice(
        [
            f"sk-{many}",
            f"ghp_{many}",
            f"xoxb-{_digits(r, 11)}-{many[:24]}",
            f"AKIA{many[:16].upper()}",
            f"{_digits(r, 9)}:{many[:35]}",
            f"AIza{many[:35]}",
            f"hf_{many}",
        ]
    )


def _address(r: random.Random) -> str:
    return r.choice(
        [
            f"{r.randint(1, 999)} {r.choice(['Oak', 'Elm Park', 'King’s', 'Old Mill'])} {r.choice(['Street', 'Road', 'Ave', 'Lane', 'Drive'])}",
            f"{r.randint(1, 99)} {r.choice(['High', 'Station'])} Road, {r.choice(['Leeds', 'York'])}",
            f"{r.choice(['Haupt', 'Garten', 'Berg'])}straße {r.randint(1, 200)}, {_digits(r, 4)}1 {r.choice(['Bonn', 'Kassel'])}",
            f"{r.choice(['广州市天河区', '成都市武侯区', '江苏省南京市玄武区', ''])}{r.choice(['人民南路', '中山大道', '解放街'])}{r.randint(1, 999)}号{r.choice(['', '2栋301室', '阳光小区5号楼'])}",
        ]
    )


MAKERS = {
    "EMAIL": _email,
    "PHONE": _phone,
    "CARD": _card,
    "IBAN": _iban,
    "ID": _identity,
    "KEY": _key,
    "ADDRESS": _address,
}
AROUND = [
    "Sure, it is {}. Thanks!",
    "please use {} for this",
    "{} - that is the one",
    "I gave you {} yesterday, and order 20240517 came on 2024-05-17.",
    "是{}，麻烦了",
    "请记一下：{}。谢谢",
    "（{}）",
    "我之前留的是 {} ，订单号 20240517001",
]


def labelled() -> list[tuple[str, str, int, int]]:
    """Text, kind, and where it stands; 40 of each kind in each of the sentences, and those written by hand."""
    made = []
    for text, kind in HAND:
        start, end = text.index("«"), text.index("»") - 1
        made.append((text.replace("«", "").replace("»", ""), kind, start, end))
    r = random.Random(7)
    for kind, maker in MAKERS.items():
        for number in range(320):
            around, value = AROUND[number % len(AROUND)], maker(r)
            made.append((around.format(value), kind, around.index("{}"), around.index("{}") + len(value)))
    return made


def test_of_what_is_labelled_at_least_98_in_100_are_found_of_every_kind() -> None:
    missed: dict[str, list[str]] = {}
    rows = labelled()
    for text, kind, start, end in rows:
        covered = {place for found in find(text) for place in range(found.start, found.end)}
        if not set(range(start, end)) <= covered:
            missed.setdefault(kind, []).append(text)
    assert sum(map(len, missed.values())) <= 0.02 * len(rows), missed
    for kind, texts in missed.items():
        assert len(texts) <= 0.02 * sum(row[1] == kind for row in rows), texts


def test_of_what_is_found_hardly_anything_was_not_labelled() -> None:
    wrong = []
    rows = labelled()
    for text, _kind, start, end in rows:
        wrong += [text[one.start : one.end] for one in find(text) if one.start < start - 6 or one.end > end + 6]
    assert len(wrong) <= 0.005 * len(rows), wrong


@pytest.mark.parametrize("text", [text for text, _ in HAND], ids=range(len(HAND)))
def test_what_was_written_by_hand_is_covered_whole(text: str) -> None:
    plain, start, end = text.replace("«", "").replace("»", ""), text.index("«"), text.index("»") - 1
    assert any(one.start <= start and one.end >= end for one in find(plain)), find(plain)


@pytest.mark.parametrize("text", TRAPS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert [(one.kind, text[one.start : one.end]) for one in find(text)] == []


def test_the_same_value_has_the_same_placeholder_within_a_conversation_and_the_rest_stays() -> None:
    given = Conversation(
        (
            Utterance("user", "Mail a@b.org or c@d.org"),
            Utterance("assistant", "I wrote to c@d.org, then to a@b.org."),
        ),
        {"id": 5, "note": ["from a@b.org", {"n": 1}]},
        3,
    )
    scrubber = Scrubber()
    clean = scrubber.conversation(given)
    assert [turn.text for turn in clean.turns] == [
        "Mail [EMAIL_1] or [EMAIL_2]",
        "I wrote to [EMAIL_2], then to [EMAIL_1].",
    ]
    assert clean.meta == {"id": 5, "note": ["from [EMAIL_1]", {"n": 1}]}
    assert scrubber.counts == {"EMAIL": 5}
    assert not any("a@b.org" in before or "c@d.org" in before for _, _, before in scrubber.shown)
    assert Scrubber().conversation(clean) == clean
