"""How evenly requests come: the busiest minute, the spread within hours, and the gaps between."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel

from agents.analytics.duck import select
from agents.analytics.figures import Figure
from agents.analytics.intervals import two_sided
from agents.analytics.table import LOG, Table

Evenness = Literal["paced", "like independent arrivals", "somewhat bursty", "bursty", "very bursty"]

FEWEST_MINUTES, FEWEST_GAPS = 30, 100
SOMEWHAT, VERY = 3, 10  # dispersions from which on requests come in bursts, and in large ones
_TIMED = "WHERE timestamp IS NOT NULL"


class Burstiness(BaseModel):
    """
    `dispersion` is the variance over the mean of requests per minute, within each hour so that the
    rhythm of the day does not count: 1 for independent arrivals, less when they are paced.
    `burstiness` is that of the gaps between requests, from -1 (clockwork) over 0 (independent) to
    1; None where the clock of the log is too coarse, or there are few.
    """

    minutes: int  # from the first request to the last
    mean_per_minute: Figure
    peak_per_minute: int
    peak_at: datetime
    peak_to_mean: Figure
    evenness: Evenness
    dispersion: Figure
    dispersion_low: Figure
    dispersion_high: Figure
    burstiness: Figure | None


def burstiness(table: Table) -> Burstiness | None:
    """From the times of single requests; None for less than half an hour or one a minute."""
    minutes = select(
        ["date_trunc('minute', timestamp) AS minute", "count(*) AS c"], LOG, f"{_TIMED} GROUP BY 1"
    )
    hours = table.rows(
        [
            "date_trunc('hour', minute) AS hour",
            "min(minute) AS first",
            "max(minute) AS last",
            "sum(c) AS requests",
            "sum(c * c) AS squares",
            "max(c) AS peak",
            "arg_max(minute, (c, -epoch_us(minute))) AS peak_at",
        ],
        "GROUP BY 1 ORDER BY 1",
        source=f"({minutes})",
    )
    if not hours:
        return None
    first, last = hours[0]["first"], hours[-1]["last"]
    count = round((last - first) / timedelta(minutes=1)) + 1
    mean = sum(row["requests"] for row in hours) / count
    if count < FEWEST_MINUTES or mean < 1:
        return None
    peak = max(hours, key=lambda row: row["peak"])
    dispersion, low, high = _dispersion(hours, first, last)
    return Burstiness(
        minutes=count,
        mean_per_minute=mean,
        peak_per_minute=peak["peak"],
        peak_at=peak["peak_at"].replace(tzinfo=UTC),
        peak_to_mean=peak["peak"] / mean,
        evenness=_evenness(dispersion, low, high),
        dispersion=dispersion,
        dispersion_low=low,
        dispersion_high=high,
        burstiness=_of_gaps(table),
    )


def _dispersion(
    hours: list[dict[str, Any]], first: datetime, last: datetime
) -> tuple[float, float, float]:
    """
    Σ (c - mean of its hour)² / Σ (minutes of the hour - 1) mean, and its interval.

    The index of dispersion for counts (Cox and Lewis, "The Statistical Analysis of Series of
    Events", 1966); the interval is that of a variance, chi² by Wilson and Hilferty (PNAS 17, 1931).
    """
    squares = expected = freedom = 0.0
    for row in hours:
        begins, ends = max(row["hour"], first), min(row["hour"] + timedelta(minutes=59), last)
        minutes = round((ends - begins) / timedelta(minutes=1)) + 1
        mean = row["requests"] / minutes
        squares += row["squares"] - minutes * mean**2
        expected += (minutes - 1) * mean
        freedom += minutes - 1
    if not expected:
        return 0, 0, 0
    found, z = squares / expected, two_sided()
    low, high = (
        freedom * (1 - 2 / (9 * freedom) + sign * z * math.sqrt(2 / (9 * freedom))) ** 3
        for sign in (1, -1)
    )
    return found, freedom * found / low, freedom * found / high


def _evenness(dispersion: float, low: float, high: float) -> Evenness:
    if high < 1:
        return "paced"
    if low <= 1:
        return "like independent arrivals"
    if dispersion >= VERY:
        return "very bursty"
    return "bursty" if dispersion >= SOMEWHAT else "somewhat bursty"


def _of_gaps(table: Table) -> float | None:
    """
    [sqrt(n + 1) r - sqrt(n - 1)] / [(sqrt(n + 1) - 2) r + sqrt(n - 1)], r deviation over mean.

    The parameter of Goh and Barabási (EPL 81, 2008), corrected for n gaps by Kim and Jo (Physical
    Review E 94, 2016).
    """
    gaps = select(
        [
            "epoch_us(timestamp) - epoch_us(lag(timestamp) OVER (ORDER BY timestamp)) AS gap",
            "epoch_us(timestamp) % 1000000 AS fraction",
        ],
        LOG,
        _TIMED,
    )
    row = table.rows(
        ["count(gap) AS n", "stddev_pop(gap) / avg(gap) AS r", "max(fraction) AS fraction"],
        source=f"({gaps})",
    )[0]
    count, ratio = row["n"], row["r"]
    if count < FEWEST_GAPS or ratio is None or not row["fraction"]:
        return None
    above, below = math.sqrt(count + 1), math.sqrt(count - 1)
    return float((above * ratio - below) / ((above - 2) * ratio + below))
