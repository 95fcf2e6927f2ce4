"""
Whether volume, tokens, cost, latency and failures rise or fall, by how much, and how surely.

One method for all but error rates: the Mann-Kendall test with Sen's slope (`kendall`), seasonal or
not, on values relative to the median of their season, so that busy hours do not drown quiet ones.
Error rates, whose small counts make ties, take the Cochran-Armitage test (`armitage`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, median
from typing import Literal

from pydantic import BaseModel

from agents.analytics.armitage import FEWEST_BUCKETS, FEWEST_EVENTS, armitage
from agents.analytics.charts import Axis, LineChart
from agents.analytics.charts import Series as ChartSeries
from agents.analytics.cycles import (
    FEWEST_BUCKETS_ALONE,
    FEWEST_CYCLES,
    FEWEST_VALUES,
    Cycles,
    Layout,
    cycles_of,
    layouts,
)
from agents.analytics.extremes import Amount, Value
from agents.analytics.figures import Figure as Rounded
from agents.analytics.figures import Ratio
from agents.analytics.intervals import wilson
from agents.analytics.kendall import kendall
from agents.analytics.priced import Basis
from agents.analytics.table import Table
from agents.analytics.timeline import (
    DAY,
    LABELS,
    SUMMED,
    UNITS,
    Bucket,
    Figure,
    Recording,
    Split,
    Timeline,
    largest_groups,
    length,
    split_timeline,
)

Verdict = Literal["rising", "falling", "no trend", "too little data"]

ALPHA = 0.05  # how often chance may make a trend, over all series of a call together
MOST_KEYS = 6  # groups whose series are tested
MOST_SHOWN = 120  # buckets of a chart

SMALLEST_COST = 10  # decimals of a US dollar


class Trend(BaseModel):
    """
    One figure of all rows, or of those of `key`.

    `from_level` and `to_level` are where the fitted line begins and ends, per bucket (shares for
    error rates), `change_per_day` None for less than a day. Percentages are of `from_level`, over
    the whole span. `p_value` is how often
    chance alone would look like this; the interval is one of 95 % for this series by itself.
    """

    figure: Figure
    key: str | None = None
    verdict: Verdict
    why_not: str | None = None  # where there is too little data
    bucket_seconds: int | None = None
    buckets: int = 0  # that were compared
    days: Rounded = 0  # from the begin of the first to the end of the last
    from_level: Amount | None = None
    to_level: Amount | None = None
    change_per_day: Amount | None = None
    change_percent: Rounded | None = None
    change_percent_low: Rounded | None = None
    change_percent_high: Rounded | None = None
    p_value: Ratio | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """The timelines that figures are tested on, the preferred layout first."""

    layouts: Sequence[Layout]
    timelines: Sequence[dict[str | None, Timeline]]


def series(
    table: Table, recorded: Recording, cost: Basis | None, by: Split | None = None
) -> Series:
    """The timelines of all rows and of the largest groups."""
    keys = largest_groups(table, by, MOST_KEYS) if by else []
    chosen = layouts(recorded)
    lines = {
        seconds: split_timeline(table, recorded, seconds, cost, by, keys)
        for seconds in {layout.seconds for layout in chosen}
    }
    return Series(chosen, [lines[layout.seconds] for layout in chosen])


def trends(found: Series, figures: Sequence[Figure]) -> list[Trend]:
    """Each figure of all rows, then of each group; verdicts allow for the number of tests."""
    keys = list(found.timelines[0])
    tests = [_tested(found, figure, key) for key in keys for figure in figures]
    judged = sum(1 for test in tests if test.p_value is not None)
    return [_judged(test, ALPHA / judged) if test.p_value is not None else test for test in tests]


def _judged(trend: Trend, threshold: float) -> Trend:
    assert trend.p_value is not None
    if trend.p_value >= threshold or trend.from_level == trend.to_level:
        return trend
    assert trend.from_level is not None
    assert trend.to_level is not None
    verdict = "rising" if trend.to_level > trend.from_level else "falling"
    return trend.model_copy(update={"verdict": verdict})


def _tested(found: Series, figure: Figure, key: str | None) -> Trend:
    if figure == "error_rate":
        # Within a day failures depend on each other, so days are compared where there are enough.
        line = found.timelines[-1][key]
        return _rate(line, key)
    for layout, timelines in zip(found.layouts, found.timelines, strict=True):
        if cycles := cycles_of(timelines[key], layout, figure):
            return _measured(figure, key, cycles, timelines[key])
    return Trend(figure=figure, key=key, verdict="too little data", why_not=_why_not(figure))


def _measured(figure: Figure, key: str | None, found: Cycles, line: Timeline) -> Trend:
    test = kendall(found.seasons, rest=found.rest)
    slope, low, high = (each / found.seen for each in (test.slope, test.low, test.high))
    cycles = len(found.seasons[0])
    level, middle = found.level, fmean(median(values) for values in found.seasons)
    span = cycles - 1
    start = middle - slope * span / 2
    return Trend(
        figure=figure,
        key=key,
        verdict="no trend",
        bucket_seconds=line.seconds,
        buckets=cycles * len(found.seasons),
        days=cycles * found.days,
        from_level=_amount(figure, level * start),
        to_level=_amount(figure, level * (start + slope * span)),
        change_per_day=_per_day(figure, level * slope / found.days, line),
        p_value=test.p_value,
        **_percentages(start, slope * span, low * span, high * span),
    )


def _rate(line: Timeline, key: str | None) -> Trend:
    known = [(index, b) for index, b in enumerate(line.buckets) if b.outcomes]
    test = armitage([(i, b.errors, b.outcomes) for i, b in known])
    if test is None:
        return Trend(
            figure="error_rate", key=key, verdict="too little data", why_not=_why_not("error_rate")
        )
    first, last = known[0][0], known[-1][0]
    start, end = (max(0.0, test.at(index)) for index in (first, last))
    span = last - first
    return Trend(
        figure="error_rate",
        key=key,
        verdict="no trend",
        bucket_seconds=line.seconds,
        buckets=len(known),
        days=(span + 1) * line.seconds / DAY,
        from_level=start,
        to_level=end,
        change_per_day=_per_day("error_rate", test.slope * DAY / line.seconds, line),
        p_value=test.p_value,
        **_percentages(start, test.slope * span, test.low * span, test.high * span),
    )


def _per_day(figure: Figure, change: float, line: Timeline) -> Value | None:
    """Of less than a day it would be a guess at what the rest of the day is like."""
    whole = len(line.buckets) * line.seconds >= DAY
    return _amount(figure, change) if whole else None


def _percentages(start: float, change: float, low: float, high: float) -> dict[str, float | None]:
    """Of a begin at or below 0 there is no percentage, and nothing falls by more than all of it."""
    names = ("change_percent", "change_percent_low", "change_percent_high")
    if start <= 0:
        return dict.fromkeys(names)
    changes = zip(names, (change, low, high), strict=True)
    return {name: max(-100.0, 100 * part / start) for name, part in changes}


def _why_not(figure: Figure) -> str:
    if figure == "error_rate":
        return (
            f"It takes {FEWEST_EVENTS} failures in {FEWEST_BUCKETS} or more periods with requests "
            "of known outcome."
        )
    values = "" if figure in SUMMED else f" with {FEWEST_VALUES} or more values each"
    return (
        f"It takes {FEWEST_BUCKETS_ALONE} periods one after the other, or the same hours of "
        f"{FEWEST_CYCLES} days,{values or ' with something in them'}."
    )


def _amount(figure: Figure, value: float) -> Value:
    return Decimal(repr(round(value, SMALLEST_COST))) if figure == "cost_usd" else value


def course(found: Series, figure: Figure) -> LineChart:
    """
    The figure of all rows and of each group as it went, in the widest buckets there are.

    Error rates have a band, Wilson's interval of 95 % of each bucket.
    """
    lines = found.timelines[-1]
    whole = lines[None]
    shown = range(max(0, len(whole.buckets) - MOST_SHOWN), len(whole.buckets))
    return LineChart(
        title=f"{LABELS[figure]} per {length(whole.seconds)}",
        x_axis=Axis(label="time", kind="time"),
        y_axis=Axis(label=LABELS[figure], unit=UNITS[figure]),
        x=[f"{whole.start(index):%Y-%m-%dT%H:%MZ}" for index in shown],
        series=[
            _drawn(key or "all", [line.buckets[index] for index in shown], figure)
            for key, line in lines.items()
        ],
    )


def _drawn(name: str, buckets: Sequence[Bucket], figure: Figure) -> ChartSeries:
    values = [bucket.drawn(figure) for bucket in buckets]
    if figure != "error_rate":
        return ChartSeries(name=name, y=values)
    bands = [wilson(bucket.errors, bucket.outcomes) for bucket in buckets]
    return ChartSeries(
        name=name,
        y=values,
        low=[band and 100 * band.low for band in bands],
        high=[band and 100 * band.high for band in bands],
    )
