"""What questions in English ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.llm.builtin.question import Topic, understand

T = Topic


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
        ("Who uses it most?", ("user",)),
        ("slowest model", ("model",)),
        ("compare gpt-4o with claude-sonnet-4-5", ("model",)),
        ("How many tokens did the model write?", ()),
        ("latency in the last 7 days", ()),
        ("requests on 2026-11-03", ()),
    ],
)
def test_groupings_are_recognised_in_their_order(question: str, groups: tuple[str, ...]) -> None:
    assert understand(question).groups == groups


@pytest.mark.parametrize(
    ("question", "period"),
    [
        ("latency in the last 7 days by model", "the last 7 days"),
        ("cost since Tuesday", "since tuesday"),
        ("cost from 2026-11-01 to 2026-11-07", "from 2026-11-01 to 2026-11-07"),
        ("cost of everything", "all"),
    ],
)
def test_the_period_is_recognised(question: str, period: str) -> None:
    assert understand(question).period == period


def test_one_topic_is_measured_alone() -> None:
    assert understand("How long are the answers?").metrics == ("output_tokens",)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error(question: str) -> None:
    found = understand(question)
    assert len(found.groups) <= 2
    assert found.period


def test_a_pasted_book_is_read_quickly_and_only_at_its_beginning() -> None:
    found = understand("How long do requests take? " + "latency cost since " * 200_000)
    assert Topic.COST in found.topics
    assert Topic.ERRORS not in understand("cost " + "x " * 4000 + "errors").topics
