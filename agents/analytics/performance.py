"""
How long requests take and how large they are: percentiles, means and error rates.

Percentiles are interpolated linearly between the two nearest values (Hyndman and Fan, "Sample
Quantiles in Statistical Packages", 1996, definition 7; the default of numpy.percentile). The
published figures of the Azure trace are computed so: its output tokens have a p99 of 251.46, given
as 251, where the nearest-rank definition gives 252.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.analytics.extremes import FEWEST_TO_COMPARE, Value
from agents.analytics.figures import Figure, Ratio
from agents.analytics.groups import GROUPINGS, Group, GroupBy, Groups, listed
from agents.analytics.table import REQUESTS, Table
from agents.exceptions import InvalidInput

Measure = Literal["latency_ms", "ttft_ms", "input_tokens", "output_tokens", "tokens_per_second"]

COLUMNS: dict[Measure, tuple[str, ...]] = {
    "latency_ms": ("latency_ms",),
    "ttft_ms": ("ttft_ms",),
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "tokens_per_second": ("output_tokens", "latency_ms"),
}
"""The columns that each measure needs."""

EXPRESSION: dict[Measure, str] = {
    **{measure: measure for measure in COLUMNS},
    # Output tokens of a request over its whole latency, so the wait for the first one counts too.
    "tokens_per_second": "if(latency_ms > 0 AND output_tokens > 0, "
    "output_tokens * 1000.0 / latency_ms, NULL)",
}
SUMMED: tuple[Measure, ...] = ("input_tokens", "output_tokens")
"""What rows that are sums of requests tell of: a sum of latencies is none of any request."""

RANKS = (0.5, 0.95, 0.99)
MOST_PERCENTILES = 5  # other ones, of one call

_COMPARED: dict[Measure, tuple[str, ...]] = {
    "latency_ms": ("p95",),
    "ttft_ms": ("p95",),
    "input_tokens": ("total", "mean"),
    "output_tokens": ("total", "mean"),
    "tokens_per_second": ("p50",),
}
"""In what groups are compared; the first is what they are ordered by when it was asked for."""


_FIGURE: dict[str, Callable[[dict[str, Any], Measure], Value]] = {
    "total": lambda row, measure: row[f"{measure}_total"],
    "mean": lambda row, measure: row[f"{measure}_total"] / row[f"{measure}_count"],
    "p50": lambda row, measure: row[f"{measure}_ranks"][0],
    "p95": lambda row, measure: row[f"{measure}_ranks"][1],
}


class Distribution(BaseModel):
    """Of the requests that have the value, in the unit of the measure's name."""

    count: int
    total: int | Figure
    mean: Figure
    standard_deviation: Figure | None  # of a sample; None for one value
    min: Figure
    p50: Figure
    p95: Figure
    p99: Figure
    max: Figure
    # Percentiles that were asked for, as "p90" or "p99.9".
    others: dict[str, Figure] = Field({}, exclude_if=lambda others: not others)


class Total(BaseModel):
    """Of rows that are sums; `mean` is that of a request, None where they are not counted."""

    total: int
    mean: Figure | None


class Performance(BaseModel):
    """
    Figures of a set of requests, failed ones included.

    `measures` lacks what no request has. Where rows are sums of requests it is empty, and `totals`
    has what they tell. `error_rate` is the share of failed requests among those whose outcome is
    known, from 0 to 1, and None when none is.
    """

    requests: int | None  # None: rows are sums, and do not tell
    measures: dict[Measure, Distribution]
    totals: dict[Measure, Total] = Field({}, exclude_if=lambda totals: not totals)
    errors: int
    outcomes: int  # requests of which it is known whether they failed
    error_rate: Ratio | None


class GroupPerformance(Performance):
    key: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is computed; `others` are the ranks of percentiles by their names."""

    measures: Sequence[Measure]
    others: dict[str, float]
    of_sums: bool


def performance(
    table: Table,
    measures: Sequence[Measure],
    percentiles: Sequence[float] = (),
    *,
    of_sums: bool = False,
) -> Performance:
    """
    The figures of all rows of `table`, which with `of_sums` are sums of requests.

    Raises InvalidInput for `percentiles` not between 0 and 100, and for more than five.
    """
    asked = _Asked(measures, _others(percentiles), of_sums)
    return Performance(**_figures(table.row(_expressions(asked)), asked))


def performance_by(
    table: Table,
    by: GroupBy,
    measures: Sequence[Measure],
    percentiles: Sequence[float] = (),
    *,
    of_sums: bool = False,
) -> Groups[GroupPerformance]:
    """
    The figures of each group, ordered by the one measure that was asked for: times by p95, tokens
    by total, speed by its median, slowest first. Without measures it is the failures, with
    several the requests.
    """
    asked = _Asked(measures, _others(percentiles), of_sums)
    expressions = [f"{GROUPINGS[by].key} AS key", *_expressions(asked)]
    compared = _compared_sums if of_sums else _compared
    groups = [
        Group(row["key"], row["requests"], dict(compared(row, asked.measures)), row)
        for row in table.rows(expressions, "GROUP BY ALL")
        if row["key"] is not None
    ]
    slowest_first = list(measures) == ["tokens_per_second"]
    found = listed(by, groups, _main(measures), ascending=slowest_first)
    items = [GroupPerformance(key=row["key"], **_figures(row, asked)) for row in found.items]
    return Groups[GroupPerformance](
        by=by, items=items, left_out=found.left_out, extremes=found.extremes
    )


def _others(percentiles: Sequence[float]) -> dict[str, float]:
    """The ranks of percentiles from 0 to 1, by their names."""
    if len(percentiles) > MOST_PERCENTILES:
        raise InvalidInput(f"At most {MOST_PERCENTILES} percentiles can be asked for at once.")
    if wrong := [percentile for percentile in percentiles if not 0 < percentile < 100]:
        raise InvalidInput(f"A percentile lies between 0 and 100; {wrong[0]:g} does not.")
    exact = [Decimal(repr(float(percentile))).normalize() for percentile in percentiles]
    return {f"p{percentile:f}": float(percentile / 100) for percentile in exact}


def _main(measures: Sequence[Measure]) -> str:
    match measures:
        case []:
            return "errors"
        case [measure]:
            return f"{measure}.{_COMPARED[measure][0]}"
        case _:
            return "requests"


def _compared(row: dict[str, Any], measures: Sequence[Measure]) -> Iterator[tuple[str, Value]]:
    """What a group is compared in; few values make no percentile, mean or rate to compare."""
    yield "requests", row["requests"]
    for measure in measures:
        count = row[f"{measure}_count"]
        for figure in _COMPARED[measure]:
            if count >= (1 if figure == "total" else FEWEST_TO_COMPARE):
                yield f"{measure}.{figure}", _FIGURE[figure](row, measure)
    if row["outcomes"]:
        yield "errors", row["errors"]
    if row["outcomes"] >= FEWEST_TO_COMPARE:
        yield "error_rate", row["errors"] / row["outcomes"]


def _compared_sums(row: dict[str, Any], measures: Sequence[Measure]) -> Iterator[tuple[str, Value]]:
    if row["requests"]:
        yield "requests", row["requests"]
    for measure in measures:
        if measure in SUMMED and row[f"{measure}_count"]:
            yield f"{measure}.total", row[f"{measure}_total"]
            if row[f"{measure}_requests"] >= FEWEST_TO_COMPARE:
                yield f"{measure}.mean", row[f"{measure}_told"] / row[f"{measure}_requests"]


def _expressions(asked: _Asked) -> Iterator[str]:
    yield "count(*) AS rows"
    yield f"{REQUESTS} AS requests"
    yield "CAST(coalesce(sum(requests) FILTER (is_error), 0) AS BIGINT) AS errors"
    yield "CAST(coalesce(sum(requests) FILTER (is_error IS NOT NULL), 0) AS BIGINT) AS outcomes"
    yield from _of_sums(asked) if asked.of_sums else _of_requests(asked)


def _of_sums(asked: _Asked) -> Iterator[str]:
    for measure in asked.measures:
        if measure in SUMMED:
            counted = f"FILTER (requests > 0 AND {measure} IS NOT NULL)"
            yield f"count({measure}) AS {measure}_count"
            yield f"CAST(sum({measure}) AS BIGINT) AS {measure}_total"
            yield f"sum({measure}) {counted} AS {measure}_told"
            yield f"coalesce(sum(requests) {counted}, 0) AS {measure}_requests"


def _of_requests(asked: _Asked) -> Iterator[str]:
    ranks = [*RANKS, *asked.others.values()]
    for measure in asked.measures:
        value = EXPRESSION[measure]
        yield f"count({value}) AS {measure}_count"
        yield f"sum({value}) AS {measure}_total"
        yield f"stddev_samp({value}) AS {measure}_deviation"
        yield f"min({value}) AS {measure}_min"
        yield f"max({value}) AS {measure}_max"
        yield f"quantile_cont({value}, {ranks}) AS {measure}_ranks"


def _figures(row: dict[str, Any], asked: _Asked) -> dict[str, Any]:
    told = SUMMED if asked.of_sums else COLUMNS
    known = [measure for measure in asked.measures if measure in told and row[f"{measure}_count"]]
    errors, outcomes = row["errors"], row["outcomes"]
    return {
        "requests": None if row["rows"] and not row["requests"] else row["requests"],
        "measures": {}
        if asked.of_sums
        else {measure: _distribution(row, measure, asked.others) for measure in known},
        "totals": {measure: _total(row, measure) for measure in known} if asked.of_sums else {},
        "errors": errors,
        "outcomes": outcomes,
        "error_rate": errors / outcomes if outcomes else None,
    }


def _total(row: dict[str, Any], measure: Measure) -> Total:
    told, requests = row[f"{measure}_told"], row[f"{measure}_requests"]
    return Total(total=row[f"{measure}_total"], mean=told / requests if requests else None)


def _distribution(row: dict[str, Any], measure: Measure, others: dict[str, float]) -> Distribution:
    count, total = row[f"{measure}_count"], row[f"{measure}_total"]
    p50, p95, p99, *more = row[f"{measure}_ranks"]
    return Distribution(
        count=count,
        total=total,
        mean=total / count,
        standard_deviation=row[f"{measure}_deviation"],
        min=row[f"{measure}_min"],
        p50=p50,
        p95=p95,
        p99=p99,
        max=row[f"{measure}_max"],
        others=dict(zip(others, more, strict=False)),
    )
