"""Trends of logs that are made to rise, to fall or only to have a rhythm."""

import math
import random
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest

from agents.analytics.cycles import Layout, cycles_of, layouts
from agents.analytics.period import ALL
from agents.analytics.readers.read import read_file
from agents.analytics.table import open_table
from agents.analytics.timeline import (
    DAY,
    HOUR,
    MINUTE,
    Bucket,
    Figure,
    Recording,
    Timeline,
    complete,
    length,
    recording,
)
from agents.analytics.trends import Series, Trend, course, series, trends
from tests.agents.analytics.logs import AZURE, needs_azure, utc
from tests.agents.analytics.made import Made, made

START = utc(2026, 9, 7)


def daily(days: int, growth: float, seed: int = 1) -> list[dict[str, Any]]:
    """Six busy and eighteen quiet hours a day, growing by a share of the first day each day."""
    chance = random.Random(seed)
    rows = []
    for day in range(days):
        for hour in range(24):
            mean = (40 if 9 <= hour < 15 else 6) * (1 + growth * day)
            for _ in range(max(0, round(chance.gauss(mean, math.sqrt(mean))))):
                moment = START + timedelta(days=day, hours=hour, seconds=chance.random() * 3600)
                rows.append(
                    {
                        "timestamp": moment,
                        "model": chance.choice(["big", "small"]),
                        "latency_ms": chance.lognormvariate(7, 0.5),
                        "cost_usd": 0.01,
                        "status": "500" if chance.random() < 0.03 else "200",
                    }
                )
    return sorted(rows, key=lambda row: row["timestamp"])


def trend_of(log: Made, figure: Figure, key: str | None = None) -> Trend:
    found = series(log.table, log.recorded, "log", "model")
    return next(t for t in trends(found, [figure]) if t.key == key)


def test_a_volume_that_grows_by_a_twentieth_a_day_is_found() -> None:
    with made(daily(14, 0.05)) as log:
        found = trend_of(log, "requests")
        cost = trend_of(log, "cost_usd", "big")
        latency = trend_of(log, "latency_p50_ms")
    assert found.verdict == "rising"
    assert found.bucket_seconds == HOUR
    assert found.days == 14
    assert found.change_percent is not None
    assert found.change_percent_low is not None
    assert found.change_percent_high is not None
    assert found.change_percent_low < 65 < found.change_percent_high  # 13 days of 5 %
    assert found.change_percent == pytest.approx(65, rel=0.2)
    assert cost.verdict == "rising"
    assert latency.verdict == "no trend"


def test_the_slope_is_the_median_over_pairs_of_the_same_hour() -> None:
    rows = daily(6, 0.1)
    with made(rows) as log:
        found = trend_of(log, "requests")
    counts: defaultdict[int, list[int]] = defaultdict(lambda: [0] * 6)
    for row in rows:
        since = row["timestamp"] - START
        counts[since.seconds // 3600][since.days] += 1
    levels = {hour: median(values) for hour, values in counts.items()}
    slopes = [
        (values[j] - values[i]) / levels[hour] / (j - i)
        for hour, values in counts.items()
        for i, j in combinations(range(6), 2)
    ]
    assert found.change_per_day == pytest.approx(median(slopes) * fmean(levels.values()))


def test_a_rhythm_is_no_trend() -> None:
    with made(daily(7, 0)) as log:
        found = series(log.table, log.recorded, "log")
        verdicts = {t.figure: t.verdict for t in trends(found, ["requests", "cost_usd"])}
        drawn = course(found, "requests")
    assert set(verdicts.values()) == {"no trend"}
    assert sum(value or 0 for value in drawn.series[0].y) > 0
    assert len(drawn.x) == len(drawn.series[0].y)


def test_an_error_rate_that_triples_is_rising() -> None:
    rows = daily(12, 0)
    chance = random.Random(4)
    for row in rows:
        day = (row["timestamp"] - START).days
        row["status"] = "500" if chance.random() < 0.03 + 0.006 * day else "200"
    with made(rows) as log:
        found = trend_of(log, "error_rate")
        drawn = course(series(log.table, log.recorded, None), "error_rate").series[0]
    assert found.verdict == "rising"
    assert found.bucket_seconds == DAY
    errors, outcomes, drift, weight = [0] * 12, [0] * 12, 0.0, 0.0
    for row in rows:
        day = (row["timestamp"] - START).days
        outcomes[day] += 1
        errors[day] += row["status"] == "500"
    z, rate, n = 1.959964, errors[4] / outcomes[4], outcomes[4]
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / 4 / n / n)
    assert drawn.low is not None
    assert drawn.y[4] == pytest.approx(100 * rate)
    low = (rate + z * z / 2 / n - half) / (1 + z * z / n)
    assert drawn.low[4] == pytest.approx(100 * low, rel=1e-5)
    share = sum(errors) / sum(outcomes)
    centre = sum(day * n for day, n in enumerate(outcomes)) / sum(outcomes)
    for day, n in enumerate(outcomes):
        drift += (day - centre) * (errors[day] - n * share)
        weight += n * (day - centre) ** 2
    assert found.change_per_day == pytest.approx(drift / weight)
    assert found.to_level == pytest.approx(share + drift / weight * (11 - centre))


def test_too_little_data_is_said_and_nothing_is_tested() -> None:
    rows = [{"timestamp": START + timedelta(minutes=n), "model": "m"} for n in range(5)]
    with made(rows) as log:
        found = trends(series(log.table, log.recorded, None), ["requests", "error_rate"])
    assert {trend.verdict for trend in found} == {"too little data"}
    assert all(trend.why_not and trend.p_value is None for trend in found)


def test_a_recording_is_cut_by_its_length() -> None:
    def cut(days: float, finest: int = MINUTE) -> list[Layout]:
        return layouts(Recording(START, START + timedelta(days=days), finest))

    assert cut(1 / 24) == [Layout(MINUTE)]
    assert cut(0.25) == [Layout(5 * MINUTE)]
    assert cut(3) == [Layout(HOUR)]
    assert cut(6) == [Layout(HOUR, 24)]
    assert cut(12) == [Layout(HOUR, 24), Layout(DAY)]
    assert cut(12, finest=DAY) == [Layout(DAY)]
    assert cut(20) == cut(20, finest=DAY) == [Layout(DAY, by_weekday=True), Layout(DAY)]
    assert cut(60) == [Layout(DAY, by_weekday=True), Layout(DAY)]
    assert cut(150) == [Layout(DAY, 7), Layout(DAY)]
    assert cut(800) == [Layout(7 * DAY)]
    assert cut(6, finest=DAY) == [Layout(DAY)]
    assert cut(100, finest=7 * DAY) == [Layout(7 * DAY)]
    assert cut(0.3, finest=10 * MINUTE) == [Layout(HOUR)]


@pytest.mark.parametrize("years", [3, 20, 130, 7000])
def test_however_long_a_recording_the_buckets_to_compare_are_few(years: int) -> None:
    recorded = Recording(utc(1970, 1, 1), utc(1970, 1, 1) + timedelta(days=365 * years))
    for layout in layouts(recorded):
        first, after = complete(recorded, layout.seconds)
        assert after - first <= 260
        assert length(layout.seconds).endswith(("week", "weeks"))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (60, "minute"),
        (900, "15 minutes"),
        (7200, "2 hours"),
        (3 * DAY, "3 days"),
        (14 * DAY, "2 weeks"),
    ],
)
def test_the_length_of_a_bucket_is_said_in_its_largest_unit(seconds: int, said: str) -> None:
    assert length(seconds) == said


def test_the_first_and_the_last_bucket_count_only_when_they_were_recorded_whole() -> None:
    def moments(first: datetime, last: datetime) -> list[dict[str, Any]]:
        return [
            {"timestamp": first, "model": "m"},
            *({"timestamp": START + timedelta(hours=h), "model": "m"} for h in range(1, 143)),
            {"timestamp": last, "model": "m"},
        ]

    end = START + timedelta(days=6)
    for first, last, buckets in (
        (START + timedelta(minutes=1), end - timedelta(minutes=1), 144),
        (START + timedelta(minutes=30), end - timedelta(minutes=1), 143),
        (START + timedelta(minutes=1), end - timedelta(minutes=30), 143),
    ):
        with made(moments(first, last)) as log:
            line = series(log.table, log.recorded, None).timelines[0][None]
        assert len(line.buckets) == buckets


def weeks(growth: float, count: int = 8) -> Series:
    """Five busy days and two quiet ones a week, with a noise of a twentieth."""
    chance = random.Random(6)
    buckets = [
        Bucket(
            requests=round(
                (1000 if day % 7 < 5 else 200) * (1 + growth * day) * chance.gauss(1, 0.05)
            )
        )
        for day in range(7 * count)
    ]
    line = Timeline(DAY, 0, buckets)
    return Series([Layout(DAY, 7)], [{None: line}])


@pytest.mark.parametrize(
    ("growth", "verdict"), [(0, "no trend"), (0.004, "rising"), (-0.006, "falling")]
)
def test_weeks_are_compared_weekday_by_weekday(growth: float, verdict: str) -> None:
    [found] = trends(weeks(growth), ["requests"])
    assert found.verdict == verdict
    assert (found.buckets, found.days) == (56, 56)
    if growth:
        start, end = float(found.from_level or 0), float(found.to_level or 0)
        assert found.change_percent == pytest.approx(100 * (end - start) / start)
        assert found.change_percent == pytest.approx(100 * growth * 49, rel=0.25)


def working(days: int, growth: float, seed: int, weekend: float = 0.4) -> Series:
    """Days from any weekday on, with quieter weekends, that grow by so much over the whole time."""
    chance = random.Random(seed)
    first = chance.randrange(7)
    buckets = [
        Bucket(
            requests=round(
                (1000 if (first + day) % 7 < 5 else 1000 * weekend)
                * (1 + growth * day / (days - 1))
                * chance.lognormvariate(0, 0.15)
            )
        )
        for day in range(days)
    ]
    return Series([Layout(DAY, by_weekday=True)], [{None: Timeline(DAY, first, buckets)}])


@pytest.mark.parametrize(("days", "weekend"), [(21, 0.4), (30, 0.4), (40, 0.4), (30, 0)])
def test_a_volume_that_doubles_is_found_in_weeks_with_quiet_weekends(
    days: int, weekend: float
) -> None:
    found = [trends(working(days, 1, seed, weekend), ["requests"])[0] for seed in range(20)]
    assert sum(trend.p_value is not None and trend.p_value < 0.05 / 7 for trend in found) >= 16
    assert {trend.verdict for trend in found} <= {"rising", "no trend"}
    changes = [trend.change_percent for trend in found if trend.change_percent is not None]
    assert median(changes) == pytest.approx(100, rel=0.25)
    assert all(trend.days == pytest.approx(days, abs=3) for trend in found)


@pytest.mark.parametrize("days", [16, 18, 21, 30, 45, 90])
def test_chance_makes_a_trend_of_days_once_in_twenty_times(days: int) -> None:
    found = [trends(working(days, 0, seed), ["requests"])[0] for seed in range(60)]
    assert sum(trend.verdict != "no trend" for trend in found) <= 8  # 3 are expected


def test_days_are_relative_to_their_weekday() -> None:
    line = working(24, 0.5, 3).timelines[0][None]
    found = cycles_of(line, Layout(DAY, by_weekday=True), "requests")
    assert found is not None
    requests = [bucket.requests for bucket in line.buckets]
    usual = [median(requests[day % 7 :: 7]) for day in range(24)]
    assert found.seasons == [pytest.approx([n / u for n, u in zip(requests, usual, strict=True)])]
    assert found.level == pytest.approx(fmean(usual[:7]))
    straight = [1000 + day for day in range(24)]
    left = [v / median(straight[day % 7 :: 7]) for day, v in enumerate(straight)]
    slopes = [(left[j] - left[i]) / (j - i) for i, j in combinations(range(24), 2)]
    assert found.seen == pytest.approx(1000 * median(slopes), rel=0.02)


def test_of_less_than_a_day_there_is_no_change_per_day() -> None:
    chance = random.Random(7)
    rows = [
        {"timestamp": START + timedelta(minutes=minute, seconds=n), "model": "m"}
        for minute in range(60)
        for n in range(50 - minute // 2 + chance.randrange(9))
    ]
    with made(rows) as log:
        [found] = trends(series(log.table, log.recorded, None), ["requests"])
    assert found.verdict == "falling"
    assert found.change_per_day is None
    assert found.change_percent_low is not None
    assert found.change_percent_low >= -100


@needs_azure
def test_the_hour_of_the_azure_trace_has_no_trend(tmp_path: Path) -> None:
    profile = read_file(AZURE, tmp_path / "dataset")
    recorded = recording(profile, ALL)
    assert recorded is not None
    with open_table(tmp_path / "dataset") as table:
        found = series(table, recorded, None)
        tested = trends(found, ["requests", "input_tokens", "output_tokens"])
    assert [trend.buckets for trend in tested] == [56] * 3  # minutes
    assert {trend.verdict for trend in tested} == {"no trend"}
