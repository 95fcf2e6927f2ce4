"""
Four simple forecasts of a series, how far each can be off, and which of them was best so far.

Methods and their variances are those of Hyndman and Athanasopoulos, "Forecasting: Principles and
Practice", 3rd ed. 2021, sections 5.2 and 8: mean, seasonal naive, drift, and exponential smoothing
with a damped trend (Gardner and McKenzie, Management Science 31, 1985). Where the series has
seasons, all but seasonal naive are of the series without them.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean, median
from typing import Literal

from agents.analytics.intervals import quantile

Method = Literal["mean", "seasonal naive", "drift", "damped trend"]

SURENESS = 0.8  # of the intervals
MARGIN = 0.05  # by how much a less simple method must be better
FEWEST_ORIGINS, MOST_ORIGINS = 3, 8
FEWEST_TRAINED = 10
_ALPHAS, _BETAS, _PHIS = (0.05, 0.15, 0.3, 0.5, 0.7, 0.9), (0.0, 0.05, 0.15, 0.3), (0.85, 0.98)


@dataclass(frozen=True, slots=True)
class Outlook:
    """`values` of the steps ahead, the standard deviation of each, and that of their sum."""

    method: Method
    values: list[float]
    deviations: list[float]
    sum_deviation: float


@dataclass(frozen=True, slots=True)
class Fit:
    """
    A fitted method: what is ahead, and what an error of one step does to the following ones.

    The error `k` steps before has the weight `weights(k)`; `shared(h)` is the variance of step h,
    in units of `noise`, from what was estimated, and the same for the sum as `shared_sum`.
    """

    ahead: Callable[[int], float]
    noise: float
    weights: Callable[[int], float]
    shared: Callable[[int], float]
    shared_sum: Callable[[int], float]


@dataclass(frozen=True, slots=True)
class Forecast:
    """
    An outlook with intervals of SURENESS. `checks` times it was tried on the past, and each time
    compared with what came: `held` is the share of steps inside the interval, `scaled_error` the
    mean error over that of repeating the last season.
    """

    outlook: Outlook
    low: list[float]
    high: list[float]
    total: float
    total_low: float
    total_high: float
    checks: int
    held: float | None
    scaled_error: float | None


def forecast(values: Sequence[float], season: int, steps: int) -> Forecast:
    """
    `steps` ahead of `values`, at least ten, not negative; `season` is 1 for none.

    The method is the simplest whose mean absolute scaled error (Hyndman and Koehler, International
    Journal of Forecasting 22, 2006) from past origins is within 5 % of the best.
    """
    tried = {method: _errors(values, season, steps, method) for method in _methods(season)}
    scores = {method: _score(checks) for method, checks in tried.items() if checks}
    method: Method = "mean"
    if scores and len(next(iter(tried.values()))) >= FEWEST_ORIGINS:
        best = min(scores.values())
        method = next(name for name in tried if scores[name] <= best * (1 + MARGIN) + 1e-12)
    checks = tried[method]
    outlook = _outlook(values, season, steps, method)
    reach = _reach(size for check in checks for size in check.sizes)
    total, total_reach = sum(outlook.values), _reach(check.sum_size for check in checks)
    pairs = list(zip(outlook.values, outlook.deviations, strict=True))
    return Forecast(
        outlook,
        [max(0.0, value - reach * deviation) for value, deviation in pairs],
        [value + reach * deviation for value, deviation in pairs],
        total,
        max(0.0, total - total_reach * outlook.sum_deviation),
        total + total_reach * outlook.sum_deviation,
        len(checks),
        _held(checks, reach),
        scores.get(method),
    )


@dataclass(frozen=True, slots=True)
class Check:
    """
    The errors of an outlook from the past: of each step over its deviation, of their sum over its
    own, and their mean over the usual error.
    """

    sizes: list[float]
    sum_size: float
    scaled: float


def _errors(values: Sequence[float], season: int, steps: int, method: Method) -> list[Check]:
    """From origins before the end, the latest first, as far ahead as leaves some of them."""
    fewest = max(FEWEST_TRAINED, 2 * season + 3)
    ahead = min(steps, (len(values) - fewest) // 2)
    if ahead < 1:
        return []
    origins = range(len(values) - ahead, fewest - 1, -max(1, ahead // 4))[:MOST_ORIGINS]
    return [_check(values, season, ahead, method, origin) for origin in origins]


def _check(values: Sequence[float], season: int, steps: int, method: Method, origin: int) -> Check:
    past, came = values[:origin], values[origin : origin + steps]
    found = _outlook(past, season, steps, method)
    errors = [abs(a - b) for a, b in zip(came, found.values, strict=True)]
    naive = fmean(abs(past[t] - past[t - season]) for t in range(season, origin))
    sizes = [e / (d or math.inf) for e, d in zip(errors, found.deviations, strict=True)]
    of_sum = abs(sum(came) - sum(found.values)) / (found.sum_deviation or math.inf)
    return Check(sizes, of_sum, fmean(errors) / naive if naive else fmean(errors))


def _score(checks: Sequence[Check]) -> float:
    return fmean(check.scaled for check in checks)


def _reach(sizes: Iterable[float]) -> float:
    """
    How many deviations the interval reaches: as computed, or as far as past errors went.

    It is the quantile of past errors over their deviations (split conformal prediction: Lei et
    al., JASA 113, 2018), approximate since the errors depend on each other.
    """
    computed, ordered = quantile((1 + SURENESS) / 2), sorted(sizes)
    if not ordered:
        return computed
    place = min(len(ordered), math.ceil(SURENESS * (len(ordered) + 1)))
    return max(computed, ordered[place - 1])


def _held(checks: Sequence[Check], reach: float) -> float | None:
    sizes = [size for check in checks for size in check.sizes]
    return sum(size <= reach for size in sizes) / len(sizes) if sizes else None


def _methods(season: int) -> tuple[Method, ...]:
    """The simplest first."""
    return (
        ("mean", "seasonal naive", "drift", "damped trend")
        if season > 1
        else (
            "mean",
            "drift",
            "damped trend",
        )
    )


def _outlook(values: Sequence[float], season: int, steps: int, method: Method) -> Outlook:
    if method == "seasonal naive":
        factors, fit = [1.0] * steps, _repeated(values, season)
    else:
        usual = _seasons(values, season)
        plain = [value / (usual[t % season] or 1) for t, value in enumerate(values)]
        fit = {"mean": _mean, "drift": _drift, "damped trend": _damped}[method](plain)
        factors = [usual[(len(values) + h) % season] for h in range(steps)]
    ahead = [max(0.0, factors[h] * fit.ahead(h + 1)) for h in range(steps)]
    return Outlook(method, ahead, *_deviations(fit, factors))


def _deviations(fit: Fit, factors: Sequence[float]) -> tuple[list[float], float]:
    """
    Of each step, and of their sum: the errors of steps depend on each other, so the variance of
    the sum is s² Σ_i (Σ_{j>=i} w_j c_{j-i})², not the sum of variances (Snyder, Koehler, Hyndman
    and Ord, European Journal of Operational Research 158, 2004).
    """
    steps = len(factors)
    weights = [fit.weights(k) for k in range(steps)]
    squares, each = 0.0, []
    for h, factor in enumerate(factors, start=1):
        squares += weights[h - 1] ** 2
        each.append(factor * fit.noise * math.sqrt(squares + fit.shared(h)))
    effects = (sum(factors[j] * weights[j - i] for j in range(i, steps)) ** 2 for i in range(steps))
    mean_factor = fmean(factors)
    shared = mean_factor**2 * fit.shared_sum(steps)
    return each, fit.noise * math.sqrt(math.fsum(effects) + shared)


def _seasons(values: Sequence[float], season: int) -> list[float]:
    """Each season's usual ratio to the mean of the season around it, with the mean 1."""
    if season == 1:
        return [1.0]
    half = season // 2
    ratios: list[list[float]] = [[] for _ in range(season)]
    for t in range(half, len(values) - half):
        around = list(values[t - half : t + half + 1])
        if season % 2 == 0:  # the ends are the same season: half of each
            around[0], around[-1] = around[0] / 2, around[-1] / 2
        level = sum(around) / season
        if level > 0:
            ratios[t % season].append(values[t] / level)
    usual = [median(of_season) if of_season else 1.0 for of_season in ratios]
    mean = fmean(usual)
    return [factor / mean for factor in usual] if mean else [1.0] * season


def _noise(errors: Sequence[float], parameters: int) -> float:
    return math.sqrt(math.fsum(e * e for e in errors) / max(1, len(errors) - parameters))


def _mean(values: Sequence[float]) -> Fit:
    level, count = fmean(values), len(values)
    noise = _noise([value - level for value in values], 1)
    return Fit(
        lambda _: level,
        noise,
        lambda k: float(k == 0),
        lambda _: 1 / count,
        lambda n: n * n / count,
    )


def _repeated(values: Sequence[float], season: int) -> Fit:
    last = values[-season:]
    errors = [values[t] - values[t - season] for t in range(season, len(values))]
    return Fit(
        lambda h: last[(h - 1) % season],
        _noise(errors, 0),
        lambda k: float(k % season == 0),
        lambda _: 0,
        lambda _: 0,
    )


def _drift(values: Sequence[float]) -> Fit:
    slope = (values[-1] - values[0]) / (len(values) - 1)
    errors = [values[t] - values[t - 1] - slope for t in range(1, len(values))]
    steps = len(values) - 1
    return Fit(
        lambda h: values[-1] + h * slope,
        _noise(errors, 1),
        lambda _: 1,
        lambda h: h * h / steps,
        lambda n: (n * (n + 1) / 2) ** 2 / steps,
    )


def _damped(values: Sequence[float]) -> Fit:
    """The parameters with the least squared one-step errors, of a grid."""
    grid = [each for each in product(_ALPHAS, _BETAS, _PHIS) if each[1] <= each[0]]
    alpha, beta, phi = min(grid, key=lambda each: _smoothed(values, *each)[0])
    squares, level, trend = _smoothed(values, alpha, beta, phi)
    noise = math.sqrt(squares / max(1, len(values) - 5))  # three parameters, two first states
    damping = [0.0]

    def damped(h: int) -> float:
        """phi + … + phi^h"""
        while len(damping) <= h:
            damping.append(damping[-1] + phi ** len(damping))
        return damping[h]

    return Fit(
        lambda h: level + damped(h) * trend,
        noise,
        lambda k: 1 if k == 0 else alpha + beta * damped(k),
        lambda _: 0,
        lambda _: 0,
    )


def _smoothed(
    values: Sequence[float], alpha: float, beta: float, phi: float
) -> tuple[float, float, float]:
    """The squared errors, the last level and the last trend."""
    first = values[:FEWEST_TRAINED]
    level, trend, squares = fmean(first), 0.0, 0.0
    for value in values:
        error = value - level - phi * trend
        squares += error * error
        level += phi * trend + alpha * error
        trend = phi * trend + beta * error
    return squares, level, trend
