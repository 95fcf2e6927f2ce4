"""The SQL that turns cleaned cells into normalised columns, and finds the rows that cannot be."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from agents.analytics.duck import literal, select
from agents.analytics.readers.fields import Reading
from agents.analytics.readers.outcomes import error_text, is_error
from agents.analytics.readers.source import LINE
from agents.analytics.readers.tokens import CACHE, beside_sql, cached_sql
from agents.analytics.readers.values import moment, number, parsed
from agents.analytics.schema import CLUES, COLUMNS, IS_ERROR, SOURCED, TIMESTAMP

MOMENT = "moment"
CELL_SHOWN = 40  # characters of a wrong value that its description repeats
MORE_CACHED = "has more cached than input tokens"


def good_rows(reading: Reading) -> str:
    """A query for the normalised columns of all rows that can be read."""
    reading = _with_moments(reading)
    values = [f"{sql} AS {name}" for name, sql in _values(reading)]
    problem = _first_of(problem for _, problem in _problems(reading))
    judged = select([*values, f"{problem} AS problem"], reading.cells)
    columns = [f"CAST({column.name} AS {column.type}) AS {column.name}" for column in COLUMNS]
    return select(columns, f"({judged})", "WHERE problem IS NULL")


def _with_moments(reading: Reading) -> Reading:
    """Each timestamp read once, not for its value and its problem: half of all that is computed."""
    field = reading.fields.get(TIMESTAMP.name)
    if field is None:
        return reading
    found = f"{moment(field, reading.dates)} AS {MOMENT}"
    reading = replace(reading, cells=f"({select(['*', found], reading.cells)})")
    return reading.having(replace(field, moment=MOMENT))


def bad_rows(reading: Reading, most: int) -> str:
    """A query for number and problem of the first rows that cannot be read."""
    # The good rows go without descriptions: to put them together takes a second of a million rows.
    described = _first_of(
        f"CASE WHEN ({problem}) IS NOT NULL THEN {_description(reading, name)} || ({problem}) END"
        for name, problem in _problems(reading)
    )
    judged = select([LINE, f"{described} AS problem"], reading.cells)
    tail = f"WHERE problem IS NOT NULL ORDER BY {LINE} LIMIT {most}"
    return select([LINE, "problem"], f"({judged})", tail)


def more_cached(reading: Reading) -> str | None:
    """SQL: whether more of the input was cached than there was; None where that cannot be."""
    inputs = reading.fields.get("input_tokens")
    if inputs is None or reading.beside == "true" or not reading.fields.keys() & set(CACHE):
        return None
    larger = f"{cached_sql(reading)} > {number(inputs)}"
    return larger if reading.beside == "false" else f"{larger} AND NOT {reading.beside}"


def _first_of(expressions: Iterable[str]) -> str:
    return f"coalesce({', '.join([*expressions, 'NULL'])})"


def _values(reading: Reading) -> Iterator[tuple[str, str]]:
    for column in SOURCED:
        yield column.name, _value(reading, column.name)
    status, error = (reading.fields.get(name) for name in ("status", "error"))
    yield (
        IS_ERROR.name,
        is_error(
            status.cell if status else None,
            status.unit if status else None,
            error_text(error.cell) if error else None,
        ),
    )


def _value(reading: Reading, name: str) -> str:
    field = reading.fields.get(name)
    if field is None:
        return "NULL"
    if name == "error":
        return error_text(field.cell)
    value = parsed(field, reading.dates).value
    return f"{value} + {beside_sql(reading)}" if name == "input_tokens" else value


def _problems(reading: Reading) -> Iterator[tuple[str | None, str]]:
    """Column, or None for one of the whole row, and an expression: what is wrong, or NULL."""
    for name, field in reading.fields.items():
        problem = parsed(field, reading.dates).problem
        if problem != "NULL" and name not in CLUES:
            yield name, problem
    if condition := more_cached(reading):
        yield None, f"CASE WHEN {condition} THEN '{MORE_CACHED}' END"


def _description(reading: Reading, name: str | None) -> str:
    """SQL for the words before a problem: `has '-5' in 'tokens' (input_tokens), which `."""
    if name is None:
        return "''"
    field = reading.fields[name]
    meaning = "" if field.source == name else f" ({name})"
    shown = f"coalesce('''' || left({field.cell}, {CELL_SHOWN}) || '''', 'no value')"
    return f"'has ' || {shown} || {literal(f' in {field.source!r}{meaning}, which ')}"
