"""Logs that are made for a question over time, opened as tools open them."""

import csv
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from agents.analytics.filters import Condition
from agents.analytics.period import ALL, Period
from agents.analytics.profile import Profile
from agents.analytics.readers.read import read_file
from agents.analytics.table import Table, open_table
from agents.analytics.timeline import Recording, recording
from tests.agents.analytics.logs import rows_of

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Made:
    table: Table
    profile: Profile
    rows: list[dict[str, Any]]  # as the part files hold them

    @property
    def recorded(self) -> Recording:
        found = recording(self.profile, ALL)
        assert found is not None
        return found


def as_csv(rows: Sequence[Row]) -> str:
    """CSV text with a column for every name that a row has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _text(value) for name, value in row.items()})
    return buffer.getvalue()


@contextmanager
def made(
    rows: Sequence[Row], period: Period = ALL, where: Sequence[Condition] = ()
) -> Iterator[Made]:
    """`rows`, as a log with these columns says them, read and opened."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "log.csv"
        file.write_text(as_csv(rows))
        profile = read_file(file, Path(home) / "dataset")
        with open_table(Path(home) / "dataset", period, where) as table:
            yield Made(table, profile, rows_of(Path(home) / "dataset"))


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
