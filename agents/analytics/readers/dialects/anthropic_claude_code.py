"""
Anthropic's Claude Code analytics: a day (UTC) of one person and one terminal, by model.

Source: the reference of `GET /v1/organizations/usage_report/claude_code`. Input tokens leave out
what was read from and written to the cache; here they are the sum. The estimated cost is in cents.
How many requests there were is not told, only how many sessions.
"""

from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.anthropic_pages import results, results_in
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import (
    DAY_SECONDS,
    dollars,
    inner,
    objects,
    text,
    total,
)


def _fits(sample: Sample) -> bool:
    return any("model_breakdown" in entry and "actor" in entry for entry in results_in(sample))


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    for place, entry in results(records, told):
        told.lasts(DAY_SECONDS)
        told.say("Costs are those that the report estimates.")
        for model in objects(entry.get("model_breakdown")):
            yield place, _row(entry, model)


def _row(entry: Record, model: Record) -> dict[str, Any]:
    tokens = model.get("tokens")
    read, written = (inner(tokens, f"cache_{kind}") for kind in ("read", "creation"))
    return {
        "timestamp": entry.get("date"),
        "model": text(model.get("model")),
        "input_tokens": total(inner(tokens, "input"), read, written),
        "output_tokens": text(inner(tokens, "output")),
        "cached_tokens": text(read),
        "cache_write_tokens": text(written),
        "cost_usd": dollars(inner(model, "estimated_cost", "amount")),
        "user_id": text(
            inner(entry, "actor", "email_address"), inner(entry, "actor", "api_key_name")
        ),
        "feature": text(entry.get("terminal_type")),
        "project": text(entry.get("customer_type")),
        "requests": 0,
        "provider": "anthropic",
    }


DIALECT = Dialect(
    name="claude-code-analytics",
    label="Claude Code analytics report",
    fits=_fits,
    rows=_rows,
    rows_are="sums",
    sources={
        schema.TIMESTAMP: "date",
        schema.MODEL: "model_breakdown.model",
        schema.INPUT_TOKENS: "tokens.input, tokens.cache_read and tokens.cache_creation",
        schema.OUTPUT_TOKENS: "tokens.output",
        schema.CACHED_TOKENS: "tokens.cache_read",
        schema.CACHE_WRITE_TOKENS: "tokens.cache_creation",
        schema.COST_USD: "estimated_cost",
        schema.USER_ID: "actor",
        schema.FEATURE: "terminal_type",
        schema.PROJECT: "customer_type",
        schema.REQUESTS: "(not told)",
        schema.PROVIDER: "(the format)",
    },
)
