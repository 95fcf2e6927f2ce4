"""A data set, opened for queries: a connection of its own that sees its part files and no more."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from agents.analytics.duck import connect, literal, select
from agents.analytics.parts import part_files, parts_relation
from agents.analytics.period import ALL, Period
from agents.exceptions import DatasetNotFound

LOG = "log"  # the view that holds the rows of the period


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one data set in one period, with the columns of `schema`."""

    connection: DuckDBPyConnection

    def rows(
        self, expressions: Iterable[str], tail: str = "", *, source: str = LOG
    ) -> list[dict[str, Any]]:
        """Each row of `SELECT expressions FROM source tail` by the names that it gives them."""
        cursor = self.connection.execute(select(expressions, source, tail))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def row(self, expressions: Iterable[str], tail: str = "") -> dict[str, Any]:
        """The one row of a query without groups."""
        return self.rows(expressions, tail)[0]

    def count(self) -> int:
        return int(self.row(["count(*) AS n"])["n"])


@contextmanager
def open_table(directory: Path, period: Period = ALL) -> Iterator[Table]:
    """Open the part files in `directory`; raises DatasetNotFound when there are none."""
    directory = directory.resolve()
    parts = part_files(directory)
    if not parts:
        raise DatasetNotFound("The files of this data set are gone. Upload it anew.")
    with connect(readable=parts) as connection:
        query = select(["*"], parts_relation(directory), _where(period))
        connection.execute(f"CREATE VIEW {LOG} AS {query}")
        yield Table(connection)


def _where(period: Period) -> str:
    bounds: Sequence[tuple[str, Any]] = ((">=", period.start), ("<", period.end))
    conditions = [
        f"timestamp {sign} TIMESTAMP {literal(moment.replace(tzinfo=None).isoformat())}"
        for sign, moment in bounds
        if moment is not None
    ]
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""
