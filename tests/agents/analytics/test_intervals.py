"""Intervals of shares and percentiles, against sums over all outcomes and published values."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.intervals import fewest_for, midranks, order_ranks, p_value, wilson


def binomial(k: int, n: int, p: float) -> float:
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500), st.data())
def test_the_ends_of_a_wilson_interval_are_shares_that_just_allow_the_count(
    trials: int, data: st.DataObject
) -> None:
    events = data.draw(st.integers(0, trials))
    found = wilson(events, trials)
    assert found is not None
    for end in {found.low, found.high} - {0, 1}:
        # The score test at this share rejects at exactly 5 %.
        z = (events / trials - end) / math.sqrt(end * (1 - end) / trials)
        assert abs(z) == pytest.approx(1.959964, rel=1e-5)
    assert 0 <= found.low <= events / trials <= found.high <= 1


def test_no_failure_in_twenty_leaves_room_for_sixteen_percent() -> None:
    found = wilson(0, 20)
    assert found is not None
    assert (found.low, round(found.high, 4)) == (0, 0.1611)
    assert wilson(0, 0) is None


@pytest.mark.parametrize("count", [6, 36, 59, 72, 100, 368, 700, 1000])
@pytest.mark.parametrize("rank", [0.5, 0.9, 0.95, 0.99])
def test_percentile_bounds_hold_at_least_as_often_as_they_say(count: int, rank: float) -> None:
    ranks = order_ranks(count, rank)
    if ranks is None:
        assert count < fewest_for(rank)
        return
    low, high = ranks
    # The percentile lies between them when low..high-1 values are below it.
    held = sum(binomial(k, count, rank) for k in range(low, high))
    assert held >= 0.95
    too_low = sum(binomial(k, count, rank) for k in range(low + 1))
    too_high = sum(binomial(k, count, rank) for k in range(high - 1, count + 1))
    assert min(too_low, too_high) > 0.025  # one place narrower is too narrow


def test_bounds_of_many_values_are_close_to_the_exact_ones() -> None:
    low, high = order_ranks(1001, 0.95) or (0, 0)
    exact_low, exact_high = order_ranks(1000, 0.95) or (0, 0)
    assert abs(low - exact_low) <= 2
    assert abs(high - exact_high) <= 2


@pytest.mark.parametrize(("rank", "fewest"), [(0.5, 6), (0.9, 36), (0.95, 72), (0.99, 368)])
def test_fewer_values_bound_a_percentile_on_one_side_only(rank: float, fewest: int) -> None:
    assert fewest_for(rank) == fewest
    assert order_ranks(fewest, rank) is not None
    assert order_ranks(fewest - 1, rank) is None


def test_equal_values_share_their_rank() -> None:
    assert midranks([10, 20, 10, 30]) == [1.5, 3, 1.5, 4]
    chance = random.Random(1)
    values = [float(chance.randrange(9)) for _ in range(60)]
    for value, rank in zip(values, midranks(values), strict=True):
        below = sum(other < value for other in values)
        assert rank == below + (values.count(value) + 1) / 2
    assert midranks([]) == []


def test_a_p_value_is_the_area_of_both_tails() -> None:
    assert p_value(1.959964) == pytest.approx(0.05, rel=1e-5)
    assert p_value(0) == 1
    assert p_value(-3) == p_value(3)
