import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from accounts.text import storable
from agents.engine.plain import plain
from agents.exceptions import ToolError

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner) | st.tuples(inner, inner),
    max_leaves=20,
)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


@given(ANYTHING)
def test_a_plain_value_survives_json_unchanged(value: Any) -> None:
    made = plain(value)
    assert json.loads(to_json(made), parse_constant=refuse) == made
    assert plain(made) == made


@given(ANY_TEXT)
def test_storable_text_has_an_encoding_and_keeps_what_is_whole(text: str) -> None:
    stored = storable(text)
    stored.encode()
    assert "\x00" not in stored
    whole = "".join(c for c in text if c != "\x00" and not 0xD800 <= ord(c) < 0xE000)
    assert storable(whole) == whole


def test_two_halves_are_the_character_they_stand_for() -> None:
    assert storable("a \ud83d\ude00 b") == "a 😀 b"
    assert storable("\ude00\ud83d!") == "\ufffd\ufffd!"


def test_numbers_that_are_not_finite_are_absent() -> None:
    assert plain({"p95": float("nan"), "all": [float("-inf"), 1.5]}) == {
        "p95": None,
        "all": [None, 1.5],
    }


@pytest.mark.parametrize(
    "value", [object(), {"a": [object()]}, b"\xff"], ids=["object", "inside", "bytes"]
)
def test_what_json_does_not_know_is_refused_with_a_sentence(value: Any) -> None:
    with pytest.raises(ToolError, match="cannot be put into JSON"):
        plain(value)


def test_a_circle_is_refused() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(ToolError):
        plain(circle)
