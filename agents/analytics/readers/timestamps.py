"""Timestamps as logs write them: ISO 8601, epochs in any unit, and the usual national forms."""

from enum import Enum

from agents.analytics.duck import literal


class DateOrder(Enum):
    """What comes first in a date such as 03/04/2026."""

    MONTH_FIRST = "month"
    DAY_FIRST = "day"


EARLIEST = "1970-01-01"
LATEST = "2200-01-01"  # a later one is a wrong unit
LATEST_MICROSECONDS = 10**16  # since 1970: in the year 2286

# Microseconds per unit, and from which size on a bare number is in it: 1e8 s is March 1973.
EPOCHS: tuple[tuple[str, float, float], ...] = (
    ("ns", 1e-3, 1e17),
    ("us", 1.0, 1e14),
    ("ms", 1e3, 1e11),
    ("s", 1e6, 1e8),
)

SMALLEST_EPOCH = EPOCHS[-1][2]

_CLOCK = (
    "^\\d{1,2}:\\d\\d(:\\d\\d([.,]\\d+)?)?\\s*([AaPp][Mm])?\\s*(Z|UTC|GMT|[+-]\\d\\d:?\\d\\d)?$"
)

_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", ", %H:%M:%S")
_DATES = {DateOrder.MONTH_FIRST: "%m/%d/%Y", DateOrder.DAY_FIRST: "%d/%m/%Y"}
_DOTTED = "%d.%m.%Y"  # used only where the day comes first
_FIXED = (
    "%b %d, %Y, %I:%M:%S %p",  # browsers in the USA
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y, %H:%M:%S",
    "%b %d, %Y %H:%M:%S",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
    "%Y%m%dT%H%M%S",  # the basic format of ISO 8601
    "%Y%m%dT%H%M%SZ",
    "%Y%m%dT%H%M%S.%fZ",
)
_ZONED = (
    "%d/%b/%Y:%H:%M:%S %z",  # nginx and Apache
    "%a, %d %b %Y %H:%M:%S %Z",  # HTTP and e-mail
    "%a, %d %b %Y %H:%M:%S %z",
    "%Y%m%dT%H%M%S%z",
)


def instant(cell: str, unit: str | None, dates: DateOrder, *, any_epoch: bool = False) -> str:
    """
    SQL for the cell as a TIMESTAMP in UTC, NULL when it is none.

    A number is an epoch in `unit`, or in the unit that its size tells; one before March 1973 is
    more likely a duration, and taken only with `any_epoch`. A text without a zone is taken as UTC.
    Fractions beyond microseconds are cut.
    """
    epoch = f"make_timestamp({_microseconds(cell, unit, any_epoch=any_epoch)})"
    found = f"coalesce({epoch}, {_iso(cell)}, {_national(cell, dates)}, {_zoned(cell)})"
    within = f"BETWEEN TIMESTAMP '{EARLIEST}' AND TIMESTAMP '{LATEST}'"
    return f"CASE WHEN {found} {within} THEN {found} END"


def is_slashed(cell: str) -> str:
    """SQL: whether the order of day and month has to be known."""
    return f"regexp_matches({cell}, '^\\d{{1,2}}/\\d{{1,2}}/\\d{{4}}')"


def has_no_zone(cell: str) -> str:
    """SQL: whether the cell is a date without a zone or an offset."""
    # Names of zones have three letters and more; two are AM and PM.
    zone = "(Z|[A-Z]{3,5}|[+-]\\d\\d(:?\\d\\d)?|[A-Za-z]+/[A-Za-z_]+)$"
    return f"TRY_CAST({cell} AS DOUBLE) IS NULL AND NOT regexp_matches({cell}, '{zone}')"


def is_clock(cell: str) -> str:
    """SQL: whether the cell is a time of day without a day."""
    return f"regexp_matches({cell}, '{_CLOCK}')"


def _microseconds(cell: str, unit: str | None, *, any_epoch: bool) -> str:
    amount = f"TRY_CAST({cell} AS DOUBLE)"
    if unit:
        factor = next(factor for name, factor, _ in EPOCHS if name == unit)
        found = f"{amount} * {factor}"
    else:
        sizes = " ".join(
            f"WHEN {amount} >= {smallest} THEN {amount} * {factor}"
            for _, factor, smallest in EPOCHS
        )
        found = f"CASE {sizes} END"
    # What lies outside is no time that could be made.
    earliest = 0 if any_epoch else int(SMALLEST_EPOCH * 1e6)
    within = f"{found} BETWEEN {earliest} AND {LATEST_MICROSECONDS}"
    return f"CASE WHEN {within} THEN CAST(round({found}) AS BIGINT) END"


def _iso(cell: str) -> str:
    # Some write a comma before the fraction, a space before the offset, or the zone's name twice.
    plain = f"regexp_replace({cell}, '(\\d),(\\d)', '\\1.\\2')"
    plain = f"regexp_replace({plain}, '\\s*([+-]\\d\\d):?(\\d\\d)\\s+[A-Z]{{2,5}}$', '\\1:\\2')"
    plain = f"regexp_replace({plain}, '\\s*(UTC|GMT)$', 'Z')"
    # The cast takes words such as "infinity" and "epoch" too.
    casts = [f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)" for text in (cell, plain)]
    return f"CASE WHEN regexp_matches({cell}, '^\\d{{4}}\\D') THEN coalesce({', '.join(casts)}) END"


def _national(cell: str, dates: DateOrder) -> str:
    formats = [date + time for date in (_DATES[dates], _DOTTED) for time in _TIMES]
    return f"try_strptime({cell}, [{', '.join(map(literal, (*formats, *_FIXED)))}])"


def _zoned(cell: str) -> str:
    # One by one: a list may not hold formats with and without a zone.
    found = [f"try_strptime({cell}, {literal(format_)})" for format_ in _ZONED]
    return f"CAST(coalesce({', '.join(found)}) AS TIMESTAMP)"
