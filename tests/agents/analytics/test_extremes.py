"""The highest and lowest of all groups, listed or not, against plain Python over the same rows."""

from decimal import Decimal
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from agents.analytics.cost import costs
from agents.analytics.extremes import FEWEST_TO_COMPARE, Extreme
from agents.analytics.groups import MOST_GROUPS, GroupBy, Groups
from agents.analytics.performance import COLUMNS, GroupPerformance, Measure, performance_by
from agents.analytics.readers.read import read_file
from agents.analytics.table import open_table
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.test_performance import KEYS, MEASURES, grouped, percentile, value_of

Rows = list[dict[str, Any]]


def figure_of(figure: str, rows: Rows) -> float | None:
    """What a group has in a figure, None when it cannot be compared in it."""
    if figure == "requests":
        return len(rows)
    if figure in ("errors", "error_rate"):
        known = [row["is_error"] for row in rows if row["is_error"] is not None]
        if figure == "errors":
            return sum(known) if known else None
        return sum(known) / len(known) if len(known) >= FEWEST_TO_COMPARE else None
    measure, _, kind = figure.partition(".")
    assert measure in COLUMNS
    name: Measure = measure
    values = [value for row in rows if (value := value_of(row, name)) is not None]
    if kind == "total":
        return sum(values) if values else None
    if len(values) < FEWEST_TO_COMPARE:
        return None
    return fmean(values) if kind == "mean" else percentile(values, float(kind[1:]) / 100)


def check(extreme: Extreme, values: dict[str, Any], requests: dict[str, int]) -> None:
    for end, best in (
        (extreme.highest, max(values.values())),
        (extreme.lowest, min(values.values())),
    ):
        assert end.value == pytest.approx(best)
        equal = [key for key, value in values.items() if value == pytest.approx(best)]
        assert end.key in equal
        assert end.tied_with == len(equal) - 1
        assert end.requests == requests[end.key]


@pytest.mark.parametrize("by", KEYS)
def test_extremes_of_performance_are_those_of_plain_python(sample: Opened, by: GroupBy) -> None:
    groups = grouped(sample.rows, by)
    requests = {key: len(rows) for key, rows in groups.items()}
    found = {
        extreme.figure: extreme for extreme in performance_by(sample.table, by, MEASURES).extremes
    }
    for figure in (
        "requests",
        "latency_ms.p95",
        "ttft_ms.p95",
        "input_tokens.total",
        "input_tokens.mean",
        "output_tokens.total",
        "output_tokens.mean",
        "tokens_per_second.p50",
        "errors",
        "error_rate",
    ):
        values = {
            key: value
            for key, rows in groups.items()
            if (value := figure_of(figure, rows)) is not None
        }
        if len(values) < 2:
            assert figure not in found
        else:
            check(found.pop(figure), values, requests)
    assert not found


@pytest.mark.parametrize("by", KEYS)
def test_extremes_of_costs_are_those_of_plain_python(sample: Opened, by: GroupBy) -> None:
    groups = grouped(sample.rows, by)
    requests = {key: len(rows) for key, rows in groups.items()}
    costed = {
        key: [row["cost_usd"] for row in rows if row["cost_usd"] is not None]
        for key, rows in groups.items()
    }
    expected: dict[str, dict[str, Any]] = {
        "requests": requests,
        "cost_usd": {key: sum(amounts) for key, amounts in costed.items() if amounts},
        "cost_per_request": {
            key: sum(amounts) / len(amounts)
            for key, amounts in costed.items()
            if len(amounts) >= FEWEST_TO_COMPARE
        },
    }
    of_cost = costs(sample.table, "log", by).groups
    assert of_cost is not None
    found = {extreme.figure: extreme for extreme in of_cost.extremes}
    for figure, values in expected.items():
        if len(values) < 2:
            assert figure not in found
        else:
            check(found[figure], values, requests)


def test_amounts_of_money_stay_exact_in_json(sample: Opened) -> None:
    groups = costs(sample.table, "log", "model").groups
    assert groups is not None
    again = type(groups).model_validate_json(groups.model_dump_json())
    for before, after in zip(groups.extremes, again.extremes, strict=True):
        assert type(after.highest.value) is type(before.highest.value)
        if before.figure == "cost_usd":
            assert after.highest.value == before.highest.value
            assert isinstance(after.highest.value, Decimal)


def users_log(home: Path) -> Groups[GroupPerformance]:
    """60 users, the first the slowest; but users 1 to 9 ask only twice, and are slower still."""
    lines = []
    for user in range(60):
        for n in range(2 if 1 <= user < 10 else FEWEST_TO_COMPARE + user):
            latency = 9000 if 1 <= user < 10 else 5000 - 50 * user
            lines.append(f"2026-11-03T10:00:{n % 60:02}Z,user-{user:02},{latency}")
    (home / "log.csv").write_text("timestamp,user_id,latency_ms\n" + "\n".join(lines))
    read_file(home / "log.csv", home / "dataset")
    with open_table(home / "dataset") as table:
        return performance_by(table, "user", ["latency_ms"])


def test_the_highest_and_the_lowest_are_always_listed(tmp_path: Path) -> None:
    found = users_log(tmp_path)
    keys = [item.key for item in found.items]
    assert len(keys) == MOST_GROUPS
    assert found.left_out is not None
    assert found.left_out.groups == 40
    extremes = {extreme.figure: extreme for extreme in found.extremes}
    latency = extremes["latency_ms.p95"]
    assert (latency.highest.key, latency.lowest.key) == ("user-00", "user-59")
    assert keys[0] == "user-00"
    assert keys[-1] == "user-59"
    assert extremes["requests"].highest.key in keys


def test_groups_of_a_few_requests_are_no_extremes(tmp_path: Path) -> None:
    found = {extreme.figure: extreme for extreme in users_log(tmp_path).extremes}
    assert found["latency_ms.p95"].highest.value == 5000
    assert found["requests"].lowest.requests == 2
    assert found["requests"].lowest.tied_with == 8


def test_a_single_group_is_compared_with_nothing(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("model,tokens_in\nm,5\nm,6\n")
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    with open_table(tmp_path / "dataset") as table:
        assert performance_by(table, "model", MEASURES).extremes == []
