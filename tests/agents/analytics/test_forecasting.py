"""Forecasts of simulated series: how often the truth lies inside, and the variance of a sum."""

import math
import random
from itertools import pairwise, product
from statistics import fmean, pvariance, stdev, variance

import pytest

from agents.analytics.forecasting import (
    _ALPHAS,
    _BETAS,
    _PHIS,
    Fit,
    _damped,
    _deviations,
    _smoothed,
    forecast,
)

WEEK = [1.2, 1.25, 1.2, 1.15, 1.1, 0.6, 0.5]


def weekly(days: int, seed: int, growth: float = 0, noise: float = 0.08) -> list[float]:
    chance = random.Random(seed)
    return [
        max(0, (1000 + growth * day) * WEEK[day % 7] * (1 + chance.gauss(0, noise)))
        for day in range(days)
    ]


def coverage(growth: float, seeds: int = 40) -> tuple[float, float]:
    """The share of months, and of their days, inside the intervals."""
    sums, days = 0, 0
    for seed in range(seeds):
        series = weekly(90, seed, growth)
        found = forecast(series[:60], 7, 30)
        came = series[60:]
        sums += found.total_low <= sum(came) <= found.total_high
        days += sum(a <= x <= b for a, x, b in zip(found.low, came, found.high, strict=True))
    return sums / seeds, days / seeds / 30


@pytest.mark.parametrize("growth", [0, 10])
def test_eight_of_ten_months_and_days_come_as_foreseen(growth: float) -> None:
    months, days = coverage(growth)
    assert 0.68 <= months <= 1
    assert 0.72 <= days <= 0.97


def test_a_steady_series_is_its_mean_with_the_interval_of_a_mean() -> None:
    chance = random.Random(2)
    series = [100 + chance.gauss(0, 10) for _ in range(40)]
    found = forecast(series, 1, 10)
    assert found.outlook.method == "mean"
    assert found.outlook.values == pytest.approx([fmean(series)] * 10)
    noise = variance(series)
    assert found.outlook.deviations == pytest.approx([math.sqrt(noise * (1 + 1 / 40))] * 10)
    assert found.outlook.sum_deviation == pytest.approx(math.sqrt(noise * (10 + 100 / 40)))
    assert found.total == pytest.approx(sum(found.outlook.values))
    assert found.total_high - found.total_low < sum(found.high) - sum(found.low)


def test_a_walk_with_a_drift_goes_on_and_widens() -> None:
    chance = random.Random(4)
    series = [1000.0]
    for _ in range(59):
        series.append(series[-1] + 30 + chance.gauss(0, 10))
    found = forecast(series, 1, 12)
    assert found.outlook.method == "drift"
    slope = (series[-1] - series[0]) / 59
    assert found.outlook.values == pytest.approx([series[-1] + h * slope for h in range(1, 13)])
    errors = [later - earlier - slope for earlier, later in pairwise(series)]
    noise = sum(error * error for error in errors) / 58
    expected = [math.sqrt(noise * h * (1 + h / 59)) for h in range(1, 13)]
    assert found.outlook.deviations == pytest.approx(expected)
    of_sum = 12 * 13 * 25 / 6 + (12 * 13 / 2) ** 2 / 59
    assert found.outlook.sum_deviation == pytest.approx(math.sqrt(noise * of_sum))


def test_an_error_moves_a_damped_trend_by_its_weights() -> None:
    chance = random.Random(6)
    series = [500 + chance.gauss(0, 20) for _ in range(60)]
    fit = _damped(series)
    alpha, beta, phi = min(
        (each for each in product(_ALPHAS, _BETAS, _PHIS) if each[1] <= each[0]),
        key=lambda each: _smoothed(series, *each)[0],
    )
    _, level, trend = _smoothed([*series, fit.ahead(1)], alpha, beta, phi)
    _, moved, turned = _smoothed([*series, fit.ahead(1) + 1], alpha, beta, phi)
    for k in range(1, 6):
        damping = sum(phi**power for power in range(1, k + 1))
        assert fit.weights(k) == pytest.approx(moved - level + damping * (turned - trend))


def test_the_variance_of_a_sum_is_that_of_simulated_futures() -> None:
    factors = [1.2, 0.8, 1.1, 0.9, 1.0, 1.3]
    weights = [1, 0.5, 0.6, 0.65, 0.68, 0.7]
    fit = Fit(lambda _: 100, 10, lambda k: weights[k], lambda _: 0, lambda _: 0)
    each, of_sum = _deviations(fit, factors)
    chance = random.Random(8)
    futures = []
    for _ in range(4000):
        errors = [chance.gauss(0, 10) for _ in factors]
        futures.append(
            [
                factors[j] * sum(weights[j - i] * errors[i] for i in range(j + 1))
                for j in range(len(factors))
            ]
        )
    assert of_sum == pytest.approx(stdev(map(sum, futures)), rel=0.05)
    for step, deviation in enumerate(each):
        assert deviation == pytest.approx(stdev(future[step] for future in futures), rel=0.05)


def test_a_repeated_week_is_foreseen_exactly() -> None:
    found = forecast([1000 * factor for factor in WEEK * 6], 7, 14)
    assert found.outlook.values == pytest.approx([1000 * factor for factor in WEEK * 2])
    assert found.total_low == pytest.approx(found.total_high)


def test_a_short_history_is_not_checked_and_says_so() -> None:
    found = forecast([5.0, 6, 5, 7, 5, 6, 5, 7, 5, 6], 1, 5)
    assert (found.checks, found.held, found.outlook.method) == (0, None, "mean")


def test_nothing_but_nothing_is_foreseen_as_nothing() -> None:
    found = forecast([0.0] * 40, 7, 10)
    assert (found.total, found.total_low, found.total_high) == (0, 0, 0)
    assert pvariance(found.outlook.values) == 0
