"""Durations: in which unit they are, and which are told by two moments instead."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from duckdb import DuckDBPyConnection

from agents.analytics.readers.ask import Answers, ask, how_many
from agents.analytics.readers.fields import Field, Reading, Weight
from agents.analytics.readers.timestamps import SMALLEST_EPOCH
from agents.analytics.readers.values import MILLISECONDS, elapsed, moment, number
from agents.analytics.schema import LATENCY_MS, TTFT_MS

UNIT_WORDS = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}

# The median of what one request to a model takes lies between these bounds, as far as is known.
SHORTEST_MS = 30
LONGEST_MS = 300_000

# A median below the first is too short for milliseconds, so it is seconds; and so on.
LARGEST_MEDIANS = {"s": SHORTEST_MS, "ms": LONGEST_MS, "us": LONGEST_MS * 1000}
LONGEST_TTFT_S = 10  # above it a median is too long for seconds to a first token
LEAST_MS = 5  # nothing comes over a network faster, median of a log
SILENT_MS = (3, 5000)  # a call that writes no text, such as an embedding
TOKEN_MS = (0.5, 500)  # of an answer: from 2 to 2,000 tokens a second
SAME = (0.67, 1.5)  # as a ratio of two durations that should be equal
MOST_TTFT = 1.05  # of the latency
USUAL = {
    LATENCY_MS.name: f"a request takes from {SHORTEST_MS} ms to {LONGEST_MS // 60_000} minutes",
    TTFT_MS.name: f"a first token takes from 10 ms to {LONGEST_TTFT_S} seconds",
}


@dataclass(frozen=True, slots=True)
class _Hint:
    """
    A figure that scales with the unit of `column`, where it should lie, and the reason.

    With `per` it is a ratio to the value of that column.
    """

    column: str
    median: float
    least: float
    most: float
    weight: int
    reason: str
    per: str | None = None

    def is_broken(self, units: Mapping[str, str]) -> bool:
        scale = MILLISECONDS[units[self.per]] if self.per else 1
        scaled = self.median * MILLISECONDS[units[self.column]] / scale
        return not self.least <= scaled <= self.most


def settle_durations(
    connection: DuckDBPyConnection, reading: Reading, *, rows_are_requests: bool
) -> Reading:
    """Settle where latency and time to first token come from, and their units."""
    reading = _from_moments(connection, reading)
    if rows_are_requests:
        reading = _from_start_and_end(connection, reading)
    return _with_units(connection, reading)


def _durations(reading: Reading) -> list[Field]:
    found = (reading.fields.get(column.name) for column in (LATENCY_MS, TTFT_MS))
    return [field for field in found if field and not field.start]


def _from_moments(connection: DuckDBPyConnection, reading: Reading) -> Reading:
    """A column of a duration's name whose values are moments, as `first_token_time` may be."""
    start = reading.fields.get("timestamp")
    questions: dict[str, str] = {}
    # Numbers of a column whose name ends with a unit are no moments, or else far too long.
    suspects = [field for field in _durations(reading) if field.has_units or not field.unit]
    for field in suspects:
        amount = f"TRY_CAST({field.cell} AS DOUBLE)"
        may_be = f"{field.cell} LIKE '%:%' OR {amount} >= {SMALLEST_EPOCH}"
        when = moment(replace(field, unit=None), reading.dates)
        if start:
            began = moment(start, reading.dates)
            near = f"{when} BETWEEN {began} AND {began} + INTERVAL 1 DAY"
        else:
            near = f"{when} IS NOT NULL AND {amount} IS NULL"
        questions[f"filled {field.name}"] = f"count({field.cell})"
        questions[field.name] = f"count(CASE WHEN {may_be} THEN CASE WHEN {near} THEN 1 END END)"
    seen = ask(connection, reading.cells, questions)
    for field in suspects:
        if not seen[f"filled {field.name}"] or seen[field.name] * 2 <= seen[f"filled {field.name}"]:
            continue
        if start is None:
            sentence = f"{field.source!r} holds moments, and no start to count from; it is ignored."
            reading = reading.without(field.name).saying(Weight.IGNORED, sentence)
        else:
            reading = _elapsed(reading, field.name, replace(field, unit=None), start)
    return reading


def _from_start_and_end(connection: DuckDBPyConnection, reading: Reading) -> Reading:
    start, end = (reading.fields.get(name) for name in ("timestamp", "ended_at"))
    if start is None or end is None or LATENCY_MS.name in reading.fields:
        return reading
    median = f"quantile_cont({elapsed(end, start, reading.dates)}, 0.5)"
    seen = ask(connection, reading.cells, {"median": median})
    if not seen["median"] or seen["median"] <= 0:
        return reading
    return _elapsed(reading, LATENCY_MS.name, replace(end, target=LATENCY_MS), start)


def _elapsed(reading: Reading, name: str, end: Field, start: Field) -> Reading:
    sentence = f"{name} is computed as {end.source!r} minus {start.source!r}."
    return reading.having(replace(end, start=start)).saying(Weight.DERIVED, sentence)


def _with_units(connection: DuckDBPyConnection, reading: Reading) -> Reading:
    fields = {field.name: field for field in _durations(reading)}
    seen = ask(connection, reading.cells, dict(_questions(reading, fields)))
    unknown = {
        name: median
        for name, field in fields.items()
        if field.unit is None and (median := seen.get(f"median {name}")) is not None
    }
    if not unknown:
        return reading
    hints = list(_hints(seen))
    options = [
        _by_likelihood(name, unknown[name]) if name in unknown else [str(field.unit or "ms")]
        for name, field in fields.items()
    ]
    choices = [dict(zip(fields, units, strict=True)) for units in product(*options)]
    # The first of each list is the likeliest by itself, and product keeps that order.
    ranked = sorted(choices, key=lambda units: (_faults(hints, units), len({*units.values()})))
    best, usual = ranked[0], choices[0]
    for name, median in unknown.items():
        field = replace(fields[name], unit=best[name])
        sentence = (
            f"{field.source!r} names no unit; its values are read as {UNIT_WORDS[best[name]]}, "
            f"because their median is {median:,.6g} and {_reason(hints, usual, best, name)}."
        )
        sentence += _others(hints, choices, best, name)
        reading = reading.having(field).saying(Weight.UNITS, sentence)
    return reading


def _questions(reading: Reading, fields: Mapping[str, Field]) -> Iterable[tuple[str, str]]:
    if all(field.unit for field in fields.values()):
        return
    amounts = {name: number(field) for name, field in fields.items()}
    for name, amount in amounts.items():
        yield f"median {name}", f"quantile_cont({amount}, 0.5)"
    for name in set(fields) & {LATENCY_MS.name}:
        yield from _latency_questions(reading, amounts[name])
    if len(fields) == 2:
        ratio = f"{amounts[TTFT_MS.name]} / nullif({amounts[LATENCY_MS.name]}, 0)"
        yield "share", f"quantile_cont({ratio}, 0.5)"


def _latency_questions(reading: Reading, amount: str) -> Iterable[tuple[str, str]]:
    start, end = (reading.fields.get(name) for name in ("timestamp", "ended_at"))
    if start and end:
        took = f"{amount} / nullif({elapsed(end, start, reading.dates)}, 0)"
        yield "elapsed", f"quantile_cont({took}, 0.5)"
    model = reading.cell("model")
    silent = f"lower({model}) LIKE '%embed%'" if model else "false"
    if output := reading.fields.get("output_tokens"):
        tokens = number(output)
        yield "per token", f"quantile_cont({amount} / {tokens}, 0.5) FILTER ({tokens} > 0)"
        silent = f"coalesce({tokens}, 0) = 0"
    yield "timed", f"count({amount})"
    yield "silent", how_many(f"{amount} IS NOT NULL AND {silent}")


def _hints(seen: Answers) -> Iterable[_Hint]:
    latency, ttft = LATENCY_MS.name, TTFT_MS.name
    if seen.get("elapsed"):
        reason = "that is the time from start to end"
        yield _Hint(latency, seen["elapsed"], *SAME, weight=8, reason=reason)
    if seen.get("per token"):
        reason = "models write from 2 to 2,000 tokens a second"
        yield _Hint(latency, seen["per token"], *TOKEN_MS, weight=2, reason=reason)
    elif seen.get("timed") and seen["silent"] * 2 > seen["timed"]:
        reason = "such calls write no text"
        yield _Hint(latency, seen[f"median {latency}"], *SILENT_MS, weight=2, reason=reason)
    for name in (latency, ttft):
        if (median := seen.get(f"median {name}")) is not None:
            yield _Hint(name, median, LEAST_MS, LONGEST_MS, weight=2, reason=USUAL[name])
    if seen.get("share") is not None:
        reason = "the first token comes before the last"
        yield _Hint(ttft, seen["share"], 0, MOST_TTFT, weight=4, reason=reason, per=latency)


def _by_likelihood(name: str, median: float) -> list[str]:
    """All units, the one that the size of the values alone suggests first."""
    largest = LARGEST_MEDIANS | ({"s": LONGEST_TTFT_S} if name == TTFT_MS.name else {})
    first = next((unit for unit, most in largest.items() if median < most), "ns")
    return [first, *(unit for unit in UNIT_WORDS if unit != first)]


def _faults(hints: Iterable[_Hint], units: Mapping[str, str]) -> int:
    return sum(hint.weight for hint in hints if hint.is_broken(units))


def _reason(
    hints: Sequence[_Hint], usual: Mapping[str, str], best: Mapping[str, str], name: str
) -> str:
    """What the unit of `name` was chosen by: its size, or what spoke against that."""
    if best[name] == usual[name]:
        return USUAL[name]
    against = [hint for hint in hints if hint.is_broken(usual) and not hint.is_broken(best)]
    if against:
        return max(against, key=lambda hint: hint.weight).reason
    return f"{' and '.join(sorted(best))} have one unit"


def _others(
    hints: Sequence[_Hint], choices: Iterable[Mapping[str, str]], best: Mapping[str, str], name: str
) -> str:
    """A sentence when seconds and milliseconds fit equally well, else nothing."""
    fitting = {units[name] for units in choices if _faults(hints, units) == _faults(hints, best)}
    if not fitting.issuperset({"s", "ms"}):
        return ""
    other = UNIT_WORDS["s" if best[name] == "ms" else "ms"]
    return f" As {other} they would fit too; if they are, map the column with its unit."
