"""Where the rows of a data set are: Parquet part files in its directory."""

from pathlib import Path

from agents.analytics.duck import literal, pattern, select
from agents.analytics.schema import COLUMNS

PART_NAME = "part-{i}"  # as DuckDB's COPY numbers the files


def part_files(directory: Path) -> list[Path]:
    """The Parquet files of a data set, in order."""
    return sorted(directory.glob(f"{PART_NAME.format(i='*')}.parquet"))


def parts_relation(directory: Path) -> str:
    """What stands behind FROM to read all part files; needs a connection that may read them."""
    paths = ", ".join(literal(pattern(path)) for path in part_files(directory))
    nothing = select(
        [f"CAST(NULL AS {column.type}) AS {column.name}" for column in COLUMNS],
        "range(0)",
    )
    # Files that were written before a column was known have NULL in it.
    return f"({nothing} UNION ALL BY NAME FROM read_parquet([{paths}]))"


def rows_relation(directory: Path) -> str:
    """A query for all rows of a data set as they are asked about."""
    # A row of a log of single requests does not say that it is one.
    counted = "* REPLACE (coalesce(requests, 1) AS requests)"
    return select([counted], parts_relation(directory))
