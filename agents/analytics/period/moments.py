"""Days, months and times of day as people name them, with the span of time that each covers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_DAY_NAME = (
    r"mon(?:day)?|tues?(?:day)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
_MONTH_NAME = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end`, UTC."""

    start: datetime
    end: datetime


def span_of(text: str, last: datetime) -> Span:
    """
    What a text that matches MOMENT covers: a day, a month, a year, or a minute.

    What names no year, and weekdays, are the latest that are not after `last`. Raises ValueError
    for a date that does not exist.
    """
    for pattern, read in _READERS:
        if match := re.fullmatch(pattern, text):
            return read(match.groups(default=""), last)
    raise ValueError(f"{text!r} is no date")


def next_month(start: datetime, months: int = 1) -> datetime:
    """The first day of a month, `months` after the one that `start` begins."""
    index = start.year * 12 + start.month - 1 + months
    return start.replace(year=index // 12, month=index % 12 + 1)


Groups = tuple[str, ...]


def _iso(groups: Groups, last: datetime) -> Span:
    year, month, day, hour, minute, second = groups
    start = datetime(int(year), int(month), int(day), tzinfo=UTC)
    if not hour:
        return Span(start, start + DAY)
    start = start.replace(hour=int(hour), minute=int(minute), second=int(second or 0))
    return Span(start, start + timedelta(seconds=1 if second else 60))


def _month_day(groups: Groups, last: datetime) -> Span:
    name, day, year = groups
    start = _dated(int(day), name, year, last)
    return Span(start, start + DAY)


def _day_month(groups: Groups, last: datetime) -> Span:
    day, name, year = groups
    return _month_day((name, day, year), last)


def _month(groups: Groups, last: datetime) -> Span:
    name, year = groups
    start = _dated(1, name, year, last)
    return Span(start, next_month(start))


def _iso_month(groups: Groups, last: datetime) -> Span:
    start = datetime(int(groups[0]), int(groups[1]), 1, tzinfo=UTC)
    return Span(start, next_month(start))


def _year(groups: Groups, last: datetime) -> Span:
    year = int(groups[0])
    return Span(datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))


def _weekday(groups: Groups, last: datetime) -> Span:
    today = _midnight(last)
    start = today - (today.weekday() - _DAYS.index(groups[0][:3])) % 7 * DAY
    return Span(start, start + DAY)


def _relative(groups: Groups, last: datetime) -> Span:
    start = _midnight(last) - (DAY if groups[0] == "yesterday" else timedelta())
    return Span(start, start + DAY)


def _dated(day: int, name: str, year: str, last: datetime) -> datetime:
    month = _MONTHS.index(name[:3]) + 1
    if year:
        return datetime(int(year), month, day, tzinfo=UTC)
    start = datetime(last.year, month, day, tzinfo=UTC)
    return start if start <= last else start.replace(year=last.year - 1)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


_NUMBER = r"(\d{1,2})(?:st|nd|rd|th)?"
_READERS: tuple[tuple[str, Callable[[Groups, datetime], Span]], ...] = (
    (r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ](\d{1,2}):(\d{2})(?::(\d{2}))?(?: ?z| utc)?)?", _iso),
    (rf"({_MONTH_NAME})\.? {_NUMBER}(?:,? (\d{{4}}))?", _month_day),
    (rf"{_NUMBER}\.?(?: of)? ({_MONTH_NAME})(?:,? (\d{{4}}))?", _day_month),
    (r"(\d{4})-(\d{2})", _iso_month),
    (rf"({_MONTH_NAME})(?: (\d{{4}}))?", _month),
    (r"((?:19|20)\d{2})", _year),
    (rf"({_DAY_NAME})", _weekday),
    (r"(today|yesterday)", _relative),
)

_PATTERNS = [re.sub(r"\((?!\?)", "(?:", pattern) for pattern, _ in _READERS]

MOMENT = "|".join(_PATTERNS)
"""A pattern without groups for everything that `span_of` understands, in lower case."""

COUNTED_FROM_LAST = re.compile(rf"\b(?:{_DAY_NAME}|today|yesterday)\b")
"""Found in a text whose meaning depends on what day the last row is of."""
