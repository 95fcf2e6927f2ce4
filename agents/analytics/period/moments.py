"""Everything that has a place in time, as people name it, with the span that it covers."""

import re
from dataclasses import replace
from datetime import timedelta

from agents.analytics.period.dates import DATES, NAMES, WEEKDAYS, Groups, Readers
from agents.analytics.period.log import DAY, Log, Span, calendar_unit, day_of
from agents.analytics.period.words import NUMBER, OR_AND, TO, number, unit

_CALENDAR = "week|month|quarter|year"
_AGO_UNIT = "minutes?|mins?|hours?|hrs?|weeks?|wks?|months?|quarters?|years?"


def _today(groups: Groups, log: Log) -> Span:
    back = {"yesterday": 1, "previous day": 1, "day before yesterday": 2}
    return day_of(log.last - back.get(groups[0], 0) * DAY, is_relative=True)


def _days_ago(groups: Groups, log: Log) -> Span:
    return day_of(log.last - number(groups[0]) * DAY, is_relative=True)


def _units_ago(groups: Groups, log: Log) -> Span:
    return _back(unit(groups[1]), log, int(number(groups[0])))


def _this_unit(groups: Groups, log: Log) -> Span:
    return _back(groups[0], log, 0)


def _last_unit(groups: Groups, log: Log) -> Span:
    return _back(groups[0], log, 1)


def _before_last(groups: Groups, log: Log) -> Span:
    name = groups[0].split()[0]
    return _weekend(log, 1) if name == "weekend" else _back(name, log, 2)


def _this_weekend(groups: Groups, log: Log) -> Span:
    return _back("weekend", log, 0)


def _last_weekend(groups: Groups, log: Log) -> Span:
    return _weekend(log, 0)


def _weekend(log: Log, back: int) -> Span:
    """The latest weekend that is over, or the one `back` before."""
    return _back("weekend", log, back + (log.last.weekday() >= 5))


def _week_of(groups: Groups, log: Log) -> Span:
    day = span_of(groups[0], log)
    return replace(calendar_unit("week", day.start), is_relative=day.is_relative)


def _back(name: str, log: Log, back: int) -> Span:
    return replace(calendar_unit(name, log.last, back), is_relative=True)


def _pattern(readers: Readers) -> str:
    """One pattern without groups for everything that `readers` read."""
    return "|".join(re.sub(r"\((?!\?)", "(?:", pattern) for pattern, _ in readers)


_RELATIVE_DAYS: Readers = (
    (r"(today|(?:this|the current) day)s?", _today),
    (r"(?:the )?(day before yesterday|previous day)", _today),
    (r"(yesterday)s?", _today),
    (rf"({NUMBER}) days? ago", _days_ago),
)
_BEFORE_LAST = "|".join(f"{name} before last(?: {name})?" for name in _CALENDAR.split("|"))
_RELATIVE: Readers = (
    (rf"({NUMBER}) ({_AGO_UNIT}) ago", _units_ago),
    (rf"(?:the )?({_BEFORE_LAST}|weekend before last(?: weekend)?)", _before_last),
    (rf"(?:this|(?:the )?current) (hour|{_CALENDAR})", _this_unit),
    (rf"(?:the )?(?:last|previous) ({_CALENDAR})", _last_unit),
    (r"(?:the )?(?:last|past|previous) weekend", _last_weekend),
    (r"(?:this|the) weekend", _this_weekend),
)

DATE, WEEKDAY_NAME, NAME = _pattern(DATES), _pattern(WEEKDAYS), _pattern(NAMES)
RELATIVE_DAY, RELATIVE = _pattern(_RELATIVE_DAYS), _pattern(_RELATIVE)
DAY_NAME = f"{DATE}|{WEEKDAY_NAME}|{RELATIVE_DAY}"

_WEEK_OF: Readers = (
    (rf"(?:the )?week (?:of|starting|beginning)(?: on)? ({DATE}|{WEEKDAY_NAME})", _week_of),
)
_READERS: Readers = (*_RELATIVE_DAYS, *_RELATIVE, *_WEEK_OF, *DATES, *WEEKDAYS, *NAMES)

CLOCK = r"(?:\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[ap]m)?|\d{1,2} ?[ap]m)(?: ?(?:utc|gmt|z)\b)?"
"""A time of day that is nothing else; 12 hours with am or pm, else 24."""
LOOSE_CLOCK = rf"(?:{CLOCK}|\d{{1,2}}(?! ?[\d:]))"
HOURS = (
    rf"(?:(?:from|between) {LOOSE_CLOCK}{OR_AND}{LOOSE_CLOCK}"
    rf"|{CLOCK}{TO}{LOOSE_CLOCK}|{LOOSE_CLOCK}{TO}{CLOCK})"
)
"""Two times of day, `from 9 to 17`."""
CLOCK_FIRST = rf"{CLOCK},?(?: on| of)? (?:{DAY_NAME})"
_AT = rf"(?:(?:t|,? at |,? ){CLOCK}|,? at \d{{1,2}}(?! ?[\d:]))"

DATED_DAY = rf"(?:{DATE})(?:{_AT})?"
PERIOD_NAME = rf"(?:{WEEKDAY_NAME})(?:{_AT})?|{_pattern(_WEEK_OF)}|{NAME}"
DATED = rf"(?:{DATED_DAY}|{PERIOD_NAME})"
"""What has a name or a number of its own."""
MOMENT = rf"(?:{DATED}|(?:{RELATIVE_DAY})(?:{_AT})?|{RELATIVE})"
"""A pattern without groups for everything that `span_of` understands, in lower case."""

_DAY_CLOCK = re.compile(rf"(?P<day>{DAY_NAME})(?:t|,? at |,? )(?P<clock>{LOOSE_CLOCK})")
_CLOCK_DAY = re.compile(rf"(?P<clock>{CLOCK}),?(?: on| of)? (?P<day>{DAY_NAME})")
_HALF_DAY = timedelta(hours=12)
_CLOCK_PARTS = re.compile(r"(\d{1,2})(?::(\d\d))?(?::(\d\d)(?:\.\d+)?)? ?(?:([ap])m)?(?: ?[a-z]+)?")


def span_of(text: str, log: Log) -> Span:
    """
    What a text that matches MOMENT or CLOCK_FIRST covers: a month, a day, a minute, ...

    Raises ValueError for a date that does not exist, InvalidInput for one that can mean two.
    """
    for pattern, read in _READERS:
        if match := re.fullmatch(pattern, text):
            return read(match.groups(default=""), log)
    if match := _DAY_CLOCK.fullmatch(text) or _CLOCK_DAY.fullmatch(text):
        day = _one_day(match["day"], log)
        start, length = _clock(match["clock"])
        return Span(day.start + start, day.start + start + length, day.is_relative)
    raise ValueError(f"{text!r} is no date")


def hours_on(day: str, hours: str, log: Log) -> Span:
    """`from 9 to 5 pm`, a text that matches HOURS, of one day. Raises like `span_of`."""
    clocks = re.findall(LOOSE_CLOCK, hours)
    (start, _), (end, _) = map(_clock, clocks)
    # "1 to 5 pm" is all in the afternoon, "9 to 5 pm" is not.
    if clocks[1].endswith("pm") and clocks[0].isdecimal() and start < end - _HALF_DAY:
        start += _HALF_DAY
    span = _one_day(day, log)
    return Span(span.start + start, span.start + end, span.is_relative)


def _one_day(text: str, log: Log) -> Span:
    span = span_of(text, log)
    if span.end - span.start > DAY:
        raise ValueError("a time of day needs a single day")
    return span


def _clock(text: str) -> tuple[timedelta, timedelta]:
    """The time since midnight, and how long it lasts: an hour, a minute or a second."""
    match = _CLOCK_PARTS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no time of day")
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    if match[4]:
        if not 1 <= hour <= 12:
            raise ValueError("hour must be in 1..12")
        hour = hour % 12 + 12 * (match[4] == "p")
    since_midnight = timedelta(hours=hour, minutes=minute, seconds=second)
    if since_midnight > DAY or max(minute, second) > 59:
        raise ValueError("hour must be in 0..24, minute and second in 0..59")
    precision = {"seconds": 1} if match[3] else {"minutes": 1} if match[2] else {"hours": 1}
    return since_midnight, timedelta(**precision)
