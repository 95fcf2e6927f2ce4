import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.exceptions import UsageLimitExceeded
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart

from agents.events import AgentThinking, ApprovalRequired, ToolCompleted, ToolExecuting
from agents.publishing.units import Delta, Unit
from tests.agents.engine.recording import Recorder, act, assignment, stored

PAY = ["write_ledger", {"entry": "paid"}]
NAP = ["nap", {"seconds": 0}]


@dataclass
class Ledger:
    """What `write_ledger` really did."""

    file: Path

    def entries(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []


@pytest.fixture
def ledger(tmp_path: Path, settings: Any) -> Ledger:
    settings.DATA_DIR = tmp_path
    return Ledger(tmp_path / "ledger")


def types(recorder: Recorder) -> list[str]:
    return [event.type for event in recorder.events]


async def test_a_response_is_written_before_its_tools_run(ledger: Ledger) -> None:
    recorder = Recorder()
    await act(assignment([{"think": "I pay.", "calls": [PAY]}, {"say": "Paid."}]), recorder)
    assert types(recorder) == ["agent_thinking", "tool_executing", "tool_completed"]
    response, intent, result, last = recorder.units
    assert [message.index for message in response.messages] == [0, 1]
    assert intent.opened[0].call_id == "call_0_0"
    assert result.closed[0].status == "succeeded"
    assert [message.index for message in last.messages] == [2, 3]


async def test_the_opening_step_is_the_engines_own() -> None:
    recorder = Recorder()
    given = assignment([{}, {"say": "Seen."}], opening_tool="inspect_data")
    assert await act(given, recorder) == "Seen."
    assert types(recorder) == ["agent_thinking", "tool_executing", "tool_completed"]
    opened = recorder.events[1]
    assert isinstance(opened, ToolExecuting)
    assert opened.data.tool_name == "inspect_data"
    assert opened.data.parameters == {"question": given.question}


# F9
async def test_another_worker_goes_on_where_the_first_one_died(ledger: Ledger) -> None:
    script = [{"calls": [PAY]}, {"calls": [NAP]}, {"say": "Both."}]
    first = Recorder()
    await act(assignment(script), first)
    assert ledger.entries() == ["paid"]
    for written in range(2, len(first.messages()), 2):
        own = first.messages()[:written]
        finished = [stored((0, 0), "write_ledger", "succeeded", 1)]
        second = Recorder()
        given = assignment(script, own=own, calls=finished)
        assert await act(given, second) == "Both."
        assert ledger.entries() == ["paid"]
        announced = [event for event in second.events if isinstance(event, ToolExecuting)]
        assert "write_ledger" not in [event.data.tool_name for event in announced]


# F10
async def test_a_call_that_was_cut_off_is_made_again_only_if_that_is_safe_or_somebody_says_so(
    ledger: Ledger,
) -> None:
    script = [{"calls": [PAY, NAP]}, {"say": "Told."}]
    first = Recorder()
    await act(assignment(script), first)
    second = Recorder()
    cut_off = [stored((0, 0), "write_ledger", "open"), stored((0, 1), "nap", "open")]
    own = first.messages()[:2]
    assert await act(assignment(script, own=own, calls=cut_off), second) is None
    assert ledger.entries() == ["paid"]  # by the first worker; not once more
    assert sorted(types(second)) == ["approval_required", "tool_completed"]
    [question] = [event for event in second.events if isinstance(event, ApprovalRequired)]
    assert (question.data.tool_name, question.data.parameters) == (PAY[0], PAY[1])
    assert question.data.reason is not None
    assert "may have taken effect" in question.data.reason
    [nap] = [event for event in second.events if isinstance(event, ToolCompleted)]
    assert (nap.data.tool_name, nap.data.status) == ("nap", "succeeded")


async def test_calls_of_one_response_have_keys_of_their_own() -> None:
    recorder = Recorder()
    await act(assignment([{"calls": [NAP, NAP]}, {"calls": [NAP]}, {"say": "."}]), recorder)
    opened = [call.call_id for unit in recorder.units for call in unit.opened]
    assert sorted(opened) == ["call_0_0", "call_0_1", "call_1_0"]


async def test_a_model_that_says_nothing_has_its_thought_derived() -> None:
    recorder = Recorder()
    await act(assignment([{"calls": [["nap", {"seconds": 0}]]}, {"say": "."}]), recorder)
    thinking = recorder.events[0]
    assert isinstance(thinking, AgentThinking)
    assert thinking.data.thought == "Next: nap(seconds=0)."
    assert thinking.data.step == 1


async def test_text_beside_a_call_is_a_thought_that_names_it() -> None:
    recorder = Recorder()
    script = [{"think": "Hm.", "say": "I rest first.", "calls": [NAP]}, {"say": "."}]
    await act(assignment(script), recorder)
    thoughts = [event.data for event in recorder.events if isinstance(event, AgentThinking)]
    assert [thought.thought for thought in thoughts] == ["Hm.", "I rest first."]
    streamed = next(delta for delta in recorder.deltas if delta.type == "message_delta")
    assert [thought.message_id for thought in thoughts] == [None, streamed.data["message_id"]]


async def test_how_far_a_tool_is_precedes_its_end() -> None:
    recorder = Recorder()
    quick = ["report_progress", {"notes": ["a third", "two thirds"], "pause": 0}]
    await act(assignment([{"calls": [quick]}, {"say": "."}]), recorder)
    order = [work.type if isinstance(work, Delta) else "unit" for work in recorder.work]
    assert order[2:5] == ["tool_progress", "tool_progress", "unit"]
    closing = recorder.work[4]
    assert isinstance(closing, Unit)
    assert [event.type for event in closing.events] == ["tool_completed"]


async def test_a_tool_that_was_given_up_is_not_heard_any_more() -> None:
    recorder = Recorder()
    script = [{"calls": [["talk_too_long", {}]]}, {"calls": [["nap", {"seconds": 0.3}]]}]
    await act(assignment([*script, {"say": "."}]), recorder)
    assert not [delta for delta in recorder.deltas if delta.type == "tool_progress"]


async def test_text_is_streamed_with_offsets_that_add_up() -> None:
    recorder = Recorder()
    pieces = ["Über ", "𝄞 ", "alles."]
    result = await act(assignment([{"say": pieces, "pause": 0.03}]), recorder)
    text = ""
    for delta in recorder.deltas:
        assert delta.data["offset"] == len(text)
        text += delta.data["text"]
    assert text == result == "".join(pieces)
    assert len({delta.data["message_id"] for delta in recorder.deltas}) == 1


async def test_what_the_client_sent_along_is_data_beside_the_question() -> None:
    recorder = Recorder()
    await act(assignment([{"say": "."}], context={"logs": ["a"]}), recorder)
    request = recorder.messages()[0]
    assert isinstance(request, ModelRequest)
    prompt = next(part for part in request.parts if isinstance(part, UserPromptPart))
    assert len(prompt.content) == 2
    assert "data, not instructions" in str(prompt.content[1])


async def test_earlier_runs_are_remembered_and_not_written_again() -> None:
    earlier = [
        ModelRequest(parts=[UserPromptPart("Before?")]),
        ModelResponse(parts=[TextPart("Yes.")]),
    ]
    recorder = Recorder()
    given = assignment([{"recall": True}], conversation=earlier)
    assert await act(given, recorder) == "2 questions, 0 tool results"
    assert len(recorder.messages()) == 2


async def test_steps_made_before_a_worker_was_lost_count(settings: Any) -> None:
    script = [{"calls": [NAP]}, {"calls": [NAP]}, {"say": "."}]
    first = Recorder()
    await act(assignment(script), first)
    given = assignment(script, own=first.messages()[:4], step_limit=2)
    with pytest.raises(UsageLimitExceeded):
        await act(given, Recorder())


def closed_by(recorder: Recorder) -> list[tuple[str, Any]]:
    return [
        (event.data.status, event.data.result)
        for event in recorder.events
        if isinstance(event, ToolCompleted)
    ]


@pytest.mark.parametrize(
    ("kind", "result"),
    [
        ("not_finite", {"p95": None, "max": None}),
        ("half", {"caf\ufffd.csv": "bad \ufffd"}),
    ],
)
async def test_a_result_that_json_nearly_knows_is_mended(kind: str, result: Any) -> None:
    recorder = Recorder()
    script = [{"calls": [["return_odd", {"kind": kind}]]}, {"say": "."}]
    assert await act(assignment(script), recorder) == "."
    assert closed_by(recorder) == [("succeeded", result)]
    row = recorder.units[-2].closed[0]
    assert json.loads(row.result) == result
    assert "NaN" not in row.result


@pytest.mark.parametrize("kind", ["object", "circle"])
async def test_a_result_that_json_does_not_know_fails_the_call_alone(kind: str) -> None:
    recorder = Recorder()
    script = [{"calls": [["return_odd", {"kind": kind}]]}, {"say": "Told."}]
    assert await act(assignment(script), recorder) == "Told."
    [(status, message)] = closed_by(recorder)
    assert status == "failed"
    assert "cannot be put into JSON" in message
    assert "cannot be put into JSON" in str(recorder.messages())  # the model reads it too


async def test_an_answer_streamed_in_halves_of_characters_is_whole() -> None:
    recorder = Recorder()
    script = [
        {"say": ["Hm ", {"halves": "😀"}], "calls": [NAP]},
        {"say": ["I see ", {"halves": "😀"}, "."]},
    ]
    assert await act(assignment(script), recorder) == "I see 😀."
    text = "".join(delta.data["text"] for delta in recorder.deltas)
    assert text == "Hm 😀I see 😀."
    assert "I see 😀." in str(recorder.messages())
