"""Logs of which each row sums up requests: what a row is, and how long its time."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agents.analytics.logs import load, utc

HOUR, DAY, WEEK = 3600, 86_400, 604_800


def log_of(starts: list[int], end: int | None = None) -> str:
    """Rows whose times are these seconds after a Monday's midnight."""
    header = "start_time,model,num_requests,input_tokens" + (",end_time" if end else "") + "\n"
    begin = utc(2026, 8, 3)
    lines = []
    for start in starts:
        moment = begin + timedelta(seconds=start)
        until = f",{(moment + timedelta(seconds=end)).isoformat()}" if end else ""
        lines.append(f"{moment.isoformat()},m,5,100{until}\n")
    return header + "".join(lines)


@pytest.mark.parametrize(
    ("starts", "seconds"),
    [
        ([0, HOUR, 5 * HOUR], HOUR),
        ([0, DAY, 4 * DAY], DAY),
        ([0, WEEK, 2 * WEEK], WEEK),
        ([0, WEEK], DAY),  # one gap may be chance
        ([0, 60, 600], 60),
        ([0, 300, 600], 300),
        ([0, 31 * DAY, 59 * DAY], None),  # months
        ([0, 7, 19], None),
        ([DAY], None),
    ],
)
def test_the_time_of_a_row_is_told_by_the_times_of_all(
    starts: list[int], seconds: int | None
) -> None:
    profile = load(log_of(starts)).profile
    assert (profile.rows_are, profile.requests) == ("sums", 5 * len(starts))
    assert profile.bucket_seconds == seconds


def test_an_end_tells_the_time_of_a_row() -> None:
    assert load(log_of([0, DAY], end=2 * HOUR)).profile.bucket_seconds == 2 * HOUR


@given(st.lists(st.integers(0, 500), min_size=2, max_size=20, unique=True))
@settings(max_examples=25, deadline=None)
def test_the_time_of_a_row_divides_all_of_its_times(hours: list[int]) -> None:
    seconds = load(log_of([hour * HOUR for hour in hours])).profile.bucket_seconds
    assert seconds is None or all(hour * HOUR % seconds == 0 for hour in hours)
    if seconds is None:
        gaps = sorted(hours)
        assert min(b - a for a, b in pairwise(gaps)) > 168


def test_a_log_of_single_requests_that_counts_them_is_none_of_sums() -> None:
    profile = load("timestamp,model,request_count\n2026-11-03,m,1\n2026-11-04,m,1\n").profile
    assert (profile.rows_are, profile.requests, profile.tells_requests) == ("requests", None, True)
