"""A platform is sent to as fast as it allows and not faster, each chat more slowly, and not at all while it is down."""

from __future__ import annotations

from core.pacing import Breaker, Pacer


def send_all(pacer: Pacer, chats: list[str], until: float = 1e9) -> list[tuple[float, str]]:
    """Sends each as soon as the platform and the chat take it, the next one that may go first."""
    now, sent, waiting = 0.0, [], list(chats)
    while waiting and now <= until:
        ready = max(pacer.ready_at(), now)
        chat = min(waiting, key=lambda name: max(pacer.chat_ready_at(name), ready))
        now = max(pacer.chat_ready_at(chat), ready)
        pacer.sent(chat, now, now)
        waiting.remove(chat)
        sent.append((now, chat))
    return sent


def most_in_a_second(times: list[float]) -> int:
    return max(sum(1 for other in times if time <= other < time + 1.0) for time in times)


def test_the_rate_of_the_platform_holds_in_every_second() -> None:
    times = [time for time, _ in send_all(Pacer(30, 1), [f"c{number}" for number in range(200)])]
    assert most_in_a_second(times) <= 30


def test_the_allowed_rate_is_used() -> None:
    times = [time for time, _ in send_all(Pacer(30, 1), [f"c{number}" for number in range(300)])]
    assert times[-1] <= 300 / 30 * 1.1


def test_a_quiet_chat_takes_three_at_once_then_its_rate() -> None:
    times = [time for time, _ in send_all(Pacer(1000, 1), ["c"] * 6)]
    assert times[2] < 0.1
    assert times[3] >= 0.9
    assert times[5] >= 2.9


def test_a_flooded_chat_holds_up_no_other() -> None:
    sent = send_all(Pacer(30, 1), ["flooded"] * 20 + ["other"])
    assert next(time for time, chat in sent if chat == "other") < 0.5


def test_a_pause_is_kept_for_its_chat_alone() -> None:
    pacer = Pacer(30, 1)
    pacer.pause("c", 7.0, now=100.0)
    assert pacer.chat_ready_at("c") == 107.0
    assert pacer.chat_ready_at("other") <= 100.0


def test_workers_share_the_rate() -> None:
    one, shared = Pacer(30, 1), Pacer(30, 1)
    shared.share(3)
    assert shared.rate == one.rate / 3
    times = [time for time, _ in send_all(shared, [f"c{number}" for number in range(50)])]
    assert most_in_a_second(times) <= 10


def test_after_five_failures_in_a_row_one_at_a_time_is_tried() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker.failed(0.0)
    assert not breaker.is_open
    breaker.failed(0.0)
    assert breaker.is_open
    again = breaker.ready_at()
    assert 0.7 <= again <= 1.3
    breaker.trying()
    assert breaker.ready_at() == float("inf"), "one is trying"
    breaker.failed(again)
    assert breaker.ready_at() > again + 1.4, "the pause grows"
    breaker.trying()
    breaker.succeeded()
    assert not breaker.is_open
    assert breaker.ready_at() == 0.0


def test_an_answer_in_between_is_no_failure_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(20):
        breaker.failed(0.0)
        breaker.failed(0.0)
        breaker.succeeded()
    assert not breaker.is_open
