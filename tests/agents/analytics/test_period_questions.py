"""The periods in a question, and the words about time that are in none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analytics.period import mentions, parse, unread_times
from agents.exceptions import InvalidInput
from tests.agents.analytics.logs import utc

FIRST, LAST = utc(2026, 11, 6, 3), utc(2026, 11, 20, 10, 30, 15)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What was p95 latency in the last 7 days by model?", ["the last 7 days"]),
        ("errors since Tuesday, per day", ["since tuesday"]),
        ("Compare cost from 2026-11-01 to 2026-11-07", ["from 2026-11-01 to 2026-11-07"]),
        ("What happened on 2026-11-03?", ["on 2026-11-03"]),
        ("cost for November by user", ["for november"]),
        ("latency yesterday", ["yesterday"]),
        ("Cost of the week before last, please", ["the week before last"]),
        ("How many errors over the last week?", ["over the last week"]),
        ("Did it fail 3 days ago?", ["3 days ago"]),
        ("cost Nov 10-12 by model", ["nov 10-12"]),
        ("How slow was it yesterday from 9 to 17?", ["yesterday from 9 to 17"]),
        ("errors on 11/16 and on 11/17", ["on 11/16", "on 11/17"]),
        ("What about the 16th of November?", ["the 16th of november"]),
        ("Who spent most in Q4 2026?", ["in q4 2026"]),
        ("March costs", ["march"]),
        ("What did it cost in may?", ["in may"]),
        ("What do you say of April and May?", ["of april", "may"]),
        ("cost mon to wed", ["mon to wed"]),
        ("Yesterday\u2019s errors and todays", ["yesterday", "todays"]),
        ("since   Monday\n09:00", ["since monday 09:00"]),
    ],
)
def test_the_periods_in_a_question_are_found(question: str, found: list[str]) -> None:
    assert mentions(question) == found
    assert unread_times(question) == []


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Is this week dearer than last week?", ["this week", "last week"]),
        ("How does this week compare to last week?", ["this week", "last week"]),
        ("Compare today to yesterday", ["today", "yesterday"]),
        ("Compare November to October", ["november", "october"]),
        ("What is the difference between Monday and Tuesday?", ["monday", "tuesday"]),
        ("cost between Monday and Wednesday", ["between monday and wednesday"]),
        ("Did errors increase from last week to this week?", ["from last week", "this week"]),
        ("errors from last week to today", ["from last week to today"]),
        ("errors on the 16th and 17th", ["on the 16th", "17th"]),
        ("this month and the previous month", ["this month", "the previous month"]),
        ("2 weeks ago vs last week", ["2 weeks ago", "last week"]),
        ("not yesterday but the day before", ["yesterday", "the day before"]),
        ("yesterday, and the day before that", ["yesterday", "the day before that"]),
    ],
)
def test_periods_that_are_compared_are_two_and_others_one(question: str, found: list[str]) -> None:
    assert mentions(question) == found
    assert unread_times(question) == []


NOT_ABOUT_A_TIME = [
    "How many tokens did we use and how long are the answers?",
    "May I see the top 5 models?",
    "What may cause the errors?",
    "Which calls may or may not be cached?",
    "Which day was the most expensive?",
    "Who sends prompts of 2048 tokens?",
    "How many tokens in 2000 requests?",
    "How many input tokens in 2,000 failed requests?",
    "cost of 2000 to 4000 tokens",
    "answers longer than 2000",
    "prompts up to 2048",
    "a $2026 budget",
    "show all models by day",
    "requests per second, by hour",
    "requests per hour of day",
    "time to first token",
    "Which hour of the day is the slowest?",
    "When are the peak hours?",
    "cost by weekday and per quarter",
    "week over week growth",
    "the first request and the last one",
    "the last 100 requests",
    "Who made the 16th request?",
    "the 25th and 75th percentile",
    "the 2nd most expensive model",
    "a quarter of the requests, 3/4 of the cost",
    "Do we have 24/7 support?",
    "requests between 1 and 5 seconds",
    "scores between 1 and 5",
    "latency over 3 seconds",
    "a second opinion on the second model",
    "it went from 1.25 to 2.10 seconds",
    "gpt-4o-2024-08-06 against gpt 3.5",
    "columns of november.csv and log-2026-11-03.csv",
    "march on with the analysis",
    "the fall in cost of our spring boot service",
    "Good morning, what is the next step?",
    "What about the following users?",
    "List week by week",
    "sundry costs",
    "hello",
    "",
]


@pytest.mark.parametrize("question", NOT_ABOUT_A_TIME)
def test_words_in_other_senses_name_no_time(question: str) -> None:
    assert mentions(question) == []
    assert unread_times(question) == []


@pytest.mark.parametrize(
    ("question", "found", "unread"),
    [
        ("cost yesterday morning", ["yesterday"], ["morning"]),
        ("errors last night", [], ["last night"]),
        ("errors at noon and in the evening", [], ["at noon", "in the evening"]),
        ("errors at 14:30", [], ["at 14:30"]),
        ("errors between 9:00 and 17:00", [], ["between 9:00 and 17:00"]),
        ("latency during business hours", [], ["business hours"]),
        ("cost on weekends", [], ["on weekends"]),
        ("weekdays only", [], ["weekdays"]),
        ("errors on Mondays", [], ["on Mondays"]),
        ("errors every Monday since June", ["since june"], ["every Monday"]),
        ("the last 3 business days", [], ["the last 3 business days"]),
        ("the past two working days", [], ["the past two working days"]),
        ("last several days", [], ["last several days"]),
        ("3 to 5 days ago", [], ["3 to 5 days ago"]),
        ("a while ago", [], ["a while ago"]),
        ("the last week of November", [], ["the last week of November"]),
        ("since the beginning of November", [], ["since the beginning of November"]),
        ("the first half of last month", [], ["the first half of last month"]),
        ("mid-November", [], ["mid-November"]),
        ("the day before", [], ["the day before"]),
        ("last week, not the week before", ["last week"], ["the week before"]),
        ("last 7 days vs previous 7 days", ["last 7 days"], ["previous 7 days"]),
        ("last month and the previous month", ["last month"], ["the previous month"]),
        ("last 2 weeks vs the 2 weeks before", ["last 2 weeks"], ["the 2 weeks before"]),
        ("half an hour ago", [], ["half an hour ago"]),
        ("one or two days ago", [], ["one or two days ago"]),
        ("on November 16 and 17", [], ["on November 16 and 17"]),
        ("the first of November", [], ["the first of November"]),
        ("the 7 days before Monday", [], ["the 7 days before Monday"]),
        ("What will it cost tomorrow?", [], ["tomorrow"]),
        ("next week and next month", [], ["next week", "next month"]),
        ("forecast for the next 7 days", [], ["the next 7 days"]),
        ("next Monday", [], ["next Monday"]),
        ("How many users in 30 days?", [], ["in 30 days"]),
        ("How much since the release?", [], ["since the release"]),
        ("errors on Black Friday", [], ["Black Friday"]),
        ("What failed recently?", [], ["recently"]),
        ("year to date", [], ["year to date"]),
        ("the quarter", [], ["the quarter"]),
        ("on 16.11", [], ["on 16.11"]),
        ("since 2026-11-03T10:00+01:00", [], ["2026-11-03T10:00+01:00"]),
    ],
)
def test_words_about_time_that_name_no_period_are_unread(
    question: str, found: list[str], unread: list[str]
) -> None:
    assert mentions(question) == found
    assert unread_times(question) == unread


@pytest.mark.parametrize(
    "slip",
    [
        *("yesterdya", "yesteday", "Yestarday", "tody", "todday", "tomorow", "weekedn"),
        *("monady", "Tueday", "wendesday", "Wednesady", "thrusday", "frday", "saturady"),
        *("Novmber", "setpember", "Febuary", "last wek", "lst week", "last mnth", "this yaer"),
    ],
)
def test_a_slip_in_a_long_word_is_unread(slip: str) -> None:
    question = f"What did it cost {slip}?"
    assert mentions(question) == []
    assert unread_times(question) == [slip]


WORDS = (
    "cost errors of by model the last first past this next since from to until between and before "
    "after on in for week month day days hours ago weekend quarter yesterday today monday Friday "
    "November May may sun 16th 3rd 10 12 2026 2048 11/12 30.2.2026 09:00 9 pm 2026-11-10 q4 53 "
    "requests compare vs but, morning yesterdya ."
)
SENTENCES = st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join) | st.text(
    max_size=80
)


def is_understood(text: str) -> bool:
    try:
        parse(text, FIRST, LAST)
    except InvalidInput as error:
        return "not understood" not in error.message
    return True


@given(SENTENCES)
def test_every_mention_is_understood_and_they_stand_in_order(question: str) -> None:
    plain = " ".join(question.split()).lower()
    position = 0
    for mention in mentions(question):
        assert is_understood(mention)
        position = plain.index(mention, position) + len(mention)


@given(SENTENCES)
def test_what_is_unread_stands_in_the_question(question: str) -> None:
    plain = " ".join(question.split())
    for phrase in unread_times(question):
        assert phrase in plain


@given(st.text(max_size=80))
def test_a_period_is_found_whatever_follows_it(rest: str) -> None:
    assert mentions(f"cost since Tuesday, {rest}")[0] == "since tuesday"
