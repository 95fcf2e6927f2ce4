"""Bad rows are left out, counted and shown with their reasons; the others are the data set."""

import pytest

from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import load

HEADER = "timestamp,model,input_tokens,output_tokens,latency_ms\n"
ROW = "2026-11-03T10:00:00Z,gpt-4o,100,20,900\n"
NEGATIVE = "2026-11-03,m,-5,2,3\n"


def with_rows(bad: str, good: int = 10) -> str:
    """`good` rows that can be read, then the bad one."""
    return HEADER + ROW * good + bad


BAD_ROWS: dict[str, tuple[str, list[str]]] = {
    "too few values": (with_rows("x,y\n"), ["has 2 values where the header has 5"]),
    "too many values": (with_rows(ROW[:-1] + ",7\n"), ["has 6 values where the header has 5"]),
    "negative tokens": (
        with_rows("2026-11-03,m,-5,2,3\n"),
        ["'-5'", "input_tokens", "negative"],
    ),
    "text for tokens": (with_rows("2026-11-03,m,many,2,3\n"), ["'many'", "not a number"]),
    "half a token": (with_rows("2026-11-03,m,1.5,2,3\n"), ["'1.5'", "not a whole number"]),
    "absurdly many tokens": (with_rows("2026-11-03,m,99999999999999999999,2,3\n"), ["too large"]),
    "infinite latency": (with_rows("2026-11-03,m,1,2,inf\n"), ["'inf'", "over seven days"]),
    "negative latency": (with_rows("2026-11-03,m,1,2,-3\n"), ["'-3'", "negative"]),
    "an absurd cost": ("model,cost\n" + "m,1\n" * 9 + "m,99999999999999\n", ["over ten million"]),
    "a cost beyond any number": ("model,cost\n" + "m,1\n" * 9 + "m,1e300\n", ["not a number"]),
    "a time beyond any year": (with_rows("9000000000000000000,m,1,2,3\n"), ["not a date"]),
    "a word for a time": (with_rows("yesterday,m,1,2,3\n"), ["'yesterday'", "not a date"]),
    "infinity for a time": (with_rows("infinity,m,1,2,3\n"), ["'infinity'", "not a date"]),
    "no time": (
        with_rows(",m,1,2,3\n"),
        ["has no value in 'timestamp', which every row needs"],
    ),
    "an open quote": (
        with_rows('2026-11-03,"gpt-4o,1,2,3\n' + ROW * 9, good=1),
        ["opens a quote that is never closed"],
    ),
    "a stray quote": (with_rows('2026-11-03,"gpt"-4o,1,2,3\n'), ["quote inside"]),
    "a list among objects": ('{"model": "m"}\n[1]\n', ["a list where an object"]),
    "a number among objects": ('{"model": "m"}\n17\n', ["a number where an object"]),
    "cut JSON": ('{"model": "m"}\n{"model":\n', ["is not valid JSON"]),
}
"""Content, whose last rows are bad, and what is said of the first bad one."""
GOOD_AND_BAD = {
    "an open quote": (1, 10),
    **dict.fromkeys(("an absurd cost", "a cost beyond any number"), (9, 1)),
    **dict.fromkeys(("a list among objects", "a number among objects", "cut JSON"), (1, 1)),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_left_out_and_described(name: str) -> None:
    content, expected = BAD_ROWS[name]
    profile = load(content).profile
    good, bad = GOOD_AND_BAD.get(name, (10, 1))
    assert (profile.rows, profile.skipped_rows) == (good, bad)
    first = profile.skipped_examples[0]
    assert first.line == good + content.startswith(("timestamp", "model")) + 1
    for part in expected:
        assert part in first.reason


@pytest.mark.parametrize("bad", [0, 1, 10, 500])
def test_however_many_rows_are_bad_the_good_ones_are_read(bad: int) -> None:
    profile = load(with_rows(NEGATIVE * bad, good=1000 - bad)).profile
    assert (profile.rows, profile.skipped_rows) == (1000 - bad, bad)
    assert len(profile.skipped_examples) == min(bad, 5)


@pytest.mark.parametrize(("bad", "warns"), [(0, False), (10, False), (11, True), (500, True)])
def test_more_than_one_bad_row_in_a_hundred_is_a_warning(bad: int, *, warns: bool) -> None:
    warning = load(with_rows(NEGATIVE * bad, good=1000 - bad)).profile.warning
    assert (warning is not None) == warns
    if warning:
        assert warning.startswith(f"{bad:,} of the 1,000 rows of the file ({bad / 10:.3g} %)")
        assert f"Line {1002 - bad} has '-5'" in warning


def test_skipped_rows_of_all_sorts_are_described_in_the_order_of_the_file() -> None:
    lines = [ROW] * 1000
    lines[10] = "too,few\n"
    lines[20] = "2026-11-03,m,-5,2,3\n"
    lines[30] = '2026-11-03,"m"x,5,2,3\n'
    profile = load(HEADER + "".join(lines)).profile
    assert profile.skipped_rows == 3
    assert [row.line for row in profile.skipped_examples] == [12, 22, 32]


def test_rows_swallowed_by_an_open_quote_are_all_counted() -> None:
    stray = '2026-11-03,"gpt,1,2,3\n'
    profile = load(HEADER + ROW * 500 + stray + ROW * 2 + stray + ROW * 500).profile
    assert profile.rows == 1000
    assert profile.skipped_rows == 4


def test_an_array_is_read_up_to_where_it_is_broken() -> None:
    log = load('[{"model": "a"},\n {"model": "b"}, {"model": ]')
    assert log.column("model") == ["a", "b"]
    (row,) = log.profile.skipped_examples
    assert row.line == 3
    assert "not valid JSON (Expecting value, character 11)" in row.reason
    assert "nothing is read from line 2 on" in row.reason


def test_an_array_that_was_cut_between_two_objects_says_so() -> None:
    log = load('[{"model": "a"}, {"model": "b"}\n{"model": "c"}]')
    assert log.column("model") == ["a", "b"]
    assert "does not go on or end here" in log.profile.skipped_examples[0].reason


def test_elements_of_an_array_that_are_no_objects_are_left_out() -> None:
    log = load('[{"model": "a"}, 5, null, {"model": "b"}]')
    assert log.column("model") == ["a", "b"]
    assert [(row.line, row.reason) for row in log.profile.skipped_examples] == [
        (2, "is JSON, but a number where an object is expected"),
        (3, "is JSON, but null where an object is expected"),
    ]


@pytest.mark.parametrize("good", [1, 4])
def test_a_mapping_that_makes_most_rows_bad_is_refused(good: int) -> None:
    content = "model,speed\n" + "m,5\n" * good + "m,fast\n" * 5
    with pytest.raises(UnreadableFile) as refused:
        load(content, {"latency_ms": "speed"})
    assert "'speed' is mapped to latency_ms, but 5 of" in refused.value.message
    assert "'fast', which is not a number" in refused.value.message


def test_a_mapping_with_a_wrong_unit_is_refused() -> None:
    content = "model,took\n" + "m,900000\n" * 6 + "m,1\n" * 5
    with pytest.raises(UnreadableFile, match=r"'900000', which is over seven days.*its unit"):
        load(content, {"latency_ms": {"column": "took", "unit": "s"}})
    assert load(content, {"latency_ms": {"column": "took", "unit": "ms"}}).profile.rows == 11


def test_a_mapping_that_makes_some_rows_bad_leaves_those_out() -> None:
    log = load("model,speed\n" + "m,5\n" * 5 + "m,fast\n" * 5, {"latency_ms": "speed"})
    assert (log.profile.rows, log.profile.skipped_rows) == (5, 5)
