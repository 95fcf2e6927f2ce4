"""Data sets for the arithmetic, read once."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agents.analytics.readers.read import read_file
from agents.analytics.table import Table, open_table
from tests.agents.analytics.logs import rows_of
from tests.agents.analytics.sample import sample_log


@dataclass(frozen=True)
class Opened:
    """A data set and its rows as plain dictionaries."""

    table: Table
    rows: list[dict[str, Any]]


@pytest.fixture(scope="session")
def sample_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sample")
    (home / "log.csv").write_text(sample_log())
    read_file(home / "log.csv", home / "dataset")
    return home / "dataset"


@pytest.fixture(scope="session")
def sample(sample_directory: Path) -> Iterator[Opened]:
    with open_table(sample_directory) as table:
        yield Opened(table, rows_of(sample_directory))
