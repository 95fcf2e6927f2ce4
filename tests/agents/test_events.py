from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agents import events
from agents.events import (
    EVENT_LIMIT_BYTES,
    AgentCompleted,
    AgentCompletedData,
    AgentStarted,
    AgentStartedData,
    Envelope,
    StateChanged,
    StateChangedData,
    ToolCompleted,
    ToolCompletedData,
    Usage,
    body,
    frame,
)

ENVELOPE = Envelope(run_id="r", thread_id="t", agent="helper")


def completed(result: Any) -> ToolCompleted:
    return ToolCompleted(
        data=ToolCompletedData(
            tool_name="nap", result=result, call_id="call_0_0", duration_ms=1.5, status="succeeded"
        )
    )


def test_a_frame_is_what_the_protocol_says() -> None:
    event = AgentStarted(data=AgentStartedData(agent_id="helper_1", message="Go.", timestamp=1.5))
    assert body(frame(event, 1, ENVELOPE)) == {
        "type": "agent_started",
        "run_id": "r",
        "thread_id": "t",
        "agent": "helper",
        "seq": 1,
        "timestamp": 1.5,
        "data": {"timestamp": 1.5, "agent_id": "helper_1", "message": "Go."},
    }


def test_a_childs_frame_names_its_parent() -> None:
    event = AgentStarted(data=AgentStartedData(agent_id="a", message="m"))
    child = Envelope("r", "t", "helper", parent_run_id="p")
    assert body(frame(event, 1, child))["parent_run_id"] == "p"


def test_an_undeclared_field_fails_where_it_is_made() -> None:
    with pytest.raises(ValidationError):
        AgentStartedData(agent_id="a", message="m", mood="good")  # type: ignore[call-arg]


def test_state_changes_use_the_words_of_the_wire() -> None:
    data = StateChangedData(agent_id="a", message="m", source="running", target="coordinating")
    sent = body(frame(StateChanged(data=data), 1, ENVELOPE))["data"]
    assert (sent["from"], sent["to"]) == ("running", "coordinating")


@pytest.mark.parametrize("result", [None, {"a": None}, [None], 0, "", False])
def test_an_empty_result_of_a_tool_stays_what_it_was(result: Any) -> None:
    assert body(frame(completed(result), 1, ENVELOPE))["data"]["result"] == result


def test_an_unknown_price_is_left_out() -> None:
    data = AgentCompletedData(
        agent_id="a",
        message="m",
        result="Done.",
        usage=Usage(input_tokens=1, output_tokens=2),
        duration_ms=1.0,
        agents_involved=["helper"],
    )
    sent = body(frame(AgentCompleted(data=data), 1, ENVELOPE))["data"]
    assert sent["usage"] == {"input_tokens": 1, "output_tokens": 2}
    assert not {"charts", "findings", "truncated", "url"} & set(sent)


@given(st.text(min_size=1), st.integers(1, 400_000))
def test_no_event_is_larger_than_a_client_takes(piece: str, size: int) -> None:
    text = (piece * (size // len(piece) + 1))[:size]
    sent = frame(completed(text), 1, ENVELOPE)
    assert len(sent.encode()) <= EVENT_LIMIT_BYTES
    data = body(sent)["data"]
    if data.get("truncated"):
        assert text.startswith(data["result"])
        assert data["url"] == "/api/runs/r/calls/call_0_0"
    else:
        assert data["result"] == text


@pytest.mark.parametrize("character", ["\x00", "\x1f", '"', "\\", "é", "𝄞"])
def test_text_that_grows_on_the_wire_is_cut_further(character: str) -> None:
    sent = frame(completed(character * 300_000), 1, ENVELOPE)
    assert EVENT_LIMIT_BYTES / 16 < len(sent.encode()) <= EVENT_LIMIT_BYTES


def test_the_catalogue_knows_its_own_types() -> None:
    assert set(events.TERMINAL_TYPES) < events.TYPES
