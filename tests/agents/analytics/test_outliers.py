"""Which values are called unusual: medians by hand, exact tails, and noise that must stay quiet."""

import math
import random
from statistics import median

import pytest

from agents.analytics.outliers import bound, counts, latencies, poisson_at_least, runs, shares, sums


def noisy_days(days: int, seed: int) -> tuple[list[float | None], list[int]]:
    chance = random.Random(seed)
    values: list[float | None] = []
    for hour in range(24 * days):
        mean = 200 if 8 <= hour % 24 < 18 else 30
        values.append(max(0, round(chance.gauss(mean, math.sqrt(mean)))))
    return values, [hour % 24 for hour in range(24 * days)]


def test_a_size_is_the_distance_from_the_median_in_median_deviations() -> None:
    values: list[float | None] = [100, 130, 90, 110, 95, 105, 100, 900]
    found = latencies(values, [0] * 8)
    logs = [math.log(value or 1) for value in values]
    rest = [log - median(logs) for log in logs]
    # The factor for seasons of seven and eight, and what the median of eight is off by itself.
    deviation = 1.82 * median(abs(r) for r in rest) * math.sqrt(1 + math.pi / 16)
    assert [point.size for point in found if point] == pytest.approx([r / deviation for r in rest])
    assert [bool(point and point.unusual) for point in found] == [False] * 7 + [True]
    assert found[0] is not None
    assert found[0].expected == pytest.approx(math.exp(median(logs)))


def test_noise_is_quiet_and_a_spike_and_an_outage_are_not() -> None:
    alarms = 0
    for seed in range(10):
        values, seasons = noisy_days(14, seed)
        alarms += sum(bool(point and point.unusual) for point in counts(values, seasons))
    assert alarms <= 2
    values, seasons = noisy_days(14, 2)
    values[100], values[205] = 400, 0  # four in the morning, one in the afternoon
    unusual = [
        index for index, point in enumerate(counts(values, seasons)) if point and point.unusual
    ]
    assert unusual == [100, 205]


@pytest.mark.parametrize("days", [3, 5, 7, 14])
def test_chance_alone_is_unusual_once_in_twenty_series(days: int) -> None:
    chance = random.Random(days)
    seasons = [hour % 24 for hour in range(24 * days)]
    series = 100
    alarms = 0
    for _ in range(series):
        values: list[float | None] = [chance.lognormvariate(5, 0.3) for _ in seasons]
        alarms += any(point and point.unusual for point in latencies(values, seasons))
    assert alarms <= 11  # 5 are expected, and 12 of them by chance once in 200 times


def test_a_quiet_hour_says_nothing_where_few_are_expected() -> None:
    values: list[float | None] = [3, 4, 3, 5, 4, 3, 0, 4, 40]
    found = counts(values, [0] * 9)
    assert [bool(point and point.unusual) for point in found] == [False] * 8 + [True]
    tokens: list[float | None] = [1000 * (value or 0) for value in values]
    assert [bool(p and p.unusual) for p in sums(tokens, [0] * 9, found)] == [False] * 8 + [True]


def test_a_season_of_two_is_not_judged() -> None:
    assert counts([5.0, 5.0, 90.0], [0, 0, 1]) == [None] * 3
    assert latencies([None, None], [0, 0]) == [None, None]


def test_equal_values_leave_the_one_that_differs() -> None:
    found = latencies([100.0] * 30 + [200.0], [0] * 31)
    assert [index for index, point in enumerate(found) if point and point.unusual] == [30]


def test_a_few_failures_of_a_few_requests_are_nothing() -> None:
    events = [1, 0, 2, 1, 0, 1, 0, 1, 2, 1] * 5
    trials = [100] * 50
    events[7], trials[7] = 2, 4  # half of them, but of four
    events[20], trials[20] = 40, 100
    found = shares(events, trials)
    assert [index for index, point in enumerate(found) if point and point.unusual] == [20]
    assert found[7] is None
    usual = (sum(events) - 40) / (sum(trials) - 100)
    assert found[20] is not None
    assert found[20].expected == pytest.approx(usual)


def test_failures_where_there_never_were_any_are_unusual() -> None:
    found = shares([0] * 30 + [8], [50] * 31)
    assert [index for index, point in enumerate(found) if point and point.unusual] == [30]
    assert not [point for point in shares([0] * 30, [50] * 30) if point and point.unusual]
    assert shares([], []) == []


def test_the_bound_grows_with_the_number_of_values() -> None:
    assert bound(10) == 3.5
    assert bound(1000) == pytest.approx(4.0556, abs=1e-3)


def test_a_poisson_tail_is_the_sum_of_its_terms() -> None:
    tail = 1 - sum(math.exp(-2.5) * 2.5**k / math.factorial(k) for k in range(7))
    assert poisson_at_least(7, 2.5) == pytest.approx(tail)
    assert poisson_at_least(0, 0) == 1
    assert poisson_at_least(1, 0) == 0


def test_neighbours_and_a_short_pause_make_one_run() -> None:
    values: list[float | None] = [100 + n % 3 for n in range(60)]
    for index, value in ((20, 400), (21, 150), (22, 101), (23, 500), (40, 500), (50, 10)):
        values[index] = value
    found = counts(values, [0] * 60)
    assert runs(found, 1) == [(20, 24), (40, 41)]
    assert runs(found, -1) == [(50, 51)]
