"""Usage logs for tests: written to a file, read by the product, compared with plain Python."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from agents.analytics.profile import Profile
from agents.analytics.readers.read import read_file
from agents.analytics.table import Table
from tests.optional import IS_CI

AZURE = Path(__file__).parents[4] / "shared" / "data" / "AzureLLMInferenceTrace_code.csv"

needs_azure = pytest.mark.skipif(
    not AZURE.exists() and not IS_CI,
    reason=f"needs Microsoft's Azure LLM inference trace (AzurePublicDataset) at {AZURE}",
)


@dataclass(frozen=True)
class Loaded:
    profile: Profile
    rows: list[dict[str, Any]]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]


def load(content: str | bytes, mapping: Mapping[str, Any] | None = None) -> Loaded:
    """Read `content` as an uploaded file; the rows are what its part files hold."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "upload"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_file(file, Path(home) / "dataset", mapping)


def load_file(file: Path, directory: Path, mapping: Mapping[str, Any] | None = None) -> Loaded:
    profile = read_file(file, directory, mapping)
    return Loaded(profile, rows_of(directory))


def rows_of(directory: Path) -> list[dict[str, Any]]:
    """All rows of a data set as dictionaries, with aware times."""
    with duckdb.connect() as connection:
        connection.execute(f"FROM read_parquet('{directory}/part-*.parquet')")
        names = [column[0] for column in connection.description or ()]
        return [dict(zip(names, map(_aware, row), strict=True)) for row in connection.fetchall()]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


@contextmanager
def open_values(rows: str) -> Iterator[Table]:
    """A table whose only column with values is output_tokens, from the rows of a VALUES list."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE VIEW log AS SELECT output_tokens, NULL::BOOLEAN AS is_error, 1 AS requests "
            f"FROM (VALUES {rows}) AS given(output_tokens)"
        )
        yield Table(connection)
