"""Simulated switches, against plain Python: which requests move, and what they would cost."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from agents.analytics.priced import Basis
from agents.analytics.switching import Switch, switches
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows

Row = dict[str, Any]


def row(model: str, feature: str = "classify", inputs: int = 1000, output: int = 5) -> Row:
    return {
        "timestamp": utc(2026, 11, 3),
        "model": model,
        "feature": feature,
        "input_tokens": inputs,
        "output_tokens": output,
    }


def dearest(rows: Sequence[Row]) -> Switch:
    """The switch that saves most."""
    return found_in(rows)[0]


def found_in(rows: Sequence[Row], basis: Basis = "prices") -> list[Switch]:
    with open_rows(rows) as table:
        return switches(table, basis)


def price(model: str, inputs: float, cached: float, output: float) -> float:
    """What genai-prices says of so many tokens today, fractions of tokens included."""
    usage = Usage(input_tokens=10**6, cache_read_tokens=0, output_tokens=0)
    parts = (
        (inputs - cached, usage),
        (cached, Usage(input_tokens=10**6, cache_read_tokens=10**6, output_tokens=0)),
        (output, Usage(input_tokens=0, output_tokens=10**6)),
    )
    now = datetime.now(UTC)
    return sum(
        tokens / 10**6 * float(calc_price(million, model, genai_request_timestamp=now).total_price)
        for tokens, million in parts
    )


def quantile(values: Sequence[int], share: float) -> int:
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return int(ordered[below] + (at - below) * (ordered[above] - ordered[below]))


def mixed_rows() -> list[Row]:
    """Short answers of a dear model and of a cheap one, of many sizes, some of them cached."""
    chance = random.Random(5)
    rows = []
    for number in range(200):
        made = row("gpt-4o", inputs=chance.randrange(50, 9000), output=chance.randrange(1, 80))
        rows.append({**made, "cached_tokens": chance.choice([None, 0, 40])})
        if number % 2:
            other = row("gpt-4o-mini", "chat", chance.randrange(9000), chance.randrange(800))
            rows.append(other)
    return rows


def test_what_moves_and_what_it_saves_is_that_of_plain_python() -> None:
    rows = mixed_rows()
    found = dearest(rows)
    mine = [item for item in rows if item["model"] == "gpt-4o"]
    longest = quantile([item["input_tokens"] for item in mine], 0.9)
    most = quantile([item["output_tokens"] for item in mine], 0.9)
    moved = [r for r in mine if r["input_tokens"] <= longest and r["output_tokens"] <= most]
    assert (found.input_up_to, found.output_up_to) == (longest, most)
    assert (found.requests, found.other_model) == (len(moved), "gpt-4o-mini")
    assert found.share_of_requests == pytest.approx(len(moved) / len(mine))
    low = high = cost = 0.0
    for item in moved:
        inputs, output = item["input_tokens"], item["output_tokens"]
        cached = min(item["cached_tokens"] or 0, inputs)
        paid = price("gpt-4o", inputs, cached, output)
        cost += paid
        # Of one provider: the same tokens. Lengths 0.7 to 1.5, kept 5 % to 20 %.
        dear = price("gpt-4o-mini", inputs, 0, 1.5 * output)
        cheap = price("gpt-4o-mini", inputs, cached, 0.7 * output)
        low += max(0.8 * paid - dear, 0)
        high += max(0.95 * paid - cheap, 0)
    assert float(found.cost_usd) == pytest.approx(cost)
    assert float(found.saving_usd.low) == pytest.approx(low)
    assert float(found.saving_usd.high) == pytest.approx(high)


def test_bands_of_sizes_hold_each_other_and_the_recommended_one_is_among_them() -> None:
    found = dearest(mixed_rows())
    shares = [band.share_of_requests for band in found.bands]
    assert [band.quantile for band in found.bands] == [0.5, 0.75, 0.9]
    assert shares == sorted(shares)
    assert found.bands[-1].requests == found.requests
    assert 0 < found.bands[0].saving_usd.high < found.bands[-1].saving_usd.high


def test_never_is_everything_saved_even_if_all_requests_are_alike() -> None:
    rows = [row("claude-opus-4-1")] * 60 + [row("gpt-4o-mini", "chat", 500, 400)] * 60
    found = dearest(rows)
    assert found.share_of_requests == 1
    assert found.saving_usd.high < Decimal("0.95") * found.cost_usd
    assert any("turn out too hard" in sentence for sentence in found.assumptions)


def test_the_cautious_end_is_never_above_the_favourable_one(sample: Opened) -> None:
    found = switches(sample.table, "prices")
    assert found
    for switch in found:
        assert 0 <= switch.saving_usd.low <= switch.saving_usd.high < switch.cost_usd
    amounts = [switch.saving_usd.high for switch in found]
    assert amounts == sorted(amounts, reverse=True)


def test_an_unpriced_model_is_no_choice(sample: Opened) -> None:
    assert all(item.other_model != "house-model" for item in switches(sample.table, "log"))


def test_long_answers_move_to_a_model_of_the_log_only_if_it_gives_them_already() -> None:
    dear = [row("gpt-4o", "write", 1000, 900)] * 60
    alone = dearest([*dear, *[row("gpt-4o-mini", "chat", 500, 400)] * 60])
    assert (alone.other_from, alone.share_of_other_model) == ("price list", None)
    proven = dearest([*dear, *[row("gpt-4o-mini", "write", 1000, 900)] * 60])
    assert (proven.other_from, proven.other_model) == ("log", "gpt-4o-mini")
    assert proven.share_of_other_model == 0.5


def test_how_long_the_other_models_answers_are_is_taken_from_the_log_where_it_tells() -> None:
    dear = [row("gpt-4o", "write", 1000, 900)] * 60
    found = dearest([*dear, *[row("gpt-4o-mini", "write", 1000, 450)] * 60])
    assert any("0.45 to 0.55 times as long" in sentence for sentence in found.assumptions)


def test_a_model_of_the_price_list_is_of_the_same_provider_and_at_most_half_as_dear() -> None:
    found = dearest([row("claude-opus-4-1", "write", 1000, 900)] * 60)
    usage = Usage(input_tokens=60_000, output_tokens=54_000)
    now = datetime.now(UTC)
    dear, cheap = (
        calc_price(usage, model, genai_request_timestamp=now).total_price
        for model in ("claude-opus-4-1", found.other_model)
    )
    assert found.other_provider == "Anthropic"
    assert cheap * 2 <= dear
    assert any("1 to 1.35 times the tokens" in sentence for sentence in found.assumptions)


@pytest.mark.parametrize(
    "other",
    [
        row("text-embedding-3-small", "chat", 500, 0),  # writes nothing, here or anywhere
        row("gpt-5-nano", "chat", 500, 0),  # may write, but in this log does not
        row("gpt-4o-mini-tts", "chat", 500, 400),
        row("gpt-4o-mini-transcribe", "chat", 500, 400),
        row("gpt-image-1-mini", "chat", 5, 400),
        row("gemini-embedding-001", "chat", 500, 400),
    ],
    ids=lambda other: str(other["model"]),
)
def test_a_model_that_writes_no_text_is_no_alternative(other: Row) -> None:
    found = found_in([*[row("claude-opus-4-1")] * 60, *[other] * 60])
    assert all(switch.other_from == "price list" for switch in found)


def test_embeddings_are_not_moved_to_a_chat_model() -> None:
    embeddings = [row("text-embedding-ada-002", "index", 1000, 0)] * 60
    found = found_in([*embeddings, *[row("gpt-5-nano", "chat", 10, 10)] * 60])
    assert all(switch.model != "text-embedding-ada-002" for switch in found)


def with_failures(model: str, feature: str, requests: int, failed: int) -> list[Row]:
    return [{**row(model, feature), "is_error": number < failed} for number in range(requests)]


@pytest.mark.parametrize(
    ("requests", "failed", "is_alternative"),
    [(200, 8, True), (200, 9, False), (99, 30, True), (100, 30, False)],
)
def test_a_model_that_fails_over_twice_as_often_is_no_alternative(
    requests: int, failed: int, *, is_alternative: bool
) -> None:
    dear = with_failures("claude-opus-4-1", "classify", 200, 4)
    found = dearest([*dear, *with_failures("gpt-4o-mini", "chat", requests, failed)])
    assert (found.other_model == "gpt-4o-mini") is is_alternative


def test_failed_and_uncosted_requests_count_on_no_side() -> None:
    dear = with_failures("claude-opus-4-1", "classify", 90, 20)
    for number, item in enumerate(dear):
        item["cost_usd"] = None if number >= 80 else Decimal("0.03")
    cheap = [{**row("gpt-4o-mini", "chat"), "cost_usd": Decimal("0.0001")}] * 60
    (found, *_) = found_in([*dear, *cheap], "log")
    assert (found.requests, found.cost_usd) == (60, 60 * Decimal("0.03"))


def test_rows_that_are_sums_have_no_size_to_move_by() -> None:
    assert found_in([{**row("claude-opus-4-1"), "requests": 40}] * 60) == []


def test_too_few_requests_say_nothing() -> None:
    assert found_in([row("claude-opus-4-1")] * 29) == []
    assert found_in([]) == []


def test_a_batch_moves_to_a_batch_of_the_other_model() -> None:
    rows = [row("gpt-4o") for _ in range(60)] + [row("gpt-4o-mini") for _ in range(60)]
    standard = dearest(rows).saving_usd
    batches = dearest([{**each, "tier": "batch"} for each in rows]).saving_usd
    assert standard.low == 2 * batches.low > 0
    assert standard.high == 2 * batches.high


def test_a_search_that_is_charged_for_beside_its_tokens_is_not_moved() -> None:
    rows = [{**row("sonar-pro"), "provider": "perplexity"} for _ in range(60)]
    assert found_in(rows) == []
