"""From the text of a cell to a value: SQL expressions, one pair per kind of column."""

from dataclasses import dataclass

from agents.analytics.duck import literal
from agents.analytics.readers.timestamps import SMALLEST_EPOCH, DateOrder, instant
from agents.analytics.schema import LONGEST_TEXT, Kind

NOTHING = ("", "null", "none", "nan", "n/a", "na", "nil", "\\n", "-")
"""Cells that say that there is no value, in lower case."""

LARGEST_COUNT = 10**15  # far above any number of tokens, and exact as a float
DEAREST_USD = 10**7  # of one request; it fits the column's type
SLOWEST_MS = 7 * 24 * 3600 * 1000  # of one request

MILLISECONDS = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
DOLLARS = {"usd": "1", "cents": "0.01"}

SUCCEEDED = (
    "ok",
    "success",
    "succeeded",
    "successful",
    "complete",
    "completed",
    "done",
    "finished",
    "passed",
    "true",
)
FAILED = (
    "error",
    "errored",
    "fail",
    "failed",
    "failure",
    "exception",
    "timeout",
    "timed_out",
    "timedout",
    "rate_limited",
    "ratelimited",
    "throttled",
    "rejected",
    "refused",
    "aborted",
    "cancelled",
    "canceled",
    "unavailable",
    "false",
)
FLAG_DOWN = ("false", "f", "no", "n", "0", "0.0")
YES = ("true", "t", "yes", "y", "1", "1.0", "success", "succeeded", "ok")
NO = (*FLAG_DOWN, "failure", "failed", "error")


@dataclass(frozen=True, slots=True)
class Parsed:
    """How a cleaned cell is read. Both are SQL; `problem` is NULL where the value is good."""

    value: str
    problem: str = "NULL"


def cleaned(cell: str) -> str:
    """The cell without space around it; NULL when it says that there is nothing."""
    text = f"trim({cell})"
    return f"CASE WHEN lower({text}) NOT IN {_words(NOTHING)} THEN {text} END"


def number(cell: str, *, decimal_comma: bool) -> str:
    """The cell as a DOUBLE, NULL when it is none."""
    return f"TRY_CAST({_with_point(cell, decimal_comma=decimal_comma)} AS DOUBLE)"


def parsed(
    kind: Kind, cell: str, unit: str | None, *, decimal_comma: bool, dates: DateOrder
) -> Parsed:
    """The value of a cleaned cell of this kind, in the normalised unit."""
    amount = number(cell, decimal_comma=decimal_comma)
    match kind:
        case Kind.TIME:
            return Parsed(instant(cell, unit, dates), _time_problem(cell, unit, dates))
        case Kind.COUNT:
            return Parsed(f"TRY_CAST({amount} AS BIGINT)", _count_problem(cell, amount))
        case Kind.DURATION:
            value = f"{amount} * {MILLISECONDS[unit or 'ms']}"
            return Parsed(value, _size_problem(cell, value, SLOWEST_MS, "over seven days"))
        case Kind.MONEY:
            return _money(cell, unit, decimal_comma=decimal_comma)
        case Kind.DIGEST:
            is_text = "true" if unit == "text" else f"length({cell}) > {LONGEST_TEXT}"
            return Parsed(f"CASE WHEN {is_text} THEN md5({cell}) ELSE {cell} END")
        case Kind.TEXT | Kind.STATUS:
            return Parsed(f"left({cell}, {LONGEST_TEXT})")


def is_error(status: str | None, unit: str | None, error: str | None) -> str:
    """
    Whether the request failed, from its cleaned status and its error text.

    A status is an HTTP code (400 and more failed), a word, or a flag. One that is not known decides
    nothing; then, or without a status column, an error text means that the request failed.
    """
    has_error = f"{error} IS NOT NULL" if error else "NULL"
    if status is None:
        return has_error if error else "CAST(NULL AS BOOLEAN)"
    code = (
        f"TRY_CAST(regexp_extract({status}, '^(?:HTTP\\S*\\s+)?([1-5]\\d\\d)(?:\\D|$)', 1) AS INT)"
    )
    word = f"replace(replace(lower({status}), ' ', '_'), '-', '_')"
    good, bad = {"success": (YES, NO), "failure": (NO, YES)}.get(unit or "", (SUCCEEDED, FAILED))
    known = (
        f"CASE WHEN {code} IS NOT NULL THEN {code} >= 400 "
        f"WHEN {word} IN {_words(good)} THEN false WHEN {word} IN {_words(bad)} THEN true END"
    )
    return f"coalesce({known}, CASE WHEN {has_error} THEN true END)"


def error_text(cell: str) -> str:
    """An error column that is a flag has no text when the flag is down."""
    return (
        f"CASE WHEN lower({cell}) NOT IN {_words(FLAG_DOWN)} THEN left({cell}, {LONGEST_TEXT}) END"
    )


def _with_point(cell: str, *, decimal_comma: bool) -> str:
    return f"replace({cell}, ',', '.')" if decimal_comma else cell


def _money(cell: str, unit: str | None, *, decimal_comma: bool) -> Parsed:
    bare = f"regexp_replace({cell}, '^(USD|US\\$|\\$)\\s*|\\s*(USD|\\$)$', '', 'i')"
    digits = _with_point(bare, decimal_comma=decimal_comma)
    amount = f"TRY_CAST({digits} AS DECIMAL(28, 12))"
    dollars = f"{amount} * CAST({DOLLARS[unit or 'usd']} AS DECIMAL(3, 2))"
    return Parsed(
        f"TRY_CAST({dollars} AS DECIMAL(18, 10))",
        _size_problem(cell, f"CAST({dollars} AS DOUBLE)", DEAREST_USD, "over ten million dollars"),
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


def _time_problem(cell: str, unit: str | None, dates: DateOrder) -> str:
    too_small = f"TRY_CAST({cell} AS DOUBLE) BETWEEN 0 AND {SMALLEST_EPOCH}"
    return (
        f"CASE WHEN {cell} IS NULL THEN 'every row needs' "
        f"WHEN {instant(cell, unit, dates)} IS NOT NULL THEN NULL "
        f"WHEN {too_small} THEN 'is a number too small for a time since 1970; "
        "map it with its unit to accept it' "
        "ELSE 'is not a date and time' END"
    )


def _words(words: tuple[str, ...]) -> str:
    return "(" + ", ".join(map(literal, words)) + ")"
