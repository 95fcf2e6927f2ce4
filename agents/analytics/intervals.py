"""How far a figure can be trusted: intervals of shares and of percentiles, and the normal curve."""

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import NormalDist

from pydantic import BaseModel

from agents.analytics.figures import Figure, Ratio

CONFIDENCE = 0.95
_NORMAL = NormalDist()
_EXACT_UNTIL = 1000  # values, up to which the binomial sum is computed and not approximated


class Interval(BaseModel):
    """From `low` to `high`, in the unit of the figure."""

    low: Figure
    high: Figure


class ShareInterval(BaseModel):
    """From `low` to `high`, shares from 0 to 1."""

    low: Ratio
    high: Ratio


def quantile(probability: float) -> float:
    """Of the standard normal distribution."""
    return _NORMAL.inv_cdf(probability)


def two_sided(confidence: float = CONFIDENCE) -> float:
    """1.96 for 0.95."""
    return quantile((1 + confidence) / 2)


def p_value(z: float) -> float:
    """How often chance alone gives a standard normal value as far from 0 as `z`."""
    return math.erfc(abs(z) / math.sqrt(2))


def wilson(
    events: int, trials: int, confidence: float = CONFIDENCE, inflation: float = 1
) -> ShareInterval | None:
    """
    The score interval of a share; None without trials. `inflation` multiplies its variance.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927): [p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)] / (1 + z²/n).
    """
    if not trials:
        return None
    z2 = two_sided(confidence) ** 2 * inflation
    share = events / trials
    centre = share + z2 / (2 * trials)
    half = math.sqrt(z2 * (share * (1 - share) / trials + z2 / (4 * trials**2)))
    scale = 1 + z2 / trials
    low, high = (centre - half) / scale, (centre + half) / scale
    return ShareInterval(
        low=0 if not events else max(0.0, low), high=1 if events == trials else min(1.0, high)
    )


def order_ranks(count: int, rank: float, confidence: float = CONFIDENCE) -> tuple[int, int] | None:
    """
    Which of `count` sorted values, numbered from 1, bound the percentile `rank` (0 to 1).

    Distribution-free: of independent values, the number below the percentile is binomial (W. J.
    Conover, "Practical Nonparametric Statistics", 3rd ed. 1999, section 3.2). None where the
    values are too few for two bounds: less than 6 for a median, 72 for a p95, 368 for a p99.
    """
    tail = (1 - confidence) / 2
    if count > _EXACT_UNTIL:
        half = two_sided(confidence) * math.sqrt(count * rank * (1 - rank))
        low, high = math.floor(count * rank - half), math.ceil(count * rank + half) + 1
    else:
        # below[k]: the probability of at most k
        below = list(accumulate(binomial(k, count, rank) for k in range(count + 1)))
        low = sum(1 for sum_ in below if sum_ <= tail)
        high = 1 + sum(1 for sum_ in below if sum_ < 1 - tail)
    return (low, high) if low >= 1 and high <= count else None


def fewest_for(rank: float, confidence: float = CONFIDENCE) -> int:
    """How many values a percentile needs to be bounded on both sides."""
    count = 1
    while max(rank, 1 - rank) ** count > (1 - confidence) / 2:
        count += 1
    return count


def midranks(values: Sequence[float]) -> list[float]:
    """Each value's place in the sorted values, from 1; equal ones share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            ranks[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def binomial(events: int, trials: int, share: float) -> float:
    """The probability of exactly so many events, of a share between 0 and 1."""
    ways = math.lgamma(trials + 1) - math.lgamma(events + 1) - math.lgamma(trials - events + 1)
    return math.exp(ways + events * math.log(share) + (trials - events) * math.log1p(-share))
