"""
OpenAI's usage: the answers of its usage API, and the CSV export of its usage page.

Source: the reference of `GET /v1/organization/usage/…`. Each result sums up the requests of a
bucket of time, from `start_time` until before `end_time` (seconds since 1970), and of what it is
grouped by; a grouping that was not asked for is null. `input_tokens` include the cached tokens and
those written to the cache, `output_tokens` the reasoning. A bucket without requests has no results,
or in the CSV a row with its times alone. The CSV may hold several rows of one bucket and equal
groupings: they are to be added.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from agents.analytics import schema
from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.cells import text, tier
from agents.analytics.readers.dialects.openai_pages import buckets, kind_of, results_of
from agents.analytics.readers.outcomes import FLAG_UP
from agents.analytics.wording import counted

TIMES = frozenset({"start_time", "end_time", "start_time_iso", "end_time_iso"})
READ = frozenset(
    {"completions", "embeddings", "moderations", "images", "audio_speeches"}
    | {"audio_transcriptions"}
)
"""Kinds of usage whose results count requests to models; of some of them nothing but that."""


def _fits(sample: Sample) -> bool:
    if sample.columns:
        columns = set(sample.columns)
        return columns == TIMES or TIMES | {"num_model_requests"} <= columns
    found = [result for record in sample.records for result in results_of(record)]
    if any(kind_of(result) in READ for result in found):
        return True
    is_page = any(record.get("object") in ("page", "bucket") for record in sample.records)
    return is_page and not any(kind_of(result) == "costs" for result in found)


def _rows(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    passed_over: Counter[str] = Counter()
    for place, result in buckets(records, told):
        kind = kind_of(result)
        if kind is not None and kind not in READ:
            passed_over[kind] += 1
            continue
        if not text(result.get("num_model_requests"), result.get("input_tokens")):
            continue
        if not text(result.get("model")):
            told.say("The export is not grouped by model, so some rows are the sums of all models.")
        yield place, _row(result, kind)
    for kind, results in sorted(passed_over.items()):
        told.say(
            f"Not read: {counted(results, 'result')} of {kind.replace('_', ' ')}, which are no "
            "requests to models."
        )


def _row(result: Record, kind: str | None) -> dict[str, Any]:
    is_batch = str(result.get("batch")).lower() in FLAG_UP
    return {
        "timestamp": result.get("start_time"),
        "model": text(result.get("model")),
        "input_tokens": text(result.get("input_tokens")),
        "output_tokens": text(result.get("output_tokens")),
        "cached_tokens": text(result.get("input_cached_tokens")),
        "cache_write_tokens": text(result.get("input_cache_write_tokens")),
        "requests": text(result.get("num_model_requests"), 0),
        "user_id": text(result.get("user_id")),
        "project": text(result.get("project_id"), result.get("api_key_id")),
        "feature": kind,
        "tier": tier(result.get("service_tier"), is_batch=is_batch),
        "provider": "openai",
    }


DIALECT = Dialect(
    name="openai-usage",
    label="OpenAI usage export",
    fits=_fits,
    rows=_rows,
    rows_are="sums",
    sources={
        schema.TIMESTAMP: "start_time",
        schema.MODEL: "model",
        schema.INPUT_TOKENS: "input_tokens",
        schema.OUTPUT_TOKENS: "output_tokens",
        schema.CACHED_TOKENS: "input_cached_tokens",
        schema.CACHE_WRITE_TOKENS: "input_cache_write_tokens",
        schema.REQUESTS: "num_model_requests",
        schema.USER_ID: "user_id",
        schema.PROJECT: "project_id or api_key_id",
        schema.FEATURE: "kind of usage",
        schema.TIER: "batch and service_tier",
        schema.PROVIDER: "(the format)",
    },
)
