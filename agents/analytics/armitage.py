"""Does a share rise or fall with time? The Cochran-Armitage test, for shares of small counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agents.analytics.intervals import p_value, two_sided

FEWEST_EVENTS, FEWEST_BUCKETS = 10, 5


@dataclass(frozen=True, slots=True)
class ShareTrend:
    """`slope`, `low` and `high` are changes of the share per unit of time."""

    p_value: float
    share: float  # at `centre`
    centre: float
    slope: float
    low: float
    high: float

    def at(self, time: float) -> float:
        """The fitted line."""
        return self.share + self.slope * (time - self.centre)


def armitage(points: Sequence[tuple[float, int, int]]) -> ShareTrend | None:
    """
    From (time, events, trials) of each bucket; None for too few, or where every trial is an event.

    z = Σ t (e - n p) / sqrt(v p (1 - p) Σ n (t - t̄)²), with p the share of all (P. Armitage,
    Biometrics 11, 1955); the slope is Σ t (e - n p) / Σ n (t - t̄)². v, at least 1, is how much more
    the shares differ from bucket to bucket than independent events would: Pearson's Σ (e - n p)² /
    (n p (1 - p)) over the number of buckets less 1.
    """
    used = [point for point in points if point[2]]
    trials, events = sum(point[2] for point in used), sum(point[1] for point in used)
    if len(used) < FEWEST_BUCKETS or events < FEWEST_EVENTS or events == trials:
        return None
    share = events / trials
    noise = share * (1 - share)
    centre = sum(time * n for time, _, n in used) / trials
    weight = sum(n * (time - centre) ** 2 for time, _, n in used)
    drift = sum((time - centre) * (e - n * share) for time, e, n in used)
    pearson = sum((e - n * share) ** 2 / (n * noise) for _, e, n in used)
    dispersion = max(1.0, pearson / (len(used) - 1))
    slope, deviation = drift / weight, math.sqrt(dispersion * noise / weight)
    reach = two_sided() * deviation
    return ShareTrend(
        p_value(slope / deviation), share, centre, slope, slope - reach, slope + reach
    )
