"""Conditions on rows, against plain Python over the same rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analytics.filters import Condition, describe
from agents.analytics.occurring import check_names, occurring
from agents.analytics.period import parse
from agents.analytics.readers.read import read_file
from agents.analytics.table import open_table
from agents.exceptions import InvalidInput
from tests.agents.analytics.conftest import Opened

Row = dict[str, Any]


def condition(column: str, operator: str, *values: str | float) -> Condition:
    return Condition.model_validate({"column": column, "operator": operator, "values": values})


def is_above(column: str, bound: float) -> Callable[[Row], bool]:
    return lambda row: row[column] is not None and row[column] > bound


CASES: list[tuple[Condition, Callable[[Row], bool]]] = [
    (condition("model", "is", "gpt-4o"), lambda row: row["model"] == "gpt-4o"),
    (
        condition("model", "is", "gpt-4o", "deepseek-chat"),
        lambda row: row["model"] in ("gpt-4o", "deepseek-chat"),
    ),
    (condition("feature", "is not", "chat"), lambda row: row["feature"] != "chat"),
    (condition("user", "is", "user-7"), lambda row: row["user_id"] == "user-7"),
    (condition("outcome", "is", "failed"), lambda row: row["is_error"] is True),
    (condition("outcome", "is", "succeeded"), lambda row: row["is_error"] is False),
    (condition("outcome", "is not", "failed"), lambda row: row["is_error"] is not True),
    (condition("latency_ms", "above", 2000), is_above("latency_ms", 2000)),
    (condition("latency_ms", "above", "2000"), is_above("latency_ms", 2000)),
    (condition("ttft_ms", "below", 300.5), lambda row: (row["ttft_ms"] or 1e9) < 300.5),
    (condition("input_tokens", "above", 200_000), is_above("input_tokens", 200_000)),
    (condition("output_tokens", "is", 5, 6), lambda row: row["output_tokens"] in (5, 6)),
    (condition("output_tokens", "is not", 5), lambda row: row["output_tokens"] != 5),
    (
        condition("cost_usd", "below", 0.005),
        lambda row: row["cost_usd"] is not None and float(row["cost_usd"]) < 0.005,
    ),
    (condition("latency_ms", "below", 1e300), lambda row: row["latency_ms"] is not None),
]


@pytest.mark.parametrize(("wanted", "expected"), CASES, ids=map(str, range(len(CASES))))
def test_the_rows_are_those_that_satisfy_the_condition(
    sample: Opened, sample_directory: Path, wanted: Condition, expected: Callable[[Row], bool]
) -> None:
    with open_table(sample_directory, where=[wanted]) as table:
        assert table.count() == sum(map(expected, sample.rows)) > 0


def test_all_conditions_and_the_period_are_required(sample: Opened, sample_directory: Path) -> None:
    moments = [row["timestamp"] for row in sample.rows]
    period = parse("2026-08-12 to 2026-08-14", min(moments), max(moments))
    assert period.start is not None
    assert period.end is not None
    expected = [
        row
        for row in sample.rows
        if period.start <= row["timestamp"] < period.end
        and row["model"] == "gpt-4o"
        and row["feature"] != "chat"
    ]
    where = [condition("model", "is", "gpt-4o"), condition("feature", "is not", "chat")]
    with open_table(sample_directory, period, where) as table:
        assert table.count() == len(expected) > 0


def test_amounts_are_compared_exactly(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("model,cost_usd\n" + "m,0.1\nm,0.3\nm,0.29\nm,0.0000000001\n")
    read_file(tmp_path / "log.csv", tmp_path / "dataset")
    for operator, bound, count in (
        ("above", 0.29, 1),
        ("below", 0.29, 2),
        ("is", 0.3, 1),
        ("above", 1e-10, 3),
    ):
        with open_table(tmp_path / "dataset", where=[condition("cost_usd", operator, bound)]) as t:
            assert t.count() == count


@given(st.text(max_size=20).filter(lambda text: text.strip() and "\x00" not in text))
def test_any_text_is_a_value_and_never_sql(sample_directory: Path, text: str) -> None:
    hostile = f"{text}') OR ('1' = '1"
    with open_table(sample_directory, where=[condition("model", "is", hostile)]) as table:
        assert table.count() == 0
        with pytest.raises(InvalidInput, match="No request in this data set has the model"):
            check_names(table, [condition("model", "is", hostile)])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (condition("model", "above", 5), 'use "is" or "is not"'),
        (condition("outcome", "below", 5), 'use "is" or "is not"'),
        (condition("latency_ms", "above", 5, 6), "exactly one number"),
        (condition("latency_ms", "above", "slow"), "compared with numbers, not with 'slow'"),
        (condition("latency_ms", "above", "nan"), "compared with numbers"),
        (condition("cost_usd", "is", "inf"), "compared with numbers"),
        (condition("outcome", "is", "odd"), '"failed" or "succeeded"'),
        (condition("model", "is"), "has no values"),
    ],
)
def test_a_condition_without_sense_says_what_is_possible(
    sample_directory: Path, wrong: Condition, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said), open_table(sample_directory, where=[wrong]):
        pass


def test_names_that_occur_are_found_in_the_whole_data_set(sample_directory: Path) -> None:
    where = [condition("model", "is", "gpt-4o"), condition("feature", "is", "chat")]
    with open_table(sample_directory, where=[condition("model", "is", "deepseek-chat")]) as table:
        check_names(table, where)
        assert set(occurring(table, "feature", 10)) == {"chat", "search", "classify"}


def test_a_name_that_does_not_occur_is_told_with_those_that_do(
    sample: Opened, sample_directory: Path
) -> None:
    with open_table(sample_directory) as table:
        with pytest.raises(InvalidInput) as caught:
            check_names(table, [condition("model", "is not", "gpt-4o", "gpt-5")])
        assert "has the model 'gpt-5'. There are" in caught.value.message
        for model in {row["model"] for row in sample.rows}:
            assert repr(model) in caught.value.message
        with pytest.raises(InvalidInput, match=r"the user 'eve'.*(?:'user-\d+', ){9}.* and others"):
            check_names(table, [condition("user", "is", "eve")])


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ([], ""),
        ([condition("model", "is", "gpt-4o")], "model gpt-4o"),
        ([condition("model", "is", "a", "b", "c")], "model a, b or c"),
        ([condition("feature", "is not", "chat")], "feature other than chat"),
        ([condition("latency_ms", "above", 10000)], "latency above 10,000 ms"),
        ([condition("ttft_ms", "below", 0.5)], "time to first token below 0.5 ms"),
        ([condition("cost_usd", "above", 1e-7)], "cost above 0.0000001 USD"),
        ([condition("input_tokens", "is", 0)], "input tokens 0"),
        ([condition("outcome", "is", "failed")], "failed requests"),
        ([condition("outcome", "is", "succeeded")], "successful requests"),
        ([condition("outcome", "is not", "failed")], "requests not known to have failed"),
        ([condition("user", "is", 42)], "user 42"),
        ([condition("error", "is", "x" * 100)], f"error {'x' * 79}…"),
        (
            [condition("model", "is", "gpt-4o"), condition("outcome", "is", "failed")],
            "model gpt-4o and failed requests",
        ),
    ],
)
def test_conditions_are_described_in_plain_words(conditions: list[Condition], text: str) -> None:
    assert describe(conditions) == text
