"""
Whether volume, tokens, cost, latency and failures rise or fall, by how much, and how surely.

One method for all but error rates: the seasonal Mann-Kendall test with Sen's slope (`kendall`), on
values relative to the median of their season, so that busy hours do not drown quiet ones. Error
rates, whose small counts make ties, take the Cochran-Armitage test (`armitage`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, median
from typing import Literal

from pydantic import BaseModel

from agents.analytics.armitage import FEWEST_BUCKETS, FEWEST_EVENTS, armitage
from agents.analytics.charts import Axis, LineChart
from agents.analytics.charts import Series as ChartSeries
from agents.analytics.extremes import Amount, Value
from agents.analytics.figures import Figure as Rounded
from agents.analytics.figures import Ratio
from agents.analytics.intervals import wilson
from agents.analytics.kendall import kendall
from agents.analytics.priced import Basis
from agents.analytics.table import Table
from agents.analytics.timeline import (
    DAY,
    HOUR,
    LABELS,
    MINUTE,
    SUMMED,
    UNITS,
    Bucket,
    Figure,
    Recording,
    Split,
    Timeline,
    complete,
    largest_groups,
    length,
    split_timeline,
)

Verdict = Literal["rising", "falling", "no trend", "too little data"]

ALPHA = 0.05  # how often chance may make a trend, over all series of a call together
MOST_KEYS = 6  # groups whose series are tested
FEWEST_CYCLES, FEWEST_BUCKETS_ALONE = 5, 10
FEWEST_VALUES = 20  # requests behind a percentile; of fewer, a p95 is the slowest
SEASONS_KEPT = 0.5  # of the seasons that must have a value in every cycle
MOST_SHOWN = 120  # buckets of a chart
MOST_SINGLE = 96  # buckets of a log of less than five days
MOST_WEEKS = 260  # that are compared one by one: five years

SMALLEST_COST = 10  # decimals of a US dollar


@dataclass(frozen=True, slots=True)
class Layout:
    """Buckets, and how many of them make a cycle: 24 hours a day, 7 days a week, or 1."""

    seconds: int
    seasons: int = 1

    @property
    def cycle_days(self) -> float:
        return self.seconds * self.seasons / DAY


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


def layouts(recorded: Recording) -> list[Layout]:
    """
    How a recording is cut: by weekday from five weeks on, by hour of the day from five days on.

    From ten days on, days without seasons are the second choice, for figures that the hours have
    too few values for. Below five days the daily rhythm cannot be told from a trend. From two years
    on it is weeks, or several together: the test compares each bucket with each.
    """
    days = recorded.days
    if recorded.finest > DAY:
        sums = recorded.seconds / recorded.finest
        return [Layout(recorded.finest * math.ceil(sums / MOST_WEEKS))]
    if days >= 2 * 365:
        return [Layout(7 * DAY * math.ceil(days / 7 / MOST_WEEKS))]
    found = []
    if days >= 5 * 7:
        found.append(Layout(DAY, 7))
    elif days >= FEWEST_CYCLES and recorded.finest <= HOUR:
        found.append(Layout(HOUR, 24))
    if days >= FEWEST_BUCKETS_ALONE:
        found.append(Layout(DAY))
    return found or [_single(recorded)]


def _single(recorded: Recording) -> Layout:
    for seconds in (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, DAY):
        first, after = complete(recorded, seconds)
        if not seconds % recorded.finest and after - first <= MOST_SINGLE:
            break
    return Layout(seconds)


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
        line = timelines[key]
        seasons = _seasons(line, layout, figure)
        if seasons:
            return _measured(figure, key, layout, line, seasons)
    return Trend(figure=figure, key=key, verdict="too little data", why_not=_why_not(figure))


def _seasons(line: Timeline, layout: Layout, figure: Figure) -> list[list[float]]:
    """The values of each season that has one in every cycle; none if too few have."""
    cycles = len(line.buckets) // layout.seasons
    if cycles < (FEWEST_CYCLES if layout.seasons > 1 else FEWEST_BUCKETS_ALONE):
        return []
    if layout.seasons == 1:
        values = [value for value in _usable(line, figure) if value is not None]
        # A gap shortens the series: with few gaps the slope per bucket stays what it is.
        full = len(values) >= max(FEWEST_BUCKETS_ALONE, 0.8 * cycles)
        return [values] if full and any(values) else []
    used = _usable(line, figure)[: cycles * layout.seasons]
    seasons = [used[season :: layout.seasons] for season in range(layout.seasons)]
    whole = [[v for v in values if v is not None] for values in seasons if None not in values]
    usable = [values for values in whole if median(values) > 0]
    return usable if len(usable) >= SEASONS_KEPT * layout.seasons else []


def _usable(line: Timeline, figure: Figure) -> list[float | None]:
    if figure in SUMMED:
        return line.values(figure)
    return [
        bucket.value(figure) if bucket.support(figure) >= FEWEST_VALUES else None
        for bucket in line.buckets
    ]


def _measured(
    figure: Figure, key: str | None, layout: Layout, line: Timeline, seasons: list[list[float]]
) -> Trend:
    levels = [median(values) or fmean(values) for values in seasons]
    relative = [[v / level for v in values] for values, level in zip(seasons, levels, strict=True)]
    test = kendall(relative)
    cycles = len(seasons[0])
    level, middle = fmean(levels), fmean(median(values) for values in relative)
    start = middle - test.slope * (cycles - 1) / 2
    span = cycles - 1
    return Trend(
        figure=figure,
        key=key,
        verdict="no trend",
        bucket_seconds=line.seconds,
        buckets=cycles * len(seasons),
        days=cycles * layout.cycle_days,
        from_level=_amount(figure, level * start),
        to_level=_amount(figure, level * (start + test.slope * span)),
        change_per_day=_per_day(figure, level * test.slope / layout.cycle_days, line),
        p_value=test.p_value,
        **_percentages(start, test.slope * span, test.low * span, test.high * span),
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
