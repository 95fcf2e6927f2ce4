"""Points and commas in numbers: what they mean is proven by the file, or assumed and said."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agents.analytics.logs import Loaded, load

AMERICAN, GERMAN = str.maketrans("", ""), str.maketrans(",.", ".,")


def columns(delimiter: str, header: str, *rows: str) -> Loaded:
    """A log with a model and the columns of `header`; `rows` are separated by spaces."""
    lines = [f"model {header}", *(f"m {row}" for row in rows)]
    quoted = [[f'"{value}"' for value in line.split(" ")] for line in lines]
    return load("\n".join(map(delimiter.join, quoted)))


@settings(max_examples=40)
@given(
    tokens=st.lists(st.integers(0, 10**9), min_size=1, max_size=20),
    cents=st.lists(st.integers(0, 10**8), min_size=1, max_size=20),
    style=st.sampled_from([AMERICAN, GERMAN]),
    delimiter=st.sampled_from(",;\t|"),
)
def test_grouped_numbers_are_read_in_either_style(
    tokens: list[int], cents: list[int], style: dict[int, str], delimiter: str
) -> None:
    pairs = list(zip(tokens, cents, strict=False))
    rows = [f"{n:,} {Decimal(c) / 100:,.2f}".translate(style) for n, c in pairs]
    log = columns(delimiter, "tokens_in cost", *rows)
    assert log.column("input_tokens") == [n for n, _ in pairs]
    assert log.column("cost_usd") == [Decimal(c) / 100 for _, c in pairs]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [",", "."])
def test_groups_of_three_digits_in_a_column_of_tokens_are_thousands(
    delimiter: str, mark: str
) -> None:
    log = columns(delimiter, "tokens_in", *(f"{n}{mark}000" for n in (1, 2, 3)))
    assert log.column("input_tokens") == [1000, 2000, 3000]
    assert "does not prove it" in log.profile.assumptions[0]


def test_three_decimals_that_cannot_be_groups_are_decimals() -> None:
    log = columns(",", "tokens_in", "17.000", "1234.000")
    assert log.column("input_tokens") == [17, 1234]


def test_a_part_of_a_token_does_not_exist_so_such_a_mark_groups_and_nothing_is_assumed() -> None:
    log = columns(";", "tokens_in latency_ms", "1,500 2,345", "2,250 3,456")
    assert log.column("input_tokens") == [1500, 2250]
    assert log.column("latency_ms") == [2345, 3456]
    assert not log.profile.assumptions


def test_one_proof_in_the_file_decides_for_its_other_columns() -> None:
    log = columns(";", "tokens_in latency_ms cost", "1.000 1.234 0,5", "2.000 2.345 0,25")
    assert log.column("input_tokens") == [1000, 2000]
    assert log.column("latency_ms") == [1234, 2345]
    assert not log.profile.assumptions


@pytest.mark.parametrize(("delimiter", "expected"), [(";", 1234), ("\t", 1.234)])
def test_what_nothing_proves_is_read_as_usual_and_said(delimiter: str, expected: float) -> None:
    log = columns(delimiter, "latency_ms", "1.234", "2.345")
    assert log.column("latency_ms")[0] == expected
    (sentence,) = log.profile.assumptions
    assert "'1.234' in 'latency_ms'" in sentence
    assert "does not prove it" in sentence


def test_a_decimal_comma_is_read_where_tabs_separate() -> None:
    assert columns("\t", "latency_s", "1,5").column("latency_ms") == [1500]


def test_dollars_may_have_groups() -> None:
    assert columns(",", "cost", "$1,234.50").column("cost_usd") == [Decimal("1234.5")]


def test_typed_numbers_have_points_and_texts_beside_them_may_have_groups() -> None:
    log = load(
        '{"model": "m", "tokens_in": "1,234", "latency_ms": 1.234}\n'
        '{"model": "m", "tokens_in": 7, "latency_ms": 2.345}\n'
    )
    assert log.column("input_tokens") == [1234, 7]
    assert log.column("latency_ms") == [1.234, 2.345]
    assert not log.profile.assumptions


def test_minus_one_says_that_there_is_no_value() -> None:
    log = columns(",", "tokens_in ttft_ms", "5 -1", "6 undefined", "7 N/A", "8 30")
    assert log.column("ttft_ms") == [None, None, None, 30]
    assert log.profile.assumptions == ["-1 in 'ttft_ms' (1 row) is read as no value."]
