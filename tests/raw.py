"""A WebSocket client that does what no client should: it sends bytes and reads frames."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import IntEnum

from tests.stack import Stack

PATIENCE_SECONDS = 30
HEAD = (
    "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)


class Opcode(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    CLOSE = 8
    PING = 9
    PONG = 10


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, mask: bool = True, declared: int = -1
) -> bytes:
    """One frame, that may claim another length than it has; masked with zeros."""
    length = len(payload) if declared < 0 else declared
    flag = 0x80 if mask else 0
    head = bytes([opcode | (0x80 if fin else 0)])
    if length < 126:
        head += bytes([flag | length])
    elif length < 2**16:
        head += bytes([flag | 126]) + length.to_bytes(2, "big")
    else:
        head += bytes([flag | 127]) + length.to_bytes(8, "big")
    return head + (bytes(4) if mask else b"") + payload


@dataclass
class RawSocket:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read_frame(self) -> tuple[int, bytes]:
        """Opcode and payload; raises IncompleteReadError at the end."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            first, second = await self.reader.readexactly(2)
            length = second & 0x7F
            if length >= 126:
                size = 2 if length == 126 else 8
                length = int.from_bytes(await self.reader.readexactly(size), "big")
            return first & 0x0F, await self.reader.readexactly(length)

    async def close_code(self) -> int | None:
        """Read to the close frame; None if the connection ends without one."""
        try:
            while True:
                opcode, payload = await self.read_frame()
                if opcode == Opcode.CLOSE:
                    return int.from_bytes(payload[:2], "big")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def ended(self) -> None:
        """Return when the server has ended the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass


@asynccontextmanager
async def raw_socket(
    stack: Stack, user: str | None, *, port: int = 0, head: str = "", receive_buffer: int = 0
) -> AsyncIterator[RawSocket]:
    """Open; with a user, after `connection_established`."""
    plain = socket.socket()
    if receive_buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", port or stack.web_port))
    # It reads no more than it is asked for, nearly.
    reader, writer = await asyncio.open_connection(sock=plain, limit=1024)
    raw = RawSocket(reader, writer)
    try:
        more = f"Authorization: Bearer {stack.token(user)}\r\n" if user else ""
        await raw.send(HEAD.format(more=more + head).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101"), answer
        assert b"Extensions" not in answer
        if user:
            opcode, payload = await raw.read_frame()
            assert (opcode, b"connection_established" in payload) == (Opcode.TEXT, True)
        yield raw
    finally:
        writer.transport.abort()
