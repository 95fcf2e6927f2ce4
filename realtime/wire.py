"""The ASGI side of one socket: frames in, frames out, and a close code that daphne can send."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class CloseCode(IntEnum):
    """Daphne can send only 1000 and 3000-4999; any other code turns into the 1011 we never send."""

    DONE = 1000
    RESTARTING = 4012
    PROTOCOL_ERRORS = 4400
    NOT_AUTHENTICATED = 4401
    NOT_PERMITTED = 4403
    TOO_SLOW = 4408
    TOO_MANY_SOCKETS = 4409
    RATE_LIMITED = 4429
    UNAVAILABLE = 4503


class Disconnected(Exception):
    """The client is gone."""


class Wire:
    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_open = False

    async def connected(self) -> None:
        """Return when the handshake has arrived."""
        if (await self._receive())["type"] != "websocket.connect":
            raise Disconnected

    async def accept(self, subprotocol: str | None) -> None:
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol})
        self._is_open = True

    async def next_frame(self) -> str | None:
        """The next text frame, None for a binary one; raises Disconnected."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            raise Disconnected
        text: str | None = message.get("text")
        return text

    async def send_text(self, text: str) -> None:
        """Returns when the transport has room again: a slow client slows only its own socket."""
        if self._is_open:
            await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: CloseCode, last_words: str | None = None) -> None:
        """Say the last words and close, without waiting for a client that does not read them."""
        if not self._is_open:
            return
        self._is_open = False
        close = self._send({"type": "websocket.close", "code": int(code)})
        if last_words is None:
            await close
        else:
            await asyncio.gather(self._send({"type": "websocket.send", "text": last_words}), close)
