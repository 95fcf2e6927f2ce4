"""Days, months, quarters and weeks that people call by name or number."""

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, datetime

from agents.analytics.period.log import DAY, Log, Span, calendar_unit, day_of, midnight
from agents.analytics.period.words import (
    ANY_YEAR,
    COUNTED,
    MONTH,
    RECENT_YEAR,
    TO,
    WEEKDAY,
    YEAR,
    month,
    weekday,
)
from agents.exceptions import InvalidInput

Groups = tuple[str, ...]
Read = Callable[[Groups, Log], Span]
Readers = tuple[tuple[str, Read], ...]
"""Patterns, and what reads their groups: raises ValueError for a date that does not exist."""

_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def _iso(groups: Groups, log: Log) -> Span:
    year, number, day = map(int, groups)
    return day_of(datetime(year, number, day, tzinfo=UTC))


def _month_day(groups: Groups, log: Log) -> Span:
    name, day, year = groups
    return day_of(_dated(int(day), month(name), year, log))


def _day_month(groups: Groups, log: Log) -> Span:
    day, name, year = groups
    return _month_day((name, day, year), log)


def _month_days(groups: Groups, log: Log) -> Span:
    name, first, last, year = groups
    start, end = (_month_day((name, day, year), log) for day in (first, last))
    return Span(start.start, end.end)


def _days_month(groups: Groups, log: Log) -> Span:
    first, last, name, year = groups
    return _month_days((name, first, last, year), log)


def _month_first(groups: Groups, log: Log) -> Span:
    return _numeric(groups, log, likely=0)


def _day_first(groups: Groups, log: Log) -> Span:
    return _numeric(groups, log, likely=1)


def _numeric(groups: Groups, log: Log, likely: int) -> Span:
    """
    `11/16/2026`: in the only order that is a date, or the only one that the log covers, or, if
    it covers neither, the likely one (0: the month first).
    """
    one, other, year = int(groups[0]), int(groups[1]), groups[2]
    year = f"20{year}" if len(year) == 2 else year
    orders = [(one, other), (other, one)] if one != other else [(one, other)]
    if max(one, other) > 12:
        orders = [(number, day) for number, day in orders if number <= 12]
    dates = [_dated(day, number, year, log) for number, day in orders]
    covered = [date for date in dates if midnight(log.first) <= date <= log.last]
    if not dates:
        raise ValueError("month must be in 1..12")
    if len(covered) > 1:
        first, second = (f"{date:%Y-%m-%d}" for date in dates)
        raise InvalidInput(
            f"The log covers {first} and {second}, and {one}/{other} can mean either. "
            f"Write the date like {first}."
        )
    return day_of([*covered, *dates[likely:], *dates][0])


def _day_of_month(groups: Groups, log: Log) -> Span:
    """The latest `16th`."""
    day = int(groups[0])
    for back in range(12):
        start = calendar_unit("month", log.latest, back).start
        if day <= monthrange(start.year, start.month)[1] and start.replace(day=day) <= log.latest:
            return day_of(start.replace(day=day), is_relative=True)
    raise ValueError(f"no month has a day {day}")


def _month(groups: Groups, log: Log) -> Span:
    name, year = groups
    return calendar_unit("month", _dated(1, month(name), year, log))


def _numeric_month(groups: Groups, log: Log) -> Span:
    first, last = map(int, groups)
    year, number = (first, last) if first > 12 else (last, first)
    return calendar_unit("month", datetime(year, number, 1, tzinfo=UTC))


def _year(groups: Groups, log: Log) -> Span:
    return calendar_unit("year", datetime(int(groups[0]), 1, 1, tzinfo=UTC))


def _quarter(groups: Groups, log: Log) -> Span:
    name, year = groups
    number = _QUARTERS.get(name) or int(name[0])
    return calendar_unit("quarter", _dated(1, 3 * number - 2, year, log))


def _year_quarter(groups: Groups, log: Log) -> Span:
    year, number = groups
    return _quarter((number, year), log)


def _week(groups: Groups, log: Log) -> Span:
    """A week by its ISO number: week 1 is that of the year's first Thursday."""
    number, year = int(groups[0]), int(groups[1] or log.latest.isocalendar().year)
    start = datetime.fromisocalendar(year, number, 1).replace(tzinfo=UTC)
    if start > log.latest and not groups[1]:
        start = datetime.fromisocalendar(year - 1, number, 1).replace(tzinfo=UTC)
    return calendar_unit("week", start)


def _year_week(groups: Groups, log: Log) -> Span:
    year, number = groups
    return _week((number, year), log)


def _weekday(groups: Groups, log: Log) -> Span:
    which, name = groups
    back = (log.latest.weekday() - weekday(name)) % 7
    if which and not back:
        back = 7  # "last Friday", asked of a log that ends on a Friday, is not its last day
    return day_of(log.latest - back * DAY, is_relative=True)


def _weekday_of_week(groups: Groups, log: Log) -> Span:
    name, which = groups
    week = calendar_unit("week", log.last, 0 if which == "this" else 1)
    return day_of(week.start + weekday(name) * DAY, is_relative=True)


def _dated(day: int, number: int, year: str, log: Log) -> datetime:
    if year:
        return datetime(int(year), number, day, tzinfo=UTC)
    start = datetime(log.latest.year, number, day, tzinfo=UTC)
    return start if start <= log.latest else start.replace(year=start.year - 1)


_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_ORDINAL = r"(\d{1,2})(?:st|nd|rd|th)"
_OF_YEAR = rf"(?:,? (?:of |in )?({RECENT_YEAR}|{ANY_YEAR}(?! \w)))?"
# "the 16th" is a day unless it counts something: "the 16th request", "the 95th percentile".
_NO_NOUN = (
    r"(?= ?$| ?[,;.:?!)\u2013-]| (?:and|or|to|until|till|through|by|per|for|in|of|vs|versus|with|"
    r"at|from|between|than|on|was|were|is|are|did|do|does|how|what|which|who|please|only|compared|"
    r"\d{1,2}:\d\d)\b)"
)
_NO_FRACTION = rf"(?! of\b|{COUNTED})"

DATES: Readers = (
    (r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", _iso),
    (r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)", _month_first),
    (r"(\d{1,2})[.-](\d{1,2})[.-](\d{4})", _day_first),
    (rf"(?!24/7)(0?[1-9]|[12]\d|3[01])/(0?[1-9]|[12]\d|3[01])(){_NO_FRACTION}", _month_first),
    (rf"({MONTH})\.? (?:the )?{_DAY}{TO}(?:the )?{_DAY}{_OF_YEAR}", _month_days),
    (rf"between ({MONTH})\.? (?:the )?{_DAY} and (?:the )?{_DAY}{_OF_YEAR}", _month_days),
    (rf"(?:the )?{_DAY}{TO}(?:the )?{_DAY}(?: of)? ({MONTH}){_OF_YEAR}", _days_month),
    (rf"between (?:the )?{_DAY} and (?:the )?{_DAY}(?: of)? ({MONTH}){_OF_YEAR}", _days_month),
    (rf"(?:(?:{WEEKDAY}),? )?(?:the )?({MONTH})\.? (?:the )?{_DAY}{_OF_YEAR}", _month_day),
    (rf"(?:(?:{WEEKDAY}),? )?(?:the )?{_DAY}\.?(?: of)? ({MONTH}){_OF_YEAR}", _day_month),
    (rf"(?:the )?{_ORDINAL}{_NO_NOUN}", _day_of_month),
)
"""Days with a number."""

WEEKDAYS: Readers = (
    (rf"({WEEKDAY})(?: of| in)? (this|last|previous) week", _weekday_of_week),
    (rf"(?:(?:the )?(last|past|previous) |this )?({WEEKDAY})", _weekday),
)

NAMES: Readers = (
    (r"(\d{4})-(\d{2})", _numeric_month),
    (r"(\d{1,2})/(\d{4})", _numeric_month),
    (rf"(?:the month of |last |this )?({MONTH})(?:\.(?= \d))?{_OF_YEAR}", _month),
    (rf"(?:q|(?:the )?quarter )([1-4]){_OF_YEAR}", _quarter),
    (
        rf"(?:the )?(first|second|third|fourth|1st|2nd|3rd|4th) quarter{_OF_YEAR}",
        _quarter,
    ),
    (rf"({ANY_YEAR})[- ]?q([1-4])", _year_quarter),
    (rf"(?:(?:calendar |iso )?week (?:number |no\.? |#)?|cw ?)(\d{{1,2}}){_OF_YEAR}", _week),
    (r"(\d{4})-?w(\d{2})", _year_week),
    (rf"(?:the )?(?:year )?({YEAR})", _year),
)
"""What is longer than a day."""
