"""What a data set holds and what it lacks."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

EXAMPLES = 5  # skipped rows that are described one by one
MUCH_SKIPPED_PERCENT = 1  # of a file's rows, from which on answers begin with it


class SkippedRow(BaseModel):
    """A row that was left out, and why."""

    model_config = ConfigDict(frozen=True)

    line: int  # counted from 1 with the header; in a Parquet file the row's number
    reason: str


class ColumnSource(BaseModel):
    """Where a normalised column came from."""

    model_config = ConfigDict(frozen=True)

    column: str
    source: str  # the column's name in the file
    conversion: str | None = None  # what was done to its values, such as "seconds to milliseconds"
    filled: int  # rows that have a value


class Profile(BaseModel):
    """Filled when a file is read. `missing` are normalised columns without a single value."""

    model_config = ConfigDict(frozen=True)

    format: str
    rows: int
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    columns: list[ColumnSource] = []
    missing: list[str] = []
    ignored: list[str] = []  # columns of the file that were not read
    # Whether each row is one request, or the sum of those of a time, a model, a key, …
    rows_are: Literal["requests", "sums"] = "requests"
    bucket_seconds: int | None = None  # of a row that is a sum, if known
    requests: int | None = None  # that rows which are sums sum up; None where they do not tell
    skipped_rows: int = 0
    skipped_examples: list[SkippedRow] = []
    assumptions: list[str] = []  # sentences
    repeated_rows: int = 0  # that stand in the file more than once, and are counted once

    @property
    def tells_requests(self) -> bool:
        """Whether requests can be counted; for some rows that are sums nobody did."""
        return self.rows_are == "requests" or bool(self.requests)

    @property
    def warning(self) -> str | None:
        """A sentence, where so many rows were left out that any figure may be wrong by them."""
        all_rows = self.rows + self.skipped_rows
        if self.skipped_rows * 100 <= all_rows * MUCH_SKIPPED_PERCENT:
            return None
        share = f"{self.skipped_rows * 100 / all_rows:.3g} %"
        were = "was" if self.skipped_rows == 1 else "were"
        first = "".join(f" Line {row.line} {row.reason}." for row in self.skipped_examples[:1])
        return (
            f"{self.skipped_rows:,} of the {all_rows:,} rows of the file ({share}) cannot be read "
            f"and {were} left out, so any figure may be wrong by them.{first}"
        )

    def has(self, *columns: str) -> bool:
        """Whether the data set has values in all of these normalised columns."""
        present = {source.column for source in self.columns}
        return present.issuperset(columns)

    def source_of(self, column: str) -> ColumnSource | None:
        return next((source for source in self.columns if source.column == column), None)
