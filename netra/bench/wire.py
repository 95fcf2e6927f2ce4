"""
A socket client that costs little, so that what is measured is the server.

It reads unmasked text frames and answers pings: what this server sends. A library takes 60 us to
hand a frame over, this 5.
"""

import asyncio
import base64
import os
import socket
import struct
from collections.abc import Callable
from urllib.parse import urlsplit

from pydantic_core import to_json

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FINAL, MASKED = 0x80, 0x80
NO_MASK = bytes(4)  # a mask of zeros changes nothing
OPENING_SECONDS = 30

OnText = Callable[["Wire", bytes], None]


class Refused(Exception):
    """The server did not open a socket."""


class Wire(asyncio.Protocol):
    """One socket. `on_text` is called for each text frame."""

    def __init__(self, on_text: OnText) -> None:
        self.on_text = on_text
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_lost = False
        self._transport: asyncio.Transport | None = None
        self._read = b""
        self._is_open = False

    def send(self, message: dict[str, object]) -> None:
        self._send_frame(TEXT, to_json(message))

    def abort(self) -> None:
        """Break the connection, as a network does."""
        if self._transport is not None:
            self._transport.abort()

    def stop_reading(self) -> None:
        """Leave what comes where it is."""
        assert self._transport is not None
        self._transport.pause_reading()

    # --- asyncio.Protocol ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.is_lost = True
        if not self.opened.done():
            self.opened.set_exception(Refused("The connection was closed."))

    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self._is_open:
            head, end, rest = self._read.partition(b"\r\n\r\n")
            if not end:
                return
            self._is_open, self._read = True, rest
            self._told(head)
        self._take_frames()

    # --- frames ----------------------------------------------------------------------------------

    def _told(self, head: bytes) -> None:
        status = head.partition(b"\r\n")[0].decode(errors="replace")
        if self.opened.done():
            return
        if " 101 " in status:
            self.opened.set_result(None)
        else:
            self.opened.set_exception(Refused(status))

    def _take_frames(self) -> None:
        data, begin = self._read, 0
        while (span := _payload(data, begin)) is not None:
            start, end = span
            match data[begin] & 0x0F:
                case 0x1:
                    self.on_text(self, data[start:end])
                case 0x9:
                    self._send_frame(PONG, data[start:end])
            begin = end
        self._read = data[begin:]

    def _send_frame(self, kind: int, payload: bytes) -> None:
        assert self._transport is not None
        size = len(payload)
        head = bytes([FINAL | kind])
        if size < 126:
            head += bytes([MASKED | size])
        elif size < 1 << 16:
            head += struct.pack(">BH", MASKED | 126, size)
        else:
            head += struct.pack(">BQ", MASKED | 127, size)
        self._transport.write(head + NO_MASK + payload)


def _payload(data: bytes, begin: int) -> tuple[int, int] | None:
    """Where the payload of the frame at `begin` is; None while not all of it is there."""
    if len(data) < begin + 2:
        return None
    size, start = data[begin + 1] & 0x7F, begin + 2
    if size >= 126:
        form = ">H" if size == 126 else ">Q"
        start += struct.calcsize(form)
        if len(data) < start:
            return None
        (size,) = struct.unpack_from(form, data, begin + 2)
    return (start, start + size) if len(data) >= start + size else None


async def open_wire(url: str, on_text: OnText, *, token: str = "", receive_bytes: int = 0) -> Wire:
    """
    A socket at a `ws://` URL; raises Refused, OSError or TimeoutError.

    `receive_bytes` limits what the kernel keeps for a client that does not read.
    """
    to = urlsplit(url)
    assert to.hostname is not None
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    key = base64.b64encode(os.urandom(16)).decode()
    connection = socket.socket()
    connection.setblocking(False)
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(OPENING_SECONDS):
            await loop.sock_connect(connection, (to.hostname, to.port))
            transport, wire = await loop.create_connection(lambda: Wire(on_text), sock=connection)
            path = f"{to.path}?{to.query}" if to.query else to.path
            transport.write(
                f"GET {path} HTTP/1.1\r\nHost: {to.netloc}\r\n{bearer}Upgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            await wire.opened
    except BaseException:
        connection.close()
        raise
    return wire
