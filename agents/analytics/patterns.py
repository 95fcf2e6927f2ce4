"""
When requests come, from whom, and how much of them repeats.

Days and hours are those of UTC. What the log lacks the columns for is None, and so is what rows
that are sums of requests do not tell: how many these are, or when within the time of a row.
"""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal

from pydantic import BaseModel

from agents.analytics.figures import Figure, Ratio
from agents.analytics.groups import WEEKDAYS
from agents.analytics.table import REQUESTS, Table

Unit = Literal["minute", "hour", "day"]

UNIT_SECONDS: dict[Unit, int] = {"minute": 60, "hour": 3600, "day": 24 * 3600}
DAY = timedelta(days=1)
DAY_SECONDS = 24 * 3600
MOST_DAYS = 31
TOP = 5  # users or features that are named

_SLOT = (
    f"{REQUESTS} AS requests",
    "CAST(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)) AS BIGINT) AS tokens",
)
_TIMED = "WHERE timestamp IS NOT NULL"
_FORMATS = {"minute": "%Y-%m-%d %H:%M", "hour": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d"}


@dataclass(frozen=True, slots=True)
class Sums:
    """Of rows that are sums of requests: how long the time is that each sums up."""

    seconds: int


class Slot(BaseModel):
    """A minute, an hour or a day, by its begin; `tokens` are input and output."""

    start: str
    requests: int | None
    tokens: int


class Rhythm(BaseModel):
    """
    How requests spread over the time from the first row to the last.

    `unit` is an hour, or a minute for a log of less than a day, and never less than a row sums up.
    """

    requests: int | None
    tokens: int
    seconds: Figure
    unit: Unit
    requests_per_unit: Figure | None
    tokens_per_unit: Figure
    peak: Slot | None
    peak_to_mean: Figure | None
    peak_tokens: Slot | None  # the unit with most tokens; None where rows are longer than it
    busiest_day: Slot | None
    # By requests a day; None when not every weekday was recorded from midnight to midnight, and
    # when two are equal.
    busiest_weekday: str | None
    busiest_hour_of_day: int | None  # 0 to 23; None for less than a day
    days: list[Slot]  # the latest
    days_left_out: int


class Concurrency(BaseModel):
    """
    Requests under way at the same time, by Little's law: arrival rate x mean latency.

    J. D. C. Little, "A Proof for the Queuing Formula L = λW", Operations Research 9 (1961).
    """

    mean: Figure
    in_peak: Figure  # in the peak minute or hour


class Repeats(BaseModel):
    """How many requests had a prompt that an earlier one had too; `share` from 0 to 1."""

    requests: int  # with a known prompt
    repeated: int
    share: Ratio
    distinct_prompts: int


class Share(BaseModel):
    name: str
    requests: int
    share: Ratio


class Shares(BaseModel):
    """
    Who makes how many of the requests whose user or feature is known, the largest first.

    `tied`: the first two make as many.
    """

    distinct: int
    tied: bool = False
    top: list[Share]


class CacheUse(BaseModel):
    """Input tokens that came from the provider's prompt cache, where the log tells."""

    input_tokens: int
    cached_tokens: int
    share: Ratio


def rhythm(table: Table, sums: Sums | None = None) -> Rhythm | None:
    """The spread of requests over time; None for rows without timestamps."""
    span = "CAST(epoch(max(timestamp) - min(timestamp)) AS DOUBLE) AS seconds"
    counts = ["count(*) AS rows", "count(DISTINCT CAST(timestamp AS DATE)) AS days"]
    total = table.row([*_SLOT, span, *counts], _TIMED)
    if not total["rows"]:
        return None
    seconds = total["seconds"] + (sums.seconds if sums else 0)
    unit: Unit = "hour" if seconds >= DAY_SECONDS else "minute"
    if sums and sums.seconds > UNIT_SECONDS[unit]:
        unit = "hour" if sums.seconds <= UNIT_SECONDS["hour"] else "day"
    # Less than one unit says nothing about a rate: two requests in a second are no 120 a minute.
    units = max(seconds / UNIT_SECONDS[unit], 1)
    requests = total["requests"] or None
    in_units = not sums or sums.seconds <= UNIT_SECONDS[unit]
    in_days = not sums or sums.seconds <= DAY_SECONDS
    in_hours = seconds >= DAY_SECONDS and (not sums or sums.seconds <= UNIT_SECONDS["hour"])
    peak = _largest(table, unit, "requests") if in_units and requests else None
    days = _slots(table, "day", "start DESC", MOST_DAYS) if in_days else []
    return Rhythm(
        requests=requests,
        tokens=total["tokens"],
        seconds=seconds,
        unit=unit,
        requests_per_unit=requests / units if requests else None,
        tokens_per_unit=total["tokens"] / units,
        peak=peak,
        peak_to_mean=(peak.requests or 0) * units / requests if peak and requests else None,
        peak_tokens=_largest(table, unit, "tokens") if in_units else None,
        busiest_day=_largest(table, "day", "requests") if in_days and requests else None,
        busiest_weekday=_busiest_weekday(table) if in_days and requests else None,
        busiest_hour_of_day=_busiest_hour(table) if in_hours and requests else None,
        days=days[::-1],
        days_left_out=total["days"] - len(days) if in_days else 0,
    )


def concurrency(table: Table, spread: Rhythm) -> Concurrency | None:
    """From latency and the rows' `spread`; None without latencies or for less than a unit."""
    unit_seconds = UNIT_SECONDS[spread.unit]
    if spread.peak is None:
        return None
    total = table.row(["sum(latency_ms) / 1000 AS busy"], _TIMED)["busy"]
    if total is None or spread.seconds < unit_seconds:
        return None
    # Rate x mean latency = (requests / seconds) x (busy / requests).
    start = f"strftime(date_trunc('{spread.unit}', timestamp), '{_FORMATS[spread.unit]}')"
    at_peak = table.row(
        ["sum(latency_ms) / 1000 AS busy"], f"WHERE {start} = '{spread.peak.start}'"
    )
    return Concurrency(mean=total / spread.seconds, in_peak=(at_peak["busy"] or 0) / unit_seconds)


def repeats(table: Table) -> Repeats | None:
    """From prompt_hash."""
    row = table.row(["count(prompt_hash) AS n", "count(DISTINCT prompt_hash) AS prompts"])
    requests, prompts = row["n"], row["prompts"]
    if not requests:
        return None
    repeated = requests - prompts
    return Repeats(
        requests=requests,
        repeated=repeated,
        share=repeated / requests,
        distinct_prompts=prompts,
    )


def shares(table: Table, column: Literal["user_id", "feature", "model"]) -> Shares | None:
    """The largest users, features or models by requests; None where they are not counted."""
    expressions = (
        f"{column} AS name",
        f"{REQUESTS} AS requests",
        f"{REQUESTS} / nullif(sum({REQUESTS}) OVER (), 0) AS share",
        "count(*) OVER () AS names",
    )
    tail = f"WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY requests DESC, name LIMIT {TOP}"
    rows = table.rows(expressions, tail)
    if not rows or rows[0]["share"] is None:
        return None
    return Shares(
        distinct=rows[0]["names"],
        tied=len(rows) > 1 and rows[0]["requests"] == rows[1]["requests"],
        top=[Share.model_validate(row) for row in rows],
    )


def cache_use(table: Table) -> CacheUse | None:
    """From cached_tokens and input_tokens, of the requests that have both."""
    row = table.row(
        ["sum(input_tokens) AS input", "sum(cached_tokens) AS cached"],
        "WHERE cached_tokens IS NOT NULL AND input_tokens IS NOT NULL",
    )
    if not row["input"]:
        return None
    return CacheUse(
        input_tokens=row["input"], cached_tokens=row["cached"], share=row["cached"] / row["input"]
    )


def _slots(table: Table, unit: str, order: str, most: int) -> list[Slot]:
    start = f"strftime(date_trunc('{unit}', timestamp), '{_FORMATS[unit]}') AS start"
    tail = f"{_TIMED} GROUP BY 1 ORDER BY {order} LIMIT {most}"
    return [
        Slot.model_validate({**row, "requests": row["requests"] or None})
        for row in table.rows([start, *_SLOT], tail)
    ]


def _largest(table: Table, unit: str, figure: Literal["requests", "tokens"]) -> Slot:
    """The first of the largest."""
    return _slots(table, unit, f"{figure} DESC, start", 1)[0]


def _busiest_weekday(table: Table) -> str | None:
    span = table.row(["min(timestamp) AS first", "max(timestamp) AS last"])
    begin, end = span["first"].date(), span["last"].date()
    if span["first"].time() > time():
        begin += DAY
    whole = (end - begin).days  # from midnight to midnight, with days on which nobody asked
    if whole < len(WEEKDAYS):
        return None
    tail = f"{_TIMED} AND timestamp >= DATE '{begin}' AND timestamp < DATE '{end}' GROUP BY 1"
    rows = table.rows(["isodow(timestamp) - 1 AS weekday", f"{REQUESTS} AS requests"], tail)
    requests = {row["weekday"]: row["requests"] for row in rows}
    a_day = {
        weekday: requests.get(weekday, 0)
        / (whole // 7 + ((weekday - begin.weekday()) % 7 < whole % 7))
        for weekday in range(len(WEEKDAYS))
    }
    most = max(a_day.values())
    busiest = [weekday for weekday, mean in a_day.items() if mean == most]
    return WEEKDAYS[busiest[0]] if len(busiest) == 1 else None


def _busiest_hour(table: Table) -> int:
    tail = f"{_TIMED} GROUP BY 1 ORDER BY sum(requests) DESC, 1 LIMIT 1"
    return int(table.rows(["hour(timestamp) AS hour"], tail)[0]["hour"])
