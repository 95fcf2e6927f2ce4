"""From the text of a cell to a value: SQL expressions, one pair per kind of column."""

from dataclasses import dataclass

from agents.analytics.duck import literal
from agents.analytics.readers.digits import plain
from agents.analytics.readers.fields import Field
from agents.analytics.readers.outcomes import FLAG_DOWN, FLAG_UP, words
from agents.analytics.readers.timestamps import SMALLEST_EPOCH, DateOrder, instant
from agents.analytics.schema import LONGEST_TEXT, Kind
from agents.analytics.spellings import TIME_ENDINGS

NOTHING = ("", "null", "none", "nan", "n/a", "na", "nil", "undefined", "\\n", "-")
"""Cells that say that there is no value, in lower case."""

LARGEST_COUNT = 10**15  # far above any number of tokens, and exact as a float
DEAREST_USD = 10**7  # of one request; it fits the column's type
SLOWEST_MS = 7 * 24 * 3600 * 1000  # of one request

MILLISECONDS = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
LONGER_MS = {"m": 60_000.0, "min": 60_000.0, "mins": 60_000.0, "h": 3_600_000.0}
DOLLARS = {"usd": "1", "cents": "0.01"}

_LETTERS = "[A-Za-zµμ]"


@dataclass(frozen=True, slots=True)
class Parsed:
    """How a cleaned cell is read. Both are SQL; `problem` is NULL where the value is good."""

    value: str
    problem: str = "NULL"


def cleaned(cell: str) -> str:
    """The cell without space around it; NULL when it says that there is nothing."""
    text = f"trim({cell})"
    return f"CASE WHEN lower({text}) NOT IN {words(NOTHING)} THEN {text} END"


def digits(field: Field) -> str:
    """SQL for what remains of a cleaned cell without a currency or a unit."""
    if field.target.kind is Kind.MONEY:
        return f"regexp_replace({field.cell}, '^(USD|US\\$|\\$)\\s*|\\s*(USD|\\$)$', '', 'i')"
    if field.has_units:
        return f"regexp_extract({field.cell}, '^(.*?)\\s*{_LETTERS}*$', 1)"
    return field.cell


def number(field: Field) -> str:
    """SQL for a cleaned cell that is a number alone, as a DOUBLE; NULL when it is none."""
    return f"TRY_CAST({plain(field.cell, field.mark)} AS DOUBLE)"


def parsed(field: Field, dates: DateOrder) -> Parsed:
    """The value of a cleaned cell, in the normalised unit."""
    match field.target.kind:
        case Kind.TIME:
            return Parsed(moment(field, dates), _time_problem(field, dates))
        case Kind.COUNT:
            amount = number(field)
            return Parsed(f"TRY_CAST({amount} AS BIGINT)", _count_problem(field.cell, amount))
        case Kind.DURATION:
            return _duration(field, dates)
        case Kind.MONEY:
            return _money(field)
        case Kind.DIGEST:
            is_text = "true" if field.unit == "text" else f"length({field.cell}) > {LONGEST_TEXT}"
            return Parsed(f"CASE WHEN {is_text} THEN md5({field.cell}) ELSE {field.cell} END")
        case Kind.TIER:
            return _tier(field)
        case Kind.TEXT | Kind.STATUS:
            return Parsed(f"left({field.cell}, {LONGEST_TEXT})")


def _tier(field: Field) -> Parsed:
    """OpenAI's "default" is the standard one; a flag says only whether it was a batch."""
    name = f"lower({field.cell})"
    if field.unit == "batch":
        return Parsed(
            f"CASE WHEN {name} IN {words(FLAG_UP)} THEN 'batch' END",
            f"CASE WHEN {name} NOT IN {words((*FLAG_UP, *FLAG_DOWN))} "
            "THEN 'is neither true nor false' END",
        )
    return Parsed(
        f"CASE WHEN {name} = 'default' THEN 'standard' ELSE left({name}, {LONGEST_TEXT}) END"
    )


def moment(field: Field, dates: DateOrder) -> str:
    """SQL for the cell as a TIMESTAMP in UTC; a number is believed to be one only if it may be."""
    return field.moment or instant(field.cell, field.unit, dates, any_epoch=field.is_mapped)


def elapsed(end: Field, start: Field, dates: DateOrder) -> str:
    """SQL for the milliseconds between two moments."""
    first, last = (moment(field, dates) for field in (start, end))
    return f"(epoch_us({last}) - epoch_us({first})) / 1000.0"


def _duration(field: Field, dates: DateOrder) -> Parsed:
    if field.start:
        return _elapsed(field, field.start, dates)
    value = _milliseconds(field)
    return Parsed(value, _size_problem(field.cell, value, SLOWEST_MS, "over seven days"))


def _elapsed(field: Field, start: Field, dates: DateOrder) -> Parsed:
    value = elapsed(field, start, dates)
    problem = (
        f"CASE WHEN {field.cell} IS NULL THEN NULL "
        f"WHEN {value} IS NULL THEN 'is not a date and time' "
        f"WHEN {value} < 0 THEN 'is before the request began' "
        f"WHEN {value} > {SLOWEST_MS} THEN 'is over seven days after the request began' END"
    )
    return Parsed(value, problem)


def _milliseconds(field: Field) -> str:
    bare = f"{number(field)} * {MILLISECONDS[field.unit or 'ms']}"
    if not field.has_units:
        return bare
    factors = {
        **{ending: MILLISECONDS[unit] for ending, unit in TIME_ENDINGS.items()},
        **dict.fromkeys(("µs", "μs"), MILLISECONDS["us"]),
        **LONGER_MS,
    }
    cases = " ".join(f"WHEN {literal(ending)} THEN {factor}" for ending, factor in factors.items())
    ending = f"lower(regexp_extract({field.cell}, '({_LETTERS}+)$', 1))"
    amount = f"TRY_CAST({plain(digits(field), field.mark)} AS DOUBLE)"
    clock = f"regexp_matches({field.cell}, '^(\\d+ days? )?\\d+:\\d\\d:\\d\\d(\\.\\d+)?$')"
    return (
        f"coalesce({bare}, {amount} * CASE {ending} {cases} END, "
        f"CASE WHEN {clock} THEN epoch(TRY_CAST({field.cell} AS INTERVAL)) * 1000 END)"
    )


def _money(field: Field) -> Parsed:
    amount = f"TRY_CAST({plain(digits(field), field.mark)} AS DECIMAL(28, 12))"
    dollars = f"{amount} * CAST({DOLLARS[field.unit or 'usd']} AS DECIMAL(3, 2))"
    size = f"CAST({dollars} AS DOUBLE)"
    return Parsed(
        f"TRY_CAST({dollars} AS DECIMAL(18, 10))",
        _size_problem(field.cell, size, DEAREST_USD, "over ten million dollars"),
    )


def _count_problem(cell: str, amount: str) -> str:
    size = _size_cases(cell, amount, LARGEST_COUNT, "too large")
    return f"CASE {size} WHEN {amount} <> floor({amount}) THEN 'is not a whole number' END"


def _size_problem(cell: str, amount: str, largest: float, too_large: str) -> str:
    return f"CASE {_size_cases(cell, amount, largest, too_large)} END"


def _size_cases(cell: str, amount: str, largest: float, too_large: str) -> str:
    return (
        f"WHEN {cell} IS NULL THEN NULL "
        f"WHEN {amount} IS NULL OR isnan({amount}) THEN 'is not a number' "
        f"WHEN {amount} < 0 THEN 'is negative' "
        f"WHEN {amount} > {largest} THEN 'is {too_large}'"
    )


def _time_problem(field: Field, dates: DateOrder) -> str:
    cell = field.cell
    too_small = f"TRY_CAST({cell} AS DOUBLE) BETWEEN 0 AND {SMALLEST_EPOCH}"
    if field.unit and not field.is_mapped:
        too_small = f"TRY_CAST({cell} AS DOUBLE) >= 0 AND ({too_small} OR {_early(field)})"
    return (
        f"CASE WHEN {cell} IS NULL THEN 'every row needs' "
        f"WHEN {moment(field, dates)} IS NOT NULL THEN NULL "
        f"WHEN {too_small} THEN 'is a number too small for a time since 1970; "
        "map it with its unit to accept it' "
        "ELSE 'is not a date and time' END"
    )


def _early(field: Field) -> str:
    seconds = MILLISECONDS[field.unit or "s"] / 1000
    return f"TRY_CAST({field.cell} AS DOUBLE) * {seconds} < {SMALLEST_EPOCH}"
