"""Runs one query over the part files of data sets; in a child process, see `child`."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection, StatementType

from agents.analytics.duck import connect, identifier, literal, pattern, select
from agents.analytics.querying.checking import Refused, tables_of
from agents.analytics.querying.files import Source, readable
from agents.analytics.querying.values import plain_row

MEMORY = "384MB"  # that DuckDB gives out itself; beyond it the kernel's limit holds
LONGEST_SQL = 20_000  # characters
MOST_ROWS = 200
MOST_BYTES = 32 * 1024  # of all rows as JSON
MOST_COLUMNS = 100
LONGEST_NAME = 100  # characters of a column's name or type
PATH = re.compile(r"(?:/[^\s/'\"]+){2,}")
SETTINGS = re.compile(r",? or SET [^.\n]*|\nUse SET [^\n]*")
SURROGATE = re.compile("[\ud800-\udfff]")
ZONED = "TIMESTAMP WITH TIME ZONE"
ONE = "Write one SELECT."
UNFIT = {StatementType.MULTI: "PIVOT has to name its columns: ON model IN ('a', 'b')."}


@dataclass(slots=True)
class Answer:
    """Rows as JSON has them, each in the order of `columns`, which are names and DuckDB's types."""

    columns: list[tuple[str, str]]
    tables: list[str]  # that were read, as the query names them
    rows: list[list[Any]] = field(default_factory=list)
    is_cut: bool = False  # there are more rows


def run(sql: str, tables: Mapping[str, Source], *, seconds: int) -> Answer:
    """
    The answer to `sql` over `tables`, what they have their rows from by name in lower case.

    Raises Refused, whose text says what to write instead.
    """
    files = [file for source in tables.values() for file in readable(source)]
    try:
        with connect(readable=files, seconds=seconds, memory=MEMORY) as connection:
            statement, nodes = parsed(connection, sql)
            found = tables_of(nodes, tables)
            for name in sorted(found):
                make_view(connection, name, tables[name.lower()])
            return _answered(connection, statement, sorted(found))
    except duckdb.InterruptException as error:
        raise Refused(
            f"The query took longer than {seconds} s. Read fewer rows, or sum them up."
        ) from error
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise Refused(
            "The query needs too much memory. Group by fewer values, or read fewer rows."
        ) from error
    except duckdb.Error as error:
        raise Refused(explained(error, files)) from error
    except (ValueError, OverflowError) as error:  # such as a date that Python does not have
        raise Refused(f"The result cannot be shown: {error}. Cast the column to text.") from error


def parsed(connection: DuckDBPyConnection, sql: str) -> tuple[duckdb.Statement, Any]:
    """The one statement in `sql` and DuckDB's parse of it; raises Refused, and duckdb.Error."""
    if len(sql) > LONGEST_SQL:
        raise Refused(f"The query is longer than {LONGEST_SQL:,} characters.")
    if "\x00" in sql or SURROGATE.search(sql):
        raise Refused("The query holds characters that are no text. Write it anew.")
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise Refused(f"There are {len(statements)} statements. {ONE}")
    (statement,) = statements
    if statement.type != StatementType.SELECT:
        raise Refused(
            f"{UNFIT.get(statement.type, f'{statement.type.name} cannot be used.')} {ONE}"
        )
    # Of this statement's own text: what is checked is what is run.
    (text,) = connection.execute("SELECT json_serialize_sql(?)", [statement.query]).fetchone() or ()
    try:
        tree = json.loads(text)
    except RecursionError as error:
        raise Refused("The query is nested too deeply. Write it in steps: WITH …") from error
    if tree["error"]:
        raise Refused(f"{tree['error_message']} {ONE}")
    if len(tree["statements"]) != 1:
        raise Refused(ONE)
    return statement, tree["statements"]


def make_view(connection: DuckDBPyConnection, name: str, source: Source) -> None:
    if isinstance(source, Path):
        rows = select(["*"], f"read_parquet({literal(pattern(source))})")
    elif source.readable:
        rows = source.rows(connection)
    else:
        raise Refused(f"The files of {name!r} are gone. Upload the data set anew.")
    connection.execute(f"CREATE OR REPLACE VIEW {identifier(name)} AS {rows}")


def _answered(
    connection: DuckDBPyConnection, statement: duckdb.Statement, tables: list[str]
) -> Answer:
    cursor = connection.execute(statement)
    described = cursor.description or ()
    if len(described) > MOST_COLUMNS:
        raise Refused(f"The result has {len(described)} columns; choose at most {MOST_COLUMNS}.")
    for name, type_, *_ in described:
        if ZONED in str(type_):  # Python has no value for it without another library
            raise Refused(f"The column {name[:80]!r} has a time zone. Cast it: ::TIMESTAMP.")
    columns = [(name[:LONGEST_NAME], str(type_)[:LONGEST_NAME]) for name, type_, *_ in described]
    answer = Answer(columns, tables)
    size = 0
    # One by one: a batch of long values would not fit.
    while (row := cursor.fetchone()) is not None:
        values = plain_row(row)
        size += len(json.dumps(values))
        if len(answer.rows) == MOST_ROWS or size > MOST_BYTES:
            answer.is_cut = True
            break
        answer.rows.append(values)
    return answer


def explained(error: duckdb.Error, files: Sequence[Path]) -> str:
    """
    DuckDB's own words, with its hints, without advice on settings, its stack and without paths.

    `files` are those that it may name, whose paths may have spaces.
    """
    text = re.split(r"\n+(?:Possible solutions|Traceback|Stack Trace)", str(error))[0]
    text = SETTINGS.sub("", text)
    for path in files:
        text = text.replace(pattern(path), "…").replace(str(path), "…")
    return PATH.sub("…", text)[:1000]


def as_json(answer: Answer) -> dict[str, Any]:
    return asdict(answer)
