"""The loop over calls that somebody has to approve, without a database."""

from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ToolReturnPart

from agents.engine.approvals import INTERRUPTED, Answer, question
from agents.engine.endings import OpenCall
from agents.events import (
    EVENT_LIMIT_BYTES,
    ApprovalRequired,
    ApprovalResolved,
    Envelope,
    Event,
    ToolCompleted,
    ToolExecuting,
    body,
    frame,
)
from agents.publishing.decisions import EXPIRY
from tests.agents.engine.recording import Recorder, act, assignment, stored

PAY = ["pay_out", {"entry": "paid"}]
NAP = ["nap", {"seconds": 0}]
APPROVED = Answer("approve", "alice", "")
SCRIPT = [{"calls": [PAY]}, {"say": "Settled."}]


@pytest.fixture
def entries(tmp_path: Path, settings: Any) -> Any:
    settings.DATA_DIR = tmp_path
    ledger = tmp_path / "ledger"
    return lambda: ledger.read_text().splitlines() if ledger.exists() else []


async def asked(script: list[Any], **more: Any) -> list[ModelMessage]:
    """The messages of a run that stopped because its first response asks for approval."""
    recorder = Recorder()
    assert await act(assignment(script, **more), recorder) is None
    return recorder.messages()


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def returned(recorder: Recorder, own: list[ModelMessage]) -> list[str]:
    """What the model was given back by tools, after `own`."""
    told = [message for unit in recorder.units for message in unit.messages]
    assert [message.index for message in told] == list(range(len(own), len(own) + len(told)))
    return [message.body for message in told if ToolReturnPart.part_kind in message.body]


async def test_a_tool_that_needs_approval_is_announced_and_asked_for_at_once(entries: Any) -> None:
    recorder = Recorder()
    assert await act(assignment(SCRIPT), recorder) is None
    assert types(recorder.events) == ["agent_thinking", "tool_executing", "approval_required"]
    question = recorder.events[-1]
    assert isinstance(question, ApprovalRequired)
    assert (question.data.tool_name, question.data.parameters) == (PAY[0], PAY[1])
    assert question.data.reason is None
    [unit] = [unit for unit in recorder.units if unit.opened]
    assert [call.call_id for call in unit.asked] == ["call_0_0"] == [unit.opened[0].call_id]
    assert types(list(unit.events)) == ["tool_executing", "approval_required"]
    assert entries() == []


def test_a_question_that_is_too_large_says_where_the_whole_is() -> None:
    event, _ = question(OpenCall((0, 0), "pay_out"), {"entry": "x" * 2 * EVENT_LIMIT_BYTES})
    text = frame(event, 1, Envelope("r", "t", "actor"))
    assert len(text.encode()) <= EVENT_LIMIT_BYTES
    data = body(text)["data"]
    assert (data["truncated"], data["url"]) == (True, "/api/runs/r/calls/call_0_0")
    assert "reason" not in data


async def test_an_agent_may_want_approval_where_the_tool_does_not() -> None:
    recorder = Recorder()
    given = assignment([{"calls": [NAP]}, {"say": "."}], approval_tools=["nap"])
    assert await act(given, recorder) is None
    assert types(recorder.events)[-1] == "approval_required"


async def test_an_opening_tool_may_need_approval() -> None:
    more: dict[str, Any] = {"opening_tool": "inspect_data", "approval_tools": ["inspect_data"]}
    script = [{}, {"say": "Seen."}]
    own = await asked(script, **more)
    recorder = Recorder()
    calls = [stored((0, 0), "inspect_data", "open", answer=APPROVED)]
    assert await act(assignment(script, own=own, calls=calls, **more), recorder) == "Seen."
    assert types(recorder.events) == ["approval_resolved", "tool_completed"]


async def test_what_was_approved_runs_and_is_not_announced_again(entries: Any) -> None:
    own = await asked(SCRIPT)
    recorder = Recorder()
    calls = [stored((0, 0), "pay_out", "open", answer=Answer("approve", "alice", "fine"))]
    assert await act(assignment(SCRIPT, own=own, calls=calls), recorder) == "Settled."
    assert types(recorder.events) == ["approval_resolved", "tool_completed"]
    answer = recorder.events[0]
    assert isinstance(answer, ApprovalResolved)
    assert (answer.data.decision, answer.data.by, answer.data.reason) == (
        "approve",
        "alice",
        "fine",
    )
    assert [call.call_id for call in recorder.units[0].granted] == ["call_0_0"]
    assert entries() == ["paid"]


@pytest.mark.parametrize(
    ("answer", "interrupted", "sentence"),
    [
        (Answer("deny", "alice", "too dear."), False, "alice denied pay_out: too dear."),
        (Answer("deny", "alice", ""), False, "alice denied pay_out. It was not run."),
        (Answer("deny", EXPIRY, ""), False, "Nobody approved pay_out in time."),
        (Answer("deny", "alice", ""), True, "whether it took effect is not known"),
    ],
)
async def test_what_was_denied_ends_with_a_sentence_for_the_model(
    entries: Any,
    answer: Answer,
    interrupted: bool,  # noqa: FBT001 - a parameter of the test
    sentence: str,
) -> None:
    own = await asked(SCRIPT)
    recorder = Recorder()
    calls = [stored((0, 0), "pay_out", "open", answer=answer, was_interrupted=interrupted)]
    assert await act(assignment(SCRIPT, own=own, calls=calls), recorder) == "Settled."
    assert types(recorder.events) == ["approval_resolved", "tool_completed"]
    end = recorder.events[1]
    assert isinstance(end, ToolCompleted)
    assert end.data.status == "denied"
    assert sentence in end.data.result
    [body] = returned(recorder, own)
    assert sentence in body
    assert entries() == []


async def test_calls_that_need_nobody_run_while_the_others_wait(entries: Any) -> None:
    script = [{"calls": [PAY, NAP, PAY]}, {"say": "All."}]
    first = Recorder()
    assert await act(assignment(script), first) is None
    closed = [event.data.call_id for event in first.events if isinstance(event, ToolCompleted)]
    assert closed == ["call_0_1"]
    second = Recorder()
    calls = [
        stored((0, 0), "pay_out", "open", is_waiting=True),
        stored((0, 1), "nap", "succeeded", "slept 0 s"),
        stored((0, 2), "pay_out", "open", answer=APPROVED),
    ]
    own = first.messages()
    assert await act(assignment(script, own=own, calls=calls), second) is None
    assert types(second.events) == ["approval_resolved", "tool_completed"]  # no question again
    assert entries() == ["paid"]
    third = Recorder()
    calls = [
        stored((0, 0), "pay_out", "open", answer=Answer("deny", "bob", "")),
        *(stored((0, 1), "nap", "succeeded", "slept 0 s"),),
        stored((0, 2), "pay_out", "succeeded", 1),
    ]
    assert await act(assignment(script, own=own, calls=calls), third) == "All."
    assert not [event for event in third.events if isinstance(event, ToolExecuting)]
    assert entries() == ["paid"]


# F45
async def test_a_call_approved_and_then_cut_off_is_asked_for_again(entries: Any) -> None:
    own = await asked(SCRIPT)
    recorder = Recorder()
    calls = [stored((0, 0), "pay_out", "open")]  # granted by a worker that is gone
    assert await act(assignment(SCRIPT, own=own, calls=calls), recorder) is None
    [question] = recorder.events
    assert isinstance(question, ApprovalRequired)
    assert question.data.reason == INTERRUPTED
    assert [call.reason for call in recorder.units[0].asked] == [INTERRUPTED]
    assert entries() == []


# F45
async def test_a_call_approved_and_then_cut_off_goes_on_if_it_may_be_repeated() -> None:
    script = [{"calls": [NAP]}, {"say": "."}]
    own = await asked(script, approval_tools=["nap"])
    recorder = Recorder()
    given = assignment(
        script, own=own, calls=[stored((0, 0), "nap", "open")], approval_tools=["nap"]
    )
    assert await act(given, recorder) == "."
    assert types(recorder.events) == ["tool_completed"]


async def test_steps_made_before_a_wait_count_after_it() -> None:
    script = [{"calls": [NAP]}, {"calls": [PAY]}, {"say": "."}]
    first = Recorder()
    assert await act(assignment(script, step_limit=3), first) is None
    recorder = Recorder()
    calls = [
        stored((0, 0), "nap", "succeeded", "slept 0 s"),
        stored((1, 0), "pay_out", "open", answer=Answer("deny", "alice", "")),
    ]
    given = assignment(script, own=first.messages(), calls=calls, step_limit=3)
    assert await act(given, recorder) == "."
    streamed = [delta.data["message_id"] for delta in recorder.deltas]
    assert streamed
    assert streamed[0].endswith(".2")  # the third response's; no id is used twice
