"""
Which values of a series are unusual, judged by medians so that the unusual ones do not hide.

A value is compared with the median of those of its season (hour, weekday). Its size is the
distance over a robust deviation, c x MAD of all distances (Hampel, JASA 69, 1974; Iglewicz and
Hoaglin, "How to Detect and Handle Outliers", 1993, whose bound of 3.5 is used); c allows for
seasons of few values, whose median follows each of them, and is not where it will be with more:
its variance is pi / 2n of theirs (H. Cramér, "Mathematical Methods of Statistics", 1946). Counts
are compared as 2 sqrt(x + 3/8) (Anscombe, Biometrika 35, 1948), sums over requests as square roots,
latencies as logarithms: then the deviation is the same at night as at noon. Failures are compared
by how many there would be at the usual rate.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from agents.analytics.intervals import binomial, quantile

LEAST_SIZE = 3.5
GOES_ON = 2.0  # the size above which an incident that has begun goes on
LEAST_FACTOR = 1.5  # times more or less than expected; less is of no interest, however sure
LEAST_COUNT = 10  # requests more or less than expected
FEW_EXPECTED = 4  # below it a count is judged by the Poisson distribution
LOW_FROM = 10  # requests expected, from which on too few can be told
FEWEST_IN_SEASON = 3
ALPHA = 0.05
_FEWEST_TRIALS, _FEWEST_EVENTS, _FEW_EVENTS = 5, 3, 5
_MAD_TO_DEVIATION = 1.4826
_MEAN_TO_DEVIATION = 1.2533
# Deviation over MAD of distances from the median of so many values (simulated, normal).
_FACTORS = {3: 3.18, 4: 2.08, 5: 2.02, 6: 1.90, 7: 1.82, 10: 1.71, 14: 1.63, 21: 1.56, 28: 1.54}
_LEAST_RELATIVE = 0.05  # of the value: the smallest deviation that is assumed


@dataclass(frozen=True, slots=True)
class Point:
    """A value that was judged; `size` is positive above the expected one."""

    value: float
    expected: float
    size: float
    unusual: bool


Points = list[Point | None]
"""None where there is no value, or too few to compare it with."""


def bound(tests: int) -> float:
    """The size that is unusual among `tests` values: chance goes beyond once in 20 series."""
    return max(LEAST_SIZE, quantile(1 - ALPHA / (2 * max(tests, 1))))


def counts(values: Sequence[float | None], seasons: Sequence[int]) -> Points:
    """Numbers of requests."""
    points = _compared(values, seasons, _anscombe, _from_anscombe, least=1)
    tests = _number(points)
    means = _others_mean(values, seasons)
    return [
        point and _count(point, mean, bound(tests), ALPHA / max(tests, 1))
        for point, mean in zip(points, means, strict=True)
    ]


def latencies(values: Sequence[float | None], seasons: Sequence[int]) -> Points:
    """Percentiles of times."""
    smallest = min((value for value in values if value), default=1.0)

    def log(value: float) -> float:
        return math.log(value or smallest)

    points = _compared(values, seasons, log, math.exp, least=_LEAST_RELATIVE)
    limit = bound(_number(points))
    return [point and _amount(point, limit) for point in points]


def sums(values: Sequence[float | None], seasons: Sequence[int], requests: Points) -> Points:
    """Tokens and money; of few `requests` (as `counts` judges them) no sum is too small."""
    typical = median(value for value in values if value is not None)
    least = _LEAST_RELATIVE / 2 * math.sqrt(typical)  # the square root varies half as much
    points = _compared(values, seasons, math.sqrt, lambda root: root * root, least or 1)
    limit = bound(_number(points))
    judged = [point and _amount(point, limit) for point in points]
    return [
        replace(point, unusual=False)
        if point and point.size < 0 and not (of and of.expected >= LOW_FROM)
        else point
        for point, of in zip(judged, requests, strict=True)
    ]


def shares(events: Sequence[int], trials: Sequence[int]) -> Points:
    """
    Failures of requests, unusually many only.

    The size is (e - n p) / sqrt(n p (1 - p)), over the robust deviation of all of them where they
    vary more than independent failures (Laney, Quality Engineering 14, 2002, with the MAD). Where
    less than five are expected it is the binomial distribution that decides. p is that of all
    buckets but the unusual ones.
    """
    pairs = list(zip(events, trials, strict=True))
    points: Points = [None] * len(pairs)
    for _ in range(2):  # the second time without those that the first found
        usual = [
            pair
            for pair, point in zip(pairs, points, strict=True)
            if pair[1] and not (point and point.unusual)
        ]
        rate = sum(e for e, _ in usual) / (sum(n for _, n in usual) or 1)
        points = _shares(pairs, rate)
    return points


def _shares(pairs: Sequence[tuple[int, int]], rate: float) -> Points:
    if not 0 < rate < 1:
        # No failure but in unusual buckets: as if there had been one more.
        total = sum(n for _, n in pairs)
        rate = min(max(rate, 1 / (total + 2)), 1 - 1 / (total + 2))
    judged = [pair if pair[1] >= _FEWEST_TRIALS else None for pair in pairs]
    sizes = [pair and _share_size(pair, rate) for pair in judged]
    known = [size for size in sizes if size is not None]
    if not known:
        return [None] * len(pairs)
    deviation = max(1.0, _MAD_TO_DEVIATION * _mad(known))
    limit, tail = bound(len(known)), ALPHA / len(known)
    return [
        None if pair is None or size is None else _share(pair, rate, size / deviation, limit, tail)
        for pair, size in zip(judged, sizes, strict=True)
    ]


def _share_size(pair: tuple[int, int], rate: float) -> float:
    events, trials = pair
    return (events - trials * rate) / math.sqrt(trials * rate * (1 - rate))


def _share(pair: tuple[int, int], rate: float, size: float, limit: float, tail: float) -> Point:
    events, trials = pair
    is_large = size > limit and events >= _FEWEST_EVENTS and events >= LEAST_FACTOR * trials * rate
    if is_large and trials * rate < _FEW_EVENTS:
        is_large = _at_least(events, trials, rate) < tail
    return Point(events / trials, rate, size, is_large)


def _at_least(events: int, trials: int, rate: float) -> float:
    """The probability of so many events or more."""
    return math.fsum(binomial(k, trials, rate) for k in range(events, trials + 1))


def poisson_at_least(events: int, mean: float) -> float:
    """The probability of so many independent events or more where `mean` are expected."""
    if mean <= 0:
        return float(events <= 0)
    terms = (math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(events))
    return max(0.0, 1 - math.fsum(terms))


def _count(point: Point, mean: float, limit: float, tail: float) -> Point:
    value, expected = point.value, point.expected
    unusual = abs(point.size) > limit and abs(value - expected) >= LEAST_COUNT
    if value < expected:
        unusual = unusual and expected >= LOW_FROM and value * LEAST_FACTOR <= expected
    else:
        unusual = unusual and value >= LEAST_FACTOR * expected
        if unusual and expected < FEW_EXPECTED:
            unusual = poisson_at_least(round(value), mean) < tail
    return Point(value, expected, point.size, unusual)


def _amount(point: Point, limit: float) -> Point:
    large, small = sorted((point.value, point.expected), reverse=True)
    unusual = abs(point.size) > limit and large >= LEAST_FACTOR * small
    return Point(point.value, point.expected, point.size, unusual)


def _compared(
    values: Sequence[float | None],
    seasons: Sequence[int],
    forth: Callable[[float], float],
    back: Callable[[float], float],
    least: float,
) -> Points:
    """Each value beside the median of its season; `least` is the smallest deviation assumed."""
    members: defaultdict[int, list[float]] = defaultdict(list)
    for value, season in zip(values, seasons, strict=True):
        if value is not None:
            members[season].append(forth(value))
    usual = {season: median(of) for season, of in members.items() if len(of) >= FEWEST_IN_SEASON}
    if not usual:
        return [None] * len(values)
    rest = [value - usual[season] for season in usual for value in members[season]]
    typical = round(median(len(members[season]) for season in usual))
    deviation = max(least, _deviation(rest, typical)) * math.sqrt(1 + math.pi / (2 * typical))
    return [
        None
        if value is None or season not in usual
        else Point(value, back(usual[season]), (forth(value) - usual[season]) / deviation, False)
        for value, season in zip(values, seasons, strict=True)
    ]


def _deviation(rest: Sequence[float], season_size: int) -> float:
    distance = median(abs(value) for value in rest)
    if not distance:  # more than half are equal to their median
        return _MEAN_TO_DEVIATION * fmean(abs(value) for value in rest)
    known = [size for size in _FACTORS if size <= season_size]
    is_many = season_size > max(_FACTORS)
    return (_MAD_TO_DEVIATION if is_many else _FACTORS[max(known)]) * distance


def _mad(values: Sequence[float]) -> float:
    middle = median(values)
    return median(abs(value - middle) for value in values)


def _others_mean(values: Sequence[float | None], seasons: Sequence[int]) -> list[float]:
    """For each value the mean of the others of its season."""
    totals: defaultdict[int, list[float]] = defaultdict(list)
    for value, season in zip(values, seasons, strict=True):
        if value is not None:
            totals[season].append(value)
    sums = {season: (math.fsum(of), len(of)) for season, of in totals.items()}
    return [
        (sums[season][0] - value) / max(sums[season][1] - 1, 1) if value is not None else 0.0
        for value, season in zip(values, seasons, strict=True)
    ]


def _number(points: Points) -> int:
    return sum(1 for point in points if point)


def _anscombe(count: float) -> float:
    return 2 * math.sqrt(count + 3 / 8)


def _from_anscombe(value: float) -> float:
    return max(0.0, value * value / 4 - 3 / 8)


def runs(points: Points, sign: int) -> list[tuple[int, int]]:
    """
    Neighbours that are unusual in one direction, as (first, after the last).

    A run goes on while the size stays above GOES_ON, and over one quiet bucket to the next run.
    """
    near = [bool(point and point.size * sign > GOES_ON) for point in points]
    seeds = [bool(point and point.unusual and point.size * sign > 0) for point in points]
    found: list[tuple[int, int]] = []
    for index, is_seed in enumerate(seeds):
        if not is_seed or (found and index < found[-1][1]):
            continue
        start, end = index, index + 1
        while start > 0 and near[start - 1]:
            start -= 1
        while end < len(near) and near[end]:
            end += 1
        if found and start - found[-1][1] <= 1:
            start = found.pop()[0]
        found.append((start, end))
    return found
