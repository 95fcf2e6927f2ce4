"""Percentiles, means and error rates, against plain Python over the same rows."""

import statistics
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.groups import MOST_HOURS, GroupBy
from agents.analytics.performance import COLUMNS, Measure, performance, performance_by
from agents.analytics.readers.read import read_file
from agents.analytics.table import open_table
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import AZURE, needs_azure, open_values

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
        assert figures.max == max(values)
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
}


@pytest.mark.parametrize("by", KEYS)
def test_figures_by_group_are_those_of_plain_python(sample: Opened, by: GroupBy) -> None:
    groups = defaultdict(list)
    for row in sample.rows:
        groups[KEYS[by](row)].append(row)
    found = performance_by(sample.table, by, MEASURES)
    for item in found.items:
        check(item, groups[item.key])
    listed = sum(item.requests for item in found.items)
    left_out = (found.left_out.groups, found.left_out.requests) if found.left_out else (0, 0)
    assert left_out == (len(groups) - len(found.items), len(sample.rows) - listed)


def test_the_largest_groups_are_listed_first(sample: Opened) -> None:
    users = performance_by(sample.table, "user", ["latency_ms"])
    counts = [item.requests for item in users.items]
    assert counts == sorted(counts, reverse=True)


def test_hours_are_the_latest_in_order_of_time(sample: Opened) -> None:
    hours = performance_by(sample.table, "hour", ["latency_ms"]).items
    every_hour = sorted({KEYS["hour"](row) for row in sample.rows})
    assert [item.key for item in hours] == every_hour[-MOST_HOURS:]


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
