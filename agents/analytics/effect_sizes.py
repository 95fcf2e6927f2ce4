"""How strongly two things go together, on one scale from 0 to 1, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agents.analytics.intervals import two_sided

Strength = Literal["none", "weak", "moderate", "strong", "very strong"]

FEWEST = 25  # values; of fewer, the interval is not to be relied on
_STEPS: tuple[tuple[float, Strength], ...] = (
    (0.7, "very strong"),
    (0.5, "strong"),
    (0.3, "moderate"),
    (0.1, "weak"),
)
_LARGEST = 0.999999  # whose hyperbolic arc tangent is still a number


@dataclass(frozen=True, slots=True)
class Effect:
    """From -1 to 1, with its interval of 95 %; `count` values."""

    count: int
    size: float
    low: float
    high: float

    @property
    def least(self) -> float:
        """The end of the interval nearer to 0, or 0 if that is inside."""
        return 0 if self.low <= 0 <= self.high else min(abs(self.low), abs(self.high))


def strength(size: float) -> Strength:
    """Words by size, as J. Cohen's "Statistical Power Analysis", 1988, has them for 0.1 to 0.5."""
    return next((word for least, word in _STEPS if abs(size) >= least), "none")


def correlation(count: int, size: float | None) -> Effect | None:
    """
    Spearman's with its interval: tanh(atanh r ± z sqrt((1 + r²/2) / (n - 3))).

    D. G. Bonett and T. A. Wright, Psychometrika 65, 2000. None without variation, or for few.
    """
    if count < FEWEST or size is None or math.isnan(size):
        return None
    return _on_scale(count, size, (1 + size**2 / 2) / (count - 3))


def separation(events: int, others: int, mean_rank: float | None) -> Effect | None:
    """
    Of a yes or no and a number: 2 A - 1, A how often the number is larger with yes than without.

    The rank-biserial correlation, from the mean rank of the events; A's variance is that of J. A.
    Hanley and B. J. McNeil, Radiology 143, 1982. It does not depend on how rare the events are.
    """
    if events + others < FEWEST or min(events, others) < 5 or mean_rank is None:
        return None
    area = (mean_rank - (events + 1) / 2) / others
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (events - 1) * (one - area**2) + (others - 1) * (two - area**2)
    ) / (events * others)
    # At 0 and at 1 the formula has no variance left, and half an event more has some.
    variance = max(variance, 0.25 / (events * others))
    size = 2 * area - 1
    reach = two_sided() * 2 * math.sqrt(variance)
    return Effect(events + others, size, max(-1, size - reach), min(1, size + reach))


def pooled(effects: Sequence[Effect]) -> tuple[Effect, float] | None:
    """
    Effects of strata as one, weighted by how surely each is known, and how much they disagree.

    A fixed-effect mean on Fisher's scale; disagreement is I² = 1 - (k - 1)/Q from 0 to 1 (L. V.
    Hedges and I. Olkin, "Statistical Methods for Meta-Analysis", 1985, chapter 11).
    """
    if not effects:
        return None
    weights = [1 / _variance(effect) for effect in effects]
    scaled = [_arc(effect.size) for effect in effects]
    total = math.fsum(weights)
    mean = math.fsum(w * z for w, z in zip(weights, scaled, strict=True)) / total
    spread = math.fsum(w * (z - mean) ** 2 for w, z in zip(weights, scaled, strict=True))
    disagreement = max(0.0, 1 - (len(effects) - 1) / spread) if spread else 0.0
    count = sum(effect.count for effect in effects)
    return _on_scale(count, math.tanh(mean), 1 / total), disagreement


def share_explained(groups: Sequence[tuple[int, float]], variance: float) -> float:
    """
    Of the variance of ranks, the share between groups, each (count, mean rank), without bias.

    (H - k + 1) / (n - k), H the statistic of Kruskal and Wallis (JASA 47, 1952) for ties; of a yes
    or no it is the square of Cramér's V. `variance` is that of all ranks, divided by n.
    """
    count = sum(n for n, _ in groups)
    if not variance or count <= len(groups) or len(groups) < 2:
        return 0
    mean = math.fsum(n * rank for n, rank in groups) / count
    between = math.fsum(n * (rank - mean) ** 2 for n, rank in groups)
    statistic = (count - 1) * between / (count * variance)
    return min(1.0, max(0.0, (statistic - len(groups) + 1) / (count - len(groups))))


def _on_scale(count: int, size: float, variance: float) -> Effect:
    reach = two_sided() * math.sqrt(variance)
    arc = _arc(size)
    return Effect(count, size, math.tanh(arc - reach), math.tanh(arc + reach))


def _variance(effect: Effect) -> float:
    """On Fisher's scale, from the width of the interval."""
    return ((_arc(effect.high) - _arc(effect.low)) / (2 * two_sided())) ** 2


def _arc(size: float) -> float:
    return math.atanh(max(-_LARGEST, min(_LARGEST, size)))
