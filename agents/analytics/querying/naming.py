"""What data sets are called in a query."""

import re
from collections.abc import Iterable

LOG = "log"  # the data set that a run is about
STEPS = "steps"  # the tool calls beside it, if it is a session log
LONGEST = 40  # characters; names are typed by models
# What DuckDB takes for something else than a table, or for one of its own.
RESERVED_WORDS = """
    all analyse analyze and any anti array as asc asof asymmetric at authorization binary both by
    case cast check collate collation column columns concurrently constraint create cross default
    deferrable desc describe distinct do else end except false fetch for foreign freeze from full
    generated glob group having ilike in initially inner intersect into is isnull join lambda
    lateral leading left like limit log map natural not notnull null offset on only or order outer
    overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning
    right select semi show similar some struct summarize symmetric table tablesample then to
    trailing true try_cast tuple union unique unpack unpivot using values variadic verbose when
    where window with
"""
RESERVED = frozenset(RESERVED_WORDS.split())
SYSTEM = ("duckdb_", "information_schema", "pg_", "pragma_", "sqlite_")  # DuckDB's own begin so


def table_names(datasets: Iterable[tuple[str, str]]) -> dict[str, str]:
    """
    The name in a query of each data set, given as id and name, by its id.

    It is the name in lower case, with an underscore for all that is no letter of English or digit;
    the beginning of the id follows where the name is an SQL word or taken by one before it.
    """
    names: dict[str, str] = {}
    for dataset_id, name in datasets:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:LONGEST].strip("_")
        if not plain or plain[0].isdigit() or plain.startswith(SYSTEM):
            plain = f"data_{plain}".strip("_")
        if plain in RESERVED | {LOG, STEPS} or plain in names.values():
            plain = f"{plain}_{dataset_id[:8]}"
        names[dataset_id] = plain
    return names
