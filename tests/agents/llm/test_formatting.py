"""Figures for people; and data values in Markdown, where they stay data."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from agents.llm.builtin import formatting

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a | b",
    "a \\| b",
    "a \\\\| b",
    "`code` and ``more``",
    "**bold** _it_ [link](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "https://evil.example and www.evil.example",
    "line one\n| line | two |\n| --- | --- |",
    "# heading\n- list",
    "&lt;b&gt; &#60;",
    "\u202egnp.exe \u0000 \x07",
    "trailing backslash \\",
    "$math$ ~~gone~~",
]

MARKDOWN = MarkdownIt("commonmark").enable("table").enable("strikethrough")


def cells(value: str) -> list[str]:
    """The HTML of the cells of a table's only row, which holds `value` twice."""
    name = formatting.name(value)
    html = MARKDOWN.render(formatting.table(["a", "b", "c"], [[name, name, "end"]]))
    return re.findall(r"<td[^>]*>(.*?)</td>", html, re.DOTALL)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_one_cell_of_plain_code(value: str) -> None:
    first, second, end = cells(value)
    assert first == second
    assert end == "end"
    assert re.fullmatch(r"<code>[^<>]*</code>", first)


@given(st.text(max_size=90))
def test_any_value_is_one_cell_of_plain_code(value: str) -> None:
    first, _, end = cells(value)
    assert end == "end"
    assert re.fullmatch(r"<code>[^<>]*</code>", first)


def test_a_value_is_shown_as_it_is_and_cut_when_it_is_long() -> None:
    assert formatting.name("gpt-4o") == "`gpt-4o`"
    assert formatting.name("") == "`(empty)`"
    assert len(formatting.name("x" * 500)) == formatting.LONGEST_VALUE + 2


@pytest.mark.parametrize("value", HOSTILE)
def test_a_quoted_sentence_has_no_markup_in_it(value: str) -> None:
    html = MARKDOWN.render(f"- {formatting.quoted(value)}")
    assert re.sub(r"</?(ul|li)>|\n", "", html).count("<") == 0


@pytest.mark.parametrize(
    ("number", "text"),
    [(18_059_974, "18,059,974"), (13, "13"), (251.46, "251"), (4.73, "4.7"), (0, "0")],
)
def test_counts_have_separators(number: float, text: str) -> None:
    assert formatting.count(number) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.4, "0 ms"),
        (420.4, "420 ms"),
        (999.4, "999 ms"),
        (999.6, "1.00 s"),
        (1922, "1.92 s"),
        (12_749, "12.7 s"),
        (94_113, "94.1 s"),
        (600_000, "600 s"),
        (4_000_000, "4,000 s"),
    ],
)
def test_durations_are_rounded_for_people(milliseconds: float, text: str) -> None:
    assert formatting.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "$0"),
        ("1234.567", "$1,234.57"),
        ("1", "$1.00"),
        ("0.417123", "$0.417"),
        ("0.0123456", "$0.0123"),
        ("0.00000150", "$0.00000150"),
        ("0.00000000001", "$0.0000000000"),
    ],
)
def test_money_keeps_three_digits_that_count(amount: str, text: str) -> None:
    assert formatting.money(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (0.0004, "under 0.1 %"), (0.013, "1.3 %"), (0.58, "58 %"), (1, "100 %")],
)
def test_shares_are_percentages(share: float, text: str) -> None:
    assert formatting.percent(share) == text
