"""Anthropic's usage, costs and Claude Code analytics, from its API and its Console."""

import json
from decimal import Decimal
from typing import Any

import pytest

from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import load, utc
from tests.agents.analytics.readers.samples import only, sample

CSV = (
    "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,"
    "usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
    "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,"
    "web_search_count,inference_geo,speed\n"
)
COST_CSV = (
    "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,"
    "list_price_usd,cost_type,inference_geo,speed\n"
)


def report(*results: dict[str, Any], more: bool = False) -> str:
    bucket = {"starting_at": "2026-08-01T00:00:00Z", "ending_at": "2026-08-02T00:00:00Z"}
    return json.dumps({"data": [{**bucket, "results": list(results)}], "has_more": more})


USAGE = {
    "uncached_input_tokens": 1500,
    "cache_creation": {"ephemeral_1h_input_tokens": 1000, "ephemeral_5m_input_tokens": 500},
    "cache_read_input_tokens": 200,
    "output_tokens": 70,
    "model": "claude-opus-4-6",
    "service_tier": "priority_on_demand",
    "workspace_id": "wrkspc_1",
    "api_key_id": "apikey_1",
}


def test_the_four_kinds_of_input_tokens_are_added() -> None:
    log = load(report(USAGE))
    (row,) = log.rows
    assert row["input_tokens"] == 1500 + 1000 + 500 + 200
    assert (row["cached_tokens"], row["cache_write_tokens"]) == (200, 1500)
    assert (row["long_cache_write_tokens"], row["output_tokens"]) == (1000, 70)
    assert (row["tier"], row["project"], row["user_id"]) == ("priority", "wrkspc_1", "apikey_1")
    assert row["timestamp"] == utc(2026, 8, 1)


def test_requests_are_not_counted_and_nobody_guesses_them() -> None:
    profile = load(report(USAGE)).profile
    assert (profile.rows_are, profile.requests, profile.tells_requests) == ("sums", None, False)
    assert profile.bucket_seconds == 86_400


def test_an_hourly_report_that_is_not_grouped_is_read() -> None:
    log = sample("anthropic-usage-report-2-from-schema.json")
    assert log.profile.bucket_seconds == 3600
    assert only(log, "input_tokens", "cached_tokens", "cache_write_tokens", "model") == [
        (5_500_000, 1_000_000, 500_000, None)
    ]
    assert any("not grouped by model" in said for said in log.profile.assumptions)


def test_a_report_with_more_behind_it_is_told_first() -> None:
    assert "incomplete" in load(report(USAGE, more=True)).profile.assumptions[0]


def test_a_report_of_empty_buckets_is_refused_with_this_word() -> None:
    with pytest.raises(UnreadableFile, match="Anthropic usage report, and it holds no usage"):
        load(report())


def test_a_report_of_an_enterprises_users_tells_requests() -> None:
    entry = {**USAGE, "actor": {"email": "a@b.c"}, "requests": 128, "amount": "41280.0"}
    times = {"starting_at": "2026-03-04T00:00:00Z", "ending_at": "2026-03-05T00:00:00Z"}
    log = load(json.dumps({"data": [{**entry, **times}], "has_more": False}))
    assert only(log, "requests", "user_id", "cost_usd") == [(128, "a@b.c", None)]
    assert any("Amounts of the report are not read" in said for said in log.profile.assumptions)


def test_the_csv_of_the_console_is_read() -> None:
    log = load(
        CSV
        + '2026-08-05,claude-opus-5,Key,"Acme, Inc",standard,\u2264 200k,'
        + "46981,15969,7,3,16932,0,global,\n"
        + "2026-08-06,claude-opus-5,Key,Default,batch,\u2264 200k,100,0,0,0,50,0,global,\n"
    )
    assert (log.profile.format, log.profile.bucket_seconds) == ("anthropic-usage", 86_400)
    columns = ("input_tokens", "cached_tokens", "cache_write_tokens", "long_cache_write_tokens")
    assert only(log, *columns) == [(46981 + 15969 + 7 + 3, 3, 15976, 7), (100, 0, 0, 0)]
    assert only(log, "project", "user_id", "tier", "requests") == [
        ("Acme, Inc", "Key", "standard", 0),
        ("Default", "Key", "batch", 0),
    ]


def test_the_older_csv_with_one_column_of_cache_writes_is_read() -> None:
    header = (
        "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write,"
        "usage_input_tokens_cache_read,usage_output_tokens\n"
    )
    log = load(header + "2025-03-01T00:00:00Z,claude-3,10,5,20,7\n")
    assert only(log, "input_tokens", "cache_write_tokens", "timestamp") == [
        (35, 5, utc(2025, 3, 1))
    ]


def test_amounts_of_the_cost_report_are_cents() -> None:
    entry = {"amount": "123.78912", "currency": "USD", "service_tier": "standard"}
    more = {"description": "Claude Sonnet 4 Usage", "model": "claude-sonnet-4", "token_type": "x"}
    log = load(report({**entry, **more}))
    assert (log.profile.format, log.profile.tells_requests) == ("anthropic-costs", False)
    assert only(log, "cost_usd", "model", "feature", "tier") == [
        (Decimal("1.2378912"), "claude-sonnet-4", "Claude Sonnet 4 Usage", "standard")
    ]


def test_amounts_of_the_cost_csv_are_dollars() -> None:
    row = "2026-03-15,Claude Opus 4.6,Default,{},message,\u2264 200k,{},{},2,token,global,\n"
    log = load(COST_CSV + row.format("k", "output", "1.50") + row.format("k", "input", "0.00"))
    assert only(log, "cost_usd", "feature", "model", "tier") == [
        (Decimal("1.5"), "output", "Claude Opus 4.6", None),
        (Decimal("0"), "input", "Claude Opus 4.6", None),
    ]


def test_the_report_of_claude_code_is_read() -> None:
    log = sample("anthropic-claude-code-report-1.json")
    assert (log.profile.format, log.profile.tells_requests) == ("claude-code-analytics", False)
    columns = ("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens", "cost_usd")
    assert only(log, *columns) == [(115_000, 10_000, 5_000, 35_000, Decimal("10.25"))]
    assert only(log, "user_id", "feature") == [("developer@company.com", "vscode")]


def test_what_is_no_number_is_left_out_with_its_reason() -> None:
    log = load(report({**USAGE, "uncached_input_tokens": "many"}, USAGE))
    assert log.column("input_tokens") == [3200]
    assert "'many'" in log.profile.skipped_examples[0].reason
