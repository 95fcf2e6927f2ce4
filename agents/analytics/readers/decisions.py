"""What a column's name leaves open is decided by its values, and said."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from duckdb import DuckDBPyConnection

from agents.analytics.duck import select
from agents.analytics.readers import timestamps
from agents.analytics.readers.timestamps import DateOrder
from agents.analytics.readers.values import Parsed, number, parsed
from agents.analytics.recognition import Choice, fold
from agents.analytics.schema import BY_NAME, Kind
from agents.analytics.wording import counted

# The median of what one request to a model takes lies between these bounds, as far as is known.
SHORTEST_MS = 30
LONGEST_MS = 300_000

# A median below the first is too short for milliseconds, so it is seconds; and so on.
LARGEST_MEDIANS = {"s": SHORTEST_MS, "ms": LONGEST_MS, "us": LONGEST_MS * 1000}
UNIT_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}


@dataclass(frozen=True, slots=True)
class Reading:
    """
    All that is needed to turn a file's cells into values.

    `cells` stands behind FROM and has `line` and, for each choice in turn, its cell as text:
    `c0`, `c1`, …, NULL where the cell says nothing.
    """

    cells: str
    choices: Sequence[Choice]
    decimal_comma: bool = False
    rows: int = 0
    dates: DateOrder = DateOrder.MONTH_FIRST
    adds_cached: bool = False  # the file counts cached tokens beside the input tokens, not in them
    assumptions: tuple[str, ...] = ()

    def cell(self, target: str) -> str | None:
        """The column of `cells` that holds `target`; None if the file has none."""
        for position, choice in enumerate(self.choices):
            if choice.target.name == target:
                return f"c{position}"
        return None

    def unit(self, target: str) -> str | None:
        return next((choice.unit for choice in self.choices if choice.target.name == target), None)

    def parsed(self, target: str) -> Parsed:
        """How the cell of `target`, which the file has, becomes its value."""
        return parsed(
            BY_NAME[target].kind,
            str(self.cell(target)),
            self.unit(target),
            decimal_comma=self.decimal_comma,
            dates=self.dates,
        )


def decide(
    connection: DuckDBPyConnection, cells: str, choices: Sequence[Choice], *, decimal_comma: bool
) -> Reading:
    """Look once at the `cells` and settle units, date order and the counting of tokens."""
    reading = Reading(cells, choices, decimal_comma)
    questions = {"row_count": "count(*)", **dict(_questions(reading))}
    row = connection.execute(select(questions.values(), cells)).fetchone() or ()
    answers = dict(zip(questions, row, strict=True))
    reading = replace(reading, rows=_whole(answers["row_count"]))
    return _with_tokens(_with_dates(_with_units(reading, answers), answers), answers)


def _questions(reading: Reading) -> Iterable[tuple[str, str]]:
    """Name and SQL of each fact about the values that some decision needs."""
    for choice in reading.choices:
        cell = reading.cell(choice.target.name) or ""
        if choice.target.kind is Kind.DURATION and choice.unit is None:
            amount = number(cell, decimal_comma=reading.decimal_comma)
            yield f"median_{choice.target.name}", f"quantile_cont({amount}, 0.5)"
        elif choice.target.kind is Kind.TIME:
            slashed = timestamps.is_slashed(cell)
            for order in DateOrder:
                instant = timestamps.instant(cell, choice.unit, order)
                # CASE, since parsing by a list of forms is slow: 2.7 s for a million other dates.
                yield order.value, f"count(CASE WHEN {slashed} THEN {instant} END)"
            yield "zoneless", f"first({cell}) FILTER ({timestamps.has_no_zone(cell)})"
    inputs, cached = reading.cell("input_tokens"), reading.cell("cached_tokens")
    if inputs and cached:
        more = f"TRY_CAST({cached} AS DOUBLE) > TRY_CAST({inputs} AS DOUBLE)"
        yield "cached", f"count(*) FILTER (TRY_CAST({cached} AS DOUBLE) > 0)"
        yield "more_cached", f"count(*) FILTER ({more})"


def _with_units(reading: Reading, answers: dict[str, object]) -> Reading:
    choices = list(reading.choices)
    said = []
    for position, choice in enumerate(choices):
        median = answers.get(f"median_{choice.target.name}")
        if not isinstance(median, float):
            continue
        unit = next((unit for unit, largest in LARGEST_MEDIANS.items() if median < largest), "ns")
        choices[position] = replace(choice, unit=unit)
        said.append(
            f"{choice.source!r} names no unit; its values are read as {UNIT_WORDS[unit]}, because "
            f"their median is {median:,.6g} and a request takes from {SHORTEST_MS} ms "
            f"to {LONGEST_MS // 60_000} minutes."
        )
    return replace(_assuming(reading, *said), choices=choices)


def _with_dates(reading: Reading, answers: dict[str, object]) -> Reading:
    if example := answers.get("zoneless"):
        reading = _assuming(
            reading,
            f"Timestamps such as {str(example)[:40]!r} name no time zone; they are read as UTC.",
        )
    month, day = (_whole(answers.get(order.value)) for order in DateOrder)
    if month and month == day:
        reading = _assuming(
            reading,
            "Dates such as 03/04/2026 may begin with the month or the day; both fit all of them, "
            "and they are read as month/day/year.",
        )
    return replace(reading, dates=DateOrder.DAY_FIRST if day > month else DateOrder.MONTH_FIRST)


def _with_tokens(reading: Reading, answers: dict[str, object]) -> Reading:
    if "cached" not in answers:
        return reading
    source = {choice.target.name: choice.source for choice in reading.choices}
    # Anthropic's usage object: "input_tokens" are those that were neither read from the cache nor
    # written to it (docs: prompt caching, "Tracking cache performance").
    is_anthropic = fold(source["input_tokens"]).endswith("inputtokens") and fold(
        source["cached_tokens"]
    ).endswith("cachereadinputtokens")
    cached, more = (_whole(answers[name]) for name in ("cached", "more_cached"))
    if not is_anthropic and more * 100 <= cached:
        return reading
    why = "as Anthropic does" if is_anthropic else f"since {counted(more, 'row')} would not fit"
    sentence = (
        f"{source['cached_tokens']!r} are counted beside {source['input_tokens']!r}, not in them, "
        f"{why}; input_tokens is their sum."
    )
    return replace(_assuming(reading, sentence), adds_cached=True)


def _assuming(reading: Reading, *sentences: str) -> Reading:
    return replace(reading, assumptions=(*reading.assumptions, *sentences))


def _whole(answer: object) -> int:
    return answer if isinstance(answer, int) else 0
