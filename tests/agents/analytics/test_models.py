"""Models side by side, against plain Python over the same rows."""

from collections import defaultdict
from decimal import Decimal
from statistics import mean
from typing import Any

import pytest

from agents.analytics.models import compare
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows
from tests.agents.analytics.test_performance import percentile

Row = dict[str, Any]


def row(model: str, feature: str | None = "chat", **values: Any) -> Row:
    base = {"timestamp": utc(2026, 11, 3), "model": model, "feature": feature}
    return {**base, "input_tokens": 100, "output_tokens": 10, **values}


def test_every_figure_of_a_model_is_that_of_its_rows(sample: Opened) -> None:
    found = compare(sample.table, "log")
    assert len(found.models) == len({item["model"] for item in sample.rows})
    spent = sum(item["cost_usd"] or 0 for item in sample.rows)
    for item in found.models:
        mine = [r for r in sample.rows if r["model"] == item.model]
        paid = [r for r in mine if r["cost_usd"] is not None]
        cost = sum(r["cost_usd"] for r in paid)
        tokens = sum((r["input_tokens"] or 0) + (r["output_tokens"] or 0) for r in paid)
        known = [r for r in mine if r["is_error"] is not None]
        latencies = [r["latency_ms"] for r in mine if r["latency_ms"] is not None]
        outputs = [r["output_tokens"] for r in mine if r["output_tokens"] is not None]
        assert (item.requests, item.cost_usd) == (len(mine), cost)
        assert item.share_of_requests == pytest.approx(len(mine) / len(sample.rows))
        assert item.share_of_cost == pytest.approx(float(cost / spent))
        assert item.cost_per_request == pytest.approx(cost / len(paid))
        assert item.cost_per_million_tokens == pytest.approx(cost * 10**6 / tokens)
        assert item.error_rate == sum(r["is_error"] for r in known) / len(known)
        assert item.latency_p95 == pytest.approx(percentile(latencies, 0.95))
        assert item.output_p50 == pytest.approx(percentile(outputs, 0.5))
        speeds = [
            r["output_tokens"] * 1000 / r["latency_ms"]
            for r in mine
            if r["output_tokens"] and r["latency_ms"]
        ]
        assert item.tokens_per_second_p50 == pytest.approx(percentile(speeds, 0.5))
    amounts = [item.cost_usd or Decimal(0) for item in found.models]
    assert amounts == sorted(amounts, reverse=True)


def test_models_are_compared_over_the_same_mix_of_features(sample: Opened) -> None:
    found = compare(sample.table, "log")
    assert found.same_work
    weights: defaultdict[str, int] = defaultdict(int)
    for item in sample.rows:
        weights[item["feature"] or "(none)"] += 1
    for work in found.same_work:
        for number, model in enumerate(work.models):
            costs, times = [], []
            for feature in work.features:
                of_both = [
                    r
                    for r in sample.rows
                    if r["model"] == model and (r["feature"] or "(none)") == feature
                ]
                paid = [r["cost_usd"] for r in of_both if r["cost_usd"] is not None]
                costs.append((weights[feature], float(sum(paid) / len(paid))))
                times.append((weights[feature], mean(r["latency_ms"] for r in of_both)))
            whole = sum(weight for weight, _ in costs)
            assert work.cost_per_request is not None
            assert work.latency_mean_ms is not None
            assert float(work.cost_per_request[number]) == pytest.approx(
                sum(weight * value for weight, value in costs) / whole
            )
            assert work.latency_mean_ms[number] == pytest.approx(
                sum(weight * value for weight, value in times) / whole
            )


def test_features_that_one_model_serves_compare_nothing() -> None:
    with open_rows([*[row("a", "x")] * 40, *[row("b", "y")] * 40, *[row("b", "x")] * 29]) as table:
        found = compare(table, "prices")
    assert (found.by_feature, found.same_work) == ([], [])
    with open_rows([*[row("a", "x")] * 40, *[row("b", "x")] * 30]) as table:
        found = compare(table, "prices")
    assert [(item.feature, item.model, item.requests) for item in found.by_feature] == [
        ("x", "a", 40),
        ("x", "b", 30),
    ]
    assert [work.features for work in found.same_work] == [["x"]]


def test_few_rows_make_no_percentiles_and_no_rates() -> None:
    with open_rows([row("a", latency_ms=5.0, is_error=False)] * 5) as table:
        (item,) = compare(table, "prices").models
    assert (item.latency_p50, item.latency_p95, item.error_rate) == (None, None, None)
    with open_rows([row("a", latency_ms=5.0, is_error=False)] * 58) as table:
        (item,) = compare(table, "prices").models
    assert (item.latency_p50, item.latency_p95, item.error_rate) == (5, None, 0)


def test_rows_that_are_sums_have_totals_and_no_figure_of_a_request() -> None:
    rows = [row("gpt-4o", requests=50, cost_usd=Decimal(2), latency_ms=9.0)] * 60
    with open_rows(rows) as table:
        (item,) = compare(table, "log").models
    assert (item.requests, item.cost_usd, item.cost_per_request) == (3000, Decimal(120), None)
    assert (item.latency_p50, item.output_p50) == (None, None)
    assert item.cost_per_million_tokens == pytest.approx(Decimal(120) * 10**6 / 6600)


def test_without_costs_none_is_told_and_the_most_used_comes_first() -> None:
    with open_rows([row("a"), row("b"), row("b")]) as table:
        found = compare(table, None)
    assert [item.model for item in found.models] == ["b", "a"]
    assert {item.cost_usd for item in found.models} == {None}
    assert {item.cost_per_request for item in found.models} == {None}


def test_a_model_without_a_price_has_no_cost_rather_than_0() -> None:
    with open_rows([row("house-model"), row("gpt-4o")]) as table:
        found = {item.model: item for item in compare(table, "prices").models}
    assert (found["house-model"].cost_usd, found["house-model"].share_of_cost) == (None, None)
    assert found["gpt-4o"].share_of_cost == 1


def test_no_rows_are_no_models() -> None:
    with open_rows([]) as table:
        assert compare(table, "log").models == []
