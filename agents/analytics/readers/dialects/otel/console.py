"""Spans as the Python SDK's console exporter prints them, one object after the other."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from agents.analytics.readers.dialects.otel.names import WANTED
from agents.analytics.readers.dialects.otel.span import BadSpan, Happening, Span

NS_PER_SECOND = 1_000_000_000


def spans(record: Mapping[str, Any]) -> Iterator[Span | BadSpan]:
    """The span; not checked yet."""
    try:
        yield _span(record)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        yield BadSpan("is no span as the SDK prints them")


def _span(record: Mapping[str, Any]) -> Span:
    context, status = record["context"], record.get("status") or {}
    resource = record.get("resource") or {}
    return Span(
        trace_id=_id(context.get("trace_id")),
        span_id=_id(context.get("span_id")),
        parent_id=_id(record.get("parent_id")),
        name=str(record.get("name") or ""),
        scope="",  # is not printed
        start=_time(record.get("start_time")),
        end=_time(record.get("end_time")),
        attributes=_wanted(record.get("attributes")),
        resource=_wanted(resource.get("attributes")),
        events=[
            Happening(
                str(event.get("name") or ""),
                _time(event.get("timestamp")),
                _wanted(event.get("attributes")),
            )
            for event in record.get("events") or ()
        ],
        is_error=status.get("status_code") == "ERROR",
        message=str(status.get("description") or ""),
    )


def _id(text: str | None) -> str:
    return (text or "").removeprefix("0x").lower()


def _time(text: str | None) -> int:
    if not text:
        return 0
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    # As a float a moment of today has a resolution of 200 ns, which rounds to its microsecond.
    return round(moment.timestamp() * 1_000_000) * (NS_PER_SECOND // 1_000_000)


def _wanted(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (attributes or {}).items() if key in WANTED}
