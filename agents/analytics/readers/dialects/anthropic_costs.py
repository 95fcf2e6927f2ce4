"""
Anthropic's costs: the cost report of its Admin API, and the CSV of its Console.

Source: the reference of `GET /v1/organizations/cost_report`. Amounts of the report are cents, as
decimal text; those of the CSV are dollars. Each is of one day (UTC); tokens and requests are not
told. Models of the CSV have the names that are shown to people, such as Claude Opus 4.6.
"""

from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.anthropic_pages import results, results_in
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import DAY_SECONDS, dollars, text, tier

CSV = frozenset({"usage_date_utc", "cost_usd"})


def _fits(sample: Sample) -> bool:
    if sample.columns:
        return set(sample.columns) >= CSV
    return any(
        {"amount", "currency"} <= set(each) and "uncached_input_tokens" not in each
        for each in results_in(sample)
        if "starting_at" in each
    )


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    for place, entry in results(records, told):
        currency = text(entry.get("currency"))
        if currency and currency.lower() != "usd":
            told.skip(place, f"has {currency[:20]!r} as its currency, which is not US dollars")
            continue
        if "usage_date_utc" in entry:
            told.lasts(DAY_SECONDS)
        yield place, _row(entry)


def _row(entry: Record) -> dict[str, Any]:
    is_csv = "usage_date_utc" in entry
    use = text(entry.get("service_tier"), entry.get("usage_type"))
    return {
        "timestamp": text(entry.get("usage_date_utc"), entry.get("starting_at")),
        "cost_usd": text(entry.get("cost_usd")) if is_csv else dollars(entry.get("amount")),
        "model": text(entry.get("model")),
        "feature": text(entry.get("description"), entry.get("token_type"), entry.get("cost_type")),
        "user_id": text(entry.get("api_key")),
        "project": text(entry.get("workspace"), entry.get("workspace_id")),
        "tier": None if use == "message" else tier(use),
        "requests": 0,
        "provider": "anthropic",
    }


DIALECT = Dialect(
    name="anthropic-costs",
    label="Anthropic cost report",
    fits=_fits,
    rows=_rows,
    rows_are="sums",
    sources={
        schema.TIMESTAMP: "starting_at",
        schema.COST_USD: "amount",
        schema.MODEL: "model",
        schema.FEATURE: "description or token_type",
        schema.USER_ID: "api_key",
        schema.PROJECT: "workspace",
        schema.TIER: "service_tier",
        schema.REQUESTS: "(not told)",
        schema.PROVIDER: "(the format)",
    },
)
