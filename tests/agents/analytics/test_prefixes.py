"""What a provider's prompt cache could save, and writes in vain, against sums done by hand."""

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agents.analytics.cacherules import cache_rule
from agents.analytics.effects import by_lever
from agents.analytics.prefixes import (
    PrefixCache,
    prefix_caches,
    prefix_effect,
    prefixes,
    unread_writes,
    writes_effect,
)
from agents.analytics.prices import find_price
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows

Row = dict[str, Any]

MILLION = 10**6


def turn(minutes: float, inputs: int, output: int = 200, **values: Any) -> Row:
    return {
        "timestamp": utc(2026, 11, 2) + timedelta(minutes=minutes),
        "model": "gpt-4o",
        "feature": "chat",
        "session_id": "s",
        "input_tokens": inputs,
        "output_tokens": output,
        "cached_tokens": 0,
        "is_error": False,
        **values,
    }


def bounds(rows: list[Row]) -> list[PrefixCache]:
    with open_rows(rows) as table:
        return prefix_caches(prefixes(table, "prices"))


def test_a_growing_conversation_could_read_its_earlier_prompts() -> None:
    # gpt-4o: 2.5 to read, 1.25 from the cache; at least 1,024 tokens in steps of 128.
    rows = [turn(0, 1500), turn(1, 1800, cached_tokens=1024), turn(2, 2300)]
    (found,) = bounds(rows)
    # The second could have read 1408 of 1500, of which it read 1024; the third 1792 of 1800.
    expected = Decimal(1408 - 1024 + 1792) * Decimal("1.25") / MILLION
    assert found.saving_usd.low == found.saving_usd.high == expected
    assert found.cached_share == pytest.approx(1024 / 5600)
    assert found.high_share == pytest.approx((1408 + 1792) / 5600)
    assert (found.minimum_tokens, found.kept_seconds) == (1024, 300)


def test_a_prompt_that_did_not_grow_by_the_answer_is_only_the_favourable_end() -> None:
    (found,) = bounds([turn(0, 2048, output=500), turn(1, 2100)])
    assert found.saving_usd.low == 0
    assert found.saving_usd.high == Decimal(2048) * Decimal("1.25") / MILLION


def test_without_sessions_a_users_requests_are_only_the_favourable_end() -> None:
    rows = [turn(0, 2048, session_id=None, user_id="ann"), turn(1, 2600, session_id=None)]
    assert bounds(rows) == []
    rows[1]["user_id"] = "ann"
    (found,) = bounds(rows)
    assert (found.saving_usd.low > 0, found.saving_usd.high > 0) == (False, True)


def test_an_equal_prompt_is_certain_without_any_conversation() -> None:
    rows = [turn(n, 2048, session_id=None, prompt_hash="same") for n in range(3)]
    (found,) = bounds(rows)
    assert found.saving_usd.low == 2 * Decimal(2048) * Decimal("1.25") / MILLION


@pytest.mark.parametrize(
    "rows",
    [
        [turn(0, 1000), turn(1, 1200)],  # below the provider's minimum
        [turn(0, 1500), turn(7, 1800)],  # after the cache's life
        [turn(0, 1500), turn(1, 1800, session_id="another")],
        [turn(0, 1500), turn(1, 1800, cached_tokens=1408)],  # read already
        [turn(0, 1500, model="house"), turn(1, 1800, model="house")],
        [],
    ],
    ids=["short", "late", "other session", "cached", "no price", "no rows"],
)
def test_where_nothing_can_be_saved_nothing_is_said(rows: list[Row]) -> None:
    assert bounds(rows) == []


def test_what_has_to_be_written_is_taken_off() -> None:
    # claude-opus-4-5, per million: 5, read 0.5, written 6.25; at least 4,096 tokens.
    rows = [turn(0, 6000, model="claude-opus-4-5"), turn(1, 6500, model="claude-opus-4-5")]
    (found,) = bounds(rows)
    gain = Decimal(6000) * Decimal("4.5")
    writing = Decimal(6000 + 500) * Decimal("1.25")
    assert found.saving_usd.high == pytest.approx((gain - writing) / MILLION, abs=Decimal("1e-9"))


def test_the_lever_saves_what_the_analysis_says() -> None:
    rows = [turn(0, 6000, model="claude-opus-4-5"), turn(1, 6500, model="claude-opus-4-5")]
    rows += [turn(0, 1500), turn(1, 1800), turn(2, 2300, output=0)]
    with open_rows(rows) as table:
        found = prefixes(table, "prices")
        said = {f"{item.feature}\x1f{item.model}": item for item in prefix_caches(found)}
        levers = by_lever(table, "prices", prefix_effect(table, found))
    assert levers.keys() == said.keys()
    assert len(levers) == 2
    for name, item in said.items():
        assert float(levers[name]["high"]) == pytest.approx(float(item.saving_usd.high), abs=1e-9)
        assert float(levers[name]["low"]) == pytest.approx(float(item.saving_usd.low), abs=1e-9)


@pytest.mark.parametrize(
    ("name", "minimum", "step"),
    [
        ("gpt-4o", 1024, 128),
        ("o3", 1024, 128),
        ("gpt-6.1-sol", 1024, 1),
        ("claude-haiku-4-5", 4096, 1),
        ("claude-opus-4-7", 2048, 1),
        ("claude-opus-5", 512, 1),
        ("claude-opus-5-5", 512, 1),
        ("claude-sonnet-4-5", 1024, 1),
        ("gemini-2.5-flash", 2048, 1),
        ("gemini-3.5-flash", 4096, 1),
        ("deepseek-chat", 1024, 1),
    ],
)
def test_the_rule_is_that_of_the_model(name: str, minimum: int, step: int) -> None:
    priced = find_price(name)
    assert priced is not None
    rule = cache_rule(priced)
    assert (rule.minimum, rule.step) == (minimum, step)


def write(minutes: float, tokens: int, **values: Any) -> Row:
    return turn(minutes, 10_000, 0, model="claude-opus-4-5", cache_write_tokens=tokens, **values)


def test_writes_that_nobody_reads_in_time_cost_more_than_plain_input() -> None:
    rows = [
        write(0, 1000),  # read by the same conversation after 4 minutes
        write(4, 0, cached_tokens=900),
        write(20, 2000),  # read by another conversation only
        write(22, 0, cached_tokens=900, session_id="another"),
        write(60, 4000),  # never read again
        write(61, 8000, long_cache_write_tokens=8000),  # for an hour, and read after half of it
        write(90, 0, cached_tokens=900),
    ]
    with open_rows(rows) as table:
        (found,) = unread_writes(table, "prices")
        lever = by_lever(table, "prices", writes_effect())["claude-opus-4-5"]
    assert found.cache_write_tokens == 15_000
    assert (found.unread_low, found.unread_high) == (4000, 6000)
    assert found.lost_usd.low == Decimal(4000) * Decimal("1.25") / MILLION
    assert found.lost_usd.high == Decimal(6000) * Decimal("1.25") / MILLION
    assert (lever["low"], lever["high"]) == (found.lost_usd.low, found.lost_usd.high)
    assert lever["requests"] == 2


@pytest.mark.parametrize("seed", [10, 12, 17])
def test_rows_of_the_same_moment_leave_the_bounds_in_order(seed: int) -> None:
    chance = random.Random(seed)
    rows = [
        write(
            chance.choice([0, 0, chance.random() * 4000]),
            chance.choice([0, 1000, 2000]),
            cached_tokens=chance.choice([0, 900]),
            session_id=chance.choice([None, "s"]),
            feature=chance.choice("abc"),
        )
        for _ in range(200)
    ]
    with open_rows(rows) as table:
        (found,) = unread_writes(table, "prices")
    assert found.unread_low <= found.unread_high <= found.cache_write_tokens
    assert found.lost_usd.low <= found.lost_usd.high


def test_a_write_that_costs_what_input_costs_loses_nothing() -> None:
    with open_rows([turn(0, 9000, cache_write_tokens=8000)]) as table:
        assert unread_writes(table, "prices") == []
