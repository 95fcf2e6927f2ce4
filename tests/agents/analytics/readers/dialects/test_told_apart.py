"""A documented format is told by more than one name that other logs may have too."""

import json
from typing import Any

import pytest

from tests.agents.analytics.logs import load
from tests.agents.spans import request, span

ANY = {"timestamp": "2026-11-01T10:00:00Z", "model": "gpt-4o"}


@pytest.mark.parametrize(
    "more",
    [
        {"trace_id": "t", "type": "GENERATION", "id": "1"},
        {"traceId": "t", "type": "EVENT", "id": "1"},
        {"uncached_input_tokens": 7, "latency_ms": 100},
        {"modelId": "m", "requestId": "1", "input": "How?", "output": "So."},
        {"object": ["a"], "type": {"b": "c"}, "trace_id": "t"},
    ],
)
def test_a_log_with_fields_of_a_documented_format_is_read_as_its_own(more: dict[str, Any]) -> None:
    log = load("\n".join(json.dumps({**ANY, **more, "output_tokens": n}) for n in (5, 6, 7)))
    assert (log.profile.format, log.profile.rows_are) == ("jsonl", "requests")
    assert log.column("output_tokens") == [5, 6, 7]
    assert all(log.column("timestamp"))


def test_spans_are_found_among_metrics_and_logs() -> None:
    others: list[dict[str, Any]] = [{"resourceMetrics": []}, {"resourceLogs": []}]
    log = load("\n".join(map(json.dumps, [*others, request([span(1)]), {"else": 1}])))
    assert (log.profile.format, log.profile.rows) == ("otlp", 1)
    assert [row.reason for row in log.profile.skipped_examples] == ["is no export of traces"]


def test_what_is_of_another_format_is_shown_as_left_out() -> None:
    result = {"object": "organization.usage.completions.result", "num_model_requests": 2}
    bucket = {"object": "bucket", "start_time": 1762128000, "end_time": 1762131600}
    page = {"object": "page", "data": [{**bucket, "results": [{**result, "input_tokens": 9}]}]}
    other = {"data": [{"starting_at": "2026-11-03T00:00:00Z", "results": []}]}
    log = load(json.dumps(page) + "\n" + json.dumps(other))
    assert (log.profile.format, log.profile.requests) == ("openai-usage", 2)
    assert log.profile.skipped_rows == 1
    assert log.profile.skipped_examples[0].line == 2


def test_a_failed_call_of_bedrock_without_an_output_is_a_request() -> None:
    entry = {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-11-01T10:00:00Z",
        "modelId": "m",
        "requestId": "r",
        "errorCode": "ThrottlingException",
    }
    log = load(json.dumps(entry) + "\n")
    assert (log.profile.rows, log.profile.skipped_rows) == (1, 0)
    assert log.column("error") == ["ThrottlingException"]
