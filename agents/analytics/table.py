"""A data set, opened for queries: a connection of its own that sees its part files and no more."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from agents.analytics.duck import connect, literal, select
from agents.analytics.filters import Condition, sql
from agents.analytics.parts import Contents
from agents.analytics.period import ALL, Period
from agents.exceptions import DatasetNotFound

REQUESTS = "CAST(coalesce(sum(requests), 0) AS BIGINT)"
"""SQL: how many requests the rows are; 0 where they are sums that do not tell."""

LOG = "log"  # the view that holds the rows asked about
WHOLE = "whole"  # the view that holds all rows of the data set


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one data set, with the columns of `schema`."""

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
def open_table(
    source: Path | Contents, period: Period = ALL, where: Sequence[Condition] = ()
) -> Iterator[Table]:
    """
    Open the rows of a data set that lie in the period and satisfy all conditions.

    `source` is its directory, or what is in it and in staging. Raises DatasetNotFound when there is
    nothing to open, InvalidInput for a condition without sense.
    """
    if isinstance(source, Path):
        source = Contents.of(source.resolve())
    if not source.readable:
        raise DatasetNotFound("The files of this data set are gone. Upload it anew.")
    conditions = [*_bounds(period), *map(sql, where)]
    tail = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    with connect(readable=source.readable) as connection:
        connection.execute(f"CREATE VIEW {WHOLE} AS {source.rows(connection)}")
        connection.execute(f"CREATE VIEW {LOG} AS {select(['*'], WHOLE, tail)}")
        yield Table(connection)


def _bounds(period: Period) -> list[str]:
    bounds: Sequence[tuple[str, Any]] = ((">=", period.start), ("<", period.end))
    return [
        f"timestamp {sign} TIMESTAMP {literal(moment.replace(tzinfo=None).isoformat())}"
        for sign, moment in bounds
        if moment is not None
    ]
