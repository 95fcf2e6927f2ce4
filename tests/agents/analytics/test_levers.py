"""All levers of a log together, against plain Python over each row, and scenarios by hand."""

import random
from datetime import timedelta
from decimal import Decimal
from math import prod
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.effects import simulated, weighed
from agents.analytics.levers import Levers, effects_of, find_levers
from agents.analytics.priced import Basis, priced
from agents.analytics.table import Table
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows

Row = dict[str, Any]

CENT = Decimal("0.000001")


def log_of(seed: int, count: int, days: float) -> list[Row]:
    """Everything that a lever looks for, by chance: repeats, failures, conversations, writes."""
    chance = random.Random(seed)
    step = days * 86_400 / max(count, 1)
    rows = []
    for number in range(count):
        inputs = chance.choice([40, 900, 1500, 5000, 9000])
        feature = chance.choice(["chat", "classify", "nightly"])
        failed = chance.random() < 0.15
        rows.append(
            {
                "timestamp": utc(2026, 11, 2) + timedelta(seconds=step * number),
                "model": chance.choice(["claude-opus-4-5", "gpt-4o", "gpt-4o-mini", "house"]),
                "feature": feature,
                "user_id": None if feature == "nightly" else chance.choice(["ann", "ben"]),
                "session_id": chance.choice([None, "s", "t"]),
                "prompt_hash": chance.choice([None, "p", "q"]),
                "input_tokens": inputs,
                "output_tokens": None if failed else chance.randrange(1, 60),
                "cached_tokens": chance.choice([0, 0, inputs // 2]),
                "cache_write_tokens": chance.choice([0, inputs // 4]),
                "latency_ms": 300.0,
                "ttft_ms": None if feature == "nightly" else 100.0,
                "is_error": failed,
                "cost_usd": chance.choice([None, Decimal("0.01"), Decimal("0.002")]),
            }
        )
    return rows


def row_by_row(table: Table, basis: Basis) -> tuple[float, float]:
    """The total as plain Python makes it of each row and the share that each lever takes."""
    effects = list(effects_of(table, basis).effects)
    needs = dict.fromkeys(name for effect in effects for name in effect.needs)
    rows = table.rows(["*"], source=weighed(simulated(table, basis, *needs), effects))
    low, high = (
        sum(
            float(row["paid_usd"] or 0) * (1 - prod(1 - row[f"{e.kind}_{end}"] for e in effects))
            for row in rows
        )
        for end in ("low", "high")
    )
    return low, high


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0, 1, 7, 220]), st.sampled_from(["log", "prices"]))
def test_the_total_is_that_of_every_row_and_has_no_dollar_twice(
    seed: int, count: int, basis: Basis
) -> None:
    with open_rows(log_of(seed, count, 2)) as table:
        found = find_levers(table, basis)
        low, high = row_by_row(table, basis)
    if found is None:
        assert (low, high) == (0, 0)
        return
    assert float(found.total_usd.low) == pytest.approx(low, abs=1e-6)
    assert float(found.total_usd.high) == pytest.approx(high, abs=1e-6)
    assert found.levers_left_out == 0
    hold_together(found)


def hold_together(found: Levers) -> None:
    assert found.total_usd.low <= found.total_usd.high <= found.touched_usd <= found.cost_usd
    for end in ("low", "high"):
        total = getattr(found.total_usd, end)
        alone = sum((getattr(lever.alone_usd, end) for lever in found.levers), Decimal(0))
        parts = sum((getattr(lever.in_total_usd, end) for lever in found.levers), Decimal(0))
        assert total <= alone + CENT
        assert abs(parts - total) < CENT
        assert abs(alone - total - getattr(found.overlap_usd, end)) < CENT
    for lever in found.levers:
        assert lever.alone_usd.high <= lever.cost_usd + CENT
        assert lever.alone_usd.low <= lever.alone_usd.high
        assert lever.in_total_usd.low <= lever.in_total_usd.high + CENT
        assert lever.assumptions
        assert lever.base


def test_the_levers_of_a_whole_log_hold_together(sample: Opened) -> None:
    for basis in ("log", "prices"):
        found = find_levers(sample.table, basis)
        assert found is not None
        hold_together(found)
        assert {"failed", "repeat", "switch"} <= {lever.kind for lever in found.levers}
        parts = [lever.in_total_usd.high for lever in found.levers]
        assert parts == sorted(parts, reverse=True)


def test_the_condition_of_a_lever_finds_the_requests_it_touches(sample: Opened) -> None:
    found = find_levers(sample.table, "log")
    assert found is not None
    told = [lever for lever in found.levers if lever.condition]
    assert {"failed", "switch"} <= {lever.kind for lever in told}
    for lever in told:
        costed = f"WHERE {lever.condition} AND cost_usd IS NOT NULL AND output_tokens IS NOT NULL"
        tail = f"WHERE {lever.condition}" if lever.kind == "failed" else costed
        assert sample.table.rows(["count(*) AS n"], tail) == [{"n": lever.requests}]


def classify(number: int, prompt: str) -> Row:
    return {
        "timestamp": utc(2026, 11, 2) + timedelta(minutes=number),
        "model": "claude-opus-4-1",
        "feature": "classify",
        "user_id": "ann",
        "prompt_hash": prompt,
        "input_tokens": 1000,
        "output_tokens": 10,
        "is_error": False,
        "cost_usd": Decimal("0.02"),
    }


def test_a_repeated_request_of_a_dear_model_is_saved_once() -> None:
    rows = [classify(number, f"p{number % 50}") for number in range(100)]
    with open_rows(rows) as table:
        found = find_levers(table, "log")
    assert found is not None
    levers = {lever.kind: lever for lever in found.levers}
    # The second half repeats the first within the hour, and all of it may go to another model.
    assert levers["repeat"].alone_usd.high == levers["repeat"].alone_usd.low == Decimal(1)
    assert levers["switch"].requests == 100
    each = levers["switch"].alone_usd.high / 100
    assert abs(found.total_usd.high - (50 * Decimal("0.02") + 50 * each)) < CENT
    assert abs(found.overlap_usd.high - 50 * each) < CENT
    # Of a repeated request that could also move, half of what both save for certain is each one's.
    own = 50 * (Decimal("0.02") - levers["switch"].alone_usd.low / 100 / 2)
    assert abs(levers["repeat"].in_total_usd.high - own) < CENT


def test_a_month_is_extrapolated_only_from_a_week() -> None:
    for days, is_told in ((6.9, False), (14.0, True)):
        with open_rows(log_of(1, 200, days)) as table:
            found = find_levers(table, "log")
        assert found is not None
        assert (found.monthly is not None) is is_told
        if found.monthly is not None:
            span = 14 * 199 / 200
            assert found.monthly.days == pytest.approx(span)
            expected = float(found.cost_usd) * 30.4375 / span
            assert float(found.monthly.cost_usd) == pytest.approx(expected)
            saved = float(found.total_usd.high) * 30.4375 / span
            assert float(found.monthly.saving_usd.high) == pytest.approx(saved)


def test_without_any_cost_there_are_no_levers() -> None:
    with open_rows([{**classify(0, "p"), "model": "house"}]) as table:
        assert find_levers(table, "prices") is None
    with open_rows([]) as table:
        assert find_levers(table, "log") is None


@pytest.mark.parametrize("basis", ["log", "prices"])
def test_the_condition_of_a_lever_chooses_its_requests(basis: Basis) -> None:
    with open_rows(log_of(7, 600, 0.4)) as table:
        found = find_levers(table, basis)
        assert found is not None
        told = [lever for lever in found.levers if lever.condition]
        for lever in told:
            tail = f"WHERE paid_usd IS NOT NULL AND {lever.condition}"
            (row,) = table.rows(["count(*) AS n"], tail, source=priced(table, basis))
            assert row["n"] == lever.requests
    assert {"failed", "prefix", "switch"} <= {lever.kind for lever in told}


def test_sums_of_a_day_span_the_last_day_too_and_tell_failures_alone() -> None:
    rows = [
        {
            **classify(0, "p"),
            "timestamp": utc(2026, 11, day),
            "session_id": "s",
            "requests": 1,
            "is_error": day == 1,
        }
        for day in range(1, 11)
    ]
    with open_rows(rows) as table:
        found = find_levers(table, "log", sum_seconds=86_400)
    assert found is not None
    assert [lever.kind for lever in found.levers] == ["failed"]
    assert found.levers[0].alone_usd.low == 0
    assert found.monthly is not None
    assert found.monthly.days == 10


def test_rows_that_are_sums_have_no_levers_but_failures() -> None:
    rows = [{**classify(n, "p"), "requests": 40, "is_error": n == 0} for n in range(60)]
    with open_rows(rows) as table:
        found = find_levers(table, "log")
    assert found is not None
    assert [(lever.kind, lever.requests) for lever in found.levers] == [("failed", 40)]
