"""The profile of a table that was just written."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from agents.analytics.duck import select
from agents.analytics.parts import parts_relation
from agents.analytics.profile import ColumnSource, Profile
from agents.analytics.readers.durations import UNIT_WORDS
from agents.analytics.readers.fields import Field, Reading
from agents.analytics.readers.outcomes import failed
from agents.analytics.schema import COLUMNS, IS_ERROR, NOT_MISSED, SOURCED, Kind
from agents.analytics.wording import counted

IGNORED_KEPT = 100  # names of columns that were not read
LONGEST_NAME = 100  # characters of such a name
WORDS_SHOWN = 5  # unknown status words that are named


def profile_of(
    connection: DuckDBPyConnection,
    directory: Path,
    *,
    format_: str,
    reading: Reading,
    ignored: Sequence[str],
) -> Profile:
    """Count what the part files in `directory` hold. Skipped rows are the caller's to add."""
    table = parts_relation(directory)
    counts = [f"count({column.name})" for column in COLUMNS]
    totals = ["min(timestamp)", "max(timestamp)", "count(*)", "sum(requests)"]
    query = select([*totals, *counts], table)
    first, last, rows, requests, *filled = connection.execute(query).fetchone() or ()
    counted = dict(zip((column.name for column in COLUMNS), filled, strict=True))
    return Profile(
        format=format_,
        rows=rows,
        rows_are=reading.rows_are,
        requests=(requests or None) if reading.rows_are == "sums" else None,
        first_timestamp=_utc(first),
        last_timestamp=_utc(last),
        columns=[column for column in _columns(reading, counted) if column.filled],
        missing=[
            column.name
            for column in SOURCED
            if not counted[column.name] and column.name not in NOT_MISSED
        ],
        ignored=[name[:LONGEST_NAME] for name in ignored[:IGNORED_KEPT]],
        assumptions=[
            *reading.assumptions,
            *_contradicted_statuses(connection, table, reading),
            *_unknown_statuses(connection, table),
        ],
    )


def _columns(reading: Reading, counted: dict[str, int]) -> Iterator[ColumnSource]:
    for column in SOURCED:
        if field := reading.fields.get(column.name):
            yield ColumnSource(
                column=column.name,
                source=field.source[:LONGEST_NAME],
                conversion=_conversion(field, reading),
                filled=counted[column.name],
            )
    status, error = (reading.fields.get(name) for name in ("status", "error"))
    if origin := status or error:
        yield ColumnSource(
            column=IS_ERROR.name,
            source=origin.source[:LONGEST_NAME],
            conversion="status to failed or not" if status else "failed if not empty",
            filled=counted[IS_ERROR.name],
        )


def _conversion(field: Field, reading: Reading) -> str | None:
    kind, unit = field.target.kind, field.unit
    if field.start:
        return f"time since {field.start.source[:LONGEST_NAME]!r}"
    if kind is Kind.DURATION and unit not in (None, "ms"):
        return f"{UNIT_WORDS[str(unit)]} to milliseconds"
    if kind is Kind.MONEY and unit == "cents":
        return "cents to US dollars"
    if kind is Kind.DIGEST and unit == "text":
        return "MD5 of the text, which is not kept"
    if kind is Kind.TIER and unit == "batch":
        return "true to batch"
    if field.name == "input_tokens" and reading.beside not in (None, "false"):
        return "cached tokens added"
    return None


def _contradicted_statuses(
    connection: DuckDBPyConnection, table: str, reading: Reading
) -> Iterator[str]:
    status = reading.fields.get("status")
    if status is None or "error" not in reading.fields:
        return
    says_success = f"NOT ({failed('status', status.unit)})"
    query = select(["count(*)"], table, f"WHERE error IS NOT NULL AND {says_success}")
    (rows,) = connection.execute(query).fetchone() or (0,)
    if rows:
        yield (
            f"{counted(rows, 'row')} with a status of success and an error text "
            f"in {reading.fields['error'].source[:LONGEST_NAME]!r} count as failed."
        )


def _unknown_statuses(connection: DuckDBPyConnection, table: str) -> Iterator[str]:
    query = select(
        ["status", "count(*)", "sum(count(*)) OVER ()"],
        table,
        "WHERE status IS NOT NULL AND is_error IS NULL "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {WORDS_SHOWN}",
    )
    if found := connection.execute(query).fetchall():
        words = ", ".join(repr(status[:40]) for status, _, _ in found)
        yield (
            f"The status {words} says neither success nor failure; "
            f"{counted(found[0][2], 'row')} with such a status count in no error rate."
        )


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
