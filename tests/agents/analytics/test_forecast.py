"""Outlooks and capacity of timelines that are made by hand."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from agents.analytics.capacity import capacity
from agents.analytics.concurrency import busiest_minute, underway
from agents.analytics.forecast import history_seconds, outlooks, reachable
from agents.analytics.timeline import DAY, HOUR, MINUTE, Bucket, Recording, Timeline
from tests.agents.analytics.logs import utc
from tests.agents.analytics.made import made

MONDAY = 2900  # weeks after the first Monday of 1970


def days(count: int, seed: int = 1) -> Timeline:
    chance = random.Random(seed)
    buckets = [
        Bucket(
            requests=chance.randrange(900, 1100), cost_usd=Decimal(chance.randrange(90, 110)) / 10
        )
        for _ in range(count)
    ]
    return Timeline(DAY, 7 * MONDAY, buckets)


def test_a_forecast_begins_where_the_log_ends_and_sums_its_days() -> None:
    line = days(60)
    found, chart = outlooks(line, ("requests", "cost_usd"), 30)
    assert found.start == line.start(60)
    assert found.end == found.start + timedelta(days=30)
    requests, cost = found.outlooks
    mean = sum(bucket.requests for bucket in line.buckets) / 60
    assert float(requests.total) == pytest.approx(30 * mean, rel=0.05)
    assert requests.low < requests.total < requests.high
    assert requests.per_day_so_far == pytest.approx(mean)
    assert isinstance(cost.total, Decimal)
    assert cost.low < cost.total < cost.high
    assert chart is not None
    assert len(chart.x) == 90
    so_far, expected = chart.series
    assert so_far.y[:60] == [float(bucket.cost_usd) for bucket in line.buckets]
    assert expected.y[:60] == [None] * 60
    assert sum(value or 0 for value in expected.y) == pytest.approx(float(cost.total), abs=1e-5)


def test_a_forecast_goes_half_as_far_as_the_history_at_most() -> None:
    assert reachable(days(60), 30) == 30
    assert reachable(days(60), 180) == 30
    assert reachable(days(60), 0.1) == 1
    hours = Timeline(HOUR, 0, [Bucket(requests=1) for _ in range(200)])
    assert reachable(hours, 30) == 48


def test_a_forecast_of_a_long_log_is_a_year_and_its_chart_no_longer_than_a_screen() -> None:
    line = days(4000)
    assert reachable(line, 3660) == 366
    found, chart = outlooks(line, ("requests",), 366)
    assert found.end - found.start == timedelta(days=366)
    assert chart is not None
    assert len(chart.x) == 180
    assert chart.x[60] == f"{found.start:%Y-%m-%dT%H:%MZ}"
    assert {len(series.y) for series in chart.series} == {180}


def test_too_short_a_recording_has_no_history() -> None:
    start = utc(2026, 9, 7)

    def seconds(length: float, finest: int = MINUTE) -> int | None:
        return history_seconds(Recording(start, start + timedelta(days=length), finest))

    assert [seconds(1), seconds(5), seconds(14)] == [None, HOUR, DAY]
    assert seconds(5, finest=DAY) is None
    assert seconds(500, finest=7 * DAY) is None


def test_capacity_is_the_present_times_the_growth() -> None:
    start = utc(2026, 9, 7)
    rows = [
        {
            "timestamp": start + timedelta(seconds=n),
            "latency_ms": 2500,
            "input_tokens": 10,
            "model": "m",
        }
        for n in range(300)
    ]
    line = days(14)
    with made(rows) as log:
        minute, places = busiest_minute(log.table), underway(log.table)
    found = capacity(line, 1.3, 6, minute=minute, places=places, has_cost=True)
    assert found.peak_requests_per_minute is not None
    assert (found.peak_requests_per_minute.now, found.peak_requests_per_minute.at_growth) == (
        60,
        78,
    )
    assert found.peak_tokens_per_minute is not None
    assert found.peak_tokens_per_minute.at_growth == pytest.approx(780)
    assert found.peak_concurrency is not None
    assert found.mean_concurrency is not None
    assert found.peak_concurrency.now == 3
    assert found.peak_concurrency.at_growth == pytest.approx(3.9)
    mean = 300 * 2.5 / 301.5
    assert found.mean_concurrency.now == pytest.approx(mean)
    assert found.peak_concurrency.independent == pytest.approx(mean * 1.3 + (3 - mean) * 1.3**0.5)
    assert found.requests_per_day is not None
    daily = sum(bucket.requests for bucket in line.buckets) / 14
    assert found.requests_per_day.at_growth == pytest.approx(daily * 1.3)
    month = sum(bucket.cost_usd for bucket in line.buckets) * Decimal("30.4375") / 14
    assert found.spend is not None
    assert found.spend.per_month == pytest.approx(month)
    assert found.spend.total_at_growth == pytest.approx(month * 6 * Decimal("1.3"))


def test_what_is_not_known_has_no_capacity() -> None:
    found = capacity(days(3), 2, 1, minute=None, places=None, has_cost=True)
    assert found.requests_per_day is not None
    assert (found.peak_concurrency, found.peak_requests_per_minute, found.spend) == (None,) * 3
    hours = Timeline(HOUR, 0, [Bucket(requests=5)] * 12)
    assert capacity(hours, 2, 1, minute=None, places=None, has_cost=True).requests_per_day is None
