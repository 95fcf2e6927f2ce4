"""Requests that stand in a file more than once, such as two exports in one: counted once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from duckdb import DuckDBPyConnection

from agents.analytics.duck import literal, pattern, select
from agents.analytics.readers.ask import ask
from agents.analytics.readers.fields import Reading, Weight
from agents.analytics.readers.source import LINE
from agents.analytics.recognition import Choice
from agents.analytics.schema import REQUEST_ID
from agents.analytics.wording import counted

DISTINCT = "distinct.parquet"  # beside the part files while a file is read, then removed
NEARLY_PERCENT = 90  # of different rows have an id of their own, if it is an id of requests


@dataclass(frozen=True, slots=True)
class Repeats:
    """`cells` without what repeats. `is_id`: whether the ids tell one request from another."""

    cells: str
    source: str = ""
    rows: int = 0
    is_id: bool = True

    def noted(self, reading: Reading) -> Reading:
        """The reading with what was found, without a column that holds no ids of requests."""
        if not self.is_id:
            sentence = (
                f"{self.source!r} is not read as request_id: different rows share its values."
            )
            return reading.without(REQUEST_ID.name).saying(Weight.IGNORED, sentence)
        if not self.rows:
            return reading
        verb = "repeats" if self.rows == 1 else "repeat"
        sentence = (
            f"{counted(self.rows, 'row')} {verb} an earlier one in {self.source!r} and in "
            "everything else that is read; each request is counted once."
        )
        return reading.saying(Weight.ROWS, sentence)


def without_repeats(
    connection: DuckDBPyConnection, cells: str, choices: Sequence[Choice], directory: Path
) -> Repeats:
    """
    Drop the rows that have the id of an earlier row and are equal to it in every cell.

    Rows with one id that differ, such as two attempts, both stay. A column whose values different
    rows share, as the id of a conversation would be, is none of requests, and nothing is dropped.
    """
    found = [(f"c{i}", choice) for i, choice in enumerate(choices) if choice.target == REQUEST_ID]
    if not found:
        return Repeats(cells)
    id_, choice = found[0]
    columns = [f"c{number}" for number in range(len(choices))]
    same = f"hash({', '.join(columns)})"  # 64 bits, compared among rows with one id
    has_id = f"FILTER ({id_} IS NOT NULL)"  # the hash of nothing is a number too
    ids = f"count(DISTINCT hash({id_})) {has_id}"
    seen = ask(connection, cells, {"filled": f"count({id_})", "ids": ids})
    if seen["filled"] == seen["ids"]:
        return Repeats(cells, choice.source)
    different = ask(connection, cells, {"rows": f"count(DISTINCT {same}) {has_id}"})["rows"]
    if not choice.is_mapped and seen["ids"] * 100 < different * NEARLY_PERCENT:
        return Repeats(cells, choice.source, is_id=False)
    number = f"row_number() OVER (PARTITION BY {id_}, {same} ORDER BY {LINE}) AS number"
    kept = select(
        [LINE, *columns],
        f"({select([LINE, *columns, number], cells)})",
        f"WHERE number = 1 OR {id_} IS NULL ORDER BY {LINE}",
    )
    path = directory / DISTINCT
    connection.execute(f"COPY ({kept}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION lz4)")
    dropped = seen["filled"] - different
    return Repeats(f"read_parquet({literal(pattern(path))})", choice.source, dropped)
