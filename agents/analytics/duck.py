"""DuckDB connections that are bounded in memory, threads and time, and see only named files."""

import glob
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
from duckdb import DuckDBPyConnection

MEMORY_LIMIT = "512MB"  # a process that reads a million rows peaks at about 400 MB
THREADS = 2  # a worker serves many runs; one query must not take the whole machine
LONGEST_QUERY_SECONDS = 60  # a query that its caller has given up on ends by itself


@contextmanager
def connect(
    *,
    readable: Sequence[Path] = (),
    writable: Path | None = None,
    seconds: int = LONGEST_QUERY_SECONDS,
    memory: str = MEMORY_LIMIT,
) -> Iterator[DuckDBPyConnection]:
    """
    An in-memory database of its own that can read `readable` and what is under `writable`.

    A query may take `seconds`. Without `writable` it cannot use the disk, only `memory`.

    Everything else is closed before the first query: other files, the network, extensions and
    these settings themselves. So neither a file's content nor a query can reach further.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": memory,
            "threads": THREADS,
            "max_execution_time": seconds * 1000,
            "temp_directory": str(writable / "spill") if writable else "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,  # a Python variable is not a table
        }
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        paths = _spelled(*readable, *([writable] if writable else []))
        connection.execute("SET allowed_paths = ?", [paths])
        if writable:
            connection.execute("SET allowed_directories = ?", [_spelled(writable)])
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _spelled(*paths: Path) -> list[str]:
    """Each path as it is and as a pattern: DuckDB compares the one it was given."""
    return [name for path in paths for name in (str(path), pattern(path))]


def pattern(path: Path) -> str:
    """`path` as DuckDB's readers take it: they read `*`, `?` and `[` in a path as a pattern."""
    return glob.escape(str(path))


def select(expressions: Iterable[str], source: str, tail: str = "") -> str:
    """
    `SELECT … FROM source tail`, the one place where queries are put together.

    All parts are our own SQL; what comes from a file or a user is in them only as `literal` or
    `identifier`, or stays a parameter.
    """
    return f"SELECT {', '.join(expressions)} FROM {source} {tail}"  # noqa: S608


def literal(text: str) -> str:
    """`text` as an SQL string; for statements such as CREATE VIEW that take no parameters."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
