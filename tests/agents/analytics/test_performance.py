"""Percentiles, means and error rates, against plain Python over the same rows."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.extremes import FEWEST_TO_COMPARE
from agents.analytics.groups import MOST_HOURS, MOST_MONTHS, MOST_WEEKS, WEEKDAYS, GroupBy
from agents.analytics.performance import COLUMNS, Measure, performance, performance_by
from agents.analytics.readers.read import read_file
from agents.analytics.table import open_table
from agents.exceptions import InvalidInput
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import AZURE, needs_azure, open_values, utc

MEASURES = list(COLUMNS)


def value_of(row: dict[str, Any], measure: Measure) -> float | None:
    if measure != "tokens_per_second":
        value: float | None = row[measure]
        return value
    if not row["latency_ms"] or not row["output_tokens"]:
        return None
    return float(row["output_tokens"] * 1000 / row["latency_ms"])


def percentile(values: list[float], rank: float) -> float:
    """Linear interpolation between the neighbours, as numpy.percentile does by default."""
    ordered = sorted(values)
    position = rank * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def check(found: Any, rows: list[dict[str, Any]]) -> None:
    outcomes = [row["is_error"] for row in rows if row["is_error"] is not None]
    assert found.requests == len(rows)
    assert (found.errors, found.outcomes) == (sum(outcomes), len(outcomes))
    assert found.error_rate == (sum(outcomes) / len(outcomes) if outcomes else None)
    for measure in MEASURES:
        values = [v for row in rows if (v := value_of(row, measure)) is not None]
        if not values:
            assert measure not in found.measures
            continue
        figures = found.measures[measure]
        assert figures.count == len(values)
        assert figures.total == pytest.approx(sum(values))
        assert figures.mean == pytest.approx(statistics.fmean(values))
        assert (figures.min, figures.max) == (min(values), max(values))
        if len(values) > 1:
            assert figures.standard_deviation == pytest.approx(statistics.stdev(values))
        else:
            assert figures.standard_deviation is None
        for rank, figure in ((0.5, figures.p50), (0.95, figures.p95), (0.99, figures.p99)):
            assert figure == pytest.approx(percentile(values, rank))


def test_overall_figures_are_those_of_plain_python(sample: Opened) -> None:
    check(performance(sample.table, MEASURES), sample.rows)


KEYS: dict[GroupBy, Callable[[dict[str, Any]], str]] = {
    "model": lambda row: row["model"] or "(none)",
    "feature": lambda row: row["feature"] or "(none)",
    "user": lambda row: row["user_id"] or "(none)",
    "hour": lambda row: f"{row['timestamp']:%Y-%m-%d %H:00}",
    "day": lambda row: f"{row['timestamp']:%Y-%m-%d}",
    "week": lambda row: f"{row['timestamp'] - timedelta(days=row['timestamp'].weekday()):%Y-%m-%d}",
    "month": lambda row: f"{row['timestamp']:%Y-%m}",
    "hour_of_day": lambda row: f"{row['timestamp']:%H:00}",
    "weekday": lambda row: f"{row['timestamp']:%A}",
    "status": lambda row: row["status"] or "(none)",
}


@pytest.mark.parametrize("by", KEYS)
def test_figures_by_group_are_those_of_plain_python(sample: Opened, by: GroupBy) -> None:
    groups = grouped(sample.rows, by)
    found = performance_by(sample.table, by, MEASURES)
    for item in found.items:
        check(item, groups[item.key])
    listed = sum(item.requests or 0 for item in found.items)
    left_out = (found.left_out.groups, found.left_out.requests) if found.left_out else (0, 0)
    assert left_out == (len(groups) - len(found.items), len(sample.rows) - listed)


ORDERS: list[tuple[list[Measure], Callable[[list[dict[str, Any]]], float]]] = [
    (MEASURES, len),
    ([], lambda rows: sum(row["is_error"] is True for row in rows)),
    (["latency_ms"], lambda rows: percentile([row["latency_ms"] for row in rows], 0.95)),
    (["input_tokens"], lambda rows: sum(row["input_tokens"] for row in rows)),
    (
        ["tokens_per_second"],
        lambda rows: (
            -percentile([v for row in rows if (v := value_of(row, "tokens_per_second"))], 0.5)
        ),
    ),
]


@pytest.mark.parametrize(("measures", "main"), ORDERS)
def test_groups_are_ordered_by_what_was_asked_for(
    sample: Opened, measures: list[Measure], main: Callable[[list[dict[str, Any]]], float]
) -> None:
    groups = grouped(sample.rows, "model")
    found = performance_by(sample.table, "model", measures)
    expected = sorted(groups, key=lambda key: -main(groups[key]))
    assert [item.key for item in found.items] == expected


def test_groups_too_small_for_a_percentile_come_last(sample: Opened) -> None:
    counts = [
        item.requests or 0 for item in performance_by(sample.table, "user", ["ttft_ms"]).items
    ]
    is_small = [count < FEWEST_TO_COMPARE for count in counts]
    assert is_small == sorted(is_small)
    assert counts != sorted(counts, reverse=True)


def grouped(rows: list[dict[str, Any]], by: GroupBy) -> dict[str, list[dict[str, Any]]]:
    groups = defaultdict(list)
    for row in rows:
        groups[KEYS[by](row)].append(row)
    return groups


def test_hours_are_the_latest_in_order_of_time(sample: Opened) -> None:
    hours = performance_by(sample.table, "hour", ["latency_ms"]).items
    every_hour = sorted({KEYS["hour"](row) for row in sample.rows})
    assert [item.key for item in hours] == every_hour[-MOST_HOURS:]


def test_hours_of_the_day_and_weekdays_are_in_order(sample: Opened) -> None:
    hours = performance_by(sample.table, "hour_of_day", [])
    assert [item.key for item in hours.items] == [f"{hour:02}:00" for hour in range(24)]
    weekdays = performance_by(sample.table, "weekday", [])
    assert [item.key for item in weekdays.items] == list(WEEKDAYS)


def test_weeks_and_months_are_the_latest_in_order_of_time(tmp_path: Path) -> None:
    days = [utc(2023, 1, 2) + timedelta(days=7 * n) for n in range(120)]
    rows = "".join(f"{day:%Y-%m-%d},m,5\n" for day in days)
    (tmp_path / "log.csv").write_text("timestamp,model,tokens_in\n" + rows)
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    with open_table(tmp_path / "dataset") as table:
        weeks = performance_by(table, "week", [])
        months = performance_by(table, "month", [])
    assert [item.key for item in weeks.items] == [f"{day:%Y-%m-%d}" for day in days[-MOST_WEEKS:]]
    assert weeks.left_out is not None
    assert weeks.left_out.groups == 120 - MOST_WEEKS
    every_month = sorted({f"{day:%Y-%m}" for day in days})
    assert [item.key for item in months.items] == every_month[-MOST_MONTHS:]


def test_groups_by_error_hold_the_failed_requests_that_say_why(tmp_path: Path) -> None:
    rows = ["200,", "200,", "500,boom", "500,boom", "429,slow down", "500,", "200,none"]
    lines = "".join(f"2026-11-03T10:00:00Z,{row}\n" for row in rows)
    (tmp_path / "log.csv").write_text("timestamp,status,error\n" + lines)
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    with open_table(tmp_path / "dataset") as table:
        found = performance_by(table, "error", [])
    assert [(item.key, item.errors) for item in found.items] == [("boom", 2), ("slow down", 1)]
    assert all(item.requests == item.errors for item in found.items)


def test_other_percentiles_are_those_of_the_definition(sample: Opened) -> None:
    found = performance(sample.table, ["latency_ms"], [90, 99.9, 0.5]).measures["latency_ms"]
    values = [row["latency_ms"] for row in sample.rows]
    assert found.others == {
        "p90": pytest.approx(percentile(values, 0.9)),
        "p99.9": pytest.approx(percentile(values, 0.999)),
        "p0.5": pytest.approx(percentile(values, 0.005)),
    }
    by_model = performance_by(sample.table, "model", ["latency_ms"], [75]).items[0]
    of_model = [row["latency_ms"] for row in sample.rows if row["model"] == by_model.key]
    expected = pytest.approx(percentile(of_model, 0.75))
    assert by_model.measures["latency_ms"].others == {"p75": expected}


@pytest.mark.parametrize("wrong", [[0], [100], [-1], [50, 101], [math.nan], [1, 2, 3, 4, 5, 6]])
def test_percentiles_that_are_none_are_refused(sample: Opened, wrong: list[float]) -> None:
    with pytest.raises(InvalidInput, match="percentile"):
        performance(sample.table, ["latency_ms"], wrong)


@needs_azure
def test_the_published_figures_of_the_azure_trace_are_found(tmp_path: Path) -> None:
    read_file(AZURE, tmp_path / "dataset")
    with open_table(tmp_path / "dataset") as table:
        found = performance(table, ["input_tokens", "output_tokens", "latency_ms"])
    output = found.measures["output_tokens"]
    assert found.requests == 8819
    assert found.measures["input_tokens"].total == 18_059_974
    assert output.total == 245_896
    assert [round(figure) for figure in (output.p50, output.p95, output.p99)] == [13, 90, 251]
    assert "latency_ms" not in found.measures
    assert found.error_rate is None


@settings(max_examples=25)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_percentiles_of_any_numbers_are_those_of_the_definition(numbers: list[int]) -> None:
    rows = ", ".join(f"({number}::BIGINT)" for number in numbers)
    with open_values(rows) as table:
        figures = performance(table, ["output_tokens"]).measures["output_tokens"]
    expected = [percentile(list(map(float, numbers)), rank) for rank in (0.5, 0.95, 0.99)]
    assert [figures.p50, figures.p95, figures.p99] == pytest.approx(expected)
