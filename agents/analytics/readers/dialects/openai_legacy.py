"""
OpenAI's earlier usage: the answers of `GET /v1/usage?date=…`.

Each entry sums up the requests of one or five minutes (in 2023 five, later one) to one snapshot of
a model; `aggregation_timestamp` is in seconds since 1970. Cached tokens are a part of the context
tokens. Lists of images, speech and the like beside `data` count no tokens and are not read. Source:
the answers that users and monitoring tools published; there is no reference any more.
"""

from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import objects, text, tier
from agents.analytics.wording import counted


def _fits(sample: Sample) -> bool:
    return any("aggregation_timestamp" in entry for each in sample.records for entry in _of(each))


def _of(record: Record) -> list[Record]:
    """The entries of an answer; an entry alone is its own."""
    return objects(record.get("data")) if "data" in record else [record]


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    others = 0
    for place, record in records:
        others += sum(len(value) for key, value in record.items() if _is_other(key, value))
        for entry in _of(record):
            yield place, _row(entry)
    if others:
        told.say(f"Not read: {counted(others, 'entry', 'entries')} of images, speech and the like.")


def _is_other(key: str, value: Any) -> bool:
    return key.endswith("_data") and isinstance(value, list)


def _row(entry: Record) -> dict[str, Any]:
    return {
        "timestamp": entry.get("aggregation_timestamp"),
        "model": text(entry.get("snapshot_id")),
        "input_tokens": text(entry.get("n_context_tokens_total")),
        "output_tokens": text(entry.get("n_generated_tokens_total")),
        "cached_tokens": text(entry.get("n_cached_context_tokens_total")),
        "requests": text(entry.get("n_requests"), 0),
        "user_id": text(entry.get("email")),
        "project": text(
            entry.get("project_name"), entry.get("project_id"), entry.get("api_key_name")
        ),
        "feature": text(entry.get("operation")),
        "tier": tier(None, is_batch=entry.get("request_type") == "batch"),
        "provider": "openai",
    }


DIALECT = Dialect(
    name="openai-usage-legacy",
    label="OpenAI usage by date",
    fits=_fits,
    rows=_rows,
    rows_are="sums",
    sources={
        schema.TIMESTAMP: "aggregation_timestamp",
        schema.MODEL: "snapshot_id",
        schema.INPUT_TOKENS: "n_context_tokens_total",
        schema.OUTPUT_TOKENS: "n_generated_tokens_total",
        schema.CACHED_TOKENS: "n_cached_context_tokens_total",
        schema.REQUESTS: "n_requests",
        schema.USER_ID: "email",
        schema.PROJECT: "project_name, project_id or api_key_name",
        schema.FEATURE: "operation",
        schema.TIER: "request_type",
        schema.PROVIDER: "(the format)",
    },
)
