"""A message becomes a result, whatever form it is sent in."""

import json
from typing import Any

import pytest

from agents.events import EVENT
from tests.chat import open_chat, seqs, types
from tests.stack import Stack

LIFECYCLE = [
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
]
DELTAS = {"message_delta", "thinking_delta", "tool_progress"}


@pytest.mark.parametrize(
    "message",
    [
        {"type": "message", "content": "What can you do?"},
        {"type": "chat", "text": "What can you do?"},
        {"type": "user_message", "payload": {"content": "What can you do?"}},
        {
            "type": "execute_agent",
            "agent": "data_analysis_agent",
            "data": {"input": "What can you do?"},
        },
        {
            "type": "start_agent",
            "agent_type": "unified_data_agent",
            "user_request": "What can you do?",
        },
    ],
    ids=lambda message: str(message["type"]),
)
async def test_every_form_of_a_request_yields_the_five_lifecycle_events(
    stack: Stack, message: dict[str, Any]
) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(id="7", thread_id="golden", **message)
        accepted = await chat.receive()
        assert accepted["type"] == "run_accepted"
        assert accepted["id"] == "7"
        assert accepted["data"]["thread_id"] == "golden"
        run_id = accepted["data"]["run_id"]
        events = await chat.end_of(run_id)
    lifecycle = [event for event in events if event["type"] in LIFECYCLE]
    assert set(types(lifecycle)) == set(LIFECYCLE)
    assert types(lifecycle)[0] == "agent_started"
    assert types(events)[-1] == "agent_completed"
    assert seqs(events) == list(range(1, len(events) + 1))
    for event in events:
        EVENT.validate_python({"type": event["type"], "data": event["data"]})
        assert event["thread_id"] == "golden"
        assert event["agent"] == "data_analysis_agent"


async def test_the_deprecated_form_is_warned_about_and_answered(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(
            type="agent_execute",
            agent_type="data_analysis_agent",
            session_id="legacy",
            data={"query": "What can you do?"},
        )
        warning = await chat.receive()
        assert (warning["type"], warning["data"]["code"]) == ("warning", "deprecated_type")
        assert warning["data"]["type"] == "agent_execute"
        accepted = await chat.receive()
        assert accepted["data"]["thread_id"] == "legacy"
        await chat.end_of(accepted["data"]["run_id"])


async def test_text_streams_before_the_result_and_adds_up_to_it(stack: Stack) -> None:
    pieces = ["One. ", "Two. ", "Three."]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"say": pieces, "pause": 0.1}])
        events = await chat.end_of(run_id)
    deltas = [frame["data"] for frame in chat.seen if frame["type"] == "message_delta"]
    text = ""
    for delta in deltas:
        assert delta["offset"] == len(text)
        text += delta["text"]
    assert text == "".join(pieces) == events[-1]["data"]["result"]
    assert all("seq" not in frame for frame in chat.seen if frame["type"] in DELTAS)


async def test_a_failing_tool_is_closed_and_the_run_goes_on(stack: Stack) -> None:
    script = [
        {
            "calls": [
                ["refuse", {"message": "No such column."}],
                ["crash", {}],
                ["too_slow", {}],
                ["nap", {"seconds": 0}],
            ]
        },
        {"say": "Three of four failed."},
    ]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        events = await chat.end_of(await chat.ask("actor", script))
    opened = [event["data"]["call_id"] for event in events if event["type"] == "tool_executing"]
    closed = {
        event["data"]["tool_name"]: event["data"]
        for event in events
        if event["type"] == "tool_completed"
    }
    assert sorted(opened) == sorted(data["call_id"] for data in closed.values())
    assert {name: data["status"] for name, data in closed.items()} == {
        "refuse": "failed",
        "crash": "failed",
        "too_slow": "failed",
        "nap": "succeeded",
    }
    assert closed["refuse"]["result"] == "No such column."
    assert "ZeroDivision" not in closed["crash"]["result"]
    assert "0.2 s" in closed["too_slow"]["result"]
    assert events[-1]["data"]["result"] == "Three of four failed."


async def test_text_before_a_tool_call_is_the_thought_of_that_step(stack: Stack) -> None:
    script = [{"say": "I nap first.", "calls": [["nap", {"seconds": 0}]]}, {"say": "Done."}]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        events = await chat.end_of(await chat.ask("actor", script))
    thoughts = [event["data"] for event in events if event["type"] == "agent_thinking"]
    assert [thought["thought"] for thought in thoughts] == ["I nap first."]
    streamed = {
        frame["data"]["message_id"] for frame in chat.seen if frame["type"] == "message_delta"
    }
    assert thoughts[0]["message_id"] in streamed


async def test_a_tool_reports_how_far_it_is(stack: Stack) -> None:
    script = [
        {"calls": [["report_progress", {"notes": ["a third", "two thirds"]}]]},
        {"say": "Done."},
    ]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.end_of(await chat.ask("actor", script))
    notes = [frame["data"] for frame in chat.seen if frame["type"] == "tool_progress"]
    assert [note["note"] for note in notes] == ["a third", "two thirds"]
    assert {note["call_id"] for note in notes} == {"call_0_0"}


async def test_a_large_result_is_cut_in_the_event_and_whole_over_rest(stack: Stack) -> None:
    size = 600_000
    script = [{"calls": [["large", {"size": size}]]}, {"say": "Done."}]
    async with open_chat(stack.socket_url, stack.token("alice"), max_size=256 * 1024) as chat:
        events = await chat.end_of(await chat.ask("actor", script))
    completed = next(event["data"] for event in events if event["type"] == "tool_completed")
    assert completed["truncated"] is True
    assert 0 < len(completed["result"]) < size
    whole = stack.get(completed["url"], "alice")
    assert whole["result"] == "x" * size


@pytest.mark.parametrize(
    ("agent", "code"), [("lost", "model_not_configured"), ("short", "limit_reached")]
)
async def test_what_stops_an_agent_is_named(stack: Stack, agent: str, code: str) -> None:
    script = [{"calls": [["nap", {"seconds": 0}]]}] * 4
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        events = await chat.end_of(await chat.ask(agent, script))
    assert events[-1]["type"] == "agent_error"
    assert events[-1]["data"]["code"] == code
    assert events[-1]["data"]["message"]


# F19
async def test_a_run_over_its_time_ends_with_its_open_call_closed(stack: Stack) -> None:
    script = [{"calls": [["block", {"seconds": 3}]]}]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        events = await chat.end_of(await chat.ask("hasty", script))
    assert events[-1]["data"]["code"] == "agent_timeout"
    assert events[-1]["data"]["retryable"] is True
    assert [event["data"]["status"] for event in events if event["type"] == "tool_completed"] == [
        "cancelled"
    ]


async def test_the_agent_remembers_the_conversation(stack: Stack) -> None:
    first = [{"calls": [["read_ledger", {}]]}, {"say": "I remember."}]
    token = stack.token("alice")
    async with open_chat(stack.socket_url, token) as chat:
        await chat.end_of(await chat.ask("actor", first, thread_id="memory"))
        again = await chat.end_of(await chat.ask("actor", [{"recall": True}], thread_id="memory"))
    assert again[-1]["data"]["result"] == "2 questions, 1 tool results"
    messages = stack.get("/api/threads/memory/messages", "alice")["results"]
    assert [(message["role"], message["content"]) for message in messages] == [
        ("user", json.dumps(first)),
        ("assistant", "I remember."),
        ("user", json.dumps([{"recall": True}])),
        ("assistant", "2 questions, 1 tool results"),
    ]


async def test_runs_of_one_thread_take_turns(stack: Stack) -> None:
    gate = stack.gate()
    script = [{"calls": [gate.wait()]}, {"say": "Done."}]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(
            type="execute_agent", agent="actor", input=json.dumps(script), thread_id="turns"
        )
        first = await chat.receive_until("run_accepted")
        await chat.send(
            type="execute_agent", agent="actor", input=json.dumps(script), thread_id="turns"
        )
        second = await chat.receive_until("run_accepted")
        assert "position" not in first["data"]
        assert second["data"]["position"] == 1
        gate.open()
        run_ids = [first["data"]["run_id"], second["data"]["run_id"]]
        for run_id in run_ids:
            await chat.end_of(run_id)
    ends = [frame["timestamp"] for frame in chat.events_of(run_ids[0])]
    starts = [frame["timestamp"] for frame in chat.events_of(run_ids[1])]
    assert max(ends) <= min(starts)


async def test_a_busy_thread_rejects_or_is_interrupted_when_asked_to(stack: Stack) -> None:
    script = [{"calls": [stack.gate().wait()]}]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        slow = await chat.ask("actor", script, thread_id="busy")
        await chat.receive_until("tool_executing")
        await chat.send(type="chat", content="Now?", thread_id="busy", on_busy="reject")
        assert (await chat.receive_until("error"))["data"]["code"] == "thread_busy"
        quick = await chat.ask("actor", [{"say": "Quick."}], thread_id="busy", on_busy="interrupt")
        assert (await chat.end_of(slow))[-1]["type"] == "agent_cancelled"
        assert (await chat.end_of(quick))[-1]["data"]["result"] == "Quick."
