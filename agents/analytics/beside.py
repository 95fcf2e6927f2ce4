"""Tables that stand beside the requests of a data set, where a log tells more than requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, eq=False)
class BesideTable:
    """A table of its own, in a file that no query over the requests sees."""

    name: str
    columns: Mapping[str, str]  # each with its DuckDB type

    def file(self, directory: Path) -> Path:
        """Where the rows are; a data set without them has no such file."""
        return directory / f"{self.name}.parquet"
