"""
OpenAI's costs: the answers of its costs API, and the CSV exports of its usage page.

Source: the reference of `GET /v1/organization/costs`. Each result is an amount of US dollars of one
day (UTC) and line item; how many requests it paid is not told. `start_time_iso` of the CSV has no
zone in some rows, so the times are those in seconds. The older export has its amounts in cents, and
in dollars in `cost_in_major`.
"""

import re
from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import DAY_SECONDS, inner, text
from agents.analytics.readers.dialects.openai_pages import buckets, kind_of, results_of

LONGEST_ITEM = 200  # characters; the pattern tries all ways to split a longer one
_MODEL = re.compile(r"([^\s,]*\d[^\s,]*)(?: [^,]*)?, ")
"""The first word of a line item, as in `gpt-5-nano, input_tokens`; the models have numbers."""


def _fits(sample: Sample) -> bool:
    columns = set(sample.columns)
    if {"start_time", "end_time", "amount_value"} <= columns:
        return True
    if {"timestamp", "cost", "cost_in_major"} <= columns:
        return True
    return any(
        kind_of(result) == "costs" for record in sample.records for result in results_of(record)
    )


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    others = 0
    for place, result in buckets(_current(records, told), told):
        if kind_of(result) not in (None, "costs"):
            others += 1
            continue
        amount = text(inner(result, "amount", "value"), result.get("amount_value"))
        if amount is None:
            continue  # a day without costs
        currency = text(inner(result, "amount", "currency"), result.get("amount_currency"))
        if currency and currency.lower() != "usd":
            told.skip(place, f"has {currency[:20]!r} as its currency, which is not US dollars")
            continue
        yield place, _row(result, amount)
    if others:
        told.say(f"{others:,} results beside the costs are not read; upload them as another file.")


def _current(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[tuple[int, Record]]:
    """Rows of the older CSV with the names of the newer one."""
    for place, record in records:
        if "cost_in_major" not in record:
            yield place, record
            continue
        told.lasts(DAY_SECONDS)
        yield (
            place,
            {
                **record,
                "start_time": record.get("timestamp"),
                "amount_value": record.get("cost_in_major"),
                "amount_currency": record.get("currency"),
                "line_item": record.get("name"),
            },
        )


def _row(result: Record, amount: str) -> dict[str, Any]:
    item = text(result.get("line_item"))
    model = _MODEL.match(item[:LONGEST_ITEM]) if item else None
    return {
        "timestamp": result.get("start_time"),
        "cost_usd": amount,
        "model": model[1] if model else None,
        "feature": item,
        "user_id": text(result.get("user_email"), result.get("user_id")),
        "project": text(
            result.get("project_name"), result.get("project_id"), result.get("api_key_id")
        ),
        "requests": 0,
        "provider": "openai",
    }


DIALECT = Dialect(
    name="openai-costs",
    label="OpenAI costs export",
    fits=_fits,
    rows=_rows,
    rows_are="sums",
    sources={
        schema.TIMESTAMP: "start_time",
        schema.COST_USD: "amount",
        schema.MODEL: "line_item, its first word",
        schema.FEATURE: "line_item",
        schema.USER_ID: "user_email or user_id",
        schema.PROJECT: "project_name, project_id or api_key_id",
        schema.REQUESTS: "(not told)",
        schema.PROVIDER: "(the format)",
    },
)
