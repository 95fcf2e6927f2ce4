"""What is known of a file's columns while it is read, and what was assumed about them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, IntEnum
from typing import Literal

from agents.analytics.readers.timestamps import DateOrder
from agents.analytics.schema import CLUES, Column


class DecimalMark(Enum):
    """What stands before the decimals; the other one may group the digits before it."""

    POINT = "."
    COMMA = ","

    @property
    def other(self) -> "DecimalMark":
        return DecimalMark.COMMA if self is DecimalMark.POINT else DecimalMark.POINT


class Weight(IntEnum):
    """How far an assumption, if wrong, bends the figures: a report shows only the first few."""

    ROWS = 0  # what a row is
    UNITS = 1
    TOKENS = 2  # what counts as a token, and where
    NUMBERS = 3  # how digits are written
    DERIVED = 4
    IGNORED = 5
    STATES = 6
    TIMES = 7
    NAMES = 8


@dataclass(frozen=True, slots=True)
class Field:
    """
    A column of the file on its way to be the normalised column, or the clue, `target`.

    `cell` is SQL for its text, NULL where the file says nothing. With `start`, the cells are
    moments and the value is the time since those of `start`.
    """

    target: Column
    sources: tuple[str, ...]
    cell: str
    unit: str | None = None
    is_mapped: bool = False
    mark: DecimalMark | None = None  # None: the cells are plain numbers
    has_units: bool = False  # some cells end with one, as in 820ms
    start: "Field | None" = None
    moment: str | None = None  # SQL: a column that holds the time which the cell says, read already

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def source(self) -> str:
        """As sentences name it, but for the quotes."""
        return " + ".join(self.sources)


@dataclass(frozen=True, slots=True)
class Reading:
    """
    All that is needed to turn a file's cells into values.

    `cells` stands behind FROM and has `line` and the columns that the fields' SQL names.
    `beside` is SQL: whether a row counts cached tokens beside its input tokens, not in them.
    """

    cells: str
    fields: Mapping[str, Field]
    rows: int = 0
    dates: DateOrder = DateOrder.MONTH_FIRST
    beside: str | None = None
    rows_are: Literal["requests", "sums"] = "requests"
    bucket_seconds: int | None = None  # that a row sums up, if known
    is_documented: bool = False  # the meaning of its columns, so that nobody chose them
    said: tuple[tuple[Weight, str], ...] = ()

    def cell(self, target: str) -> str | None:
        """SQL for the text of `target`; None if the file has no such column."""
        field = self.fields.get(target)
        return field.cell if field else None

    @property
    def assumptions(self) -> list[str]:
        """Sentences, the weightiest first."""
        return [sentence for _, sentence in sorted(self.said, key=lambda pair: pair[0])]

    @property
    def sources(self) -> set[str]:
        """The file's columns whose values are kept."""
        kept = (field for field in self.fields.values() if field.name not in CLUES)
        return {source for field in kept for source in field.sources}

    def saying(self, weight: Weight, *sentences: str) -> "Reading":
        return replace(self, said=(*self.said, *((weight, sentence) for sentence in sentences)))

    def having(self, *fields: Field) -> "Reading":
        """With `fields` in place of those for the same targets."""
        return replace(self, fields={**self.fields, **{field.name: field for field in fields}})

    def without(self, *targets: str) -> "Reading":
        kept = {name: field for name, field in self.fields.items() if name not in targets}
        return replace(self, fields=kept)
