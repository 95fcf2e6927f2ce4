"""Calls that somebody has to approve: asked, decided on, and made at most once, whatever dies."""

import asyncio
import itertools
from typing import Any

import pytest

from tests.chat import Chat, Frame, open_chat, types
from tests.e2e.test_recovery import assert_once_and_in_order, in_thread
from tests.stack import Stack

EXPIRE = """
from agents.models import ToolCall
from django.utils import timezone
ToolCall.objects.waiting().filter(run='{run}').update(approval_expires_at=timezone.now())
"""


def pay(entry: str) -> list[Any]:
    return ["pay_out", {"entry": entry}]


def paid(stack: Stack, entry: str) -> int:
    """How often that was paid."""
    ledger = stack.home / "ledger"
    return ledger.read_text().splitlines().count(entry) if ledger.exists() else 0


async def waits(chat: Chat, run_id: str, calls: int = 1) -> list[str]:
    """Until the run has asked for approval of so many calls; their ids."""
    while len(asked := of_type(chat, run_id, "approval_required")) < calls:
        await chat.receive()
    return [data["call_id"] for data in asked]


def of_type(chat: Chat, run_id: str, kind: str) -> list[Frame]:
    return [event["data"] for event in chat.events_of(run_id) if event["type"] == kind]


def closed(chat: Chat, run_id: str) -> list[str]:
    return [data["call_id"] for data in of_type(chat, run_id, "tool_completed")]


async def decide(chat: Chat, run_id: str, call_id: str, decision: str, **more: str) -> Frame:
    """Decide over the socket; the answer."""
    asked = {"run_id": run_id, "call_id": call_id, "decision": decision, **more}
    answer_id = f"{call_id}.{decision}.{len(chat.seen)}"
    await chat.send(type="resolve_approval", id=answer_id, **asked)
    return await chat.receive_until(lambda frame: frame.get("id") == answer_id)


async def is_parked(stack: Stack, run_id: str, user: str = "alice") -> Frame:
    """Wait until no worker holds the run; what REST tells of it."""
    while True:
        run: Frame = await in_thread(stack.get, f"/api/runs/{run_id}", user)
        if run["status"] == "waiting_for_approval":
            return run
        await asyncio.sleep(0.05)


async def test_an_approved_call_is_made_and_the_run_goes_on(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"calls": [pay("rent")]}, {"say": "Paid."}])
        [call_id] = await waits(chat, run_id)
        run = await is_parked(stack, run_id)
        [waiting] = run["approvals"]
        [asked] = of_type(chat, run_id, "approval_required")
        assert (waiting["call_id"], waiting["parameters"]) == (call_id, {"entry": "rent"})
        assert waiting["expires_at"] == pytest.approx(asked["expires_at"], abs=0.01)
        assert paid(stack, "rent") == 0
        status = await decide(chat, run_id, call_id, "approve", reason="due today")
        assert (status["type"], status["data"]["approvals"]) == ("agent_status", [])
        events = await chat.end_of(run_id)
    assert_once_and_in_order(events)
    assert types(events) == [
        "agent_started",
        "agent_thinking",
        "tool_executing",
        "approval_required",
        "approval_resolved",
        "tool_completed",
        "agent_completed",
    ]
    answer = events[4]["data"]
    assert (answer["decision"], answer["by"], answer["reason"]) == ("approve", "alice", "due today")
    assert events[5]["data"]["status"] == "succeeded"
    assert paid(stack, "rent") == 1


async def test_a_denied_call_is_not_made_and_the_model_is_told_why(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"calls": [pay("yacht")]}, {"recall": True}])
        [call_id] = await waits(chat, run_id)
        path = f"/api/runs/{run_id}/approvals/{call_id}"
        denial = {"decision": "deny", "reason": "too dear"}
        answer = await in_thread(lambda: stack.request("POST", path, "alice", json=denial))
        assert answer.status_code == 200
        assert answer.json()["run_id"] == run_id
        events = await chat.end_of(run_id)
        again = await in_thread(lambda: stack.request("POST", path, "alice", json=denial))
        other = {"decision": "approve"}
        refused = await in_thread(lambda: stack.request("POST", path, "alice", json=other))
    assert again.status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (409, "approval_conflict")
    assert_once_and_in_order(events)
    [end] = of_type(chat, run_id, "tool_completed")
    assert end["status"] == "denied"
    assert "alice denied pay_out: too dear." in end["result"]
    assert events[-1]["data"]["result"] == "1 questions, 1 tool results"
    assert paid(stack, "yacht") == 0


# F43
@pytest.mark.parametrize("order", list(itertools.permutations((0, 2, 3))), ids=str)
async def test_calls_of_one_response_are_decided_on_in_any_order(
    stack: Stack, order: tuple[int, ...]
) -> None:
    names = ["".join(map(str, order)) + name for name in ("a", "-", "b", "c")]
    calls = [pay(names[0]), ["nap", {"seconds": 0.05}], pay(names[2]), pay(names[3])]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"calls": calls}, {"recall": True}])
        await waits(chat, run_id, 3)
        for at in order:
            decision = "deny" if at == 2 else "approve"
            await decide(chat, run_id, f"call_0_{at}", decision)
            # It need not wait for the others: it is told, and made, at once.
            while f"call_0_{at}" not in closed(chat, run_id):
                await chat.receive()
            assert paid(stack, names[at]) == (0 if at == 2 else 1)
        events = await chat.end_of(run_id)
    assert_once_and_in_order(events)
    assert [data["call_id"] for data in of_type(chat, run_id, "approval_resolved")] == [
        f"call_0_{at}" for at in order
    ]
    assert types(events).count("tool_executing") == types(events).count("tool_completed") == 4
    assert "run_resumed" not in types(events)
    assert events[-1]["data"]["result"] == "1 questions, 4 tool results"
    assert [paid(stack, names[at]) for at in (0, 2, 3)] == [1, 0, 1]


# F43
async def test_many_decisions_at_once_are_all_heard(stack: Stack) -> None:
    calls = [pay(f"many-{number}") for number in range(8)]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"calls": calls}, {"say": "All paid."}])
        await waits(chat, run_id, len(calls))
        for number in range(len(calls)):  # the run is being parked, perhaps
            asked = {"run_id": run_id, "call_id": f"call_0_{number}", "decision": "approve"}
            await chat.send(type="resolve_approval", **asked)
        events = await chat.end_of(run_id)
    assert_once_and_in_order(events)
    assert types(events).count("approval_resolved") == len(calls)
    assert [paid(stack, f"many-{number}") for number in range(len(calls))] == [1] * len(calls)


# F47
async def test_what_nobody_decides_on_is_denied_in_the_end(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"calls": [pay("late")]}, {"say": "Left it."}])
        await waits(chat, run_id)
        await is_parked(stack, run_id)
        await in_thread(stack.run, EXPIRE.format(run=run_id))
        events = await chat.end_of(run_id)
    assert_once_and_in_order(events)
    [answer] = of_type(chat, run_id, "approval_resolved")
    assert (answer["decision"], answer["by"]) == ("deny", "expiry")
    assert of_type(chat, run_id, "tool_completed")[0]["status"] == "denied"
    assert paid(stack, "late") == 0


# F46
async def test_a_run_that_waits_is_cancelled_at_once_and_the_next_one_starts(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        first = await chat.ask("actor", [{"calls": [pay("never")]}], thread_id="till")
        [call_id] = await waits(chat, first)
        await is_parked(stack, first)
        second = await chat.ask("actor", [{"say": "My turn."}], thread_id="till")
        await chat.quiet()
        assert chat.events_of(second) == []
        await chat.send(type="cancel_run", run_id=first)
        events = await chat.end_of(first)
        assert_once_and_in_order(await chat.end_of(second))
        refused = await decide(chat, first, call_id, "approve")
    assert_once_and_in_order(events)
    assert types(events)[-2:] == ["tool_completed", "agent_cancelled"]
    assert events[-2]["data"]["status"] == "cancelled"
    assert refused["data"]["code"] == "run_ended"
    assert paid(stack, "never") == 0


# F47
async def test_waiting_does_not_count_against_the_time_limit(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("hasty", [{"calls": [pay("slow")]}, {"say": "In time."}])
        [call_id] = await waits(chat, run_id)
        await asyncio.sleep(1.5)  # it may take a second
        await decide(chat, run_id, call_id, "approve")
        events = await chat.end_of(run_id)
    assert events[-1]["type"] == "agent_completed"
    assert paid(stack, "slow") == 1


async def test_nobody_decides_on_runs_of_others(stack: Stack) -> None:
    async with (
        open_chat(stack.socket_url, stack.token("alice")) as alice,
        open_chat(stack.socket_url, stack.token("bob")) as bob,
    ):
        run_id = await alice.ask("actor", [{"calls": [pay("hers")]}])
        [call_id] = await waits(alice, run_id)
        refused = await decide(bob, run_id, call_id, "approve")
        assert refused["data"]["code"] == "run_not_found"
        unknown = await decide(alice, run_id, "call_7_7", "approve")
        assert unknown["data"]["code"] == "call_not_found"
        odd = await decide(alice, run_id, call_id, "perhaps")
        assert odd["data"]["code"] == "invalid_message"
        assert (await is_parked(stack, run_id))["approvals"] != []
        await alice.send(type="cancel_run", run_id=run_id)
        await alice.end_of(run_id)
        assert bob.events_of(run_id) == []


async def test_who_comes_later_finds_the_question(stack: Stack) -> None:
    token = stack.token("alice")
    async with open_chat(stack.socket_url, token) as chat:
        run_id = await chat.ask("actor", [{"calls": [pay("later")]}, {"say": "Done."}])
        [call_id] = await waits(chat, run_id)
        await is_parked(stack, run_id)
        had = chat.events_of(run_id)
    async with open_chat(stack.socket_url, token) as again:
        [run] = [run for run in again.seen[-1]["data"]["active_runs"] if run["run_id"] == run_id]
        assert (run["status"], run["last_seq"]) == ("waiting_for_approval", len(had))
        await again.send(type="resume", run_id=run_id, last_seq=0)
        await again.receive_until("resumed")
        assert again.events_of(run_id) == had
        await decide(again, run_id, call_id, "deny")
        assert_once_and_in_order(await again.end_of(run_id))


# F44
async def test_everything_may_be_restarted_between_question_and_decision(hurt_stack: Stack) -> None:
    token = hurt_stack.token("alice")
    async with open_chat(hurt_stack.socket_url, token) as chat:
        run_id = await chat.ask("actor", [{"calls": [pay("rent")]}, {"say": "Paid."}])
        [call_id] = await waits(chat, run_id)
        await is_parked(hurt_stack, run_id)
        had = chat.events_of(run_id)
    for process in hurt_stack.processes:
        process.kill()
    await in_thread(hurt_stack.redis.start)
    await in_thread(hurt_stack.web.start)
    async with open_chat(hurt_stack.socket_url, token) as again:
        await again.send(type="resume", run_id=run_id, last_seq=had[-1]["seq"])
        await again.receive_until("resumed")
        await decide(again, run_id, call_id, "approve")
        await in_thread(hurt_stack.workers[0].start)
        await again.end_of(run_id, within=40)
        events = [*had, *again.events_of(run_id)]
    assert_once_and_in_order(events)
    assert "run_resumed" not in types(events)
    assert paid(hurt_stack, "rent") == 1


# F45
async def test_a_decision_made_while_the_worker_is_killed_counts(hurt_stack: Stack) -> None:
    gate = hurt_stack.gate()
    script: list[Frame] = [{"calls": [pay("rent"), gate.wait()]}, {"say": "Went on."}]
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await chat.ask("actor", script)
        [call_id] = await waits(chat, run_id)
        busy = await in_thread(hurt_stack.worker_of, run_id)
        asked = {"run_id": run_id, "call_id": call_id, "decision": "approve"}
        await chat.send(type="resolve_approval", **asked)
        busy.kill()
        gate.open()
        events = await chat.end_of(run_id, within=40)
    assert_once_and_in_order(events)
    assert types(events).count("approval_resolved") == 1
    assert types(events).count("tool_executing") == types(events).count("tool_completed") == 2
    assert events[-1]["data"]["result"] == "Went on."
    assert paid(hurt_stack, "rent") == 1


# F10
@pytest.mark.parametrize(("agent", "decision"), [("actor", "deny"), ("careful", "approve")])
async def test_a_call_cut_off_that_may_not_be_repeated_is_asked_for(
    hurt_stack: Stack, agent: str, decision: str
) -> None:
    gate = hurt_stack.gate()
    script: list[Frame] = [{"calls": [gate.wait("wait_once")]}, {"say": "Told."}]
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await chat.ask(agent, script)
        if agent == "careful":  # which wants to be asked before the first time, too
            await waits(chat, run_id)
            await decide(chat, run_id, "call_0_0", "approve")
            await chat.came(lambda frame: frame["type"] == "approval_resolved")
        else:
            await chat.receive_until("tool_executing")
        busy = await in_thread(hurt_stack.worker_of, run_id)
        busy.kill()
        question = await chat.receive_until("approval_required", within=40)
        assert "may have taken effect" in question["data"]["reason"]
        [waiting] = (await is_parked(hurt_stack, run_id))["approvals"]
        assert waiting["reason"] == question["data"]["reason"]
        gate.open()
        await decide(chat, run_id, "call_0_0", decision)
        events = await chat.end_of(run_id)
    assert_once_and_in_order(events)
    assert types(events).count("tool_executing") == types(events).count("tool_completed") == 1
    [end] = of_type(chat, run_id, "tool_completed")
    if decision == "approve":
        assert (end["status"], end["result"]) == ("succeeded", "went through")
    else:
        assert end["status"] == "denied"
        assert "whether it took effect is not known" in end["result"]
    assert events[-1]["data"]["result"] == "Told."
