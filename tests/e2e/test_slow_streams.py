"""Event streams of clients that do not read, and of a server that ends."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil
import pytest

from realtime.gate import DRAIN_SECONDS
from tests.e2e.test_streams import ended, start
from tests.stack import Stack, listens, until
from tests.streams import EVENT_STREAM, open_stream

CLIENTS = 3
CALLS = {"calls": [["large", {"size": 250_000}] for _ in range(24)]}
LARGE = [*[CALLS] * 4, {"say": "Done."}]  # 24 MB of events
SMALL_BUFFER = 4096
LAST_CHUNK = b"\r\n0\r\n\r\n"


@contextmanager
def one_who_does_not_read(stack: Stack, run_id: str) -> Iterator[socket.socket]:
    """A client that asks for a stream, and looks away."""
    head = (
        f"GET /api/runs/{run_id}/events HTTP/1.1\r\nHost: localhost\r\nAccept: {EVENT_STREAM}\r\n"
        f"Authorization: Bearer {stack.token('alice')}\r\n\r\n"
    )
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        client.connect(("127.0.0.1", stack.web_port))
        client.sendall(head.encode())
        yield client


def connections(stack: Stack) -> int:
    open_ones = psutil.Process(stack.web.pid).net_connections(kind="tcp")
    ours = [found for found in open_ones if found.laddr and found.laddr.port == stack.web_port]
    return sum(found.status == psutil.CONN_ESTABLISHED for found in ours)


# F52
@pytest.mark.waits
async def test_who_does_not_read_costs_little_and_is_dropped(own_stack: Stack) -> None:
    await asyncio.to_thread(own_stack.start)
    run_id = await ended(own_stack, LARGE)
    before = psutil.Process(own_stack.web.pid).memory_info().rss
    with ExitStack() as stays:
        for _ in range(CLIENTS):
            stays.enter_context(one_who_does_not_read(own_stack, run_id))
        await asyncio.sleep(3)
        assert connections(own_stack) >= CLIENTS
        grown = psutil.Process(own_stack.web.pid).memory_info().rss - before
        async with open_stream(own_stack, run_id, "alice") as reader:
            assert (await reader.rest())[-1].type == "agent_completed"
        async with asyncio.timeout(DRAIN_SECONDS + 20):
            while connections(own_stack) >= CLIENTS:  # noqa: ASYNC110
                await asyncio.sleep(0.5)  # another process closes them
    assert grown < 40 * 1024**2  # a page of the store for each, and not all 72 MB


# F54
async def test_a_server_that_ends_ends_its_streams(hurt_stack: Stack) -> None:
    large, gate = await ended(hurt_stack, LARGE), hurt_stack.gate()
    live = await start(hurt_stack, [{"calls": [gate.wait()]}, {"say": "Done."}])
    with one_who_does_not_read(hurt_stack, large):
        async with open_stream(hurt_stack, live, "alice") as stream:
            await stream.receive_until("tool_executing")
            hurt_stack.web.send(signal.SIGTERM)
            await stream.rest()  # an answer that was cut off, late, would raise
        await asyncio.to_thread(hurt_stack.web.wait)
    gate.open()


async def connected(stack: Stack, head: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the beginning of a request was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stack.web_port)
    writer.write(head.encode())
    await writer.drain()
    return reader, writer


async def test_a_stream_that_is_asked_for_while_the_server_ends_is_ended_too(
    hurt_stack: Stack,
) -> None:
    gate = hurt_stack.gate()
    live = await start(hurt_stack, [{"calls": [gate.wait()]}, {"say": "Done."}])
    reader, writer = await connected(hurt_stack, f"GET /api/runs/{live}/events HTTP/1.1\r\n")
    upload = "POST /api/datasets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
    _, busy = await connected(hurt_stack, upload)  # the server waits for the rest of it
    await asyncio.to_thread(hurt_stack.get, "/api/agents", "alice")
    hurt_stack.web.send(signal.SIGTERM)
    until(lambda: not listens(hurt_stack.web_port), "the end of listening")
    token = hurt_stack.token("alice")
    rest = f"Host: localhost\r\nAccept: {EVENT_STREAM}\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(rest.encode())
    answer = await reader.readuntil(LAST_CHUNK)
    assert answer.startswith(b"HTTP/1.1 200")
    for end in (writer, busy):
        end.close()
    await asyncio.to_thread(hurt_stack.web.wait)
    gate.open()
