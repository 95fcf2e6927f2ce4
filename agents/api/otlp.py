"""OTLP over HTTP: a request's body as spans, and answers in the encoding of the request."""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from pydantic_core import from_json, to_json
from rest_framework.exceptions import UnsupportedMediaType

from agents.analytics.readers.dialects.otel import otlp_json, protobuf
from agents.analytics.readers.dialects.otel.counting import Batch, batch_of
from agents.analytics.readers.dialects.otel.span import BadSpan, Span
from agents.analytics.readers.dialects.otel.wire import Budget
from agents.exceptions import FileTooLarge, UnreadableTraces

PROTOBUF, JSON = "application/x-protobuf", "application/json"
WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # as zlib has it
PLAIN = ("", "identity")
MIB = 1024 * 1024
MOST_SPANS = 20_000  # of a request; the collector sends 8,192 at once
MOST_FIELDS = 20 * MOST_SPANS  # in protobuf, without those within the spans
MOST_STREAMS = 16  # of gzip in one body; exporters make one
# Of objects and lists in JSON: each takes 64 bytes or more, and is written with three.
MOST_OBJECTS = 2_000_000
# By the status of an answer, what google.rpc.Code says of it.
CODES: Mapping[int, int] = {
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    405: 12,
    406: 3,
    413: 3,
    415: 3,
    429: 8,
    503: 14,
}
INTERNAL = 13


@dataclass(frozen=True, slots=True)
class Form:
    """How a request is encoded, and so its answer."""

    media_type: str

    @property
    def is_protobuf(self) -> bool:
        return self.media_type == PROTOBUF

    def accepted(self, rejected: int, reason: str) -> HttpResponse:
        """An ExportTraceServiceResponse; empty if nothing was rejected."""
        if not rejected:
            return self._answer(200, b"" if self.is_protobuf else b"{}")
        if not self.is_protobuf:
            partial = {"rejectedSpans": str(rejected), "errorMessage": reason}
            return self._answer(200, to_json({"partialSuccess": partial}))
        # Protobuf takes 10 ms to be imported, which only who sends it has to wait for.
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2  # noqa: PLC0415

        response = trace_service_pb2.ExportTraceServiceResponse()
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = reason
        return self._answer(200, response.SerializeToString())

    def failed(self, status: int, message: str, headers: Mapping[str, str]) -> HttpResponse:
        """A google.rpc.Status."""
        code = CODES.get(status, INTERNAL)
        if self.is_protobuf:
            body = b"\x08" + bytes([code]) + _text_field(2, message)
        else:
            body = to_json({"code": code, "message": message})
        return self._answer(status, body, headers)

    def _answer(
        self, status: int, body: bytes, headers: Mapping[str, str] | None = None
    ) -> HttpResponse:
        return HttpResponse(body, status=status, content_type=self.media_type, headers=headers)


def form_of(request: HttpRequest) -> Form | None:
    """None for a body of another media type."""
    media_type = (request.content_type or "").lower()
    return Form(media_type) if media_type in (PROTOBUF, JSON) else None


def batch_in(request: HttpRequest) -> Batch:
    """
    The spans of the body, sorted out.

    Raises UnsupportedMediaType for another encoding, FileTooLarge for a body that is too large, or
    becomes it when it is unpacked, and UnreadableTraces for what is no export of traces.
    """
    form = form_of(request)
    if form is None:
        raise UnsupportedMediaType(request.content_type or "")
    body = _unpacked(request)
    found = _in_protobuf(body) if form.is_protobuf else _in_json(body)
    try:
        return batch_of(_bounded(found))
    except ValueError as error:
        raise UnreadableTraces(f"The body is no ExportTraceServiceRequest: it {error}.") from error


def _in_protobuf(body: bytes) -> Iterator[Span | BadSpan]:
    budget = Budget(MOST_FIELDS)
    for resource in protobuf.resources(memoryview(body), budget):
        yield from protobuf.spans(resource, budget)


def _in_json(body: bytes) -> Iterator[Span | BadSpan]:
    if body.count(b"{") + body.count(b"[") > MOST_OBJECTS:
        raise _too_large()
    try:
        record = from_json(body)
    except ValueError as error:
        raise UnreadableTraces(f"The body is not valid JSON: {error}.") from error
    if not isinstance(record, Mapping) or not _are_objects(record.get(otlp_json.RESOURCES)):
        raise UnreadableTraces("The body is JSON, but no object with a list `resourceSpans`.")
    yield from otlp_json.spans(record)


def _are_objects(value: Any) -> bool:
    """Whether it is a list of nothing else, or nothing, which is an empty list in protobuf."""
    if value is None:
        return True
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _bounded(found: Iterator[Span | BadSpan]) -> Iterator[Span | BadSpan]:
    yield from islice(found, MOST_SPANS)
    if next(found, None) is not None:
        raise FileTooLarge(f"A request may hold {MOST_SPANS:,} spans. Send them in several.")


def _unpacked(request: HttpRequest) -> bytes:
    limit: int = settings.TRACES_LIMIT_BYTES
    body: bytes = request.read(limit + 1)
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in PLAIN:
        if encoding not in WINDOW_BITS:
            raise UnsupportedMediaType(
                encoding,
                detail=f"Send gzip, deflate or no Content-Encoding, not {encoding[:40]!r}.",
            )
        body = _inflated(body, WINDOW_BITS[encoding], limit)
    if len(body) > limit:
        raise _too_large()
    return body


def _inflated(packed: bytes, window_bits: int, limit: int) -> bytes:
    """What `packed` becomes; raises FileTooLarge for more than `limit` bytes before it does."""
    if not packed:
        return b""
    unpacked = bytearray()
    try:
        for _ in range(MOST_STREAMS):
            stream = zlib.decompressobj(window_bits)
            unpacked += stream.decompress(packed, limit + 1 - len(unpacked))
            if len(unpacked) > limit:
                raise _too_large()
            if not stream.eof:
                raise UnreadableTraces("The body is cut off: its compressed data has no end.")
            packed = stream.unused_data  # gzip may hold several streams, one after the other
            if not packed:
                return bytes(unpacked)
    except zlib.error as error:
        raise UnreadableTraces(f"The body cannot be unpacked: {error}.") from error
    raise UnreadableTraces(f"The body is more than {MOST_STREAMS} compressed streams.")


def _too_large() -> FileTooLarge:
    return FileTooLarge(
        f"A request with traces may have {settings.TRACES_LIMIT_BYTES // MIB} MiB, unpacked. "
        "Send fewer spans at once."
    )


def _text_field(number: int, text: str) -> bytes:
    """A field of text, as protobuf writes it."""
    data = text.encode()
    length, sized = len(data), bytearray()
    while length >= 0x80:
        sized.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([number << 3 | 2, *sized, length]) + data
