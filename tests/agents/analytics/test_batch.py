"""Batch and flex prices, and which features look as if nobody waits for them."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from agents.analytics.batch import BatchOption, batch_effect, batch_options
from agents.analytics.effects import by_lever
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows

Row = dict[str, Any]


def request(seconds: float, feature: str = "nightly", **values: Any) -> Row:
    return {
        "timestamp": utc(2026, 11, 2) + timedelta(seconds=seconds),
        "model": "gpt-5",
        "feature": feature,
        "input_tokens": 1000,
        "output_tokens": 100,
        "is_error": False,
        **values,
    }


def by_hand(hour: int, **values: Any) -> Row:
    """A person at work, waiting for the stream."""
    return request(hour * 3600, "chat", user_id="ann", ttft_ms=200.0, **values)


NIGHTLY = [
    request(86_400 * (n // 40) + 7200 * (n // 40) + n % 40, user_id=None) for n in range(120)
]
AT_WORK = [by_hand(24 * day + hour) for day in range(3) for hour in (9, 10, 11) for _ in range(12)]


def options_of(rows: list[Row]) -> dict[str, BatchOption]:
    with open_rows(rows) as table:
        return {option.feature: option for option in batch_options(table, "prices")}


def today(model: str, tier: str | None, row: Row) -> Decimal:
    usage = Usage(
        input_tokens=row["input_tokens"],
        cache_read_tokens=row.get("cached_tokens") or 0,
        output_tokens=row["output_tokens"],
    )
    context = {"batch": {"processing": "batch"}, "flex": {"service_tier": "flex"}}
    return calc_price(
        usage,
        model,
        genai_request_timestamp=datetime.now(UTC),
        price_context=context[tier] if tier else None,
    ).total_price


@pytest.mark.parametrize("model", ["gpt-5", "gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash"])
def test_the_saving_is_the_difference_to_published_prices(model: str) -> None:
    chance = random.Random(2)
    rows = [
        request(n, model=model, input_tokens=chance.randrange(500, 9000), cached_tokens=400)
        for n in range(20)
    ]
    (found,) = options_of(rows).values()
    standard = sum(today(model, None, row) for row in rows)
    assert found.cost_usd == standard
    for saving, tier in ((found.batch_saving_usd, "batch"), (found.flex_saving_usd, "flex")):
        expected = standard - sum(today(model, tier, row) for row in rows)
        assert float(saving) == pytest.approx(float(expected), abs=1e-9)
    assert found.batch_saving_usd > 0


def test_cached_tokens_stay_at_their_price_where_discounts_do_not_stack() -> None:
    # gpt-4o: input 2.5 and output 10 are halved in a batch, cached input stays at 1.25.
    rows = [request(n, model="gpt-4o", cached_tokens=1000) for n in range(2)]
    (found,) = options_of(rows).values()
    assert found.batch_saving_usd == 2 * 100 * Decimal(5) / 10**6


def test_what_is_in_a_batch_already_saves_nothing_more() -> None:
    assert options_of([request(n, tier="batch") for n in range(20)]) == {}
    assert options_of([request(n, model="house-model") for n in range(20)]) == {}
    assert options_of([]) == {}


def test_all_signs_make_a_likely_candidate_and_none_makes_none() -> None:
    found = options_of([*NIGHTLY, *AT_WORK])
    assert found["nightly"].signs_known == [
        "no user",
        "not streamed",
        "comes in runs",
        "as many at night",
    ]
    assert found["nightly"].signs == ["no user", "not streamed", "comes in runs"]
    assert found["nightly"].candidate == "possible"
    assert (found["chat"].signs, found["chat"].candidate) == ([], None)
    spread = [request(864 * n, user_id=None) for n in range(300)]
    steady = options_of([*spread, *AT_WORK])["nightly"]
    assert steady.signs == ["no user", "not streamed", "as many at night"]


def test_a_sign_that_the_log_cannot_show_is_not_known() -> None:
    (found,) = options_of([request(n) for n in range(120)]).values()
    assert found.signs_known == ["comes in runs"]
    assert found.candidate is None


def test_few_requests_are_no_candidate() -> None:
    assert options_of([*NIGHTLY[:99], *AT_WORK])["nightly"].candidate is None


def test_the_lever_is_certain_only_with_all_signs() -> None:
    runs = [
        {**row, "timestamp": utc(2026, 11, 2) + timedelta(seconds=n)}
        for n, row in enumerate(NIGHTLY)
    ]
    short = [{**row, "timestamp": utc(2026, 11, 2, n % 24)} for n, row in enumerate(AT_WORK)]
    with open_rows([*runs, *short]) as table:
        options = batch_options(table, "prices")
        lever = by_lever(table, "prices", batch_effect(table, options))
    (option,) = [item for item in options if item.candidate]
    assert (option.candidate, option.signs_known) == (
        "likely",
        ["no user", "not streamed", "comes in runs"],
    )
    assert lever.keys() == {"nightly"}
    assert lever["nightly"]["low"] == lever["nightly"]["high"] == option.batch_saving_usd
    with open_rows([*NIGHTLY, *AT_WORK]) as table:
        options = batch_options(table, "prices")
        lever = by_lever(table, "prices", batch_effect(table, options))
    assert lever["nightly"]["low"] == 0 < lever["nightly"]["high"]
