"""Values of a result as JSON has them, exact and bounded."""

import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

LARGEST_EXACT = 2**53  # beyond it a JSON number is another one to most readers
LONGEST_TEXT = 1000  # characters
MOST_ITEMS = 100  # of a list or a struct
DEEPEST = 8


def plain_row(row: Sequence[Any]) -> list[Any]:
    return [plain(value) for value in row]


def plain(value: Any, depth: int = 0) -> Any:
    """
    The value made of lists, dicts, text, finite numbers, booleans and None.

    Decimals and large integers are text with all their digits, times ISO 8601, durations seconds,
    bytes hexadecimal; NaN and infinity are text too. What is cut ends with an ellipsis.
    """
    match value:
        case None | bool():
            return value
        case int() | float() | Decimal():
            return _number(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case list() | tuple() | dict():
            return _nested(value, depth + 1)
        case bytes():
            return _cut(value[:LONGEST_TEXT].hex())
        case _:
            return _cut(str(value))


def _number(value: int | float | Decimal) -> int | float | str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_EXACT else str(value)
    return value if math.isfinite(value) else str(value)


def _nested(value: list[Any] | tuple[Any, ...] | dict[Any, Any], depth: int) -> Any:
    if depth > DEEPEST:
        return "…"
    if isinstance(value, dict):
        pairs = [*value.items()][:MOST_ITEMS]
        return {_cut(str(key)): plain(item, depth) for key, item in pairs}
    items = [plain(item, depth) for item in value[:MOST_ITEMS]]
    return items if len(value) <= MOST_ITEMS else [*items, "…"]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
