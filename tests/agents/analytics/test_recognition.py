"""Columns are recognised by name, in any spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analytics import spellings
from agents.analytics.names import fold, hit
from agents.analytics.recognition import recognise
from agents.analytics.schema import BY_NAME
from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import load


def targets(*columns: str) -> dict[str, str]:
    return {choice.source: choice.target.name for choice in recognise(columns).choices}


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("TIMESTAMP", "timestamp"),
        ("created_at", "timestamp"),
        ("@timestamp", "timestamp"),
        ("Start Time", "timestamp"),
        ("ContextTokens", "input_tokens"),
        ("prompt_tokens", "input_tokens"),
        ("n_context_tokens_total", "input_tokens"),
        ("usage.prompt_tokens", "input_tokens"),
        ("usageMetadata.promptTokenCount", "input_tokens"),
        ("gen_ai.usage.input_tokens", "input_tokens"),
        ("llm.token_count.prompt", "input_tokens"),
        ("prompt_eval_count", "input_tokens"),
        ("Request tokens", "input_tokens"),
        ("input_length", "input_tokens"),
        ("GeneratedTokens", "output_tokens"),
        ("tokens-out", "output_tokens"),
        ("response.usage.completion_tokens", "output_tokens"),
        ("response_time", "latency_ms"),
        ("elapsed_s", "latency_ms"),
        ("Latency (ms)", "latency_ms"),
        ("time_to_first_token", "ttft_ms"),
        ("TTFT ms", "ttft_ms"),
        ("response_cost", "cost_usd"),
        ("Cost (USD)", "cost_usd"),
        ("gen_ai.response.model", "model"),
        ("time_ms", "latency_ms"),
        ("Time (s)", "latency_ms"),
        ("time_seconds", "latency_ms"),
        ("responseTimeMs", "latency_ms"),
        ("responsetimems", "latency_ms"),
        ("time", "timestamp"),
        ("start_time_unix_nano", "timestamp"),
    ],
)
def test_the_names_of_known_logs_are_recognised(column: str, target: str) -> None:
    assert targets(column) == {column: target}


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("cache_read_input_tokens", "cached_tokens"),
        ("cache_creation_input_tokens", "cache_write_tokens"),
        ("cacheWriteInputTokens", "cache_write_tokens"),
        ("usage.cache_creation_input_tokens", "cache_write_tokens"),
        ("gen_ai.usage.cache_creation.input_tokens", "cache_write_tokens"),
        ("input_cache_creation", "cache_write_tokens"),
        ("cache_write_tokens", "cache_write_tokens"),
        ("num_model_requests", "requests"),
        ("request_count", "requests"),
        ("totalRequests", "requests"),
        ("usage.prompt_tokens_details.cached_tokens", "cached_tokens"),
        ("http_status", "status"),
        ("success", "status"),
        ("error.message", "error"),
        ("metadata.user_id", "user_id"),
        ("customer", "user_id"),
        ("use_case", "feature"),
        ("call_type", "feature"),
        ("request_hash", "prompt_hash"),
        ("prompt", "prompt_hash"),
    ],
)
def test_columns_that_measure_nothing_are_recognised_beside_one_that_does(
    column: str, target: str
) -> None:
    assert targets("model", column)[column] == target


@pytest.mark.parametrize(
    "column",
    ["responses", "times", "costs", "prompt_id", "remaining_requests", "ratelimit.requests"],
)
def test_a_name_that_only_resembles_a_known_one_is_not_read(column: str) -> None:
    assert column not in targets("model", column)


def test_columns_that_measure_nothing_are_not_enough() -> None:
    with pytest.raises(UnreadableFile, match="None of the columns"):
        recognise(["user", "status", "endpoint"])


WORDS = sorted(
    {(word, target) for target, words in spellings.PLAIN.items() for word in words.split()}
)


@given(st.sampled_from(WORDS), st.data())
def test_case_and_signs_between_letters_do_not_matter(
    spelling: tuple[str, str], data: st.DataObject
) -> None:
    word, target = spelling
    signs = data.draw(st.lists(st.sampled_from(["", "_", "-", " "]), min_size=len(word)))
    upper = data.draw(st.lists(st.booleans(), min_size=len(word), max_size=len(word)))
    name = "".join(
        sign + (letter.upper() if big else letter)
        for sign, letter, big in zip(signs, word, upper, strict=False)
    )
    recognised = targets(name, "tokens_out" if target != "output_tokens" else "model")
    assert recognised[name] == target


def test_no_spelling_means_two_columns() -> None:
    words = [word for words in spellings.PLAIN.values() for word in words.split()]
    words += [word for words, _, _ in spellings.WITH_UNIT for word in words.split()]
    assert len(words) == len(set(words))
    assert all(word == fold(word) for word in words)
    assert set(spellings.PLAIN) <= set(BY_NAME)


def test_the_more_telling_of_two_names_is_read_and_the_other_named() -> None:
    recognised = recognise(["elapsed", "latency", "model"])
    assert [choice.source for choice in recognised.choices] == ["model", "latency"]
    assert load("elapsed,latency,model\n1,2,m\n").profile.ignored == ["elapsed"]
    assert "'elapsed' would fit too" in recognised.doubts["latency_ms"]


def test_of_two_equal_names_the_one_with_a_unit_is_read() -> None:
    chosen = recognise(["latency", "latency_ms"]).choices[0]
    assert (chosen.source, chosen.unit) == ("latency_ms", "ms")


def test_a_mapped_column_is_used_for_nothing_else() -> None:
    recognised = recognise(["latency", "elapsed"], {"ttft_ms": "latency"})
    assert {c.target.name: c.source for c in recognised.choices} == {
        "ttft_ms": "latency",
        "latency_ms": "elapsed",
    }


@pytest.mark.parametrize("name", ["-" * 100_000 + "1", "a." * 50_000 + "b", "aB" * 50_000 + "1"])
def test_a_name_longer_than_any_means_nothing_and_takes_no_time(name: str) -> None:
    assert hit(name) is None
    log = load(f"model,output_tokens,{name}\nm,1,2\n")
    assert (log.profile.rows, len(log.profile.ignored)) == (1, 1)


def test_of_many_columns_that_would_fit_a_few_are_named() -> None:
    columns = ["latency_ms", *(f"step{number}.latency_ms" for number in range(50))]
    said = recognise(columns).doubts["latency_ms"]
    assert said.endswith("'step4.latency_ms' and 45 more would fit too and are ignored.")
