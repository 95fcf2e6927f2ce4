"""Writes the tables that stand beside the requests."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from agents.analytics.beside import BesideTable
from agents.analytics.duck import literal, pattern, select

STAGED = "beside.jsonl"  # while they are written, then removed


def write_beside(
    connection: DuckDBPyConnection,
    tables: Mapping[BesideTable, Sequence[Mapping[str, Any]]],
    directory: Path,
) -> None:
    """Write each table as Parquet into `directory`; one without rows too."""
    staged = directory / STAGED
    for table, rows in tables.items():
        with staged.open("w", encoding="utf-8", errors="replace") as stream:
            stream.writelines(f"{json.dumps(_plain(row), ensure_ascii=False)}\n" for row in rows)
        columns = ", ".join(
            f"{literal(name)}: {literal(type_)}" for name, type_ in table.columns.items()
        )
        source = (
            f"read_json({literal(pattern(staged))}, columns = {{{columns}}}, "
            "format = 'newline_delimited')"
        )
        file = literal(str(table.file(directory)))
        connection.execute(
            f"COPY ({select(table.columns, source)}) TO {file} (FORMAT parquet, COMPRESSION zstd)"
        )
        staged.unlink()


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without NUL characters, which stand in no column of text."""
    return {
        name: value.replace("\x00", "") if isinstance(value, str) else value
        for name, value in row.items()
    }
