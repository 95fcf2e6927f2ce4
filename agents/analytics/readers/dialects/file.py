"""A file in a documented format, as the common reader takes it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from agents.analytics.readers.dialects.base import Dialect, Record, Sample, Told, Value
from agents.analytics.readers.numbers import NumberStyle
from agents.analytics.readers.skipped import Skipped
from agents.analytics.readers.source import stage
from agents.analytics.recognition import Choice, Recognised

SAMPLED = 20  # records that a format is told by


class Container(Protocol):
    """A file of records, whatever they mean."""

    @property
    def place(self) -> str:
        """What the numbers of records count: "line", "row" or "object"."""
        ...

    @property
    def header(self) -> Sequence[str]:
        """Names of columns, where each record has the same ones."""
        ...

    def records(self, skipped: Skipped) -> Iterator[tuple[int, Record]]:
        """Number and content of each record; what is none is added to `skipped`."""
        ...


def sample_of(container: Container) -> Sample:
    found = container.records(Skipped(container.place))
    records = tuple(record for _, (_, record) in zip(range(SAMPLED), found, strict=False))
    return Sample(tuple(container.header), records)


class DialectFile:
    """A `Source` whose columns are normalised ones."""

    numbers = NumberStyle(are_typed=True)
    readable: tuple[Path, ...] = ()

    def __init__(self, container: Container, dialect: Dialect) -> None:
        self.container = container
        self.dialect = dialect
        self.format = dialect.name
        self.place = container.place
        self.columns = list(dialect.sources.values())
        self.told = Told(Skipped(self.place))

    @property
    def recognised(self) -> Recognised:
        """Which column is which, without a doubt."""
        choices = [
            Choice(column, source, _unit(column.name), is_mapped=True)
            for column, source in self.dialect.sources.items()
        ]
        return Recognised(choices, {})

    def relation(self, wanted: Sequence[str], directory: Path, skipped: Skipped) -> str:
        names = {source: column.name for column, source in self.dialect.sources.items()}
        rows = self._rows([names[source] for source in wanted], skipped)
        return stage(rows, wanted, directory)

    def _rows(self, names: list[str], skipped: Skipped) -> Iterator[tuple[int, list[str]]]:
        self.told = Told(skipped)
        records = self.container.records(skipped)
        for place, row in self.dialect.rows(records, self.told):
            yield place, [_text(row.get(name)) for name in names]


def _unit(column: str) -> str | None:
    return "s" if column == "timestamp" else None


def _text(value: Value) -> str:
    if value is None:
        return ""
    return value.replace("\x00", "") if isinstance(value, str) else str(value)
