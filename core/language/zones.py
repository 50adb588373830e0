"""Which time zone a person means: a city in English or Chinese, an IANA name, or an offset."""

from __future__ import annotations

import re
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_MORE = {
    "Asia/Shanghai": "beijing peking shenzhen guangzhou hangzhou chengdu wuhan nanjing tianjin xian suzhou qingdao china "
    "北京 上海 深圳 广州 杭州 成都 武汉 南京 天津 西安 苏州 青岛 重庆 长沙 厦门 大连 沈阳 郑州 中国 大陆",
    "Asia/Hong_Kong": "hk 香港", "Asia/Macau": "macao 澳门", "Asia/Taipei": "taiwan 台北 台湾 高雄 台中",
    "Asia/Tokyo": "osaka kyoto japan jst 东京 大阪 京都 日本", "Asia/Seoul": "korea busan kst 首尔 韩国",
    "Asia/Singapore": "sg 新加坡", "Asia/Kuala_Lumpur": "malaysia 吉隆坡 马来西亚", "Asia/Bangkok": "thailand 曼谷 泰国",
    "Asia/Jakarta": "indonesia 雅加达", "Asia/Manila": "philippines 马尼拉", "Asia/Ho_Chi_Minh": "hanoi saigon vietnam 河内 胡志明市",
    "Asia/Kolkata": "india mumbai bombay delhi bangalore bengaluru chennai calcutta hyderabad pune 印度 孟买 新德里 班加罗尔",
    "Asia/Dubai": "uae 迪拜 阿联酋", "Asia/Jerusalem": "israel tel aviv 以色列", "Asia/Karachi": "pakistan lahore islamabad",
    "Asia/Dhaka": "bangladesh", "Asia/Riyadh": "saudi arabia", "Europe/Istanbul": "turkey ankara",
    "Europe/Moscow": "russia msk 莫斯科 俄罗斯", "Europe/Kyiv": "kiev ukraine",
    "Europe/London": "uk england britain gmt bst manchester edinburgh 伦敦 英国", "Europe/Dublin": "ireland 都柏林",
    "Europe/Paris": "france lyon marseille 巴黎 法国", "Europe/Berlin": "germany munich hamburg frankfurt cologne stuttgart cet 柏林 德国 慕尼黑 法兰克福",
    "Europe/Madrid": "spain barcelona 马德里 西班牙", "Europe/Rome": "italy milan 罗马 意大利 米兰", "Europe/Zurich": "switzerland geneva bern 苏黎世 瑞士 日内瓦",
    "Europe/Vienna": "austria 维也纳", "Europe/Amsterdam": "netherlands holland 阿姆斯特丹 荷兰", "Europe/Brussels": "belgium 布鲁塞尔",
    "Europe/Stockholm": "sweden 斯德哥尔摩", "Europe/Oslo": "norway 奥斯陆", "Europe/Copenhagen": "denmark 哥本哈根", "Europe/Helsinki": "finland 赫尔辛基",
    "Europe/Warsaw": "poland krakow 华沙", "Europe/Prague": "czechia 布拉格", "Europe/Budapest": "hungary", "Europe/Athens": "greece 雅典",
    "Europe/Lisbon": "portugal porto 里斯本", "Europe/Bucharest": "romania", "Europe/Sofia": "bulgaria",
    "America/New_York": "nyc boston washington dc miami atlanta philadelphia eastern est edt et 纽约 波士顿 华盛顿 迈阿密",
    "America/Chicago": "dallas houston austin minneapolis central cdt ct 芝加哥 休斯敦 达拉斯",
    "America/Denver": "salt lake city mountain mst mdt 丹佛", "America/Phoenix": "arizona 凤凰城",
    "America/Los_Angeles": "la san francisco sf seattle portland san diego las vegas silicon valley pacific pst pdt pt california "
    "洛杉矶 旧金山 西雅图 硅谷 加州",
    "America/Toronto": "ottawa montreal 多伦多 渥太华 蒙特利尔", "America/Vancouver": "温哥华", "America/Mexico_City": "mexico 墨西哥城",
    "America/Sao_Paulo": "brazil rio de janeiro brasilia 圣保罗 里约", "America/Argentina/Buenos_Aires": "argentina 布宜诺斯艾利斯",
    "America/Bogota": "colombia", "America/Lima": "peru", "America/Santiago": "chile", "Pacific/Honolulu": "hawaii 夏威夷 檀香山",
    "Australia/Sydney": "canberra 悉尼 堪培拉", "Australia/Melbourne": "墨尔本", "Australia/Brisbane": "布里斯班", "Australia/Perth": "珀斯",
    "Pacific/Auckland": "new zealand wellington 奥克兰 新西兰", "Africa/Cairo": "egypt 开罗", "Africa/Johannesburg": "south africa cape town 约翰内斯堡",
    "Africa/Lagos": "nigeria", "Africa/Nairobi": "kenya 内罗毕", "UTC": "gmt+0 utc+0 zulu",
}  # fmt: skip
_PHRASES = (
    "tel aviv", "saudi arabia", "salt lake city", "san francisco", "san diego", "las vegas", "silicon valley",
    "rio de janeiro", "new zealand", "south africa", "cape town", "washington dc",
)  # fmt: skip
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*(\d{1,2})(?::?([03]0|45))?", re.IGNORECASE)
_FRAME = re.compile(
    r"^(?:(?:i'?m in|i am in|i live in|in|my (?:time ?)?zone is)\s+|(?:我在|我住在|在)\s*)"
    r"|(?:\s+time|\s*(?:时间|时区|市))$|[.!。！]+$",
    re.IGNORECASE,
)


def known_zone(name: str | None) -> ZoneInfo | None:
    """The zone of that name; None where this machine's time zones do not have it."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def _names() -> dict[str, str]:
    names: dict[str, str] = {}
    for zone in sorted(available_timezones()):
        if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/", "SystemV/", "US/")):
            names[zone.rsplit("/", 1)[1].replace("_", " ").lower()] = zone
        names[zone.lower()] = zone
    for zone, words in _MORE.items():
        for phrase in _PHRASES:
            if phrase in words:
                names[phrase] = zone
                words = words.replace(phrase, " ")
        names.update(dict.fromkeys(words.split(), zone))
    return names


def find_zone(text: str) -> str | None:
    """The IANA name of the zone that a short text names, or None. Offsets of whole hours only become Etc/GMT zones."""
    words = text.strip()
    for _ in range(3):
        words = _FRAME.sub("", words).strip()
    words = words.lower().replace("_", " ") if "/" not in words else words.lower()
    if found := _names().get(words) or _names().get(words.split(",")[0].strip()):
        return found
    if (offset := _OFFSET.fullmatch(words)) and int(offset[2]) <= 14 and (offset[3] or "00") == "00":
        hours = int(offset[2])
        sign = "-" if offset[1] == "+" else "+"
        return "UTC" if hours == 0 else f"Etc/GMT{sign}{hours}"
    return None
