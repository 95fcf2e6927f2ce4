"""
How a series is cut and made comparable, so that rhythms of the day and the week are no trends.

Each value is taken relative to the median of its season: the hour of the day, or the weekday.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median, pvariance

from agents.analytics.effect_sizes import share_explained
from agents.analytics.intervals import midranks
from agents.analytics.kendall import kendall
from agents.analytics.timeline import (
    DAY,
    HOUR,
    MINUTE,
    SUMMED,
    Figure,
    Recording,
    Timeline,
    complete,
)

FEWEST_CYCLES, FEWEST_BUCKETS_ALONE = 5, 10
FEWEST_VALUES = 20  # requests behind a percentile; of fewer, a p95 is the slowest
SEASONS_KEPT = 0.5  # of the seasons that must have a value in every cycle
SMALL_SLOPE, LEAST_SEEN = 0.001, 0.3  # of a straight line, to see what is left of it
WEEK_SHOWS = 0.3  # of the variance of days; below, the medians of few take more than they give
LEAST_FILLED = 0.8  # of the buckets without seasons that must have a value
BY_WEEKDAY = 16  # days; two of each weekday alone are both as far from their median
WEEKDAYS_ALONE = 120  # days; below, 17 Mondays and less show only what is very large
MOST_SINGLE = 96  # buckets of a log of less than five days
MOST_WEEKS = 260  # that are compared one by one: five years


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Buckets, and how many of them make a cycle: 24 hours a day, 7 days a week, or 1.

    Days `by_weekday` are compared with all other days, each relative to the median of its weekday,
    where the series has a week.
    """

    seconds: int
    seasons: int = 1
    by_weekday: bool = False


@dataclass(frozen=True, slots=True)
class Cycles:
    """Values relative to the median of their season, one of each season in each cycle."""

    seasons: list[list[float]]
    level: float  # what a relative value of 1 is, per bucket
    days: float  # of a cycle
    seen: float = 1  # the part of a slope that is left in the values
    rest: list[float] | None = None  # what a trend leaves of them


def layouts(recorded: Recording) -> list[Layout]:
    """
    How a recording is cut: into hours of the day from five days on, days by their weekday from 16
    days on, weekdays each with its like from four months on, and weeks, or several together, from
    two years on: the test compares each bucket with each.

    The second choice are days without seasons, for figures that the first has too few values for.
    Below five days the daily rhythm cannot be told from a trend.
    """
    days = recorded.days
    if recorded.finest > DAY:
        sums = recorded.seconds / recorded.finest
        return [Layout(recorded.finest * math.ceil(sums / MOST_WEEKS))]
    if days >= 2 * 365:
        return [Layout(7 * DAY * math.ceil(days / 7 / MOST_WEEKS))]
    found = []
    if days >= WEEKDAYS_ALONE:
        found.append(Layout(DAY, 7))
    elif days >= BY_WEEKDAY:
        found.append(Layout(DAY, by_weekday=True))
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


def cycles_of(line: Timeline, layout: Layout, figure: Figure) -> Cycles | None:
    """The values in the layout; None if too few buckets have one."""
    if layout.by_weekday:
        return _days(line, figure)
    cycles = len(line.buckets) // layout.seasons
    if cycles < (FEWEST_CYCLES if layout.seasons > 1 else FEWEST_BUCKETS_ALONE):
        return None
    used = _usable(line, figure)[: cycles * layout.seasons]
    days = layout.seconds * layout.seasons / DAY
    if layout.seasons == 1:
        values = [value for value in used if value is not None]
        # A gap shortens the series: with few gaps the slope per bucket stays what it is.
        return _relative([values], days) if _are_enough(values, cycles) and any(values) else None
    seasons = [used[season :: layout.seasons] for season in range(layout.seasons)]
    whole = [[v for v in values if v is not None] for values in seasons if None not in values]
    usable = [values for values in whole if median(values) > 0]
    return _relative(usable, days) if len(usable) >= SEASONS_KEPT * layout.seasons else None


def _relative(seasons: Sequence[Sequence[float]], days: float) -> Cycles:
    levels = [median(values) or fmean(values) for values in seasons]
    relative = [[v / level for v in values] for values, level in zip(seasons, levels, strict=True)]
    return Cycles(relative, fmean(levels), days)


def _days(line: Timeline, figure: Figure) -> Cycles | None:
    """
    One value for each day, without weekdays on which usually nothing happens; None where the
    weekday says little of the value, or too few days have one.
    """
    used = _usable(line, figure)
    found: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for day, value in enumerate(used):
        if value is not None:
            found[(line.first + day) % 7][day] = value
    if _by_weekday(found) < WEEK_SHOWS:
        return None
    kept = {weekday: of for weekday, of in found.items() if median(of.values()) > 0}
    values = _against_weekdays(kept.values())
    if not _are_enough(values, sum((line.first + day) % 7 in kept for day in range(len(used)))):
        return None
    level = fmean(median(of.values()) for of in kept.values())
    weekdays = kept.values()
    return Cycles([values], level, 7 / len(kept), _seen(weekdays), _rest(weekdays))


def _by_weekday(found: Mapping[int, Mapping[int, float]]) -> float:
    """The share of the variance of ranks between weekdays, in what a straight line leaves."""
    days = sorted(
        (day, value, weekday) for weekday, of in found.items() for day, value in of.items()
    )
    if len(days) < FEWEST_BUCKETS_ALONE:
        return 0
    slope = kendall([[value for _, value, _ in days]]).slope
    ranks = midranks([value - slope * place for place, (_, value, _) in enumerate(days)])
    groups: defaultdict[int, list[float]] = defaultdict(list)
    for rank, (_, _, weekday) in zip(ranks, days, strict=True):
        groups[weekday].append(rank)
    return share_explained([(len(of), fmean(of)) for of in groups.values()], pvariance(ranks))


def _against_weekdays(weekdays: Collection[Mapping[int, float]]) -> list[float]:
    """Each day's value over the median of those of its weekday, in order of days."""
    relative: dict[int, float] = {}
    for of in weekdays:
        usual = median(of.values())
        relative |= {day: value / usual for day, value in of.items()}
    return [value for _, value in sorted(relative.items())]


def _rest(weekdays: Collection[Mapping[int, float]]) -> list[float]:
    """Each day against its weekday, without the slope that is between days of one weekday."""
    relative = [{day: v / median(of.values()) for day, v in of.items()} for of in weekdays]
    slope = median(
        (later - earlier) / (j - i)
        for of in relative
        for (i, earlier), (j, later) in combinations(of.items(), 2)
    )
    rest: dict[int, float] = {}
    for of in relative:
        flat = {day: value - slope * day for day, value in of.items()}
        usual = median(flat.values())
        rest |= {day: value - usual for day, value in flat.items()}
    return [value for _, value in sorted(rest.items())]


def _seen(weekdays: Collection[Mapping[int, float]]) -> float:
    """
    How much of a slope is left when each day is divided by the median of few of its weekday: that
    of a straight line on the same days.
    """
    last = max(day for of in weekdays for day in of)
    straight = [{day: last + day * SMALL_SLOPE for day in of} for of in weekdays]
    days = sum(map(len, weekdays))
    left = kendall([_against_weekdays(straight)]).slope * last / SMALL_SLOPE
    return max(LEAST_SEEN, left * days / (last + 1))


def _are_enough(values: Sequence[object], buckets: int) -> bool:
    return len(values) >= max(FEWEST_BUCKETS_ALONE, LEAST_FILLED * buckets)


def _usable(line: Timeline, figure: Figure) -> list[float | None]:
    if figure in SUMMED:
        return line.values(figure)
    return [
        bucket.value(figure) if bucket.support(figure) >= FEWEST_VALUES else None
        for bucket in line.buckets
    ]
