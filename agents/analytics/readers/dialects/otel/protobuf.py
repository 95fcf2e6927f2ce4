"""OTLP in protobuf: a TracesData or ExportTraceServiceRequest, which are the same bytes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from agents.analytics.readers.dialects.otel.names import WANTED
from agents.analytics.readers.dialects.otel.span import Attributes, BadSpan, Happening, Span
from agents.analytics.readers.dialects.otel.wire import FIXED64, LENGTH, Budget, Bytes, fields

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1 import trace_pb2

RESOURCE_SPANS = 1  # of a request
RESOURCE, SCOPE_SPANS = 1, 2  # of one of those
SCOPE, SPANS = 1, 2  # of one of these
TRACE_ID, SPAN_ID, START = 1, 2, 7  # of a span
FAILED = 2  # the code of a status
LARGEST_SPAN = 4 * 1024 * 1024  # bytes; read, it takes thirty times as much at most
LARGEST_HEAD = 256 * 1024  # bytes, of a resource or a scope
SAMPLED = 20  # resources by which it is told what a file is
DEEPEST = 8  # values within values that are looked at


def resources(data: Bytes, budget: Budget | None = None) -> Iterator[Bytes]:
    """Each ResourceSpans of a request; raises ValueError if it is none."""
    for number, type_, start, stop in fields(data, 0, len(data), budget):
        if number == RESOURCE_SPANS and type_ == LENGTH:
            yield data[start:stop]


def spans(data: Bytes, budget: Budget | None = None) -> Iterator[Span | BadSpan]:
    """
    The spans of a ResourceSpans, or what is wrong with one; raises ValueError if it is none.

    None of them is checked yet.
    """
    # Half of its 20 ms is protobuf itself, and only who has traces needs it.
    from opentelemetry.proto.common.v1 import common_pb2  # noqa: PLC0415
    from opentelemetry.proto.resource.v1 import resource_pb2  # noqa: PLC0415
    from opentelemetry.proto.trace.v1 import trace_pb2  # noqa: PLC0415

    resource: Attributes = {}
    for number, type_, start, stop in fields(data, 0, len(data), budget):
        if (number, type_) == (RESOURCE, LENGTH) and 0 < stop - start <= LARGEST_HEAD:
            told = _parsed(resource_pb2.Resource, data[start:stop])
            resource = _attributes(told.attributes)
    # In two passes, as what is said of all spans may stand behind them.
    for number, type_, start, stop in fields(data, 0, len(data)):
        if (number, type_) != (SCOPE_SPANS, LENGTH):
            continue
        scope = ""
        for kind, type_, begin, end in fields(data, start, stop, budget):
            if kind == SCOPE and type_ == LENGTH and end - begin <= LARGEST_HEAD:
                scope = _parsed(common_pb2.InstrumentationScope, data[begin:end]).name
            elif kind == SPANS and type_ == LENGTH:
                yield _span(trace_pb2.Span, data[begin:end], scope, resource)


def is_request(data: Bytes) -> bool:
    """
    Whether these are traces and nothing else that protobuf could be.

    Protobuf reads almost anything, logs and metrics for example: a span has ids of their lengths.
    """
    try:
        found = 0
        for number, type_, start, stop in fields(data, 0, len(data)):
            if (number, type_) != (RESOURCE_SPANS, LENGTH):
                return False
            if found < SAMPLED and not _is_resource(data[start:stop]):
                return False
            found += 1
    except ValueError:
        return False
    return found > 0


def _is_resource(data: Bytes) -> bool:
    """Whether it is a ResourceSpans, as far as its first span tells."""
    for number, _, start, stop in fields(data, 0, len(data)):
        if number not in (RESOURCE, SCOPE_SPANS, 3) and number < 1000:
            return False
        if number != SCOPE_SPANS:
            continue
        for kind, _, begin, end in fields(data, start, stop):
            if kind == SPANS:
                return _is_span(data[begin:end])
    return True


def _is_span(data: Bytes) -> bool:
    found = {number: (type_, stop - start) for number, type_, start, stop in _fields_of(data)}
    return (
        found.get(TRACE_ID) == (LENGTH, 16)
        and found.get(SPAN_ID) == (LENGTH, 8)
        and found.get(START) == (FIXED64, 8)
    )


def _fields_of(data: Bytes) -> Any:
    return fields(data, 0, len(data))


def _parsed(message: Any, data: Bytes) -> Any:
    """Raises ValueError for what is no such message; protobuf's own error is no ValueError."""
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - as those above

    try:
        return message.FromString(bytes(data))
    except DecodeError as error:
        raise ValueError(f"cannot be read ({error})") from error


def _span(
    message: "type[trace_pb2.Span]", data: Bytes, scope: str, resource: Attributes
) -> Span | BadSpan:
    if len(data) > LARGEST_SPAN:
        return BadSpan(f"is larger than {LARGEST_SPAN:,} bytes")
    try:
        read = _parsed(message, data)
    except ValueError as error:
        return BadSpan(str(error))
    return Span(
        trace_id=read.trace_id.hex(),
        span_id=read.span_id.hex(),
        parent_id=read.parent_span_id.hex(),
        name=read.name,
        scope=scope,
        start=read.start_time_unix_nano,
        end=read.end_time_unix_nano,
        attributes=_attributes(read.attributes),
        resource=resource,
        events=[
            Happening(event.name, event.time_unix_nano, _attributes(event.attributes))
            for event in read.events
        ],
        is_error=read.status.code == FAILED,
        message=read.status.message,
    )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value, 0) for pair in pairs if pair.key in WANTED}


def _value(value: Any, depth: int) -> Any:
    kind = value.WhichOneof("value")
    if kind is None or depth == DEEPEST:
        return None
    if kind == "array_value":
        return [_value(item, depth + 1) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: _value(pair.value, depth + 1) for pair in value.kvlist_value.values}
    return getattr(value, kind)
