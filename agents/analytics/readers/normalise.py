"""The SQL that turns cleaned cells into normalised columns, and finds the rows that cannot be."""

from collections.abc import Iterable, Iterator

from agents.analytics.duck import literal, select
from agents.analytics.readers.decisions import Reading
from agents.analytics.readers.source import LINE
from agents.analytics.readers.values import error_text, is_error
from agents.analytics.schema import COLUMNS, IS_ERROR, SOURCED

CELL_SHOWN = 40  # characters of a wrong value that its description repeats


def good_rows(reading: Reading) -> str:
    """A query for the normalised columns of all rows that can be read."""
    values = [f"{sql} AS {name}" for name, sql in _values(reading)]
    problem = _first_of(problem for _, problem in _problems(reading))
    judged = select([*values, f"{problem} AS problem"], reading.cells)
    columns = [f"CAST({column.name} AS {column.type}) AS {column.name}" for column in COLUMNS]
    return select(columns, f"({judged})", "WHERE problem IS NULL")


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


def _first_of(expressions: Iterable[str]) -> str:
    return f"coalesce({', '.join([*expressions, 'NULL'])})"


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


def _problems(reading: Reading) -> Iterator[tuple[str | None, str]]:
    """Column, or None for one of the whole row, and an expression: what is wrong, or NULL."""
    for choice in reading.choices:
        name = choice.target.name
        problem = reading.parsed(name).problem
        if problem != "NULL":
            yield name, problem
    if reading.cell("input_tokens") and reading.cell("cached_tokens") and not reading.adds_cached:
        cached, read = (reading.parsed(n).value for n in ("cached_tokens", "input_tokens"))
        yield None, f"CASE WHEN {cached} > {read} THEN 'has more cached than input tokens' END"


def _description(reading: Reading, name: str | None) -> str:
    """SQL for the words before a problem: `has '-5' in 'tokens' (input_tokens), which `."""
    if name is None:
        return "''"
    cell = reading.cell(name)
    source = next(choice.source for choice in reading.choices if choice.target.name == name)
    meaning = "" if source == name else f" ({name})"
    shown = f"coalesce('''' || left({cell}, {CELL_SHOWN}) || '''', 'no value')"
    return f"'has ' || {shown} || {literal(f' in {source!r}{meaning}, which ')}"
