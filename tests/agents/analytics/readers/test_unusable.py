"""A column that is not what its name says does not cost the rest of the file."""

import pytest

from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import load


def test_an_optional_column_that_cannot_be_read_is_ignored_with_a_word() -> None:
    log = load("model,tokens_in,latency\nm,5,fast\nm,6,slow\n")
    assert log.column("input_tokens") == [5, 6]
    assert log.profile.ignored == ["latency"]
    (sentence,) = log.profile.assumptions
    assert "2 of its 2 values cannot be, such as 'fast', which is not a number" in sentence


def test_a_mapped_column_that_cannot_be_read_refuses_the_file() -> None:
    with pytest.raises(UnreadableFile, match="'fast' in 'latency'"):
        load("model,tokens_in,latency\nm,5,fast\n", {"latency_ms": "latency"})


def test_a_column_of_which_some_values_are_bad_stays_without_their_rows() -> None:
    log = load("model,tokens_in,latency_ms\nm,5,800\nm,6,900\nm,7,slow\n")
    assert log.column("latency_ms") == [800, 900]
    assert [row.line for row in log.profile.skipped_examples] == [4]
    assert "'slow'" in log.profile.skipped_examples[0].reason


def test_a_time_that_cannot_be_read_refuses_the_file() -> None:
    with pytest.raises(UnreadableFile, match="not a date"):
        load("timestamp,model,tokens_in\nyesterday,m,5\n")


def test_two_columns_may_be_ignored_and_bad_rows_still_be_counted() -> None:
    rows = "m,5,fast,dear\n" * 200 + "m,-5,fast,dear\n"
    log = load("model,tokens_in,latency,cost\n" + rows)
    assert log.profile.ignored == ["latency", "cost"]
    assert (log.profile.rows, log.profile.skipped_rows) == (200, 1)


@pytest.mark.parametrize(
    ("name", "value"), [("timestamp_ms", "500"), ("ts_s", "12"), ("created_ms", "1793700000")]
)
def test_a_number_too_small_for_its_unit_is_no_time_unless_it_was_mapped(
    name: str, value: str
) -> None:
    content = f"{name},model\n{value},m\n"
    with pytest.raises(UnreadableFile, match="too small for a time"):
        load(content)
    assert load(content, {"timestamp": name}).profile.first_timestamp is not None


def test_times_in_a_column_of_durations_are_not_durations() -> None:
    log = load("model,tokens_in,time_ms\nm,5,1793700000000\n")
    assert log.profile.ignored == ["time_ms"]
    assert "over seven days" in log.profile.assumptions[0]
