"""Cached tokens are a part of the input tokens, whoever counts them apart."""

import pytest

from tests.agents.analytics.logs import load

ANTHROPIC = "model,input_tokens,cache_read_input_tokens,cache_creation_input_tokens\n"


def test_what_was_read_from_and_written_to_the_cache_was_read_by_the_model() -> None:
    log = load(ANTHROPIC + "claude-sonnet-4-5,10,100,50\nclaude-sonnet-4-5,10,,7\n")
    assert log.column("input_tokens") == [160, 17]
    assert log.column("cached_tokens") == [100, None]
    assert log.column("cache_write_tokens") == [50, 7]
    assert "input_tokens is their sum" in log.profile.assumptions[0]


def test_each_model_is_decided_by_itself() -> None:
    rows = "claude-sonnet-4-5,100,40,0\ngpt-5,100,40,0\n" * 5
    log = load(ANTHROPIC + rows)
    assert log.column("input_tokens") == [140, 100] * 5
    assert "for 'claude-sonnet-4-5' beside" in log.profile.assumptions[0]


def test_a_model_with_more_cached_than_input_tokens_counts_them_apart() -> None:
    log = load("model,tokens_in,cached_tokens\n" + "a,10,100\nb,100,10\n" * 5)
    assert log.column("input_tokens") == [110, 100] * 5


def test_the_provider_tells_what_the_model_does_not() -> None:
    header = "model,provider,input_tokens,cache_read_input_tokens\n"
    log = load(header + "fast,anthropic,100,40\nfast,openai,100,40\n" * 5)
    assert log.column("input_tokens") == [140, 100] * 5
    assert log.column("provider") == ["anthropic", "openai"] * 5


def test_open_telemetry_counts_cached_tokens_in() -> None:
    names = ("request.model", "usage.input_tokens", "usage.cache_read.input_tokens")
    header = ",".join(f"gen_ai.{name}" for name in names) + "\n"
    log = load(header + "claude-sonnet-4-5,100,40\n" * 5)
    assert log.column("input_tokens") == [100] * 5
    assert not log.profile.assumptions


def test_cached_tokens_that_fit_no_way_of_counting_are_not_read() -> None:
    names = ("request.model", "usage.input_tokens", "usage.cache_read.input_tokens")
    header = ",".join(f"gen_ai.{name}" for name in names) + "\n"
    log = load(header + "claude-sonnet-4-5,10,40\n" * 5)
    assert log.column("input_tokens") == [10] * 5
    assert log.column("cached_tokens") == [None] * 5
    assert "more cached than input tokens" in log.profile.assumptions[0]


def test_a_log_that_tells_no_cache_writes_lacks_nothing() -> None:
    assert "cache_write_tokens" not in load("model,tokens_in\nm,5\n").profile.missing


@pytest.mark.parametrize("name", ["prompt_length", "input_len", "usage.prompt_length"])
def test_a_length_is_read_as_tokens_with_a_word_about_it(name: str) -> None:
    log = load(f"model,{name}\nm,5\n")
    assert log.column("input_tokens") == [5]
    assert "tokens or characters" in log.profile.assumptions[0]
    assert not load(f"model,{name}\nm,5\n", {"input_tokens": name}).profile.assumptions


OPENAI_EXPORT = "start_time,end_time,num_model_requests,input_tokens\n"


def test_a_row_that_is_many_requests_is_said_first() -> None:
    rows = "1793700000,1793786400,120,5000\n1793786400,1793872800,1,50\n"
    log = load(OPENAI_EXPORT + rows)
    assert "2 rows are 121 requests" in log.profile.assumptions[0]
    # The time from start to end is that of the sum, not of a request.
    assert log.column("latency_ms") == [None, None]


def test_a_row_that_is_one_request_is_nothing_to_speak_of() -> None:
    assert not load("model,request_count,tokens_in\nm,1,5\nm,1,6\n").profile.assumptions
