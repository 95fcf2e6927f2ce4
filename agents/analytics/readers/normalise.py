"""The SQL that turns cleaned cells into normalised columns, and finds the rows that cannot be."""

from collections.abc import Iterator

from agents.analytics.duck import literal, select
from agents.analytics.readers.decisions import Reading
from agents.analytics.readers.source import LINE
from agents.analytics.readers.values import error_text, is_error
from agents.analytics.schema import COLUMNS, IS_ERROR, SOURCED

CELL_SHOWN = 40  # characters of a wrong value that its description repeats


def good_rows(reading: Reading) -> str:
    """A query for the normalised columns of all rows that can be read."""
    columns = [f"CAST({column.name} AS {column.type}) AS {column.name}" for column in COLUMNS]
    return select(columns, f"({_judged(reading)})", "WHERE problem IS NULL")


def bad_rows(reading: Reading, most: int) -> str:
    """A query for number and problem of the first rows that cannot be read."""
    tail = f"WHERE problem IS NOT NULL ORDER BY {LINE} LIMIT {most}"
    return select([LINE, "problem"], f"({_judged(reading)})", tail)


def _judged(reading: Reading) -> str:
    values = [f"{sql} AS {name}" for name, sql in _values(reading)]
    problem = f"coalesce({', '.join([*_problems(reading), 'NULL'])}) AS problem"
    return select([LINE, *values, problem], reading.cells)


def _values(reading: Reading) -> Iterator[tuple[str, str]]:
    for column in SOURCED:
        yield column.name, _value(reading, column.name)
    error = reading.cell("error")
    status = is_error(
        reading.cell("status"), reading.unit("status"), error_text(error) if error else None
    )
    yield IS_ERROR.name, status


def _value(reading: Reading, name: str) -> str:
    cell = reading.cell(name)
    if cell is None:
        return "NULL"
    if name == "error":
        return error_text(cell)
    value = reading.parsed(name).value
    if name == "input_tokens" and reading.adds_cached:
        return f"{value} + coalesce({reading.parsed('cached_tokens').value}, 0)"
    return value


def _problems(reading: Reading) -> Iterator[str]:
    """An expression per column: the description of what is wrong with its cell, or NULL."""
    for choice in reading.choices:
        name = choice.target.name
        problem = reading.parsed(name).problem
        if problem == "NULL":
            continue
        cell = reading.cell(name)
        meaning = "" if choice.source == name else f" ({name})"
        where = literal(f" in {choice.source!r}{meaning}")
        shown = f"'has ''' || left({cell}, {CELL_SHOWN}) || '''' || {where} || ', which '"
        yield (
            f"CASE WHEN {cell} IS NOT NULL THEN {shown} || ({problem}) "
            f"WHEN ({problem}) IS NOT NULL THEN 'has no value' || {where} END"
        )
    if reading.cell("input_tokens") and reading.cell("cached_tokens") and not reading.adds_cached:
        cached, read = (reading.parsed(n).value for n in ("cached_tokens", "input_tokens"))
        yield f"CASE WHEN {cached} > {read} THEN 'has more cached than input tokens' END"
