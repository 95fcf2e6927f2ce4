"""
OTLP as JSON: objects with `resourceSpans`, alone or one on each line.

Ids are hexadecimal and times may be text, unlike in protobuf's own JSON.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from agents.analytics.readers.dialects.otel.names import WANTED
from agents.analytics.readers.dialects.otel.span import BadSpan, Happening, Span

RESOURCES = "resourceSpans"
FAILED = (2, "STATUS_CODE_ERROR")
DEEPEST = 8  # values within values that are looked at


def spans(record: Mapping[str, Any]) -> Iterator[Span | BadSpan]:
    """The spans of a request, or what is wrong with one. None of them is checked yet."""
    for resource in _objects(record.get(RESOURCES)):
        told = _object(resource.get("resource"))
        of_resource = _attributes(told.get("attributes"))
        for scoped in _objects(resource.get("scopeSpans")):
            scope = _text(_object(scoped.get("scope")).get("name"))
            for span in _list(scoped.get("spans")):
                yield _span(span, scope, of_resource)


def bare(record: Mapping[str, Any]) -> Iterator[Span | BadSpan]:
    """A span that stands alone, without its resource and the library that made it."""
    yield _span(record, "", {})


def _span(span: Any, scope: str, resource: Mapping[str, Any]) -> Span | BadSpan:
    if not isinstance(span, Mapping):
        return BadSpan("is no object")
    status = _object(span.get("status"))
    try:
        return Span(
            trace_id=_text(span.get("traceId")).lower(),
            span_id=_text(span.get("spanId")).lower(),
            parent_id=_text(span.get("parentSpanId")).lower(),
            name=_text(span.get("name")),
            scope=scope,
            start=_time(span.get("startTimeUnixNano")),
            end=_time(span.get("endTimeUnixNano")),
            attributes=_attributes(span.get("attributes")),
            resource=resource,
            events=[
                Happening(
                    _text(event.get("name")),
                    _time(event.get("timeUnixNano")),
                    _attributes(event.get("attributes")),
                )
                for event in _objects(span.get("events"))
            ],
            is_error=status.get("code") in FAILED,
            message=_text(status.get("message")),
        )
    except ValueError as error:
        return BadSpan(str(error))


def _time(value: Any) -> int:
    """Nanoseconds since 1970, 0 if there are none; raises ValueError for what is no number."""
    if value is None or value == "":
        return 0
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"has {str(value)[:40]!r} as a time, which is no whole number")
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise ValueError(f"has {text[:40]!r} as a time, which is no whole number")
    return int(text)


def _attributes(pairs: Any) -> dict[str, Any]:
    """Of a list of keys and values; of a plain object too, as some write spans that stand alone."""
    if isinstance(pairs, Mapping):
        return {key: value for key, value in pairs.items() if key in WANTED}
    return {
        pair["key"]: _value(pair.get("value"), 0)
        for pair in _objects(pairs)
        if isinstance(pair.get("key"), str) and pair["key"] in WANTED
    }


def _value(value: Any, depth: int) -> Any:
    if not isinstance(value, Mapping) or depth == DEEPEST:
        return None
    for kind, held in value.items():
        match kind:
            case "intValue":
                return held  # often as text, which `reading` takes for a number
            case "arrayValue":
                return [_value(item, depth + 1) for item in _list(_object(held).get("values"))]
            case "kvlistValue":
                return {
                    _text(pair.get("key")): _value(pair.get("value"), depth + 1)
                    for pair in _objects(_object(held).get("values"))
                }
            case "stringValue" | "boolValue" | "doubleValue":
                return held
    return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    return (item for item in _list(value) if isinstance(item, Mapping))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
