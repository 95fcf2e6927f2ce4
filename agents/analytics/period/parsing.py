"""
English periods become half-open intervals of time: `last 7 days`, `since Tuesday`, two dates.

Relative periods count from a data set's last row, not from now: a log is history, and "yesterday"
asked of last month's log means its last day but one. Days and weeks are those of UTC, weeks begin
on Monday.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from agents.analytics.period.moments import COUNTED_FROM_LAST, DAY, MOMENT, next_month, span_of
from agents.exceptions import InvalidInput

EXAMPLES = (
    '"last 7 days", "last hour", "yesterday", "this week", "since Tuesday", '
    '"2026-11-01 to 2026-11-07", "on 2026-11-03", "in November" or "all"'
)
WHOLE = ("", "all", "all time", "all data", "everything", "overall", "whole", "entire", "total")
INSTANT = timedelta(microseconds=1)  # a half-open interval that includes a moment ends after it


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end`, aware and UTC; None: from the first row, to the last row."""

    start: datetime | None
    end: datetime | None
    text: str  # for people: what was asked, as dates, and what it was counted from
    is_relative: bool = False


ALL = Period(None, None, "all rows")


def parse(text: str, first: datetime | None, last: datetime | None) -> Period:
    """
    The period that `text` names, in a log whose rows lie from `first` to `last` (aware).

    Raises InvalidInput, saying what is possible, for a text that names none, for an interval that
    ends before it begins, and for any but "all" when the log has no timestamps.
    """
    wanted = " ".join(text.lower().strip(" .?!").split()).removeprefix("the ")
    if wanted.removesuffix(" period") in WHOLE:
        return ALL
    if first is None or last is None:
        raise InvalidInput('The data set has no timestamps, so the only period is "all".')
    log = _Log(first.astimezone(UTC), last.astimezone(UTC))
    for form in _FORMS:
        if match := form.pattern.fullmatch(wanted):
            try:
                start, end = form.interval(match, log)
            except (ValueError, OverflowError) as error:
                raise InvalidInput(f"The period {text[:80]!r} is no date: {error}.") from error
            if end <= start:
                raise InvalidInput(f"The period {text[:80]!r} ends before it begins.")
            is_relative = form.is_relative or bool(COUNTED_FROM_LAST.search(wanted))
            dates = _dates(start, end)
            said = f"{wanted}: {dates}, counted from the last row" if is_relative else dates
            return Period(start, end, said, is_relative)
    raise InvalidInput(f"The period {text[:80]!r} is not understood. Possible are {EXAMPLES}.")


def mention(question: str) -> str | None:
    """The part of a question that names a period `parse` understands; the longest if several."""
    plain = " ".join(question.lower().split())
    forms = [form for form in _FORMS if form.in_questions]
    found = [match.group() for form in forms for match in form.pattern.finditer(plain)]
    return max(found, key=len, default=None)


@dataclass(frozen=True, slots=True)
class _Log:
    """The rows that periods are asked of."""

    first: datetime
    last: datetime

    @property
    def end(self) -> datetime:
        return self.last + INSTANT

    @property
    def today(self) -> datetime:
        return self.last.replace(hour=0, minute=0, second=0, microsecond=0)


Interval = tuple[datetime, datetime]
Rule = Callable[[re.Match[str], _Log], Interval]


@dataclass(frozen=True, slots=True)
class _Form:
    """A way to name a period."""

    pattern: re.Pattern[str]
    interval: Rule
    is_relative: bool  # counts from the last row
    in_questions: bool  # means a period in any sentence; "may" alone, or "7 days", does not


def _form(
    pattern: str, interval: Rule, *, relative: bool = False, in_questions: bool = True
) -> _Form:
    return _Form(re.compile(rf"\b(?:{pattern})(?!\w)"), interval, relative, in_questions)


_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_NUMBERS |= {"ten": 10, "twelve": 12, "couple of": 2, "few": 3}
_UNITS = {
    "mi": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": DAY,
    "w": 7 * DAY,
    "mo": timedelta(days=30),
    "q": timedelta(days=91),
    "y": timedelta(days=365),
}


def _rolling(match: re.Match[str], log: _Log) -> Interval:
    return log.end - _length(match), log.end


def _from_first(match: re.Match[str], log: _Log) -> Interval:
    return log.first, log.first + _length(match)


def _length(match: re.Match[str]) -> timedelta:
    word, unit = match.groupdict().get("count") or "one", match["unit"]
    count = _NUMBERS.get(word) or int(word)
    return count * (_UNITS.get(unit[:2]) or _UNITS["mi" if unit == "m" else unit[0]])


def _day(back: int) -> Rule:
    def interval(match: re.Match[str], log: _Log) -> Interval:
        start = log.today - back * DAY
        return start, start + DAY

    return interval


def _calendar(match: re.Match[str], log: _Log) -> Interval:
    """The hour, week, month or year of the last row, or the one before it."""
    back = 0 if match["which"] in ("this", "current") else 1
    match match["unit"]:
        case "hour":
            start = log.last.replace(minute=0, second=0, microsecond=0) - back * _UNITS["h"]
            return start, start + _UNITS["h"]
        case "week":
            start = log.today - (log.today.weekday() + 7 * back) * DAY
            return start, start + 7 * DAY
        case "month":
            start = next_month(log.today.replace(day=1), -back)
            return start, next_month(start)
        case _:
            year = log.today.year - back
            return datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)


def _since(match: re.Match[str], log: _Log) -> Interval:
    # After the last row it is a period without rows, which can be said; not a wrong one.
    start = span_of(match["moment"], log.last).start
    return start, max(log.end, start + INSTANT)


def _until(match: re.Match[str], log: _Log) -> Interval:
    moment = span_of(match["moment"], log.last)
    end = moment.start if match["word"] == "before" else moment.end
    return min(log.first, end - INSTANT), end


def _between(match: re.Match[str], log: _Log) -> Interval:
    first, last = (span_of(match[name], log.last) for name in ("moment", "other"))
    # "to 2026-11-07" includes that day; "to 12:00" ends there.
    return first.start, last.end if last.end - last.start >= DAY else last.start


def _on(match: re.Match[str], log: _Log) -> Interval:
    span = span_of(match["moment"], log.last)
    return span.start, span.end


def _dates(start: datetime, end: datetime) -> str:
    if start.time() == end.time() == time():
        days = {f"{start:%Y-%m-%d}", f"{end - DAY:%Y-%m-%d}"}
        return " to ".join(sorted(days))
    # The microsecond that makes the last row part of the interval is of no interest to people.
    shown = end - INSTANT if end.microsecond else end
    return f"{start:%Y-%m-%d %H:%M} to {shown:%Y-%m-%d %H:%M} UTC"


_COUNT = r"(?P<count>\d{1,5}|" + "|".join(_NUMBERS) + ")"
_UNIT = r"(?P<unit>(?:minute|min|hour|hr|day|week|wk|month|quarter|year)s?|[mhdwy])"
_LAST = r"(?:the )?(?:last|past|previous|latest)"
_MOMENT, _OTHER = f"(?P<moment>{MOMENT})", f"(?P<other>{MOMENT})"

_FORMS = (
    _form(rf"{_LAST} {_COUNT} ?{_UNIT}", _rolling, relative=True),
    _form(rf"{_LAST} (?P<unit>minute|hour|day)", _rolling, relative=True),
    _form(r"(?:the )?past (?P<unit>week|month|quarter|year)", _rolling, relative=True),
    _form(rf"{_COUNT} ?{_UNIT}", _rolling, relative=True, in_questions=False),
    _form(rf"(?:the )?first {_COUNT} ?{_UNIT}", _from_first),
    _form(r"(?:the )?first (?P<unit>minute|hour|day|week|month)", _from_first),
    _form(r"today|(?:this|the current) day", _day(0), relative=True),
    _form(r"yesterday", _day(1), relative=True),
    _form(r"(?:the )?day before yesterday", _day(2), relative=True),
    _form(r"(?P<which>this|current) (?P<unit>hour|week|month|year)", _calendar, relative=True),
    _form(r"(?P<which>last|previous) (?P<unit>week|month|year)", _calendar, relative=True),
    _form(
        rf"(?:from |between )?{_MOMENT} ?(?:to|until|till|and|/|\.\.|-|\u2013) ?{_OTHER}", _between
    ),
    _form(rf"(?:since|after|from|starting) {_MOMENT}", _since),
    _form(rf"(?P<word>before|until|till|up to) {_MOMENT}", _until),
    _form(rf"(?:on|in|during|last) {_MOMENT}", _on),
    _form(rf"(?:for|of) (?!\d{{4}}\b){_MOMENT}", _on),  # "of 2048 tokens" names no year
    _form(_MOMENT, _on, in_questions=False),
    _form(r"(?P<moment>\d{4}-\d\d-\d\d)", _on),
)
