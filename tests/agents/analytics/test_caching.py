"""Repeated prompts and prompt caches, against plain Python over the same rows."""

import random
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from agents.analytics.caching import AnswerCache, answer_cache, answers, prompt_cache
from agents.analytics.effects import by_lever
from tests.agents.analytics.logs import utc
from tests.agents.analytics.tables import open_rows

Row = dict[str, Any]

START = utc(2026, 11, 2)
LIVES = {"5 minutes": 300, "1 hour": 3600, "1 day": 86_400, "any time": None}


def made(seed: int = 3, count: int = 400) -> list[Row]:
    """Prompts that repeat after seconds to days, some of them failing or without a prompt."""
    chance = random.Random(seed)
    moment, rows = START, []
    for _ in range(count):
        moment += timedelta(seconds=chance.choice([1, 7, 90, 600, 5000, 40_000]))
        rows.append(
            {
                "timestamp": moment,
                "model": chance.choice(["gpt-4o", "gpt-4o-mini"]),
                "feature": chance.choice(["search", "chat"]),
                "user_id": chance.choice(["ann", "ben"]),
                "prompt_hash": chance.choice([None, *"abcdefgh"]),
                "latency_ms": chance.choice([100.0, 3000.0, 20_000.0]),
                "is_error": chance.random() < 0.1,
                "cost_usd": Decimal(chance.randrange(100)) / 1000,
                "input_tokens": 1000,
                "output_tokens": 100,
            }
        )
    return rows


def end_of(row: Row) -> datetime:
    end: datetime = row["timestamp"] + timedelta(milliseconds=row["latency_ms"])
    return end


def hits(
    rows: list[Row], seconds: int | None, *, low: bool, by: tuple[str, ...] = ("model",)
) -> list[Row]:
    """Replayed one by one: some answer to the same prompt by the same model has to be there."""
    seen: defaultdict[tuple[Any, ...], list[Row]] = defaultdict(list)
    found = []
    for row in rows:
        if row["prompt_hash"] is None or row["is_error"]:
            continue
        earlier = seen[(row["prompt_hash"], *(row[name] for name in by))]
        now = row["timestamp"]
        there = [other for other in earlier if end_of(other) <= now]
        if seconds is not None and low:
            clock = now.timestamp() // seconds
            there = [it for it in there if it["timestamp"].timestamp() // seconds == clock]
        elif seconds is not None and there and now > end_of(earlier[-1]) + timedelta(0, seconds):
            there = []
        found += [row] * bool(there)
        earlier.append(row)
    return found


def cache_of(rows: list[Row]) -> AnswerCache:
    with open_rows(rows) as table:
        found = answer_cache(table, "log")
    assert found is not None
    return found


def test_hits_and_savings_are_those_of_a_replay() -> None:
    rows = made()
    found = cache_of(rows)
    counted = [row for row in rows if row["prompt_hash"] and not row["is_error"]]
    assert found.requests == len(counted)
    assert [life.keeps for life in found.lives] == list(LIVES)
    for life in found.lives:
        low, high = (hits(rows, LIVES[life.keeps], low=low) for low in (True, False))
        assert (life.hits_low, life.hits_high) == (len(low), len(high))
        assert life.share_high == pytest.approx(len(high) / len(counted))
        assert life.saving_usd is not None
        assert life.saving_usd.low == sum((row["cost_usd"] for row in low), Decimal(0))
        assert life.saving_usd.high == sum((row["cost_usd"] for row in high), Decimal(0))
    assert 0 < found.lives[0].hits_high < found.lives[2].hits_high


def test_hits_by_feature_are_those_of_a_day() -> None:
    rows = made()
    expected: defaultdict[str, int] = defaultdict(int)
    for row in hits(rows, 86_400, low=False):
        expected[row["feature"]] += 1
    assert {item.feature: item.hits for item in cache_of(rows).features} == expected


def test_a_repeat_before_the_answer_is_no_hit_but_counted() -> None:
    base = {**made(count=1)[0], "prompt_hash": "z", "is_error": False, "latency_ms": 9000.0}
    pair = [{**base, "timestamp": START + timedelta(seconds=s)} for s in (0, 4)]
    alone = [{**base, "prompt_hash": f"p{n}"} for n in range(99)]
    found = cache_of([*pair, *alone])
    assert found.while_running == 1
    assert [life.hits_high for life in found.lives] == [0, 0, 0, 0]


def test_an_answer_is_found_though_a_later_request_still_runs() -> None:
    base = {**made(count=1)[0], "prompt_hash": "health", "is_error": False, "latency_ms": 2000.0}
    rows = [{**base, "timestamp": START + timedelta(seconds=s)} for s in range(200)]
    found = cache_of(rows)
    assert found.while_running == 1
    assert [(life.hits_low, life.hits_high) for life in found.lives] == [(198, 198)] * 4


def test_what_a_user_asked_before_counts_though_others_asked_in_between() -> None:
    base = {**made(count=1)[0], "prompt_hash": "p", "is_error": False, "latency_ms": 100.0}
    asked = [
        {**base, "timestamp": START + timedelta(seconds=at), "user_id": ("ann", "ben")[at % 2]}
        for at in range(100)
    ]
    found = cache_of(asked)
    assert (found.lives[2].hits_high, found.same_user) == (99, 98)


@pytest.mark.parametrize("seed", range(4))
def test_a_cache_that_keeps_answers_for_a_time_hits_between_the_bounds(seed: int) -> None:
    chance = random.Random(seed)
    base, moment, rows = made(count=1)[0], START, []
    for _ in range(300):
        moment += timedelta(seconds=chance.choice([0.1, 1, 20, 400]))
        changed = {"timestamp": moment, "prompt_hash": chance.choice("ab"), "latency_ms": 50.0}
        rows.append({**base, "is_error": False, **changed})
    found = cache_of(rows)
    for life in found.lives[:3]:
        made_at: defaultdict[str, list[datetime]] = defaultdict(list)
        kept, count = timedelta(seconds=LIVES[life.keeps] or 0), 0
        for row in rows:
            now, answers_there = row["timestamp"], made_at[row["prompt_hash"]]
            if any(at <= now <= at + kept for at in answers_there):
                count += 1
            else:
                answers_there.append(end_of(row))
        assert life.hits_low <= count <= life.hits_high


def test_the_lever_keeps_answers_for_an_hour_for_one_and_for_a_day_for_all() -> None:
    rows = made()
    with open_rows(rows) as table:
        lever = by_lever(table, "log", answers())["repeat"]
    day = hits(rows, 86_400, low=False)
    own = hits(rows, 3600, low=False, by=("model", "user_id"))
    careful = sum((row["cost_usd"] for row in own), Decimal(0))
    assert lever["requests"] == len(day)
    assert lever["high"] == sum((row["cost_usd"] for row in day), Decimal(0))
    assert 0 < lever["low"] == careful < lever["high"]


def test_too_few_prompts_say_nothing() -> None:
    with open_rows(made(count=99)) as table:
        assert answer_cache(table, "log") is None
    with open_rows([]) as table:
        assert answer_cache(table, "log") is None
        assert prompt_cache(table) is None


def test_without_any_cost_hits_are_counted_and_no_saving_is_told() -> None:
    with open_rows(made()) as table:
        found = answer_cache(table, None)
    assert found is not None
    assert found.lives[2].hits_high > 0
    assert all(life.saving_usd is None for life in found.lives)


def test_what_the_prompt_cache_saved_is_reads_less_writes_at_list_prices() -> None:
    # claude-opus-4-5, per million: input 5, read 0.5, written 6.25, written for an hour 10.
    rows = [
        {
            "timestamp": START,
            "model": "claude-opus-4-5",
            "feature": "chat",
            "input_tokens": 10_000,
            "cached_tokens": 4000,
            "cache_write_tokens": 3000,
            "long_cache_write_tokens": 1000,
        },
        {"timestamp": START, "model": "house", "input_tokens": 90_000, "cached_tokens": 0},
        {"timestamp": START, "model": "house", "input_tokens": 90_000},
    ]
    with open_rows(rows) as table:
        found = prompt_cache(table)
    assert found is not None
    expected = (4000 * Decimal("4.5") - 2000 * Decimal("1.25") - 1000 * Decimal(5)) / 10**6
    assert found.total.saved_usd == expected
    assert (found.total.input_tokens, found.total.cached_tokens) == (100_000, 4000)
    assert found.total.share == 0.04
    models = {item.key: item for item in found.models}
    assert models["claude-opus-4-5"].share == 0.4
    assert models["house"].saved_usd is None
    assert [item.key for item in found.features] == ["chat"]
