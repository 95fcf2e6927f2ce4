"""Requests under way at once and within a minute, against a plain count at every begin."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.concurrency import busiest_minute, underway
from tests.agents.analytics.logs import utc
from tests.agents.analytics.made import made

START = utc(2026, 9, 7, 10)


def ends(row: dict[str, Any]) -> datetime:
    moment: datetime = row["timestamp"]
    return moment + timedelta(microseconds=round(row["latency_ms"] * 1000))


def log_of(spans: list[tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {"timestamp": START + timedelta(seconds=begin), "latency_ms": 1000 * length, "model": "m"}
        for begin, length in sorted(spans)
    ]


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), min_size=2, max_size=25))
def test_the_sweep_counts_what_a_plain_count_counts(spans: list[tuple[int, int]]) -> None:
    rows = log_of(spans)
    with made(rows) as log:
        found = underway(log.table)
    assert found is not None
    begins = {row["timestamp"] for row in rows}
    at = {moment: sum(row["timestamp"] <= moment < ends(row) for row in rows) for moment in begins}
    # A request of no time at all is begun and over at once.
    assert found.peak >= max(at.values())
    if min(length for _, length in spans) > 0:
        assert found.peak == max(at.values())
        assert found.peak_at == min(moment for moment, count in at.items() if count == found.peak)
    passed = (max(map(ends, rows)) - min(begins)).total_seconds()
    assert found.seconds == pytest.approx(passed)
    if passed:
        assert found.mean == pytest.approx(sum(length for _, length in spans) / passed)


def test_one_that_ends_as_another_begins_does_not_run_beside_it() -> None:
    with made(log_of([(0, 5), (5, 5), (10, 5)])) as log:
        found = underway(log.table)
    assert found is not None
    assert (found.peak, found.p95, found.mean) == (1, 1, 1)


def test_the_p95_is_a_level_of_time_and_not_of_requests() -> None:
    with made(log_of([(0, 100), *[(50, 2)] * 9])) as log:
        found = underway(log.table)
    assert found is not None
    assert (found.peak, found.p95) == (10, 1)


def test_requests_without_latency_are_left_out_and_counted() -> None:
    rows = log_of([(0, 5), (1, 5), (2, 5)])
    rows.append({"timestamp": START + timedelta(seconds=3), "latency_ms": "", "model": "m"})
    with made(rows) as log:
        found = underway(log.table)
    assert found is not None
    assert (found.peak, found.share_known) == (3, 0.75)
    with made([{"timestamp": START, "model": "m"}]) as log:
        assert underway(log.table) is None


def test_the_busiest_minute_begins_wherever_it_is_busiest() -> None:
    chance = random.Random(3)
    rows: list[dict[str, Any]] = [
        {
            "timestamp": START + timedelta(milliseconds=chance.randrange(600_000)),
            "input_tokens": chance.randrange(1000),
            "output_tokens": chance.randrange(100),
        }
        for _ in range(300)
    ]
    rows.sort(key=lambda row: row["timestamp"])
    with made(rows) as log:
        found = busiest_minute(log.table)
    assert found is not None
    windows = [
        [r for r in rows if timedelta() <= end["timestamp"] - r["timestamp"] < timedelta(minutes=1)]
        for end in rows
    ]
    assert found.requests == max(map(len, windows))
    tokens = [sum(r["input_tokens"] + r["output_tokens"] for r in window) for window in windows]
    assert found.tokens == max(tokens)
    assert found.tokens_at == rows[tokens.index(max(tokens))]["timestamp"]


def test_a_request_a_minute_before_is_not_within_the_minute() -> None:
    with made(log_of([(0, 1), (60, 1)])) as log:
        found = busiest_minute(log.table)
    assert found is not None
    assert found.requests == 1
    with made([{"model": "m", "output_tokens": 5}]) as log:
        assert busiest_minute(log.table) is None
