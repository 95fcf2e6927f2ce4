"""Figures of rows that are sums of requests, against plain Python over the same rows."""

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.analytics import patterns
from agents.analytics.filters import Condition
from agents.analytics.performance import performance, performance_by
from agents.analytics.readers.read import read_file
from agents.analytics.table import Table, open_table
from tests.agents.analytics.logs import rows_of, utc

HOUR, DAY = 3600, 86_400
HEADER = "start_time,model,user_id,num_requests,input_tokens,output_tokens,cached_tokens\n"


def log_of_sums(*, step: int = HOUR, rows: int = 400) -> str:
    """A row for each step and one of three models, some steps without any."""
    chance = random.Random(5)
    moment = utc(2026, 8, 3)
    lines = [HEADER]
    for _ in range(rows):
        moment += timedelta(seconds=step * chance.choice([0, 1, 1, 3]))
        requests = chance.randrange(1, 90)
        inputs = chance.randrange(500, 90_000)
        model, user = chance.choice(["gpt-5", "gpt-5-mini", "o3"]), f"u{chance.randrange(40)}"
        cached = inputs // 3
        lines.append(
            f"{moment.isoformat()},{model},{user},{requests},{inputs},{inputs // 7},{cached}\n"
        )
    return "".join(lines)


Sums = tuple[Table, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def hourly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sums]:
    yield from opened(tmp_path_factory.mktemp("hourly"), log_of_sums())


@pytest.fixture(scope="module")
def daily(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sums]:
    yield from opened(tmp_path_factory.mktemp("daily"), log_of_sums(step=DAY, rows=60))


@pytest.fixture(scope="module")
def uncounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sums]:
    header = "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens\n"
    rows = "2026-08-03,a,100,10\n2026-08-04,a,300,20\n2026-08-04,b,50,5\n"
    yield from opened(tmp_path_factory.mktemp("uncounted"), header + rows)


def opened(home: Path, content: str) -> Iterator[Sums]:
    (home / "log.csv").write_text(content)
    read_file(home / "log.csv", home / "dataset")
    with open_table(home / "dataset") as table:
        yield table, rows_of(home / "dataset")


def test_requests_are_those_that_rows_sum_up(hourly: Sums) -> None:
    table, rows = hourly
    found = performance(table, ["input_tokens", "output_tokens", "latency_ms"], of_sums=True)
    requests = sum(row["requests"] for row in rows)
    assert found.requests == requests
    assert found.measures == {}  # no request is known by itself, so there is no percentile
    for measure in ("input_tokens", "output_tokens"):
        total = sum(row[measure] for row in rows)
        assert found.totals[measure].total == total
        assert found.totals[measure].mean == pytest.approx(total / requests)
    assert (found.errors, found.outcomes, found.error_rate) == (0, 0, None)


def test_groups_sum_requests_and_tokens(hourly: Sums) -> None:
    table, rows = hourly
    by_model: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_model[row["model"]].append(row)
    found = performance_by(table, "model", ["input_tokens"], of_sums=True)
    totals = {key: sum(row["input_tokens"] for row in of) for key, of in by_model.items()}
    assert [item.key for item in found.items] == sorted(totals, key=lambda key: -totals[key])
    for item in found.items:
        assert item.requests == sum(row["requests"] for row in by_model[item.key])
        assert item.totals["input_tokens"].total == totals[item.key]
    by_user = performance_by(table, "user", ["input_tokens", "output_tokens"], of_sums=True)
    assert by_user.left_out is not None
    listed = sum(item.requests or 0 for item in by_user.items)
    assert listed + (by_user.left_out.requests or 0) == sum(row["requests"] for row in rows)


def test_the_rhythm_of_sums_is_that_of_their_requests(hourly: Sums) -> None:
    table, rows = hourly
    found = patterns.rhythm(table, patterns.Sums(HOUR))
    assert found is not None
    requests = sum(row["requests"] for row in rows)
    moments = [row["timestamp"] for row in rows]
    hours = ((max(moments) - min(moments)).total_seconds() + HOUR) / HOUR
    slots: dict[str, int] = defaultdict(int)
    for row in rows:
        slots[f"{row['timestamp']:%Y-%m-%d %H:%M}"] += row["requests"]
    start, most = min(slots.items(), key=lambda item: (-item[1], item[0]))
    assert (found.unit, found.requests) == ("hour", requests)
    assert found.requests_per_unit == pytest.approx(requests / hours)
    assert found.peak is not None
    assert (found.peak.start, found.peak.requests) == (start, most)
    assert found.peak_to_mean == pytest.approx(most / (requests / hours))
    of_day: dict[int, int] = defaultdict(int)
    for row in rows:
        of_day[row["timestamp"].hour] += row["requests"]
    assert of_day[found.busiest_hour_of_day or 0] == max(of_day.values())


def test_days_that_are_summed_up_have_no_hours(daily: Sums) -> None:
    table, rows = daily
    found = patterns.rhythm(table, patterns.Sums(DAY))
    assert found is not None
    assert found.unit == "day"
    assert found.busiest_hour_of_day is None
    days: dict[str, int] = defaultdict(int)
    for row in rows:
        days[f"{row['timestamp']:%Y-%m-%d}"] += row["requests"]
    assert found.peak is not None
    assert found.peak.requests == max(days.values())
    assert {day.start: day.requests for day in found.days} == dict(sorted(days.items())[-31:])


def test_weeks_that_are_summed_up_have_no_peak(daily: Sums) -> None:
    found = patterns.rhythm(daily[0], patterns.Sums(7 * DAY))
    assert found is not None
    assert (found.peak, found.busiest_day, found.busiest_weekday) == (None, None, None)
    assert (found.days, found.peak_tokens) == ([], None)
    assert found.requests == sum(row["requests"] for row in daily[1])


def test_shares_are_those_of_requests(hourly: Sums) -> None:
    table, rows = hourly
    found = patterns.shares(table, "model")
    totals: dict[str, int] = defaultdict(int)
    for row in rows:
        totals[row["model"]] += row["requests"]
    assert found is not None
    assert {top.name: top.requests for top in found.top} == totals
    for top in found.top:
        assert top.share == pytest.approx(totals[top.name] / sum(totals.values()))


def test_requests_that_nobody_counted_are_told_by_no_figure(uncounted: Sums) -> None:
    table, _ = uncounted
    found = performance(table, ["input_tokens"], of_sums=True)
    assert found.requests is None
    assert (found.totals["input_tokens"].total, found.totals["input_tokens"].mean) == (450, None)
    spread = patterns.rhythm(table, patterns.Sums(DAY))
    assert spread is not None
    assert (spread.requests, spread.peak, spread.requests_per_unit) == (None, None, None)
    assert (spread.tokens, spread.peak_tokens and spread.peak_tokens.tokens) == (485, 375)
    assert [day.requests for day in spread.days] == [None, None]
    assert patterns.shares(table, "model") is None
    groups = performance_by(table, "model", ["input_tokens"], of_sums=True)
    assert [(item.key, item.requests) for item in groups.items] == [("a", None), ("b", None)]
    assert {each.figure for each in groups.extremes} == {"input_tokens.total"}
    assert all(each.highest.requests is None for each in groups.extremes)


def test_no_rows_are_no_requests(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(log_of_sums(rows=3))
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    nobody = Condition(column="model", values=["nobody's"])
    with open_table(tmp_path / "dataset", where=[nobody]) as table:
        found = performance(table, ["input_tokens"], of_sums=True)
        assert (found.requests, found.totals) == (0, {})
        assert patterns.rhythm(table, patterns.Sums(HOUR)) is None
