"""Spans for tests, as OTLP writes them in JSON and in protobuf."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

START = 1_790_000_000_000_000_000  # 2026-09-21 14:13:20 UTC
MS = 1_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"
CHAT: Mapping[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.response.model": "gpt-5-mini-2025-08-07",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 20,
}


def span(number: int = 1, attributes: Mapping[str, Any] = CHAT, **more: Any) -> dict[str, Any]:
    """A call of a model that took 250 ms; `number` makes its id and when it began, in seconds."""
    start = START + number * 1000 * MS
    return {
        "traceId": TRACE,
        "spanId": f"{number:016x}",
        "name": "chat gpt-5-mini",
        "kind": 3,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + 250 * MS),
        "attributes": [{"key": key, "value": value(held)} for key, held in attributes.items()],
        "status": {},
        **more,
    }


def chats(count: int, first: int = 1) -> list[dict[str, Any]]:
    return [span(number) for number in range(first, first + count)]


def request(
    spans: Sequence[Any], *, service: str = "shop", scope: str = "test", **resource: Any
) -> dict[str, Any]:
    """An ExportTraceServiceRequest."""
    told = {"service.name": service, **resource}
    return {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": [{"key": key, "value": value(held)} for key, held in told.items()]
                },
                "scopeSpans": [{"scope": {"name": scope}, "spans": list(spans)}],
            }
        ]
    }


def as_json(spans: Sequence[Any], **more: Any) -> str:
    return json.dumps(request(spans, **more))


def as_protobuf(spans: Sequence[Any], **more: Any) -> bytes:
    message = ExportTraceServiceRequest()
    for resource in request(spans, **more)["resourceSpans"]:
        made = message.resource_spans.add()
        _fill(made.resource.attributes, resource["resource"]["attributes"])
        for scoped in resource["scopeSpans"]:
            into = made.scope_spans.add()
            into.scope.name = scoped["scope"]["name"]
            for one in scoped["spans"]:
                _add(into.spans.add(), one)
    return message.SerializeToString()


def value(held: Any) -> dict[str, Any]:
    """As an AnyValue."""
    match held:
        case bool():
            return {"boolValue": held}
        case int():
            return {"intValue": str(held)}
        case float():
            return {"doubleValue": held}
        case list():
            return {"arrayValue": {"values": [value(item) for item in held]}}
    return {"stringValue": held}


def _add(into: Any, one: Mapping[str, Any]) -> None:
    into.trace_id = bytes.fromhex(one["traceId"])
    into.span_id = bytes.fromhex(one["spanId"])
    into.parent_span_id = bytes.fromhex(one.get("parentSpanId", ""))
    into.name, into.kind = one["name"], one["kind"]
    into.start_time_unix_nano = int(one["startTimeUnixNano"])
    into.end_time_unix_nano = int(one["endTimeUnixNano"])
    into.status.code = one["status"].get("code", 0)
    into.status.message = one["status"].get("message", "")
    _fill(into.attributes, one["attributes"])


def _fill(into: Any, attributes: Sequence[Mapping[str, Any]]) -> None:
    for pair in attributes:
        made = into.add(key=pair["key"])
        ((kind, held),) = pair["value"].items()
        match kind:
            case "boolValue":
                made.value.bool_value = held
            case "intValue":
                made.value.int_value = int(held)
            case "doubleValue":
                made.value.double_value = held
            case "arrayValue":
                for item in held["values"]:
                    made.value.array_value.values.add(string_value=item["stringValue"])
            case _:
                made.value.string_value = held
