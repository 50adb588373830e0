"""Units of measure in English and Chinese, and what one of them is in another. Factors are exact by definition (NIST SP 811)."""

from __future__ import annotations

import re
from decimal import Context, Decimal, localcontext

from core.language.grammar.chinese_lexicon import number as numeral
from core.language.sums import english_figures

_TABLE = {
    "length": "mm|millimeter|millimetre|毫米=0.001 cm|centimeter|centimetre|厘米|公分=0.01 m|meter|metre|米|公尺=1 km|kilometer|kilometre|公里|千米=1000 "
    "in|inch|英寸|寸=0.0254 ft|foot|feet|英尺=0.3048 yd|yard|码=0.9144 mi|mile|英里=1609.344 nmi|海里=1852 里|华里=500",
    "mass": "mg|milligram|毫克=0.000001 g|gram|克=0.001 kg|kilo|kilogram|公斤|千克=1 t|ton|tonne|吨=1000 oz|ounce|盎司=0.028349523125 "
    "lb|pound|磅=0.45359237 stone|英石=6.35029318 斤=0.5 两=0.05",
    "volume": "ml|milliliter|millilitre|毫升=0.001 cl=0.01 l|liter|litre|升=1 m3|立方米=1000 gal|gallon|加仑=3.785411784 pint=0.473176473 cup|杯=0.2365882365 "
    "tbsp|tablespoon=0.01478676478125 tsp|teaspoon=0.00492892159375",
    "area": "m2|sqm|平方米|平米=1 km2|平方公里=1000000 ha|hectare|公顷=10000 acre|英亩=4046.8564224 sqft|平方英尺=0.09290304 亩=666.6666666666666667",
    "speed": "kmh|km/h|kph|公里每小时=0.2777777777777778 m/s|米每秒=1 mph|英里每小时=0.44704 knot|kn|节=0.5144444444444444",
    "data": "b|byte|字节=1 kb=1000 mb=1000000 gb=1000000000 tb=1000000000000 kib=1024 mib=1048576 gib=1073741824 tib=1099511627776",
    "duration": "second|sec|秒=1 minute|分钟=60 hour|小时=3600 day|天=86400 week|周|星期=604800",
    "temperature": "c|°c|celsius|摄氏度|摄氏=1 f|°f|fahrenheit|华氏度|华氏=1 k|kelvin|开尔文=1",
}
_UNITS: dict[str, tuple[str, list[str], Decimal]] = {}
for _kind, _line in _TABLE.items():
    for _entry in _line.split():
        _names, _, _factor = _entry.partition("=")
        for _name in _names.split("|"):
            _UNITS[_name] = (_kind, _names.split("|"), Decimal(_factor))
_LONGEST = 80
_UNIT = r"([a-z°][a-z/ ]{0,12}[23]?|[一-鿿]{1,6}?)"
_NUMBER = r"(-?\d[\d,]*(?:\.\d+)?|half(?: an?)?(?=\s)|an?(?=\s)|半|[零一二两三四五六七八九十百千万]{1,12})"
_ENGLISH = re.compile(
    rf"(?:convert|how much is|how many is|what(?:'?s| is))?\s*{_NUMBER}\s*(?:degrees?\s*)?{_UNIT}\s+(?:in|to|into|as)\s+(?:degrees?\s*)?{_UNIT}\s*\??"
)
_HOW_MANY = re.compile(rf"how many ([a-z°/]{{1,14}}[23]?) (?:are |is )?(?:there )?(?:in )?{_NUMBER}\s*{_UNIT}\s*\??")
_CHINESE = re.compile(
    rf"(?:请?把?|换算|转换)?{_NUMBER}\s*{_UNIT}?\s*(?:(?:等于|是|合|有)(?:多少|几)|换成|换算成|转换?成|转为|多少)\s*{_UNIT}[?？]?"
)


def converted(text: str) -> tuple[str, str, str, str] | None:
    """What a message wants converted: amount and unit, and both as they come out; None where it wants nothing of that."""
    low = english_figures(text.strip().lower()) if len(text) <= _LONGEST else ""
    if found := _HOW_MANY.fullmatch(low):
        amount, source, target = found[2], found[3], found[1]
    elif found := _ENGLISH.fullmatch(low) or _CHINESE.fullmatch(low):
        amount, source, target = found[1], found[2] or "", found[3]
    else:
        return None
    one, other, amount = _unit(source), _unit(target), _in_digits(amount)
    if one is None or other is None or one[0] != other[0] or not amount:
        return None
    with localcontext(Context(prec=2 * _LONGEST)):  # any number that fits into a message, exactly
        value = Decimal(amount.replace(",", ""))
        value = _temperature(value, one[1][0], other[1][0]) if one[0] == "temperature" else value * one[2] / other[2]
        own, shown = found.re is _CHINESE, _shown(value)
        return amount, _written(one, amount, own), shown, _written(other, shown, own)


def _in_digits(amount: str) -> str:
    """The amount in digits; "" where it is no number."""
    if amount.lstrip("-")[:1].isdecimal():
        return amount
    value = {"half": "0.5", "半": "0.5", "a": "1", "an": "1"}.get(amount.split()[0]) or numeral(amount)
    return "" if value is None else str(value)


def _unit(said: str) -> tuple[str, list[str], Decimal] | None:
    said = said.strip()
    return _UNITS.get(said) or _UNITS.get(said.removesuffix("s")) or _UNITS.get(said.removesuffix("es"))


def _written(unit: tuple[str, list[str], Decimal], amount: str, chinese: bool) -> str:
    kind, (name, *others), _ = unit
    if kind == "duration":
        return others[-1] if chinese else name if amount == "1" else f"{name}s"
    degrees = "°" if kind == "temperature" and name != "k" else ""
    return degrees + (name.upper() if kind in ("temperature", "data") else name)


def _temperature(value: Decimal, source: str, target: str) -> Decimal:
    celsius = {"c": value, "f": (value - 32) * 5 / 9, "k": value - Decimal("273.15")}[source]
    return {"c": celsius, "f": celsius * 9 / 5 + 32, "k": celsius + Decimal("273.15")}[target]


def _shown(value: Decimal) -> str:
    """Six significant digits, or all of a whole number."""
    if value == value.to_integral_value():
        return f"{value.quantize(Decimal(1)):,}"
    digits = max(0, 5 - value.adjusted())
    text = f"{round(value, digits):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
