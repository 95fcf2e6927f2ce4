"""A process that is asked to end does so in time, and takes nothing and nobody with it."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from redis import Redis
from websockets.exceptions import ConnectionClosed

from tests.chat import Chat, Frame, open_chat, seqs, types
from tests.prepared import DATABASE
from tests.raw import raw_socket
from tests.stack import Process, Stack, until
from tests.weak import Outage, between, file_is_locked, stands_still

PATIENCE_SECONDS = 25  # `up` and Docker give 10; the rest is for a machine that is busy otherwise
AT_ONCE_SECONDS = 15  # beside the 5 s that a worker goes on for


in_thread = asyncio.to_thread

pytestmark = pytest.mark.waits


async def ends_with(process: Process, begun: float) -> int:
    code = await in_thread(process.wait)
    assert time.monotonic() - begun < PATIENCE_SECONDS
    return code


async def asked_to_end(process: Process) -> None:
    """Asked again and again until it has ended, which changes nothing."""
    while process.lives:
        process.send(signal.SIGTERM)
        await asyncio.sleep(0.01)


# --- the web server ------------------------------------------------------------------------------


@asynccontextmanager
async def bad_clients(stack: Stack) -> AsyncIterator[None]:
    """Sockets that do not answer a close, or do not even read."""
    async with AsyncExitStack() as all_of_them:
        for size in (0, 4096):
            await all_of_them.enter_async_context(raw_socket(stack, "alice", receive_buffer=size))
        yield


# F54
async def test_a_server_ends_though_clients_neither_read_nor_answer(hurt_stack: Stack) -> None:
    redis = Redis(port=hurt_stack.redis_port)

    def listening() -> list[Any]:
        return list(redis.pubsub_channels("*user.*"))

    await in_thread(until, lambda: not listening(), "the end of sockets that were closed before")
    async with (
        open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat,
        open_chat(hurt_stack.socket_url, hurt_stack.token("bob")) as good,
        bad_clients(hurt_stack),
    ):
        calls = [["large", {"size": 200_000}] for _ in range(30)]
        await chat.end_of(await chat.ask("actor", [{"calls": calls}, {"say": "Done."}]), within=60)
        begun = time.monotonic()
        asking = asyncio.create_task(asked_to_end(hurt_stack.web))
        assert await good.close_code() == 4012
        assert await ends_with(hurt_stack.web, begun) == 0
        await asking
    assert listening() == []


# F54
async def test_a_server_answers_what_it_was_asked_before_it_ends(hurt_stack: Stack) -> None:
    rows = "".join(f"2026-11-03T10:00:{n % 60:02}Z,gpt,{n},1\n" for n in range(10_000))
    head = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    table = f"timestamp,model,input_tokens,output_tokens\n{rows}"
    form = f"{head}{table}\r\n--x--\r\n".encode()
    begun_to_send = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield form[:1000]
        begun_to_send.set()
        await asyncio.sleep(1)
        yield form[1000:]

    headers = {
        "Authorization": f"Bearer {hurt_stack.token('alice')}",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(len(form)),
    }
    async with (
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE_SECONDS) as client,
        open_chat(hurt_stack.socket_url, hurt_stack.token("bob")) as flooding,
    ):
        url = f"{hurt_stack.url}/api/datasets"
        upload = asyncio.create_task(client.post(url, content=body(), headers=headers))
        flood = asyncio.create_task(send_for_ever(flooding))
        closed = asyncio.create_task(flooding.close_code(within=2 * PATIENCE_SECONDS))
        await begun_to_send.wait()
        await asyncio.sleep(0.3)
        begun = time.monotonic()
        hurt_stack.web.send(signal.SIGTERM)
        answer = await upload
        assert answer.status_code == 201, answer.text
        assert await closed == 4012
        flood.cancel()
    assert await ends_with(hurt_stack.web, begun) == 0


async def send_for_ever(chat: Chat) -> None:
    with suppress(ConnectionClosed):
        while True:
            await chat.send(type="get_agent_status", agent="actor")


# --- workers -------------------------------------------------------------------------------------


async def begun_runs(chat: Chat, stack: Stack, tool: list[object], count: int = 1) -> list[str]:
    """Runs that have paid, and whose second call is under way."""
    script: list[Frame] = [
        {"calls": [["write_ledger", {"entry": "paid"}]]},
        {"calls": [tool]},
        {"say": "Done."},
    ]
    run_ids = [await chat.ask("actor", script) for _ in range(count)]
    for run_id in run_ids:
        while not [e for e in chat.events_of(run_id) if e["data"].get("tool_name") == tool[0]]:
            await chat.receive()
    return run_ids


async def assert_ended_once(chat: Chat, stack: Stack, run_ids: list[str]) -> None:
    for run_id in run_ids:
        events = await chat.end_of(run_id, within=60)
        assert seqs(events) == list(range(1, len(events) + 1))
        assert types(events)[-1] == "agent_completed"
    assert (stack.home / "ledger").read_text() == "paid\n" * len(run_ids)


# F17
@pytest.mark.parametrize(
    ("number", "runs"), [(signal.SIGTERM, 50), (signal.SIGINT, 2), (signal.SIGQUIT, 2)]
)
async def test_a_worker_hands_on_all_its_runs(
    hurt_stack: Stack, number: signal.Signals, runs: int
) -> None:
    gate = hurt_stack.gate()
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_ids = await begun_runs(chat, hurt_stack, gate.wait(), runs)
        busy = await in_thread(hurt_stack.worker_of, run_ids[0])
        begun = time.monotonic()
        busy.send(number)
        assert await ends_with(busy, begun) == 0
        gate.open()
        await assert_ended_once(chat, hurt_stack, run_ids)


# F17
async def test_what_is_short_is_finished_by_the_worker_that_has_it(hurt_stack: Stack) -> None:
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        (run_id,) = await begun_runs(chat, hurt_stack, ["nap", {"seconds": 2}])
        busy = await in_thread(hurt_stack.worker_of, run_id)
        busy.send(signal.SIGTERM)
        await assert_ended_once(chat, hurt_stack, [run_id])
        assert "run_resumed" not in types(chat.events_of(run_id))
    assert await in_thread(busy.wait) == 0


# F55
async def test_a_second_signal_hands_on_at_once_what_no_thread_can_stop(hurt_stack: Stack) -> None:
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        (run_id,) = await begun_runs(chat, hurt_stack, ["block", {"seconds": 40}])
        busy = await in_thread(hurt_stack.worker_of, run_id)
        begun = time.monotonic()
        busy.send(signal.SIGTERM)
        await asyncio.sleep(0.5)
        asking = asyncio.create_task(asked_to_end(busy))
        await chat.receive_until("run_resumed", within=AT_ONCE_SECONDS)
        assert await ends_with(busy, begun) == 0
        await asking


def hurt(stack: Stack, outage: str) -> Outage:
    if outage == "redis frozen":
        return stands_still(stack.redis.pid)
    if outage == "redis gone":
        return between(stack.redis.kill, stack.redis.start)
    return file_is_locked(stack.home / DATABASE)


# F55
@pytest.mark.parametrize("outage", ["redis frozen", "redis gone", "database locked"])
async def test_a_worker_ends_in_time_whatever_is_away(hurt_stack: Stack, outage: str) -> None:
    gate = hurt_stack.gate()
    async with open_chat(hurt_stack.socket_url, hurt_stack.token("alice")) as chat:
        run_ids = await begun_runs(chat, hurt_stack, gate.wait(), 3)
        busy = await in_thread(hurt_stack.worker_of, run_ids[0])
        with hurt(hurt_stack, outage):
            begun = time.monotonic()
            busy.send(signal.SIGTERM)
            assert await ends_with(busy, begun) == 0
        gate.open()
        await assert_ended_once(chat, hurt_stack, run_ids)
