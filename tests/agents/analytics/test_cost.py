"""Costs from the log and at published prices, against plain Python and genai-prices row by row."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from agents.analytics.cost import Costs, costs
from agents.analytics.groups import GroupBy
from agents.analytics.money import plain
from agents.analytics.prices import find_price
from agents.analytics.readers.read import read_file
from agents.analytics.table import open_table
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows
from tests.agents.analytics.test_performance import KEYS, percentile

UNKNOWN = "house-model"


def price_of(row: dict[str, Any]) -> Decimal:
    """What genai-prices says of this one request."""
    if row["model"] == UNKNOWN:
        return Decimal(0)
    usage = Usage(
        input_tokens=row["input_tokens"] or 0,
        cache_read_tokens=row["cached_tokens"] or 0,
        output_tokens=row["output_tokens"] or 0,
    )
    return calc_price(usage, row["model"], genai_request_timestamp=row["timestamp"]).total_price


def test_costs_of_the_log_are_summed_exactly(sample: Opened) -> None:
    found = costs(sample.table, "log").total
    given = [row["cost_usd"] for row in sample.rows if row["cost_usd"] is not None]
    assert found.cost_usd == sum(given)
    assert found.uncosted == len(sample.rows) - len(given)
    assert found.uncosted_tokens == sum(
        (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
        for row in sample.rows
        if row["cost_usd"] is None
    )


def test_prices_are_those_of_genai_prices_for_every_single_request(sample: Opened) -> None:
    found = costs(sample.table, "prices").total
    assert found.cost_usd == sum(map(price_of, sample.rows))


@pytest.mark.parametrize("by", KEYS)
@pytest.mark.parametrize("basis", ["log", "prices"])
def test_costs_by_group_are_those_of_plain_python(sample: Opened, basis: Any, by: GroupBy) -> None:
    expected: defaultdict[str, Decimal] = defaultdict(Decimal)
    requests: defaultdict[str, int] = defaultdict(int)
    for row in sample.rows:
        key = KEYS[by](row)
        requests[key] += 1
        expected[key] += price_of(row) if basis == "prices" else row["cost_usd"] or 0
    found = costs(sample.table, basis, by)
    assert found.groups is not None
    for item in found.groups.items:
        assert (item.requests, item.cost_usd) == (requests[item.key], expected[item.key])
    left_out = found.groups.left_out.groups if found.groups.left_out else 0
    assert len(found.groups.items) + left_out == len(expected)


def test_the_cost_of_a_single_request_is_that_of_plain_python(sample: Opened) -> None:
    given = [row["cost_usd"] for row in sample.rows if row["cost_usd"] is not None]
    found = costs(sample.table, "log").per_request
    assert found is not None
    assert found.mean == pytest.approx(sum(given) / len(given))
    assert found.max == max(given)
    amounts = list(map(float, given))
    assert float(found.p50) == pytest.approx(percentile(amounts, 0.5), abs=1e-9)
    assert float(found.p95) == pytest.approx(percentile(amounts, 0.95), abs=1e-9)


def test_the_cost_of_a_single_request_is_not_known_from_prices(sample: Opened) -> None:
    assert costs(sample.table, "prices").per_request is None


def test_costs_by_error_are_those_of_failed_requests_and_the_total_is_that_of_all(
    tmp_path: Path,
) -> None:
    rows = ["200,,1", "500,boom,0.5", "500,boom,0.25", "500,,2"]
    (tmp_path / "log.csv").write_text("model,status,error,cost_usd\nm," + "\nm,".join(rows))
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    with open_table(tmp_path / "dataset") as table:
        found = costs(table, "log", "error")
    assert found.groups is not None
    (boom,) = found.groups.items
    assert (boom.key, boom.requests, boom.cost_usd) == ("boom", 2, Decimal("0.75"))
    assert (found.total.requests, found.total.cost_usd) == (4, Decimal("3.75"))


def test_tokens_are_summed(sample: Opened) -> None:
    total = costs(sample.table, "prices").total
    for name in ("input_tokens", "output_tokens", "cached_tokens"):
        assert getattr(total, name) == sum(row[name] or 0 for row in sample.rows)


def test_a_model_without_a_price_is_listed_and_not_priced(sample: Opened) -> None:
    found = costs(sample.table, "prices")
    (unknown,) = found.unknown_models
    of_model = [row for row in sample.rows if row["model"] == UNKNOWN]
    tokens = [(row["input_tokens"] or 0) + (row["output_tokens"] or 0) for row in sample.rows]
    assert (unknown.model, unknown.requests) == (UNKNOWN, len(of_model))
    assert found.total.uncosted == len(of_model)
    assert unknown.tokens == found.total.uncosted_tokens
    assert unknown.share_of_tokens == pytest.approx(unknown.tokens / sum(tokens))


def test_the_most_expensive_group_comes_first(sample: Opened) -> None:
    groups = costs(sample.table, "prices", "model").groups
    assert groups is not None
    amounts = [item.cost_usd for item in groups.items]
    assert amounts == sorted(amounts, reverse=True)


def test_amounts_are_decimal_strings_in_json(sample: Opened) -> None:
    found: Costs = costs(sample.table, "log")
    text = found.model_dump(mode="json")["total"]["cost_usd"]
    assert Decimal(text) == found.total.cost_usd
    assert "E" not in text.upper()


def priced_log(home: Path, *rows: tuple[str, str, int, int]) -> Decimal:
    lines = [",".join(map(str, row)) for row in rows]
    (home / "log.csv").write_text("timestamp,model,input_tokens,output_tokens\n" + "\n".join(lines))
    read_file(home / "log.csv", home / "dataset")
    with open_table(home / "dataset") as table:
        return costs(table, "prices").total.cost_usd


@pytest.mark.parametrize(
    "model", ["deepseek-chat", "deepseek-v4-flash", "gpt-4o", "claude-sonnet-4-5", "o3"]
)
def test_the_price_of_the_hour_is_taken_on_both_sides_of_every_change(
    tmp_path: Path, model: str
) -> None:
    start = utc(2026, 8, 16, 0, 0)
    moments = [start + timedelta(minutes=30) * step for step in range(0, 48 * 30, 7)]
    rows = [(moment.isoformat(), model, 1000, 100) for moment in moments]
    usage = Usage(input_tokens=1000, output_tokens=100)
    expected = [
        calc_price(usage, model, genai_request_timestamp=moment).total_price for moment in moments
    ]
    assert priced_log(tmp_path, *rows) == sum(expected)


def test_a_long_prompt_is_charged_at_its_tier_only_above_the_threshold(tmp_path: Path) -> None:
    moment = utc(2026, 8, 16).isoformat()
    sizes = [199_999, 200_000, 200_001, 900_000]
    rows = [(moment, "claude-sonnet-4-5", size, 10) for size in sizes]
    expected = [
        calc_price(
            Usage(input_tokens=size, output_tokens=10),
            "claude-sonnet-4-5",
            genai_request_timestamp=utc(2026, 8, 16),
        ).total_price
        for size in sizes
    ]
    assert priced_log(tmp_path, *rows) == sum(expected)


def test_a_log_without_times_is_priced_as_of_today(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("model,input_tokens,output_tokens\ngpt-4o,1000,100\n")
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    with open_table(tmp_path / "dataset") as table:
        found = costs(table, "prices").total.cost_usd
    usage = Usage(input_tokens=1000, output_tokens=100)
    assert found == calc_price(usage, "gpt-4o").total_price


@pytest.mark.parametrize(
    "name", ["gpt-4o", "GPT-4o", "openai/gpt-4o", "azure/gpt-4o", "x/gpt-4o", "or/openai/gpt-4o"]
)
def test_a_model_is_found_with_and_without_a_gateways_prefix(name: str) -> None:
    assert find_price(name) is not None


@pytest.mark.parametrize("name", ["", "house-model", "/", "a/b/c", "'; DROP TABLE log; --"])
def test_an_unknown_name_has_no_price(name: str) -> None:
    assert find_price(name) is None


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0"), ("40", "40"), ("12.50", "12.5"), ("1.5E-6", "0.0000015"), ("1E+3", "1000")],
)
def test_money_is_written_plainly(amount: str, text: str) -> None:
    assert plain(Decimal(amount)) == text


CACHED = "model,input_tokens,output_tokens,cache_read_input_tokens,cache_creation_input_tokens\n"


def costs_of(home: Path, content: str) -> Costs:
    (home / "log.csv").write_text(content)
    read_file(home / "log.csv", home / "dataset")
    with open_table(home / "dataset") as table:
        return costs(table, "prices")


def test_tokens_written_to_the_cache_have_their_own_price(tmp_path: Path) -> None:
    found = costs_of(tmp_path, CACHED + "claude-sonnet-4-5,10,7,500,2000\n")
    usage = Usage(
        input_tokens=2510, cache_read_tokens=500, cache_write_tokens=2000, output_tokens=7
    )
    assert found.total.cost_usd == calc_price(usage, "claude-sonnet-4-5").total_price
    assert (found.total.input_tokens, found.total.cache_write_tokens) == (2510, 2000)
    assert "'claude-sonnet-4-5' wrote to the cache cost" in found.notes[0]


def test_without_a_price_for_cache_writes_they_cost_what_input_costs(tmp_path: Path) -> None:
    found = costs_of(tmp_path, CACHED + "gpt-4o,2510,7,0,2000\n")
    usage = Usage(input_tokens=2510, output_tokens=7)
    assert found.total.cost_usd == calc_price(usage, "gpt-4o").total_price
    assert "priced as other input tokens" in found.notes[0]


def test_a_log_without_cache_writes_needs_no_note(sample: Opened) -> None:
    assert costs(sample.table, "prices").notes == []


def row(**values: Any) -> dict[str, Any]:
    base = {"timestamp": utc(2026, 11, 1), "model": "gpt-4o", "is_error": False}
    return {**base, "input_tokens": 1000, "output_tokens": 100, **values}


def test_the_cost_of_all_kinds_of_tokens_is_the_whole_cost() -> None:
    # gpt-4o, per million: input 2.5, cached 1.25, output 10.
    with open_rows([row(cached_tokens=400, reasoning_tokens=30)]) as table:
        found = costs(table, "prices").by_kind
    assert {kind.kind: (kind.tokens, kind.cost_usd) for kind in found} == {
        "input": (600, Decimal("0.0015")),
        "cached input": (400, Decimal("0.0005")),
        "output": (70, Decimal("0.0007")),
        "reasoning": (30, Decimal("0.0003")),
    }
    assert sum(kind.share for kind in found) == pytest.approx(1)


def test_the_logs_own_costs_stand_beside_list_prices() -> None:
    # 1000 input and 100 output tokens of gpt-4o cost 0.0035 dollars at list prices.
    rows = [
        row(cost_usd=Decimal("0.0028")),
        row(cost_usd=Decimal("0.0028")),
        row(cost_usd=Decimal("0.0001"), model="house-model"),
        row(cost_usd=Decimal(0), is_error=True),
        row(),
    ]
    with open_rows(rows) as table:
        found = costs(table, "log").against_list
    assert found is not None
    assert (found.requests, found.paid_usd, found.list_usd) == (
        2,
        Decimal("0.0056"),
        Decimal("0.007"),
    )
    assert found.ratio == pytest.approx(0.8)
    assert [model.model for model in found.models] == ["gpt-4o"]


def test_requests_of_rows_that_are_sums_are_added_up() -> None:
    rows = [row(requests=40), row(requests=2, model="house-model"), row(requests=3)]
    with open_rows(rows) as table:
        found = costs(table, "prices", "model")
    assert (found.total.requests, found.total.uncosted, found.total.costed) == (45, 2, 43)
    assert found.groups is not None
    assert [(item.key, item.requests) for item in found.groups.items] == [
        ("gpt-4o", 43),
        ("house-model", 2),
    ]
    assert [(model.model, model.requests) for model in found.unknown_models] == [("house-model", 2)]


def test_where_a_sum_does_not_tell_its_requests_no_figure_per_request_is_made_of_it() -> None:
    with open_rows([row(requests=0, cost_usd=Decimal(3)), row(cost_usd=Decimal(1))]) as table:
        found = costs(table, "log", "model")
    assert (found.total.requests, found.total.uncounted, found.total.costed) == (1, 1, 0)
    assert found.total.cost_usd == Decimal(4)
    assert found.per_request is None
    assert found.groups is not None
    assert [extreme.figure for extreme in found.groups.extremes] == []


def test_a_fee_for_each_request_is_paid_for_each_request_of_a_sum() -> None:
    # Perplexity's sonar: $12 per thousand requests and $1 per million tokens.
    with open_rows([row(model="sonar", provider="perplexity", requests=3)]) as table:
        found = costs(table, "prices")
    assert found.total.cost_usd == 3 * Decimal("0.012") + 1100 * Decimal("0.000001")
    assert {kind.kind: kind.cost_usd for kind in found.by_kind}["fee"] == Decimal("0.036")


def test_parts_that_exceed_the_whole_are_no_more_than_it() -> None:
    broken = row(cached_tokens=5000, cache_write_tokens=5000, reasoning_tokens=700)
    with open_rows([broken]) as table:
        found = costs(table, "prices").by_kind
    assert sum(kind.tokens for kind in found) == 1100


def test_no_rows_cost_nothing_and_a_kind_without_tokens_is_not_listed() -> None:
    with open_rows([]) as table:
        found = costs(table, "prices", "day")
    assert (found.total.requests, found.total.cost_usd) == (0, Decimal(0))
    assert not found.by_kind
