"""What could be saved, against plain Python over the same rows."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices import Usage, calc_price

from agents.analytics import savings
from agents.analytics.cost import Basis
from agents.analytics.readers.read import read_file
from agents.analytics.table import open_table
from tests.agents.analytics.conftest import Opened
from tests.agents.analytics.test_cost import price_of


def at_model(row: dict[str, Any], model: str) -> Decimal:
    return price_of({**row, "model": model})


def test_a_switch_costs_what_the_same_tokens_cost_at_the_other_model(sample: Opened) -> None:
    found = savings.switches(sample.table, "prices")
    assert found
    for switch in found:
        rows = [
            row
            for row in sample.rows
            if (row["feature"] or "(none)") == switch.feature
            and row["model"] == switch.model
            and not row["is_error"]
        ]
        assert switch.requests == len(rows)
        assert switch.cost_usd == sum(map(price_of, rows))
        assert switch.other_cost_usd == sum(at_model(row, switch.other_model) for row in rows)
        assert switch.saving_usd == switch.cost_usd - switch.other_cost_usd
        assert switch.other_cost_usd * 2 <= switch.cost_usd


def test_the_largest_saving_comes_first_and_an_unpriced_model_is_no_choice(sample: Opened) -> None:
    found = savings.switches(sample.table, "log")
    amounts = [switch.saving_usd for switch in found]
    assert amounts == sorted(amounts, reverse=True)
    assert all(switch.other_model != "house-model" for switch in found)


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


def switches_of(
    home: Path, rows: list[str], more: str = "", basis: Basis = "prices"
) -> list[savings.Switch]:
    header = f"timestamp,model,feature,input_tokens,output_tokens{more}\n"
    (home / "log.csv").write_text(header + "\n".join(rows))
    read_file(home / "log.csv", home / "dataset")
    with open_table(home / "dataset") as table:
        return savings.switches(table, basis)


DAY = "2026-11-03"


def test_short_answers_of_a_dear_model_may_come_from_a_cheaper_one(tmp_path: Path) -> None:
    rows = [f"{DAY},claude-opus-4-1,classify,1000,5"] * 50 + [
        f"{DAY},gpt-4o-mini,chat,500,400"
    ] * 50
    (found,) = switches_of(tmp_path, rows)
    usage = Usage(input_tokens=1000, output_tokens=5)
    expected = 50 * calc_price(usage, "claude-opus-4-1").total_price
    assert (found.feature, found.model, found.other_model) == (
        "classify",
        "claude-opus-4-1",
        "gpt-4o-mini",
    )
    assert found.cost_usd == expected
    assert (found.output_p95, found.share_of_other_model) == (5, None)


def test_long_answers_stay_unless_the_cheaper_model_already_gives_them(tmp_path: Path) -> None:
    dear = [f"{DAY},gpt-4o,write,1000,900"] * 50
    assert switches_of(tmp_path / "a", [*dear, f"{DAY},gpt-4o-mini,chat,500,400"]) == []
    (found,) = switches_of(tmp_path / "b", [*dear, *[f"{DAY},gpt-4o-mini,write,1000,900"] * 50])
    assert found.share_of_other_model == 0.5


@pytest.fixture(autouse=True)
def homes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()


def test_features_and_models_are_kept_apart(tmp_path: Path) -> None:
    totals: defaultdict[str, int] = defaultdict(int)
    rows = [f"{DAY},gpt-4o,{name},1000,5" for name in ("a", "b", "b")]
    for switch in switches_of(tmp_path, rows + [f"{DAY},gpt-4o-mini,c,1,1"] * 3):
        totals[switch.feature] += switch.requests
    assert totals == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    "other",
    [
        "text-embedding-3-small,chat,500,0",  # writes nothing, here or anywhere
        "gpt-5-nano,chat,500,0",  # may write, but in this log does not
        "gpt-4o-mini-tts,chat,500,400",
        "gpt-4o-mini-transcribe,chat,500,400",
        "gpt-image-1-mini,chat,5,400",
        "gemini-embedding-001,chat,500,400",
    ],
)
def test_a_model_that_writes_no_text_is_no_alternative(tmp_path: Path, other: str) -> None:
    dear = [f"{DAY},claude-opus-4-1,classify,1000,5"] * 50
    assert switches_of(tmp_path, [*dear, *[f"{DAY},{other}"] * 50]) == []


def test_embeddings_are_not_moved_to_a_chat_model(tmp_path: Path) -> None:
    embeddings = [f"{DAY},text-embedding-ada-002,index,1000,0"] * 50
    assert switches_of(tmp_path, [*embeddings, *[f"{DAY},gpt-5-nano,chat,10,10"] * 50]) == []


def with_failures(model: str, feature: str, requests: int, failed: int) -> list[str]:
    return [f"{DAY},{model},{feature},1000,5,{500 if n < failed else 200}" for n in range(requests)]


@pytest.mark.parametrize(
    ("requests", "failed", "is_alternative"),
    [(200, 8, True), (200, 9, False), (99, 60, True), (100, 60, False)],
)
def test_a_model_that_fails_over_twice_as_often_is_no_alternative(
    tmp_path: Path, requests: int, failed: int, *, is_alternative: bool
) -> None:
    dear = with_failures("claude-opus-4-1", "classify", 200, 4)
    cheap = with_failures("gpt-4o-mini", "chat", requests, failed)
    assert bool(switches_of(tmp_path, [*dear, *cheap], ",status")) is is_alternative


def test_failed_requests_count_on_neither_side_of_a_switch(tmp_path: Path) -> None:
    dear = with_failures("claude-opus-4-1", "classify", 60, 20)
    (found,) = switches_of(
        tmp_path, [*dear, *with_failures("gpt-4o-mini", "chat", 50, 0)], ",status"
    )
    usage = Usage(input_tokens=1000, output_tokens=5)
    assert found.requests == 40
    assert found.cost_usd == 40 * calc_price(usage, "claude-opus-4-1").total_price
    assert found.other_cost_usd == 40 * calc_price(usage, "gpt-4o-mini").total_price


def test_a_request_whose_cost_is_unknown_counts_on_neither_side_of_a_switch(tmp_path: Path) -> None:
    dear = [f"{DAY},claude-opus-4-1,classify,1000,5,{'' if n < 20 else 0.03}" for n in range(60)]
    cheap = [f"{DAY},gpt-4o-mini,chat,1000,5,0.0001"] * 50
    (found,) = switches_of(tmp_path, [*dear, *cheap], ",cost_usd", basis="log")
    usage = Usage(input_tokens=1000, output_tokens=5)
    assert (found.requests, found.cost_usd) == (40, 40 * Decimal("0.03"))
    assert found.other_cost_usd == 40 * calc_price(usage, "gpt-4o-mini").total_price
