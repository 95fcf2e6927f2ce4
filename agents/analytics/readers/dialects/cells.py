"""Pieces of documented formats: values within values, sums of texts, tiers and times."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic_core import from_json

from agents.analytics.readers.dialects.base import Value

DAY_SECONDS = 86_400

_SINGLE = (str, int, float)

_TIERS = {
    "default": "standard",
    "auto": "standard",
    "priority_on_demand": "priority",
    "flex_discount": "flex",
}


def inner(record: Any, *keys: str) -> Any:
    """The value behind the keys; None where there is none."""
    for key in keys:
        if not isinstance(record, dict):
            return None
        record = record.get(key)
    return record


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Those of a list that are objects; nothing for what is no list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def embedded(value: Any) -> Any:
    """What a text of JSON holds, as database columns hold objects; any other value as it is."""
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return from_json(value)  # refuses half a surrogate too, which could not be written
    except ValueError:
        return None


def text(*values: Any) -> str | None:
    """The first that says something."""
    for value in values:
        if value is not None and value != "" and isinstance(value, _SINGLE):
            return str(value)
    return None


def total(*values: Any) -> Value:
    """
    The exact sum of those that are there, None if none is.

    What is no number is returned itself, so that its row is left out with the reason.
    """
    found = [value for value in values if value is not None and value != ""]
    if not found:
        return None
    try:
        return format(sum(map(_number, found)), "f")
    except InvalidOperation:
        return next(str(value) for value in found if not _is_number(value))


def dollars(cents: Any) -> Value:
    """Cents as US dollars; what is no number stays itself."""
    if cents is None or cents == "":
        return None
    return format(_number(cents) / 100, "f") if _is_number(cents) else str(cents)


def tier(name: Any, *, is_batch: bool = False) -> str | None:
    """A service tier by the name that all providers share."""
    if is_batch:
        return "batch"
    said = text(name)
    return _TIERS.get(said.lower(), said.lower()) if said else None


def moment(value: Any) -> datetime | None:
    """Seconds since 1970, or ISO 8601, which is UTC without a zone."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def seconds_between(start: Any, end: Any) -> float | None:
    first, last = moment(start), moment(end)
    return (last - first).total_seconds() if first and last else None


def _number(value: Any) -> Decimal:
    if not isinstance(value, _SINGLE):
        raise InvalidOperation
    return Decimal(str(value))


def _is_number(value: Any) -> bool:
    try:
        return _number(value).is_finite()
    except InvalidOperation:
        return False
