"""English periods as half-open intervals, counted from the last row where they are relative."""

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.analytics.period import ALL, Period, mention, parse
from agents.exceptions import InvalidInput
from tests.agents.analytics.logs import utc

FIRST = utc(2026, 11, 6, 3)
LAST = utc(2026, 11, 20, 10, 30, 15)  # a Friday
END = LAST + timedelta(microseconds=1)


def period(text: str) -> Period:
    return parse(text, FIRST, LAST)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("last 7 days", END - timedelta(days=7), END),
        ("the past 24 hours", END - timedelta(days=1), END),
        ("Last Hour", END - timedelta(hours=1), END),
        ("last day", END - timedelta(days=1), END),
        ("past week", END - timedelta(days=7), END),
        ("7d", END - timedelta(days=7), END),
        ("last 30min", END - timedelta(minutes=30), END),
        ("last couple of days", END - timedelta(days=2), END),
        ("last two weeks", END - timedelta(days=14), END),
        ("last 3 months", END - timedelta(days=90), END),
        ("first 3 days", FIRST, FIRST + timedelta(days=3)),
        ("today", utc(2026, 11, 20), utc(2026, 11, 21)),
        ("yesterday", utc(2026, 11, 19), utc(2026, 11, 20)),
        ("the day before yesterday", utc(2026, 11, 18), utc(2026, 11, 19)),
        ("this hour", utc(2026, 11, 20, 10), utc(2026, 11, 20, 11)),
        ("this week", utc(2026, 11, 16), utc(2026, 11, 23)),
        ("last week", utc(2026, 11, 9), utc(2026, 11, 16)),
        ("this month", utc(2026, 11, 1), utc(2026, 12, 1)),
        ("last month", utc(2026, 10, 1), utc(2026, 11, 1)),
        ("this year", utc(2026, 1, 1), utc(2027, 1, 1)),
        ("since Tuesday", utc(2026, 11, 17), END),
        ("since friday", utc(2026, 11, 20), END),
        ("since saturday", utc(2026, 11, 14), END),
        ("since yesterday", utc(2026, 11, 19), END),
        ("since 2026-11-03", utc(2026, 11, 3), END),
        ("after 2026-11-10 12:00", utc(2026, 11, 10, 12), END),
        ("since 2026-12-24", utc(2026, 12, 24), utc(2026, 12, 24) + timedelta(microseconds=1)),
        ("before 2026-11-10", FIRST, utc(2026, 11, 10)),
        ("before 2026-11-01", utc(2026, 11, 1) - timedelta(microseconds=1), utc(2026, 11, 1)),
        ("until 2026-11-10", FIRST, utc(2026, 11, 11)),
        ("2026-11-01 to 2026-11-07", utc(2026, 11, 1), utc(2026, 11, 8)),
        ("from 2026-11-01 until 2026-11-07", utc(2026, 11, 1), utc(2026, 11, 8)),
        ("between Monday and Wednesday", utc(2026, 11, 16), utc(2026, 11, 19)),
        ("2026-11-03T10:00 to 2026-11-03 12:30", utc(2026, 11, 3, 10), utc(2026, 11, 3, 12, 30)),
        ("on 2026-11-03", utc(2026, 11, 3), utc(2026, 11, 4)),
        ("2026-11-03", utc(2026, 11, 3), utc(2026, 11, 4)),
        ("on Nov 3", utc(2026, 11, 3), utc(2026, 11, 4)),
        ("December 3", utc(2025, 12, 3), utc(2025, 12, 4)),
        ("3rd of November 2026", utc(2026, 11, 3), utc(2026, 11, 4)),
        ("in November", utc(2026, 11, 1), utc(2026, 12, 1)),
        ("November 2025", utc(2025, 11, 1), utc(2025, 12, 1)),
        ("2026-11", utc(2026, 11, 1), utc(2026, 12, 1)),
        ("in 2026", utc(2026, 1, 1), utc(2027, 1, 1)),
        ("last Tuesday", utc(2026, 11, 17), utc(2026, 11, 18)),
    ],
)
def test_a_period_is_the_interval_that_people_mean(
    text: str, start: datetime, end: datetime
) -> None:
    found = period(text)
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize("text", ["all", "", "ALL time", "everything", "the whole period", "all."])
def test_the_whole_log_needs_no_bounds(text: str) -> None:
    assert period(text) == ALL


@pytest.mark.parametrize("text", ["last 7 days", "yesterday", "since Tuesday", "this week"])
def test_a_relative_period_says_that_it_counts_from_the_last_row(text: str) -> None:
    found = period(text)
    assert found.is_relative
    assert "counted from the last row" in found.text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-11-01 to 2026-11-07", "2026-11-01 to 2026-11-07"),
        ("on 2026-11-03", "2026-11-03"),
        ("since 2026-11-03", "2026-11-03 00:00 to 2026-11-20 10:30 UTC"),
        ("yesterday", "yesterday: 2026-11-19, counted from the last row"),
    ],
)
def test_a_period_is_said_in_dates(text: str, said: str) -> None:
    assert period(text).text == said


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("banana", "not understood. Possible are"),
        ("last blue moon", "not understood"),
        ("2026-13-01", "is no date"),
        ("2026-02-30", "is no date"),
        ("2026-11-07 to 2026-11-01", "ends before it begins"),
        ("last 0 days", "ends before it begins"),
        ("last 99999 years", "is no date"),
        ("x" * 10_000, "not understood"),
    ],
)
def test_what_is_no_period_is_refused_with_what_is_possible(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refused:
        period(text)
    assert len(refused.value.message) < 400


def test_without_timestamps_only_the_whole_log_can_be_asked_for() -> None:
    assert parse("all", None, None) == ALL
    with pytest.raises(InvalidInput, match="no timestamps"):
        parse("last hour", None, None)


UNITS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}


@given(st.integers(1, 500), st.sampled_from(sorted(UNITS)), st.sampled_from(["last", "past"]))
def test_a_rolling_period_has_its_length_and_ends_with_the_last_row(
    count: int, unit: str, word: str
) -> None:
    found = period(f"{word} {count} {unit}s")
    assert found.start is not None
    assert found.end == END
    assert (END - found.start).total_seconds() == count * UNITS[unit]


@given(st.datetimes(utc(2000, 1, 1).replace(tzinfo=None), utc(2100, 1, 1).replace(tzinfo=None)))
def test_the_last_row_is_in_every_period_that_ends_with_the_log(last: datetime) -> None:
    moment = last.replace(tzinfo=LAST.tzinfo)
    for text in ("last hour", "today", "this week", "this month", "this year", "last 7 days"):
        found = parse(text, moment, moment)
        assert found.start is not None
        assert found.end is not None
        assert found.start <= moment < found.end


DATES = st.dates(utc(2020, 1, 1).date(), utc(2030, 1, 1).date())


@given(DATES, DATES)
def test_two_dates_include_both_days(first: object, last: object) -> None:
    assume(str(first) <= str(last))
    found = period(f"{first} to {last}")
    assert f"{found.start:%Y-%m-%d}" == str(first)
    assert found.end is not None
    assert f"{found.end - timedelta(days=1):%Y-%m-%d}" == str(last)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What was p95 latency in the last 7 days by model?", "the last 7 days"),
        ("errors since Tuesday, per day", "since tuesday"),
        ("Compare cost from 2026-11-01 to 2026-11-07", "from 2026-11-01 to 2026-11-07"),
        ("What happened on 2026-11-03?", "on 2026-11-03"),
        ("cost for November by user", "for november"),
        ("latency yesterday", "yesterday"),
        ("How many tokens did we use and how long are the answers?", None),
        ("May I see the top 5 models?", None),
        ("Which day was the most expensive?", None),
        ("Who sends prompts of 2048 tokens?", None),
        ("show all models by day", None),
    ],
)
def test_the_period_in_a_question_is_found(question: str, found: str | None) -> None:
    assert mention(question) == found


def is_understood(text: str) -> bool:
    try:
        period(text)
    except InvalidInput as error:
        return "not understood" not in error.message
    return True


@given(st.text(max_size=80))
def test_whatever_is_found_in_a_question_is_a_period(question: str) -> None:
    found = mention(f"cost since Tuesday {question}")
    assert found is not None
    assert is_understood(found)
