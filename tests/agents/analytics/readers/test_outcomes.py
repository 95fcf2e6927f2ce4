"""Whether a request failed, from its status and its error text."""

import pytest

from tests.agents.analytics.logs import load


@pytest.mark.parametrize("status", ["200", "completed", "STATUS_CODE_OK"])
def test_an_error_text_outweighs_a_status_of_success_and_that_is_said(status: str) -> None:
    log = load(f"model,status,error\nm,{status},boom\nm,{status},\n")
    assert log.column("is_error") == [True, False]
    assert "1 row with a status of success" in log.profile.assumptions[0]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "OK", "200", "none", "no error", "null", "No_Error", "success"]
)
def test_an_error_column_may_say_that_there_was_none(text: str) -> None:
    log = load(f'model,error\nm,"{text}"\nm,boom\n')
    assert log.column("is_error") == [False, True]
    assert log.column("error") == [None, "boom"]


def test_the_states_of_open_telemetry_are_known() -> None:
    states = ("STATUS_CODE_OK", "STATUS_CODE_UNSET", "STATUS_CODE_ERROR", "Unset")
    log = load("model,status\n" + "".join(f"m,{state}\n" for state in states))
    assert log.column("is_error") == [False, False, True, False]
    assert not log.profile.assumptions
