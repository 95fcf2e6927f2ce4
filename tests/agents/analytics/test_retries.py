"""Failures and retries, against plain Python over the same rows."""

import random
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analytics.effects import by_lever
from agents.analytics.retries import failed_effect, failures_of, pile, retries, wilson
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows
from tests.agents.analytics.test_cost import price_of

Row = dict[str, Any]


def attempt(seconds: float, **values: Any) -> Row:
    return {
        "timestamp": utc(2026, 11, 2) + timedelta(seconds=seconds),
        "model": "gpt-4o",
        "feature": "chat",
        "user_id": "ann",
        "prompt_hash": "p",
        "input_tokens": 100,
        "output_tokens": 10,
        "latency_ms": 1000.0,
        "is_error": False,
        "cost_usd": Decimal("0.01"),
        **values,
    }


def failing(seconds: float, **values: Any) -> Row:
    return attempt(seconds, is_error=True, status="500", **values)


def test_failures_are_counted_by_model_feature_and_hour(sample: Opened) -> None:
    found = failures_of(sample.table, "log")
    assert found is not None
    failed = [row for row in sample.rows if row["is_error"]]
    known = [row for row in sample.rows if row["is_error"] is not None]
    assert (found.errors, found.outcomes) == (len(failed), len(known))
    for key, rates in (
        (lambda row: row["model"], found.models),
        (lambda row: row["feature"], found.features),
        (lambda row: f"{row['timestamp']:%H}:00", found.hours_of_day),
    ):
        errors, outcomes = Counter(map(key, failed)), Counter(map(key, known))
        assert rates
        for rate in rates:
            assert (rate.errors, rate.outcomes) == (errors[rate.key], outcomes[rate.key])
            assert rate.rate == errors[rate.key] / outcomes[rate.key]
        worst = max(
            errors[name] / outcomes[name] for name in outcomes if name and outcomes[name] > 19
        )
        assert rates[0].rate == worst


def test_failures_cost_what_the_log_says_or_between_nothing_and_list_prices(
    sample: Opened,
) -> None:
    failed = [row for row in sample.rows if row["is_error"]]
    logged, priced = failures_of(sample.table, "log"), failures_of(sample.table, "prices")
    assert logged is not None
    assert priced is not None
    assert logged.cost_usd is not None
    assert priced.cost_usd is not None
    paid = sum(row["cost_usd"] or 0 for row in failed)
    assert (logged.cost_usd.low, logged.cost_usd.high) == (paid, paid)
    assert (priced.cost_usd.low, priced.cost_usd.high) == (Decimal(0), sum(map(price_of, failed)))
    unknown = failures_of(sample.table, None)
    assert unknown is not None
    assert unknown.cost_usd is None
    assert all(item.cost_usd is None for item in unknown.classes)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        ("429", None, "rate limit"),
        ("400", "context_length_exceeded", "context too long"),
        ("400", "ResponsibleAIPolicyViolation: content_filter", "content filter"),
        ("504", None, "timeout"),
        ("error", "Request timed out.", "timeout"),
        ("529", "Overloaded", "overloaded"),
        ("401", None, "authentication"),
        ("422", None, "bad request"),
        ("500", None, "server error"),
        (None, "Connection reset by peer", "network"),
        ("failed", "who knows", "other"),
    ],
)
def test_an_error_is_put_into_its_class(status: str | None, error: str | None, kind: str) -> None:
    with open_rows([attempt(0, is_error=True, status=status, error=error)]) as table:
        found = failures_of(table, "log")
    assert found is not None
    assert [item.kind for item in found.classes] == [kind]


def test_a_log_without_outcomes_tells_no_failures() -> None:
    with open_rows([attempt(0, is_error=None)]) as table:
        assert failures_of(table, "log") is None
        assert retries(table, "log") is None
    with open_rows([]) as table:
        assert failures_of(table, "log") is None
        assert pile(table) is None


def test_failures_of_rows_that_are_sums_are_added_up() -> None:
    rows = [failing(0, requests=30), attempt(1, requests=70)]
    with open_rows(rows) as table:
        found = failures_of(table, "log")
    assert found is not None
    assert (found.errors, found.outcomes, found.overall.rate) == (30, 100, 0.3)


def test_few_outcomes_have_no_interval() -> None:
    with open_rows([failing(n) for n in range(19)]) as table:
        found = failures_of(table, "log")
    assert found is not None
    assert (found.overall.low, found.overall.high) == (None, None)
    assert found.models == []


@given(st.integers(1, 5000), st.floats(0, 1))
def test_wilsons_interval_solves_his_equation(trials: int, share: float) -> None:
    successes = round(share * trials)
    p = successes / trials
    for bound in wilson(successes, trials):
        if 0 < bound < 1:
            # The bounds are where the distance to p is 1.96 standard errors of the bound itself.
            distance = abs(p - bound)
            error = (bound * (1 - bound) / trials) ** 0.5
            assert distance == pytest.approx(1.959964 * error, abs=1e-6)


def chance_rows() -> list[Row]:
    chance = random.Random(11)
    rows, seconds = [], 0.0
    for _ in range(500):
        seconds += chance.choice([0.5, 2, 8, 60, 300])
        rows.append(
            attempt(
                seconds,
                user_id=chance.choice(["ann", "ben"]),
                prompt_hash=chance.choice([None, "p", "q"]),
                input_tokens=chance.choice([100, 200]),
                latency_ms=chance.choice([100.0, 1500.0, 30_000.0]),
                is_error=chance.random() < 0.4,
                model=chance.choice(["gpt-4o", "gpt-4o-mini"]),
            )
        )
    return rows


def replayed(rows: list[Row]) -> list[tuple[Row, Row]]:
    """Each attempt with the one before it at the same request, whatever it is."""
    last: dict[tuple[Any, ...], Row] = {}
    found = []
    for row in rows:
        what = row["prompt_hash"] or (row["model"], row["input_tokens"])
        key = (row["user_id"], row["feature"], what)
        if key in last:
            found.append((last[key], row))
        last[key] = row
    return found


def gap(before: Row, row: Row) -> float:
    latency: float = before["latency_ms"]
    waited: float = (row["timestamp"] - before["timestamp"]).total_seconds()
    return round(waited - latency / 1000, 6)


def test_retries_are_those_of_a_replay() -> None:
    rows = chance_rows()
    with open_rows(rows) as table:
        found = retries(table, "log")
    assert found is not None
    again = [(b, r) for b, r in replayed(rows) if b["is_error"] and 0 <= gap(b, r) <= 120]
    twice = [
        row
        for before, row in replayed(rows)
        if not before["is_error"]
        and not row["is_error"]
        and row["prompt_hash"]
        and 0 <= gap(before, row) <= 10
    ]
    assert (found.attempts, found.retries) == (500, len(again))
    assert found.probable == sum(row["prompt_hash"] is None for _, row in again) > 0
    assert found.rescued == sum(not row["is_error"] for _, row in again)
    assert found.amplification == pytest.approx(500 / (500 - len(again)))
    waited = sum((row["timestamp"] - before["timestamp"]).total_seconds() for before, row in again)
    assert found.added_seconds == pytest.approx(waited)
    failed_again = sum(row["is_error"] for _, row in again)
    assert found.failed_again_usd == failed_again * Decimal("0.01")
    assert (found.sent_twice, found.sent_twice_usd) == (len(twice), len(twice) * Decimal("0.01"))


def test_another_model_may_be_the_retry_but_not_another_user() -> None:
    rows = [failing(0), attempt(5, model="gpt-4o-mini"), attempt(6, user_id="ben")]
    with open_rows(rows) as table:
        found = retries(table, "log")
    assert found is not None
    assert (found.retries, found.rescued) == (1, 1)


def test_the_lever_is_all_that_failed_and_for_certain_only_retries_that_failed_again() -> None:
    rows = [failing(0), failing(5), attempt(10), failing(1000, cost_usd=None), failing(2000)]
    with open_rows(rows) as table:
        logged = by_lever(table, "log", failed_effect(retries=True))["failed"]
        priced = by_lever(table, "prices", failed_effect(retries=False))["failed"]
    assert (logged["requests"], logged["low"], logged["high"]) == (
        3,
        Decimal("0.01"),
        Decimal("0.03"),
    )
    assert (priced["requests"], priced["low"]) == (4, 0)


def test_latencies_of_failures_that_pile_up_show_a_time_out() -> None:
    piled = [failing(n, latency_ms=30_000.0 + n) for n in range(15)]
    spread = [failing(n, latency_ms=1700.0 * n) for n in range(20)]
    with open_rows([*piled, *spread]) as table:
        found = pile(table)
    assert found is not None
    assert (found.seconds, found.requests) == (30, 15)
    assert found.share == pytest.approx(15 / 35)
    with open_rows(spread) as table:
        assert pile(table) is None
    with open_rows([attempt(n, latency_ms=30_000.0) for n in range(50)]) as table:
        assert pile(table) is None
