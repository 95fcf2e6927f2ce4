"""Logs of what model APIs answered, and the results of batches."""

import json
from typing import Any

import pytest

from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import load, utc
from tests.agents.analytics.readers.samples import only, sample


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def completion(number: int = 1, **fields: Any) -> dict[str, Any]:
    usage = {"prompt_tokens": 22, "completion_tokens": 2, "total_tokens": 24}
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1711652795,
        "model": "gpt-5",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}}],
        "usage": usage,
        **fields,
    }


def batched(number: int, status: int = 200, body: Any = None) -> dict[str, Any]:
    response = {"status_code": status, "request_id": f"req_{number}", "body": body}
    return {
        "id": f"batch_req_{number}",
        "custom_id": f"c{number}",
        "response": response,
        "error": None,
    }


def message(number: int = 1, **fields: Any) -> dict[str, Any]:
    usage = {"input_tokens": 11, "output_tokens": 36, "cache_read_input_tokens": 100}
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5",
        "content": [],
        "usage": usage,
        **fields,
    }


def test_completions_and_responses_of_one_log_are_read_alike() -> None:
    log = sample("openai-responses-log-2-from-schema.jsonl")
    assert (log.profile.format, log.profile.rows_are) == ("model-responses", "requests")
    assert only(log, "input_tokens", "cached_tokens", "output_tokens", "reasoning_tokens") == [
        (1200, 1024, 300, 128),
        (20636, 0, 13857, 13829),
        (None, None, None, None),
        (10, None, 5, None),
    ]
    assert only(log, "status", "error", "is_error") == [
        (None, None, None),
        ("completed", None, False),
        ("failed", "x", True),
        (None, None, None),
    ]
    assert log.column("tier")[0] == "standard"
    assert log.column("timestamp")[1] == utc(2025, 4, 2, 8, 0, 5)


def test_of_a_streamed_answer_only_the_chunk_with_the_usage_counts() -> None:
    chunk = completion(object="chat.completion.chunk")
    log = load(lines({**chunk, "usage": None}, {**chunk, "usage": None}, chunk))
    assert log.column("input_tokens") == [22]


def test_a_log_that_adds_to_the_objects_is_read_with_what_it_adds() -> None:
    log = load(lines(completion(latency_ms=900), completion(2, latency_ms=800)))
    assert (log.profile.format, log.column("latency_ms")) == ("jsonl", [900, 800])
    assert log.column("input_tokens") == [22, 22]


def test_the_results_of_a_batch_are_requests_of_the_tier_batch() -> None:
    failed = {"error": {"message": "bad request", "code": "invalid"}}
    log = load(lines(batched(1, body=completion(1)), batched(2, 400, failed)))
    assert only(log, "request_id", "tier", "status", "is_error", "error") == [
        ("chatcmpl-1", "batch", "200", False, None)
    ]
    # The failed request has no time, and rows of a log with times need one.
    assert log.profile.skipped_rows == 1
    assert load(lines(batched(2, 400, failed))).column("error") == ["bad request"]


def test_the_requests_of_a_batch_are_no_log() -> None:
    body = {"model": "m", "messages": []}
    wanted = {"custom_id": "c1", "method": "POST", "url": "/v1/chat/completions", "body": body}
    with pytest.raises(UnreadableFile, match="requests of a batch, not what was answered"):
        load(lines(wanted))


def test_the_results_of_anthropics_batches_have_no_times() -> None:
    def result(kind: str, **fields: Any) -> dict[str, Any]:
        return {"custom_id": kind, "result": {"type": kind, **fields}}

    error = {"type": "error", "error": {"type": "invalid_request_error", "message": "bad"}}
    log = load(
        lines(
            result("succeeded", message=message()),
            result("errored", error=error),
            result("expired"),
            result("canceled"),
        )
    )
    assert "timestamp" in log.profile.missing
    assert only(log, "request_id", "input_tokens", "output_tokens", "error", "is_error") == [
        ("msg_1", 111, 36, None, False),
        ("errored", None, None, "bad", True),
        ("expired", None, None, "expired", True),
        ("canceled", None, None, "canceled", True),
    ]
    assert set(log.column("tier")) == {"batch"}


def test_messages_of_anthropic_count_cached_tokens_beside() -> None:
    log = load(lines(message(), message(2, stop_reason="end_turn")))
    assert only(log, "input_tokens", "cached_tokens", "provider") == [(111, 100, "anthropic")] * 2


def test_an_answer_that_was_logged_twice_counts_once() -> None:
    log = load(lines(completion(1), completion(2), completion(1)))
    assert log.column("request_id") == ["chatcmpl-1", "chatcmpl-2"]
    assert log.profile.repeated_rows == 1
