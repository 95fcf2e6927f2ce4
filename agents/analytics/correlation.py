"""
What goes with latency, cost and failures; going with is not causing.

Numbers are compared by Spearman's rank correlation, over all requests and within each model: a slow
model that happens to get long prompts is no effect of long prompts. What holds within models is the
answer; where both differ, it is said. Names and hours are compared by the share of the variance of
ranks that lies between their groups.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel

from agents.analytics.duck import select
from agents.analytics.effect_sizes import (
    FEWEST,
    Effect,
    Strength,
    correlation,
    pooled,
    separation,
    share_explained,
    strength,
)
from agents.analytics.extremes import Amount
from agents.analytics.figures import Ratio
from agents.analytics.table import LOG, Table

Target = Literal["latency_ms", "ttft_ms", "cost_usd", "is_error"]
Number = Literal["input_tokens", "output_tokens", "cached_share", "concurrency"]
Name = Literal["model", "feature", "user", "provider", "tier", "hour_of_day", "weekday"]

NUMBERS: dict[Number, tuple[str, ...]] = {
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "cached_share": ("cached_tokens", "input_tokens"),
    "concurrency": ("timestamp", "latency_ms"),
}
NAMES: dict[Name, tuple[str, ...]] = {
    "model": ("model",),
    "feature": ("feature",),
    "user": ("user_id",),
    "provider": ("provider",),
    "tier": ("tier",),
    "hour_of_day": ("timestamp",),
    "weekday": ("timestamp",),
}
"""The columns that each needs."""

MOST_ROWS = 100_000  # of more rows, a sample of about so many
MOST_MODELS = 20
LARGEST_DIFFERENCE = 0.2  # between all requests and within models, from which on it is said
DISAGREEMENT = 0.75  # of models, from which on it is said
_OBSERVED = "observed"
_MOST_NAMES = 1000  # groups of a name

_COLUMNS = (
    "input_tokens",
    "output_tokens",
    "if(input_tokens > 0, cached_tokens / input_tokens, NULL) AS cached_share",
    "coalesce(model, '(none)') AS model",
    "feature",
    'user_id AS "user"',
    "provider",
    "tier",
    "strftime(timestamp, '%H:00') AS hour_of_day",
    "strftime(timestamp, '%A') AS weekday",
    "latency_ms",
    "ttft_ms",
    "cost_usd",
    "is_error",
    "timestamp",
)


class NumberEffect(BaseModel):
    """
    From -1 (the more, the less) to 1; `within_models` is the answer, with its interval of 95 %,
    and `overall` what a mix of models makes of it. `strength` is that of the interval's end nearer
    to 0. Of failures it is how often the number is larger with a failure than without, less how
    often smaller.
    """

    factor: Number
    requests: int
    strength: Strength
    within_models: Ratio
    low: Ratio
    high: Ratio
    overall: Ratio | None
    models: int  # that were compared
    mix_of_models: bool  # overall tells something else
    models_disagree: bool


class Side(BaseModel):
    """A group with its median (share, of failures)."""

    key: str
    value: Amount
    requests: int


class NameEffect(BaseModel):
    """
    `explained` is the share of the variance of ranks between the groups, from 0 to 1, within models
    but for models themselves; `strength` is that of its root. `highest` and `lowest` are those of
    groups with 25 requests or more.
    """

    factor: Name
    requests: int
    strength: Strength
    explained: Ratio
    explained_overall: Ratio
    groups: int
    highest: Side
    lowest: Side


class Correlations(BaseModel):
    """What goes with `target`, the strongest first."""

    target: Target
    requests: int  # that are compared
    is_sample: bool
    numbers: list[NumberEffect]
    names: list[NameEffect]
    too_little: list[str]  # factors that do not vary, or have too few values


def correlations(
    table: Table, target: Target, numbers: Sequence[Number], names: Sequence[Name]
) -> Correlations:
    """Each factor whose columns the data set has, against `target`."""
    rows = table.row([f"count({target}) AS known"])["known"]
    every = max(1, round(rows / MOST_ROWS))
    _observe(table, target, every, with_concurrency="concurrency" in numbers)
    of_numbers = {factor: _number(table, target, factor) for factor in numbers}
    of_names = {factor: _name(table, target, factor) for factor in names}
    return Correlations(
        target=target,
        requests=table.rows(["count(*) AS n"], source=_OBSERVED)[0]["n"],
        is_sample=every > 1,
        numbers=sorted(
            filter(None, of_numbers.values()), key=lambda found: -abs(found.within_models)
        ),
        names=sorted(filter(None, of_names.values()), key=lambda found: -found.explained),
        too_little=[
            name for name, found in [*of_numbers.items(), *of_names.items()] if found is None
        ],
    )


def _observe(table: Table, target: Target, every: int, *, with_concurrency: bool) -> None:
    """Keeps the rows to compare, each with how many requests were under way when it began."""
    source, columns = LOG, [*_COLUMNS]
    tail = f"WHERE {target} IS NOT NULL"
    if every > 1:  # the same rows each time
        tail += f" AND hash(timestamp, model, input_tokens, output_tokens, {target}) % {every} = 0"
    if with_concurrency:
        begins = select(["timestamp AS t", "1 AS d"], LOG, "WHERE timestamp IS NOT NULL")
        ended = "timestamp + to_microseconds(CAST(round(latency_ms * 1000) AS BIGINT)) AS t"
        ends = select([ended, "-1 AS d"], LOG, "WHERE timestamp IS NOT NULL AND latency_ms >= 0")
        steps = select(["t", "sum(d) AS d"], f"({begins} UNION ALL {ends})", "GROUP BY 1")
        levels = select(["t", "sum(d) OVER (ORDER BY t) AS concurrency"], f"({steps})")
        source = f"{LOG} LEFT JOIN ({levels}) ON t = timestamp"
        columns.append("concurrency")
    kept = select(columns, source, tail)
    table.connection.execute(f"CREATE OR REPLACE TEMP TABLE {_OBSERVED} AS {kept}")


def _rank(value: str, among: str = "") -> str:
    """SQL: the place of a value among all, or among those of its model; equal ones share theirs."""
    partition = f"PARTITION BY {among} " if among else ""
    ties = f"PARTITION BY {', '.join(filter(None, [among, value]))}"
    return f"(rank() OVER ({partition}ORDER BY {value}) + (count(*) OVER ({ties}) - 1) / 2.0)"


def _number(table: Table, target: Target, factor: Number) -> NumberEffect | None:
    effects: dict[str, list[Effect]] = {}
    for among in ("", "model"):
        ranks = select(
            [
                "model",
                f"{target} AS y",
                f"{_rank(factor, among)} AS a",
                f"{_rank(target, among)} AS b",
            ],
            _OBSERVED,
            f"WHERE {factor} IS NOT NULL",
        )
        group = f"GROUP BY {among} ORDER BY count(*) DESC LIMIT {MOST_MODELS}" if among else ""
        rows = table.rows(_measures(target), group, source=f"({ranks})")
        effects[among] = [effect for row in rows if (effect := _effect(target, row))]
    within = pooled(effects["model"])
    if within is None:
        return None
    found, disagreement = within
    overall = effects[""][0].size if effects[""] else None
    return NumberEffect(
        factor=factor,
        requests=found.count,
        strength=strength(found.least),
        within_models=found.size,
        low=found.low,
        high=found.high,
        overall=overall,
        models=len(effects["model"]),
        mix_of_models=overall is not None and abs(overall - found.size) >= LARGEST_DIFFERENCE,
        models_disagree=disagreement > DISAGREEMENT
        and max(e.size for e in effects["model"]) - min(e.size for e in effects["model"])
        >= LARGEST_DIFFERENCE,
    )


def _measures(target: Target) -> list[str]:
    if target == "is_error":
        return [
            "count(*) FILTER (y) AS events",
            "count(*) FILTER (NOT y) AS others",
            "avg(a) FILTER (y) AS mean_rank",
            "count(DISTINCT a) AS different",
        ]
    return ["count(*) AS n", "corr(a, b) AS size"]


def _effect(target: Target, row: dict[str, Any]) -> Effect | None:
    if target != "is_error":
        return correlation(row["n"], row["size"])
    if row["different"] < 2:
        return None
    return separation(row["events"], row["others"], row["mean_rank"])


def _name(table: Table, target: Target, factor: Name) -> NameEffect | None:
    overall = _explained(table, target, factor, "")
    within = overall if factor == "model" else _explained(table, target, factor, "model")
    sides = _sides(table, target, factor)
    if overall is None or len(sides) < 2:
        return None
    explained = within or 0.0
    return NameEffect(
        factor=factor,
        requests=sum(side.requests for side in sides),
        strength=strength(explained**0.5),
        explained=explained,
        explained_overall=overall,
        groups=len(sides),
        highest=sides[-1],
        lowest=sides[0],
    )


def _explained(table: Table, target: Target, factor: Name, among: str) -> float | None:
    """The share between groups, of models weighted by their requests."""
    stratum = among or "''"
    ranks = select(
        [f"{stratum} AS stratum", f'"{factor}" AS key', f"{_rank(target, among)} AS a"],
        _OBSERVED,
        f'WHERE "{factor}" IS NOT NULL',
    )
    expressions = ["stratum", "count(*) AS n", "avg(a) AS mean", "sum(a * a) AS squares"]
    tail = f"GROUP BY stratum, key ORDER BY n DESC LIMIT {_MOST_NAMES}"
    rows = table.rows(expressions, tail, source=f"({ranks})")
    strata: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        strata[row["stratum"]].append(row)
    shares = []
    for of_stratum in strata.values():
        groups = [(row["n"], row["mean"]) for row in of_stratum]
        count = sum(n for n, _ in groups)
        mean = sum(n * rank for n, rank in groups) / count
        variance = sum(row["squares"] for row in of_stratum) / count - mean**2
        if count >= FEWEST and len(groups) > 1 and variance > 0:
            shares.append((count, share_explained(groups, variance)))
    total = sum(count for count, _ in shares)
    return sum(count * share for count, share in shares) / total if total else None


def _sides(table: Table, target: Target, factor: Name) -> list[Side]:
    """The groups by their median, or by their share of failures."""
    value = "avg(CAST(is_error AS INTEGER))" if target == "is_error" else f"median({target})"
    rows = table.rows(
        [f'left("{factor}", 120) AS key', f"{value} AS value", "count(*) AS n"],
        f'WHERE "{factor}" IS NOT NULL GROUP BY "{factor}" HAVING count(*) >= {FEWEST} '
        "ORDER BY value, key",
        source=_OBSERVED,
    )
    return [Side(key=row["key"], value=row["value"], requests=row["n"]) for row in rows]
