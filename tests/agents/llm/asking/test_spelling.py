"""Mistyped words are put right, all others stay."""

import pytest

from agents.llm.builtin.asking.spelling import corrected


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("latncy", "latency"),
        ("modle", "model"),
        ("fetures", "features"),
        ("yesterdya", "yesterday"),
        ("reqests", "requests"),
    ],
)
def test_one_slip_is_put_right(typed: str, read: str) -> None:
    assert corrected(f"the {typed} here") == (f"the {read} here", ((typed, read),))


@pytest.mark.parametrize(
    "text",
    [
        "the latest models and modes of each feature",
        "answered, requested and required",
        "custom_latncy support-latncy latncy.v2",
        "mondays and errors",
        "cost cast most",
    ],
)
def test_words_and_names_stay_as_they_are(text: str) -> None:
    assert corrected(text) == (text, ())


def test_a_name_from_the_data_stays_as_it_is() -> None:
    assert corrected("latency of fetures", known="fetures") == ("latency of fetures", ())
