"""How a token is chosen: each setting does what its name says."""

from __future__ import annotations

from collections import Counter

import torch

from core.lm.engine.sampling import Sampler
from core.messages import Sampling

LOGITS = torch.tensor([2.0, 1.0, 0.5, 0.0, -1.0, -3.0])


def picks(
    count: int = 400, logits: torch.Tensor = LOGITS, prompt: tuple[int, ...] = (), **wanted: object
) -> Counter[int]:
    neutral = {"temperature": 1.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "seed": 1}
    sampler = Sampler(Sampling(**(neutral | wanted)), prompt)  # type: ignore[arg-type]
    return Counter(sampler.pick(logits.clone()) for _ in range(count))


def test_temperature_zero_takes_the_likeliest() -> None:
    assert set(picks(temperature=0.0)) == {0}


def test_tokens_come_as_often_as_they_are_likely() -> None:
    shares = torch.softmax(LOGITS, dim=0)
    found = picks(4000)
    for token in range(4):
        assert abs(found[token] / 4000 - float(shares[token])) < 0.03


def test_a_high_temperature_evens_out_and_a_low_one_sharpens() -> None:
    assert picks(temperature=0.1)[0] > 390
    assert len(picks(temperature=5.0)) == 6
    assert picks(temperature=5.0)[0] < 150


def test_top_k_keeps_so_many() -> None:
    assert set(picks(top_k=2)) == {0, 1}
    assert set(picks(top_k=1, temperature=5.0)) == {0}
    assert set(picks(top_k=100, temperature=5.0)) == set(range(6))


def test_top_p_keeps_the_fewest_that_hold_the_share() -> None:
    assert set(picks(top_p=0.5)) == {0}
    assert set(picks(top_p=0.7)) == {0, 1}


def test_min_p_drops_what_is_far_below_the_best() -> None:
    assert set(picks(min_p=0.3)) == {0, 1}
    assert set(picks(min_p=1.0)) == {0}


def test_the_penalty_falls_on_the_prompt_and_on_what_was_said() -> None:
    assert picks(1, temperature=0.0, prompt=(0,), repetition_penalty=4.0) == {1: 1}
    said = picks(3, temperature=0.0, repetition_penalty=100.0)
    assert said == {0: 1, 1: 1, 2: 1}


def test_the_penalty_makes_unlikely_tokens_no_likelier() -> None:
    assert 5 not in picks(temperature=0.5, prompt=(5,), repetition_penalty=3.0)


def test_a_seed_fixes_the_choice_and_none_does_not() -> None:
    def run(seed: int | None) -> list[int]:
        sampler = Sampler(Sampling(temperature=1.0, top_k=0, top_p=1.0, repetition_penalty=1.0, seed=seed), ())
        return [sampler.pick(LOGITS.clone()) for _ in range(60)]

    assert run(5) == run(5)
    assert run(5) != run(6)
    assert run(None) != run(None)
