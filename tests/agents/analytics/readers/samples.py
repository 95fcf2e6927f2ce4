"""The published samples beside these tests."""

import tempfile
from pathlib import Path
from typing import Any

from tests.agents.analytics.logs import Loaded, load_file

DATA = Path(__file__).parent / "data"


def sample(name: str) -> Loaded:
    with tempfile.TemporaryDirectory() as home:
        return load_file(DATA / name, Path(home) / "dataset")


def only(log: Loaded, *columns: str) -> list[tuple[Any, ...]]:
    """Of each row the values of these columns."""
    return [tuple(row[column] for column in columns) for row in log.rows]


def values(row: dict[str, Any]) -> dict[str, Any]:
    """What a row has a value for, times and money as text."""
    return {
        name: value if isinstance(value, str | int | float | bool) else str(value)
        for name, value in row.items()
        if value is not None
    }
