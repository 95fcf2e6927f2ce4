"""Intervals of measured figures, and throughput, against the sorted rows."""

import math
from itertools import accumulate

import pytest

from agents.analytics.confidence import confidence, throughput
from agents.analytics.performance import performance, performance_by
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import utc
from tests.agents.analytics.made import made


def binomial_sums(n: int, p: float) -> list[float]:
    """The probability of at most 0, 1, … n."""
    return list(accumulate(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)))


def test_a_percentile_lies_between_the_values_that_the_binomial_names() -> None:
    latencies = [((n * 7919) % 600) + 0.5 for n in range(600)]
    rows = [{"model": "m", "latency_ms": value} for value in latencies]
    with made(rows) as log:
        found = confidence(log.table, performance(log.table, ["latency_ms"]))
    ordered = sorted(latencies)
    for rank, name in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        sums = binomial_sums(600, rank)
        low = max(k for k in range(1, 601) if sums[k - 1] <= 0.025)
        high = min(k for k in range(1, 601) if sums[k - 1] >= 0.975)
        interval = found.percentiles["latency_ms"][name]
        assert interval.low == pytest.approx(ordered[low - 1])
        assert interval.high == pytest.approx(ordered[high - 1])


def test_few_values_bound_no_high_percentile() -> None:
    rows = [{"model": "m", "latency_ms": n} for n in range(50)]
    with made(rows) as log:
        found = confidence(log.table, performance(log.table, ["latency_ms", "ttft_ms"]))
    assert set(found.percentiles["latency_ms"]) == {"p50"}
    assert "ttft_ms" not in found.percentiles
    assert found.error_rate is None


def test_error_rates_have_wilsons_interval_in_all_and_by_group(sample: Opened) -> None:
    overall = performance(sample.table, [])
    groups = performance_by(sample.table, "model", [])
    found = confidence(sample.table, overall, groups)
    known = [row for row in sample.rows if row["is_error"] is not None]
    n, p = len(known), sum(row["is_error"] for row in known) / len(known)
    z = 1.959964
    centre, half = p + z * z / 2 / n, z * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    assert found.error_rate is not None
    assert found.error_rate.low == pytest.approx((centre - half) / (1 + z * z / n), rel=1e-5)
    assert found.error_rate.high == pytest.approx((centre + half) / (1 + z * z / n), rel=1e-5)
    assert set(found.group_error_rates) == {item.key for item in groups.items}


def test_throughput_is_over_the_time_that_passed(sample: Opened) -> None:
    found = throughput(sample.table)
    moments = [row["timestamp"] for row in sample.rows]
    seconds = (max(moments) - min(moments)).total_seconds()
    assert found is not None
    assert found.requests_per_second == pytest.approx(len(sample.rows) / seconds)
    tokens = sum(row["output_tokens"] or 0 for row in sample.rows)
    assert found.output_tokens_per_second == pytest.approx(tokens / seconds)


def test_a_moment_has_no_throughput() -> None:
    for rows in ([{"timestamp": utc(2026, 9, 7), "model": "m"}], [{"output_tokens": 5}]):
        with made(rows) as log:
            assert throughput(log.table) is None
