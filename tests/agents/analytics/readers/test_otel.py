"""What OpenTelemetry's spans become: every way to write them, and every dialect of attributes."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from agents.analytics.readers.dialects.otel import otlp_json
from agents.analytics.readers.dialects.otel.counting import MOST_AROUND, batch_of
from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import Loaded, load, load_file, utc
from tests.agents.spans import CHAT, MS, START, TRACE, as_json, as_protobuf, request, span

DATA = Path(__file__).parent / "data" / "otel"
ANTHROPIC = {"input_tokens": 1212, "cached_tokens": 1000, "cache_write_tokens": 200}


def published(name: str, home: Path) -> Loaded:
    return load_file(DATA / name, home / "dataset")


def said(log: Loaded) -> str:
    return " ".join(log.profile.assumptions)


def only(spans: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """The one row that the spans are, as JSON and as protobuf alike."""
    (row,) = load(as_json(spans, **more)).rows
    assert load(as_protobuf(spans, **more)).rows == [row]
    return row


def test_a_span_becomes_a_row_with_its_times_tokens_and_names() -> None:
    row = only([span(attributes={**CHAT, "gen_ai.conversation.id": "c1"})])
    assert row["timestamp"] == utc(2026, 9, 21, 14, 13, 21)
    assert (row["model"], row["provider"]) == ("gpt-5-mini-2025-08-07", "openai")
    assert (row["input_tokens"], row["output_tokens"], row["latency_ms"]) == (100, 20, 250)
    assert (row["project"], row["session_id"]) == ("shop", "c1")
    assert row["request_id"] == f"{TRACE}:{1:016x}"
    assert row["is_error"] is False


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("pydantic-ai.jsonl", "otlp"),
        ("pydantic-ai.collector.bin", "otlp-protobuf"),
        ("pydantic-ai.console.json", "otel-console"),
        ("pydantic-ai-old-names.pb", "otlp-protobuf"),
    ],
)
def test_all_ways_to_write_the_same_spans_are_read(name: str, format_: str, tmp_path: Path) -> None:
    log = published(name, tmp_path)
    assert log.profile.format == format_
    assert log.profile.skipped_rows == 0
    assert log.column("feature") == [
        "tool_agent",
        "tool_agent",
        "openai_agent",
        "anthropic_agent",
        "stream_agent",
        "failing",
    ]
    assert log.column("input_tokens") == [51, 52, 1212, 1212, 1212, None]
    assert log.column("cached_tokens") == [None, None, 1000, 1000, 1000, None]
    assert log.column("cache_write_tokens") == [None, None, None, 200, 200, None]
    assert log.column("is_error") == [False] * 5 + [True]
    assert "Not counted: 6 of 12 spans" in said(log)


def test_a_stream_of_pydantic_ai_says_when_its_first_token_came(tmp_path: Path) -> None:
    log = published("pydantic-ai.jsonl", tmp_path)
    told = [value for value in log.column("ttft_ms") if value is not None]
    assert len(told) == 1
    assert 0 < told[0] < log.rows[4]["latency_ms"]
    assert str(log.rows[3]["cost_usd"]) == "0.0015960000"


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("traceloop.json", 6),
        ("traceloop.pb", 6),
        ("openinference.pb", 6),
        ("openai-v2.json", 3),
        ("ai-sdk-6.pb", 4),
        ("ai-sdk-7.json", 4),
    ],
)
def test_each_request_counts_once_whatever_stands_around_it(
    name: str, models: int, tmp_path: Path
) -> None:
    log = published(name, tmp_path)
    assert log.profile.rows == models
    for row in log.rows:
        if row["is_error"]:
            assert row["error"].endswith(("RateLimitError", "AI_APICallError"))
            assert row["input_tokens"] is None
        else:
            assert row["input_tokens"] == 1212
            assert row["output_tokens"] in (34, 35)
        if row["model"] and row["model"].startswith("claude"):
            assert ANTHROPIC.items() <= row.items()
    assert "Not counted" in said(log)


def test_the_ai_sdks_function_session_user_and_provider_are_kept(tmp_path: Path) -> None:
    for row in published("ai-sdk-6.pb", tmp_path).rows:
        assert (row["feature"], row["session_id"], row["user_id"]) == (
            "fn-weather",
            "sess-1",
            "u-1",
        )
        assert row["provider"] in ("anthropic", "openai")


def test_what_an_agents_span_says_holds_for_the_calls_in_it(tmp_path: Path) -> None:
    assert set(published("ai-sdk-7.json", tmp_path).column("feature")) == {"fn-weather"}


def test_a_stream_of_logfire_is_its_log_with_the_time_it_took(tmp_path: Path) -> None:
    log = published("logfire.json", tmp_path)
    streams = [row for row in log.rows if row["latency_ms"] == pytest.approx(40.377188)]
    assert [row["input_tokens"] for row in streams] == [1212]
    assert log.profile.rows == 6


def test_a_request_that_two_libraries_watch_counts_once_with_what_both_know(
    tmp_path: Path,
) -> None:
    first, second = published("double.json", tmp_path).rows
    assert (first["feature"], second["feature"]) == ("a", "b")
    assert [str(row["cost_usd"]) for row in (first, second)] == ["0.0015960000", "0.0001272000"]
    assert first["ttft_ms"] == pytest.approx(1140.59578)
    assert (first["input_tokens"], second["input_tokens"]) == (1212, 1212)


def test_claude_code_counts_its_cache_beside_the_input(tmp_path: Path) -> None:
    (row,) = published("claude-code.json", tmp_path).rows
    assert row["input_tokens"] == 2 + 63002 + 679
    assert (row["cached_tokens"], row["ttft_ms"]) == (63002, 1341)


def test_the_conventions_own_example_is_read(tmp_path: Path) -> None:
    (row,) = published("conventions.json", tmp_path).rows
    assert (row["input_tokens"], row["output_tokens"], row["cached_tokens"]) == (52, 47, 20)


def test_the_oldest_names_are_read() -> None:
    row = only(
        [
            span(
                attributes={
                    "gen_ai.system": "OpenAI",
                    "llm.request.type": "chat",
                    "gen_ai.request.model": "gpt-4",
                    "gen_ai.usage.prompt_tokens": 7,
                    "gen_ai.usage.completion_tokens": 3,
                }
            )
        ]
    )
    assert (row["provider"], row["model"]) == ("openai", "gpt-4")
    assert (row["input_tokens"], row["output_tokens"]) == (7, 3)


def test_langfuses_usage_adds_up_and_openais_in_it_does_not() -> None:
    kinds = {"langfuse.observation.type": "generation", "langfuse.observation.model.name": "m"}
    usage = "langfuse.observation.usage_details"
    own = {"input": 12, "input_cached_tokens": 1000, "output": 34, "total": 1046}
    row = only([span(attributes={**kinds, usage: json.dumps(own)})])
    assert (row["input_tokens"], row["cached_tokens"], row["output_tokens"]) == (1012, 1000, 34)
    openais = {"prompt_tokens": 1212, "prompt_tokens_details": {"cached_tokens": 1000}}
    cost = {"langfuse.observation.cost_details": '{"input": 0.25, "output": 0.5}'}
    row = only([span(attributes={**kinds, usage: json.dumps(openais), **cost})])
    assert (row["input_tokens"], row["cached_tokens"]) == (1212, 1000)
    assert float(row["cost_usd"]) == 0.75


@pytest.mark.parametrize(
    ("attributes", "scope", "expected"),
    [
        ({"gen_ai.usage.cache_read.input_tokens": 60}, "x", 100),
        ({"gen_ai.usage.cache_read.input_tokens": 101}, "x", 201),
        ({"gen_ai.usage.cache_read.input_tokens": 60, "gen_ai.usage.total_tokens": 180}, "x", 160),
        ({"gen_ai.usage.cache_read.input_tokens": 60, "gen_ai.usage.total_tokens": 120}, "x", 100),
        (
            {"gen_ai.usage.cache_read.input_tokens": 60},
            "opentelemetry.instrumentation.bedrock",
            160,
        ),
        (
            {"gen_ai.provider.name": "anthropic", "gen_ai.usage.cache_read.input_tokens": 9},
            "openlit",
            109,
        ),
    ],
)
def test_cached_tokens_are_in_the_input_however_their_library_counts(
    attributes: dict[str, Any], scope: str, expected: int
) -> None:
    assert only([span(attributes={**CHAT, **attributes})], scope=scope)["input_tokens"] == expected


def test_numbers_that_are_none_are_no_values() -> None:
    odd = {"gen_ai.usage.input_tokens": -5, "gen_ai.usage.output_tokens": "12"}
    row = only([span(attributes={**CHAT, **odd})])
    assert (row["input_tokens"], row["output_tokens"]) == (None, 12)


def test_spans_of_agents_tools_and_embeddings_are_not_counted_and_said() -> None:
    others = [
        span(number, {**CHAT, "gen_ai.operation.name": operation})
        for number, operation in enumerate(["invoke_agent", "execute_tool", "embeddings"], 2)
    ]
    log = load(as_json([span(1), *others]))
    assert log.profile.rows == 1
    assert "Not counted: 3 of 4 spans" in said(log)


def test_a_span_that_comes_again_counts_once() -> None:
    line = as_json([span(1), span(2), span(2)])
    log = load(f"{line}\n{as_json([span(2), span(3)])}\n{line}\n")
    assert log.profile.rows == 3
    assert "5 spans that came more than once" in said(log)


def test_a_call_around_one_is_known_also_if_it_comes_later() -> None:
    inner, outer = span(2, parentSpanId=f"{1:016x}"), span(1)
    log = load(f"{as_json([inner])}\n{as_json([outer, span(3)])}\n")
    assert [row["request_id"][-1] for row in log.rows] == ["2", "3"]
    assert "Not counted: 1 of 3 spans, which stand around" in said(log)


def test_a_call_inside_a_tool_of_another_one_is_a_request_of_its_own() -> None:
    tool = span(2, {"gen_ai.operation.name": "execute_tool"}, parentSpanId=f"{1:016x}")
    log = load(as_json([span(1), tool, span(3, parentSpanId=f"{2:016x}")]))
    assert log.profile.rows == 2


def test_spans_in_each_other_in_a_circle_end() -> None:
    first, second = span(1, parentSpanId=f"{2:016x}"), span(2, parentSpanId=f"{1:016x}")
    assert load(as_json([first, second, span(3)])).profile.rows == 1


def test_a_long_chain_of_calls_in_each_other_is_one_request() -> None:
    inside = [span(number, parentSpanId=f"{number - 1:016x}") for number in range(2, 501)]
    batch = batch_of(otlp_json.spans(request([span(1), *inside])))
    (call,) = batch.calls
    assert (call.key, batch.repeating) == (f"{TRACE}:{500:016x}", 499)
    # Each looks at so many around it and no more, or the time would grow with the square.
    assert call.around == f"{TRACE}:{500 - MOST_AROUND:016x}"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"traceId": ""}, "has '' as its trace id"),
        ({"spanId": "0" * 16}, "as its span id, which is no id"),
        ({"startTimeUnixNano": "0"}, "lacks a time"),
        ({"endTimeUnixNano": str(START)}, "ends before it begins"),
        ({"startTimeUnixNano": "soon"}, "has 'soon' as a time"),
        ({"endTimeUnixNano": str(START + 8 * 86_400_000 * MS)}, "lasts over seven days"),
        ({"endTimeUnixNano": str(2**63 - 1)}, "ends after the year 2199"),
    ],
)
def test_a_bad_span_is_skipped_and_described(wrong: dict[str, Any], reason: str) -> None:
    log = load(as_json([span(1, **wrong), span(2)]))
    assert (log.profile.rows, log.profile.skipped_rows) == (1, 1)
    assert reason in log.profile.skipped_examples[0].reason


def test_a_file_of_other_spans_is_refused_with_what_is_needed() -> None:
    with pytest.raises(UnreadableFile, match="no request to a model in the file, only 1 span"):
        load(as_json([span(attributes={"http.request.method": "GET"})]))


def test_bare_spans_line_by_line_are_read() -> None:
    log = load("".join(json.dumps(span(number)) + "\n" for number in (1, 2)))
    assert (log.profile.format, log.column("input_tokens")) == ("otlp-spans", [100, 100])


def test_a_protobuf_stream_that_is_cut_off_is_not_taken_for_traces() -> None:
    message = as_protobuf([span(1)])
    whole = struct.pack(">I", len(message)) + message
    assert load(whole).profile.rows == 1
    with pytest.raises(UnreadableFile):
        load(whole[:-1])


def test_metrics_in_protobuf_are_not_taken_for_traces() -> None:
    # A resource whose scope holds a metric: a name where a span has its trace id.
    metric = b"\x0a\x0b\x12\x09\x12\x07\x0a\x01m\x12\x01d\x1a"
    with pytest.raises(UnreadableFile):
        load(metric)


def test_an_error_is_told_by_the_status_the_type_and_http() -> None:
    failed = {"status": {"code": 2, "message": "overloaded"}}
    typed = {**CHAT, "error.type": "<class 'openai.RateLimitError'>"}
    log = load(
        as_json(
            [
                span(1, **failed),
                span(2, typed),
                span(3, {**CHAT, "http.response.status_code": 429}),
                span(4),
            ]
        )
    )
    assert log.column("error") == ["overloaded", "openai.RateLimitError", "429", None]
    assert log.column("is_error") == [True, True, True, False]


def test_the_first_token_is_told_in_seconds_milliseconds_or_by_an_event() -> None:
    event = {"name": "First Token Stream Event", "timeUnixNano": str(START + 1000 * MS + 40 * MS)}
    spans = [
        span(1, events=[event]),
        span(2, {**CHAT, "gen_ai.response.time_to_first_chunk": 0.125}),
        span(3, {**CHAT, "ai.response.msToFirstChunk": 21.5}),
        span(4, {**CHAT, "ai.response.msToFirstChunk": 250.5}),  # after the call's end
    ]
    assert load(as_json(spans)).column("ttft_ms") == [40, 125, 21.5, None]


def test_a_document_over_several_lines_is_read() -> None:
    log = load(json.dumps(request([span(1), span(2)]), indent=2))
    assert (log.profile.format, log.profile.rows) == ("otlp", 2)


def test_equal_prompts_have_equal_digests_and_their_text_is_not_kept() -> None:
    asked = [
        span(number, {**CHAT, "gen_ai.input.messages": text})
        for number, text in ((1, '["secret"]'), (2, '["secret"]'), (3, '["other"]'))
    ]
    log = load(as_json(asked))
    first, second, third = log.column("prompt_hash")
    assert first == second != third
    assert "secret" not in str(log.rows)
