"""Columns that were recognised by name and turn out to hold something else."""

from collections.abc import Iterable

from duckdb import DuckDBPyConnection

from agents.analytics.readers.ask import ask, how_many
from agents.analytics.readers.fields import Field, Reading, Weight
from agents.analytics.readers.normalise import MORE_CACHED, more_cached
from agents.analytics.readers.source import LINE
from agents.analytics.readers.tokens import CACHE, cached_sql
from agents.analytics.readers.values import parsed
from agents.analytics.schema import CLUES, MEASURES
from agents.exceptions import UnreadableFile

CELL_SHOWN = 40  # characters of a wrong value that a sentence repeats


def without_unusable(connection: DuckDBPyConnection, reading: Reading) -> Reading:
    """
    Leave out optional columns of which most values cannot be read, and say so.

    A mapped column is meant, and rows without a time are in no period: neither is left out. Nor is
    anything when only the names of models would remain.
    """
    questions = dict(_questions(reading))
    seen = ask(connection, reading.cells, questions)
    left = reading
    for field in _optional(reading):
        bad, filled = (seen.get(f"{kind} {field.name}", 0) for kind in ("bad", "filled"))
        if bad * 2 > filled:
            example, problem = (seen[f"{kind} {field.name}"] for kind in ("cell", "problem"))
            sentence = (
                f"{field.source!r} is not read as {field.name}: {bad:,} of its {filled:,} values "
                f"cannot be, such as {example!r}, which {problem}."
            )
            left = left.without(field.name).saying(Weight.IGNORED, sentence)
    if seen.get("more cached", 0) * 2 > seen.get("cached", 0):
        names = [name for name in CACHE if name in left.fields]
        sources = " and ".join(repr(left.fields[name].source) for name in names)
        sentence = f"{sources} are not read: {MORE_CACHED.removeprefix('has ')} in most rows."
        left = left.without(*names).saying(Weight.IGNORED, sentence)
    measures = MEASURES.intersection(left.fields)
    return left if measures - {"model"} else reading


def check_mapped(connection: DuckDBPyConnection, reading: Reading) -> None:
    """
    Raises UnreadableFile where a mapped column makes most rows bad: another one was meant.

    A few bad rows are left out and shown, but most of them would be a data set nobody asked for.
    """
    fields = reading.fields.values() if not reading.is_documented else ()
    for field in (field for field in fields if field.is_mapped):
        problem = parsed(field, reading.dates).problem
        if problem == "NULL":
            continue
        is_bad = f"({problem}) IS NOT NULL"
        questions = {"bad": how_many(is_bad)}
        for kind, value in (("cell", f"left({field.cell}, {CELL_SHOWN})"), ("problem", problem)):
            questions[kind] = f"arg_min({value}, {LINE}) FILTER ({is_bad})"
        seen = ask(connection, reading.cells, questions)
        if seen["bad"] * 2 > reading.rows:
            example = "no value" if seen["cell"] is None else repr(seen["cell"])
            raise UnreadableFile(
                f"{field.source!r} is mapped to {field.name}, but {seen['bad']:,} of "
                f"{reading.rows:,} rows cannot be read so: they have {example}, which "
                f"{seen['problem']}, or the like. Map another column, or give its unit, and "
                "upload the file anew."
            )


def _optional(reading: Reading) -> Iterable[Field]:
    for field in reading.fields.values():
        if not field.is_mapped and field.name != "timestamp" and field.name not in CLUES:
            yield field


def _questions(reading: Reading) -> Iterable[tuple[str, str]]:
    for field in _optional(reading):
        problem = parsed(field, reading.dates).problem
        if problem == "NULL":
            continue
        is_bad = f"({problem}) IS NOT NULL"
        yield f"filled {field.name}", f"count({field.cell})"
        yield f"bad {field.name}", how_many(is_bad)
        for kind, value in (("cell", f"left({field.cell}, {CELL_SHOWN})"), ("problem", problem)):
            yield f"{kind} {field.name}", f"arg_min({value}, {LINE}) FILTER ({is_bad})"
    if condition := more_cached(reading):
        yield "cached", how_many(f"{cached_sql(reading)} > 0")
        yield "more cached", how_many(condition)
