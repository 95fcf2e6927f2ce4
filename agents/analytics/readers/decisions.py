"""What a file's names leave open is decided by its values, and said."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from duckdb import DuckDBPyConnection

from agents.analytics.readers import timestamps
from agents.analytics.readers.ask import ask, how_many
from agents.analytics.readers.buckets import bucket
from agents.analytics.readers.durations import settle_durations
from agents.analytics.readers.fields import Field, Reading, Weight
from agents.analytics.readers.numbers import NumberStyle, settle_numbers
from agents.analytics.readers.prompts import settle_prompts
from agents.analytics.readers.timestamps import DateOrder
from agents.analytics.readers.tokens import settle_tokens
from agents.analytics.readers.values import number
from agents.analytics.recognition import Choice
from agents.analytics.schema import CLOCK, REQUESTS
from agents.analytics.wording import counted


def decide(
    connection: DuckDBPyConnection, cells: str, choices: Sequence[Choice], style: NumberStyle
) -> Reading:
    """
    Look at the `cells`, which hold the `choices` as `c0`, `c1`, …, and settle what is open.

    In this order: what a day and a clock are together, dates, how numbers are written, how many
    requests a row is, units, what tokens count, and whether prompts can be told apart.
    """
    reading = Reading(cells, {field.name: field for field in _fields(choices)})
    reading = _with_dates(connection, _with_clock(connection, reading))
    reading = settle_numbers(connection, reading, style)
    reading, rows_are_requests = _with_requests(connection, reading)
    reading = settle_durations(connection, reading, rows_are_requests=rows_are_requests)
    reading = settle_tokens(connection, reading)
    return settle_prompts(connection, reading)


def settled(
    connection: DuckDBPyConnection,
    cells: str,
    choices: Sequence[Choice],
    rows_are: Literal["requests", "sums"],
) -> Reading:
    """
    The reading of a documented format, whose values are the normalised ones already.

    What no row has is no column of the file: without any times, none is missed.
    """
    fields = {field.name: field for field in _fields(choices)}
    filled = {name: f"count({field.cell})" for name, field in fields.items()}
    seen = ask(connection, cells, {"rows": "count(*)", **filled})
    reading = Reading(
        cells,
        {name: field for name, field in fields.items() if seen[name]},
        rows=seen["rows"],
        beside="false",
        rows_are=rows_are,
        is_documented=True,
    )
    if rows_are == "requests":
        return reading
    return replace(reading, bucket_seconds=bucket(connection, reading))


def _fields(choices: Iterable[Choice]) -> Iterable[Field]:
    for position, choice in enumerate(choices):
        yield Field(choice.target, (choice.source,), f"c{position}", choice.unit, choice.is_mapped)


def _with_clock(connection: DuckDBPyConnection, reading: Reading) -> Reading:
    """A day and a time of day make one timestamp; else the column that is one by itself counts."""
    clock, day = reading.fields.get(CLOCK.name), reading.fields.get("timestamp")
    if clock is None or day is None:
        return reading
    seen = ask(
        connection,
        reading.cells,
        {
            "filled": f"count({clock.cell})",
            "clocks": how_many(timestamps.is_clock(clock.cell)),
            "moments": f"count({timestamps.instant(clock.cell, None, reading.dates)})",
        },
    )
    reading = reading.without(CLOCK.name)
    if seen["clocks"] * 2 > seen["filled"]:
        joined = f"concat_ws(' ', {day.cell}, {clock.cell})"
        cell = f"CASE WHEN {day.cell} IS NOT NULL THEN {joined} END"
        return reading.having(replace(day, cell=cell, sources=(day.source, clock.source)))
    read, ignored = (clock, day) if seen["moments"] * 2 > seen["filled"] else (day, clock)
    sentence = (
        f"timestamp is read from {read.source!r}; {ignored.source!r} would fit too and is ignored."
    )
    return reading.having(replace(read, target=day.target)).saying(Weight.NAMES, sentence)


def _with_dates(connection: DuckDBPyConnection, reading: Reading) -> Reading:
    questions: Mapping[str, str] = {"rows": "count(*)"}
    if field := reading.fields.get("timestamp"):
        questions = {**questions, **dict(_date_questions(field))}
    seen = ask(connection, reading.cells, questions)
    reading = replace(reading, rows=seen["rows"])
    if example := seen.get("zoneless"):
        reading = reading.saying(
            Weight.TIMES,
            f"Timestamps such as {str(example)[:40]!r} name no time zone; they are read as UTC.",
        )
    month, day = (seen.get(order.value) or 0 for order in DateOrder)
    if month and month == day:
        reading = reading.saying(
            Weight.TIMES,
            "Dates such as 03/04/2026 may begin with the month or the day; both fit all of them, "
            "and they are read as month/day/year.",
        )
    return replace(reading, dates=DateOrder.DAY_FIRST if day > month else DateOrder.MONTH_FIRST)


def _date_questions(field: Field) -> Iterable[tuple[str, str]]:
    slashed = timestamps.is_slashed(field.cell)
    for order in DateOrder:
        instant = timestamps.instant(field.cell, field.unit, order)
        # CASE, since parsing by a list of forms is slow: 2.7 s for a million other dates.
        yield order.value, f"count(CASE WHEN {slashed} THEN {instant} END)"
    yield "zoneless", f"first({field.cell}) FILTER ({timestamps.has_no_zone(field.cell)})"


def _with_requests(connection: DuckDBPyConnection, reading: Reading) -> tuple[Reading, bool]:
    """Whether a row is one request; if not, that is said, and how many it is stays a column."""
    field = reading.fields.get(REQUESTS.name)
    if field is None:
        return reading, True
    amount = number(field)
    seen = ask(
        connection,
        reading.cells,
        {"many": how_many(f"{amount} > 1"), "sum": f"sum({amount})"},
    )
    if not seen["many"]:
        return reading.without(REQUESTS.name), True
    sentence = (
        f"{field.source!r} says that the {counted(reading.rows, 'row')} are "
        f"{seen['sum']:,.0f} requests: each row is a sum, and single requests are not known."
    )
    reading = replace(reading, rows_are="sums", bucket_seconds=bucket(connection, reading))
    return reading.saying(Weight.ROWS, sentence), False
