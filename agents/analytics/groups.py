"""What figures can be grouped by, and which groups a result lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from pydantic import BaseModel

from agents.analytics.extremes import Extreme, Point, Value, extreme

Name: TypeAlias = Literal["model", "feature", "user", "provider", "project", "session", "tier"]
"""A column of names, by which figures are grouped and rows are chosen."""

GroupBy = Literal[Name, "hour", "day", "week", "month", "hour_of_day", "weekday", "status", "error"]

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

MOST_GROUPS = 20
MOST_HOURS = 24
MOST_DAYS = 31  # a month
MOST_WEEKS = 27  # half a year
MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Grouping:
    """A way to group rows; days and hours are those of UTC, weeks begin on Monday."""

    column: str  # that must have values
    key: str  # SQL: the group that a row belongs to, NULL for none
    most: int = MOST_GROUPS  # groups that a result lists


def _named(column: str) -> Grouping:
    return Grouping(column, f"coalesce({column}, '(none)')")


def _timed(key: str, most: int) -> Grouping:
    return Grouping("timestamp", key, most)


GROUPINGS: dict[GroupBy, Grouping] = {
    "model": _named("model"),
    "feature": _named("feature"),
    "user": _named("user_id"),
    "provider": _named("provider"),
    "project": _named("project"),
    "session": _named("session_id"),
    "tier": _named("tier"),
    "hour": _timed("strftime(date_trunc('hour', timestamp), '%Y-%m-%d %H:00')", MOST_HOURS),
    "day": _timed("strftime(timestamp, '%Y-%m-%d')", MOST_DAYS),
    "week": _timed("strftime(date_trunc('week', timestamp), '%Y-%m-%d')", MOST_WEEKS),
    "month": _timed("strftime(timestamp, '%Y-%m')", MOST_MONTHS),
    "hour_of_day": _timed("strftime(timestamp, '%H:00')", 24),
    "weekday": _timed("strftime(timestamp, '%A')", len(WEEKDAYS)),
    "status": _named("status"),
    # "none" and the like are texts too, and no failures.
    "error": Grouping("error", "if(is_error, error, NULL)"),
}
COLUMN: dict[GroupBy, str] = {by: grouping.column for by, grouping in GROUPINGS.items()}

CALENDAR: frozenset[GroupBy] = frozenset({"hour", "day", "week", "month"})
"""Listed are the latest, in order of time."""
CYCLES: frozenset[GroupBy] = frozenset({"hour_of_day", "weekday"})
"""All are listed, in order of time."""


class LeftOut(BaseModel):
    """The groups that a result does not list, since a model has to read it."""

    groups: int
    requests: int | None  # None: rows are sums, and do not tell


Item = TypeVar("Item")


class Groups(BaseModel, Generic[Item]):
    """
    Times are in order, of dates and hours the latest. Others begin with the highest in the figure
    that was asked for, and the highest in every other figure and the lowest in that one are listed
    too. `extremes` are those of all groups, listed or not.
    """

    by: GroupBy
    items: list[Item]
    left_out: LeftOut | None = None
    extremes: list[Extreme] = []


@dataclass(frozen=True, slots=True)
class Group(Generic[Item]):
    """A group before it is known whether it is listed; `figures` are those it is compared in."""

    key: str
    requests: int  # 0: rows are sums, and do not tell
    figures: Mapping[str, Value]
    item: Item


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """What a result says of all groups."""

    items: list[Item]
    left_out: LeftOut | None
    extremes: list[Extreme]


def listed(
    by: GroupBy, groups: Sequence[Group[Item]], main: str, *, ascending: bool = False
) -> Listing[Item]:
    """The groups to list; `main` is the figure they are ordered by, unless they are times."""
    extremes = _extremes(groups)
    if by in CALENDAR or by in CYCLES:
        shown = sorted(groups, key=lambda group: _moment(by, group.key))[-GROUPINGS[by].most :]
    else:
        ordered = sorted(groups, key=lambda group: _rank(group, main, ascending=ascending))
        shown = _first(ordered, GROUPINGS[by].most, _required(extremes, main))
    rest = len(groups) - len(shown)
    requests = sum(group.requests for group in groups) - sum(group.requests for group in shown)
    left_out = LeftOut(groups=rest, requests=requests or None) if rest else None
    return Listing([group.item for group in shown], left_out, extremes)


def _extremes(groups: Sequence[Group[Item]]) -> list[Extreme]:
    points: dict[str, list[Point]] = {}
    for group in groups:
        for figure, value in group.figures.items():
            points.setdefault(figure, []).append(Point(group.key, group.requests, value))
    found = [extreme(figure, of_figure) for figure, of_figure in points.items()]
    return [each for each in found if each is not None]


def _moment(by: GroupBy, key: str) -> tuple[int, str]:
    return (WEEKDAYS.index(key), "") if by == "weekday" else (0, key)


def _rank(group: Group[Item], main: str, *, ascending: bool) -> tuple[bool, Value, int, str]:
    """Groups without the figure, such as a p95 of three requests, come last."""
    value = group.figures.get(main)
    signed = 0 if value is None else value if ascending else -value
    return value is None, signed, -group.requests, group.key


def _required(extremes: Sequence[Extreme], main: str) -> set[str]:
    lowest = {each.lowest.key for each in extremes if each.figure == main}
    return lowest | {each.highest.key for each in extremes}


def _first(groups: Sequence[Group[Item]], most: int, required: set[str]) -> list[Group[Item]]:
    """`most` of the groups, the required ones and then the first, in their order."""
    chosen = set(required)
    for group in groups:
        if len(chosen) >= most:
            break
        chosen.add(group.key)
    return [group for group in groups if group.key in chosen]
