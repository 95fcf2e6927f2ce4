"""
The rows of a log summed in equal buckets of time: what analyses over time begin with.

Buckets that the recording covers only in part would look like a fall or an outage, so they are
left out; buckets in which nothing happened are kept.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from agents.analytics.duck import literal
from agents.analytics.groups import GROUPINGS
from agents.analytics.period import Period
from agents.analytics.period.log import INSTANT
from agents.analytics.priced import Basis
from agents.analytics.profile import Profile
from agents.analytics.spent import spent
from agents.analytics.table import Table

Split = Literal["model", "feature", "user", "provider", "project", "tier"]
"""What a series over time can be split by."""

MINUTE, HOUR, DAY = 60, 3600, 86_400
ORIGIN = 4 * DAY  # Monday, 1970-01-05: buckets of a week begin on Mondays
MISSING_SHARE = 0.05  # of a bucket that may lie outside the recording

Figure = Literal[
    "requests",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "latency_p50_ms",
    "latency_p95_ms",
    "ttft_p50_ms",
    "ttft_p95_ms",
    "error_rate",
]
FIGURES: tuple[Figure, ...] = get_args(Figure)
SUMMED: frozenset[Figure] = frozenset({"requests", "input_tokens", "output_tokens", "cost_usd"})
"""Figures that are 0 in a bucket without requests; the others do not exist there."""


LABELS: dict[Figure, str] = {
    "requests": "requests",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "cost_usd": "cost",
    "latency_p50_ms": "median latency",
    "latency_p95_ms": "p95 latency",
    "ttft_p50_ms": "median time to first token",
    "ttft_p95_ms": "p95 time to first token",
    "error_rate": "error rate",
}
UNITS: dict[Figure, str | None] = {
    figure: "US dollars" if figure == "cost_usd" else "ms" if figure.endswith("_ms") else None
    for figure in FIGURES
}
UNITS["error_rate"] = "%"
"""Of charts: a share of failures is drawn in percent."""
_LENGTHS = {7 * DAY: "week", DAY: "day", HOUR: "hour", MINUTE: "minute"}


def length(seconds: int) -> str:
    """`hour`, `15 minutes`: a bucket's length as people say it."""
    unit = next(unit for unit in _LENGTHS if not seconds % unit or unit == MINUTE)
    return _LENGTHS[unit] if seconds == unit else f"{seconds // unit} {_LENGTHS[unit]}s"


def lasting(seconds: float) -> str:
    """`3 days`, `1 hour`, `0.5 seconds`: how long a time was, as people say it."""
    for unit in (DAY, HOUR, MINUTE):
        if seconds >= unit:
            number = f"{seconds / unit:.3g}"
            return f"{number} {_LENGTHS[unit]}{'' if number == '1' else 's'}"
    return f"{seconds:.2g} seconds" if seconds >= 1 else "less than a second"


@dataclass(frozen=True, slots=True)
class Recording:
    """The time that rows could come from: `start` to before `end`, aware and UTC."""

    start: datetime
    end: datetime
    finest: int = MINUTE  # seconds: rows that are sums of a time tell nothing below it

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()

    @property
    def days(self) -> float:
        return self.seconds / DAY


def recording(profile: Profile, period: Period) -> Recording | None:
    """
    What of the period the data set covers; None where they do not meet, or without times: of rows
    too that are sums of nobody knows how long a time.
    """
    first, last = profile.first_timestamp, profile.last_timestamp
    if first is None or last is None:
        return None
    if profile.rows_are == "sums" and profile.bucket_seconds is None:
        return None
    finest = profile.bucket_seconds or MINUTE
    ends = last + INSTANT
    if profile.bucket_seconds:
        ends = datetime.fromtimestamp(last.timestamp() + profile.bucket_seconds, UTC)
    start = max(first, period.start) if period.start else first
    end = min(ends, period.end) if period.end else ends
    return Recording(start, end, finest) if start < end else None


@dataclass(slots=True)
class Bucket:
    """Sums and percentiles of the rows of one bucket."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    errors: int = 0
    outcomes: int = 0  # requests whose outcome is known
    latencies: int = 0  # requests whose latency is known
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    latency_total_ms: float = 0
    ttfts: int = 0
    ttft_total_ms: float = 0
    ttft_p50_ms: float | None = None
    ttft_p95_ms: float | None = None

    def value(self, figure: Figure) -> float | None:
        if figure == "error_rate":
            return self.errors / self.outcomes if self.outcomes else None
        value = getattr(self, figure)
        return None if value is None else float(value)

    def drawn(self, figure: Figure) -> float | None:
        """The value in its unit of UNITS."""
        value = self.value(figure)
        return value * 100 if value is not None and figure == "error_rate" else value

    def support(self, figure: Figure) -> int:
        """How many values the figure is computed from."""
        if figure.startswith("latency"):
            return self.latencies
        if figure.startswith("ttft"):
            return self.ttfts
        return self.outcomes if figure == "error_rate" else self.requests


@dataclass(frozen=True, slots=True)
class Timeline:
    """All complete buckets of a recording, in order; `first` is the number of the first one."""

    seconds: int
    first: int
    buckets: list[Bucket] = field(default_factory=list)

    def start(self, index: int) -> datetime:
        """When the bucket `index`, from 0, begins."""
        return datetime.fromtimestamp(ORIGIN + (self.first + index) * self.seconds, UTC)

    def values(self, figure: Figure) -> list[float | None]:
        return [bucket.value(figure) for bucket in self.buckets]


_EXPRESSIONS = (
    "CAST(sum(requests) AS BIGINT) AS requests",
    "CAST(coalesce(sum(input_tokens), 0) AS BIGINT) AS input_tokens",
    "CAST(coalesce(sum(output_tokens), 0) AS BIGINT) AS output_tokens",
    "CAST(coalesce(sum(requests) FILTER (is_error), 0) AS BIGINT) AS errors",
    "CAST(coalesce(sum(requests) FILTER (is_error IS NOT NULL), 0) AS BIGINT) AS outcomes",
    "count(latency_ms) AS latencies",
    "coalesce(sum(latency_ms), 0) AS latency_total_ms",
    "count(ttft_ms) AS ttfts",
    "coalesce(sum(ttft_ms), 0) AS ttft_total_ms",
)
_PERCENTILES = (
    "quantile_cont(latency_ms, [0.5, 0.95]) AS latency_ranks",
    "quantile_cont(ttft_ms, [0.5, 0.95]) AS ttft_ranks",
)


def slot_sql(seconds: int) -> str:
    """SQL: the number of the bucket that a row is in."""
    return f"((epoch_us(timestamp) - {ORIGIN}000000) // {seconds}000000)"


def complete(recorded: Recording, seconds: int) -> tuple[int, int]:
    """The numbers of the first complete bucket and of the one after the last."""
    start = (recorded.start.timestamp() - ORIGIN) / seconds
    end = (recorded.end.timestamp() - ORIGIN) / seconds
    first, after = math.ceil(start - MISSING_SHARE), math.floor(end + MISSING_SHARE)
    return first, max(first, after)


def timeline(
    table: Table,
    recorded: Recording,
    seconds: int,
    cost: Basis | None = None,
    *,
    percentiles: bool = True,
) -> Timeline:
    """All rows, in buckets of `seconds`; costs are 0 without a `cost` basis."""
    return split_timeline(table, recorded, seconds, cost, percentiles=percentiles)[None]


def split_timeline(
    table: Table,
    recorded: Recording,
    seconds: int,
    cost: Basis | None = None,
    by: Split | None = None,
    keys: Sequence[str] = (),
    *,
    percentiles: bool = True,
) -> dict[str | None, Timeline]:
    """All rows (under None) and those of each of the groups `keys`, in buckets of `seconds`."""
    first, after = complete(recorded, seconds)
    found: dict[str | None, Timeline] = {
        key: Timeline(seconds, first, [Bucket() for _ in range(first, after)])
        for key in (None, *keys)
    }
    group = _group_sql(by, keys)
    expressions = [
        f"{slot_sql(seconds)} AS slot",
        f"{group} AS key",
        f"grouping({group}) AS is_all",
        *_EXPRESSIONS,
        *(_PERCENTILES if percentiles else ()),
    ]
    sets = f"GROUPING SETS ((slot), (slot, {group}))" if keys else f"slot, {group}"
    tail = f"WHERE timestamp IS NOT NULL AND {slot_sql(seconds)} BETWEEN {first} AND {after - 1}"
    for row in table.rows(expressions, f"{tail} GROUP BY {sets}"):
        key = None if row["is_all"] else row["key"]
        if row["is_all"] or row["key"] is not None or not keys:
            found[key].buckets[row["slot"] - first] = _bucket(row)
    if cost:
        _add_costs(table, found, cost, group)
    return found


def largest_groups(table: Table, by: Split, most: int) -> list[str]:
    """The groups with most requests."""
    key = GROUPINGS[by].key
    tail = f"GROUP BY 1 ORDER BY sum(requests) DESC, count(*) DESC, 1 LIMIT {most}"
    return [row["key"] for row in table.rows([f"{key} AS key"], tail)]


def _group_sql(by: Split | None, keys: Sequence[str]) -> str:
    if by is None or not keys:
        return "CAST(NULL AS VARCHAR)"
    key = GROUPINGS[by].key
    return f"if({key} IN ({', '.join(map(literal, keys))}), {key}, NULL)"


def _bucket(row: dict[str, Any]) -> Bucket:
    p50, p95 = row.get("latency_ranks") or (None, None)
    ttft_p50, ttft_p95 = row.get("ttft_ranks") or (None, None)
    return Bucket(
        requests=row["requests"],
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        errors=row["errors"],
        outcomes=row["outcomes"],
        latencies=row["latencies"],
        latency_p50_ms=p50,
        latency_p95_ms=p95,
        latency_total_ms=row["latency_total_ms"],
        ttfts=row["ttfts"],
        ttft_total_ms=row["ttft_total_ms"],
        ttft_p50_ms=ttft_p50,
        ttft_p95_ms=ttft_p95,
    )


def _add_costs(table: Table, found: dict[str | None, Timeline], cost: Basis, group: str) -> None:
    whole = found[None]
    key = f"CAST({slot_sql(whole.seconds)} AS VARCHAR) || ' ' || coalesce({group}, '')"
    for label, amount in spent(table, cost, key).items():
        slot, _, name = label.partition(" ")
        index = int(slot) - whole.first
        if 0 <= index < len(whole.buckets):
            whole.buckets[index].cost_usd += amount
            if name in found:
                found[name].buckets[index].cost_usd += amount
