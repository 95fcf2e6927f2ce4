"""Prices by time, length, tier, provider and kind of token, against genai-prices row by row."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.cost import costs
from agents.analytics.prices import CONTEXTS, find_price, folded_tier
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows

MODELS = (
    "gpt-4o",
    "gpt-5.5",
    "gpt-6.1-sol",
    "claude-sonnet-4-6",
    "claude-haiku-5-5",
    "gemini-2.5-flash",
    "deepseek-chat",
    "mistral-large-latest",
)
TIERS = (None, "standard", "default", "batch", "Batch", "flex", "priority", "fast")


def list_price(row: dict[str, Any]) -> Decimal:
    """What genai-prices itself says of one request."""
    usage = Usage(
        input_tokens=row["input_tokens"],
        cache_read_tokens=row["cached_tokens"],
        cache_write_tokens=row["cache_write_tokens"],
        cache_write_1h_tokens=row["long_cache_write_tokens"],
        output_tokens=row["output_tokens"],
        output_reasoning_tokens=row["reasoning_tokens"],
    )
    tier = (row["tier"] or "").lower()
    return calc_price(
        usage,
        row["model"],
        provider_id=row.get("provider"),
        genai_request_timestamp=row["timestamp"],
        price_context=CONTEXTS.get(tier),
    ).total_price


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    size = draw(st.sampled_from([0, 10, 1000, 100_000, 100_001, 200_001, 272_001, 900_000]))
    cached = draw(st.integers(0, size))
    written = draw(st.integers(0, size - cached))
    output = draw(st.integers(0, 5000))
    return {
        "timestamp": utc(2025, 1, 1) + timedelta(minutes=draw(st.integers(0, 800 * 1440))),
        "model": draw(st.sampled_from(MODELS)),
        "tier": draw(st.sampled_from(TIERS)),
        "input_tokens": size,
        "cached_tokens": cached,
        "cache_write_tokens": written,
        "long_cache_write_tokens": draw(st.integers(0, written)),
        "output_tokens": output,
        "reasoning_tokens": draw(st.integers(0, output)),
    }


@settings(max_examples=25, deadline=None)
@given(st.lists(requests(), max_size=12))
def test_every_request_costs_what_genai_prices_says(rows: list[dict[str, Any]]) -> None:
    with open_rows(rows) as table:
        found = costs(table, "prices")
    expected = sum(map(list_price, rows), Decimal(0))
    assert found.total.cost_usd == pytest.approx(expected, abs=Decimal("1e-6"))
    assert sum(kind.cost_usd for kind in found.by_kind) == found.total.cost_usd


@pytest.mark.parametrize(
    ("tier", "dollars"),
    [
        # Per million tokens on 2026-11-01: input 2, written 2.5, read 0.1, output 10; half of it
        # in a batch, twice as much with priority.
        (None, "2.0 + 2.5 + 0.1 + 10"),
        ("batch", "1.0 + 1.25 + 0.05 + 5"),
        ("priority", "4.0 + 5.0 + 0.2 + 20"),
    ],
)
def test_the_tier_decides_the_price(tier: str | None, dollars: str) -> None:
    row = {
        "timestamp": utc(2026, 11, 1),
        "model": "gpt-6.1-sol",
        "tier": tier,
        "input_tokens": 3000,
        "cached_tokens": 1000,
        "cache_write_tokens": 1000,
        "output_tokens": 1000,
    }
    expected = sum((Decimal(part) for part in dollars.split(" + ")), Decimal(0)) / 1000
    with open_rows([row]) as table:
        assert costs(table, "prices").total.cost_usd == expected


def test_what_is_kept_for_an_hour_costs_more_to_write_than_what_is_kept_for_minutes() -> None:
    # claude-opus-4-5, per million: input 5, written 6.25, for an hour 10.
    row = {
        "timestamp": utc(2026, 11, 1),
        "model": "claude-opus-4-5",
        "input_tokens": 3000,
        "cache_write_tokens": 2000,
        "long_cache_write_tokens": 1500,
        "output_tokens": 0,
    }
    with open_rows([row]) as table:
        found = costs(table, "prices")
    amounts = {kind.kind: (kind.tokens, kind.cost_usd) for kind in found.by_kind}
    assert amounts == {
        "input": (1000, Decimal("0.005")),
        "cache write": (500, Decimal("0.003125")),
        "cache write for an hour": (1500, Decimal("0.015")),
    }
    assert found.notes == []


def test_the_provider_of_a_row_decides_whose_price_it_is() -> None:
    base = {"timestamp": utc(2026, 11, 1), "input_tokens": 10**6, "output_tokens": 10**6}
    model = "llama-3.3-70b-versatile"
    rows = [
        {**base, "model": model, "provider": provider}
        for provider in ("groq", None, "house gateway")
    ]
    prices = []
    for row in rows:
        with open_rows([row]) as table:
            prices.append(costs(table, "prices").total.cost_usd)
    usage = Usage(input_tokens=10**6, output_tokens=10**6)
    assert prices[0] == calc_price(usage, model, provider_id="groq").total_price
    assert prices[1] == prices[2]


def test_another_providers_price_for_the_same_model_is_not_mixed_up() -> None:
    found = {name: find_price("gpt-4o-mini", name) for name in ("openai", "azure", None)}
    assert {name: priced.provider.id for name, priced in found.items() if priced} == {
        "openai": "openai",
        "azure": "azure",
        None: "openai",
    }


def test_a_tier_without_a_published_price_is_priced_as_standard_and_said() -> None:
    rows = [
        {
            "timestamp": utc(2026, 11, 1),
            "model": model,
            "tier": tier,
            "input_tokens": 1000,
            "output_tokens": 10,
        }
        for model, tier in (("gpt-4o", "flex"), ("gpt-4o", "batch"), ("gpt-4o", "standard"))
    ]
    with open_rows(rows) as table:
        (note,) = costs(table, "prices").notes
    assert note.startswith("No price is known for what 'gpt-4o' served as 'flex' at that time; 1")


@pytest.mark.parametrize(
    ("spelled", "tier"), [(" BATCH ", "batch"), ("default", None), (None, None)]
)
def test_tiers_are_recognised_however_they_are_written(
    spelled: str | None, tier: str | None
) -> None:
    assert folded_tier(spelled) == tier


def test_every_moment_and_length_has_exactly_one_price() -> None:
    for model in MODELS:
        priced = find_price(model)
        assert priced is not None
        tiles = list(priced.tiles("batch"))
        for hours in range(0, 24 * 800, 331):
            moment = utc(2025, 1, 1) + timedelta(hours=hours)
            for length in (0, 200_000, 200_001, 10**9):
                fitting = [
                    tile
                    for tile in tiles
                    if tile.since <= moment.date()
                    and (tile.until is None or moment.date() < tile.until)
                    and tile.first <= moment.time()
                    and (tile.last is None or moment.time() < tile.last)
                    and tile.above < length <= tile.up_to
                ]
                assert len(fitting) == 1
                assert fitting[0].rates == priced.rates("batch", moment, length)


@pytest.mark.parametrize(("number", "size"), [(1000, 5000), (0, 0), (10, 300_000), (1, 300_000)])
def test_a_sum_of_requests_is_not_priced_as_one_long_request(number: int, size: int) -> None:
    # gemini-2.5-pro, per million: input 1.25, above 200,000 tokens 2.5.
    tokens = 5_000_000 if number == 0 else number * size
    row = {
        "timestamp": utc(2026, 11, 1),
        "model": "gemini-2.5-pro",
        "input_tokens": tokens,
        "output_tokens": 0,
        "requests": number,
    }
    with open_rows([row]) as table:
        found = costs(table, "prices")
    price = Decimal("2.5") if size > 200_000 else Decimal("1.25")
    assert found.total.cost_usd == tokens * price / 10**6
    assert any("not tell which were long" in note for note in found.notes) == (number != 1)


def test_what_does_not_tell_its_tokens_is_not_priced_at_nothing() -> None:
    base = {"timestamp": utc(2026, 11, 1), "model": "gpt-4o", "cost_usd": Decimal(1)}
    rows = [
        {**base, "input_tokens": 1000, "output_tokens": 0},
        {**base, "input_tokens": 1000, "is_error": True},  # it wrote nothing
        {**base, "model": "voyage-3", "input_tokens": 1000},  # nor does it
        {**base, "input_tokens": 1000},
        {**base, "output_tokens": 1000},
        base,
    ]
    with open_rows(rows) as table:
        found, paid = costs(table, "prices"), costs(table, "log")
    assert found.total.cost_usd == Decimal("0.0025") * 2 + Decimal("0.00006")
    assert (found.total.uncosted, found.total.costed) == (3, 3)
    assert found.unknown_models == []
    assert "does not tell the tokens of 3 rows" in found.notes[-1]
    assert paid.against_list is not None
    assert (paid.against_list.requests, paid.against_list.paid_usd) == (2, Decimal(2))
