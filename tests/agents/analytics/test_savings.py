"""Requests whose cost bought nothing new, against plain Python over the same rows."""

from typing import Any

from agents.analytics import savings
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.tables import open_rows
from tests.agents.analytics.test_cost import price_of


def test_repeats_cost_what_all_but_the_first_answered_request_cost(sample: Opened) -> None:
    found = savings.repeats(sample.table, "log")
    seen = set()
    repeated = []
    for row in sorted(sample.rows, key=lambda row: row["timestamp"]):
        key = (row["prompt_hash"], row["model"])
        if row["prompt_hash"] is None or row["is_error"]:
            continue
        if key in seen:
            repeated.append(row)
        seen.add(key)
    assert found.requests == len(repeated)
    assert found.cost_usd == sum(row["cost_usd"] or 0 for row in repeated)
    assert found.looked_at == sum(row["prompt_hash"] is not None for row in sample.rows)
    assert found.uncosted == sum(row["cost_usd"] is None for row in repeated) > 0


def test_failures_cost_what_the_failed_requests_cost(sample: Opened) -> None:
    found = savings.failures(sample.table, "prices")
    failed = [row for row in sample.rows if row["is_error"]]
    assert found.requests == len(failed)
    assert found.cost_usd == sum(map(price_of, failed))
    assert found.uncosted == sum(row["model"] == "house-model" for row in failed) > 0


def test_failures_in_rows_that_are_sums_are_added_up() -> None:
    rows: list[dict[str, Any]] = [
        {"model": "gpt-4o", "requests": 7, "is_error": True},
        {"model": "gpt-4o", "requests": 13, "is_error": False},
    ]
    with open_rows(rows) as table:
        found = savings.failures(table, "prices")
    assert (found.requests, found.looked_at, found.share) == (7, 20, 0.35)
