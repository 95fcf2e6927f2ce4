"""
How long requests take and how large they are: percentiles, means and error rates.

Percentiles are interpolated linearly between the two nearest values (Hyndman and Fan, "Sample
Quantiles in Statistical Packages", 1996, definition 7; the default of numpy.percentile). The
published figures of the Azure trace are computed so: its output tokens have a p99 of 251.46, given
as 251, where the nearest-rank definition gives 252.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from pydantic import BaseModel

from agents.analytics.figures import Figure, Ratio
from agents.analytics.groups import EXPRESSION, GroupBy, Groups, kept, ordering
from agents.analytics.table import Table

Measure = Literal["latency_ms", "ttft_ms", "input_tokens", "output_tokens", "tokens_per_second"]

COLUMNS: dict[Measure, tuple[str, ...]] = {
    "latency_ms": ("latency_ms",),
    "ttft_ms": ("ttft_ms",),
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "tokens_per_second": ("output_tokens", "latency_ms"),
}
"""The columns that each measure needs."""

_EXPRESSION: dict[Measure, str] = {
    **{measure: measure for measure in COLUMNS},
    # Output tokens of a request over its whole latency, so the wait for the first one counts too.
    "tokens_per_second": "if(latency_ms > 0 AND output_tokens > 0, "
    "output_tokens * 1000.0 / latency_ms, NULL)",
}
RANKS = (0.5, 0.95, 0.99)


class Distribution(BaseModel):
    """Of the requests that have the value, in the unit of the measure's name."""

    count: int
    total: int | Figure
    mean: Figure
    p50: Figure
    p95: Figure
    p99: Figure
    max: Figure


class Performance(BaseModel):
    """
    Figures of a set of requests, failed ones included.

    `measures` lacks what no request has. `error_rate` is the share of failed requests among those
    whose outcome is known, from 0 to 1, and None when none is.
    """

    requests: int
    measures: dict[Measure, Distribution]
    errors: int
    outcomes: int  # requests of which it is known whether they failed
    error_rate: Ratio | None


class GroupPerformance(Performance):
    key: str


def performance(table: Table, measures: Sequence[Measure]) -> Performance:
    """The figures of all rows of `table`."""
    return Performance(**_figures(table.row(_expressions(measures)), measures))


def performance_by(
    table: Table, by: GroupBy, measures: Sequence[Measure]
) -> Groups[GroupPerformance]:
    """The figures of each model, feature, user, hour or day."""
    expressions = [f"{EXPRESSION[by]} AS key", *_expressions(measures)]
    found = table.rows(expressions, f"GROUP BY ALL {ordering(by)}")
    rows, left_out = kept(by, found, lambda row: int(row["requests"]))
    items = [GroupPerformance(key=row["key"], **_figures(row, measures)) for row in rows]
    return Groups[GroupPerformance](by=by, items=items, left_out=left_out)


def _expressions(measures: Sequence[Measure]) -> Iterator[str]:
    yield "count(*) AS requests"
    yield "count(*) FILTER (is_error) AS errors"
    yield "count(is_error) AS outcomes"
    for measure in measures:
        value = _EXPRESSION[measure]
        yield f"count({value}) AS {measure}_count"
        yield f"sum({value}) AS {measure}_total"
        yield f"max({value}) AS {measure}_max"
        yield f"quantile_cont({value}, {list(RANKS)}) AS {measure}_ranks"


def _figures(row: dict[str, Any], measures: Sequence[Measure]) -> dict[str, Any]:
    known = [measure for measure in measures if row[f"{measure}_count"]]
    errors, outcomes = row["errors"], row["outcomes"]
    return {
        "requests": row["requests"],
        "measures": {measure: _distribution(row, measure) for measure in known},
        "errors": errors,
        "outcomes": outcomes,
        "error_rate": errors / outcomes if outcomes else None,
    }


def _distribution(row: dict[str, Any], measure: Measure) -> Distribution:
    count, total = row[f"{measure}_count"], row[f"{measure}_total"]
    p50, p95, p99 = row[f"{measure}_ranks"]
    largest = row[f"{measure}_max"]
    return Distribution(
        count=count, total=total, mean=total / count, p50=p50, p95=p95, p99=p99, max=largest
    )
