"""The one door for files: a log of any known format becomes Parquet part files and a profile."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from agents.analytics.duck import connect, literal, pattern, select
from agents.analytics.parts import PART_NAME, part_files
from agents.analytics.profile import EXAMPLES, Profile, SkippedRow
from agents.analytics.readers.beside import write_beside
from agents.analytics.readers.csv import CsvFile
from agents.analytics.readers.decisions import decide, settled
from agents.analytics.readers.dialects.base import Told
from agents.analytics.readers.dialects.file import DialectFile, sample_of
from agents.analytics.readers.dialects.otel.dialect import PROTOBUF
from agents.analytics.readers.dialects.otel.file import ProtobufFile
from agents.analytics.readers.dialects.registry import dialect_of
from agents.analytics.readers.fields import Reading
from agents.analytics.readers.formats import format_of
from agents.analytics.readers.json import JsonFile, JsonRecords
from agents.analytics.readers.normalise import bad_rows, good_rows
from agents.analytics.readers.parquet import ParquetFile
from agents.analytics.readers.repeated import DISTINCT, without_repeats
from agents.analytics.readers.skipped import Skipped
from agents.analytics.readers.source import LINE, STAGED, Source
from agents.analytics.readers.summary import profile_of
from agents.analytics.readers.unusable import check_mapped, without_unusable
from agents.analytics.readers.values import cleaned
from agents.analytics.readers.watching import Watch, reach, watching
from agents.analytics.recognition import Recognised, recognise
from agents.exceptions import UnreadableFile

PART_BYTES = "128MB"
LONGEST_STEP_SECONDS = 300  # a million rows take 2 s
CELLS = "cells.parquet"  # beside the part files while a file is read, then removed


def read_file(
    file: Path,
    directory: Path,
    mapping: Mapping[str, Any] | None = None,
    *,
    watch: Watch | None = None,
) -> Profile:
    """
    Read the usage log `file` into Parquet part files in the new `directory`.

    `mapping` says which column is which, as `recognition.recognise` describes. `watch` is told, in
    this thread, how far it is, unless it is soon done. Raises UnreadableFile, whose text says what
    to correct and where, and InvalidInput for a mapping that does not fit the file. On any error
    `directory` is gone.
    """
    directory = directory.absolute()
    directory.mkdir(parents=True)
    try:
        with watching(file, watch):
            return _read(file.resolve(), directory.resolve(), mapping)
    except (duckdb.Error, MemoryError, RecursionError) as error:
        shutil.rmtree(directory)
        reason = next(iter(str(error).splitlines()), "it needs too much memory")
        raise UnreadableFile(f"The file cannot be read: {reason}") from error
    except BaseException:
        shutil.rmtree(directory)
        raise


def open_source(file: Path, *, is_mapped: bool = False) -> Source | DialectFile:
    """
    The reader for what `file` holds; raises UnreadableFile.

    A documented format has no columns that could be mapped: with a mapping its fields are read as
    those of any log.
    """
    match format_of(file):
        case "parquet":
            return ParquetFile(file)
        case "csv":
            table = CsvFile(file)
            dialect = None if is_mapped else dialect_of(sample_of(table))
            if dialect:
                return DialectFile(table, dialect)
            table.check_header()
            return table
        case "jsonl":
            objects = JsonRecords(file)
            dialect = None if is_mapped else dialect_of(sample_of(objects))
            if dialect:
                return DialectFile(objects, dialect)
            return JsonFile(objects, is_mapped=is_mapped)
        case "protobuf":
            return DialectFile(ProtobufFile(file), PROTOBUF)


def _read(file: Path, directory: Path, mapping: Mapping[str, Any] | None) -> Profile:
    source = open_source(file, is_mapped=bool(mapping))
    known = source if isinstance(source, DialectFile) else None
    reach("reading")
    recognised, relation, skipped = _staged(source, directory, mapping)
    with connect(
        readable=source.readable, writable=directory, seconds=LONGEST_STEP_SECONDS
    ) as connection:
        reach("writing")
        cells = _clean(connection, relation, len(recognised.choices), directory)
        reach("writing", 0.4)
        repeats = without_repeats(connection, cells, recognised.choices, directory)
        reading = (
            settled(connection, repeats.cells, recognised.choices, known.dialect.rows_are)
            if known
            else decide(connection, repeats.cells, recognised.choices, source.numbers)
        )
        if known and not reading.rows and not skipped.count:
            raise UnreadableFile(known.dialect.nothing)
        reach("writing", 0.6)
        reading = _write(connection, repeats.noted(reading), directory, skipped)
        reach("writing", 0.9)
        for name in (STAGED, CELLS, DISTINCT):
            (directory / name).unlink(missing_ok=True)
        kept = reading.sources
        profile = profile_of(
            connection,
            directory,
            format_=source.format,
            reading=reading,
            ignored=[name for name in source.columns if name not in kept],
        )
        told = known.told if known else Told(skipped)
        write_beside(connection, told.beside, directory)
    shutil.rmtree(directory / "spill", ignore_errors=True)
    doubts = [said for target, said in recognised.doubts.items() if target in reading.fields]
    return profile.model_copy(
        update={
            "bucket_seconds": told.bucket_seconds if told.lengths else reading.bucket_seconds,
            "skipped_rows": skipped.count,
            "repeated_rows": repeats.rows,
            "skipped_examples": skipped.examples,
            "assumptions": [*told.sentences, *profile.assumptions, *doubts],
        }
    )


def _staged(
    source: Source | DialectFile, directory: Path, mapping: Mapping[str, Any] | None
) -> tuple[Recognised, str, Skipped]:
    """Which columns are read, what stands behind FROM to read them, and what is no row."""
    while True:
        columns = list(source.columns)
        recognised = (
            source.recognised if isinstance(source, DialectFile) else recognise(columns, mapping)
        )
        skipped = Skipped(source.place)
        wanted = [choice.source for choice in recognised.choices]
        relation = source.relation(wanted, directory, skipped)
        # Objects may have columns that only show when all are read.
        if len(columns) == len(source.columns):
            return recognised, relation, skipped


def _clean(connection: DuckDBPyConnection, relation: str, width: int, directory: Path) -> str:
    """
    Write the cleaned cells as Parquet and return what stands behind FROM to read them.

    The next steps read them twice: from text, with the cleaning repeated, that took 15 s for a
    million rows in place of 3.
    """
    columns = [f"{cleaned(f'v{number}')} AS c{number}" for number in range(width)]
    query = select([LINE, *columns], relation)
    path = directory / CELLS
    connection.execute(f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION lz4)")
    return f"read_parquet({literal(pattern(path))})"


def _write(
    connection: DuckDBPyConnection, reading: Reading, directory: Path, skipped: Skipped
) -> Reading:
    """
    Write the rows that can be read, if need be without columns that cannot; returns what was read.

    Raises UnreadableFile if there are no rows.
    """
    if not reading.rows and not skipped.count:
        raise UnreadableFile("The file has column names but no rows.")
    good = _copy(connection, reading, directory)
    if good < reading.rows and (left := without_unusable(connection, reading)) != reading:
        reading = left
        good = _copy(connection, reading, directory)
    if good < reading.rows:
        if good:
            check_mapped(connection, reading)
        found = connection.execute(bad_rows(reading, EXAMPLES)).fetchall()
        examples = [SkippedRow(line=line, reason=reason) for line, reason in found]
        skipped.extend(reading.rows - good, examples)
    skipped.refuse_if_none(good)
    return reading


def _copy(connection: DuckDBPyConnection, reading: Reading, directory: Path) -> int:
    """Write the part files anew; returns their number of rows."""
    for part in part_files(directory):
        part.unlink()
    written = connection.execute(
        f"COPY ({good_rows(reading)}) TO {literal(str(directory))} (FORMAT parquet, "
        f"COMPRESSION zstd, FILE_SIZE_BYTES {literal(PART_BYTES)}, "
        f"FILENAME_PATTERN {literal(PART_NAME)}, OVERWRITE_OR_IGNORE true)"
    ).fetchall()
    return int(written[0][0])
