"""The tool for incidents: when something was not what it usually is."""

from typing import Literal, get_args

from agents.analytics.anomalies import WATCHED, Anomalies, anomalies, bucket_seconds
from agents.analytics.charts import Axis, LineChart, Series
from agents.analytics.filters import Condition
from agents.analytics.standing_out import explained, groupings
from agents.analytics.timeline import LABELS, UNITS, Figure, Timeline, length, timeline
from agents.tools.base import Call, tool
from agents.tools.over_time import Told, told
from agents.tools.results import Opened, Result, no_rows, one_of, opened

AnomalyMetric = Literal["all", "volume", "tokens", "cost", "latency", "ttft", "errors"]

WANTED: dict[AnomalyMetric, tuple[Figure, ...]] = {
    "all": WATCHED,
    "volume": ("requests",),
    "tokens": ("input_tokens", "output_tokens"),
    "cost": ("cost_usd",),
    "latency": ("latency_p95_ms",),
    "ttft": ("ttft_p95_ms",),
    "errors": ("error_rate",),
}
AROUND = 24  # buckets that are drawn before and after an incident
MOST_DRAWN = 120


class AnomaliesResult(Result):
    """None: the data set does not tell when requests came."""

    anomalies: Anomalies | None = None


@tool(read_only=True)
def find_anomalies(
    call: Call,
    metric: AnomalyMetric = "all",
    period: str = "all",
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> AnomaliesResult:
    """
    Find incidents: times of unusual volume, tokens, cost, latency, time to first token or errors.

    Each value is compared with the median of the same hour of other days (or weekday, where the
    log is long enough) in robust deviations. An incident has a begin and an end, what was observed
    and expected, the model, feature, user or error that contributed most, and what it cost in
    requests, money, failures or waiting. The most severe come first; what could not be judged is
    said in `notes`.

    Args:
        metric: What to watch; "all" watches everything that the data set holds.
        period: Such as "last 7 days" (of the log), "2026-11-01 to 2026-11-07" or "all".
        dataset: Id or name; without it the run's chosen or newest one.
        where: Watch only requests that satisfy all of these.
    """
    one_of(metric, get_args(AnomalyMetric), "metric")
    with opened(call, dataset, period, where) as data:
        able = told(data, WANTED[metric])
        notes = [*filter(None, [no_rows(data.basis)]), *able.notes]
        if able.recorded is None and data.basis.rows:
            notes.append(able.untimed)
        result = AnomaliesResult(computed_from=data.basis, missing=able.missing, notes=notes)
        if able.recorded is None or not data.basis.rows or not able.figures:
            return result
        seconds = bucket_seconds(able.recorded, data.basis.rows)
        line = timeline(data.table, able.recorded, seconds, able.cost)
        call.deps.note("Looking for what is unusual")
        return _found(result, data, able, line)


def _found(result: AnomaliesResult, data: Opened, able: Told, line: Timeline) -> AnomaliesResult:
    found = anomalies(line, able.figures)
    columns = [source.column for source in data.profile.columns]
    incidents = explained(
        data.table, found.incidents, found.other_times, groupings(columns), able.cost
    )
    listed = found.model_copy(update={"incidents": incidents})
    return result.model_copy(
        update={
            "anomalies": listed,
            "notes": [*result.notes, *found.not_judged],
            "charts": [_chart(listed, line)] if incidents else [],
        }
    )


def _chart(found: Anomalies, line: Timeline) -> LineChart:
    """The most severe incident, with the time around it."""
    worst = found.incidents[0]
    moments = [line.start(index) for index in range(len(line.buckets))]
    first, after = moments.index(worst.start), sum(1 for moment in moments if moment < worst.end)
    shown = range(max(0, first - AROUND), min(len(moments), after + AROUND))[:MOST_DRAWN]
    figure = worst.main_figure
    values = [bucket.drawn(figure) for bucket in line.buckets]
    return LineChart(
        title=f"The most severe incident: {LABELS[figure]} per {length(line.seconds)}",
        x_axis=Axis(label="time", kind="time"),
        y_axis=Axis(label=LABELS[figure], unit=UNITS[figure]),
        x=[f"{moments[index]:%Y-%m-%dT%H:%MZ}" for index in shown],
        series=[
            Series(name=LABELS[figure], y=[values[index] for index in shown]),
            Series(
                name="the incident",
                y=[values[index] if first <= index < after else None for index in shown],
            ),
        ],
    )
