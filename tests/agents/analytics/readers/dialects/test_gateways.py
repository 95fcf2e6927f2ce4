"""Logs of gateways, clouds and tracing tools."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import load, utc
from tests.agents.analytics.readers.samples import only, sample


def call(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "request_id": f"chatcmpl-{number}",
        "call_type": "acompletion",
        "api_key": "88dc",
        "spend": 0.01,
        "prompt_tokens": 40,
        "completion_tokens": 20,
        "startTime": "2026-08-06T14:30:00+00:00",
        "endTime": "2026-08-06T14:30:02+00:00",
        "completionStartTime": "2026-08-06T14:30:00.500000+00:00",
        "model": "anthropic/claude-opus-5",
        "custom_llm_provider": "anthropic",
        "metadata": {"status": "success"},
        **fields,
    }


def test_a_page_of_litellm_is_read_with_a_failure_that_measured_nothing() -> None:
    log = sample("litellm-spend-logs-v2-3-from-schema.json")
    assert (log.profile.format, log.profile.rows_are) == ("litellm-spend-logs", "requests")
    columns = ("input_tokens", "output_tokens", "latency_ms", "ttft_ms", "is_error", "error")
    assert only(log, *columns) == [
        (7, 17, 90_000, 2125, False, None),
        (None, None, 40, None, True, "RateLimitError"),
    ]
    assert log.column("model") == ["Qwen3.6-35B-A3B-FP8"] * 2
    assert log.column("project")[0] == "app-a"


def test_a_dump_of_litellms_table_is_read() -> None:
    log = sample("litellm-spendlogs-postgres-1-from-schema.csv")
    columns = ("input_tokens", "cached_tokens", "cache_write_tokens", "ttft_ms", "feature")
    assert only(log, *columns) == [(10, None, None, 253, None), (4000, 3000, 500, 1000, "tier:a")]
    assert log.column("timestamp")[0] == utc(2025, 1, 24, 9, 20, 46, 847000)
    assert "Times without a zone are read as UTC" in log.profile.assumptions[0]


@pytest.mark.parametrize(
    "name", ["litellm-spend-log-pubsub-1.json", "litellm-standard-logging-payload-1.json"]
)
def test_what_litellms_own_tests_log_is_read(name: str) -> None:
    log = sample(name)
    assert log.profile.format == "litellm-spend-logs"
    assert only(log, "input_tokens", "output_tokens", "cost_usd", "model", "ttft_ms") == [
        (10, 20, Decimal("0.000225"), "gpt-4o", None)
    ]
    assert log.column("latency_ms") == [pytest.approx(4.583)]


def test_a_logging_payload_with_seconds_since_1970_is_read() -> None:
    log = sample("litellm-standard-logging-payload-2-from-schema.jsonl")
    columns = ("input_tokens", "cached_tokens", "cache_write_tokens", "reasoning_tokens")
    assert only(log, *columns) == [(120, 60, 20, 25)]
    assert only(log, "latency_ms", "ttft_ms", "session_id") == [(4375, 775, "t-1")]


@pytest.mark.parametrize(
    ("read", "written", "inputs"), [(30, 10, 40), (30, 11, 51), (50, 10, 100), (0, 0, 40)]
)
def test_cached_tokens_that_are_not_among_litellms_prompt_tokens_are_added(
    read: int, written: int, inputs: int
) -> None:
    extra = {"cache_read_input_tokens": read, "cache_creation_input_tokens": written}
    log = load(json.dumps([call(metadata={"additional_usage_values": extra})]))
    assert log.column("input_tokens") == [inputs]


def test_pages_that_are_missing_or_overlap_are_told() -> None:
    pages = [
        {"data": [call(1), call(2)], "page": 1, "total_pages": 3},
        {"data": [call(2), call(3)], "page": 2, "total_pages": 3},
    ]
    log = load("".join(json.dumps(page) + "\n" for page in pages))
    assert log.column("request_id") == ["chatcmpl-1", "chatcmpl-2", "chatcmpl-3"]
    assert any(
        "holds 2 pages of 3, so the data is incomplete" in s for s in log.profile.assumptions
    )


def test_calls_from_litellms_own_cache_and_whole_batches_are_told() -> None:
    batch = {"status": "success", "batch_successful_requests": 50}
    log = load(json.dumps([call(1, cache_hit="True"), call(2, metadata=batch)]))
    said = " ".join(log.profile.assumptions)
    assert "from LiteLLM's own cache: 1 call" in said
    assert "cost of whole batches: 1 row" in said
    assert log.column("requests") == [None, 50]


def test_litellms_sums_of_a_day_are_refused_with_where_the_calls_are() -> None:
    day = {"startTime": "2026-08-06", "spend": 1.5, "users": {"a": 1.5}, "models": {"m": 1.5}}
    with pytest.raises(UnreadableFile, match="summarize=false"):
        load(json.dumps([day]))


def test_only_generations_of_langfuse_are_requests() -> None:
    log = sample("langfuse-observations-v2-1-from-schema.jsonl")
    assert log.profile.format == "langfuse-observations"
    assert only(log, "request_id", "input_tokens", "output_tokens", "latency_ms", "ttft_ms") == [
        ("o-2", 500, 120, 2500, 400)
    ]
    assert log.column("timestamp") == [utc(2024, 5, 29, 13, 46, 19, 963000)]
    assert "Passed over, as no calls of models: 1 observation." in log.profile.assumptions[0]


def test_langfuses_csv_holds_objects_as_texts() -> None:
    log = sample("langfuse-observations-v2-2-from-schema.csv")
    assert only(log, "model", "input_tokens", "output_tokens", "cost_usd", "feature") == [
        ("gpt-4o", 500, 120, Decimal("0.00245"), "chat")
    ]


def test_answers_of_langfuses_api_are_read() -> None:
    observation = {
        "id": "obs",
        "traceId": "t",
        "type": "GENERATION",
        "startTime": "2025-12-10T10:05:00Z",
        "endTime": "2025-12-10T10:05:02Z",
        "model": "gpt-5",
        "level": "ERROR",
        "statusMessage": "overloaded",
        "usageDetails": {"input": 100, "cache_read_input_tokens": 400, "output": 50, "total": 550},
        "calculatedTotalCost": 0.002,
    }
    log = load(json.dumps({"data": [observation], "meta": {"totalPages": 2}}))
    assert only(log, "input_tokens", "cached_tokens", "latency_ms", "error", "is_error") == [
        (500, 400, 2000, "overloaded", True)
    ]
    assert "incomplete" in log.profile.assumptions[0]


def test_openrouters_activity_is_sums_with_their_cost() -> None:
    log = sample("openrouter-activity-api-3-from-schema.json")
    profile = log.profile
    assert (profile.rows_are, profile.requests, profile.bucket_seconds) == ("sums", 5, 86_400)
    columns = ("model", "cost_usd", "output_tokens", "reasoning_tokens")
    assert only(log, *columns) == [("openai/gpt-4.1", Decimal("0.015"), 125, 25)]
    header = (
        "Date,Slug,Usage,BYOK Usage,Requests,Prompt Tokens,Completion Tokens,Reasoning Tokens\n"
    )
    row = '"2026-05-12 00:00:00","anthropic/claude","430.07","0","4115","70965665","3009973","0"\n'
    from_csv = load(header + row)
    assert only(from_csv, "model", "cost_usd", "requests", "input_tokens") == [
        ("anthropic/claude", Decimal("430.07"), 4115, 70_965_665)
    ]


def test_bedrocks_log_counts_cached_tokens_beside_and_names_the_model() -> None:
    entry = {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-08-10T21:12:39Z",
        "requestId": "304a",
        "operation": "ConverseStream",
        "modelId": "arn:aws:bedrock:eu:1:inference-profile/us.anthropic.claude-haiku-4-5-v1:0",
        "input": {"inputTokenCount": 62, "cacheReadInputTokenCount": 1000},
        "output": {
            "outputTokenCount": 36,
            "outputBodyJson": [{"a": 1}, {"metrics": {"latencyMs": 1134}}],
        },
    }
    for content in (
        json.dumps(entry),
        json.dumps({"events": [{"message": json.dumps(entry)}]}),
    ):
        log = load(content)
        columns = ("model", "input_tokens", "cached_tokens", "output_tokens", "latency_ms")
        assert only(log, *columns) == [("us.anthropic.claude-haiku-4-5-v1:0", 1062, 1000, 36, 1134)]


def test_geminis_thoughts_are_output_tokens() -> None:
    log = sample("vertex-request-response-1-from-schema.jsonl")
    assert only(log, "model", "input_tokens", "output_tokens", "reasoning_tokens") == [
        ("gemini-2.5-flash", 34, 418 + 438, 438)
    ]


def test_helicones_export_needs_no_reader_of_its_own() -> None:
    log = sample("helicone-export-1-from-schema.csv")
    assert log.profile.format == "csv"
    assert only(log, "input_tokens", "output_tokens", "latency_ms", "user_id", "is_error") == [
        (500, 120, 2500, "u1", False)
    ]


def test_openrouters_log_needs_no_reader_of_its_own() -> None:
    names = [
        "generation_id",
        "created_at",
        "model_permaslug",
        "provider_name",
        "api_key_name",
        "app_name",
        "tokens_prompt",
        "tokens_completion",
        "tokens_reasoning",
        "tokens_cached",
        "cost_total",
        "generation_time_ms",
        "cancelled",
        "user",
        "time_to_first_token_ms",
    ]
    row = ["gen-1", "2026-04-13 12:05:00", "openai/m", "OpenAI", "Key", "App", 10, 20, 3, 1]
    buffer = io.StringIO()
    csv.writer(buffer).writerows([names, [*row, 0.12, 123, "false", "u", 50]])
    log = load(buffer.getvalue())
    columns = ("model", "provider", "project", "feature", "user_id", "request_id", "cost_usd")
    assert only(log, *columns) == [
        ("openai/m", "OpenAI", "Key", "App", "u", "gen-1", Decimal("0.12"))
    ]
    tokens = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens")
    assert only(log, *tokens, "latency_ms", "ttft_ms") == [(10, 20, 3, 1, 123, 50)]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("azure-llm-2023-code-1.csv", (utc(2023, 11, 16, 18, 17, 3, 979960), 4808, 10)),
        ("azure-llm-2024-code-1week-1.csv", (utc(2024, 5, 10, 0, 0, 0, 9930), 2162, 5)),
        ("azure-llm-2024-conv-1week-2.csv", (utc(2024, 5, 12, 0, 0, 0, 1163), 1452, 3)),
        ("azure-lmm-2025-multimodal-1.csv", (utc(2024, 10, 15, 12, 0, 0, 269000), 770, 491)),
    ],
)
def test_the_azure_traces_need_no_reader_of_their_own(name: str, first: tuple[Any, ...]) -> None:
    log = sample(name)
    assert only(log, "timestamp", "input_tokens", "output_tokens")[0] == first
    assert (log.profile.rows_are, log.profile.skipped_rows) == ("requests", 0)
