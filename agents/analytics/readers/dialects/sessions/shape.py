"""Values of JSON by the type that is expected; anything else counts as absent."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from agents.analytics.readers.dialects.base import Record, Sample

LONGEST_COUNT = 10**15  # no number of tokens is larger


def an_object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def a_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Those of a list that are objects."""
    return [item for item in a_list(value) if isinstance(item, dict)]


def a_text(value: Any) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def a_count(value: Any) -> int | None:
    """A whole number, not negative."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if 0 <= value < LONGEST_COUNT else None


def a_moment(value: Any) -> datetime | None:
    """A time in UTC from ISO 8601, where no zone means UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the zone may take the first year before itself
        return None


def most_fit(sample: Sample, fits: Callable[[Record], bool]) -> bool:
    """Whether more than half of what a file begins with is of a format."""
    return sum(map(fits, sample.records)) * 2 > len(sample.records)


def last_part(path: str | None) -> str | None:
    """The folder's own name, whichever way the slashes lean."""
    parts = (path or "").replace("\\", "/").rstrip("/").rsplit("/", 1)
    return parts[-1] or None
