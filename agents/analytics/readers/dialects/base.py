"""What the reader of a documented format is, and what it may tell while it reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from agents.analytics.beside import BesideTable
from agents.analytics.readers.skipped import Skipped
from agents.analytics.schema import Column

Record: TypeAlias = Mapping[str, Any]
"""A JSON object, or the row of a table by the names of its header."""

Value: TypeAlias = str | int | float | None

LONGEST_SECONDS = 366 * 86_400  # that a row sums up

Row: TypeAlias = tuple[int, Mapping[str, Value]]
"""
Where a row stands in the file, and its values by normalised column.

In the normalised units: input tokens with the cached ones, milliseconds, US dollars, times as
ISO 8601 with a zone or as seconds since 1970. What is absent or None has no value.
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a file begins with, by which its format is told."""

    columns: tuple[str, ...]  # of a table; a log of objects has none
    records: tuple[Record, ...]  # the first few


@dataclass(slots=True)
class Told:
    """What a reader says beside its rows."""

    skipped: Skipped
    sentences: list[str] = field(default_factory=list)  # what was assumed, the weightiest first
    bucket_seconds: int | None = None  # that each row sums up, where rows are sums
    lengths: set[int] = field(default_factory=set)  # of the times that rows sum up, in seconds
    beside: dict[BesideTable, list[Mapping[str, Any]]] = field(default_factory=dict)

    def skip(self, place: int, reason: str) -> None:
        """Leave out what stands at `place`: it "has …", "is …", "lacks …"."""
        self.skipped.add(place, reason)

    def say(self, sentence: str, *, first: bool = False) -> None:
        if sentence not in self.sentences:
            self.sentences.insert(0 if first else len(self.sentences), sentence)

    def lasts(self, seconds: float) -> None:
        """A row sums up so many seconds; rows of different lengths have no common one."""
        if not 1 <= seconds <= LONGEST_SECONDS:
            return  # a mistake, of times that are none or the wrong way round
        if round(seconds) not in self.lengths:
            self.lengths.add(round(seconds))
            self.bucket_seconds = round(seconds) if len(self.lengths) == 1 else None

    def ends_early(self) -> None:
        """More of the data was to be had than the file holds."""
        self.say(
            "The last page says that there are more, so the data is incomplete: fetch the next "
            "pages, and upload all of them in one file.",
            first=True,
        )


@dataclass(frozen=True, slots=True)
class Dialect:
    """
    A documented format. `name` is the format of its data sets, `label` what people call it.

    `sources` are the normalised columns that its rows may fill, and what they are made of, as the
    format writes it. `fits` tells from a sample alone, and never raises. `rows` turns each record
    into rows, none or several; records without any, such as headings, are passed over in silence,
    wrong ones are skipped.
    """

    name: str
    label: str
    sources: Mapping[Column, str]
    fits: Callable[[Sample], bool]
    rows: Callable[[Iterator[tuple[int, Record]], Told], Iterator[Row]]
    rows_are: Literal["requests", "sums"] = "requests"

    @property
    def nothing(self) -> str:
        """What is said of a file of this format without a single row."""
        return f"The file is of the format {self.label}, and it holds no usage."
