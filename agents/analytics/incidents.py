"""What belongs to one incident, when it was, and what it cost."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from agents.analytics.extremes import Amount, Value
from agents.analytics.figures import Figure as Rounded
from agents.analytics.figures import Ratio
from agents.analytics.money import Usd
from agents.analytics.outliers import Points, runs
from agents.analytics.timeline import SUMMED, Figure, Timeline

Direction = Literal["above", "below"]
Judged = Mapping[Figure, Points]

_MONEY_DECIMALS = 10
_TOTALS: dict[Figure, str] = {
    "error_rate": "errors",
    "latency_p95_ms": "latency_total_ms",
    "ttft_p95_ms": "ttft_total_ms",
}
_COUNTED: dict[Figure, str] = {"latency_p95_ms": "latencies", "ttft_p95_ms": "ttfts"}


class Symptom(BaseModel):
    """
    One figure during an incident, at the bucket `at` in which it was farthest from the expected.

    `size` is the distance in robust standard deviations. `excess` is how much more (or less, below
    0) than expected there was in all its buckets: requests, tokens, US dollars, failures, or
    milliseconds of waiting.
    """

    figure: Figure
    direction: Direction
    at: datetime
    observed: Amount
    expected: Amount
    size: Rounded
    excess: Amount


class StandsOut(BaseModel):
    """
    The group with most of an incident's excess, more than its usual share of the figure.

    `share_of_excess` can be above 1, where other groups had less than usual.
    """

    by: str
    key: str
    share_of_excess: Rounded
    usual_share: Ratio


class Incident(BaseModel):
    """
    From `start` to before `end`. `severity` is the largest share that its excess has in all there
    was of a figure in the period. What it cost is beyond what would be expected, and None where
    that figure was not unusual.
    """

    start: datetime
    end: datetime
    symptoms: list[Symptom]
    severity: Ratio
    main_figure: Figure  # with that share
    stands_out: list[StandsOut] = []
    extra_requests: Rounded | None = None
    extra_cost_usd: Usd | None = None
    extra_failures: Rounded | None = None
    extra_waiting_seconds: Rounded | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Unusual buckets of one figure, `first` to before `after`."""

    figure: Figure
    sign: int
    first: int
    after: int


def incidents(line: Timeline, judged: Judged) -> list[Incident]:
    """All incidents in order of time: figures that are unusual at one time make one."""
    found = sorted(_runs(judged), key=lambda run: (run.first, run.after))
    groups: list[list[Run]] = []
    for run in found:
        if groups and run.first < max(earlier.after for earlier in groups[-1]):
            groups[-1].append(run)
        else:
            groups.append([run])
    return [_incident(line, judged, group) for group in groups]


def _runs(judged: Judged) -> Iterator[Run]:
    for figure, points in judged.items():
        for sign in (1, -1):
            for first, after in runs(points, sign):
                yield Run(figure, sign, first, after)


def _incident(line: Timeline, judged: Judged, group: Sequence[Run]) -> Incident:
    first, after = min(run.first for run in group), max(run.after for run in group)
    excess = {run: _excess(line, judged[run.figure], run) for run in group}
    shares = {run: _share(line, run.figure, excess[run]) for run in group}
    main = max(group, key=lambda run: shares[run])
    summed: dict[Figure, float] = {}
    for run in group:
        summed[run.figure] = summed.get(run.figure, 0) + excess[run]
    cost, waiting = summed.get("cost_usd"), summed.get("latency_p95_ms")
    return Incident(
        start=line.start(first),
        end=line.start(after),
        symptoms=[_symptom(line, judged[run.figure], run, excess[run]) for run in group],
        severity=shares[main],
        main_figure=main.figure,
        extra_requests=summed.get("requests"),
        extra_cost_usd=None if cost is None else _money(cost),
        extra_failures=summed.get("error_rate"),
        extra_waiting_seconds=None if waiting is None else waiting / 1000,
    )


def _symptom(line: Timeline, points: Points, run: Run, excess: float) -> Symptom:
    inside = [(index, points[index]) for index in range(run.first, run.after)]
    sizes = [(abs(point.size), index, point) for index, point in inside if point]
    _, peak, point = max(sizes, key=lambda each: (each[0], -each[1]))
    return Symptom(
        figure=run.figure,
        direction="above" if run.sign > 0 else "below",
        at=line.start(peak),
        observed=_amount(run.figure, point.value),
        expected=_amount(run.figure, point.expected),
        size=abs(point.size),
        excess=_amount(run.figure, excess),
    )


def _excess(line: Timeline, points: Points, run: Run) -> float:
    inside = range(run.first, run.after)
    if run.figure in _COUNTED:
        return _waiting(line, run)
    known = [(index, point) for index in inside if (point := points[index])]
    if run.figure == "error_rate":
        buckets = [(line.buckets[index], point) for index, point in known]
        return math.fsum(bucket.errors - bucket.outcomes * p.expected for bucket, p in buckets)
    return math.fsum(point.value - point.expected for _, point in known)


def _waiting(line: Timeline, run: Run) -> float:
    """Milliseconds beyond what its requests would have waited at the mean of all other ones."""
    total, counted = _TOTALS[run.figure], _COUNTED[run.figure]
    inside = line.buckets[run.first : run.after]
    outside = [*line.buckets[: run.first], *line.buckets[run.after :]]
    requests = sum(getattr(bucket, counted) for bucket in outside)
    usual = math.fsum(getattr(bucket, total) for bucket in outside) / (requests or 1)
    return math.fsum(getattr(b, total) - getattr(b, counted) * usual for b in inside)


def _share(line: Timeline, figure: Figure, excess: float) -> float:
    name = figure if figure in SUMMED else _TOTALS[figure]
    total = math.fsum(float(getattr(bucket, name)) for bucket in line.buckets)
    return abs(excess) / total if total else 0


def _amount(figure: Figure, value: float) -> Value:
    return _money(value) if figure == "cost_usd" else value


def _money(value: float) -> Decimal:
    return Decimal(repr(round(value, _MONEY_DECIMALS)))
