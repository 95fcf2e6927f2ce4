"""
Logs that clouds write of calls to models: Amazon Bedrock's and Vertex AI's.

Sources: Bedrock's guide to model invocation logging, Vertex AI's to request-response logging.
Bedrock's `inputTokenCount` leaves out what was read from and written to the cache, and here the
input tokens are the sum; its times are of whole seconds. Gemini's `promptTokenCount` includes the
cached tokens, and `candidatesTokenCount` leaves out the thoughts, which are added here.
"""

from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import embedded, inner, objects, text, total


def _fits(sample: Sample) -> bool:
    found = [each for record in sample.records for each in _of(record)]
    return any(_is_bedrock(each) or _is_vertex(each) for each in found)


def _is_bedrock(record: Record) -> bool:
    if record.get("schemaType") == "ModelInvocationLog":
        return True
    return {"modelId", "requestId", "timestamp"} <= set(record) and isinstance(
        inner(record, "input", "inputTokenCount"), int
    )


def _is_vertex(record: Record) -> bool:
    return {"full_response", "logging_time", "model"} <= set(record)


def _of(record: Record) -> list[Record]:
    """CloudWatch exports events, each with a log entry as its text."""
    if "events" not in record:
        return [record]
    return objects([embedded(event.get("message")) for event in objects(record["events"])])


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    for place, record in records:
        for entry in _of(record):
            if _is_bedrock(entry):
                yield place, _bedrock(entry)
            elif _is_vertex(entry):
                yield place, _vertex(entry)
            else:
                told.skip(place, "is no entry of a log of calls to models")


def _bedrock(entry: Record) -> dict[str, Any]:
    read, written = (
        inner(entry, "input", f"cache{kind}InputTokenCount") for kind in ("Read", "Write")
    )
    body = inner(entry, "output", "outputBodyJson")
    events = [body, *reversed(objects(body))]  # of a stream the last one has the figures
    metrics = [inner(event, name) for event in events for name in ("metrics", _INVOCATION)]
    return {
        "timestamp": text(entry.get("timestamp")),
        # Behind the last slash of an ARN, without the region before it.
        "model": (text(entry.get("modelId")) or "").rsplit("/", 1)[-1] or None,
        "input_tokens": total(inner(entry, "input", "inputTokenCount"), read, written),
        "output_tokens": text(inner(entry, "output", "outputTokenCount")),
        "cached_tokens": text(read),
        "cache_write_tokens": text(written),
        "latency_ms": text(
            *(inner(each, "latencyMs") for each in metrics),
            *(inner(each, "invocationLatency") for each in metrics),
        ),
        "ttft_ms": text(*(inner(each, "firstByteLatency") for each in metrics)),
        "error": text(entry.get("errorCode")),
        "user_id": text(inner(entry, "identity", "arn")),
        "project": text(inner(entry, "requestMetadata", "team"), entry.get("accountId")),
        "feature": text(entry.get("operation")),
        "request_id": text(entry.get("requestId")),
        "provider": "aws",
    }


_INVOCATION = "amazon-bedrock-invocationMetrics"


def _vertex(entry: Record) -> dict[str, Any]:
    usage = inner(embedded(entry.get("full_response")), "usageMetadata")
    thoughts = inner(usage, "thoughtsTokenCount")
    return {
        "timestamp": text(entry.get("logging_time")),
        "model": (text(entry.get("model")) or "").rsplit("/", 1)[-1] or None,
        "input_tokens": total(
            inner(usage, "promptTokenCount"), inner(usage, "toolUsePromptTokenCount")
        ),
        "output_tokens": total(inner(usage, "candidatesTokenCount"), thoughts),
        "cached_tokens": text(inner(usage, "cachedContentTokenCount")),
        "reasoning_tokens": text(thoughts),
        "feature": text(entry.get("api_method")),
        "project": text(entry.get("endpoint")),
        "request_id": text(entry.get("request_id")),
        "provider": "google",
    }


DIALECT = Dialect(
    name="cloud-invocation-logs",
    label="invocation logs of Bedrock or Vertex AI",
    fits=_fits,
    rows=_rows,
    sources={
        schema.TIMESTAMP: "timestamp",
        schema.MODEL: "model",
        schema.INPUT_TOKENS: "input tokens",
        schema.OUTPUT_TOKENS: "output tokens",
        schema.CACHED_TOKENS: "cached tokens",
        schema.CACHE_WRITE_TOKENS: "cache writes",
        schema.REASONING_TOKENS: "thoughts",
        schema.LATENCY_MS: "latency",
        schema.TTFT_MS: "first byte latency",
        schema.ERROR: "errorCode",
        schema.USER_ID: "identity",
        schema.PROJECT: "team, account or endpoint",
        schema.FEATURE: "operation",
        schema.REQUEST_ID: "request id",
        schema.PROVIDER: "(the format)",
    },
)
