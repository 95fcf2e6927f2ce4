"""What questions in English ask for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analytics.filters import Condition
from agents.analytics.naming import NamedValue
from agents.llm.builtin.asking.request import Request
from agents.llm.builtin.asking.understanding import understand
from agents.llm.builtin.asking.vocabulary import Topic

T = Topic
GPT_5 = NamedValue(column="model", value="gpt-5", said="gpt-5")
MINI = NamedValue(column="model", value="gpt-5-mini", said="gpt-5-mini")
SUPPORT = NamedValue(column="feature", value="support_chat", said="support chat")


@pytest.mark.parametrize(
    ("question", "topics"),
    [
        ("How many tokens did we use and how long are the answers?", {T.INPUT, T.OUTPUT}),
        ("What was the p95 latency?", {T.LATENCY}),
        ("Why is p99 high?", {T.LATENCY}),
        ("What is the p99 of the output tokens?", {T.OUTPUT}),
        ("How long do requests take?", {T.LATENCY}),
        ("What's our average response time?", {T.LATENCY}),
        ("What is the time to first token?", {T.TTFT}),
        ("How many tokens per second do we get?", {T.SPEED}),
        ("How big are our prompts?", {T.INPUT}),
        ("How big are the requests?", {T.INPUT}),
        ("How long are the requests?", {T.LATENCY}),
        ("Where does the money go?", {T.COST}),
        ("Who spends the most?", {T.COST, T.TRAFFIC}),
        ("How much did we spend last week?", {T.COST}),
        ("How many requests fail?", {T.ERRORS}),
        ("How often do we hit rate limits?", {T.ERRORS}),
        ("How reliable is it?", {T.ERRORS}),
        ("How many requests repeat?", {T.REPEATS}),
        ("Is our prompt cache used?", {T.REPEATS}),
        ("When is the peak?", {T.TRAFFIC}),
        ("How many requests per hour?", {T.TRAFFIC}),
        ("How can we save money?", {T.SAVINGS, T.COST}),
        ("Optimise this.", {T.SAVINGS}),
        ("What should we improve?", {T.SAVINGS}),
        ("Is there a cheaper model?", {T.SAVINGS}),
        ("How can we reduce latency?", {T.SAVINGS, T.LATENCY}),
        ("Where can I cut cost?", {T.SAVINGS, T.COST}),
        ("What can be improved?", {T.SAVINGS}),
        ("How do I make it cheaper?", {T.SAVINGS}),
        ("Should I switch models?", {T.SAVINGS}),
        ("Which model has lower latency?", {T.LATENCY}),
        ("Has latency improved since Monday?", {T.LATENCY}),
        ("Did costs reduce yesterday?", {T.COST}),
        ("Should I worry about errors?", {T.ERRORS}),
        ("How much does caching save us?", {T.REPEATS}),
        ("What is the cheapest model?", {T.COST}),
        ("How many requests yesterday?", {T.COUNT}),
        ("What is the total number of requests?", {T.COUNT}),
        ("How many requests did not fail?", {T.ERRORS}),
        ("How many failed requests by model?", {T.ERRORS}),
        ("How many users were active?", {T.TRAFFIC}),
        ("How many distinct models are there?", {T.TRAFFIC}),
        ("Don't show me costs, only latency", {T.LATENCY}),
        ("I don't want the cost, how many errors?", {T.ERRORS}),
        ("Give me an overview", {T.OVERVIEW}),
        ("What data do you have?", {T.DATA}),
        ("performance", {T.LATENCY, T.SPEED, T.ERRORS}),
        ("hello", set()),
        ("What is the weather in Paris?", set()),
        ("", set()),
    ],
)
def test_topics_are_recognised(question: str, topics: set[Topic]) -> None:
    assert understand(question).topics == topics


@pytest.mark.parametrize(
    ("question", "groups"),
    [
        ("latency by model", ("model",)),
        ("cost per feature", ("feature",)),
        ("Which endpoint is slowest?", ("feature",)),
        ("Which customers spend the most?", ("user",)),
        ("errors per day", ("day",)),
        ("daily cost", ("day",)),
        ("hourly requests", ("hour",)),
        ("token usage over time", ("day",)),
        ("cost by model and feature", ("model", "feature")),
        ("cost by feature and model", ("feature", "model")),
        ("cost by feature, by model and by user", ("feature", "model")),
        ("Which hour of the day is slowest?", ("hour_of_day",)),
        ("cost by day of the week", ("weekday",)),
        ("cost per week", ("week",)),
        ("monthly cost", ("month",)),
        ("latency by status code", ("status",)),
        ("errors by error type", ("error",)),
        ("Which errors happen most often?", ("error",)),
        ("What is the error rate?", ()),
        ("Has latency improved?", ("day",)),
        ("Who uses it most?", ("user",)),
        ("slowest model", ("model",)),
        ("How many tokens did the model write?", ()),
        ("latency in the last 7 days", ()),
        ("requests on 2026-11-03", ()),
    ],
)
def test_groupings_are_recognised_in_their_order(question: str, groups: tuple[str, ...]) -> None:
    assert understand(question).groups == groups


@pytest.mark.parametrize(
    ("question", "periods"),
    [
        ("latency in the last 7 days by model", ("the last 7 days",)),
        ("cost since Tuesday", ("since tuesday",)),
        ("cost from 2026-11-01 to 2026-11-07", ("from 2026-11-01 to 2026-11-07",)),
        ("cost of everything", ("all",)),
        ("Compare the cost of this week with last week", ("this week", "last week")),
        ("today vs yesterday", ("today", "yesterday")),
        ("Cost for May", ("for may",)),
        ("It may cost more", ("all",)),
        ("How many tokens in 2000 requests?", ("all",)),
    ],
)
def test_periods_are_recognised(question: str, periods: tuple[str, ...]) -> None:
    assert understand(question).periods == periods


def test_a_period_that_is_not_understood_is_said() -> None:
    (caveat,) = understand("latency in the morning").caveats
    assert "morning" in caveat
    assert "the figures are for all rows" in caveat


@pytest.mark.parametrize(
    ("question", "words"),
    [("latency by region", "region"), ("cost per conversation", "conversation")],
)
def test_a_grouping_that_there_is_not_is_said(question: str, words: str) -> None:
    assert understand(question).caveats == (f"I cannot group by {words}.",)


@pytest.mark.parametrize(
    "question",
    [
        "cost per request",
        "top users by cost",
        "tokens per minute",
        "cost per 1,000 requests",
        "cost by far",
        "slowest features by latency",
        "error rate by model",
    ],
)
def test_not_everything_behind_by_and_per_is_a_grouping(question: str) -> None:
    assert understand(question).caveats == ()


def test_a_third_grouping_is_said_to_be_left_out() -> None:
    found = understand("cost by model and feature and user")
    assert found.groups == ("model", "feature")
    assert "nothing here by user" in found.caveats[0]


@pytest.mark.parametrize(
    ("question", "named", "condition"),
    [
        ("latency of support chat", [SUPPORT], ("feature", "is", ["support_chat"])),
        ("cost excluding gpt-5", [GPT_5], ("model", "is not", ["gpt-5"])),
        ("cost of all models except for gpt-5", [GPT_5], ("model", "is not", ["gpt-5"])),
        ("requests longer than 10s", [], ("latency_ms", "above", [10_000.0])),
        ("how many requests took under 100 ms?", [], ("latency_ms", "below", [100.0])),
        ("calls with more than 2k input tokens", [], ("input_tokens", "above", [2000.0])),
        ("how many answers over 500 tokens?", [], ("output_tokens", "above", [500.0])),
        ("requests above $0.05", [], ("cost_usd", "above", [0.05])),
        ("what did failures cost us?", [], ("outcome", "is", ["failed"])),
        ("latency of successful requests", [], ("outcome", "is", ["succeeded"])),
    ],
)
def test_what_a_question_is_restricted_to_is_read(
    question: str, named: list[NamedValue], condition: tuple[Any, ...]
) -> None:
    column, operator, values = condition
    expected = Condition(column=column, operator=operator, values=values)
    assert understand(question, named).where == (expected,)


def test_several_models_by_name_are_compared() -> None:
    found = understand("Is gpt-5-mini cheaper than gpt-5?", [MINI, GPT_5])
    assert found.topics == {T.COST}
    assert found.groups == ("model",)
    assert found.where == (Condition(column="model", values=["gpt-5-mini", "gpt-5"]),)


def test_the_model_that_one_would_switch_to_is_no_restriction() -> None:
    found = understand("What if I switch support chat to gpt-5-mini?", [SUPPORT, MINI])
    assert found.topics == {T.SAVINGS}
    assert found.where == ()
    assert "another switch" in found.caveats[0]


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("What did gpt-4o cost?", "gpt-4o"),
        ("latency of `billing`", "billing"),
        ("How many requests did user-99 make?", "user-99"),
    ],
)
def test_a_name_that_the_data_does_not_hold_is_noticed(question: str, absent: str) -> None:
    assert understand(question).absent == (absent,)


def test_the_data_set_and_topics_in_quotes_are_no_such_names() -> None:
    found = understand("`latency` in claude-code-log", dataset="Claude-code-log")
    assert found.absent == ()
    assert found.topics == {T.LATENCY}


def test_tokens_with_two_readings_are_not_guessed_at() -> None:
    found = understand("How many requests over 10k tokens?")
    assert not found.where
    assert "over 10k tokens" in found.caveats[0]


def test_one_kind_of_error_is_counted() -> None:
    kind = NamedValue(column="error", value="rate limit", said="rate limit")
    found = understand("How many rate limit errors did we have?", [kind])
    assert found.topics == {T.COUNT}
    assert found.where == (Condition(column="error", values=["rate limit"]),)


def test_a_count_says_what_it_did_not_understand() -> None:
    (caveat,) = understand("How many requests were cut off?").caveats
    assert "“cut off”" in caveat


def test_what_a_log_cannot_tell_of_the_future_is_said() -> None:
    assert "cannot look ahead" in understand("Forecast the cost").caveats[0]


def test_a_change_is_seen_against_the_period_before() -> None:
    assert understand("Did costs increase this week?").periods == ("this week", "last week")


def test_mistyped_words_are_read_and_said() -> None:
    found = understand("latncy by modle")
    assert found.topics == {T.LATENCY}
    assert found.groups == ("model",)
    assert found.caveats == ("I read “latncy” as “latency” and “modle” as “model”.",)


def followed(*questions: str, named: tuple[NamedValue, ...] = ()) -> Request:
    """The request of the last question of a conversation."""
    request: Request | None = None
    for question in questions:
        said = [value for value in named if value.said in question.lower()]
        request = understand(question, said, request)
    assert request is not None
    return request


def test_a_follow_up_takes_over_what_it_does_not_say() -> None:
    first = "Which model is slowest in the last 7 days?"
    by_feature = followed(first, "And by feature?")
    assert by_feature.topics == {T.LATENCY}
    assert (by_feature.groups, by_feature.periods) == (("feature",), ("the last 7 days",))
    yesterday = followed(first, "What about yesterday?")
    assert (yesterday.groups, yesterday.periods) == (("model",), ("yesterday",))
    cost = followed(first, "and cost?")
    assert cost.topics == {T.COST}
    assert (cost.groups, cost.periods) == (("model",), ("the last 7 days",))
    assert "follow-up" in cost.caveats[0]


def test_a_follow_up_may_restrict_and_go_on() -> None:
    found = followed("Which model is slowest?", "Only for gpt-5", "And yesterday?", named=(GPT_5,))
    assert found.topics == {T.LATENCY}
    assert found.groups == ()
    assert found.where == (Condition(column="model", values=["gpt-5"]),)
    assert found.periods == ("yesterday",)


def test_a_whole_question_starts_anew() -> None:
    found = followed("What is the latency by model yesterday?", "What did requests cost?")
    assert found.topics == {T.COST}
    assert (found.groups, found.periods) == ((), ("all",))
    assert found.caveats == ()


def test_one_topic_is_measured_alone() -> None:
    assert understand("How long are the answers?").metrics == ("output_tokens",)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(question: str) -> None:
    found = understand(question, [GPT_5, SUPPORT], understand("cost by model"))
    assert len(found.groups) <= 2
    assert found.periods


def test_a_pasted_book_is_read_quickly_and_only_at_its_beginning() -> None:
    found = understand("How long do requests take? " + "latency cost since " * 200_000)
    assert Topic.COST in found.topics
    assert Topic.ERRORS not in understand("cost " + "x " * 4000 + "errors").topics
