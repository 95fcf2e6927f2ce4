"""What volume, tokens and spend will be, with an interval, where there is history enough to say."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from statistics import fmean

from pydantic import BaseModel

from agents.analytics.charts import Axis, LineChart, Series
from agents.analytics.extremes import Amount, Value
from agents.analytics.figures import Figure as Rounded
from agents.analytics.figures import Ratio
from agents.analytics.forecasting import SURENESS, Forecast, Method, forecast
from agents.analytics.timeline import (
    DAY,
    HOUR,
    LABELS,
    UNITS,
    Bucket,
    Figure,
    Recording,
    Timeline,
    length,
)

FORESEEN: tuple[Figure, ...] = ("requests", "input_tokens", "output_tokens", "cost_usd")

DAILY_FROM, WEEKLY_FROM, HOURLY_FROM = 14, 21, 3  # days of history
MOST_HISTORY = 180  # days; what was before says little of what comes
LONGEST_SHARE = 0.5  # of the history, that a forecast may reach ahead
MOST_HOURS, MOST_DAYS = 48, 366
DRAWN, DRAWN_AHEAD = 60, 120  # buckets of history in a chart, and of what is expected
_MONEY_DECIMALS = 6


class Outlook(BaseModel):
    """
    Sums over the horizon; `low` to `high` holds the sum in 80 of 100 cases, if the series goes on
    like before. `scaled_error` is the mean error of past checks over that of repeating the last
    season; `held` the share of what came in them that was inside the interval.
    """

    figure: Figure
    method: Method
    total: Amount
    low: Amount
    high: Amount
    per_day: Amount
    per_day_so_far: Amount  # mean of the history
    checks: int  # times that it was tried on the past
    held: Ratio | None
    scaled_error: Rounded | None


class Outlooks(BaseModel):
    """
    From `start`, where the last whole bucket of the log ends, to before `end`; `history` is how
    many buckets it is based on.
    """

    start: datetime
    end: datetime
    bucket_seconds: int
    history: int
    sureness: Ratio
    outlooks: list[Outlook]


def history_seconds(recorded: Recording) -> int | None:
    """
    The buckets to forecast in, days or hours; None for a recording that is too short, or of rows
    that are sums of more than that.
    """
    if recorded.days >= DAILY_FROM and recorded.finest <= DAY:
        return DAY
    if recorded.days >= HOURLY_FROM and recorded.finest <= HOUR:
        return HOUR
    return None


def reachable(line: Timeline, days: float) -> int:
    """How many buckets ahead can be said, of those that were asked for."""
    wanted = max(1, round(days * DAY / line.seconds))
    most = int(len(line.buckets) * LONGEST_SHARE)
    return min(wanted, most, MOST_HOURS if line.seconds == HOUR else MOST_DAYS)


def outlooks(
    line: Timeline, figures: Sequence[Figure], steps: int
) -> tuple[Outlooks, LineChart | None]:
    """Each figure `steps` buckets ahead of `line`, and the spend, or the volume, as a chart."""
    recent = history(line)
    season = 24 if line.seconds == HOUR else 7 if len(recent) >= WEEKLY_FROM else 1
    found = {
        figure: forecast([bucket.value(figure) or 0 for bucket in recent], season, steps)
        for figure in figures
    }
    after = len(line.buckets)
    listed = [_outlook(figure, line, one, steps) for figure, one in found.items()]
    result = Outlooks(
        start=line.start(after),
        end=line.start(after + steps),
        bucket_seconds=line.seconds,
        history=len(recent),
        sureness=SURENESS,
        outlooks=listed,
    )
    drawn = [figure for figure in ("cost_usd", "requests") if figure in found]
    return result, _chart(line, drawn[0], found[drawn[0]]) if drawn else None


def history(line: Timeline) -> list[Bucket]:
    """The latest buckets of `line`, which a forecast is made from."""
    return line.buckets[-MOST_HISTORY * DAY // line.seconds :]


def _outlook(figure: Figure, line: Timeline, found: Forecast, steps: int) -> Outlook:
    days = line.seconds / DAY
    past = [bucket.value(figure) or 0 for bucket in history(line)]
    return Outlook(
        figure=figure,
        method=found.outlook.method,
        total=_amount(figure, found.total),
        low=_amount(figure, found.total_low),
        high=_amount(figure, found.total_high),
        per_day=_amount(figure, found.total / (steps * days)),
        per_day_so_far=_amount(figure, fmean(past) / days),
        checks=found.checks,
        held=found.held,
        scaled_error=found.scaled_error,
    )


def _amount(figure: Figure, value: float) -> Value:
    return Decimal(repr(round(value, _MONEY_DECIMALS))) if figure == "cost_usd" else value


def _chart(line: Timeline, figure: Figure, found: Forecast) -> LineChart:
    count, ahead = len(line.buckets), min(len(found.outlook.values), DRAWN_AHEAD)
    past = line.values(figure)[-DRAWN:]
    gap: list[float | None] = [None] * len(past)
    return LineChart(
        title=f"{LABELS[figure]} per {length(line.seconds)}, and what is expected",
        x_axis=Axis(label="time", kind="time"),
        y_axis=Axis(label=LABELS[figure], unit=UNITS[figure]),
        x=[f"{line.start(i):%Y-%m-%dT%H:%MZ}" for i in range(count - len(past), count + ahead)],
        series=[
            Series(name="so far", y=[*past, *[None] * ahead]),
            Series(
                name="expected",
                y=[*gap, *found.outlook.values[:ahead]],
                low=[*gap, *found.low[:ahead]],
                high=[*gap, *found.high[:ahead]],
            ),
        ],
    )
