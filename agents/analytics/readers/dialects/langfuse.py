"""
Langfuse's observations: its blob storage export (JSON, CSV) and the answers of its API.

Source: the table of export fields in Langfuse's documentation. Only generations and embeddings are
calls of a model; spans and the like hold others within them and are passed over. Times are UTC,
`latency` and `time_to_first_token` are seconds. Whether `input` of the usage leaves out the cached
tokens depends on the program that sent it: the total tells.
"""

import re
from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import (
    embedded,
    inner,
    objects,
    seconds_between,
    text,
    total,
)
from agents.analytics.readers.dialects.pages import page_number
from agents.analytics.wording import counted

CALLS = frozenset({"GENERATION", "EMBEDDING"})
KINDS = CALLS | frozenset(
    {"SPAN", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR", "GUARDRAIL"}
)


OWN = frozenset(
    {"parent_observation_id", "provided_model_name", "usage_details", "completion_start_time"}
    | {"calculated_total_cost", "prompt_tokens"}
)
"""Fields of an observation, of which it has one at least. Others have traces and types too."""


_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]*)?")


def _fits(sample: Sample) -> bool:
    found = [each for record in sample.records for each in _of(record)]
    return any(_is_observation(each) for each in found)


def _is_observation(record: Record) -> bool:
    if text(record.get("type")) not in KINDS:
        return False
    names = set(map(_snake, record))
    return {"id", "trace_id", "start_time"} <= names and not OWN.isdisjoint(names)


def _of(record: Record) -> list[Record]:
    return objects(record["data"]) if "data" in record else [record]


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    others, last_page, pages = 0, 0, 0
    for place, record in records:
        pages += "data" in record
        last_page = page_number(inner(record, "meta", "totalPages")) or last_page
        for observation in _of(record):
            kind = text(observation.get("type"))
            if kind in CALLS:
                yield place, _row({_snake(key): value for key, value in observation.items()})
            elif kind in KINDS:
                others += 1
            else:
                told.skip(place, "is no observation of Langfuse")
    if pages < last_page:
        told.ends_early()
    if others:
        told.say(f"Passed over, as no calls of models: {counted(others, 'observation')}.")


def _snake(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def _row(call: Record) -> dict[str, Any]:
    usage = embedded(call.get("usage_details")) or embedded(call.get("usage"))
    start = call.get("start_time")
    failed = call.get("level") == "ERROR"
    return {
        "timestamp": text(start),
        "model": text(call.get("provided_model_name"), call.get("model")),
        **_tokens(call, usage),
        "latency_ms": _milliseconds(call.get("latency"), start, call.get("end_time")),
        "ttft_ms": _milliseconds(
            call.get("time_to_first_token"), start, call.get("completion_start_time")
        ),
        "cost_usd": text(
            call.get("total_cost"),
            call.get("calculated_total_cost"),
            inner(embedded(call.get("cost_details")), "total"),
        ),
        "status": "error" if failed else "success",
        "error": text(call.get("status_message"), "error") if failed else None,
        "user_id": text(call.get("user_id")),
        "feature": text(call.get("trace_name"), call.get("name")),
        "session_id": text(call.get("session_id")),
        "request_id": text(call.get("id")),
        "project": text(call.get("project_id")),
    }


def _tokens(call: Record, usage: Any) -> dict[str, Any]:
    output = text(inner(usage, "output"), call.get("completion_tokens"))
    read = text(inner(usage, "input_cached_tokens"), inner(usage, "cache_read_input_tokens"))
    written = text(inner(usage, "cache_creation_input_tokens"))
    inputs = text(inner(usage, "input"), call.get("prompt_tokens"))
    whole = total(inputs, read, written)
    everything = text(inner(usage, "total"), call.get("total_tokens"))
    is_beside = everything is not None and everything == total(whole, output)
    return {
        "input_tokens": whole if (read or written) and is_beside else inputs,
        "output_tokens": output,
        "cached_tokens": read,
        "cache_write_tokens": written,
        "reasoning_tokens": text(
            inner(usage, "output_reasoning_tokens"), inner(usage, "reasoning_tokens")
        ),
    }


def _milliseconds(seconds: Any, start: Any, end: Any) -> str | None:
    said = text(seconds)
    took = float(said) if said and _SECONDS.fullmatch(said) else seconds_between(start, end)
    return None if took is None else f"{took * 1000:.3f}"


DIALECT = Dialect(
    name="langfuse-observations",
    label="Langfuse observations",
    fits=_fits,
    rows=_rows,
    sources={
        schema.TIMESTAMP: "start_time",
        schema.MODEL: "provided_model_name",
        schema.INPUT_TOKENS: "usage_details.input",
        schema.OUTPUT_TOKENS: "usage_details.output",
        schema.CACHED_TOKENS: "usage_details, cached tokens",
        schema.CACHE_WRITE_TOKENS: "usage_details, cache writes",
        schema.REASONING_TOKENS: "usage_details, reasoning tokens",
        schema.LATENCY_MS: "latency",
        schema.TTFT_MS: "time_to_first_token",
        schema.COST_USD: "total_cost",
        schema.STATUS: "level",
        schema.ERROR: "status_message",
        schema.USER_ID: "user_id",
        schema.FEATURE: "trace_name or name",
        schema.SESSION_ID: "session_id",
        schema.REQUEST_ID: "id",
        schema.PROJECT: "project_id",
    },
)
