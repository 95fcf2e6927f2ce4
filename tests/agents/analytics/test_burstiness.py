"""Bursts, weeks and candidates for batches, in logs whose making is known."""

import math
import random
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev, variance
from typing import Any

import pytest

from agents.analytics.batchable import Batchable, batchable
from agents.analytics.burstiness import Burstiness, burstiness
from agents.analytics.concurrency import busiest_minute, underway
from agents.analytics.readers.read import read_file
from agents.analytics.table import open_table
from agents.analytics.week import week, week_chart
from tests.agents.analytics.logs import AZURE, needs_azure, rows_of, utc
from tests.agents.analytics.made import made

START = utc(2026, 9, 7)  # a Monday
Row = dict[str, Any]


def bursts_of(moments: Iterable[datetime]) -> Burstiness | None:
    with made([{"timestamp": moment, "model": "m"} for moment in sorted(moments)]) as log:
        return burstiness(log.table)


def independent(count: int, seconds: float, seed: int = 3) -> list[datetime]:
    chance, moment = random.Random(seed), START
    moments = []
    for _ in range(count):
        moment += timedelta(seconds=chance.expovariate(1 / seconds))
        moments.append(moment)
    return moments


def test_independent_requests_are_called_so() -> None:
    found = bursts_of(independent(3000, 6))
    assert found is not None
    assert found.evenness == "like independent arrivals"
    assert found.dispersion_low < 1 < found.dispersion_high
    assert found.burstiness == pytest.approx(0, abs=0.05)


def test_clockwork_is_paced() -> None:
    found = bursts_of(START + timedelta(seconds=7.5 * n) for n in range(1000))
    assert found is not None
    assert found.evenness == "paced"
    assert found.burstiness == pytest.approx(-1)


def test_clumps_are_bursty() -> None:
    moments = [m + timedelta(seconds=n / 50) for m in independent(60, 120) for n in range(30)]
    found = bursts_of(moments)
    assert found is not None
    assert found.evenness == "very bursty"
    assert found.burstiness is not None
    assert found.burstiness > 0.5


def test_dispersion_and_gaps_are_those_of_plain_python() -> None:
    moments = independent(800, 10, seed=5)
    found = bursts_of(moments)
    assert found is not None
    counts = Counter(int((m - START).total_seconds() // 60) for m in moments)
    first, last = min(counts), max(counts)
    squares = expected = freedom = 0.0
    for hour in range(last // 60 + 1):
        minutes = [counts[m] for m in range(60 * hour, 60 * hour + 60) if first <= m <= last]
        squares += variance(minutes) * (len(minutes) - 1)
        expected += (len(minutes) - 1) * fmean(minutes)
        freedom += len(minutes) - 1
    assert found.dispersion == pytest.approx(squares / expected)
    assert found.minutes == last - first + 1
    assert found.peak_per_minute == max(counts.values())
    assert found.peak_to_mean == pytest.approx(max(counts.values()) * found.minutes / 800)
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    r, n = pstdev(gaps) / fmean(gaps), len(gaps)
    corrected = (math.sqrt(n + 1) * r - math.sqrt(n - 1)) / (
        (math.sqrt(n + 1) - 2) * r + math.sqrt(n - 1)
    )
    assert found.burstiness == pytest.approx(corrected)


def test_too_short_or_too_sparse_a_log_says_nothing_of_bursts() -> None:
    assert bursts_of(START + timedelta(seconds=n) for n in range(300)) is None
    assert bursts_of(START + timedelta(minutes=9 * n) for n in range(300)) is None


def test_whole_seconds_say_nothing_of_gaps() -> None:
    found = bursts_of(START + timedelta(seconds=13 * n) for n in range(500))
    assert found is not None
    assert found.burstiness is None


def rows_for(feature: str, moments: Iterable[datetime], users: int) -> list[Row]:
    return [
        {"timestamp": m, "feature": feature, "user": f"u{n % users}", "output_tokens": 9}
        for n, m in enumerate(moments)
    ]


def office(days: int) -> list[Row]:
    """Chats from nine to five, a run each night at two, and a monitor around the clock."""
    chance = random.Random(8)
    chats = [
        START + timedelta(days=day, hours=9, seconds=chance.random() * 8 * 3600)
        for day in range(days)
        for _ in range(300)
    ]
    run = [
        START + timedelta(days=day, hours=2, seconds=n) for day in range(days) for n in range(120)
    ]
    monitor = [START + timedelta(minutes=15 * n) for n in range(96 * days)]
    return sorted(
        [
            *rows_for("chat", chats, 40),
            *rows_for("report", run, 1),
            *rows_for("monitor", monitor, 1),
        ],
        key=lambda row: row["timestamp"],
    )


def batches(rows: list[Row]) -> Batchable | None:
    with made(rows) as log:
        of_week = week(log.table, log.recorded)
        assert of_week is not None
        return batchable(log.table, log.profile, log.recorded, of_week)


def test_a_nightly_run_is_a_candidate_and_a_chat_is_not() -> None:
    rows = office(6)
    found = batches(rows)
    assert found is not None
    signs = {candidate.feature: set(candidate.signs) for candidate in found.candidates}
    assert set(signs) == {"report", "monitor"}
    assert signs["report"] == {
        "comes in runs",
        "comes at a fixed hour",
        "has no user or a single one",
    }
    assert signs["monitor"] == {"comes evenly around the clock", "has no user or a single one"}
    assert found.share == pytest.approx((6 * 120 + 6 * 96) / len(rows))
    assert (found.features, found.features_judged) == (3, 3)


def test_a_busy_feature_is_no_run_however_many_requests_a_minute_it_has() -> None:
    moments = [START + timedelta(seconds=2 * n) for n in range(0, 60_000, 2)]
    chats = [m for m in moments if 8 <= m.hour < 18]
    found = batches(rows_for("chat", [*chats, START + timedelta(days=2.5)], 50))
    assert found is not None
    assert found.candidates == []


def test_a_week_has_the_mean_of_each_hour_of_it() -> None:
    rows = office(9)
    with made(rows) as log:
        found = week(log.table, log.recorded)
    assert found is not None
    whole = Counter((row["timestamp"].weekday(), row["timestamp"].hour) for row in rows)
    for weekday in range(7):
        for hour in range(24):
            times = 2 if weekday < 2 else 1  # Monday and Tuesday came twice
            value = found.values[weekday][hour]
            assert value == pytest.approx(whole[weekday, hour] / times)
    assert week_chart(found).values == found.values
    by_hour = [sum(count for (_, h), count in whole.items() if h == hour) for hour in range(24)]
    quiet = [by_hour[(found.quiet_from + n) % 24] for n in range(8)]
    sums = [sum(by_hour[(start + n) % 24] for n in range(8)) for start in range(24)]
    assert sum(quiet) == min(sums)
    assert found.quiet_share == pytest.approx(min(sums) / sum(by_hour))


def test_one_day_is_no_week() -> None:
    with made(office(1)) as log:
        assert week(log.table, log.recorded) is None


@needs_azure
def test_the_azure_trace_is_very_bursty(tmp_path: Path) -> None:
    read_file(AZURE, tmp_path / "dataset")
    moments = sorted(row["timestamp"] for row in rows_of(tmp_path / "dataset"))
    with open_table(tmp_path / "dataset") as table:
        found, minute, places = burstiness(table), busiest_minute(table), underway(table)
    assert found is not None
    assert minute is not None
    assert found.evenness == "very bursty"
    by_minute = Counter(m.replace(second=0, microsecond=0) for m in moments)
    assert found.peak_per_minute == max(by_minute.values())
    end, most = 0, 0
    for start, moment in enumerate(moments):
        while end < len(moments) and moments[end] - moment < timedelta(minutes=1):
            end += 1
        most = max(most, end - start)
    assert minute.requests == most
    assert places is None  # the file has no latencies
