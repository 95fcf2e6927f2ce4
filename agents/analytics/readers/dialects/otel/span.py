"""A span, however it was written, and when it is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

TRACE_DIGITS, SPAN_DIGITS = 32, 16  # of ids, which are hexadecimal
LATEST = 7_258_118_400 * 10**9  # nanoseconds since 1970: the year 2200; a later one is a mistake

Attributes: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happening:
    """An event within a span."""

    name: str
    at: int  # nanoseconds since 1970
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """Of its attributes and its resource's, those that say something about a model's call."""

    trace_id: str  # 32 lower-case hexadecimal digits
    span_id: str  # 16 of them
    parent_id: str  # 16 of them, or empty
    name: str
    scope: str  # the library that made it; empty where nobody says
    start: int  # nanoseconds since 1970
    end: int
    attributes: Attributes
    resource: Attributes
    events: Sequence[Happening]
    is_error: bool
    message: str  # of its status

    @property
    def key(self) -> str:
        """What no other span has: `trace:span`."""
        return f"{self.trace_id}:{self.span_id}"

    @property
    def parent_key(self) -> str:
        return f"{self.trace_id}:{self.parent_id}" if self.parent_id else ""


class BadSpan(ValueError):
    """What is no span: it "has …", "lacks …", "is …"."""


def checked(span: Span) -> Span:
    """The span; raises BadSpan if it cannot be told from others, or took no time that can be."""
    for name, digits, value in (
        ("trace", TRACE_DIGITS, span.trace_id),
        ("span", SPAN_DIGITS, span.span_id),
    ):
        if not _is_id(value, digits):
            raise BadSpan(f"has {value[:40]!r} as its {name} id, which is no id")
    if not span.start:
        raise BadSpan("lacks a time at which it began")
    if span.end < span.start:
        raise BadSpan("ends before it begins")
    if span.end > LATEST:
        raise BadSpan("ends after the year 2199")
    return span


def _is_id(value: str, digits: int) -> bool:
    if len(value) != digits or not value.isascii() or not value.isalnum():
        return False
    try:
        return int(value, 16) != 0
    except ValueError:
        return False
