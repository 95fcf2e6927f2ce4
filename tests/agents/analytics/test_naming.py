"""Which values of the data a question names."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.analytics.naming import NamedValue, named_values
from agents.analytics.vocabulary import singular

MODELS = [
    "gpt-5",
    "gpt-5-mini",
    "gpt-4o-2024-08-06",
    "gpt-4o-2024-11-20",
    "gpt-4o-mini",
    "claude-sonnet-4-5-20250929",
    "anthropic.claude-opus-4-1-20250805-v1:0",
    "gemini-2.5-flash",
    "openai/o3-2025-04-16",
    "deepseek-chat",
]
VALUES: dict[Any, list[str]] = {
    "model": MODELS,
    "feature": ["support_chat", "chat", "usage", "cost", "search", "cost_report", "404"],
    "error": ["rate_limit", "APITimeoutError", "429"],
    "user": ["user-07", "7", "alice", "a@b.com", "all"],
}


def named(question: str) -> list[str]:
    return [found.value for found in named_values(question, VALUES)]


@pytest.mark.parametrize(
    "question",
    ["gpt-5-mini", "GPT-5-Mini?", "the gpt 5 mini.", "gpt_5_mini", "`gpt-5-mini`", "(gpt-5.mini)"],
)
def test_case_and_separators_make_no_difference(question: str) -> None:
    assert named(f"How slow is {question}") == ["gpt-5-mini"]


def test_the_longest_name_counts_at_each_place() -> None:
    assert named("is gpt-5-mini slower than gpt-5?") == ["gpt-5-mini", "gpt-5"]


@pytest.mark.parametrize(
    "question",
    ["gpt-5-nano", "non-gpt-5", "gpt-50", "chatty", "research", "malice", "gpt-4", "x.alice@b.com"],
)
def test_a_part_of_a_longer_word_is_not_named(question: str) -> None:
    assert named(f"What about {question}?") == []


def test_a_model_is_named_by_its_name_without_the_date() -> None:
    assert named("gpt-4o") == ["gpt-4o-2024-08-06", "gpt-4o-2024-11-20"]
    assert named("gpt-4o-2024-11-20") == ["gpt-4o-2024-11-20"]
    assert named("how slow is o3?") == ["openai/o3-2025-04-16"]
    assert named("sonnet 4.5") == ["claude-sonnet-4-5-20250929"]
    assert named("claude-opus-4-1") == ["anthropic.claude-opus-4-1-20250805-v1:0"]
    exact = named_values("gpt-4o", {"model": ["gpt-4o-2024-08-06", "gpt-4o"]})
    assert [found.value for found in exact] == ["gpt-4o"]


def test_a_family_names_all_its_models_with_the_same_words() -> None:
    found = named_values("What do all  Claude models cost?", VALUES)
    assert [(each.value, each.said) for each in found] == [
        ("claude-sonnet-4-5-20250929", "claude"),
        ("anthropic.claude-opus-4-1-20250805-v1:0", "claude"),
    ]
    assert named("claude opus") == ["anthropic.claude-opus-4-1-20250805-v1:0"]
    assert named("opus or flash") == ["anthropic.claude-opus-4-1-20250805-v1:0", "gemini-2.5-flash"]


def test_another_version_of_a_family_is_not_the_family() -> None:
    assert named("claude 3 latency") == []
    assert named("gemini 2 weeks ago") == ["gemini-2.5-flash"]


def test_features_are_named_in_the_plural_and_with_spaces() -> None:
    assert named_values("How long do support chats take?", VALUES) == [
        NamedValue(column="feature", value="support_chat", said="support chats")
    ]
    assert named("Support-Chat") == ["support_chat"]
    assert named("chats and searches") == ["chat", "search"]


def test_errors_are_named_as_people_write_them() -> None:
    assert named("how many rate limits?") == ["rate_limit"]
    assert named("API timeout errors by day") == ["APITimeoutError"]


@pytest.mark.parametrize(
    "question",
    [
        "What does the usage cost?",
        "which feature costs most",
        "cost by feature, all users",
        "the last 7 days",
        "top 7 users",
        "429 requests",
        "404 tokens",
    ],
)
def test_words_of_any_question_name_nothing(question: str) -> None:
    assert named(question) == []


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("latency of `usage`", "usage"),
        ('latency of "Usage"', "usage"),
        ("latency of the usage feature", "usage"),
        ("latency of feature usage", "usage"),
        ("latency of cost_report", "cost_report"),
        ("429 errors", "429"),
        ("what did user 7 ask in the last 3 days", "7"),
        ("user-07", "user-07"),
        ("alice's latency", "alice"),
        ("a@b.com", "a@b.com"),
    ],
)
def test_they_do_when_the_question_says_what_they_are(question: str, value: str) -> None:
    assert named(question) == [value]


def test_a_value_of_two_columns_is_the_one_whose_word_stands_beside_it() -> None:
    values: dict[Any, list[str]] = {"feature": ["triage"], "user": ["triage"]}
    for question, column in (("triage", "feature"), ("user triage", "user")):
        assert [found.column for found in named_values(question, values)] == [column]


def test_a_value_is_named_once() -> None:
    assert named("gpt-5 and gpt-5 and GPT 5") == ["gpt-5"]


def test_without_values_nothing_is_named() -> None:
    assert named_values("how slow is gpt-5?", {}) == []
    assert named_values("", VALUES) == []


def test_signs_name_nothing() -> None:
    assert named_values("How - many? --", {"feature": ["--", "?", "-?"]}) == []


@given(st.lists(st.text(min_size=1, max_size=12), max_size=8), st.text(max_size=60))
def test_whatever_is_named_was_said(features: list[str], question: str) -> None:
    asked = " ".join(question.lower().split())
    for found in named_values(question, {"feature": features, "model": features}):
        assert found.value in features
        assert found.said in asked


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("chats", "chat"),
        ("queries", "query"),
        ("searches", "search"),
        ("boxes", "box"),
        ("status", "status"),
        ("analysis", "analysis"),
        ("access", "access"),
        ("gas", "gas"),
        ("is", "is"),
    ],
)
def test_the_singular_of_a_word(word: str, expected: str) -> None:
    assert singular(word) == expected
