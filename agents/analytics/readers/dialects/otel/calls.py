"""A model's call, as a row: what its span says, in the normalised units."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Any

from agents.analytics.readers.dialects.base import Value
from agents.analytics.readers.dialects.otel import names
from agents.analytics.readers.dialects.otel.kinds import STREAM_LOG
from agents.analytics.readers.dialects.otel.reading import (
    as_number,
    count_of,
    number_of,
    text_of,
)
from agents.analytics.readers.dialects.otel.span import BadSpan, Span
from agents.analytics.readers.dialects.otel.usage import usage_of
from agents.analytics.readers.values import SLOWEST_MS

NS_PER_MS = 1_000_000
NS_PER_SECOND = 1_000_000_000
FAILURES = 400  # HTTP statuses from here on
CLASS = re.compile(r"<class '([\w.]+)'>")  # as Python writes the type of an exception
NO_SERVICE = "unknown_service"  # what an SDK puts where nobody named the application
TIERS = {"default": "standard", "auto": None}


def row_of(span: Span) -> dict[str, Value]:
    """The normalised columns with a value; raises BadSpan for a call that no request can be."""
    attributes = span.attributes
    provider = _provider(span)
    usage = usage_of(span, provider)
    start = _start(span)
    latency = (span.end - start) / NS_PER_MS
    if latency > SLOWEST_MS:
        raise BadSpan("lasts over seven days")
    is_error = _is_error(span)
    tier = text_of(attributes, names.TIER)
    row: dict[str, Value] = {
        "timestamp": _moment(start),
        "model": text_of(attributes, names.MODEL),
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cached_tokens": usage.read,
        "cache_write_tokens": usage.written,
        "long_cache_write_tokens": usage.written_for_an_hour,
        "reasoning_tokens": usage.reasoning,
        "latency_ms": latency,
        "ttft_ms": _ttft(span, latency),
        "cost_usd": usage.cost_usd,
        "status": "error" if is_error else "ok",
        "error": _error(span) if is_error else None,
        "user_id": text_of(attributes, names.USER),
        "feature": text_of(attributes, names.FEATURE),
        "session_id": text_of(attributes, names.SESSION),
        "provider": provider,
        "project": _project(span),
        "request_id": span.key,
        "tier": TIERS.get(tier, tier) if tier else None,
        "prompt_hash": _digest(attributes),
    }
    return {name: value for name, value in row.items() if value is not None}


def around_of(span: Span) -> dict[str, Value]:
    """What holds for the calls within a span too, such as the agent's name."""
    attributes = span.attributes
    row = {
        "feature": text_of(attributes, names.FEATURE),
        "session_id": text_of(attributes, names.SESSION),
        "user_id": text_of(attributes, names.USER),
    }
    return {name: value for name, value in row.items() if value is not None}


def _provider(span: Span) -> str | None:
    name = text_of(span.attributes, names.PROVIDER)
    if name and names.AI_SDK_KIND in span.attributes:
        name = name.partition(".")[0]  # the interface follows: "anthropic.messages"
    return name.lower() if name else None


def _start(span: Span) -> int:
    """When the call began; a log that is written at a stream's end says how long it took."""
    if span.name.startswith(STREAM_LOG):
        seconds = as_number(span.attributes.get(names.DURATION))
        if seconds is not None and seconds * NS_PER_SECOND < span.start:
            return span.start - int(seconds * NS_PER_SECOND)
    return span.start


def _moment(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, NS_PER_SECOND)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    return moment.isoformat(timespec="microseconds")


def _ttft(span: Span, latency: float) -> float | None:
    """Milliseconds to the first chunk, where they are told and lie within the call."""
    attributes = span.attributes
    found = number_of(attributes, names.FIRST_CHUNK_MS)
    if (seconds := number_of(attributes, names.FIRST_CHUNK_SECONDS)) is not None:
        found = seconds * 1000
    if found is None:
        at = _first_chunk(span)
        found = (at - span.start) / NS_PER_MS if at is not None else None
    return found if found is not None and 0 <= found <= latency else None


def _first_chunk(span: Span) -> int | None:
    """When the first chunk came, in nanoseconds since 1970."""
    if said := span.attributes.get(names.FIRST_CHUNK_AT):
        try:
            moment = datetime.fromisoformat(str(said).strip('"').replace("Z", "+00:00"))
            return int(moment.timestamp() * NS_PER_SECOND)
        except (ValueError, OverflowError):
            return None
    return min(
        (event.at for event in span.events if event.name in names.FIRST_CHUNK_EVENTS),
        default=None,
    )


def _is_error(span: Span) -> bool:
    attributes = span.attributes
    status = count_of(attributes, names.HTTP_STATUS)
    return (
        span.is_error
        or names.ERROR_TYPE[0] in attributes
        or (status is not None and status >= FAILURES)
        or attributes.get(names.LANGFUSE_LEVEL) == "ERROR"
        or str(attributes.get(names.SUCCESS)).lower() == "false"
    )


def _error(span: Span) -> str | None:
    """The error's type, which many calls share; else what the span says of it."""
    raised = next((event.attributes for event in span.events if event.name == "exception"), {})
    found = (
        text_of(span.attributes, names.ERROR_TYPE)
        or text_of(raised, (names.EXCEPTION_TYPE,))
        or text_of({"message": span.message}, ("message",))
        or text_of(raised, (names.EXCEPTION_MESSAGE,))
        or text_of(span.attributes, names.HTTP_STATUS)
    )
    return CLASS.sub(r"\1", found) if found else None


def _project(span: Span) -> str | None:
    name = text_of(span.resource, names.PROJECT)
    return None if name is None or name.startswith(NO_SERVICE) else name


def _digest(attributes: Any) -> str | None:
    """Of the prompt, which is not kept; None where it is not among the attributes."""
    for name in names.PROMPT:
        prompt = attributes.get(name)
        if prompt:
            return hashlib.md5(str(prompt).encode(), usedforsecurity=False).hexdigest()
    return None
