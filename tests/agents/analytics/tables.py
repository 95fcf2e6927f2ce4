"""Tables made of plain rows, and a desk's files of them; the fastest way to a log in a test."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import duckdb

from agents.analytics.schema import COLUMNS
from agents.analytics.table import LOG, WHOLE, Table

Row = Mapping[str, Any]


@contextmanager
def open_rows(rows: Sequence[Row]) -> Iterator[Table]:
    """A table of these rows, NULL in every column that a row does not name."""
    names = [column.name for column in COLUMNS]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        types = ", ".join(f"{column.name} {column.type}" for column in COLUMNS)
        connection.execute(f"CREATE TABLE given ({types})")
        if rows:
            marks = ", ".join("?" for _ in names)
            values = [[_value(row.get(name)) for name in names] for row in rows]
            connection.executemany(f"INSERT INTO given VALUES ({marks})", values)
        for view in (WHOLE, LOG):
            connection.execute(
                f"CREATE VIEW {view} AS SELECT * REPLACE (coalesce(requests, 1) AS requests)"
                " FROM given"
            )
        yield Table(connection)


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as an uploaded file has them."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names)
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _value(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
