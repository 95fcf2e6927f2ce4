"""What all results of the shipped tools say: which data set, which rows, which period."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import duckdb
from pydantic import BaseModel

from agents.analytics.charts import Chart
from agents.analytics.filters import NAMES, SOURCE, Column, Condition, describe
from agents.analytics.groups import COLUMN, GroupBy
from agents.analytics.occurring import check_names
from agents.analytics.period import ALL, Period, parse
from agents.analytics.period.log import INSTANT
from agents.analytics.profile import Profile
from agents.analytics.schema import BY_NAME
from agents.analytics.table import Table
from agents.analytics.wording import listing
from agents.exceptions import DatasetNotFound, InvalidInput, ToolError
from agents.tools.base import Call
from agents.tools.contents import as_it_is_now, opened_table
from agents.tools.datasets import required
from agents.tools.handles import DatasetHandle

DAY_SECONDS = 24 * 3600
LONGEST: dict[GroupBy, int] = {
    "hour": 3600,
    "hour_of_day": 3600,
    "day": DAY_SECONDS,
    "weekday": DAY_SECONDS,
    "week": 7 * DAY_SECONDS,
}
"""How many seconds a row may sum up to be in one of the groups; months are as long as any."""

NUMBERS: frozenset[Column] = frozenset(get_args(Column)) - NAMES - {"outcome"}


class Basis(BaseModel):
    """What a result was computed from."""

    dataset: str
    dataset_id: str
    rows: int  # that the figures are computed from
    rows_in_dataset: int
    period: str
    period_counts_from_last_row: bool
    covers_period: bool  # from the first row to the last lies all of the period
    first_timestamp: datetime | None  # of the whole data set
    last_timestamp: datetime | None
    where: str | None = None  # the conditions on the rows, in words


class Result(BaseModel):
    """`missing`: normalised columns that the question needs and the data set lacks."""

    computed_from: Basis
    missing: list[str] = []
    notes: list[str] = []  # sentences: what could not be said, and what was assumed
    charts: list[Chart] = []  # what a picture says faster, as series to draw


@dataclass(frozen=True, slots=True)
class Opened:
    """A data set in a period."""

    handle: DatasetHandle
    period: Period
    table: Table
    basis: Basis

    @property
    def profile(self) -> Profile:
        return self.handle.profile


@contextmanager
def opened(
    call: Call, dataset: str | None, period: str, where: Sequence[Condition] | None = None
) -> Iterator[Opened]:
    """The rows that a call asks about; every expected failure in it becomes a ToolError."""
    conditions = where or ()
    with explained():
        handle = as_it_is_now(required(call.deps, dataset))
        profile = handle.profile
        _check_columns(profile, conditions)
        span = parse(period, profile.first_timestamp, profile.last_timestamp)
        with opened_table(handle, span, conditions) as table:
            only = describe(conditions) or None
            call.deps.note(f"Reading {handle.name}, {span.text}{f', only {only}' if only else ''}")
            check_names(table, conditions)
            yield Opened(handle, span, table, _basis(handle, span, table.count(), only))


@contextmanager
def explained() -> Iterator[None]:
    """Turns every expected failure of a query into a ToolError."""
    try:
        yield
    except (InvalidInput, DatasetNotFound) as error:
        raise ToolError(error.message) from error
    except duckdb.InterruptException as error:
        raise ToolError("The query took too long. Ask for a shorter period.") from error
    except duckdb.OutOfMemoryException as error:
        raise ToolError("The query needs too much memory. Ask for a shorter period.") from error
    except duckdb.OutOfRangeException as error:
        raise ToolError("Some values are too large to be added up or multiplied.") from error


def one_of(value: object, options: Sequence[object], name: str) -> None:
    """Raises ToolError, naming the options, for an argument that is none of them."""
    if value not in options:
        possible = ", ".join(repr(option) for option in options if option is not None)
        raise ToolError(f"{name} cannot be {str(value)[:80]!r}. Use one of {possible}.")


def lacking(profile: Profile, *columns: str) -> list[str]:
    """Those of the normalised `columns` that the data set does not have."""
    return [column for column in columns if not profile.has(column)]


def labels(columns: Sequence[str], last: str = "and") -> str:
    """Columns as a sentence names them: `latency and cost`."""
    return listing([BY_NAME[column].label for column in columns], last)


def only_sums(profile: Profile, subject: str) -> str | None:
    """Where rows are sums of requests, a sentence that `subject` cannot be said; else None."""
    if profile.rows_are == "requests":
        return None
    return (
        f"Each row of the data set is a sum of requests, so {subject} cannot be said; a log with a "
        "row for each request would tell."
    )


def uncounted(profile: Profile) -> str | None:
    """Where nobody counted the requests that rows sum up, a sentence about it; else None."""
    if profile.tells_requests:
        return None
    return "The data set does not tell how many requests its rows sum up, so none are counted."


def no_rows(basis: Basis) -> str | None:
    """A sentence for a period or conditions without rows, None where there are some."""
    if basis.rows:
        return None
    if basis.rows_in_dataset == 0:
        return "The data set has no rows."
    wanted = f"No rows match {basis.where}" if basis.where else "There are no rows"
    if basis.period == ALL.text or basis.first_timestamp is None or basis.last_timestamp is None:
        return f"{wanted}."
    return (
        f"{wanted} in this period; the data set covers "
        f"{basis.first_timestamp:%Y-%m-%d %H:%M} to {basis.last_timestamp:%Y-%m-%d %H:%M} UTC."
    )


def sum_seconds(profile: Profile) -> int:
    """How long the time is that a row sums up, 0 for single requests; if unknown, a day."""
    if profile.rows_are == "requests":
        return 0
    return profile.bucket_seconds or DAY_SECONDS


def usable_group(
    profile: Profile, by: GroupBy | None
) -> tuple[GroupBy | None, list[str], list[str]]:
    """
    The grouping if the data set has its column, and its rows are not longer than the groups; else
    none, the column if that is missing, and a sentence.
    """
    if by is None or by in possible_groups(profile):
        return by, [], []
    possible = possible_groups(profile)
    instead = f" It can be grouped by {listing(possible, 'or')}." if possible else ""
    column = COLUMN[by]
    groups = f"there are no groups by {by.replace('_', ' ')}"
    if profile.has(column):
        return None, [], [f"Each row of the data set sums up more time, so {groups}.{instead}"]
    sentence = f"The data set has no {BY_NAME[column].label} column, so {groups}."
    return None, [column], [sentence + instead]


def possible_groups(profile: Profile) -> list[GroupBy]:
    """What the data set can be grouped by: it has the column, and no row is longer than a group."""
    seconds = sum_seconds(profile)
    return [
        by
        for by, column in COLUMN.items()
        if profile.has(column) and seconds <= LONGEST.get(by, seconds)
    ]


def _check_columns(profile: Profile, conditions: Sequence[Condition]) -> None:
    """Raises ToolError for a condition on what the data set lacks, saying what it has."""
    for condition in conditions:
        if condition.column in NUMBERS and (
            sentence := only_sums(profile, f"which requests have such {condition.column}")
        ):
            raise ToolError(sentence)
        source = SOURCE[condition.column]
        if not profile.has(source):
            possible = [column for column, needed in SOURCE.items() if profile.has(needed)]
            instead = f" It can be filtered by {listing(possible, 'or')}." if possible else ""
            raise ToolError(
                f"The data set has no {BY_NAME[source].label} column, so it cannot be filtered by "
                f"{condition.column}.{instead}"
            )


def _covers(profile: Profile, period: Period) -> bool:
    first, last = profile.first_timestamp, profile.last_timestamp
    begins = period.start is None or (first is not None and first <= period.start)
    ends = period.end is None or (last is not None and period.end <= last + INSTANT)
    return begins and ends


def _basis(handle: DatasetHandle, period: Period, rows: int, where: str | None) -> Basis:
    return Basis(
        dataset=handle.name,
        dataset_id=handle.id,
        rows=rows,
        rows_in_dataset=handle.rows,
        period=period.text,
        period_counts_from_last_row=period.is_relative,
        covers_period=_covers(handle.profile, period),
        first_timestamp=handle.profile.first_timestamp,
        last_timestamp=handle.profile.last_timestamp,
        where=where,
    )
