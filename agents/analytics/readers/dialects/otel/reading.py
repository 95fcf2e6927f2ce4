"""Single values of attributes, whatever type their writer gave them."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from agents.analytics.readers.dialects.otel.names import Names
from agents.analytics.readers.dialects.otel.span import Attributes
from agents.analytics.schema import LONGEST_TEXT

MOST = 10**15  # of anything that is counted or lasts; more is a mistake


def text_of(attributes: Attributes, names: Names) -> str | None:
    """The first that is text or a number, without NUL and space around it, cut where needed."""
    for name in names:
        value = attributes.get(name)
        if value is None or value is True or value is False:
            continue
        if not isinstance(value, str | int | float):
            continue
        if text := str(value).replace("\x00", "").strip():
            return text[:LONGEST_TEXT]
    return None


def number_of(attributes: Attributes, names: Names) -> float | None:
    """The first that is a number from 0 on, also if it is written as text."""
    for name in names:
        told = attributes.get(name)
        if told is not None and (value := as_number(told)) is not None:
            return value
    return None


def count_of(attributes: Attributes, names: Names) -> int | None:
    """The first that is a whole number from 0 on."""
    for name in names:
        told = attributes.get(name)
        if told is not None and (value := as_count(told)) is not None:
            return value
    return None


def as_count(value: Any) -> int | None:
    if type(value) is int:
        return value if 0 <= value <= MOST else None
    number = as_number(value)
    return int(number) if number is not None and number == int(number) else None


def as_number(value: Any) -> float | None:
    if isinstance(value, str) and len(value) <= 40:  # longer ones are no numbers
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) and 0 <= value <= MOST else None


def object_in(value: Any) -> Mapping[str, Any]:
    """A JSON object that is the value, or is written in it as text; empty if there is none."""
    if isinstance(value, str):
        try:
            value = from_json(value)
        except ValueError:
            return {}
    return value if isinstance(value, Mapping) else {}
