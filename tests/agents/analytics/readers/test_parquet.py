"""Parquet files of other programs."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from agents.exceptions import UnreadableFile
from tests.agents.analytics.logs import Loaded, load_file, utc


def read(home: Path, query: str) -> Loaded:
    path = home / "no-suffix"
    duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return load_file(path, home / "dataset")


def test_typed_columns_and_structs_are_read(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        """
        SELECT TIMESTAMP '2026-11-03 10:00:00.123456' AS created_at, 'gpt-4o' AS model,
               {'prompt_tokens': 5, 'details': {'cached_tokens': 2}} AS usage,
               1.25::DECIMAL(9, 4) AS cost, 0.75::DOUBLE AS latency_s, [1, 2] AS scores
        """,
    )
    row = log.rows[0]
    assert row["timestamp"] == utc(2026, 11, 3, 10, 0, 0, 123456)
    assert (row["input_tokens"], row["cached_tokens"]) == (5, 2)
    assert (row["cost_usd"], row["latency_ms"]) == (Decimal("1.25"), 750.0)
    assert log.profile.format == "parquet"


@pytest.mark.parametrize(
    "moment",
    [
        "TIMESTAMPTZ '2026-11-03 12:00:00+02'",
        "TIMESTAMP_NS '2026-11-03 10:00:00'",
        "TIMESTAMP_S '2026-11-03 10:00:00'",
        "1793700000",
        "1793700000000::BIGINT",
    ],
)
def test_every_type_of_timestamp_is_read(tmp_path: Path, moment: str) -> None:
    log = read(tmp_path, f"SELECT {moment} AS ts, 'm' AS model")
    assert log.column("timestamp") == [utc(2026, 11, 3, 10)]


def test_a_bad_row_is_named_by_its_number(tmp_path: Path) -> None:
    log = read(
        tmp_path,
        "SELECT 'm' AS model, if(i = 41, -5, i) AS tokens_in FROM range(200) rows(i)",
    )
    assert log.profile.skipped_rows == 1
    assert log.profile.skipped_examples[0].line == 42


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no rows"):
        read(tmp_path, "SELECT 'm' AS model WHERE false")


def test_a_list_cannot_be_mapped(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no columns"):
        read(tmp_path, "SELECT [1, 2] AS tokens_in")


def test_characters_that_a_database_cannot_store_are_dropped(tmp_path: Path) -> None:
    log = read(tmp_path, "SELECT 'a' || chr(0) || 'b' AS model, 5 AS tokens_in")
    assert log.column("model") == ["ab"]


def test_a_small_file_with_too_many_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="has 50,000,001 rows"):
        read(tmp_path, "SELECT 1::UTINYINT AS tokens_in FROM range(50_000_001)")
