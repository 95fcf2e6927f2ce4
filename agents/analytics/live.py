"""A data set that grows: its rows on their way into part files, and its profile meanwhile."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from agents.analytics.duck import connect, literal, select
from agents.analytics.parts import (
    Contents,
    all_versions,
    part_files,
    part_of,
    relation_of,
    staged_table,
)
from agents.analytics.profile import ColumnSource, Profile
from agents.analytics.readers.dialects.otel.dialect import CONVENTION, SOURCES
from agents.analytics.schema import COLUMNS, IS_ERROR, NOT_MISSED, SOURCED

MERGED_ROWS = 250_000  # a part grows with each fold up to these; rewriting them takes half a second
SECONDS = 300  # of a fold; 100,000 rows take one
PART_DIGITS, VERSION_DIGITS = 6, 6


@dataclass(slots=True)
class Held:
    """What rows hold: how many there are, when they began, and how many have each column."""

    rows: int = 0
    first: datetime | None = None
    last: datetime | None = None
    filled: dict[str, int] = field(default_factory=dict)

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Count more rows, as they are staged."""
        self.rows += len(rows)
        counts = Counter(chain.from_iterable(rows))
        for name, count in counts.items():
            self.filled[name] = self.filled.get(name, 0) + count
        if rows:  # their times are in one form, so that text is in their order
            times = [row["timestamp"] for row in rows]
            first, last = map(datetime.fromisoformat, (min(times), max(times)))
            self.first = first if self.first is None else min(self.first, first)
            self.last = last if self.last is None else max(self.last, last)

    def remove(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """No more count rows that were added. When the first and the last began stays as it is."""
        for row in rows:
            self.rows -= 1
            for name in row:
                self.filled[name] -= 1


def held_in(profile: Profile) -> Held:
    filled = {source.column: source.filled for source in profile.columns}
    return Held(profile.rows, profile.first_timestamp, profile.last_timestamp, filled)


def held_by(contents: Contents) -> Held:
    """Count the rows anew; 0.1 s for a million in part files."""
    with connect(readable=contents.readable) as connection:
        counts = [f"count({column.name})" for column in COLUMNS]
        query = select(
            ["min(timestamp)", "max(timestamp)", "count(*)", *counts],
            contents.relation(connection),
        )
        first, last, rows, *filled = connection.execute(query).fetchone() or ()
    names = (column.name for column in COLUMNS)
    counted = {name: count for name, count in zip(names, filled, strict=True) if count}
    return Held(rows, _utc(first), _utc(last), counted)


def profile_of(held: Held, format_: str, skipped: int, sentences: Sequence[str]) -> Profile:
    """The profile of rows that came as spans. Assumptions are the convention and `sentences`."""
    sources = {column.name: source for column, source in SOURCES.items()}
    sources[IS_ERROR.name] = "status"
    return Profile(
        format=format_,
        rows=held.rows,
        first_timestamp=held.first,
        last_timestamp=held.last,
        columns=[
            ColumnSource(column=column.name, source=sources[column.name], filled=count)
            for column in COLUMNS
            if (count := held.filled.get(column.name, 0)) and column.name in sources
        ],
        missing=[
            column.name
            for column in SOURCED
            if not held.filled.get(column.name) and column.name not in NOT_MISSED
        ],
        skipped_rows=skipped,
        assumptions=[CONVENTION, *sentences],
    )


def fold(
    directory: Path, staged: Path, home: Path, *, merged_rows: int = MERGED_ROWS
) -> Path | None:
    """
    Write the rows in `staged` that are in no part file into one; returns it, None if all are.

    The part is made in `home` and appears in `directory` whole, under a name that nobody else can
    take: of two folds at once the second raises FileExistsError and has changed nothing. Whoever
    staged the rows may forget them once this has returned. Up to `merged_rows` are in one part:
    those of the last one are written again with the new ones.
    """
    directory.mkdir(parents=True, exist_ok=True)
    parts = part_files(directory)
    made = home / "part.parquet"
    with connect(readable=[*parts, staged], writable=home, seconds=SECONDS) as connection:
        Contents(tuple(parts), staged).relation(connection)
        table = staged_table(staged)
        new = _count(connection, table)
        if not new:
            return None
        grows = bool(parts) and _count(connection, relation_of(parts[-1:])) + new <= merged_rows
        base = parts[-1:] if grows else []
        rows = f"FROM {relation_of(base)} UNION ALL BY NAME FROM {table}"
        connection.execute(
            f"COPY ({rows}) TO {literal(str(made))} (FORMAT parquet, COMPRESSION zstd)"
        )
    target = directory / _next_name(all_versions(directory), parts, grows=grows)
    _appear(made, target)
    return target


def remove_superseded(directory: Path, before: float) -> None:
    """Remove versions of parts that were replaced before then (seconds since 1970)."""
    versions = all_versions(directory)
    for path, newer in pairwise(versions):
        if part_of(path) == part_of(newer) and newer.stat().st_mtime < before:
            path.unlink(missing_ok=True)


def remove_old(directory: Path, before: datetime) -> int:
    """Remove parts whose last request began before then, but for the newest; returns how many."""
    removed = 0
    for path in part_files(directory)[:-1]:
        last = held_by(Contents((path,))).last
        if last is not None and last < before:
            for version in directory.glob(f"{part_of(path)}.*"):
                version.unlink(missing_ok=True)
            removed += 1
    return removed


def _count(connection: DuckDBPyConnection, relation: str) -> int:
    (count,) = connection.execute(select(["count(*)"], relation)).fetchone() or (0,)
    return int(count)


def _next_name(versions: Sequence[Path], parts: Sequence[Path], *, grows: bool) -> str:
    """The next version of the last part, or the first of the part after it."""
    number, version = 0, 0
    if parts:
        name, digits, _ = parts[-1].name.split(".")
        number, version = int(name.removeprefix("part-")), int(digits)
    number, version = (number, version + 1) if grows else (number + 1, 1)
    return f"part-{number:0{PART_DIGITS}}.{version:0{VERSION_DIGITS}}.parquet"


def _appear(made: Path, target: Path) -> None:
    """Give a file its name for good, unless another one has it; raises FileExistsError."""
    with made.open("rb") as stream:
        os.fsync(stream.fileno())
    os.link(made, target)
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
