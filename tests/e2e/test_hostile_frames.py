"""Bytes that no client should send: what they cost is bounded, and nobody else notices."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest
from redis import Redis

from realtime.protocol import FRAME_LIMIT_BYTES
from tests.chat import Chat, open_chat
from tests.e2e.test_floods import is_connected
from tests.raw import Opcode, RawSocket, frame, raw_socket
from tests.stack import Stack, until

PING = json.dumps({"type": "ping", "id": "p"}).encode()
# What autobahn says to who breaks RFC 6455, beside our 4400. Never 1011.
PROTOCOL_ERROR, BAD_TEXT = 1002, 1007
HALF = b'{"type": "ping", "id": "\xe2'  # ends in the middle of a character

BREACHES: dict[str, tuple[bytes, set[int | None]]] = {
    "unmasked": (frame(Opcode.TEXT, PING, mask=False), {PROTOCOL_ERROR}),
    "reserved opcode": (frame(3, PING), {PROTOCOL_ERROR}),
    "reserved control opcode": (frame(11), {PROTOCOL_ERROR}),
    "reserved bit": (frame(Opcode.TEXT | 0x40, PING), {PROTOCOL_ERROR}),
    "continuation of nothing": (frame(Opcode.CONTINUATION, PING), {PROTOCOL_ERROR}),
    "message in a message": (
        frame(Opcode.TEXT, b"{", fin=False) + frame(Opcode.TEXT, PING),
        {PROTOCOL_ERROR},
    ),
    "fragmented ping": (frame(Opcode.PING, b"x", fin=False), {PROTOCOL_ERROR}),
    "long ping": (frame(Opcode.PING, b"x" * 126), {PROTOCOL_ERROR}),
    "bad text": (frame(Opcode.TEXT, b"\xff\xfe"), {BAD_TEXT}),
    "bad text in fragments": (
        frame(Opcode.TEXT, HALF, fin=False) + frame(Opcode.CONTINUATION, b"\x28" + b'"}'),
        {BAD_TEXT},
    ),
    # Who closes badly is left without an answer.
    "half a close code": (frame(Opcode.CLOSE, b"\x03"), {None}),
    "no close code": (frame(Opcode.CLOSE, (1005).to_bytes(2, "big")), {None}),
    "bad close reason": (frame(Opcode.CLOSE, b"\x03\xe8\xff"), {None}),
    "declared too long": (frame(Opcode.TEXT, declared=FRAME_LIMIT_BYTES + 1), {4400}),
    "declared absurdly long": (frame(Opcode.TEXT, declared=2**63 - 1), {4400}),
    "declared longer than may be": (frame(Opcode.TEXT, declared=2**63), {PROTOCOL_ERROR}),
    "too long in fragments": (
        frame(Opcode.TEXT, b"x" * FRAME_LIMIT_BYTES, fin=False) + frame(Opcode.CONTINUATION, b"x"),
        {4400},
    ),
}


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One whose memory nobody else uses."""
    own = Stack(tmp_path_factory.mktemp("flooded"))
    try:
        own.start()
        yield own
    finally:
        own.stop()


@asynccontextmanager
async def undisturbed(stack: Stack) -> AsyncIterator[Chat]:
    """Somebody else, whose runs go on whatever happens meanwhile."""
    async with open_chat(stack.socket_url, stack.token("bob")) as other:
        yield other
        await other.end_of(await other.ask("actor", [{"say": "Fine."}]))


@pytest.mark.parametrize("name", BREACHES)
async def test_a_breach_of_the_protocol_closes_its_own_socket(stack: Stack, name: str) -> None:
    data, codes = BREACHES[name]
    async with undisturbed(stack), raw_socket(stack, "alice") as raw:
        await raw.send(data)
        assert await raw.close_code() in codes


async def test_a_message_may_come_in_ten_thousand_fragments_and_pings(stack: Stack) -> None:
    text = PING + b" " * (10_000 - len(PING))
    parts = [frame(Opcode.TEXT, text[:1], fin=False)]
    for at in range(1, len(text)):
        parts.append(frame(Opcode.CONTINUATION, text[at : at + 1], fin=at == len(text) - 1))
        if at % 1000 == 0:
            parts.append(frame(Opcode.PING, b"between"))
    async with raw_socket(stack, "alice") as raw:
        await raw.send(b"".join(parts))
        answers = [await raw.read_frame() for _ in range(10)]
    assert answers[:-1] == [(Opcode.PONG, b"between")] * 9
    assert json.loads(answers[-1][1])["type"] == "pong"


async def test_compression_is_not_agreed_to(stack: Stack) -> None:
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
    async with raw_socket(stack, "alice", head=offer) as raw:  # which looks at the answer
        await raw.send(frame(Opcode.TEXT, PING))
        assert (await raw.read_frame())[0] == Opcode.TEXT


async def test_what_comes_after_a_close_is_not_heard(stack: Stack) -> None:
    async with undisturbed(stack), raw_socket(stack, "alice") as raw:
        await raw.send(frame(Opcode.CLOSE, (1000).to_bytes(2, "big")) + 100 * frame(1, PING))
        assert await raw.close_code() == 1000
        await raw.ended()


async def test_who_does_not_answer_a_close_is_left(stack: Stack) -> None:
    async with undisturbed(stack), raw_socket(stack, "alice") as raw:
        await raw.send(frame(Opcode.TEXT, b"x" * (FRAME_LIMIT_BYTES + 1)))
        assert await raw.close_code() == 4400
        await raw.ended()  # we never closed it


async def empty_fragments(raw: RawSocket) -> None:
    await raw.send(frame(Opcode.TEXT, fin=False))
    for _ in range(100):
        await raw.send(1000 * frame(Opcode.CONTINUATION, fin=False))


async def tiny_fragments(raw: RawSocket) -> None:
    await raw.send(frame(Opcode.TEXT, fin=False))
    for _ in range(100):
        await raw.send(1000 * frame(Opcode.CONTINUATION, b"xy", fin=False))


async def pings_unread(raw: RawSocket) -> None:
    raw.reader.set_exception(EOFError())  # nothing is taken from the socket any more
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await pings(raw)


async def pings(raw: RawSocket) -> None:
    for _ in range(100):
        await raw.send(500 * frame(Opcode.PING, b"x" * 125))


async def pongs(raw: RawSocket) -> None:
    for _ in range(100):
        await raw.send(500 * frame(Opcode.PONG, b"x" * 125))


async def half_a_frame(raw: RawSocket) -> None:
    data = frame(Opcode.TEXT, b"x" * 200_000, declared=FRAME_LIMIT_BYTES)
    for at in range(0, len(data), 50):
        await raw.send(data[at : at + 50])


@pytest.mark.parametrize(
    "flood", [empty_fragments, tiny_fragments, pings, pings_unread, pongs, half_a_frame]
)
async def test_a_flood_costs_no_memory_and_nobody_else_anything(
    flooded: Stack, flood: Callable[[RawSocket], Coroutine[Any, Any, None]]
) -> None:
    server = psutil.Process(flooded.web.pid)
    redis = Redis(port=flooded.redis_port)
    async with undisturbed(flooded) as other:
        await other.end_of(await other.ask("actor", [{"say": "Warm."}]))
        channels, before = redis.pubsub_channels(), server.memory_info().rss
        async with raw_socket(flooded, "alice") as raw:
            port = raw.writer.get_extra_info("sockname")[1]
            flooding = asyncio.create_task(flood(raw))
            await other.end_of(await other.ask("actor", [{"say": "Served."}]))
            await asyncio.wait([flooding], timeout=10)
            grown = server.memory_info().rss - before
            flooding.cancel()
            await asyncio.gather(flooding, return_exceptions=True)
        assert grown < 32 * 1024**2
        await asyncio.to_thread(until, lambda: not is_connected(flooded, port), "a lost socket")
        await asyncio.to_thread(
            until, lambda: set(redis.pubsub_channels()) == set(channels), "a lost socket's group"
        )
