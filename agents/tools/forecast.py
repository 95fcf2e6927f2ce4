"""The tool for what volume and spend will be, and what more of it would need."""

from importlib.metadata import version
from typing import Literal, get_args

from agents.analytics.capacity import MONEY_FROM_DAYS, MONTH_DAYS, Capacity, capacity
from agents.analytics.concurrency import busiest_minute, underway
from agents.analytics.filters import Condition
from agents.analytics.forecast import (
    FORESEEN,
    HOURLY_FROM,
    Outlooks,
    history,
    history_seconds,
    outlooks,
    reachable,
)
from agents.analytics.timeline import DAY, HOUR, Bucket, Timeline, complete, lasting, timeline
from agents.analytics.wording import counted
from agents.exceptions import ToolError
from agents.tools.base import Call, tool
from agents.tools.over_time import Told, told
from agents.tools.results import Opened, Result, no_rows, one_of, only_sums, opened

HorizonUnit = Literal["days", "months"]

LONGEST_DAYS = 3660
LARGEST_GROWTH = 1000
SHORT_DAYS = 56


class ForecastResult(Result):
    """`forecast` is None where there is too little history, `capacity` without a growth factor."""

    forecast: Outlooks | None = None
    capacity: Capacity | None = None


@tool(read_only=True)
def forecast_usage(
    call: Call,
    horizon: float = 30,
    horizon_unit: HorizonUnit = "days",
    growth_factor: float | None = None,
    period: str = "all",
    dataset: str | None = None,
    where: list[Condition] | None = None,
) -> ForecastResult:
    """
    Forecast requests, tokens and spend with an 80 % interval, and plan capacity for a growth.

    The method is chosen by how well it would have done on the log's own past. `growth_factor`
    answers "what if volume grows by 30 %" (1.3): peak requests and tokens per minute, mean and peak
    concurrency and spend per month, now and at that volume. For "plan six months at 1.3 times the
    volume" use horizon 6, horizon_unit "months", growth_factor 1.3. A forecast reaches at most half
    as far ahead as the log goes back; capacity is a scaling of today's figures, without that limit.

    Args:
        horizon: How far ahead, in `horizon_unit`.
        horizon_unit: "days" or "months" (of 30.44 days).
        growth_factor: Also say what so many times the present volume needs; 1.3 is 30 % more.
        period: The history to use, such as "last 30 days" or "all".
        dataset: Id or name; without it the run's chosen or newest one.
        where: Count only requests that satisfy all of these.
    """
    one_of(horizon_unit, get_args(HorizonUnit), "horizon_unit")
    days = horizon * (float(MONTH_DAYS) if horizon_unit == "months" else 1)
    if not 0 < days <= LONGEST_DAYS:
        raise ToolError("The horizon lies between 0 and ten years.")
    if growth_factor is not None and not 0 < growth_factor <= LARGEST_GROWTH:
        raise ToolError(f"growth_factor lies between 0 and {LARGEST_GROWTH}; 1.3 is 30 % more.")
    with opened(call, dataset, period, where) as data:
        able = told(data, FORESEEN)
        notes = [*filter(None, [no_rows(data.basis)]), *able.notes]
        result = ForecastResult(computed_from=data.basis, missing=able.missing, notes=notes)
        if not data.basis.rows:
            return result
        if able.recorded is None:
            return result.model_copy(update={"notes": [*notes, able.untimed]})
        result = _forecast(result, data, able, days)
        if growth_factor is None:
            return result
        call.deps.note("Counting what ran at the same time")
        return _capacity(result, data, able, growth_factor, days)


def _forecast(result: ForecastResult, data: Opened, able: Told, days: float) -> ForecastResult:
    assert able.recorded is not None
    seconds = history_seconds(able.recorded)
    if seconds is None:
        sentence = (
            f"Each row sums up {lasting(able.recorded.finest)}; a forecast takes shorter ones."
            if able.recorded.finest > DAY
            else f"The log covers {lasting(able.recorded.seconds)}; a forecast takes {HOURLY_FROM} "
            "days of history, and a fortnight where rows are sums of a day."
        )
        return result.model_copy(update={"notes": [*result.notes, sentence]})
    line = timeline(data.table, able.recorded, seconds, able.cost, percentiles=False)
    steps = reachable(line, days)
    found, chart = outlooks(line, able.figures, steps)
    return result.model_copy(
        update={
            "forecast": found,
            "charts": [chart] if chart else [],
            "notes": [*result.notes, *_cautions(line, steps, days, found, able)],
        }
    )


def _cautions(line: Timeline, steps: int, days: float, found: Outlooks, able: Told) -> list[str]:
    notes = []
    unit = "hour" if line.seconds == HOUR else "day"
    if steps * line.seconds < days * DAY - line.seconds:
        notes.append(
            f"The forecast goes {counted(steps, unit)} ahead and not {days:.3g} days: with "
            f"{counted(found.history, unit)} of history, farther would be a guess."
        )
    if any(not outlook.checks for outlook in found.outlooks):
        notes.append("There is too little history to check the intervals on the past.")
    empty = sum(1 for bucket in history(line) if bucket == Bucket())
    if unit == "day" and 2 * empty > found.history:
        notes.append(
            f"Nothing happened in {empty} of the last {found.history} days that the log covers. If "
            "the time of a row is wrong, ask for the period that counts."
        )
    if found.history * line.seconds < SHORT_DAYS * DAY:
        notes.append(
            "With less than eight weeks of history the intervals can be too narrow: of simulated "
            "months that wander, they held 55 to 75 of 100."
        )
    notes.append(
        "The forecast takes for granted that what made the past goes on: no new feature, no price "
        "change, no holiday."
    )
    if able.cost == "prices":
        notes.append(f"Spend is at the list prices of genai-prices {version('genai-prices')}.")
    return notes


def _capacity(
    result: ForecastResult, data: Opened, able: Told, growth: float, days: float
) -> ForecastResult:
    assert able.recorded is not None
    first, after = complete(able.recorded, DAY)
    seconds = DAY if after > first else HOUR
    line = timeline(data.table, able.recorded, seconds, able.cost, percentiles=False)
    sums = only_sums(data.profile, "what runs at the same time, or within a minute,")
    found = capacity(
        line,
        growth,
        days / float(MONTH_DAYS),
        minute=None if sums else busiest_minute(data.table),
        places=None if sums else underway(data.table),
        has_cost=able.cost is not None,
    )
    notes = [
        f"Capacity is today's figures times {growth:g}: more users who behave like the present "
        "ones, at unchanged latency.",
    ]
    if sums:
        notes.append(sums)
    elif found.peak_concurrency is None:
        notes.append("Without a latency column, how many requests run at once cannot be said.")
    if able.cost and found.spend is None:
        notes.append(
            f"Spend per month is not said from less than {MONEY_FROM_DAYS} whole days of log."
        )
    missing = [*result.missing, *([] if data.profile.has("latency_ms") else ["latency_ms"])]
    return result.model_copy(
        update={"capacity": found, "missing": missing, "notes": [*result.notes, *notes]}
    )
