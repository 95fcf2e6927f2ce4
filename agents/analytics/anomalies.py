"""
Times at which volume, latency, failures, cost or tokens were not what they usually are.

Each series is judged by itself (`outliers`); what is unusual at one time is one incident.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from agents.analytics.incidents import Incident, incidents
from agents.analytics.intervals import fewest_for
from agents.analytics.outliers import FEWEST_IN_SEASON, Points, counts, latencies, shares, sums
from agents.analytics.timeline import (
    DAY,
    HOUR,
    LABELS,
    MINUTE,
    Figure,
    Recording,
    Timeline,
    complete,
    length,
)

Seasons = Literal[
    "none", "hour of day", "hour of workdays and of weekends", "hour of week", "weekday"
]

WATCHED: tuple[Figure, ...] = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "latency_p95_ms",
    "ttft_p95_ms",
    "error_rate",
)
MOST_INCIDENTS = 8
FEWEST_BUCKETS = 24
FEWEST_LATENCIES = fewest_for(0.95)
MOST_MINUTES = 300  # buckets of a log of less than two days
HOURLY_UNTIL = 366  # days
FEW_AN_HOUR = 20  # requests; with fewer, and enough days, whole days are judged
BY_HOUR, BY_DAY_TYPE, BY_WEEKDAY = 3, 5, 21  # days from which on these are compared


class Anomalies(BaseModel):
    """
    The most severe incidents first. `judged` says how many buckets of each figure could be judged,
    of `buckets` in all.
    """

    bucket_seconds: int
    buckets: int
    compared_within: Seasons
    judged: dict[Figure, int]
    incidents: list[Incident]
    incidents_left_out: int = 0  # less severe ones
    # For who puts a result together: sentences for its notes, and times that were not usual either.
    not_judged: Annotated[list[str], Field(exclude=True)] = []
    other_times: Annotated[list[tuple[datetime, datetime]], Field(exclude=True)] = []


def bucket_seconds(recorded: Recording, requests: int) -> int:
    """Minutes for less than two days, else hours, and days for a sparse or a very long log."""
    days = recorded.days
    sparse = requests < FEW_AN_HOUR * 24 * days
    if days >= HOURLY_UNTIL or (sparse and days >= FEWEST_BUCKETS) or recorded.finest > HOUR:
        return max(DAY, recorded.finest)
    for seconds in (MINUTE, 5 * MINUTE, 15 * MINUTE):
        first, after = complete(recorded, seconds)
        if not seconds % recorded.finest and after - first <= MOST_MINUTES:
            return seconds
    return HOUR


def anomalies(line: Timeline, figures: Sequence[Figure]) -> Anomalies:
    """The incidents of `line` in these of the figures that are WATCHED."""
    name, seasons = _seasons(line)
    judged: dict[Figure, Points] = {}
    if len(line.buckets) >= FEWEST_BUCKETS:
        judged = {figure: _points(line, figure, seasons) for figure in figures}
    found = incidents(line, judged)
    found.sort(key=lambda incident: (-incident.severity, incident.start))
    return Anomalies(
        bucket_seconds=line.seconds,
        buckets=len(line.buckets),
        compared_within=name,
        judged={figure: sum(map(bool, points)) for figure, points in judged.items()},
        incidents=found[:MOST_INCIDENTS],
        incidents_left_out=max(0, len(found) - MOST_INCIDENTS),
        not_judged=list(_refused(line, judged)),
        other_times=[(incident.start, incident.end) for incident in found[MOST_INCIDENTS:]],
    )


def _seasons(line: Timeline) -> tuple[Seasons, list[int]]:
    """The season of each bucket; weekends are compared with each other where there are some."""
    moments = [line.start(index) for index in range(len(line.buckets))]
    days = len(moments) * line.seconds / DAY
    if line.seconds == DAY and days >= BY_WEEKDAY:
        return "weekday", [moment.weekday() for moment in moments]
    if line.seconds >= DAY or days < BY_HOUR:
        return "none", [0] * len(moments)
    if days >= BY_WEEKDAY:
        return "hour of week", [moment.weekday() * 24 + moment.hour for moment in moments]
    if days >= BY_DAY_TYPE:
        types = [moment.weekday() >= 5 for moment in moments]
        return "hour of workdays and of weekends", [
            moment.hour + 24 * is_weekend for moment, is_weekend in zip(moments, types, strict=True)
        ]
    return "hour of day", [moment.hour for moment in moments]


def _points(line: Timeline, figure: Figure, seasons: Sequence[int]) -> Points:
    match figure:
        case "error_rate":
            buckets = line.buckets
            return shares([each.errors for each in buckets], [each.outcomes for each in buckets])
        case "requests":
            return counts(line.values(figure), seasons)
        case "latency_p95_ms" | "ttft_p95_ms":
            known = [
                bucket.value(figure) if bucket.support(figure) >= FEWEST_LATENCIES else None
                for bucket in line.buckets
            ]
            return latencies(known, seasons)
        case _:
            requests = counts(line.values("requests"), seasons)
            return sums(line.values(figure), seasons, requests)


def _refused(line: Timeline, judged: dict[Figure, Points]) -> Iterator[str]:
    unit = length(line.seconds)
    if len(line.buckets) < FEWEST_BUCKETS:
        yield (
            f"What is unusual per {unit} can be said from {FEWEST_BUCKETS} whole ones on; the log "
            f"covers {len(line.buckets)}."
        )
    for figure, points in judged.items():
        left = sum(1 for point in points if point is None)
        if not left:
            continue
        if figure == "error_rate":
            reason = "too few requests of known outcome"
        elif figure.endswith("p95_ms"):
            reason = f"less than {FEWEST_LATENCIES} values, or too few of the same time of week"
        else:
            reason = f"less than {FEWEST_IN_SEASON} of the same time of week"
        yield (
            f"Not judged: {LABELS[figure]} per {unit}, in {left:,} of {len(points):,} cases "
            f"({reason})."
        )
