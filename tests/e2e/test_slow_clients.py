"""Clients that do not read, do not speak or are not there any more: bounded, and others served."""

import asyncio
import json
import time
from collections.abc import Callable
from statistics import median, quantiles

import psutil
import pytest

from tests.chat import Chat, open_chat, seqs
from tests.e2e.test_floods import is_connected
from tests.proxy import proxy_to
from tests.raw import HEAD, Opcode, RawSocket, frame, raw_socket
from tests.stack import Stack, until

SLOW = 10  # clients that do not read
CALLS = 60
LARGE = 200_000  # characters of a call's result
NOTICED_SECONDS = 20 + 15  # a ping, and the patience for its pong
READ_AFTER_SECONDS = 35  # 4408 has been sent then, and the server waits for 10 s to be heard
ROUNDS = 60
ROUNDS_SECONDS = 15  # on a machine that does other things as well

Record = Callable[[str, object], None]

pytestmark = pytest.mark.waits


async def round_trips(chat: Chat) -> list[float]:
    """Seconds from a message to its run's first event, again and again."""
    took: list[float] = []
    while len(took) < ROUNDS and sum(took) < ROUNDS_SECONDS:
        begun = time.monotonic()
        run_id = await chat.ask("actor", [{"say": "Quick."}])
        await chat.end_of(run_id)
        took.append(time.monotonic() - begun)
    return took


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[-1]


async def start_large_run(chat: Chat) -> str:
    calls = [["large", {"size": LARGE}] for _ in range(CALLS)]
    return await chat.ask("actor", [{"calls": calls}, {"say": "Done."}])


# F52
async def test_who_never_reads_costs_little_is_told_4408_and_misses_nothing(
    own_stack: Stack, record_property: Record
) -> None:
    await asyncio.to_thread(own_stack.start)
    server = psutil.Process(own_stack.web.pid)
    url, token = own_stack.socket_url, own_stack.token("alice")
    async with open_chat(url, own_stack.token("bob")) as other, open_chat(url, token) as reading:
        alone = await round_trips(other)
        before = server.memory_info().rss
        opened = [raw_socket(own_stack, "alice", receive_buffer=4096) for _ in range(SLOW)]
        stalled = [await one.__aenter__() for one in opened]
        try:
            run_id = await start_large_run(reading)
            time_to_read = asyncio.create_task(asyncio.sleep(READ_AFTER_SECONDS))
            whole = await reading.end_of(run_id, within=60)
            beside = await round_trips(other)
            grown = server.memory_info().rss - before
            await time_to_read
            received = await asyncio.gather(*(had_and_told(one, run_id) for one in stalled))
        finally:
            for one in opened:
                await one.__aexit__(None, None, None)
        for had, code in received:
            assert code == 4408
            await assert_resume_completes(own_stack, run_id, had, len(whole))
    record_property("p99", f"alone {p99(alone):.3f} s, beside {p99(beside):.3f} s")
    record_property("memory", f"{grown / SLOW / 2**20:.1f} MB for each")
    assert grown < 50 * 1024**2
    assert median(beside) < 5 * median(alone) + 0.1


async def had_and_told(raw: RawSocket, run_id: str) -> tuple[int, int]:
    """The last event that a client finds when it reads at last, and the close code behind it."""
    last = 0
    while True:
        opcode, payload = await raw.read_frame()
        if opcode == Opcode.CLOSE:
            return last, int.from_bytes(payload[:2], "big")
        if opcode == Opcode.TEXT:
            event = json.loads(payload)
            if event.get("run_id") == run_id and "seq" in event:
                assert event["seq"] == last + 1
                last = event["seq"]


async def assert_resume_completes(stack: Stack, run_id: str, had: int, whole: int) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as again:
        await again.send(type="resume", runs={run_id: had})
        resumed = await again.receive_until("resumed")
    assert resumed["data"]["recovered"]
    assert seqs(again.events_of(run_id)) == list(range(had + 1, whole + 1))


# F53
async def test_a_socket_whose_client_vanished_is_left(
    stack: Stack, record_property: Record
) -> None:
    """No FIN, no RST, and nobody answers the server's pings."""
    with proxy_to(stack.web_port) as proxy:
        async with raw_socket(stack, "idler", port=proxy.port):
            port = next(
                found.laddr.port
                for found in psutil.Process().net_connections()
                if found.raddr and found.raddr.port == stack.web_port and found.laddr
                if is_connected(stack, found.laddr.port)
            )
            proxy.swallow()
            begun = time.monotonic()
            async with asyncio.timeout(2 * NOTICED_SECONDS):
                while is_connected(stack, port):  # noqa: ASYNC110  another process closes it
                    await asyncio.sleep(0.5)
    record_property("noticed", f"after {time.monotonic() - begun:.1f} s")


async def test_a_client_that_answers_pings_stays(stack: Stack) -> None:
    async with raw_socket(stack, "idler") as raw:
        async with asyncio.timeout(2 * NOTICED_SECONDS):
            for _ in range(2):
                opcode, payload = await read_for_long(raw)
                assert opcode == Opcode.PING
                await raw.send(frame(Opcode.PONG, payload))
        await raw.send(frame(Opcode.TEXT, json.dumps({"type": "ping"}).encode()))
        assert (await raw.read_frame())[0] == Opcode.TEXT


async def read_for_long(raw: RawSocket) -> tuple[int, bytes]:
    first = await raw.reader.readexactly(2)
    return first[0] & 0x0F, await raw.reader.readexactly(first[1] & 0x7F)


async def dripped(stack: Stack, head: bytes, drip: bytes, pause: float) -> float:
    """Seconds until the server has enough of what comes a drip at a time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.web_port)
    begun = time.monotonic()
    writer.write(head)
    ended = asyncio.create_task(reader.read())
    try:
        while not ended.done():
            writer.write(drip)
            await asyncio.wait([ended], timeout=pause)
        return time.monotonic() - begun
    finally:
        writer.transport.abort()
        await asyncio.gather(ended, return_exceptions=True)


@pytest.mark.parametrize(
    ("head", "drip"),
    [
        (b"", b""),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", b"A: b\r\n"),
        (HEAD.format(more="").encode()[:-2], b"X: y\r\n"),
        (b"POST /api/auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b"x"),
    ],
    ids=["silence", "request", "handshake", "body"],
)
async def test_who_sends_a_drip_at_a_time_is_left(
    stack: Stack, head: bytes, drip: bytes, record_property: Record
) -> None:
    async with asyncio.timeout(120):
        took = await dripped(stack, head, drip, 1)
    record_property("left", f"after {took:.1f} s")


async def test_thousands_of_silent_connections_lock_nobody_out(stack: Stack) -> None:
    silent = []
    try:
        for _ in range(1500):
            silent.append(await asyncio.open_connection("127.0.0.1", stack.web_port))
        async with open_chat(stack.socket_url, stack.token("bob")) as chat:
            await chat.end_of(await chat.ask("actor", [{"say": "In."}]))
        connections = psutil.Process(stack.web.pid).net_connections()
        assert len(connections) < 1200
    finally:
        for _, writer in silent:
            writer.transport.abort()
    await asyncio.to_thread(
        until, lambda: len(psutil.Process(stack.web.pid).net_connections()) < 100, "all are left"
    )
