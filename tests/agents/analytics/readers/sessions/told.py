"""Session logs as the product reads them: requests, turns and steps, as plain dictionaries."""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from agents.analytics.beside import BesideTable
from agents.analytics.profile import Profile
from agents.analytics.readers.read import read_file
from agents.analytics.steps import STEPS, TURNS
from tests.agents.analytics.logs import rows_of

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Told:
    profile: Profile
    rows: list[dict[str, Any]]
    turns: list[dict[str, Any]]
    steps: list[dict[str, Any]]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    def total(self, name: str) -> int:
        return sum(row[name] or 0 for row in self.rows)


def told(content: str | Iterable[dict[str, Any]]) -> Told:
    if not isinstance(content, str):
        content = "".join(f"{json.dumps(line)}\n" for line in content)
    with tempfile.TemporaryDirectory() as home:
        file, directory = Path(home) / "log", Path(home) / "dataset"
        file.write_text(content)
        profile = read_file(file, directory)
        return Told(profile, rows_of(directory), beside(directory, TURNS), beside(directory, STEPS))


def told_of(*names: str) -> Told:
    """Of published files, one after the other."""
    return told("".join((DATA / name).read_text() for name in names))


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def beside(directory: Path, table: BesideTable) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        connection.execute(f"FROM read_parquet('{table.file(directory)}')")
        names = [column[0] for column in connection.description or ()]
        return [dict(zip(names, row, strict=True)) for row in connection.fetchall()]
