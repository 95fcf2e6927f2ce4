"""A run that is cancelled ends once, within two seconds, wherever it is."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from agents.events import TERMINAL_TYPES
from tests.chat import Chat, Frame, open_chat, seqs, types
from tests.stack import Stack

SOON = 2 + 3  # seconds; what is promised, and what a busy machine may take longer


def ends(events: list[Frame]) -> list[str]:
    return [event["type"] for event in events if event["type"] in TERMINAL_TYPES]


@asynccontextmanager
async def two_sockets(stack: Stack) -> AsyncIterator[tuple[Chat, Chat]]:
    token = stack.token("alice")
    async with open_chat(stack.socket_url, token) as one, open_chat(stack.socket_url, token) as two:
        yield one, two


# F37
async def test_a_worker_that_does_not_answer_is_not_waited_for(own_stack: Stack) -> None:
    await asyncio.to_thread(own_stack.start)
    gate = own_stack.gate()
    async with open_chat(own_stack.socket_url, own_stack.token("alice")) as chat:

        async def running() -> str:
            run_id = await chat.ask("actor", [{"calls": [gate.wait()]}, {"say": "No."}])
            await chat.receive_until("tool_executing")
            return run_id

        frozen = await running()
        own_stack.workers[0].send(signal.SIGSTOP)
        await chat.send(type="cancel_run", run_id=frozen)
        events = await chat.end_of(frozen, within=SOON)
        assert types(events)[-2:] == ["tool_completed", "agent_cancelled"]
        own_stack.workers[0].send(signal.SIGCONT)
        gone = await running()  # which tells that it is awake again
        await asyncio.to_thread(own_stack.workers[0].kill)
        await chat.send(type="cancel_run", run_id=gone)
        assert types(await chat.end_of(gone, within=SOON))[-1] == "agent_cancelled"
        await chat.quiet()
    for run_id in (frozen, gone):
        page = await asyncio.to_thread(own_stack.get, f"/api/runs/{run_id}/events", "alice")
        assert page["results"] == chat.events_of(run_id)
        assert ends(page["results"]) == ["agent_cancelled"]


# F36
async def test_a_run_that_is_just_being_claimed_is_cancelled(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("bob")) as chat:
        for _ in range(10):
            run_id = await chat.ask("actor", [{"say": [stack.gate().pause]}])
            await chat.send(type="cancel_run", run_id=run_id)
            assert ends(await chat.end_of(run_id, within=SOON)) == ["agent_cancelled"]
        await chat.quiet()
    all_ends = ends([frame for frame in chat.seen if "seq" in frame])
    assert all_ends == ["agent_cancelled"] * 10


async def test_a_cancel_from_two_sockets_twice_and_too_late_ends_a_run_once(stack: Stack) -> None:
    gate = stack.gate()
    async with two_sockets(stack) as (one, two):
        run_id = await one.ask("actor", [{"calls": [gate.wait()]}, {"say": "No."}])
        await two.receive_until("tool_executing")
        for chat in (one, two, one, two):
            await chat.send(type="cancel_run", run_id=run_id)
        for chat in (one, two):
            await chat.end_of(run_id, within=SOON)
        await one.send(type="cancel_run", id="late", run_id=run_id)
        late = await one.receive_until(lambda frame: frame.get("id") == "late")
        assert (late["type"], late["data"]["status"]) == ("agent_status", "cancelled")
        for chat in (one, two):
            await chat.quiet()
            assert ends(chat.events_of(run_id)) == ["agent_cancelled"]


async def test_a_completed_run_cannot_be_cancelled(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"say": "Done."}])
        await chat.end_of(run_id)
        await chat.send(type="cancel_run", run_id=run_id)
        status = await chat.receive_until("agent_status")
        await chat.quiet()
    assert status["data"]["status"] == "completed"
    assert ends(chat.events_of(run_id)) == ["agent_completed"]


async def test_an_interruption_ends_the_run_and_all_that_wait_for_it(stack: Stack) -> None:
    gate = stack.gate()
    waiting = [{"calls": [gate.wait()]}, {"say": "No."}]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        before = [await chat.ask("actor", waiting, thread_id="chain")]
        await chat.receive_until("tool_executing")
        before += [await chat.ask("actor", waiting, thread_id="chain") for _ in range(3)]
        positions = [
            frame["data"].get("position")
            for frame in chat.seen
            if frame["type"] == "run_accepted" and frame["data"]["thread_id"] == "chain"
        ]
        assert positions == [None, 1, 2, 3]
        last = await chat.ask(
            "actor", [{"say": "At last."}], thread_id="chain", on_busy="interrupt"
        )
        events = await chat.end_of(last, within=SOON + 2)
        for run_id in before:
            assert ends(await chat.end_of(run_id)) == ["agent_cancelled"]
    assert events[-1]["data"]["result"] == "At last."


async def test_the_next_in_the_queue_begins_when_one_is_cancelled(stack: Stack) -> None:
    gate = stack.gate()
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        waiting = [{"calls": [gate.wait()]}, {"say": "No."}]
        first = await chat.ask("actor", waiting, thread_id="next")
        await chat.receive_until("tool_executing")
        second = await chat.ask("actor", [{"say": "My turn."}], thread_id="next")
        await chat.send(type="cancel_run", run_id=first)
        events = await chat.end_of(second, within=SOON + 2)
    assert events[-1]["data"]["result"] == "My turn."


# F1
@pytest.mark.parametrize("on_busy", ["enqueue", "reject", "interrupt"])
async def test_one_key_over_socket_and_rest_at_once_makes_one_run(
    stack: Stack, on_busy: str
) -> None:
    key, gate, thread = f"key-for-{on_busy:->12}", stack.gate(), f"once-{on_busy}"
    script = json.dumps([{"calls": [gate.wait()]}, {"say": "Once."}])
    body = {"input": script, "thread_id": thread, "on_busy": on_busy}

    async def by_socket() -> str:
        async with open_chat(stack.socket_url, stack.token("bob")) as chat:
            await chat.send(type="execute_agent", agent="actor", idempotency_key=key, **body)
            run_id: str = (await chat.receive_until("run_accepted"))["data"]["run_id"]
            return run_id

    def by_rest() -> str:
        headers = {"Authorization": f"Bearer {stack.token('bob')}", "Idempotency-Key": key}
        url = f"{stack.url}/api/agents/actor/runs"
        answer = httpx.post(url, json=body, headers=headers, trust_env=False, timeout=30)
        run_id: str = answer.raise_for_status().json()["run_id"]
        return run_id

    sends = [by_socket() for _ in range(5)] + [asyncio.to_thread(by_rest) for _ in range(5)]
    run_ids = set(await asyncio.gather(*sends))
    gate.open()
    assert len(run_ids) == 1
    runs = await asyncio.to_thread(stack.get, f"/api/runs?thread_id={thread}", "bob")
    assert [run["run_id"] for run in runs["results"]] == list(run_ids)


async def test_text_has_no_hole_and_a_client_that_missed_some_gets_the_whole(stack: Stack) -> None:
    pieces = [f"Piece {number} 😀. " for number in range(8)]
    gate = stack.gate()
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        said = [*pieces[:4], gate.pause, *pieces[4:]]
        run_id = await chat.ask("actor", [{"say": said, "pause": 0.06}])
        await chat.receive_until("message_delta")
        last_seq = chat.events_of(run_id)[-1]["seq"]
        await chat.send(type="resume", run_id=run_id, last_seq=last_seq)  # as if some were lost
        snapshot = await chat.receive_until("message_snapshot")
        gate.open()
        events = await chat.end_of(run_id)
    told = ""
    for frame in chat.seen:
        if frame["type"] == "message_delta":
            assert frame["data"]["offset"] == len(told)
            told += frame["data"]["text"]
        if frame is snapshot:
            assert frame["data"]["text"] == told
    assert told == events[-1]["data"]["result"] == "".join(pieces)
    assert seqs(events) == list(range(1, len(events) + 1))
