"""How fast a platform is used: its limit to the full and never over it, each chat by itself, and no more while it is down."""

from __future__ import annotations

import random

import pytest

from core.pacing import Breaker, Pacer


def sends(pacer: Pacer, number: int, *, ready: float = 100.0, busy: dict[int, float] | None = None) -> list[float]:
    """When so many messages to as many chats go, all ready at once; `busy`: before which the loop was away, how long."""
    now, went = ready, []
    for one in range(number):
        now = max(now, pacer.ready_at()) + (busy or {}).get(one, 0.0)
        pacer.sent(f"chat{one}", now, ready)
        went.append(now)
    return went


def most_in_a_second(went: list[float]) -> int:
    return max(sum(1 for other in went if one <= other < one + 1.0) for one in went)


@pytest.mark.parametrize("rate", [1.0, 5.0, 30.0, 100.0])
def test_the_limit_is_used_to_the_full_and_never_passed(rate: float) -> None:
    number = int(10 * rate)
    went = sends(Pacer(rate, 1.0), number)
    assert most_in_a_second(went) <= rate
    assert went[-1] - went[0] <= 1.02 * (number - 1) / rate + 0.02


def test_most_of_what_was_missed_while_the_loop_was_busy_is_made_up_for_within_the_limit() -> None:
    """Not all of it: where the limit of a second is used up, a missed slot is lost."""
    chance = random.Random(3)
    busy = {chance.randrange(300): chance.uniform(0.01, 0.3) for _ in range(20)}
    went = sends(Pacer(30.0, 1.0), 300, busy=busy)
    assert most_in_a_second(went) <= 30
    assert went[-1] - went[0] <= 1.02 * 299 / 30 + sum(busy.values()) / 3


def test_silence_is_not_saved_up() -> None:
    pacer = Pacer(30.0, 1.0)
    sends(pacer, 5, ready=100.0)
    went = sends(pacer, 30, ready=200.0)
    assert went[10] - went[0] > 0.3, "they go one after the other, not as a heap"


def test_a_message_that_left_later_than_planned_counts_from_then() -> None:
    pacer = Pacer(2.0, 1.0)
    pacer.sent("a", 100.0, 100.0)
    pacer.sent("b", 100.5, 100.0)
    pacer.left(100.0, 100.4)
    assert pacer.ready_at() > 101.4


def test_workers_share_a_platform_s_rate() -> None:
    pacer = Pacer(30.0, 1.0)
    pacer.share(3)
    went = sends(pacer, 50)
    assert pacer.rate == 10.0
    assert most_in_a_second(went) <= 10


def test_a_chat_takes_three_at_once_and_then_its_own_rate() -> None:
    pacer, now, went = Pacer(1000.0, 1.0), 100.0, []
    for _ in range(6):
        now = max(now, pacer.chat_ready_at("a"))
        pacer.sent("a", now, 100.0)
        went.append(now - 100.0)
    assert went == [0.0, 0.0, 0.0, 1.0, 2.0, 3.0]
    assert pacer.chat_ready_at("b") <= 100.0


def test_a_pause_is_one_chat_s_alone() -> None:
    pacer = Pacer(30.0, 1.0)
    pacer.pause("a", 60.0, 100.0)
    assert pacer.chat_ready_at("a") == 160.0
    assert pacer.chat_ready_at("b") == 0.0


def test_the_breaker_opens_after_five_failures_in_a_row() -> None:
    breaker = Breaker()
    for number in range(5):
        assert not breaker.is_open, number
        breaker.failed(100.0)
    assert breaker.is_open
    assert 100.7 < breaker.ready_at() < 101.3


def test_one_success_closes_it() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(100.0)
    breaker.succeeded()
    breaker.failed(100.0)
    assert not breaker.is_open


def test_while_it_is_open_one_message_at_a_time_tries_and_the_pauses_grow() -> None:
    breaker, pauses, now = Breaker(), [], 100.0
    for _ in range(5):
        breaker.failed(now)
    for _ in range(8):
        pauses.append(breaker.ready_at() - now)
        now = breaker.ready_at()
        breaker.trying()
        assert breaker.ready_at() == float("inf"), "nobody else tries meanwhile"
        breaker.failed(now)
    assert pauses[0] < 1.3
    assert pauses[3] > pauses[0]
    assert max(pauses) <= 30.0 * 1.25
    breaker.trying()
    breaker.succeeded()
    assert breaker.ready_at() == 0.0


def test_failures_of_what_was_on_its_way_before_do_not_lengthen_the_pause() -> None:
    breaker = Breaker()
    for _ in range(50):
        breaker.failed(100.0)
    assert breaker.ready_at() < 101.3


def test_one_that_was_not_sent_after_all_lets_the_next_try() -> None:
    breaker = Breaker()
    for _ in range(5):
        breaker.failed(100.0)
    breaker.trying()
    breaker.not_tried()
    assert breaker.ready_at() < 102.0
