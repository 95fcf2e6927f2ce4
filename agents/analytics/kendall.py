"""
Is a series rising or falling, or is it chance? The seasonal Mann-Kendall test and Sen's slope.

The test compares each value only with those of the same season (hour of the day, weekday), so a
daily rhythm is no trend. Its variance is the one that allows for seasons of a day going up and
down together (Hirsch and Slack, "A nonparametric trend test for seasonal data with serial
dependence", Water Resources Research 20, 1984; covariance by Dietz and Killeen, JASA 76, 1981),
which contains ties, and with one season is that of Mann (1945) and Kendall (1975).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import fmean, median

from agents.analytics.intervals import CONFIDENCE, midranks, p_value, two_sided

FEWEST_FOR_MEMORY = 10  # cycles; of fewer, how much a value says of the next cannot be estimated
MOST_MEMORY = 0.95


@dataclass(frozen=True, slots=True)
class Kendall:
    """`slope`, `low` and `high` in units of the values per cycle."""

    p_value: float
    slope: float
    low: float
    high: float


def kendall(
    seasons: Sequence[Sequence[float]],
    confidence: float = CONFIDENCE,
    *,
    rest: Sequence[float] | None = None,
) -> Kendall:
    """
    The trend of `seasons`, each with one value for each of the same cycles, at least two.

    With S the sum over seasons and pairs of cycles of sgn(later - earlier), Z = (S - sgn S) /
    sqrt(Var S). The slope is the median of (x_j - x_i) / (j - i) over the same pairs (Sen, JASA 63,
    1968), its interval the slopes (N - C)/2 and (N + C)/2 + 1 in order, C = z sqrt(Var S) (Gilbert,
    "Statistical Methods for Environmental Pollution Monitoring", 1987).

    `rest` is one value for each cycle without the trend, to see how much they say of each other;
    else it is what the slope leaves of their means.
    """
    cycles = len(seasons[0])
    slopes = sorted(
        (later - earlier) / (j - i)
        for values in seasons
        for (i, earlier), (j, later) in combinations(enumerate(values), 2)
    )
    slope = median(slopes)
    score, variance = _score(seasons)
    if cycles >= FEWEST_FOR_MEMORY:
        variance *= _inflation(_rest(seasons, slope) if rest is None else rest)
    if variance <= 0:  # all values are equal
        return Kendall(1, slope, slopes[0], slopes[-1])
    deviation = math.sqrt(variance)
    z = (score - math.copysign(min(1, abs(score)), score)) / deviation
    reach = two_sided(confidence) * deviation
    count = len(slopes)
    return Kendall(
        p_value(z),
        slope,
        _ranked(slopes, (count - reach) / 2),
        _ranked(slopes, (count + reach) / 2 + 1),
    )


def _score(seasons: Sequence[Sequence[float]]) -> tuple[float, float]:
    """S and its variance: [Σ D_ij² + 4 Σ (Σ R_ig)² - G² k (k + 1)²] / 3."""
    cycles = len(seasons[0])
    signs: dict[tuple[int, int], int] = dict.fromkeys(combinations(range(cycles), 2), 0)
    ranks = [0.0] * cycles
    for values in seasons:
        for i, j in signs:
            signs[i, j] += (values[j] > values[i]) - (values[j] < values[i])
        for cycle, rank in enumerate(midranks(values)):
            ranks[cycle] += rank
    squares = sum(sign * sign for sign in signs.values())
    of_ranks = 4 * sum(rank * rank for rank in ranks)
    expected = len(seasons) ** 2 * cycles * (cycles + 1) ** 2
    return sum(signs.values()), (squares + of_ranks - expected) / 3


def _rest(seasons: Sequence[Sequence[float]], slope: float) -> list[float]:
    return [
        fmean(values) - slope * cycle for cycle, values in enumerate(zip(*seasons, strict=True))
    ]


def _inflation(rest: Sequence[float]) -> float:
    """
    By how much memory from one cycle to the next widens the variance.

    1 + 2 Σ (1 - k/n) r^k (Yue and Wang, Water Resources Management 18, 2004), r the lag-1
    autocorrelation of the ranks without the slope, corrected for its bias as (n r + 2)/(n - 4)
    (Hamed, Journal of Hydrology 368, 2009).
    """
    cycles = len(rest)
    ranks = [rank - (cycles + 1) / 2 for rank in midranks(rest)]
    spread = sum(rank * rank for rank in ranks)
    if not spread:
        return 1
    lag = sum(a * b for a, b in pairwise(ranks)) / spread
    memory = min(MOST_MEMORY, max(0.0, (cycles * lag + 2) / (cycles - 4)))
    return 1 + 2 * sum((1 - k / cycles) * memory**k for k in range(1, cycles))


def _ranked(values: Sequence[float], rank: float) -> float:
    """The value with the rank, from 1, between two ranks interpolated."""
    place = min(max(rank, 1), len(values)) - 1
    low = math.floor(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])
