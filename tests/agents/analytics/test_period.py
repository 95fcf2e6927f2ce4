"""English periods as half-open intervals, counted from the last row where they are relative."""

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents.analytics.period import ALL, Period, parse
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
        ("last Friday", utc(2026, 11, 13), utc(2026, 11, 14)),
        ("this Friday", utc(2026, 11, 20), utc(2026, 11, 21)),
        ("Monday last week", utc(2026, 11, 9), utc(2026, 11, 10)),
        ("from Monday to Wednesday", utc(2026, 11, 16), utc(2026, 11, 19)),
        ("from Friday to Monday", utc(2026, 11, 13), utc(2026, 11, 17)),
        ("from yesterday", utc(2026, 11, 19), utc(2026, 11, 20)),
        ("from Monday", utc(2026, 11, 16), END),
        ("from Monday till now", utc(2026, 11, 16), END),
        ("after Monday", utc(2026, 11, 17), END),
        ("since last week", utc(2026, 11, 9), END),
        ("since Monday and until Wednesday", utc(2026, 11, 16), utc(2026, 11, 19)),
        ("after Monday and before Thursday", utc(2026, 11, 17), utc(2026, 11, 19)),
    ],
)
def test_a_period_is_the_interval_that_people_mean(
    text: str, start: datetime, end: datetime
) -> None:
    found = period(text)
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("3 days ago", utc(2026, 11, 17), utc(2026, 11, 18)),
        ("a week ago", utc(2026, 11, 9), utc(2026, 11, 16)),
        ("two weeks ago", utc(2026, 11, 2), utc(2026, 11, 9)),
        ("11 months ago", utc(2025, 12, 1), utc(2026, 1, 1)),
        ("a year ago", utc(2025, 1, 1), utc(2026, 1, 1)),
        ("an hour ago", utc(2026, 11, 20, 9), utc(2026, 11, 20, 10)),
        ("5 minutes ago", utc(2026, 11, 20, 10, 25), utc(2026, 11, 20, 10, 26)),
        ("since an hour ago", LAST - timedelta(hours=1), END),
        ("since 2 days ago", utc(2026, 11, 18), END),
        ("since 2 weeks ago", utc(2026, 11, 6), END),
        ("from 3 days ago to yesterday", utc(2026, 11, 17), utc(2026, 11, 20)),
        ("last weekend", utc(2026, 11, 14), utc(2026, 11, 16)),
        ("the weekend", utc(2026, 11, 14), utc(2026, 11, 16)),
        ("the weekend before last", utc(2026, 11, 7), utc(2026, 11, 9)),
        ("the week before last", utc(2026, 11, 2), utc(2026, 11, 9)),
        ("the month before last month", utc(2026, 9, 1), utc(2026, 10, 1)),
        ("this quarter", utc(2026, 10, 1), utc(2027, 1, 1)),
        ("last quarter", utc(2026, 7, 1), utc(2026, 10, 1)),
        ("in the last quarter", END - timedelta(days=91), END),
        ("over the last week", END - timedelta(days=7), END),
        ("in the last month", END - timedelta(days=30), END),
        ("during the last year", END - timedelta(days=365), END),
        ("the last 1.5 hours", END - timedelta(minutes=90), END),
        ("last 90 seconds", END - timedelta(seconds=90), END),
        ("since half an hour ago", LAST - timedelta(minutes=30), END),
        ("last half hour", END - timedelta(minutes=30), END),
        ("the day before", utc(2026, 11, 18), utc(2026, 11, 19)),
    ],
)
def test_what_is_relative_counts_from_the_last_row(
    text: str, start: datetime, end: datetime
) -> None:
    found = period(text)
    assert (found.start, found.end) == (start, end)
    assert "counted from the last row" in found.text


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("on the 16th", utc(2026, 11, 16), utc(2026, 11, 17)),
        ("on the 25th", utc(2026, 10, 25), utc(2026, 10, 26)),
        ("the 31st", utc(2026, 10, 31), utc(2026, 11, 1)),
        ("the 16th of November", utc(2026, 11, 16), utc(2026, 11, 17)),
        ("since the 16th of November", utc(2026, 11, 16), END),
        ("Monday, November 16, 2026", utc(2026, 11, 16), utc(2026, 11, 17)),
        ("Nov 10-12", utc(2026, 11, 10), utc(2026, 11, 13)),
        ("10 to 12 November", utc(2026, 11, 10), utc(2026, 11, 13)),
        ("between 10 and 12 november", utc(2026, 11, 10), utc(2026, 11, 13)),
        ("between November 10 and 12, 2025", utc(2025, 11, 10), utc(2025, 11, 13)),
        ("from the 10th to the 12th of November", utc(2026, 11, 10), utc(2026, 11, 13)),
        ("from December 28 to January 3", utc(2025, 12, 28), utc(2026, 1, 4)),
        ("from 10 November 2025 to 12 November", utc(2025, 11, 10), utc(2025, 11, 13)),
        ("from October 10 to the 12th", utc(2026, 10, 10), utc(2026, 10, 13)),
        ("from the 10th of October to the 12th", utc(2026, 10, 10), utc(2026, 10, 13)),
        ("from the 28th to the 3rd", utc(2026, 10, 28), utc(2026, 11, 4)),
        ("nov 2026", utc(2026, 11, 1), utc(2026, 12, 1)),
        ("11/2026", utc(2026, 11, 1), utc(2026, 12, 1)),
        ("October to November", utc(2026, 10, 1), utc(2026, 12, 1)),
        ("Q4", utc(2026, 10, 1), utc(2027, 1, 1)),
        ("in Q4 2025", utc(2025, 10, 1), utc(2026, 1, 1)),
        ("2026-Q1", utc(2026, 1, 1), utc(2026, 4, 1)),
        ("the second quarter of 2026", utc(2026, 4, 1), utc(2026, 7, 1)),
        ("week 46", utc(2026, 11, 9), utc(2026, 11, 16)),
        ("week 50", utc(2025, 12, 8), utc(2025, 12, 15)),
        ("2026-W46", utc(2026, 11, 9), utc(2026, 11, 16)),
        ("the week of November 11", utc(2026, 11, 9), utc(2026, 11, 16)),
        ("2026-11-01/2026-11-07", utc(2026, 11, 1), utc(2026, 11, 8)),
    ],
)
def test_days_and_what_is_longer_have_names(text: str, start: datetime, end: datetime) -> None:
    found = period(text)
    assert (found.start, found.end) == (start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("since Monday 09:00", utc(2026, 11, 16, 9), END),
        ("since 09:00 on Monday", utc(2026, 11, 16, 9), END),
        ("yesterday between 09:00 and 17:00", utc(2026, 11, 19, 9), utc(2026, 11, 19, 17)),
        ("yesterday from 9 to 17", utc(2026, 11, 19, 9), utc(2026, 11, 19, 17)),
        ("between 09:00 and 17:00 yesterday", utc(2026, 11, 19, 9), utc(2026, 11, 19, 17)),
        ("9 to 5 pm on Monday", utc(2026, 11, 16, 9), utc(2026, 11, 16, 17)),
        ("1 to 5pm on 2026-11-03", utc(2026, 11, 3, 13), utc(2026, 11, 3, 17)),
        ("2026-11-03 22:30-24:00", utc(2026, 11, 3, 22, 30), utc(2026, 11, 4)),
        ("from Monday 12 am to Tuesday 12 pm", utc(2026, 11, 16), utc(2026, 11, 17, 12)),
        ("yesterday at 9 pm", utc(2026, 11, 19, 21), utc(2026, 11, 19, 22)),
        ("on the 16th at 14:30", utc(2026, 11, 16, 14, 30), utc(2026, 11, 16, 14, 31)),
    ],
)
def test_a_day_can_have_a_time(text: str, start: datetime, end: datetime) -> None:
    found = period(text)
    assert (found.start, found.end) == (start, end)


def test_a_weekend_that_has_begun_is_this_one_and_not_the_last() -> None:
    sunday = utc(2026, 11, 22, 8)
    assert parse("this weekend", FIRST, sunday).start == utc(2026, 11, 21)
    assert parse("last weekend", FIRST, sunday).start == utc(2026, 11, 14)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("on 11/16/2026", (2026, 11, 16)),
        ("on 16/11/2026", (2026, 11, 16)),
        ("on 16.11.2026", (2026, 11, 16)),
        ("on 11/16", (2026, 11, 16)),
        ("on 11/07/2026", (2026, 11, 7)),  # 2026-07-11 is not in the log
        ("on 07/11/2026", (2026, 11, 7)),
        ("on 11/11/26", (2026, 11, 11)),
        ("on 03/04/2026", (2026, 3, 4)),  # neither is
        ("on 03.04.2026", (2026, 4, 3)),
    ],
)
def test_the_log_settles_the_order_of_day_and_month(text: str, date: tuple[int, int, int]) -> None:
    found = period(text)
    assert (found.start, found.end) == (utc(*date), utc(*date) + timedelta(days=1))


@pytest.mark.parametrize("text", ["on 03/04/2026", "since 3.4.2026", "on 3/4", "3/4/26 to 5/16/26"])
def test_a_date_that_can_mean_two_days_of_the_log_is_asked_back(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"Write the date like 2026-0[34]-0[34]\."):
        parse(text, utc(2026, 1, 1), utc(2026, 12, 31))


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
        ("31/31/2026", "is no date"),
        ("week 54", "is no date"),
        ("on the 32nd", "is no date"),
        ("yesterday at 25:00", "is no date"),
        ("Nov 10-12 from 9 to 17", "a time of day needs a single day"),
        ("yesterday from 17:00 to 09:00", "ends before it begins"),
        ("the last 3 business days", "not understood"),
        ("in 2000 requests", "not understood"),
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


COUNTS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    *("twenty", "twenty-one", "twenty two", "twenty-three", "twenty-four", "twenty-five"),
    *("twenty-six", "twenty-seven", "twenty-eight", "twenty-nine", "thirty"),
)


@pytest.mark.parametrize(("count", "word"), list(enumerate(COUNTS, 1)))
def test_numbers_may_be_words(count: int, word: str) -> None:
    assert period(f"last {word} days").start == END - timedelta(days=count)
    ago = utc(2026, 11, 20) - timedelta(days=count)
    assert period(f"{word} days ago").start == ago


WORDS = (
    "last past this since from to until between and before after on in the of for week month day "
    "days hours ago weekend quarter yesterday today monday friday november may 16th 31st 10 12 0 "
    "9999 2026 11/12 30.2.2026 31/4 09:00 25:61 9 am pm 2026-11-10 0001-01-01 9999-12-31 99999 "
    "years q4 week 53 a few half - ,"
)


@given(st.lists(st.sampled_from(WORDS.split()), max_size=8).map(" ".join) | st.text(max_size=80))
def test_any_text_is_an_interval_or_refused(text: str) -> None:
    try:
        found = period(text)
    except InvalidInput:
        return
    assert found == ALL or (found.start is not None and found.end is not None)
    if found.start and found.end:
        assert found.start < found.end
        assert found.start.utcoffset() == found.end.utcoffset() == timedelta()


DATES = st.dates(utc(2020, 1, 1).date(), utc(2030, 1, 1).date())


@given(DATES, DATES)
def test_two_dates_include_both_days(first: object, last: object) -> None:
    assume(str(first) <= str(last))
    found = period(f"{first} to {last}")
    assert f"{found.start:%Y-%m-%d}" == str(first)
    assert found.end is not None
    assert f"{found.end - timedelta(days=1):%Y-%m-%d}" == str(last)
