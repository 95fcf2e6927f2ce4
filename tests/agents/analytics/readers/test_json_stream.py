"""JSON that is read piece by piece holds what it holds when it is read at once."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.readers.json_stream import CHUNK, JsonError, Unreadable, values
from tests.agents.analytics.logs import load

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
records = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6
)


def read(tmp_path: Path, text: str, *, in_array: bool = True) -> list[Any]:
    file = tmp_path / "values.json"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    return [value for _, value in values(file, in_array=in_array)]


@given(st.lists(records), st.sampled_from([None, 1]))
@settings(max_examples=50, deadline=None)
def test_an_array_holds_what_it_was_written_from(
    tmp_path_factory: pytest.TempPathFactory, given_values: list[Any], indent: int | None
) -> None:
    text = json.dumps(given_values, indent=indent)
    assert read(tmp_path_factory.getbasetemp(), text) == given_values


def test_values_lie_across_the_ends_of_what_is_read_at_once(tmp_path: Path) -> None:
    long = [{"n": number, "text": "é\\n" * (CHUNK // 40)} for number in range(30)]
    assert read(tmp_path, json.dumps(long, ensure_ascii=False)) == long
    numbers = [10**9 + number for number in range(CHUNK // 5)]
    text = " ".join(map(str, numbers))
    assert read(tmp_path, text, in_array=False) == numbers


def test_arrays_that_follow_each_other_are_all_read(tmp_path: Path) -> None:
    assert read(tmp_path, '[1, 2]\n[3][]\n{"a": 4}') == [1, 2, 3, {"a": 4}]


def test_a_comma_before_the_end_of_an_array_is_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, '[{"a": 1}, ]') == [{"a": 1}]


def test_the_line_on_which_a_value_begins_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").write_text('{\n"a": 1\n}\n\n{"a":\n2}\n')
    found = list(values(tmp_path / "log", in_array=False))
    assert found == [(1, {"a": 1}), (5, {"a": 2})]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"a": 1} {"a": 2}]', "does not go on or end"),
        ('[{"a": 1}', "does not go on or end"),
        ('[{"a": 1},', "Expecting value"),
        ('[{"a": 1}] more', "Expecting value"),
        ('[{"a": tru}]', "Expecting value"),
        ('[{"a": ' + "9" * 5000 + "}]", "number out of range"),
        ('[{"a": "', "Unterminated string"),
        ("[" + '{"a":' * 100_000, "recursion limit"),
    ],
)
def test_what_is_no_json_ends_the_reading_with_its_reason(
    tmp_path: Path, text: str, reason: str
) -> None:
    with pytest.raises(JsonError, match=reason):
        read(tmp_path, text)


def test_half_a_surrogate_spoils_one_value_only(tmp_path: Path) -> None:
    first, second = read(tmp_path, '["\\ud800", "\\ud83d\\ude00"]')
    assert isinstance(first, Unreadable)
    assert second == "\N{GRINNING FACE}"
    log = load('[{"model": "\\ud800"}, {"model": "m"}]')
    assert (log.profile.rows, log.profile.skipped_rows) == (1, 1)
