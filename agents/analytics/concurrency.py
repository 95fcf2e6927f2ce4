"""How many requests were under way at once, counted exactly, and the most within a minute."""

from datetime import UTC, datetime

from pydantic import BaseModel

from agents.analytics.duck import select
from agents.analytics.figures import Figure, Ratio
from agents.analytics.table import LOG, Table

FEWEST = 2  # requests

# A request is under way from its begin to before its end, so an end is counted before a begin.
_EVENTS = (
    "(SELECT timestamp AS t, 1 AS d FROM {log} WHERE {known} UNION ALL SELECT timestamp"
    " + to_microseconds(CAST(round(latency_ms * 1000) AS BIGINT)), -1 FROM {log} WHERE {known})"
)
_KNOWN = "timestamp IS NOT NULL AND latency_ms IS NOT NULL AND latency_ms >= 0"
_MINUTE = 60_000_000  # microseconds


class Underway(BaseModel):
    """
    Requests at the same time, from the first begin to the last end, by a sweep over all of them.

    `mean` is the time spent in requests over the time that passed, which Little's law (J. D. C.
    Little, Operations Research 9, 1961) gives too; `p95` was not exceeded in 95 % of the time.
    Requests without a latency are left out (`share_known` of them are counted), as are those that
    began before the log.
    """

    peak: int
    peak_at: datetime
    mean: Figure
    p95: int
    seconds: Figure
    share_known: Ratio


class BusiestMinute(BaseModel):
    """The most within any 60 seconds, wherever they begin; `at` is when they end."""

    requests: int
    requests_at: datetime
    tokens: int  # input and output
    tokens_at: datetime


def underway(table: Table) -> Underway | None:
    """From the begin and the latency of each request; None for less than two."""
    counted = table.row([f"count(*) FILTER ({_KNOWN}) AS known", "count(*) AS requests"])
    if counted["known"] < FEWEST:
        return None
    events = _EVENTS.format(log=LOG, known=_KNOWN)
    running = "sum(d) OVER (ORDER BY t, d ROWS UNBOUNDED PRECEDING)"
    steps = select(
        ["t", f"{running} AS n", "coalesce(lead(t) OVER (ORDER BY t, d), t) - t AS lasts"], events
    )
    levels = table.rows(
        ["n", "min(t) AS first", "sum(epoch_us(t + lasts) - epoch_us(t)) AS lasted"],
        "GROUP BY 1 ORDER BY 1",
        source=f"({steps})",
    )
    total = sum(level["lasted"] for level in levels)
    peak = levels[-1]
    return Underway(
        peak=peak["n"],
        peak_at=peak["first"].replace(tzinfo=UTC),
        mean=sum(level["n"] * level["lasted"] for level in levels) / total if total else 0,
        p95=_level_at(levels, 0.95 * total),
        seconds=total / 1e6,
        share_known=counted["known"] / counted["requests"],
    )


def _level_at(levels: list[dict[str, int]], until: float) -> int:
    passed = 0
    for level in levels:
        passed += level["lasted"]
        if passed >= until:
            return int(level["n"])
    return int(levels[-1]["n"])


def busiest_minute(table: Table) -> BusiestMinute | None:
    """
    None without times. Limits of providers are per minute, wherever that begins.

    The sums up to each moment, less those up to a minute before: a quarter of a window's work.
    """
    tokens = "coalesce(input_tokens, 0) + coalesce(output_tokens, 0)"
    moments = select(
        ["epoch_us(timestamp) AS us", "count(*) AS n", f"CAST(sum({tokens}) AS BIGINT) AS k"],
        LOG,
        "WHERE timestamp IS NOT NULL GROUP BY 1",
    )
    so_far = "OVER (ORDER BY us ROWS UNBOUNDED PRECEDING)"
    sums = select(
        ["us", f"CAST(sum(n) {so_far} AS BIGINT) AS n", f"CAST(sum(k) {so_far} AS BIGINT) AS k"],
        f"({moments})",
    )
    windows = select(
        ["e.us AS us", "e.n - coalesce(b.n, 0) AS requests", "e.k - coalesce(b.k, 0) AS tokens"],
        f"({sums}) AS e ASOF LEFT JOIN ({sums}) AS b ON e.us - {_MINUTE} >= b.us",
    )
    row = table.rows(
        [
            "CAST(max(requests) AS BIGINT) AS requests",
            "make_timestamp(arg_max(us, (requests, -us))) AS requests_at",
            "CAST(max(tokens) AS BIGINT) AS tokens",
            "make_timestamp(arg_max(us, (tokens, -us))) AS tokens_at",
        ],
        source=f"({windows})",
    )[0]
    if row["requests"] is None:
        return None
    at = {name: row[name].replace(tzinfo=UTC) for name in ("requests_at", "tokens_at")}
    return BusiestMinute(requests=row["requests"], tokens=row["tokens"], **at)
