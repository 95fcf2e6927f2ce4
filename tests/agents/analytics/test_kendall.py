"""The trend test, against the textbook's formulas, all pairs, and simulated series."""

import math
import random
from itertools import combinations
from statistics import median

import pytest

from agents.analytics.armitage import armitage
from agents.analytics.kendall import kendall


def plain_p(values: list[float]) -> float:
    """Mann-Kendall with Kendall's variance for ties."""
    n = len(values)
    score = sum(
        (values[j] > values[i]) - (values[j] < values[i]) for i, j in combinations(range(n), 2)
    )
    ties = [values.count(value) for value in set(values)]
    variance = (n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in ties)) / 18
    z = (score - (score > 0) + (score < 0)) / math.sqrt(variance)
    return math.erfc(abs(z) / math.sqrt(2))


@pytest.mark.parametrize(
    "values",
    [[3, 1, 4, 1.5, 5, 9, 2, 6], [1, 1, 2, 2, 3, 3, 3, 9], [5, 4, 3, 2, 1, 0, -1, -2, -3]],
)
def test_one_season_is_the_test_of_mann_and_kendall(values: list[float]) -> None:
    found = kendall([values])
    assert found.p_value == pytest.approx(plain_p(values))
    pairs = combinations(range(len(values)), 2)
    slopes = [(values[j] - values[i]) / (j - i) for i, j in pairs]
    assert found.slope == median(slopes)
    assert min(slopes) <= found.low <= found.slope <= found.high <= max(slopes)


def test_equal_values_have_no_trend() -> None:
    found = kendall([[7.0] * 12])
    assert (found.p_value, found.slope, found.low, found.high) == (1, 0, 0, 0)


def test_the_slope_of_seasons_is_the_median_of_pairs_within_a_season() -> None:
    seasons = [[1.0, 2, 4, 8, 9], [100.0, 90, 95, 99, 120]]
    slopes = [
        (values[j] - values[i]) / (j - i)
        for values in seasons
        for i, j in combinations(range(5), 2)
    ]
    assert kendall(seasons).slope == median(slopes)


def alarms(cycles: int, seasons: int, memory: float, runs: int) -> float:
    """How often noise without a trend, common to a day's hours, is taken for one at 5 %."""
    chance = random.Random(3)
    found = 0
    for _ in range(runs):
        level, days = 0.0, []
        for _ in range(cycles):
            level = memory * level + chance.gauss(0, 1)
            days.append([level + chance.gauss(0, 1) for _ in range(seasons)])
        found += kendall([list(values) for values in zip(*days, strict=True)]).p_value < 0.05
    return found / runs


def test_noise_that_a_day_has_in_common_is_seldom_a_trend() -> None:
    assert alarms(cycles=7, seasons=12, memory=0, runs=150) <= 0.1
    assert alarms(cycles=14, seasons=6, memory=0.5, runs=150) <= 0.15


def test_a_series_with_memory_is_seldom_a_trend() -> None:
    assert alarms(cycles=40, seasons=1, memory=0.6, runs=100) <= 0.16


def test_the_interval_holds_the_true_slope() -> None:
    chance = random.Random(5)
    held = 0
    for _ in range(100):
        values = [0.3 * day + chance.gauss(0, 2) for day in range(30)]
        found = kendall([values])
        held += found.low <= 0.3 <= found.high
    assert held >= 90


def test_a_share_that_doubles_is_found_with_its_slope() -> None:
    chance = random.Random(7)
    points = []
    for day in range(20):
        share = 0.02 + 0.002 * day
        points.append((day, sum(chance.random() < share for _ in range(2000)), 2000))
    found = armitage(points)
    assert found is not None
    assert found.p_value < 0.001
    assert found.low < 0.002 < found.high
    # With equal counts the slope is the least-squares one of the shares.
    shares = [events / trials for _, events, trials in points]
    mean = sum(shares) / 20
    weights = [(day - 9.5) for day in range(20)]
    slope = sum(w * (s - mean) for w, s in zip(weights, shares, strict=True))
    assert found.slope == pytest.approx(slope / sum(w * w for w in weights))
    assert found.at(9.5) == pytest.approx(mean)


def test_few_failures_or_nothing_but_failures_have_no_trend_of_shares() -> None:
    assert armitage([(day, 1, 100) for day in range(9)]) is None
    assert armitage([(day, 100, 100) for day in range(9)]) is None
    assert armitage([(day, 9, 100) for day in range(4)]) is None
    assert armitage([]) is None


def test_shares_that_jump_about_are_no_trend() -> None:
    chance = random.Random(9)
    found = 0
    for _ in range(100):
        points = []
        for day in range(14):
            share = min(0.5, chance.lognormvariate(-3.5, 0.8))  # outages on some days
            points.append((day, sum(chance.random() < share for _ in range(200)), 200))
        test = armitage(points)
        found += test is not None and test.p_value < 0.05
    assert found <= 12
