"""
Anthropic's usage: the messages usage report of its Admin API, and the CSV of its Console.

Source: the reference of `GET /v1/organizations/usage_report/messages`. The four kinds of input
tokens are disjoint: those that were not cached, those read from the cache, and those written to it
for five minutes and for an hour; here input tokens are their sum. How many requests a row sums up
is not told, except by the report of an enterprise's users. Groupings that were not asked for are
null, and so is the default workspace. The CSV has a row for each day (UTC), model, key, workspace,
kind of use and context window.
"""

from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.anthropic_pages import (
    is_empty_report,
    results,
    results_in,
)
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import DAY_SECONDS, inner, text, tier, total

CSV = frozenset({"usage_date_utc", "usage_output_tokens"})
_PREFIX = "usage_input_tokens_"


def _fits(sample: Sample) -> bool:
    if sample.columns:
        return set(sample.columns) >= CSV
    needed = {"starting_at", "uncached_input_tokens"}
    return is_empty_report(sample) or any(needed <= set(each) for each in results_in(sample))


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    for place, entry in results(records, told):
        if "usage_date_utc" in entry:
            told.lasts(DAY_SECONDS)
            yield place, _of_console(entry)
            continue
        if not text(entry.get("model")):
            told.say("The report is not grouped by model, so some rows are sums of all models.")
        if "amount" in entry:
            told.say("Amounts of the report are not read: in which unit they are is not known.")
        yield place, _of_report(entry)


def _of_report(entry: Record) -> dict[str, Any]:
    written = inner(entry, "cache_creation", "ephemeral_5m_input_tokens")
    long_written = inner(entry, "cache_creation", "ephemeral_1h_input_tokens")
    read = entry.get("cache_read_input_tokens")
    return {
        "timestamp": entry.get("starting_at"),
        "model": text(entry.get("model")),
        "input_tokens": total(entry.get("uncached_input_tokens"), read, written, long_written),
        "output_tokens": text(entry.get("output_tokens")),
        "cached_tokens": text(read),
        "cache_write_tokens": total(written, long_written),
        "long_cache_write_tokens": text(long_written),
        "requests": text(entry.get("requests"), 0),
        "user_id": text(
            inner(entry, "actor", "email"), entry.get("account_id"), entry.get("api_key_id")
        ),
        "project": text(entry.get("workspace_id")),
        "tier": tier(entry.get("service_tier")),
        "provider": "anthropic",
    }


def _of_console(entry: Record) -> dict[str, Any]:
    written = text(entry.get(f"{_PREFIX}cache_write_5m"), entry.get(f"{_PREFIX}cache_write"))
    long_written = entry.get(f"{_PREFIX}cache_write_1h")
    read = entry.get(f"{_PREFIX}cache_read")
    return {
        "timestamp": entry.get("usage_date_utc"),
        "model": text(entry.get("model_version")),
        "input_tokens": total(entry.get(f"{_PREFIX}no_cache"), read, written, long_written),
        "output_tokens": text(entry.get("usage_output_tokens")),
        "cached_tokens": text(read),
        "cache_write_tokens": total(written, long_written),
        "long_cache_write_tokens": text(long_written),
        "requests": 0,
        "user_id": text(entry.get("api_key")),
        "project": text(entry.get("workspace")),
        "tier": tier(entry.get("usage_type")),
        "provider": "anthropic",
    }


DIALECT = Dialect(
    name="anthropic-usage",
    label="Anthropic usage report",
    fits=_fits,
    rows=_rows,
    rows_are="sums",
    sources={
        schema.TIMESTAMP: "starting_at",
        schema.MODEL: "model",
        schema.INPUT_TOKENS: "uncached_input_tokens, cache_read_input_tokens and cache_creation",
        schema.OUTPUT_TOKENS: "output_tokens",
        schema.CACHED_TOKENS: "cache_read_input_tokens",
        schema.CACHE_WRITE_TOKENS: "cache_creation",
        schema.LONG_CACHE_WRITE_TOKENS: "cache_creation.ephemeral_1h_input_tokens",
        schema.REQUESTS: "(not told)",
        schema.USER_ID: "account or API key",
        schema.PROJECT: "workspace",
        schema.TIER: "service_tier",
        schema.PROVIDER: "(the format)",
    },
)
