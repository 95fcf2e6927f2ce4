"""Whatever dies on the way, the run ends, and its events arrive once and in order."""

import asyncio
import json
import os
import signal
from typing import Any

import httpx
import pytest

from agents.events import TERMINAL_TYPES
from tests.cast import PASSWORD
from tests.chat import Chat, Frame, open_chat, seqs, types
from tests.stack import Gate, Stack, stop_all

RECOVERY_SECONDS = 15  # promised; the test waits longer, so that a miss is reported as one

PAY = ["write_ledger", {"entry": "paid"}]


async def in_thread(function: Any, *args: Any) -> Any:
    return await asyncio.to_thread(function, *args)


def assert_once_and_in_order(events: list[Frame]) -> None:
    assert seqs(events) == list(range(1, len(events) + 1))
    assert [event["type"] in TERMINAL_TYPES for event in events] == [False] * (len(events) - 1) + [
        True
    ]


async def paid_and_waiting(chat: Chat, gate: Gate) -> str:
    """A run that has paid, and whose second call waits at `gate`; returns its id."""
    script: list[Frame] = [{"calls": [PAY]}, {"calls": [gate.wait()]}, {"say": "Both done."}]
    run_id = await chat.ask("actor", script)
    await waiting(chat)
    return run_id


async def waiting(chat: Chat) -> None:
    """A call that waits at a gate has begun."""
    await chat.receive_until(
        lambda frame: (
            frame["type"] == "tool_executing" and frame["data"]["tool_name"].startswith("wait")
        )
    )


# F9
async def test_a_killed_workers_run_goes_on_and_repeats_no_finished_call(
    hurt_stack: Stack,
) -> None:
    gate = hurt_stack.gate()
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await paid_and_waiting(chat, gate)
        busy = await in_thread(hurt_stack.worker_of, run_id)
        busy.kill()
        killed_at = asyncio.get_running_loop().time()
        await chat.receive_until("run_resumed", within=3 * RECOVERY_SECONDS)
        assert asyncio.get_running_loop().time() - killed_at < RECOVERY_SECONDS
        gate.open()
        events = await chat.end_of(run_id)
        await chat.quiet()
    assert_once_and_in_order(chat.events_of(run_id))
    assert events[-1]["data"]["result"] == "Both done."
    assert types(events).count("tool_executing") == 2
    assert types(events).count("tool_completed") == 2
    assert (hurt_stack.home / "ledger").read_text() == "paid\n"


# F14
async def test_a_frozen_worker_that_wakes_up_changes_nothing_any_more(hurt_stack: Stack) -> None:
    gate = hurt_stack.gate()
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await paid_and_waiting(chat, gate)
        busy = await in_thread(hurt_stack.worker_of, run_id)
        busy.send(signal.SIGSTOP)
        await chat.receive_until("run_resumed", within=3 * RECOVERY_SECONDS)
        gate.open()
        await chat.end_of(run_id)
        busy.send(signal.SIGCONT)
        again = await chat.ask("actor", [{"say": "Next."}])
        await chat.end_of(again)
        await chat.quiet()
    busy.kill()  # nobody else shall have one that was frozen
    assert_once_and_in_order(chat.events_of(run_id))
    assert (hurt_stack.home / "ledger").read_text() == "paid\n"


# F17
async def test_a_worker_that_is_asked_to_end_hands_its_run_on(hurt_stack: Stack) -> None:
    gate = hurt_stack.gate()
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await paid_and_waiting(chat, gate)
        busy = await in_thread(hurt_stack.worker_of, run_id)
        busy.send(signal.SIGTERM)
        await chat.receive_until("run_resumed", within=3 * RECOVERY_SECONDS)
        gate.open()
        events = await chat.end_of(run_id)
    assert await in_thread(busy.wait) == 0
    assert_once_and_in_order(events)
    assert events[-1]["data"]["result"] == "Both done."


# F18
async def test_runs_go_on_at_once_after_everything_was_stopped_and_started_again(
    hurt_stack: Stack,
) -> None:
    gate = hurt_stack.gate()
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await paid_and_waiting(chat, gate)
        await in_thread(stop_all, hurt_stack.workers)
        hurt_stack.redis.kill()  # and the message that handed the run on with it
        await in_thread(hurt_stack.redis.start)
        await in_thread(hurt_stack.workers[0].start)
        await chat.receive_until("run_resumed", within=RECOVERY_SECONDS)
        gate.open()
        events = await chat.end_of(run_id)
    assert_once_and_in_order(events)
    assert (hurt_stack.home / "ledger").read_text() == "paid\n"


# F16
@pytest.mark.parametrize("thread", ["netra-writer", "netra-push"])
async def test_a_worker_ends_itself_when_one_of_its_threads_has_died(
    hurt_stack: Stack, thread: str
) -> None:
    calls = [["kill_thread", {"name": thread, "done": f"killed-{thread}"}], ["nap", {"seconds": 4}]]
    script: list[Frame] = [{"calls": calls}, {"say": "Survived."}]
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await chat.ask("actor", script)
        events = await chat.end_of(run_id, within=3 * RECOVERY_SECONDS)
    assert_once_and_in_order(events)
    assert "run_resumed" in types(events)
    assert events[-1]["data"]["result"] == "Survived."
    ended = [worker.child.poll() for worker in hurt_stack.workers if worker.child is not None]
    assert sorted(ended, key=str) == [os.EX_SOFTWARE, None]


# F30
async def test_halves_of_characters_end_no_run_and_no_worker(stack: Stack) -> None:
    script: list[Frame] = [
        {"calls": [["note_half", {}], ["return_odd", {"kind": "half"}]]},
        {"say": ["Smile ", {"halves": "😀"}]},
    ]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", script)
        events = await chat.end_of(run_id)
    assert_once_and_in_order(events)
    assert events[-1]["data"]["result"] == "Smile 😀"
    deltas = [frame["data"] for frame in chat.seen if frame["type"] == "message_delta"]
    assert "".join(delta["text"] for delta in deltas) == "Smile 😀"
    notes = [frame["data"]["note"] for frame in chat.seen if frame["type"] == "tool_progress"]
    assert notes == ["reading c\ufffd"]


# F27
async def test_redis_killed_and_restarted_costs_no_socket_and_no_event(hurt_stack: Stack) -> None:
    gate = hurt_stack.gate()
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await paid_and_waiting(chat, gate)
        hurt_stack.redis.kill()
        await chat.quiet()
        await asyncio.sleep(1)
        await in_thread(hurt_stack.redis.start)
        gate.open()
        events = await chat.end_of(run_id, within=40)
        after = await chat.ask("actor", [{"say": "After."}])
        await chat.end_of(after, within=40)
    assert_once_and_in_order(events)
    assert_once_and_in_order(chat.events_of(after))


# F24, F27
async def test_the_ends_of_runs_and_log_ins_arrive_although_redis_stays_away(
    hurt_stack: Stack,
) -> None:
    gate = hurt_stack.gate()
    # All log-ins of the user end, which others shall not need any more.
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("leaver")) as chat:
        run_id = await paid_and_waiting(chat, gate)
        hurt_stack.redis.kill()
        gate.open()
        events = await chat.end_of(run_id, within=40)
        hurt_stack.request("POST", "/api/auth/logout-all", "leaver").raise_for_status()
        assert await chat.close_code(within=6) == 4401  # the check comes every 5 s
    assert_once_and_in_order(events)
    body = {"username": "leaver", "password": PASSWORD}
    async with httpx.AsyncClient(base_url=hurt_stack.url, trust_env=False, timeout=30) as client:
        assert (await client.post("/api/auth/token", json=body)).status_code == 200


# F3, F27
async def test_a_socket_opens_and_asks_while_redis_is_away(hurt_stack: Stack) -> None:
    hurt_stack.redis.kill()
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"say": "Late."}])
        await in_thread(hurt_stack.redis.start)
        events = await chat.end_of(run_id, within=60)
    assert_once_and_in_order(events)


# F34
async def test_a_server_that_ends_asks_its_sockets_to_come_back(hurt_stack: Stack) -> None:
    gate = hurt_stack.gate()
    token = hurt_stack.token("alice")
    async with open_chat(hurt_stack.socket_url, token) as chat:
        run_id = await paid_and_waiting(chat, gate)
        hurt_stack.web.send(signal.SIGTERM)
        assert await chat.close_code() == 4012
    had = chat.events_of(run_id)
    gate.open()
    assert await in_thread(hurt_stack.web.wait) == 0
    await in_thread(hurt_stack.web.start)
    async with open_chat(hurt_stack.socket_url, token) as again:
        await again.send(type="resume", runs={run_id: had[-1]["seq"]})
        await again.end_of(run_id)
    assert_once_and_in_order([*had, *again.events_of(run_id)])


# F3
async def test_runs_asked_for_without_a_worker_are_done_when_one_comes(own_stack: Stack) -> None:
    await in_thread(lambda: own_stack.start(workers=0))
    async with open_chat(own_stack.socket_url, own_stack.token("alice")) as chat:
        run_ids = [await chat.ask("actor", [{"say": "Waited."}]) for _ in range(3)]
        await in_thread(own_stack.add_worker)
        for run_id in run_ids:
            assert_once_and_in_order(await chat.end_of(run_id))


# F13
@pytest.mark.waits
async def test_a_run_that_loses_three_workers_in_one_step_is_given_up(hurt_stack: Stack) -> None:
    script: list[Frame] = [{"calls": [hurt_stack.gate().wait()]}]
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_id = await chat.ask("actor", script)
        await waiting(chat)
        for _ in range(3):
            worker = await in_thread(hurt_stack.worker_of, run_id)
            worker.kill()
            await chat.receive_until(
                lambda frame: frame["type"] in ("run_resumed", *TERMINAL_TYPES), within=40
            )
            await in_thread(worker.start)
        events = await chat.end_of(run_id)
    assert events[-1]["data"]["code"] == "worker_lost"
    assert types(events).count("tool_executing") == types(events).count("tool_completed") == 1
    assert_once_and_in_order(events)
    assert json.dumps(events)
