"""What every format's reader offers, and the staging of rows that come from text."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from agents.analytics.duck import literal, pattern
from agents.analytics.readers.numbers import NumberStyle
from agents.analytics.readers.skipped import Skipped
from agents.analytics.readers.watching import counted

LONGEST_VALUE = 500  # characters of a value that are staged
KEPT = LONGEST_VALUE - 32  # of a longer one; its digest follows, so that equality survives
STAGED = "rows.txt"  # beside the part files while a file is read, then removed
SEPARATOR = "\x1f"  # the character that ASCII has for this, "unit separator"
BREAKS = {ord(character): " " for character in ("\n", "\r", SEPARATOR)}
LINE = "line"


class Source(Protocol):
    """A file of one format."""

    @property
    def format(self) -> str: ...

    @property
    def place(self) -> str:
        """What a row's number counts: "line", "row" or "object"."""
        ...

    @property
    def columns(self) -> Sequence[str]:
        """Names as the file has them, nested ones with dots."""
        ...

    @property
    def readable(self) -> Sequence[Path]:
        """What DuckDB must be able to open."""
        ...

    @property
    def numbers(self) -> NumberStyle:
        """What the format tells about how its numbers are written."""
        ...

    def relation(self, wanted: Sequence[str], directory: Path, skipped: Skipped) -> str:
        """
        What stands behind FROM: `line`, then `v0`, `v1`, … as text, one for each wanted column.

        May write into `directory`; rows that are no rows are added to `skipped`.
        """
        ...


def value_names(wanted: Sequence[str]) -> list[str]:
    return [f"v{number}" for number in range(len(wanted))]


def stage(rows: Iterable[tuple[int, Sequence[str]]], wanted: Sequence[str], directory: Path) -> str:
    """
    Write rows as plain lines that DuckDB reads without doubt, and return their relation.

    Text is split into rows in Python because DuckDB's CSV reader, on a stray quote, loses rows
    without a word: of a million rows the last 999, with no rejected row reported. A line break
    inside a value becomes a space; a long value keeps its beginning and gets a digest.
    """
    path = directory / STAGED
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.writelines(_line(number, values) for number, values in counted(rows))
    types = {LINE: "BIGINT"} | dict.fromkeys(value_names(wanted), "VARCHAR")
    columns = ", ".join(f"{literal(name)}: {literal(type_)}" for name, type_ in types.items())
    return (
        f"read_csv({literal(pattern(path))}, columns = {{{columns}}}, auto_detect = false, "
        f"header = false, delim = {literal(SEPARATOR)}, quote = '', escape = '', "
        "new_line = '\\n', compression = 'none')"
    )


def _line(number: int, values: Sequence[str]) -> str:
    text = SEPARATOR.join(values)
    is_long = len(text) > LONGEST_VALUE
    if is_long or "\n" in text or "\r" in text or text.count(SEPARATOR) >= len(values):
        text = SEPARATOR.join(map(_plain, values))
    return f"{number}{SEPARATOR}{text}\n"


def _plain(value: str) -> str:
    if len(value) > LONGEST_VALUE:
        digest = hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()
        value = value[:KEPT] + digest
    return value.translate(BREAKS)
