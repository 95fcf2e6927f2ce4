"""Parquet, read by DuckDB itself; structs are flattened with dots, lists and maps left out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from agents.analytics.duck import connect, identifier, literal, pattern, select
from agents.analytics.readers.formats import Format
from agents.analytics.readers.numbers import NumberStyle
from agents.analytics.readers.skipped import Skipped
from agents.analytics.readers.source import KEPT, LINE, LONGEST_VALUE, value_names
from agents.analytics.recognition import check_width
from agents.exceptions import UnreadableFile

MOST_ROWS = 50_000_000  # a small file may hold any number of equal rows
UNREADABLE_TYPES = frozenset({"list", "array", "map", "blob", "union", "variant"})


class ParquetFile:
    """Reads a Parquet file; raises UnreadableFile when its index is damaged."""

    format: ClassVar[Format] = "parquet"
    place: ClassVar[str] = "row"
    numbers: ClassVar[NumberStyle] = NumberStyle(are_typed=True)

    def __init__(self, file: Path) -> None:
        self.file = file
        self.readable = (file,)
        with connect(readable=self.readable) as connection:
            try:
                table = connection.sql(f"FROM read_parquet({literal(pattern(file))})")
            except duckdb.Error as error:
                reason = str(error).splitlines()[0]
                raise UnreadableFile(
                    f"The Parquet file is damaged ({reason}). Write or upload it anew."
                ) from error
            if table.shape[0] > MOST_ROWS:
                raise UnreadableFile(
                    f"The file has {table.shape[0]:,} rows; more than {MOST_ROWS:,} cannot be "
                    "read. Upload a part of it."
                )
            types = zip(table.columns, table.types, strict=True)
            self.expressions = dict(_leaves((), types))
        self.columns = list(self.expressions)
        check_width(self.columns)

    def relation(self, wanted: Sequence[str], directory: Path, skipped: Skipped) -> str:
        names = value_names(wanted)
        values = [
            f"{_short(self.expressions[column])} AS {name}"
            for column, name in zip(wanted, names, strict=True)
        ]
        table = f"read_parquet({literal(pattern(self.file))}, file_row_number = true)"
        return f"({select([f'file_row_number + 1 AS {LINE}', *values], table)})"


def _leaves(route: tuple[str, ...], columns: Any) -> Iterator[tuple[str, str]]:
    """Dotted name and SQL expression of each column that holds a single value."""
    for name, type_ in columns:
        here = (*route, name)
        if type_.id == "struct":
            yield from _leaves(here, type_.children)
        elif type_.id not in UNREADABLE_TYPES:
            # Unlike text files these may hold NUL characters, which PostgreSQL cannot store.
            yield ".".join(here).replace("\x00", ""), ".".join(map(identifier, here))


def _short(expression: str) -> str:
    """As `source.stage` shortens: a long value keeps its beginning and gets its digest."""
    text = f"replace(CAST({expression} AS VARCHAR), chr(0), '')"
    shortened = f"left({text}, {KEPT}) || md5({text})"
    return f"CASE WHEN length({text}) > {LONGEST_VALUE} THEN {shortened} ELSE {text} END"
