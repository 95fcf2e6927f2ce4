"""Questions to the cells of a file: many aggregates in one query, answered by name."""

from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from agents.analytics.duck import select

Answers = Mapping[str, Any]


def ask(connection: DuckDBPyConnection, source: str, questions: Mapping[str, str]) -> Answers:
    """The value of each SQL aggregate over `source`, by the name of its question."""
    if not questions:
        return {}
    row = connection.execute(select(questions.values(), source)).fetchone() or ()
    return dict(zip(questions, row, strict=True))


def how_many(condition: str) -> str:
    """SQL: the number of rows for which `condition` holds."""
    return f"count(*) FILTER ({condition})"
