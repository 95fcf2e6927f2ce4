"""
LiteLLM's spend logs: lists of its API, pages of its UI, dumps of its table, its logging payloads.

Source: the proxy's `schema.prisma` and `StandardLoggingPayload`. Each row is one call. Times
without a zone are UTC; `completionStartTime` equals the end where nothing was streamed. Prompt
tokens include the cached ones; older versions left out those written to Anthropic's cache, which
shows where there are more cached than prompt tokens. A failed call has 0 tokens when nothing was
measured. A call that LiteLLM answered from its own cache reached no model and costs nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import (
    embedded,
    inner,
    moment,
    objects,
    seconds_between,
    text,
    total,
)
from agents.analytics.readers.dialects.pages import entries, page_number
from agents.analytics.wording import counted
from agents.exceptions import UnreadableFile

CALL = frozenset({"startTime", "endTime", "call_type"})
DAILY = frozenset({"startTime", "spend", "models"})


def _fits(sample: Sample) -> bool:
    if sample.columns:
        return set(sample.columns) >= CALL | {"request_id", "spend"}
    return any(_is_known(call) for record in sample.records for call in _of(record))


def _is_known(record: Record) -> bool:
    if set(record) >= DAILY and "request_id" not in record:
        return True
    return set(record) >= CALL and ("spend" in record or "response_cost" in record)


def _of(record: Record) -> list[Mapping[str, Any]]:
    return _page(record) or [record]


def _page(record: Record) -> list[Mapping[str, Any]] | None:
    return objects(record["data"]) if "data" in record and "total_pages" in record else None


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    seen = _Seen()
    for place, record in entries(seen.watched(records), _page, told):
        if set(record) >= DAILY and "request_id" not in record:
            raise UnreadableFile(
                "These are LiteLLM's sums of a day, which hold no tokens and no models. Fetch the "
                "calls themselves with /spend/logs?summarize=false or /spend/logs/v2."
            )
        yield place, _row(record, seen)
    for sentence in seen.sentences():
        told.say(sentence)


class _Seen:
    """What is to be said when all is read."""

    def __init__(self) -> None:
        self.pages: set[int] = set()
        self.last_page = 0
        self.from_cache = 0
        self.batches = 0
        self.zoneless = False

    def watched(self, records: Iterator[tuple[int, Record]]) -> Iterator[tuple[int, Record]]:
        for place, record in records:
            if isinstance(page := record.get("page"), int) and _page(record) is not None:
                self.pages.add(page)
                self.last_page = page_number(record["total_pages"])
            yield place, record

    def sentences(self) -> Iterator[str]:
        if len(self.pages) < self.last_page:
            yield (
                f"The file holds {counted(len(self.pages), 'page')} of {self.last_page:,}, so the "
                "data is incomplete: fetch the others, and upload all of them in one file."
            )
        if self.from_cache:
            calls = counted(self.from_cache, "call")
            yield f"Answered from LiteLLM's own cache: {calls}, which reached no model."
        if self.batches:
            yield f"The cost of whole batches: {counted(self.batches, 'row')}, each many requests."
        if self.zoneless:
            yield "Times without a zone are read as UTC, in which LiteLLM stores them."


def _row(call: Record, seen: _Seen) -> dict[str, Any]:
    metadata = embedded(call.get("metadata"))
    usage = embedded(inner(metadata, "usage_object"))
    failed = text(call.get("status"), inner(metadata, "status")) == "failure"
    seen.from_cache += str(call.get("cache_hit")).lower() == "true"
    batch = inner(metadata, "batch_successful_requests")
    seen.batches += bool(batch)
    start = call.get("startTime")
    seen.zoneless = seen.zoneless or _has_no_zone(start)
    return {
        "timestamp": start if isinstance(start, int | float) else text(start),
        "request_id": text(call.get("request_id"), call.get("id")),
        "model": _model(call),
        "provider": text(call.get("custom_llm_provider")),
        **_tokens(call, metadata, usage, is_measured=not failed or usage is not None),
        **_times(call),
        "cost_usd": text(call.get("spend"), call.get("response_cost")),
        "requests": batch if isinstance(batch, int) and batch else None,
        "status": text(call.get("status"), inner(metadata, "status")),
        "error": _error(call, metadata) if failed else None,
        "user_id": text(
            call.get("end_user"),
            call.get("user"),
            inner(metadata, "user_api_key_end_user_id"),
            inner(metadata, "user_api_key_user_id"),
        ),
        "project": text(
            inner(metadata, "user_api_key_alias"),
            inner(metadata, "user_api_key_team_alias"),
            call.get("team_id"),
            inner(metadata, "user_api_key_team_id"),
            call.get("api_key"),
        ),
        "session_id": text(call.get("session_id"), call.get("trace_id")),
        "feature": _tag(embedded(call.get("request_tags"))),
    }


def _model(call: Record) -> str | None:
    """Without the provider before it, which failed calls do not have either."""
    model, provider = text(call.get("model")), text(call.get("custom_llm_provider"))
    return model.removeprefix(f"{provider}/") if model and provider else model


def _tokens(call: Record, metadata: Any, usage: Any, *, is_measured: bool) -> dict[str, Any]:
    if not is_measured:
        return {}
    more = inner(metadata, "additional_usage_values")
    details = [embedded(inner(each, "prompt_tokens_details")) for each in (usage, more)]
    read = text(
        *(inner(each, "cache_read_input_tokens") for each in (more, usage)),
        *(inner(each, "cached_tokens") for each in details),
    )
    written = text(
        *(inner(each, "cache_creation_input_tokens") for each in (more, usage)),
        *(inner(each, "cache_creation_tokens") for each in details),
    )
    long_written = text(
        *(
            inner(each, "cache_creation_token_details", "ephemeral_1h_input_tokens")
            for each in details
        )
    )
    prompt = text(call.get("prompt_tokens"))
    reasoning = inner(usage, "completion_tokens_details")
    return {
        "input_tokens": _whole(prompt, read, written),
        "output_tokens": text(call.get("completion_tokens")),
        "cached_tokens": read,
        "cache_write_tokens": written,
        "long_cache_write_tokens": long_written,
        "reasoning_tokens": text(inner(embedded(reasoning), "reasoning_tokens")),
    }


def _whole(prompt: str | None, read: str | None, written: str | None) -> Any:
    """Prompt tokens with the cached ones, where they are not among them."""
    try:
        tokens, from_cache, to_cache = (float(value or 0) for value in (prompt, read, written))
    except ValueError:
        return prompt
    if from_cache + to_cache <= tokens:
        return prompt
    return total(prompt, written) if from_cache <= tokens else total(prompt, read, written)


def _times(call: Record) -> dict[str, Any]:
    start, end = call.get("startTime"), call.get("endTime")
    took = text(call.get("request_duration_ms"))
    seconds = seconds_between(start, end)
    if took is None and seconds is not None:
        took = f"{seconds * 1000:.3f}"
    first = seconds_between(start, call.get("completionStartTime"))
    is_streamed = first is not None and seconds is not None and 0 <= first < seconds
    return {"latency_ms": took, "ttft_ms": f"{first * 1000:.3f}" if first and is_streamed else None}


def _has_no_zone(value: Any) -> bool:
    if not isinstance(value, str) or moment(value) is None:
        return False
    return not value.endswith("Z") and "+" not in value[10:] and "-" not in value[10:]


def _error(call: Record, metadata: Any) -> str | None:
    known = embedded(inner(metadata, "error_information")) or call.get("error_information")
    return text(
        inner(known, "error_class"),
        inner(known, "error_code"),
        inner(known, "error_message"),
        call.get("error_str"),
        "failure",
    )


def _tag(tags: Any) -> str | None:
    """The first tag of a request that was not made of its headers."""
    named = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return next((tag for tag in named if not tag.startswith("User-Agent:")), None)


DIALECT = Dialect(
    name="litellm-spend-logs",
    label="LiteLLM spend logs",
    fits=_fits,
    rows=_rows,
    sources={
        schema.TIMESTAMP: "startTime",
        schema.MODEL: "model",
        schema.INPUT_TOKENS: "prompt_tokens",
        schema.OUTPUT_TOKENS: "completion_tokens",
        schema.CACHED_TOKENS: "metadata, tokens read from the cache",
        schema.CACHE_WRITE_TOKENS: "metadata, tokens written to the cache",
        schema.LONG_CACHE_WRITE_TOKENS: "metadata, tokens written to the cache for an hour",
        schema.REASONING_TOKENS: "metadata, reasoning tokens",
        schema.LATENCY_MS: "request_duration_ms or endTime",
        schema.TTFT_MS: "completionStartTime",
        schema.COST_USD: "spend",
        schema.STATUS: "status",
        schema.ERROR: "error_information",
        schema.USER_ID: "end_user or user",
        schema.FEATURE: "request_tags",
        schema.PROVIDER: "custom_llm_provider",
        schema.PROJECT: "key, team",
        schema.SESSION_ID: "session_id",
        schema.REQUEST_ID: "request_id",
        schema.REQUESTS: "batch_successful_requests",
    },
)
