"""A data set opened for queries."""

from pathlib import Path

import duckdb
import pytest

from agents.analytics.cost import costs
from agents.analytics.period import parse
from agents.analytics.table import open_table
from agents.exceptions import DatasetNotFound
from tests.agents.analytics.conftest import Opened


def test_only_rows_of_the_period_are_seen(sample: Opened, sample_directory: Path) -> None:
    moments = [row["timestamp"] for row in sample.rows]
    for text in ("last 2 days", "2026-08-12", "since 2026-08-14", "all"):
        period = parse(text, min(moments), max(moments))
        expected = [
            moment
            for moment in moments
            if (period.start is None or period.start <= moment)
            and (period.end is None or moment < period.end)
        ]
        with open_table(sample_directory, period) as table:
            assert table.count() == len(expected)


def test_the_first_and_the_last_row_are_in_a_period_that_spans_them(
    sample: Opened, sample_directory: Path
) -> None:
    moments = [row["timestamp"] for row in sample.rows]
    period = parse("last 999 days", min(moments), max(moments))
    with open_table(sample_directory, period) as table:
        assert table.count() == len(moments)


def test_a_query_reaches_nothing_but_the_data_set(sample_directory: Path) -> None:
    with open_table(sample_directory) as table, pytest.raises(duckdb.Error):
        table.rows(["*"], source="read_text('/etc/hostname')")


def test_a_data_set_whose_files_are_gone_says_so(tmp_path: Path) -> None:
    with (
        pytest.raises(DatasetNotFound, match="files of this data set are gone"),
        open_table(tmp_path),
    ):
        pass


def test_part_files_from_before_a_column_was_known_have_none_of_it(tmp_path: Path) -> None:
    query = "SELECT TIMESTAMP '2026-11-03' AS timestamp, 'm' AS model, 5::BIGINT AS input_tokens"
    duckdb.execute(f"COPY ({query}) TO '{tmp_path}/part-0.parquet' (FORMAT parquet)")
    with open_table(tmp_path) as table:
        assert table.row(["*"])["input_tokens"] == 5
        assert table.row(["count(cache_write_tokens) AS n"]) == {"n": 0}
        assert costs(table, "prices").total.input_tokens == 5
