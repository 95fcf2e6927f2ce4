"""Rhythm, concurrency, repeats and shares, against plain Python over the same rows."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from agents.analytics import patterns
from agents.analytics.groups import WEEKDAYS
from agents.analytics.readers.read import read_file
from agents.analytics.table import Table, open_table
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import utc


def rhythm_of(table: Table) -> patterns.Rhythm:
    found = patterns.rhythm(table)
    assert found is not None
    return found


def told(slot: patterns.Slot | None) -> patterns.Slot:
    assert slot is not None
    return slot


def tokens(rows: list[dict[str, Any]]) -> int:
    return sum((row["input_tokens"] or 0) + (row["output_tokens"] or 0) for row in rows)


def test_rates_and_the_peak_are_those_of_plain_python(sample: Opened) -> None:
    found = rhythm_of(sample.table)
    moments = [row["timestamp"] for row in sample.rows]
    seconds = (max(moments) - min(moments)).total_seconds()
    hours = Counter(f"{moment:%Y-%m-%d %H:00}" for moment in moments)
    start, most = min(hours.items(), key=lambda item: (-item[1], item[0]))
    assert found.unit == "hour"
    assert found.seconds == pytest.approx(seconds)
    assert found.requests_per_unit == pytest.approx(len(moments) / (seconds / 3600))
    assert found.tokens_per_unit == pytest.approx(tokens(sample.rows) / (seconds / 3600))
    assert (told(found.peak).start, told(found.peak).requests) == (start, most)
    assert found.peak_to_mean == pytest.approx(most / (found.requests_per_unit or 0))
    assert (found.requests, found.tokens) == (len(sample.rows), tokens(sample.rows))


def test_the_peak_by_tokens_and_the_busiest_day_are_those_of_plain_python(sample: Opened) -> None:
    found = rhythm_of(sample.table)
    hours, days = Counter[str](), Counter[str]()
    for row in sample.rows:
        hours[f"{row['timestamp']:%Y-%m-%d %H:00}"] += tokens([row])
        days[f"{row['timestamp']:%Y-%m-%d}"] += 1
    start, most = min(hours.items(), key=lambda item: (-item[1], item[0]))
    assert (told(found.peak_tokens).start, told(found.peak_tokens).tokens) == (start, most)
    start, most = min(days.items(), key=lambda item: (-item[1], item[0]))
    assert (told(found.busiest_day).start, told(found.busiest_day).requests) == (start, most)


def test_days_and_the_busiest_times_are_those_of_plain_python(sample: Opened) -> None:
    found = rhythm_of(sample.table)
    days = Counter(f"{row['timestamp']:%Y-%m-%d}" for row in sample.rows)
    assert {day.start: day.requests for day in found.days} == days
    assert found.days_left_out == 0
    whole = sorted(days)[1:-1]  # the log begins and ends within a day
    per_day = {
        name: fmean(days[day] for day in whole if f"{date.fromisoformat(day):%A}" == name)
        for name in WEEKDAYS
    }
    assert found.busiest_weekday == max(per_day, key=lambda name: per_day[name])
    by_hour = Counter(row["timestamp"].hour for row in sample.rows)
    assert by_hour[found.busiest_hour_of_day] == max(by_hour.values())


def test_concurrency_follows_littles_law(sample: Opened) -> None:
    spread = rhythm_of(sample.table)
    found = patterns.concurrency(sample.table, spread)
    latencies = [row["latency_ms"] / 1000 for row in sample.rows]
    arrival_rate = len(latencies) / spread.seconds
    mean_latency = sum(latencies) / len(latencies)
    assert found is not None
    assert found.mean == pytest.approx(arrival_rate * mean_latency)
    in_peak = [
        row["latency_ms"] / 1000
        for row in sample.rows
        if f"{row['timestamp']:%Y-%m-%d %H:00}" == told(spread.peak).start
    ]
    assert found.in_peak == pytest.approx(sum(in_peak) / 3600)


def test_repeats_are_requests_whose_prompt_was_seen_before(sample: Opened) -> None:
    found = patterns.repeats(sample.table)
    prompts = [row["prompt_hash"] for row in sample.rows if row["prompt_hash"]]
    assert found is not None
    assert found.requests == len(prompts)
    assert found.repeated == len(prompts) - len(set(prompts))
    assert found.share == found.repeated / len(prompts)


def test_shares_name_the_largest(sample: Opened) -> None:
    found = patterns.shares(sample.table, "user_id")
    users = Counter(row["user_id"] for row in sample.rows)
    assert found is not None
    assert found.distinct == len(users)
    assert [top.requests for top in found.top] == sorted(users.values(), reverse=True)[:5]
    for top in found.top:
        assert top.share == pytest.approx(users[top.name] / len(sample.rows))


def test_cache_use_counts_requests_that_tell_both(sample: Opened) -> None:
    found = patterns.cache_use(sample.table)
    rows = [row for row in sample.rows if row["cached_tokens"] is not None]
    assert found is not None
    assert found.cached_tokens == sum(row["cached_tokens"] for row in rows)
    assert found.share == found.cached_tokens / sum(row["input_tokens"] for row in rows)


def test_a_tie_at_the_top_is_told(tmp_path: Path) -> None:
    for models, is_tied in (("aabb", True), ("aab", False), ("a", False), ("abc", True)):
        (tmp_path / "log.csv").write_text("model,tokens_in\n" + "".join(f"{m},5\n" for m in models))
        read_file(tmp_path / "log.csv", tmp_path / models)
        with open_table(tmp_path / models) as table:
            found = patterns.shares(table, "model")
        assert found is not None
        assert found.tied is is_tied


def busiest_weekday(home: Path, moments: Iterable[datetime]) -> str | None:
    rows = "".join(f"{moment.isoformat()},m\n" for moment in moments)
    (home / "log.csv").write_text("timestamp,model\n" + rows)
    directory = home / f"{len(rows)}"
    read_file(home / "log.csv", directory)
    with open_table(directory) as table:
        return rhythm_of(table).busiest_weekday


def test_a_day_that_was_not_recorded_from_its_begin_to_its_end_is_not_compared(
    tmp_path: Path,
) -> None:
    monday = utc(2026, 11, 2)
    evenly = [monday + timedelta(hours=6 * n) for n in range(4 * 7 + 1)]
    burst = [monday + timedelta(days=7, minutes=n) for n in range(1, 90)]
    wednesday = [monday + timedelta(days=2, hours=1)]
    assert busiest_weekday(tmp_path, [*evenly, *burst, *wednesday]) == "Wednesday"


def test_a_weekday_without_requests_on_some_weeks_counts_with_all_its_weeks(tmp_path: Path) -> None:
    monday = utc(2026, 11, 2)
    evenly = [monday + timedelta(hours=6 * n) for n in range(4 * 14 + 1)]
    second_tuesday = (monday + timedelta(days=8)).date()
    quiet = [moment for moment in evenly if moment.date() != second_tuesday]
    first_tuesday = [monday + timedelta(days=1, minutes=n) for n in range(1, 4)]
    thursdays = [monday + timedelta(days=n, minutes=1) for n in (3, 10)]
    # Tuesday: 7 requests in two weeks, Thursday: 10.
    assert busiest_weekday(tmp_path, [*quiet, *first_tuesday, *thursdays]) == "Thursday"


def test_there_is_no_busiest_weekday_on_a_tie_or_in_less_than_seven_whole_days(
    tmp_path: Path,
) -> None:
    start = utc(2026, 11, 2)
    even = [start + timedelta(hours=6 * n) for n in range(4 * 7 + 1)]
    assert busiest_weekday(tmp_path, even) is None
    late = [start + timedelta(hours=6 * n + 1) for n in range(4 * 7 + 1)]
    assert busiest_weekday(tmp_path, [*late, late[5] + timedelta(minutes=5)]) is None


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """Ten minutes of a log that has only times and models."""
    rows = "".join(f"2026-11-03T10:{minute:02}:00Z,m\n" for minute in [0, 1, 1, 1, 5, 9])
    (tmp_path / "log.csv").write_text("timestamp,model\n" + rows)
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    return tmp_path / "dataset"


def test_a_log_of_less_than_a_day_is_counted_by_the_minute(bare: Path) -> None:
    with open_table(bare) as table:
        found = rhythm_of(table)
    assert found.unit == "minute"
    assert (told(found.peak).start, told(found.peak).requests) == ("2026-11-03 10:01", 3)
    assert found.requests_per_unit == pytest.approx(6 / 9)
    assert found.busiest_weekday is None
    assert found.busiest_hour_of_day is None


def test_what_the_log_lacks_is_none(bare: Path) -> None:
    with open_table(bare) as table:
        assert patterns.concurrency(table, rhythm_of(table)) is None
        assert patterns.repeats(table) is None
        assert patterns.shares(table, "user_id") is None
        assert patterns.cache_use(table) is None


def test_rows_without_times_have_no_rhythm(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("model,tokens_in\nm,5\n")
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    with open_table(tmp_path / "dataset") as table:
        assert patterns.rhythm(table) is None
