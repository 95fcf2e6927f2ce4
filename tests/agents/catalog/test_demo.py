"""Everything that is planted in the demo log can be found in it."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from statistics import mean, median
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from agents.analytics.patterns import repeats, rhythm, shares
from agents.analytics.readers.read import read_file
from agents.analytics.switching import switches
from agents.analytics.table import Table, open_table
from agents.catalog import demo
from tests.agents.analytics.logs import rows_of, utc

NOW = utc(2026, 11, 20, 10, 17, 3)

Row = dict[str, Any]


def text_of(now: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(demo.demo_rows(now))
    return buffer.getvalue()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    home = tmp_path_factory.mktemp("demo")
    (home / "demo.csv").write_text(text_of(NOW))
    read_file(home / "demo.csv", home / "dataset")
    with open_table(home / "dataset") as opened:
        yield opened


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    home = tmp_path_factory.mktemp("demo")
    (home / "demo.csv").write_text(text_of(NOW))
    profile = read_file(home / "demo.csv", home / "dataset")
    assert (profile.missing, profile.skipped_rows, profile.assumptions) == ([], 0, [])
    return rows_of(home / "dataset")


def test_the_same_moment_gives_the_same_log() -> None:
    assert text_of(NOW) == text_of(NOW)


def test_two_weeks_of_requests_end_now(rows: list[Row]) -> None:
    moments = [row["timestamp"] for row in rows]
    assert len(rows) == demo.REQUESTS
    assert moments == sorted(moments)
    assert moments[-1] == NOW
    assert timedelta(days=13) < NOW - moments[0] <= timedelta(days=14)


def test_costs_are_those_of_published_prices(rows: list[Row]) -> None:
    for row in rows[::97]:
        if row["is_error"]:
            assert row["cost_usd"] == 0
            continue
        usage = Usage(
            input_tokens=row["input_tokens"],
            cache_read_tokens=row["cached_tokens"],
            output_tokens=row["output_tokens"],
        )
        price = calc_price(usage, row["model"], genai_request_timestamp=row["timestamp"])
        assert row["cost_usd"] == price.total_price.quantize(Decimal("1e-10"))


def test_one_model_is_too_large_for_its_feature(rows: list[Row], table: Table) -> None:
    of_feature = [row for row in rows if row["feature"] == demo.OVERSIZED_FEATURE]
    assert {row["model"] for row in of_feature} == {demo.OVERSIZED_MODEL}
    assert median(row["output_tokens"] or 0 for row in of_feature) < 10
    dearest = switches(table, "log")[0]
    assert (dearest.feature, dearest.model) == (demo.OVERSIZED_FEATURE, demo.OVERSIZED_MODEL)


def test_the_prompts_of_one_feature_repeat(rows: list[Row], table: Table) -> None:
    prompts = Counter(row["prompt_hash"] for row in rows)
    repeated = {row["feature"] for row in rows if prompts[row["prompt_hash"]] > 1}
    assert repeated == {demo.REPEATING_FEATURE}
    of_feature = {r["prompt_hash"] for r in rows if r["feature"] == demo.REPEATING_FEATURE}
    assert len(of_feature) <= demo.REPEATING_PROMPTS
    found = repeats(table)
    assert found is not None
    assert 0.1 < found.share < 0.3


def test_one_user_asks_far_more_than_the_others(table: Table) -> None:
    found = shares(table, "user_id")
    assert found is not None
    assert found.distinct == demo.USERS
    assert found.top[0].name == demo.BUSIEST_USER
    assert found.top[0].share > demo.BUSIEST_USER_SHARE > 5 * found.top[1].share


def test_requests_follow_working_hours(rows: list[Row], table: Table) -> None:
    found = rhythm(table)
    assert found is not None
    assert found.busiest_hour_of_day == demo.PEAK_HOUR
    days = Counter(row["timestamp"].date() for row in rows)
    full = {day: count for day, count in days.items() if day not in (min(days), max(days))}
    weekend = mean(count for day, count in full.items() if day.weekday() >= 5)
    working = mean(count for day, count in full.items() if day.weekday() < 5)
    assert weekend / working == pytest.approx(demo.WEEKEND_SHARE, abs=0.05)


@pytest.mark.parametrize("now", [NOW, NOW + timedelta(days=2, hours=13)])
def test_one_model_is_slow_and_fails_for_some_hours(now: Any) -> None:
    begin, end = demo.anomaly_hours(now)
    header, *values = demo.demo_rows(now)
    log = [dict(zip(header, row, strict=True)) for row in values]
    of_model = [row for row in log if row["model"] == demo.ANOMALY_MODEL]
    within = [row for row in of_model if begin.isoformat() <= row["timestamp"] < end.isoformat()]
    usual = [row for row in of_model if row not in within]
    assert len(within) > 20

    def error_rate(some: list[dict[str, str]]) -> float:
        return mean(row["status"] != "200" for row in some)

    def slowness(some: list[dict[str, str]]) -> float:
        return median(float(row["latency_ms"]) for row in some if row["status"] == "200")

    assert error_rate(within) > 0.2 > 0.03 > error_rate(usual)
    assert slowness(within) > 4 * slowness(usual)


def test_failed_requests_are_neither_answered_nor_charged(rows: list[Row]) -> None:
    failed = [row for row in rows if row["is_error"]]
    assert {row["status"] for row in failed} == {"429", "500", "504"}
    assert all(row["output_tokens"] is None and row["error"] for row in failed)
    assert 0.01 < len(failed) / len(rows) < 0.03
