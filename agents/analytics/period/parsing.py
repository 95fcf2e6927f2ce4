"""From a text to a period, and to what is said of it."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from agents.analytics.period.forms import FORMS
from agents.analytics.period.log import DAY, INSTANT, Log
from agents.exceptions import InvalidInput

EXAMPLES = (
    '"last 7 days", "last hour", "yesterday", "this week", "since Tuesday", '
    '"2026-11-01 to 2026-11-07", "on 2026-11-03", "yesterday from 9 to 17", "Nov 10-12", '
    '"in November" or "all"'
)
WHOLE = ("", "all", "all time", "all data", "everything", "overall", "whole", "entire", "total")


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

    Raises InvalidInput, saying what is possible, for a text that names none, for a date that does
    not exist or can mean two, for an interval that ends before it begins, and for any but "all"
    when the log has no timestamps.
    """
    wanted = " ".join(text.lower().strip(" .?!").split())
    if wanted.removeprefix("the ").removesuffix(" period") in WHOLE:
        return ALL
    if first is None or last is None:
        raise InvalidInput('The data set has no timestamps, so the only period is "all".')
    log = Log(first.astimezone(UTC), last.astimezone(UTC), last.astimezone(UTC))
    for form in FORMS:
        if match := form.pattern.fullmatch(wanted):
            try:
                span = form.interval(match, log)
            except (ValueError, OverflowError) as error:
                raise InvalidInput(f"The period {text[:80]!r} is no date: {error}.") from error
            if span.end <= span.start:
                raise InvalidInput(f"The period {text[:80]!r} ends before it begins.")
            dates = _dates(span.start, span.end)
            if span.is_relative:
                dates = f"{wanted.removeprefix('the ')}: {dates}, counted from the last row"
            return Period(span.start, span.end, dates, span.is_relative)
    raise InvalidInput(f"The period {text[:80]!r} is not understood. Possible are {EXAMPLES}.")


def _dates(start: datetime, end: datetime) -> str:
    if start.time() == end.time() == time():
        days = {f"{start:%Y-%m-%d}", f"{end - DAY:%Y-%m-%d}"}
        return " to ".join(sorted(days))
    # The microsecond that makes the last row part of the interval is of no interest to people.
    shown = end - INSTANT if end.microsecond else end
    return f"{start:%Y-%m-%d %H:%M} to {shown:%Y-%m-%d %H:%M} UTC"
