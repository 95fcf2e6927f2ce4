"""
Logs of what model APIs answered: a line for each response object, and the results of batches.

Sources: OpenAI's references of chat completions, responses and the Batch API, Anthropic's of
messages and message batches. OpenAI's input tokens include the cached ones, its output tokens the
reasoning; Anthropic's input tokens leave out what was read from and written to the cache, and here
they are the sum. `created` and `created_at` are seconds since 1970, of a batch the time at which it
worked; Anthropic's objects have no time. Of a streamed answer only the chunk with the usage counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.analytics import schema
from agents.analytics.names import hit
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import inner, text, tier, total
from agents.exceptions import UnreadableFile

OPENAI = frozenset({"chat.completion", "chat.completion.chunk", "response", "text_completion"})
OWN = frozenset(
    {"id", "object", "created", "created_at", "completed_at", "model", "status", "error", "usage"}
    | {"service_tier", "user", "type", "role", "metadata", "prompt", "conversation", "background"}
    | {"safety_identifier", "prompt_cache_key", "output", "input", "response", "custom_id"}
)
"""Fields of the objects themselves; one more that is known of logs was added by whoever logs."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A response object, and what was around it; without an object the request failed."""

    body: Record
    is_anthropic: bool = False
    is_batch: bool = False
    status: str | None = None
    error: str | None = None
    name: str | None = None  # of the request in its batch


def _fits(sample: Sample) -> bool:
    if sample.columns or not sample.records:
        return False
    found = [_answer(record) for record in sample.records]
    known = [answer for answer in found if answer is not None]
    if not known:
        return any(map(_is_request, sample.records))
    return len(known) * 2 > len(found) and not any(map(_has_more, sample.records))


def _has_more(record: Record) -> bool:
    """Whether the log adds what the objects do not tell, such as a latency."""
    return any(hit(name) for name in record if name not in OWN)


def _answer(record: Record) -> _Answer | None:
    if "custom_id" in record:
        return _of_anthropic_batch(record) or _of_openai_batch(record)
    if str(record.get("type", "")).startswith("response.") and "response" in record:
        return _Answer(record["response"]) if inner(record, "response", "usage") else None
    is_message = record.get("type") == "message" and record.get("role") == "assistant"
    if text(record.get("object")) in OPENAI or is_message:
        return _Answer(record, is_anthropic=is_message)
    return None


def _of_openai_batch(record: Record) -> _Answer | None:
    if "response" not in record and "error" not in record:
        return None
    body = inner(record, "response", "body")
    error = record.get("error") or inner(body, "error")
    return _Answer(
        body if isinstance(body, Mapping) else {},
        is_batch=True,
        status=text(inner(record, "response", "status_code")),
        error=text(inner(error, "message"), inner(error, "code")),
        name=text(record.get("custom_id")),
    )


def _of_anthropic_batch(record: Record) -> _Answer | None:
    kind = text(inner(record, "result", "type"))
    if kind is None:
        return None
    body = inner(record, "result", "message")
    error = inner(record, "result", "error", "error")
    failed = None if kind == "succeeded" else text(inner(error, "message"), kind)
    return _Answer(
        body if isinstance(body, Mapping) else {},
        is_anthropic=True,
        is_batch=True,
        status=kind,
        error=failed,
        name=text(record.get("custom_id")),
    )


def _is_request(record: Record) -> bool:
    """A line of a batch's input."""
    return {"custom_id", "body"} <= set(record) or {"custom_id", "params"} <= set(record)


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    for place, record in records:
        answer = _answer(record)
        if answer is not None:
            if _is_counted(answer.body):
                yield place, _row(answer)
        elif _is_request(record):
            raise UnreadableFile(
                "The file holds the requests of a batch, not what was answered. Upload the "
                "batch's output file."
            )
        elif "type" not in record:
            told.skip(place, "is no response of a model")


def _is_counted(body: Record) -> bool:
    """Chunks of a stream but for the one with the usage are parts of a request."""
    return body.get("object") != "chat.completion.chunk" or bool(body.get("usage"))


def _row(answer: _Answer) -> dict[str, Any]:
    body = answer.body
    error = body.get("error")
    usage = body.get("usage")
    tokens = _anthropic(usage) if answer.is_anthropic else _openai(usage)
    name = text(body.get("service_tier"), inner(usage, "service_tier"))
    return {
        "timestamp": text(body.get("created"), body.get("created_at")),
        "model": text(body.get("model")),
        **tokens,
        "status": text(answer.status, body.get("status")),
        "error": text(answer.error, inner(error, "message"), inner(error, "code")),
        "user_id": text(body.get("user"), body.get("safety_identifier")),
        "session_id": text(inner(body, "conversation", "id")),
        "request_id": text(body.get("id"), answer.name),
        "tier": tier(name, is_batch=answer.is_batch),
    }


def _anthropic(usage: Any) -> dict[str, Any]:
    read, written = (inner(usage, f"cache_{kind}_input_tokens") for kind in ("read", "creation"))
    return {
        "input_tokens": total(inner(usage, "input_tokens"), read, written),
        "output_tokens": text(inner(usage, "output_tokens")),
        "cached_tokens": text(read),
        "cache_write_tokens": text(written),
        "long_cache_write_tokens": text(
            inner(usage, "cache_creation", "ephemeral_1h_input_tokens")
        ),
        "provider": "anthropic",
    }


def _openai(usage: Any) -> dict[str, Any]:
    read = [inner(usage, f"{name}_tokens_details") for name in ("prompt", "input")]
    written = [inner(usage, f"{name}_tokens_details") for name in ("completion", "output")]
    return {
        "input_tokens": text(inner(usage, "prompt_tokens"), inner(usage, "input_tokens")),
        "output_tokens": text(inner(usage, "completion_tokens"), inner(usage, "output_tokens")),
        "cached_tokens": text(*(inner(details, "cached_tokens") for details in read)),
        "cache_write_tokens": text(*(inner(details, "cache_write_tokens") for details in read)),
        "reasoning_tokens": text(*(inner(details, "reasoning_tokens") for details in written)),
    }


DIALECT = Dialect(
    name="model-responses",
    label="log of model responses",
    fits=_fits,
    rows=_rows,
    sources={
        schema.TIMESTAMP: "created",
        schema.MODEL: "model",
        schema.INPUT_TOKENS: "usage, input tokens",
        schema.OUTPUT_TOKENS: "usage, output tokens",
        schema.CACHED_TOKENS: "usage, cached tokens",
        schema.CACHE_WRITE_TOKENS: "usage, cache writes",
        schema.LONG_CACHE_WRITE_TOKENS: "usage, cache writes for an hour",
        schema.REASONING_TOKENS: "usage, reasoning tokens",
        schema.STATUS: "status",
        schema.ERROR: "error",
        schema.USER_ID: "user",
        schema.SESSION_ID: "conversation",
        schema.REQUEST_ID: "id",
        schema.TIER: "service_tier",
        schema.PROVIDER: "(the object)",
    },
)
