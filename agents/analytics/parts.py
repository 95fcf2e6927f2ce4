"""
Where the rows of a data set are: Parquet part files in its directory.

The parts of a data set that grows have versions: `part-000002.0005.parquet` takes the place of
`part-000002.0004.parquet`, which stays for those who are reading it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from duckdb import DuckDBPyConnection

from agents.analytics.duck import identifier, literal, pattern, select
from agents.analytics.schema import COLUMNS

PART_NAME = "part-{i}"  # as DuckDB's COPY numbers the files


def part_files(directory: Path) -> list[Path]:
    """The Parquet files of a data set, in order; of each part the newest version."""
    return list({part_of(path): path for path in all_versions(directory)}.values())


def all_versions(directory: Path) -> list[Path]:
    """The Parquet files of a data set with those that newer ones replaced, each before them."""
    return sorted(directory.glob(f"{PART_NAME.format(i='*')}.parquet"))


def part_of(path: Path) -> str:
    return path.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Contents:
    """
    What to open for the rows of a data set, as it is at one moment.

    `staged` has a JSON object for each row that was reported and is not in a part file for sure.
    """

    parts: tuple[Path, ...]
    staged: Path | None = None

    @classmethod
    def of(cls, directory: Path) -> Self:
        """Of a data set that does not grow."""
        return cls(tuple(part_files(directory)))

    @property
    def readable(self) -> tuple[Path, ...]:
        """The files that a connection must be able to read."""
        return (*self.parts, self.staged) if self.staged else self.parts

    def relation(self, connection: DuckDBPyConnection) -> str:
        """
        What stands behind FROM for all rows, each once.

        Staged rows are read now, into a temporary table, so that a query may read them often.
        """
        if self.staged is None:
            return relation_of(self.parts)
        known = relation_of(self.parts)
        new = select(["*"], read_staged(self.staged), f"ANTI JOIN {known} USING (request_id)")
        table = staged_table(self.staged)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS {new}")
        return f"(FROM {known} UNION ALL BY NAME FROM {table})"

    def rows(self, connection: DuckDBPyConnection) -> str:
        """A query for all rows, each once, as they are asked about."""
        # A row of a log of single requests does not say that it is one.
        return select(["* REPLACE (coalesce(requests, 1) AS requests)"], self.relation(connection))


def parts_relation(directory: Path) -> str:
    """What stands behind FROM to read all part files; needs a connection that may read them."""
    return relation_of(part_files(directory))


def relation_of(parts: Sequence[Path]) -> str:
    """The same for these part files, of which there may be none."""
    nothing = select(
        [f"CAST(NULL AS {column.type}) AS {column.name}" for column in COLUMNS],
        "range(0)",
    )
    if not parts:
        return f"({nothing})"
    paths = ", ".join(literal(pattern(path)) for path in parts)
    # Files that were written before a column was known have NULL in it.
    return f"({nothing} UNION ALL BY NAME FROM read_parquet([{paths}]))"


def staged_table(file: Path) -> str:
    """
    The table of the rows in `file`, which are in no part file yet.

    Each file has its own, for a connection may open several data sets; and none of these is called
    so, for their names in a query have no spaces.
    """
    return identifier(f"staged rows {hashlib.sha256(bytes(file)).hexdigest()[:16]}")


def read_staged(file: Path) -> str:
    """What stands behind FROM to read staged rows, each key once."""
    columns = ", ".join(f"{literal(column.name)}: {literal(column.type)}" for column in COLUMNS)
    return (
        f"read_json({literal(pattern(file))}, format = 'newline_delimited', "
        f"columns = {{{columns}}}, compression = 'none')"
    )
