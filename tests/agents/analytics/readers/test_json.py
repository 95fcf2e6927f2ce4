"""What JSON Lines may look like."""

import json

from agents.analytics.readers.json import SAMPLED
from agents.analytics.readers.routes import picker
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


def test_a_field_that_only_shows_after_all_that_were_sampled_is_read() -> None:
    plain, late = {"model": "m", "tokens_in": 5}, {"model": "m", "error": {"message": "overloaded"}}
    log = load(lines(*[plain] * (SAMPLED + 10), late))
    assert log.profile.rows == SAMPLED + 11
    assert log.column("error")[-1] == "overloaded"


def test_a_document_with_the_log_in_a_list_is_unpacked() -> None:
    rows = [{"when": "2026-11-03", "model": "m", "tokens_in": number} for number in (5, 6)]
    for envelope in ({"total": 2, "rows": rows}, {"rows": rows, "date": "2026-11-04"}):
        log = load(json.dumps(envelope, indent=2))
        assert log.column("input_tokens") == [5, 6]
        assert load(json.dumps(envelope)).column("input_tokens") == [5, 6]
    bad = [*rows, {"model": "m", "tokens_in": -5}]
    assert load(json.dumps({"rows": bad})).profile.skipped_examples[0].line == 3


def test_a_request_with_a_list_in_it_is_no_envelope() -> None:
    record = {"model": "m", "tokens_in": 5, "messages": [{"model": "x", "tokens_in": 7}]}
    assert load(lines(record, record)).column("input_tokens") == [5, 5]


def test_pages_of_an_unknown_api_are_read_one_after_the_other() -> None:
    pages = [{"items": [{"model": "m", "tokens_in": number}]} for number in (5, 6)]
    assert load(lines(*pages)).column("input_tokens") == [5, 6]


def test_an_array_of_objects_is_read_indented_and_in_one_line() -> None:
    rows = [{"model": "a", "cost": 0.5}, {"model": "b", "cost": 1e-05}]
    for indent in (None, 2):
        log = load(json.dumps(rows, indent=indent))
        assert log.column("model") == ["a", "b"]
        assert [str(cost) for cost in log.column("cost_usd")] == ["0.5000000000", "0.0000100000"]


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


def test_objects_that_follow_each_other_on_one_line_are_all_read() -> None:
    record = '{"model": "m", "output_tokens": 1}'
    assert load(record * 3).column("output_tokens") == [1, 1, 1]
    assert load(f"{record} {record}\n{record}").column("output_tokens") == [1, 1, 1]
    damaged = load(f"{record} and more\n{record}\n{record}\n")
    assert (damaged.profile.rows, damaged.profile.skipped_rows) == (2, 1)


def test_pages_that_were_saved_one_after_the_other_are_all_read() -> None:
    page = json.dumps([{"model": "m", "output_tokens": 1}] * 2)
    log = load(f"{page}\n{page}{page}\n")
    assert (log.profile.rows, log.profile.skipped_rows) == (6, 0)
    log = load(f"{page}\nSaved.\n")
    assert (log.profile.rows, log.profile.skipped_rows) == (2, 1)


def test_much_space_before_the_first_object_is_passed_over() -> None:
    for space in (" ", "\n"):
        log = load(space * 10_000 + '[{"model": "m", "output_tokens": 1}]')
        assert (log.profile.format, log.profile.rows) == ("jsonl", 1)


def test_values_are_picked_in_the_order_of_their_routes_wherever_they_lie() -> None:
    record = {"a": 1, "u": {"a": 2, "v": {"a": 3}}, "w": None, "b": 4}
    wanted = {("u", "a"): 2, ("b",): 4, ("w", "x"): None, ("u", "v", "a"): 3, ("a",): 1}
    assert list(picker(list(wanted))(record)) == list(wanted.values())
    assert list(picker([("u", "v", "a")])(record)) == [3]
    assert list(picker([("u", "v", "a"), ("a",)])({})) == [None, None]
