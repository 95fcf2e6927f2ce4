"""What JSON Lines may look like."""

import json

from tests.agents.analytics.logs import load, utc


def lines(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def test_the_usage_object_of_openai_is_found_inside_a_response() -> None:
    log = load(
        lines(
            {
                "created": 1700000000,
                "model": "gpt-4o",
                "usage": {
                    "prompt_tokens": 120,
                    "completion_tokens": 30,
                    "prompt_tokens_details": {"cached_tokens": 64},
                },
            }
        )
    )
    row = log.rows[0]
    assert row["timestamp"] == utc(2023, 11, 14, 22, 13, 20)
    assert (row["input_tokens"], row["output_tokens"], row["cached_tokens"]) == (120, 30, 64)
    assert log.profile.source_of("input_tokens").source == "usage.prompt_tokens"  # type: ignore[union-attr]


def test_open_telemetry_names_are_found_flat_and_nested() -> None:
    log = load(
        lines(
            {
                "start_time_unix_nano": "1700000000000000000",
                "attributes": {"gen_ai.request.model": "m", "gen_ai.usage.output_tokens": 6},
            },
            {
                "start_time_unix_nano": "1700000001000000000",
                "attributes": {"gen_ai.request.model": "n", "gen_ai.usage.output_tokens": 7},
            },
        )
    )
    assert log.column("model") == ["m", "n"]
    assert log.column("output_tokens") == [6, 7]
    assert log.column("timestamp")[1] == utc(2023, 11, 14, 22, 13, 21)


def test_a_field_that_only_one_late_line_has_is_read() -> None:
    log = load(lines(*[{"model": "m"}] * 3000, {"model": "m", "error": "overloaded"}))
    assert log.column("error")[-1] == "overloaded"
    assert log.column("is_error").count(True) == 1


def test_the_less_nested_of_two_names_wins() -> None:
    log = load(lines({"response": {"model": "inner"}, "model": "outer"}))
    assert log.column("model") == ["outer"]
    assert "response.model" in log.profile.ignored
    assert any("'response.model'" in sentence for sentence in log.profile.assumptions)


def test_lists_and_deep_objects_are_left_out_and_values_may_change_their_type() -> None:
    log = load(
        lines(
            {"model": "m", "messages": [{"role": "user"}], "usage": {"prompt_tokens": 1}},
            {"model": 7, "usage": None},
            {"model": True, "usage": [1]},
            {"model": {"name": "x"}, "usage": {"prompt_tokens": 2.0}},
        )
    )
    assert log.column("model") == ["m", "7", "true", None]
    assert log.column("input_tokens") == [1, None, None, 2]


def test_blank_lines_and_a_byte_order_mark_are_passed_over() -> None:
    log = load("\ufeff" + lines({"model": "a"}) + "\n  \n" + lines({"model": "b"}))
    assert log.column("model") == ["a", "b"]


def test_not_a_number_is_no_value() -> None:
    assert load('{"model": "m", "cost": NaN}\n').column("cost_usd") == [None]
