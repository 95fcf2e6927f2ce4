"""
OpenRouter's activity: a day (UTC), model and provider a row, as its CSV and its API have it.

Source: OpenRouter's guide to activity exports. `usage` is what was charged, in US dollars; requests
with a key of one's own are paid elsewhere. Reasoning is a part of the completion tokens.
"""

from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import DAY_SECONDS, objects, text

CSV = frozenset({"Date", "Slug", "Usage", "Requests", "Prompt Tokens", "Completion Tokens"})
API = frozenset({"date", "model_permaslug", "usage", "requests", "prompt_tokens"})


def _fits(sample: Sample) -> bool:
    if sample.columns:
        return set(sample.columns) >= CSV
    return any(set(each) >= API for record in sample.records for each in _of(record))


def _of(record: Record) -> list[Record]:
    return objects(record["data"]) if "data" in record else [record]


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    told.lasts(DAY_SECONDS)
    for place, record in records:
        for entry in _of(record):
            named = {key.lower().replace(" ", "_"): value for key, value in entry.items()}
            yield place, _row(named)


def _row(entry: Record) -> dict[str, Any]:
    return {
        "timestamp": entry.get("date"),
        "model": text(entry.get("model"), entry.get("slug")),
        "input_tokens": text(entry.get("prompt_tokens")),
        "output_tokens": text(entry.get("completion_tokens")),
        "reasoning_tokens": text(entry.get("reasoning_tokens")),
        "cost_usd": text(entry.get("usage")),
        "requests": text(entry.get("requests"), 0),
        "provider": text(entry.get("provider_name")),
    }


DIALECT = Dialect(
    name="openrouter-activity",
    label="OpenRouter activity export",
    fits=_fits,
    rows=_rows,
    rows_are="sums",
    sources={
        schema.TIMESTAMP: "date",
        schema.MODEL: "model",
        schema.INPUT_TOKENS: "prompt_tokens",
        schema.OUTPUT_TOKENS: "completion_tokens",
        schema.REASONING_TOKENS: "reasoning_tokens",
        schema.COST_USD: "usage",
        schema.REQUESTS: "requests",
        schema.PROVIDER: "provider_name",
    },
)
