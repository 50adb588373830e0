"""Sums, units and the time elsewhere: exact, and silent about everything that only looks like one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.language.sums import LONGEST, result
from core.language.units import converted

SUMS = [
    ("what is 12*7", "84"), ("15% of 240", "36"), ("0.1+0.2", "0.3"), ("calculate (3+4)^2 / 7", "7"), ("12 plus 7 times 3", "33"),
    ("十五乘以三等于多少", "45"), ("计算 240的15%", "36"), ("9的平方根是多少", "3"), ("square root of 144", "12"), ("1,000 * 3", "3,000"), ("5 x 6", "30"),
    ("100 divided by 3", "33.3333333333"), ("2的10次方", "1,024"), ("240的百分之15", "36"), ("-5+3", "-2"), ("2^-2", "0.25"), ("3 - 3 =", "0"),
    ("10 mod 3", "1"), ("（1＋2）×3", "9"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), SUMS)
def test_a_sum_is_exact(text: str, value: str) -> None:
    found = result(text)
    assert found is not None
    assert found[1] == value


@pytest.mark.parametrize(
    "text",
    ["24/7", "2026-11-25", "call 555-1234", "what is love", "what is 5", "7", "(1+2", "1+", "17%", "how much is the fish", "现在几点", "9:30-10:30",
     "1 - 1", "what are 3 people", "", "remind me at 3 + 4", "__import__('os')", "1" * (LONGEST + 1)],
)  # fmt: skip
def test_what_only_looks_like_a_sum_is_left_alone(text: str) -> None:
    assert result(text) is None


@pytest.mark.parametrize(("text", "error"), [("what is 1/0", ZeroDivisionError), ("9^9^9", OverflowError), ("what is 0^-1", OverflowError), ("sqrt (1-2)", OverflowError), ("10^40 + 1", OverflowError)])  # fmt: skip
def test_what_has_no_result_says_why(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        result(text)


@given(st.integers(-10_000, 10_000), st.integers(-10_000, 10_000), st.sampled_from("+-*"))
def test_whole_numbers_agree_with_the_machine(one: int, other: int, sign: str) -> None:
    found = result(f"what is ({one}) {sign} ({other})")
    assert found is not None
    assert Decimal(found[1].replace(",", "")) == {"+": one + other, "-": one - other, "*": one * other}[sign]


@given(st.text("0123456789+-*/^%(). sqrtmod", max_size=60))
def test_nothing_takes_long_or_breaks(text: str) -> None:
    try:
        result(f"calc {text}")
    except (ZeroDivisionError, OverflowError):
        return


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5 miles in km", ("5", "mi", "8.04672", "km")),
        ("convert 100 fahrenheit to celsius", ("100", "°F", "37.7778", "°C")),
        ("-40 c in f", ("-40", "°C", "-40", "°F")),
        ("how many ounces in 2 pounds", ("2", "lb", "32", "oz")),
        ("10公里是多少英里", ("10", "km", "6.21371", "mi")),
        ("十公里是多少英里", ("10", "km", "6.21371", "mi")),
        ("how many km in a mile", ("1", "mi", "1.60934", "km")),
        ("两斤等于多少克", ("2", "斤", "1,000", "g")),
        ("3斤等于多少公斤", ("3", "斤", "1.5", "kg")),
        ("1,500 m to km", ("1,500", "m", "1.5", "km")),
        ("1 gib in mb", ("1", "GIB", "1,073.74", "MB")),
    ],
)
def test_a_unit_is_converted(text: str, found: tuple[str, ...]) -> None:
    assert converted(text) == found


@pytest.mark.parametrize(
    "text", ["5 apples in oranges", "2 kg to miles", "meet 5 people in paris", "30 m to y", "5 in 5", "今天多少度"]
)
def test_what_no_unit_says_is_left_alone(text: str) -> None:
    assert converted(text) is None


def test_large_numbers_are_converted_whole() -> None:
    assert converted("convert 999999 c to f") == ("999999", "°C", "1,800,030", "°F")
    found = converted("1" + "0" * 60 + " km to m")
    assert found is not None
    assert found[2].replace(",", "") == "1" + "0" * 63
