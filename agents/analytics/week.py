"""The week of an application: how many requests come at which hour of which weekday."""

from pydantic import BaseModel

from agents.analytics.charts import Axis, HeatMap
from agents.analytics.figures import Figure
from agents.analytics.groups import WEEKDAYS
from agents.analytics.table import Table
from agents.analytics.timeline import HOUR, Recording, complete, slot_sql

HOURS = tuple(f"{hour:02}:00" for hour in range(24))
FEWEST_HOURS = 48
QUIET_HOURS = 8  # a night
_MONDAY_HOURS = 7 * 24  # buckets of an hour are numbered from a Monday at midnight


class Week(BaseModel):
    """
    Mean requests of each hour of the week, UTC: `values[weekday][hour]`, None where the recording
    has no such hour. `quiet_from` begins the eight hours of the day with the fewest requests.
    """

    values: list[list[Figure | None]]
    quiet_from: int
    quiet_until: int
    quiet_share: Figure  # of the requests of whole hours; a third would be an even spread


def week(table: Table, recorded: Recording) -> Week | None:
    """
    From the whole hours of the recording.

    None for less than two days of them, or if the data set does not count requests.
    """
    first, after = complete(recorded, HOUR)
    if after - first < FEWEST_HOURS or recorded.finest > HOUR:
        return None
    slot = slot_sql(HOUR)
    tail = f"WHERE timestamp IS NOT NULL AND {slot} BETWEEN {first} AND {after - 1} GROUP BY 1"
    rows = table.rows([f"{slot} % {_MONDAY_HOURS} AS hour", "sum(requests) AS requests"], tail)
    requests = {row["hour"]: row["requests"] for row in rows}
    if not any(requests.values()):
        return None
    times = [0] * _MONDAY_HOURS
    for number in range(first, after):
        times[number % _MONDAY_HOURS] += 1
    means = [requests.get(hour, 0) / count if count else None for hour, count in enumerate(times)]
    by_hour = [
        sum(requests.get(day * 24 + hour, 0) for day in range(7))
        / (sum(times[day * 24 + hour] for day in range(7)) or 1)
        for hour in range(24)
    ]
    start = quiet_from(by_hour)
    return Week(
        values=[means[day * 24 : day * 24 + 24] for day in range(7)],
        quiet_from=start,
        quiet_until=(start + QUIET_HOURS) % 24,
        quiet_share=sum(by_hour[(start + n) % 24] for n in range(QUIET_HOURS))
        / (sum(by_hour) or 1),
    )


def quiet_from(by_hour: list[float]) -> int:
    """Where the eight hours of the day in a row with the fewest requests begin."""
    return min(
        range(24), key=lambda start: sum(by_hour[(start + n) % 24] for n in range(QUIET_HOURS))
    )


def week_chart(found: Week) -> HeatMap:
    """Weekdays downwards, hours to the right."""
    return HeatMap(
        title="Requests by weekday and hour (UTC)",
        x_axis=Axis(label="hour", kind="category"),
        y_axis=Axis(label="weekday", kind="category"),
        value_axis=Axis(label="requests an hour"),
        x=list(HOURS),
        y=list(WEEKDAYS),
        values=found.values,
    )
