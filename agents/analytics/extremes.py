"""Which of many groups is highest and which is lowest in a figure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, PlainSerializer

from agents.analytics.figures import FIGURE_DECIMALS, RATIO_DECIMALS
from agents.analytics.money import plain

FEWEST_TO_COMPARE = 20  # requests of a group; with fewer, a p95 is the slowest of them

Value = int | float | Decimal


def _serialised(value: Value) -> int | float | str:
    match value:
        case Decimal():
            return plain(value)
        case float():
            return round(value, RATIO_DECIMALS if abs(value) <= 1 else FIGURE_DECIMALS)
        case _:
            return value


def _read(value: Any) -> Any:
    return Decimal(value) if isinstance(value, str) else value


Amount = Annotated[Value, BeforeValidator(_read), PlainSerializer(_serialised)]
"""A number of any kind; amounts of money are decimal strings on the wire."""


class Extremum(BaseModel):
    """A group and its value; `tied_with` other groups have the same one."""

    key: str
    value: Amount
    requests: int | None  # None: rows are sums, and do not tell
    tied_with: int = 0


class Extreme(BaseModel):
    """The groups between which all others lie in this figure."""

    figure: str
    highest: Extremum
    lowest: Extremum


@dataclass(frozen=True, slots=True)
class Point:
    """What one group has in a figure."""

    key: str
    requests: int  # 0: rows are sums, and do not tell
    value: Value


def extreme(figure: str, points: Sequence[Point]) -> Extreme | None:
    """Of equal groups the one with most requests is named; fewer than two cannot be compared."""
    if len(points) < 2:
        return None
    return Extreme(figure=figure, highest=_extremum(points, max), lowest=_extremum(points, min))


def _extremum(points: Sequence[Point], best: Callable[[Iterable[Value]], Value]) -> Extremum:
    value = best(point.value for point in points)
    tied = [point for point in points if point.value == value]
    named = min(tied, key=lambda point: (-point.requests, point.key))
    requests = named.requests or None
    return Extremum(key=named.key, value=value, requests=requests, tied_with=len(tied) - 1)
