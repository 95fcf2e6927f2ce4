"""
Answers that could have been kept, and prompts that the provider could have kept.

Two caches are told apart. One of answers saves a whole request that repeats an earlier one. The
provider's own prompt cache saves a part of the price of a prompt that begins like an earlier one;
what it does now is read from the log, what it could do is bounded in `prefixes`.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel

from agents.analytics.effects import Effect, dollars, simulated
from agents.analytics.figures import Ratio
from agents.analytics.money import Usd, UsdRange
from agents.analytics.priced import TOKENS, Basis, priced
from agents.analytics.table import Table
from agents.analytics.traced import CLOCKS, traced

LIVES: dict[str, int] = dict(zip(("5 minutes", "1 hour", "1 day"), CLOCKS, strict=True))
FEWEST_PROMPTS = 100  # with fewer, a share of repeats says nothing
TOP = 10

CAREFUL_LIFE, LONGEST_LIFE = "1 hour", "1 day"

_CAN_HIT = (
    "prompt_hash IS NOT NULL AND is_error IS NOT TRUE AND requests = 1"
    " AND first_answered <= timestamp"
)


class Life(BaseModel):
    """
    Requests that a cache would have answered that keeps answers for this time.

    `low` counts a cache that is emptied whenever that time has passed on the clock, `high` one that
    keeps an answer for that time after its last use; of a cache that keeps it for that time after
    it was made the truth lies between, but for requests that overlap. "any time" keeps all answers.
    """

    keeps: str
    hits_low: int
    hits_high: int
    share_low: Ratio  # of the successful requests whose prompt is known, from 0 to 1
    share_high: Ratio
    saving_usd: UsdRange | None  # of the hits whose cost is known; None if none is


class FeatureRepeats(BaseModel):
    feature: str
    requests: int
    hits: int  # when answers are kept for a day after their last use
    share: Ratio
    saving_usd: Usd | None


class AnswerCache(BaseModel):
    """
    Requests with a prompt and model that were answered before; failed ones count on no side.

    `while_running` came when no earlier one was answered yet: a cache could not help them,
    joining them would. `same_user` are those of "1 day" that the same user had asked before.
    """

    requests: int
    lives: list[Life]
    while_running: int
    same_user: int
    features: list[FeatureRepeats]


class CachedShare(BaseModel):
    """
    What the provider's prompt cache does now, of rows that tell their input and cached tokens.

    `saved_usd` is what reading saved less what writing cost beyond plain input, at list prices;
    below 0 the cache cost more than it brought.
    """

    key: str
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    share: Ratio  # of the input tokens that were read from it
    saved_usd: Usd | None


class PromptCache(BaseModel):
    total: CachedShare
    models: list[CachedShare]
    features: list[CachedShare]


def answer_cache(table: Table, basis: Basis | None) -> AnswerCache | None:
    """
    Needs prompt_hash and timestamp; None with fewer than 100 prompts. Without `basis` no saving is
    told.
    """
    source = priced(table, basis or "prices", source=traced(*_NEEDS, *_CLOCKED))
    expressions = [
        "feature",
        "grouping(feature) AS is_total",
        "count(*) FILTER (prompt_hash IS NOT NULL AND is_error IS NOT TRUE) AS requests",
        "count(*) FILTER (first_answered > timestamp AND is_error IS NOT TRUE) AS while_running",
        f"count(*) FILTER ({hit(LONGEST_LIFE)} AND {own_hit(LONGEST_LIFE)}) AS same_user",
    ]
    for number, (low, high) in enumerate(_conditions()):
        for end, condition in (("low", low), ("high", high)):
            expressions += [
                f"count(*) FILTER ({condition}) AS hits_{end}_{number}",
                f"coalesce(sum(paid_usd) FILTER ({condition}), 0) AS saved_{end}_{number}",
            ]
    rows = table.rows(
        expressions,
        "WHERE prompt_hash IS NOT NULL AND timestamp IS NOT NULL AND requests = 1"
        " GROUP BY GROUPING SETS ((), (feature))",
        source=source,
    )
    total = next((row for row in rows if row["is_total"]), None)
    if total is None or total["requests"] < FEWEST_PROMPTS:
        return None
    return AnswerCache(
        requests=total["requests"],
        lives=list(_lives(total, basis)),
        while_running=total["while_running"],
        same_user=total["same_user"],
        features=_features([row for row in rows if not row["is_total"]], basis),
    )


_NEEDS = ("first_answered", "answered", "own_first", "own_answered")
_CLOCKED = tuple(f"answered_in_{seconds}" for seconds in CLOCKS)


def hit(life: str) -> str:
    """SQL: whether a row of `traced` repeats an answer that was last used at most so long ago."""
    return f"({_CAN_HIT} AND timestamp <= answered + to_seconds({LIVES[life]}))"


def own_hit(life: str) -> str:
    """SQL: whether it repeats one to the same user; rows without a user are taken for one's."""
    within = f"timestamp <= own_answered + to_seconds({LIVES[life]})"
    return f"({_CAN_HIT} AND own_first <= timestamp AND {within})"


def answers() -> Effect:
    """
    The lever of keeping answers: a request that is not made costs nothing.

    Cautious are answers of the last hour to the same user, favourable those of the last day to
    anybody.
    """
    return Effect(
        kind="repeat",
        lever=f"if({hit(LONGEST_LIFE)}, 'repeat', NULL)",
        low=f"if({own_hit(CAREFUL_LIFE)}, 1, 0)",
        high="1",
        needs=_NEEDS,
    )


def prompt_cache(table: Table) -> PromptCache | None:
    """From cached_tokens and input_tokens; None when no row has both."""
    saved = (
        f"({TOKENS['cached']}) * (today_input_rate - today_cached_rate)"
        f" - ({TOKENS['written']}) * (today_written_rate - today_input_rate)"
        f" - ({TOKENS['long_written']}) * (today_long_written_rate - today_input_rate)"
    )
    expressions = (
        "model",
        "feature",
        "grouping(model) AS no_model",
        "grouping(feature) AS no_feature",
        "CAST(sum(input_tokens) AS BIGINT) AS input_tokens",
        f"CAST(sum({TOKENS['cached']}) AS BIGINT) AS cached_tokens",
        f"CAST(sum({TOKENS['written']} + {TOKENS['long_written']}) AS BIGINT) AS"
        " cache_write_tokens",
        f"if(count(today_input_rate) = 0, NULL, {dollars(saved)}) AS saved_usd",
    )
    tail = (
        "WHERE input_tokens IS NOT NULL AND cached_tokens IS NOT NULL"
        " GROUP BY GROUPING SETS ((), (model), (feature))"
    )
    rows = table.rows(expressions, tail, source=simulated(table, "prices"))
    total = [row for row in rows if row["no_model"] and row["no_feature"]]
    if not total or total[0]["input_tokens"] is None:
        return None
    return PromptCache(
        total=_cached("all", total[0]),
        models=_largest(rows, "model", "no_feature"),
        features=_largest(rows, "feature", "no_model"),
    )


def _largest(
    rows: Sequence[dict[str, Any]], by: Literal["model", "feature"], only: str
) -> list[CachedShare]:
    of_kind = [row for row in rows if row[only] and row[by] is not None]
    largest = sorted(of_kind, key=lambda row: (-row["input_tokens"], row[by]))[:TOP]
    return [_cached(row[by], row) for row in largest]


def _cached(key: str, row: dict[str, Any]) -> CachedShare:
    tokens = row["input_tokens"]
    return CachedShare(
        key=key,
        input_tokens=tokens,
        cached_tokens=row["cached_tokens"],
        cache_write_tokens=row["cache_write_tokens"],
        share=row["cached_tokens"] / tokens if tokens else 0,
        saved_usd=row["saved_usd"],
    )


def _conditions() -> Iterator[tuple[str, str]]:
    """SQL for each life: a hit at the low and at the high end; the last one keeps all answers."""
    for life, seconds in LIVES.items():
        yield f"{_CAN_HIT} AND answered_in_{seconds} <= timestamp", hit(life)
    yield _CAN_HIT, _CAN_HIT


def _lives(row: dict[str, Any], basis: Basis | None) -> Iterator[Life]:
    for number, keeps in enumerate((*LIVES, "any time")):
        low, high = row[f"hits_low_{number}"], row[f"hits_high_{number}"]
        yield Life(
            keeps=keeps,
            hits_low=low,
            hits_high=high,
            share_low=low / row["requests"],
            share_high=high / row["requests"],
            saving_usd=UsdRange(low=row[f"saved_low_{number}"], high=row[f"saved_high_{number}"])
            if basis
            else None,
        )


def _features(rows: Sequence[dict[str, Any]], basis: Basis | None) -> list[FeatureRepeats]:
    day = list(LIVES).index(LONGEST_LIFE)
    found = [
        FeatureRepeats(
            feature=row["feature"] or "(none)",
            requests=row["requests"],
            hits=row[f"hits_high_{day}"],
            share=row[f"hits_high_{day}"] / row["requests"],
            saving_usd=Decimal(row[f"saved_high_{day}"]) if basis else None,
        )
        for row in rows
        if row[f"hits_high_{day}"]
    ]
    return sorted(found, key=lambda item: (-(item.saving_usd or 0), -item.hits, item.feature))[:TOP]
