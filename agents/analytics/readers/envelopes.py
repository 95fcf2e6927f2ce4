"""Documents of JSON that hold the log's objects in a list, as the answers of APIs do."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from agents.analytics.names import hit
from agents.analytics.readers.skipped import Skipped
from agents.analytics.schema import MEASURES

SAMPLED = 5  # documents and elements of each that are looked at


class Records(Protocol):
    @property
    def place(self) -> str: ...

    def records(self, skipped: Skipped) -> Iterator[tuple[int, dict[str, Any]]]: ...


def envelope_of(container: Records) -> str | None:
    """
    The one key of the first objects under which there is a list of objects, if these are the log.

    They are where their own fields tell more of a request than those beside the list: a request
    with a list of messages is no envelope.
    """
    found = container.records(Skipped(container.place))
    sample = [record for _, (_, record) in zip(range(SAMPLED), found, strict=False)]
    keys = {key for record in sample for key in _lists_of_objects(record)}
    if len(keys) != 1:
        return None
    (key,) = keys
    inner = [element for record in sample for element in _elements(record, key)[:SAMPLED]]
    return key if _told(inner) > _told(sample) else None


def unpacked(
    records: Iterator[tuple[int, dict[str, Any]]], key: str
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The elements of each list, counted through; an object without one stays as it is."""
    number = 0
    for _, record in records:
        for element in _elements(record, key) if key in record else [record]:
            number += 1
            yield number, element


def _lists_of_objects(record: Mapping[str, Any]) -> list[str]:
    return [key for key in record if _elements(record, key)]


def _elements(record: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = record.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _told(records: list[dict[str, Any]]) -> int:
    """How many measures the fields of the objects are, by their names."""
    hits = (hit(name) for record in records for name in _names(record))
    return len({found.meaning.target for found in hits if found} & MEASURES)


def _names(record: Mapping[str, Any]) -> Iterator[str]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from (f"{key}.{name}" for name in value)
        elif not isinstance(value, list):
            yield key
