"""How sure percentiles and error rates are, and how much was answered per second."""

from collections.abc import Mapping

from pydantic import BaseModel

from agents.analytics.figures import Figure
from agents.analytics.groups import Groups
from agents.analytics.intervals import Interval, ShareInterval, order_ranks, wilson
from agents.analytics.performance import (
    EXPRESSION,
    RANKS,
    GroupPerformance,
    Measure,
    Performance,
)
from agents.analytics.table import Table

NAMES = {rank: f"p{rank * 100:g}" for rank in RANKS}
SHORTEST_SECONDS = 1


class Confidence(BaseModel):
    """
    Intervals of 95 %, for requests that do not depend on each other; those of a burst do, and
    their intervals are too narrow. A percentile of too few values (6 for p50, 72 for p95, 368 for
    p99) has none. Error rates by Wilson's score, percentiles by order statistics (`intervals`).
    """

    error_rate: ShareInterval | None
    percentiles: dict[Measure, dict[str, Interval]]
    group_error_rates: dict[str, ShareInterval] = {}


class Throughput(BaseModel):
    """
    Per second from the first request to the last one; None for what the data set does not tell.
    """

    seconds: Figure
    requests_per_second: Figure | None
    output_tokens_per_second: Figure | None


def confidence(
    table: Table, overall: Performance, groups: Groups[GroupPerformance] | None = None
) -> Confidence:
    """Of the figures of all rows of `table`, as `performance` computed them."""
    items = groups.items if groups else []
    rates = {item.key: wilson(item.errors, item.outcomes) for item in items}
    return Confidence(
        error_rate=wilson(overall.errors, overall.outcomes),
        percentiles=_percentiles(
            table, {measure: found.count for measure, found in overall.measures.items()}
        ),
        group_error_rates={key: rate for key, rate in rates.items() if rate},
    )


def _percentiles(table: Table, counts: Mapping[Measure, int]) -> dict[Measure, dict[str, Interval]]:
    """The values at the ranks that bound each percentile."""
    bounds = {
        measure: {
            NAMES[rank]: ranks for rank in RANKS if (ranks := order_ranks(count, rank)) is not None
        }
        for measure, count in counts.items()
    }
    expressions: list[str] = []
    asked: list[Measure] = []
    for measure, of_measure in bounds.items():
        places = [(k - 1) / (counts[measure] - 1) for ranks in of_measure.values() for k in ranks]
        if places:
            value = f"CAST({EXPRESSION[measure]} AS DOUBLE)"
            expressions.append(f"quantile_cont({value}, {places}) AS {measure}")
            asked.append(measure)
    row = table.row(expressions) if expressions else {}
    return {
        measure: {
            name: Interval(low=row[measure][2 * place], high=row[measure][2 * place + 1])
            for place, name in enumerate(bounds[measure])
        }
        for measure in asked
    }


def throughput(table: Table) -> Throughput | None:
    """None without times, or for less than a second of them."""
    row = table.row(
        [
            "epoch(max(timestamp) - min(timestamp)) AS seconds",
            "sum(requests) FILTER (timestamp IS NOT NULL) AS requests",
            "sum(output_tokens) FILTER (timestamp IS NOT NULL) AS tokens",
        ]
    )
    seconds = row["seconds"]
    if seconds is None or seconds < SHORTEST_SECONDS:
        return None
    return Throughput(
        seconds=seconds,
        requests_per_second=row["requests"] / seconds if row["requests"] else None,
        output_tokens_per_second=None if row["tokens"] is None else row["tokens"] / seconds,
    )
