"""The tool for what rises and what falls over time."""

from typing import Literal, get_args

from agents.analytics.filters import Condition
from agents.analytics.timeline import FIGURES, Figure, Split, length
from agents.analytics.trends import Series, Trend, course, series, trends
from agents.tools.base import Call, tool
from agents.tools.over_time import Told, told
from agents.tools.results import Opened, Result, no_rows, one_of, opened, usable_group

TrendMetric = Literal["all", "volume", "tokens", "cost", "latency", "ttft", "errors"]

WANTED: dict[TrendMetric, tuple[Figure, ...]] = {
    "all": FIGURES,
    "volume": ("requests",),
    "tokens": ("input_tokens", "output_tokens"),
    "cost": ("cost_usd",),
    "latency": ("latency_p50_ms", "latency_p95_ms"),
    "ttft": ("ttft_p50_ms", "ttft_p95_ms"),
    "errors": ("error_rate",),
}
MOST_LISTED = 24


class TrendsResult(Result):
    """Those of all rows first, then those of groups, the surest first."""

    trends: list[Trend] = []
    trends_left_out: int = 0  # of groups, the least sure


@tool(read_only=True)
def analyze_trends(
    call: Call,
    metric: TrendMetric = "all",
    period: str = "all",
    group_by: Split | None = None,
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> TrendsResult:
    """
    Say whether volume, tokens, cost, latency, time to first token or errors rise or fall over time.

    Each trend has a verdict ("rising", "falling", "no trend", "too little data"), the level at its
    begin and end per hour or day, the change per day and in percent over the span with its 95 %
    interval, and how often chance alone would look like it. Daily and weekly rhythms are no trends.

    Args:
        metric: What to test; "all" tests everything that the data set holds.
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        group_by: Also test the largest of each model, feature, user, provider, project or tier.
        dataset: Id or name; without it the run's chosen or newest one.
        where: Test only requests that satisfy all of these.
    """
    one_of(metric, get_args(TrendMetric), "metric")
    one_of(group_by, (None, *get_args(Split)), "group_by")
    with opened(call, dataset, period, where) as data:
        able = told(data, WANTED[metric])
        by, missing, notes = split_of(data, group_by)
        result = TrendsResult(
            computed_from=data.basis,
            missing=[*able.missing, *missing],
            notes=[*filter(None, [no_rows(data.basis)]), *able.notes, *notes],
        )
        if able.recorded is None and data.basis.rows:
            return result.model_copy(update={"notes": [*result.notes, able.untimed]})
        if able.recorded is None or not data.basis.rows or not able.figures:
            return result
        found = series(data.table, able.recorded, able.cost, by)
        return _told(result, found, able)


def split_of(data: Opened, by: Split | None) -> tuple[Split | None, list[str], list[str]]:
    """The grouping if the data set has its column; else none, the column, and a sentence."""
    group, missing, notes = usable_group(data.profile, by)
    return (by if group else None), missing, notes


def _told(result: TrendsResult, found: Series, able: Told) -> TrendsResult:
    tested = trends(found, able.figures)
    judged = sum(1 for trend in tested if trend.p_value is not None)
    whole = [trend for trend in tested if trend.key is None]
    groups = [trend for trend in tested if trend.key is not None]
    groups.sort(key=lambda trend: 1 if trend.p_value is None else trend.p_value)
    listed = [*whole, *groups[: MOST_LISTED - len(whole)]]
    return result.model_copy(
        update={
            "trends": listed,
            "trends_left_out": len(tested) - len(listed),
            "notes": [*result.notes, *_notes(found, judged)],
            "charts": [course(found, figure) for figure in able.figures[:1]],
        }
    )


def _notes(found: Series, tests: int) -> list[str]:
    if not tests:
        return []
    layout, line = found.layouts[0], found.timelines[0][None]
    notes = [
        f"Compared are complete {length(line.seconds)} buckets; the first and the last are left "
        "out where the recording covers only a part of them."
    ]
    if layout.seasons == 1 and line.seconds < 86_400:
        notes.append(
            "The log covers less than five days, so a trend in it cannot be told from the rhythm "
            "of the day."
        )
    if tests > 1:
        notes.append(
            f"{tests} series were tested; the verdicts allow for it, so that chance makes a trend "
            "of any of them in one call of 20 at most."
        )
    return notes
