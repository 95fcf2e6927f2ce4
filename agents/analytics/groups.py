"""What figures can be grouped by, and how many groups a result may hold."""

from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel

GroupBy = Literal["model", "feature", "user", "hour", "day"]

COLUMN: dict[GroupBy, str] = {
    "model": "model",
    "feature": "feature",
    "user": "user_id",
    "hour": "timestamp",
    "day": "timestamp",
}
"""The column that must have values."""

EXPRESSION: dict[GroupBy, str] = {
    "model": "coalesce(model, '(none)')",
    "feature": "coalesce(feature, '(none)')",
    "user": "coalesce(user_id, '(none)')",
    "hour": "strftime(date_trunc('hour', timestamp), '%Y-%m-%d %H:00')",
    "day": "strftime(timestamp, '%Y-%m-%d')",
}
"""The name of the group that a row belongs to, as SQL; days and hours are those of UTC."""

MOST_GROUPS = 20
MOST_DAYS = 31  # a month
MOST_HOURS = 24


class LeftOut(BaseModel):
    """The groups that a result does not list, since a model has to read it."""

    groups: int
    requests: int


Item = TypeVar("Item")


class Groups(BaseModel, Generic[Item]):
    """The largest groups by requests; of hours and days the latest, in order of time."""

    by: GroupBy
    items: list[Item]
    left_out: LeftOut | None = None


def ordering(by: GroupBy) -> str:
    """`ORDER BY` for rows with `key` and `requests`."""
    return "ORDER BY key DESC" if by in ("hour", "day") else "ORDER BY requests DESC, key"


def kept(
    by: GroupBy, items: Sequence[Item], requests: Callable[[Item], int]
) -> tuple[list[Item], LeftOut | None]:
    """The items to list, and what is left out. Hours and days must come latest first."""
    most = {"hour": MOST_HOURS, "day": MOST_DAYS}.get(by, MOST_GROUPS)
    shown, rest = list(items[:most]), items[most:]
    if by in ("hour", "day"):
        shown.reverse()
    left_out = LeftOut(groups=len(rest), requests=sum(map(requests, rest)))
    return shown, left_out if rest else None
