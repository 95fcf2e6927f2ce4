"""What CSV files may look like."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agents.analytics.logs import load, utc

ROWS = [["2026-11-03T10:00:00Z", "gpt-4o", "100"], ["2026-11-03T10:00:01Z", "o3", "7"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_usual_delimiter_and_line_ending_is_read(delimiter: str, ending: str) -> None:
    lines = [delimiter.join(row) for row in [["timestamp", "model", "tokens in"], *ROWS]]
    log = load(ending.join(lines))
    assert log.column("model") == ["gpt-4o", "o3"]
    assert log.column("input_tokens") == [100, 7]


def test_line_endings_may_be_mixed() -> None:
    log = load("model,tokens_in\r\na,1\nb,2\r\nc,3\rd,4")
    assert log.column("input_tokens") == [1, 2, 3, 4]


def test_a_byte_order_mark_is_not_part_of_the_first_name() -> None:
    log = load("\ufefftimestamp,model\n2026-11-03,m\n")
    assert log.column("timestamp") == [utc(2026, 11, 3)]


def test_quoted_values_may_hold_delimiters_quotes_and_line_breaks() -> None:
    log = load('model,error,tokens_in\n"a,b","said ""no""\nand left",5\n')
    assert log.rows[0]["model"] == "a,b"
    assert log.rows[0]["error"] == 'said "no" and left'


def test_blank_lines_and_rows_of_empty_cells_are_no_rows() -> None:
    log = load("\n\nmodel,tokens_in\n\na,1\n,\n\nb,2\n\n")
    assert log.column("model") == ["a", "b"]
    assert log.profile.skipped_rows == 0


def test_a_delimiter_at_the_end_of_every_line_is_forgiven() -> None:
    assert load("model,tokens_in\na,1,\nb,2,,\n").column("input_tokens") == [1, 2]


def test_a_comma_is_the_decimal_sign_where_semicolons_separate() -> None:
    log = load("model;cost;latency_ms\nm;0,25;12,5\nm;1.5;10\n")
    assert log.column("cost_usd") == [Decimal("0.25"), Decimal("1.5")]
    assert log.column("latency_ms") == [12.5, 10]


def test_words_for_nothing_are_nothing() -> None:
    log = load("model,tokens_in\n" + "".join(f"{word},1\n" for word in ("", "NULL", "None", "NaN")))
    assert log.column("model") == [None] * 4
    assert "model" in log.profile.missing


def test_a_value_of_a_hundred_thousand_characters_is_no_problem() -> None:
    log = load(f'model,prompt,tokens_in\nm,"{"word " * 50_000}",1\n')
    assert log.rows[0]["prompt_hash"] is not None


def test_names_with_quotes_and_sql_in_them_stay_names() -> None:
    log = load("model,tokens_in,it's \"; DROP TABLE x\n'); DROP TABLE x; --,1,2\n")
    assert log.column("model") == ["'); DROP TABLE x; --"]
    assert log.profile.ignored == ["it's \"; DROP TABLE x"]


CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=20
)


@settings(max_examples=40)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, st.integers(0, 10**12)), min_size=1, max_size=30),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_python_writes_is_read_as_python_reads_it(
    rows: list[tuple[str, str, int]], delimiter: str, quoting: int
) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["feature", "user", "input_tokens"])
    writer.writerows(rows)
    log = load(buffer.getvalue())
    nothing = {"", "null", "none", "nan", "n/a", "na", "nil", "undefined", "\\n", "-"}
    expected = [
        tuple(None if text.lower() in nothing else text for text in row[:2]) + row[2:]
        for row in rows
    ]
    assert [(r["feature"], r["user_id"], r["input_tokens"]) for r in log.rows] == expected


@pytest.mark.parametrize(
    "preamble", ["sep=;\n", '"sep=;"\n', "# exported by x\n# on a Monday\n", "\n#\nsep=;\n"]
)
def test_lines_before_the_header_are_passed_over_and_counted(preamble: str) -> None:
    rows = "m;5\n" * 200
    log = load(f"{preamble}model;tokens_in\n{rows}m;x\n")
    assert log.profile.rows == 200
    assert log.profile.skipped_examples[0].line == preamble.count("\n") + 202


def test_a_header_may_begin_with_a_number_sign() -> None:
    assert load("#,model,tokens_in\n1,m,5\n").column("input_tokens") == [5]
    assert load("#timestamp,model\n2026-11-03,m\n").column("timestamp") == [utc(2026, 11, 3)]


@pytest.mark.parametrize(
    ("day", "clock"),
    [("2026-11-03", "10:00:05"), ("03.11.2026", "10:00:05"), ("2026-11-03", "10:00:05Z")],
)
def test_a_day_and_a_clock_are_one_time(day: str, clock: str) -> None:
    log = load(f"date,time,model\n{day},{clock},m\n")
    assert log.column("timestamp") == [utc(2026, 11, 3, 10, 0, 5)]
    assert log.profile.source_of("timestamp").source == "date + time"  # type: ignore[union-attr]


def test_of_two_complete_times_one_is_read() -> None:
    log = load("date,time,model\n2026-11-03,2026-11-03T10:00:00Z,m\n")
    assert log.column("timestamp") == [utc(2026, 11, 3, 10)]
    assert log.profile.ignored == ["date"]
    assert "'date' would fit too" in log.profile.assumptions[-1]
