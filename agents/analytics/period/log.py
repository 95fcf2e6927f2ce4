"""The log that periods are asked of, and the calendar around its rows."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

INSTANT = timedelta(microseconds=1)  # a half-open interval that includes a moment ends after it
DAY = timedelta(days=1)
LENGTHS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": DAY,
    "week": 7 * DAY,
    "month": 30 * DAY,
    "quarter": 91 * DAY,
    "year": 365 * DAY,
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end`, UTC."""

    start: datetime
    end: datetime
    is_relative: bool = False  # counted from the last row

    @property
    def has_days(self) -> bool:
        """Whether it is a day or longer, and not a time of day."""
        return self.end - self.start >= DAY


@dataclass(frozen=True, slots=True)
class Log:
    """Its rows lie from `first` to `last`, UTC."""

    first: datetime
    last: datetime
    latest: datetime  # what names no year, or a weekday, is the latest that is not after this

    @property
    def end(self) -> datetime:
        return self.last + INSTANT

    def names_until(self, latest: datetime) -> "Log":
        """The same log, in which "Monday" is the last one up to `latest`."""
        return replace(self, latest=latest)


def midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def day_of(moment: datetime, *, is_relative: bool = False) -> Span:
    """The day that holds `moment`."""
    return Span(midnight(moment), midnight(moment) + DAY, is_relative)


def calendar_unit(unit: str, moment: datetime, back: int = 0) -> Span:
    """The unit of the calendar (or the weekend) begun last at `moment`, or the one `back` before.

    Raises ValueError or OverflowError for one before the year 1.
    """
    start = midnight(moment)
    match unit:
        case "minute" | "hour":
            floor = moment.replace(minute=0 if unit == "hour" else moment.minute, second=0)
            start = floor.replace(microsecond=0) - back * LENGTHS[unit]
        case "day":
            start -= back * DAY
        case "week":
            start -= (start.weekday() + 7 * back) * DAY
        case "weekend":
            start -= ((start.weekday() - 5) % 7 + 7 * back) * DAY
            return Span(start, start + 2 * DAY)
        case _:
            months = _MONTHS[unit]
            since_year_0 = start.year * 12 + start.month - 1
            start = _month(since_year_0 - since_year_0 % months - back * months)
            return Span(start, _month(start.year * 12 + start.month - 1 + months))
    return Span(start, start + LENGTHS[unit])


def _month(since_year_0: int) -> datetime:
    """The beginning of a month, counted from January of the year 0."""
    return datetime(since_year_0 // 12, since_year_0 % 12 + 1, 1, tzinfo=UTC)
