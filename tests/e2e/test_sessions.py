"""What an open socket is told, whose events it gets, and how long it lives."""

import asyncio
import json

import pytest

from tests.cast import CROWD
from tests.chat import Chat, Frame, open_chat, seqs, types
from tests.stack import Gate, Stack

NAP = [{"calls": [["nap", {"seconds": 0}]]}, {"say": "Done."}]


def at(gate: Gate) -> list[Frame]:
    """A run that waits at `gate`."""
    return [{"calls": [gate.wait()]}, {"say": "Done."}]


async def test_ten_users_at_once_each_see_only_their_own_events(stack: Stack) -> None:
    async def one(name: str) -> tuple[str, Chat]:
        async with open_chat(stack.socket_url, stack.token(name)) as chat:
            script = [{"calls": [["nap", {"seconds": 0.2}]]}, {"say": name}]
            run_id = await chat.ask("actor", script, thread_id="same-for-all")
            await chat.end_of(run_id)
            await chat.quiet()
            return run_id, chat

    ended = await asyncio.gather(*map(one, CROWD))
    for name, (run_id, chat) in zip(CROWD, ended, strict=True):
        events = [frame for frame in chat.seen if "seq" in frame]
        assert {event["run_id"] for event in events} == {run_id}
        assert seqs(events) == list(range(1, len(events) + 1))
        assert events[-1]["data"]["result"] == name


async def test_a_second_socket_of_a_user_sees_the_run_too(stack: Stack) -> None:
    token = stack.token("alice")
    async with open_chat(stack.socket_url, token) as one, open_chat(stack.socket_url, token) as two:
        run_id = await one.ask("actor", NAP)
        assert types(await one.end_of(run_id)) == types(await two.end_of(run_id))


async def test_a_run_started_over_rest_appears_on_the_socket(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        body = {"input": json.dumps([{"say": "Done."}])}
        answer = await asyncio.to_thread(
            stack.request, "POST", "/api/agents/actor/runs", "alice", json=body
        )
        assert answer.status_code == 202
        events = await chat.end_of(answer.json()["run_id"])
    assert types(events) == ["agent_started", "agent_completed"]


async def test_a_socket_of_one_thread_hears_of_that_thread_only(stack: Stack) -> None:
    token = stack.token("alice")
    url = f"{stack.socket_url}?thread=quiet-room"
    async with open_chat(url, token) as quiet, open_chat(stack.socket_url, token) as other:
        await other.end_of(await other.ask("actor", [{"say": "Elsewhere."}], thread_id="loud"))
        run_id = await quiet.ask("actor", [{"say": "Here."}])
        await quiet.end_of(run_id)
    assert {frame["thread_id"] for frame in quiet.seen if "seq" in frame} == {"quiet-room"}


# F31
async def test_live_runs_are_announced_and_go_on_from_there(stack: Stack) -> None:
    token, gate = stack.token("alice"), stack.gate()
    async with open_chat(stack.socket_url, token) as first:
        run_id = await first.ask("actor", at(gate))
        await first.receive_until("tool_executing")
    async with open_chat(stack.socket_url, token) as second:
        gate.open()
        active = {run["run_id"]: run for run in second.seen[0]["data"]["active_runs"]}
        assert active[run_id]["status"] == "running"
        last_seq = active[run_id]["last_seq"]
        events = await second.end_of(run_id)
    assert last_seq >= 2
    assert seqs(events) == list(range(last_seq + 1, events[-1]["seq"] + 1))


# F31
async def test_resuming_misses_and_repeats_nothing(stack: Stack) -> None:
    token, gate = stack.token("alice"), stack.gate()
    async with open_chat(stack.socket_url, token) as first:
        run_id = await first.ask("actor", at(gate))
        await first.receive_until("tool_executing")
    had = first.events_of(run_id)
    async with open_chat(stack.socket_url, token) as second:
        await second.send(type="resume", id="r", runs={run_id: had[-1]["seq"]})
        resuming = await second.receive_until("resuming")
        assert resuming["data"] == {"run_id": run_id, "after": had[-1]["seq"]}
        resumed = await second.receive_until("resumed")
        assert resumed["data"]["recovered"] is True
        gate.open()
        await second.end_of(run_id)
        await second.quiet()
    events = [*had, *second.events_of(run_id)]
    assert seqs(events) == list(range(1, len(events) + 1))
    assert events[-1]["type"] == "agent_completed"


@pytest.mark.parametrize("after", [0, 1, 3])
async def test_a_finished_run_is_replayed_from_where_the_client_was(
    stack: Stack, after: int
) -> None:
    token = stack.token("alice")
    async with open_chat(stack.socket_url, token) as chat:
        run_id = await chat.ask("actor", NAP)
        whole = await chat.end_of(run_id)
        position = len(chat.seen)
        await chat.send(type="resume", run_id=run_id, last_seq=after)
        resumed = await chat.receive_until("resumed")
        await chat.quiet()
    replayed = [frame for frame in chat.seen[position:] if "seq" in frame]
    assert replayed == whole[after:]
    assert resumed["data"] == {"run_id": run_id, "recovered": True, "last_seq": len(whole)}


# F32
async def test_a_position_in_the_future_gives_a_snapshot(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"say": "Done."}])
        await chat.end_of(run_id)
        await chat.send(type="resume", run_id=run_id, last_seq=99)
        resumed = await chat.receive_until("resumed")
        snapshot = await chat.receive_until("run_snapshot")
    assert resumed["data"]["recovered"] is False
    assert snapshot["data"]["run"]["status"] == "completed"
    assert snapshot["data"]["run"]["result"] == "Done."


async def test_the_runs_of_another_user_are_not_there(stack: Stack) -> None:
    gate = stack.gate()
    async with open_chat(stack.socket_url, stack.token("alice")) as alice:
        run_id = await alice.ask("actor", at(gate), thread_id="hers")
        async with open_chat(stack.socket_url, stack.token("bob")) as bob:
            await bob.send(type="resume", run_id=run_id, last_seq=0)
            await bob.receive_until("error")
            await bob.send(type="session_restore", runs={run_id: 0})
            await bob.receive_until("error")
            await bob.send(type="cancel_run", run_id=run_id)
            await bob.receive_until("error")
            await bob.send(type="get_agent_status", run_id=run_id)
            await bob.receive_until("error")
            await bob.send(type="resume", thread_id="hers")
            resuming = await bob.receive_until("resuming")
            own = await bob.ask("actor", [{"say": "Mine."}], thread_id="hers")
            await bob.end_of(own)
        gate.open()
        assert types(await alice.end_of(run_id))[-1] == "agent_completed"
        await alice.quiet()
    assert bob.errors() == ["run_not_found"] * 4
    assert resuming["data"] == {"thread_id": "hers", "runs": []}
    assert {frame.get("run_id", own) for frame in bob.seen} == {own}
    assert {frame.get("run_id", run_id) for frame in alice.seen} == {run_id}


async def test_a_thread_is_resumed_by_its_live_runs(stack: Stack) -> None:
    token, gate = stack.token("alice"), stack.gate()
    async with open_chat(stack.socket_url, token) as first:
        run_id = await first.ask("actor", at(gate), thread_id="resumed-thread")
        await first.receive_until("tool_executing")
    async with open_chat(stack.socket_url, token) as second:
        await second.send(type="session_restore", thread_id="resumed-thread")
        found = await second.receive_until("resuming")
        assert found["data"] == {"thread_id": "resumed-thread", "runs": [run_id]}
        gate.open()
        events = await second.end_of(run_id)
    assert seqs(events) == list(range(1, len(events) + 1))


async def test_who_joins_in_the_middle_of_a_message_gets_what_was_said(stack: Stack) -> None:
    pieces = [f"Piece {number}. " for number in range(12)]
    token, gate = stack.token("alice"), stack.gate()
    async with open_chat(stack.socket_url, token) as first:
        said = [*pieces[:6], gate.pause, *pieces[6:]]
        run_id = await first.ask("actor", [{"say": said, "pause": 0.06}])
        await first.receive_until("message_delta")
        async with open_chat(stack.socket_url, token) as second:
            await second.send(type="resume", run_id=run_id, last_seq=0)
            snapshot = await second.receive_until("message_snapshot")
            text = snapshot["data"]["text"]
            gate.open()
            await second.end_of(run_id)
    later = second.seen[second.seen.index(snapshot) :]
    for frame in later:
        if frame["type"] == "message_delta":
            assert frame["data"]["offset"] == len(text)
            text += frame["data"]["text"]
    assert text == "".join(pieces)


@pytest.mark.parametrize("tool", ["nap", "block"])  # one can be interrupted, one cannot
async def test_cancelling_stops_a_running_tool_at_once(stack: Stack, tool: str) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"calls": [[tool, {"seconds": 8}]]}, {"say": "No."}])
        await chat.receive_until("tool_executing")
        await chat.send(type="cancel_run", id="c", run_id=run_id, reason="changed my mind")
        events = await chat.end_of(run_id, within=6)
        await chat.quiet()
    assert "c" in [frame.get("id") for frame in chat.seen if frame["type"] == "agent_status"]
    assert types(events)[-2:] == ["tool_completed", "agent_cancelled"]
    assert events[-2]["data"]["status"] == "cancelled"
    assert events[-1]["data"]["by"] == "alice"
    assert events[-1]["data"]["reason"] == "changed my mind"


async def test_cancelling_reaches_a_model_that_is_speaking(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"say": ["word ", stack.gate().pause]}])
        await chat.receive_until("message_delta")
        await chat.send(type="stop_agent", run_id=run_id)
        events = await chat.end_of(run_id)
    assert types(events)[-1] == "agent_cancelled"


# F36
async def test_a_queued_run_can_be_cancelled_before_it_begins(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        gate = stack.gate()
        first = await chat.ask("actor", at(gate), thread_id="queue")
        second = await chat.ask("actor", NAP, thread_id="queue")
        await chat.send(type="cancel_run", run_id=second)
        assert types(await chat.end_of(second)) == ["agent_cancelled"]
        await chat.send(type="cancel_run", run_id=second)
        gate.open()
        assert types(await chat.end_of(first))[-1] == "agent_completed"
        await chat.quiet()
    assert types(chat.events_of(second)) == ["agent_cancelled"]


# F1
async def test_ten_sends_of_one_idempotency_key_make_one_run(stack: Stack) -> None:
    gate, accepted = stack.gate(), asyncio.Barrier(10)
    request = {
        "type": "execute_agent",
        "agent": "actor",
        "input": json.dumps(at(gate)),
        "thread_id": "once",
        "idempotency_key": "0123456789abcdef",
    }
    token = stack.token("alice")

    async def one() -> tuple[str, list[int]]:
        async with open_chat(stack.socket_url, token) as chat:
            await chat.send(**request)
            run_id = (await chat.receive_until("run_accepted"))["data"]["run_id"]
            chat.seen.clear()  # it may have heard of the run before it was told it is its own
            await accepted.wait()
            gate.open()
            events = await chat.end_of(run_id)
            return run_id, seqs(events)

    answers = await asyncio.gather(*(one() for _ in range(10)))
    assert len({run_id for run_id, _ in answers}) == 1
    for _, numbers in answers:
        assert numbers == list(range(1, len(numbers) + 1))
    async with open_chat(stack.socket_url, token) as chat:
        await chat.send(**{**request, "input": "something else"})
        assert (await chat.receive_until("error"))["data"]["code"] == "idempotency_conflict"


@pytest.mark.waits
async def test_an_idle_socket_still_receives_after_a_minute(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("idler")) as chat:
        with pytest.raises(TimeoutError):
            await chat.receive(within=61)  # nothing is said to an idle client
        events = await chat.end_of(await chat.ask("actor", [{"say": "Still here."}]))
    assert events[-1]["data"]["result"] == "Still here."


async def test_a_deactivated_user_is_shown_out(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("leaver")) as chat:
        code = "from accounts.models import User; User.objects.filter(username='leaver')"
        await asyncio.to_thread(stack.run, f"{code}.update(is_active=False)")
        assert await chat.close_code() == 4401
    assert chat.errors() == ["authentication_failed"]


async def test_a_token_of_another_user_does_not_change_the_socket(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(type="authenticate", token=stack.token("bob"))
        assert (await chat.receive_until("error"))["data"]["code"] == "authentication_failed"
        await chat.send(type="authenticate", token=stack.token("alice"))
        assert (await chat.receive_until("authenticated"))["data"]["expires_at"] > 0
