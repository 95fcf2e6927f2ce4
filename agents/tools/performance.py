"""The tool for latency, size and failures of requests."""

from collections.abc import Iterator, Sequence
from typing import Literal, get_args

from agents.analytics.confidence import Confidence, Throughput, confidence, throughput
from agents.analytics.filters import Condition
from agents.analytics.groups import GroupBy, Groups
from agents.analytics.performance import (
    COLUMNS,
    SUMMED,
    GroupPerformance,
    Measure,
    Performance,
    performance,
    performance_by,
)
from agents.analytics.profile import Profile
from agents.analytics.table import Table
from agents.analytics.wording import listing
from agents.tools.base import Call, tool
from agents.tools.results import (
    Result,
    labels,
    lacking,
    no_rows,
    one_of,
    only_sums,
    opened,
    uncounted,
    usable_group,
)

Metric = Literal[
    "all",
    "latency",
    "time_to_first_token",
    "input_tokens",
    "output_tokens",
    "tokens_per_second",
    "errors",
]

MEASURES: dict[Metric, tuple[Measure, ...]] = {
    "all": tuple(COLUMNS),
    "latency": ("latency_ms",),
    "time_to_first_token": ("ttft_ms",),
    "input_tokens": ("input_tokens",),
    "output_tokens": ("output_tokens",),
    "tokens_per_second": ("tokens_per_second",),
    "errors": (),
}


class PerformanceResult(Result):
    """Percentiles are interpolated linearly; failed requests are included."""

    metric: Metric
    overall: Performance
    groups: Groups[GroupPerformance] | None = None
    throughput: Throughput | None = None
    confidence: Confidence | None = None  # of the overall figures, and of groups' error rates


@tool(read_only=True)
def analyze_performance(
    call: Call,
    metric: Metric = "all",
    period: str = "all",
    group_by: GroupBy | None = None,
    dataset: str | None = None,
    where: list[Condition] | None = None,
    percentiles: list[float] | None = None,
) -> PerformanceResult:
    """
    Measure latency, time to first token, token counts, speed and error rate of requests.

    For each measure it returns count, total, mean, standard deviation, minimum, p50, p95, p99 and
    maximum, overall and by group; where rows are sums of requests, totals and means of tokens. Of
    all groups, listed or not, `extremes` names the highest and the lowest in each figure.
    `confidence` has the 95 % intervals of percentiles and error rates, `throughput` the requests
    and output tokens per second of time that passed. Latencies are in milliseconds. What the data
    set lacks is listed in `missing`, not guessed.

    Args:
        metric: What to measure; "all" measures everything that the data set holds.
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        group_by: Also measure each model, feature, user, hour, day, week (by its Monday), month,
            hour_of_day (all days together), weekday, status or error (of failed requests).
        dataset: Id or name; without it the run's chosen or newest one.
        where: Measure only requests that satisfy all of these.
        percentiles: Others than 50, 95 and 99, such as [90, 99.9]; at most five.
    """
    one_of(metric, get_args(Metric), "metric")
    one_of(group_by, (None, *get_args(GroupBy)), "group_by")
    measures = MEASURES[metric]
    others = percentiles or ()
    with opened(call, dataset, period, where) as data:
        missing, notes = _missing(data.profile, metric)
        by, missing_group, group_notes = usable_group(data.profile, group_by)
        of_sums = data.profile.rows_are == "sums"
        without_latency = notes and "latency_ms" in missing and not of_sums
        result = PerformanceResult(
            computed_from=data.basis,
            missing=[*missing, *missing_group],
            notes=[
                *filter(None, [no_rows(data.basis)]),
                *notes,
                *(_instead(data.table) if without_latency else ()),
                *_untold(data.profile, measures),
                *group_notes,
            ],
            metric=metric,
            overall=performance(data.table, measures, others, of_sums=of_sums),
            groups=performance_by(data.table, by, measures, others, of_sums=of_sums)
            if by
            else None,
        )
        return result.model_copy(
            update={
                "throughput": None if of_sums else throughput(data.table),
                "confidence": confidence(data.table, result.overall, result.groups),
            }
        )


def _instead(table: Table) -> Iterator[str]:
    """What a log without latencies tells of how busy its models were."""
    rate = throughput(table)
    if rate and rate.requests_per_second:
        yield f"What it tells instead: {rate.requests_per_second:.3g} requests came per second."
    if answers := performance(table, ("output_tokens",)).measures.get("output_tokens"):
        yield (
            f"Half of the answers have at most {answers.p50:,.0f} output tokens, 95 % at most "
            f"{answers.p95:,.0f}; a longer one takes a model longer to write."
        )


def _untold(profile: Profile, measures: Sequence[Measure]) -> Iterator[str]:
    """What rows that are sums of requests do not tell of what was asked for."""
    if sentence := uncounted(profile):
        yield sentence
    held = [measure for measure in measures if profile.has(*COLUMNS[measure])]
    single = [measure.replace("_", " ") for measure in held if measure not in SUMMED]
    if sentence := only_sums(profile, listing(single or ["how single requests differ"])):
        yield sentence


def _missing(profile: Profile, metric: Metric) -> tuple[list[str], list[str]]:
    """The columns that the metric needs and the data set lacks, and a sentence about it."""
    needed = dict.fromkeys(column for measure in MEASURES[metric] for column in COLUMNS[measure])
    if metric in ("all", "errors"):
        needed["is_error"] = None
    missing = lacking(profile, *needed)
    if not missing or metric == "all":
        return missing, []
    held = [
        column
        for column in ("latency_ms", "ttft_ms", "input_tokens", "output_tokens")
        if profile.has(column)
    ]
    instead = f" It holds {labels(held)}." if held else ""
    subject = metric.replace("_", " ")
    return missing, [
        f"The data set has no {labels(missing, 'or')} column, so {subject} cannot be said.{instead}"
    ]
