"""CSV with a header line, separated by commas, semicolons, tabs or bars, quoted as in RFC 4180."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import TextIOWrapper
from operator import itemgetter
from pathlib import Path
from typing import ClassVar

from agents.analytics.readers.fields import DecimalMark
from agents.analytics.readers.formats import Format
from agents.analytics.readers.numbers import NumberStyle
from agents.analytics.readers.skipped import Skipped
from agents.analytics.readers.source import stage
from agents.analytics.readers.text import check_text
from agents.analytics.readers.watching import opened
from agents.analytics.recognition import check_width, how_many_recognised
from agents.exceptions import UnreadableFile

DELIMITERS = (",", ";", "\t", "|")
SEPARATOR_LINE = re.compile(r'^"?sep=.{0,2}\s*$', re.IGNORECASE)
LONGEST_VALUE = 16 * 1024 * 1024  # characters; a prompt may be long, an open quote is longer

# The limit is the csv module's own and holds for the process; its default of 131,072 characters
# is less than one long prompt.
csv.field_size_limit(LONGEST_VALUE)


class CsvFile:
    """A log in a table, each column with a name of its own."""

    format: ClassVar[Format] = "csv"
    place: ClassVar[str] = "line"

    def __init__(self, file: Path) -> None:
        check_text(file)
        self.file = file
        self.readable: tuple[Path, ...] = ()
        self.preamble = _preamble(file)
        headers = {mark: _header(file, mark, self.preamble) for mark in DELIMITERS}
        check_width(max(headers.values(), key=len))
        self.delimiter = max(
            DELIMITERS, key=lambda mark: (how_many_recognised(headers[mark]), len(headers[mark]))
        )
        self.columns = headers[self.delimiter]
        # Programs choose the semicolon where the comma stands before decimals.
        self.numbers = NumberStyle(
            usual=DecimalMark.COMMA if self.delimiter == ";" else DecimalMark.POINT,
            comma_is_free=self.delimiter != ",",
        )

    @property
    def header(self) -> Sequence[str]:
        return self.columns

    def check_header(self) -> None:
        """Raises UnreadableFile where the first line is none."""
        if not how_many_recognised(self.columns) and any(map(_is_value, self.columns)):
            raise UnreadableFile(
                "The first line holds values, not names. Add a header line such as "
                "timestamp,model,input_tokens,output_tokens,latency_ms"
            )

    def records(self, skipped: Skipped) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Line number and values by column of each row."""
        for line, values in self._rows(list(range(len(self.columns))), skipped):
            yield line, dict(zip(self.columns, values, strict=False))

    def relation(self, wanted: Sequence[str], directory: Path, skipped: Skipped) -> str:
        positions = [self.columns.index(name) for name in wanted]
        return stage(self._rows(positions, skipped), wanted, directory)

    def _rows(self, positions: list[int], skipped: Skipped) -> Iterator[tuple[int, Sequence[str]]]:
        """Line number and wanted values of each row that has as many values as the header."""
        width = len(self.columns)
        pick = _picker(positions)
        for line, after, record in _records(self.file, self.delimiter, skipped, self.preamble):
            # A delimiter at the end of the line makes one value more, an empty one.
            if len(record) == width or (len(record) > width and not any(record[width:])):
                yield line, pick(record)
            else:
                reason = f"has {len(record)} values where the header has {width}"
                skipped.add(line, reason, rows=after - line)


def _picker(positions: list[int]) -> Callable[[list[str]], Sequence[str]]:
    if len(positions) > 1:
        return itemgetter(*positions)
    # itemgetter of a single position would give the value itself.
    return itemgetter(slice(positions[0], positions[0] + 1))


def _preamble(file: Path) -> int:
    """How many lines stand before the header: comments, and Excel's word about the delimiter."""
    with file.open(encoding="utf-8-sig") as stream:
        for number, line in enumerate(stream):
            if line.strip() and not SEPARATOR_LINE.match(line) and not _is_comment(line):
                return number
    return 0


def _is_comment(line: str) -> bool:
    """A header may begin with a # too, as `#,model,tokens` does."""
    return line.startswith("#") and all(
        how_many_recognised(line.split(mark)) < 2 for mark in DELIMITERS
    )


def _header(file: Path, delimiter: str, preamble: int) -> list[str]:
    for _, _, record in _records(file, delimiter, Skipped("line"), preamble, skip_header=False):
        return [name.strip() for name in record]
    return []


def _records(
    file: Path, delimiter: str, skipped: Skipped, preamble: int, *, skip_header: bool = True
) -> Iterator[tuple[int, int, list[str]]]:
    """
    First line, line after the last, and values of each record; empty ones are passed over.

    A record whose quotes do not match is added to `skipped` with all the lines that it swallowed.
    """
    with TextIOWrapper(opened(file), encoding="utf-8-sig", newline="") as stream:
        for _ in range(preamble):
            stream.readline()
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        waits_for_header = skip_header
        while True:
            line = preamble + reader.line_num + 1
            try:
                record = next(reader, None)
            except csv.Error as error:
                skipped.add(line, _quoting(str(error)), rows=preamble + reader.line_num + 1 - line)
                continue
            if record is None:
                return
            if not any(record):
                continue
            if waits_for_header:
                waits_for_header = False
                continue
            yield line, preamble + reader.line_num + 1, record


def _quoting(error: str) -> str:
    if "end of data" in error:
        return "opens a quote that is never closed"
    if "field limit" in error:
        return f"holds a value over {LONGEST_VALUE:,} characters; a quote may not be closed"
    return "has a quote inside a value that is not doubled, or text after a closing quote"


def _is_value(cell: str) -> bool:
    return re.fullmatch(r"-?\d+([.,]\d+)?|\d{4}-\d\d-\d\d.*", cell.strip()) is not None
