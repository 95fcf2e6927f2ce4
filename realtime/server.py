"""
Daphne with bounds: on what a socket may have waiting in either direction, and on request bodies.

Stock daphne buffers without limit both ways, drops oversize frames without a word, ends on SIGTERM
without one too, and answers some malformed requests with HTTP 500.
"""

import asyncio
import logging
import socket
import time
from functools import partial
from typing import Any

from autobahn.exception import Disconnected
from autobahn.websocket.types import ConnectionDeny
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet.defer import Deferred

from realtime.gate import OutputGate
from realtime.http import BODY_SLACK_BYTES, Arriving, GuardedChannel, GuardedRequest
from realtime.protocol import FRAME_LIMIT_BYTES
from realtime.wire import CloseCode

logger = logging.getLogger(__name__)

FRAMES_WAITING = 64  # then we read no more from this client until half of them are handled
BYTES_WAITING = FRAME_LIMIT_BYTES
SHUTDOWN_SECONDS = 7  # for requests under way; who starts us gives 10
DRAIN_LOOK_SECONDS = 0.05
CLOSE_SECONDS = 1  # for a client to answer that it is closed
SLOW_CLOSE_SECONDS = 10  # the same, of one that has to read a lot before it sees that
PING_SECONDS = 20
PONG_SECONDS = 15  # after a ping; then nobody is there any more
# In the kernel, which would let megabytes wait for a client that does not read.
SEND_BUFFER_BYTES = 256 * 1024
PART_BYTES = 64 * 1024


class FrameQueue(asyncio.Queue[dict[str, Any]]):
    """What a client sent and its consumer has not taken; stops reading when that is much."""

    def __init__(self, protocol: "GuardedSocket") -> None:
        super().__init__()
        self._protocol = protocol
        self._bytes = 0
        self._is_paused = False

    def _put(self, item: dict[str, Any]) -> None:
        super()._put(item)
        self._bytes += _size(item)
        if not self._is_paused and (self.qsize() > FRAMES_WAITING or self._bytes > BYTES_WAITING):
            self._is_paused = True
            self._protocol.transport.pauseProducing()

    def _get(self) -> dict[str, Any]:
        item = super()._get()
        self._bytes -= _size(item)
        if self._is_paused and self.qsize() <= FRAMES_WAITING // 2 and self._bytes <= BYTES_WAITING:
            self._is_paused = False
            self._protocol.transport.resumeProducing()
        return item


def _size(item: dict[str, Any]) -> int:
    return len(item.get("text") or item.get("bytes") or b"")


def gather(parts: list[Any], data: bytes) -> None:
    """Add to the parts of a message; one of a byte or of none shall not cost an object."""
    if parts and len(parts[-1]) < PART_BYTES:
        parts[-1] += data
    elif data:
        parts.append(bytearray(data))


class GuardedSocket(WebSocketProtocol):  # type: ignore[misc]
    """One WebSocket connection."""

    def onConnect(self, request: Any) -> Any:  # noqa: N802
        self.gate = OutputGate()
        try:
            return super().onConnect(request)
        except Exception as error:
            raise ConnectionDeny(400, "The handshake cannot be read.") from error  # type: ignore[no-untyped-call]

    def onOpen(self) -> None:  # noqa: N802
        self.transport.unregisterProducer()  # it was the HTTP channel's until now
        self.registerProducer(self.gate, True)
        handle: socket.socket = self.transport.getHandle()
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        super().onOpen()
        if self.server.is_draining:
            self.close_with(CloseCode.RESTARTING)

    def onMessageFrameData(self, payload: bytes) -> None:  # noqa: N802
        if not self.failedByMe:
            gather(self.frame_data, payload)

    def onMessageFrame(self, payload: list[bytes]) -> None:  # noqa: N802
        if not self.failedByMe:
            for part in payload:
                gather(self.message_data, part)

    def check_timeouts(self) -> None:
        """Daphne's hook, every 2 s. A ping would wait behind what is not read; see `drained`."""
        if not self.gate.is_closed:
            super().check_timeouts()

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        if not self.gate.is_closed:  # who does not read gets no pongs
            super().onPing(payload)

    def _max_message_size_exceeded(self, size: int, limit: int, reason: str) -> None:
        """Autobahn's hook. It would drop the connection without a word."""
        self.failedByMe = True
        self.sendCloseFrame(CloseCode.PROTOCOL_ERRORS, b"The frame is too large.", isReply=False)

    async def drained(self) -> None:
        """Return when there is room to write again; after 30 s without any, close the socket."""
        if not await self.gate.opened_in_time():
            self.closeHandshakeTimeout = SLOW_CLOSE_SECONDS
            self.close_with(CloseCode.TOO_SLOW)

    def close_with(self, code: CloseCode) -> None:
        self.serverClose(code=int(code))  # autobahn takes nothing but an int


class GuardedServer(Server):  # type: ignore[misc]
    def __init__(self, application: Any, *, endpoints: list[str], upload_limit: int) -> None:
        super().__init__(
            application,
            endpoints=endpoints,
            ping_interval=PING_SECONDS,
            ping_timeout=PONG_SECONDS,
            websocket_timeout=-1,
            websocket_max_message_size=FRAME_LIMIT_BYTES,
            websocket_max_frame_size=FRAME_LIMIT_BYTES,
            ready_callable=self._equip,
            action_logger=_log_request,
            server_name="netra",
            verbosity=0,
        )
        self.body_limit = upload_limit + BODY_SLACK_BYTES
        self.ports: list[Any] = []
        self.arriving = Arriving()
        self.is_draining = False

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        if not isinstance(protocol, GuardedSocket):
            return super().create_application(protocol, scope)
        queue = FrameQueue(protocol)
        # Daphne decodes %xx in their names, and then autobahn knows none of them that has one.
        scope |= {"asgi": {"version": "3.0"}, "subprotocols": protocol.websocket_protocols}
        application = self.application(scope, queue.get, partial(self.handle_reply, protocol))
        self.connections[protocol]["application_instance"] = asyncio.ensure_future(application)
        return queue

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        """An application that awaits its `send` is as slow as its client, and no slower."""
        try:
            await super().handle_reply(protocol, message)
        except Disconnected:
            return  # it has ended, and is about to be told so
        if self.is_draining and isinstance(protocol, GuardedRequest):
            protocol.end_stream()
        if isinstance(protocol, GuardedSocket | GuardedRequest):
            await protocol.drained()

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self.ports.append(port)

    def kill_all_applications(self) -> "Deferred[Any]":
        """On SIGTERM: take nobody new, ask the sockets to come back, let requests finish."""
        for port in self.ports:
            port.stopListening()
        return Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    def _equip(self) -> None:
        """Daphne has made its factories; have them make guarded protocols."""
        self.ws_factory.protocol = GuardedSocket
        # A client that breaks the protocol is told how before it is closed.
        self.ws_factory.setProtocolOptions(
            failByDrop=False, allowNullOrigin=True, closeHandshakeTimeout=CLOSE_SECONDS
        )
        self.http_factory.protocol = GuardedChannel
        build = self.http_factory.buildProtocol

        def build_guarded(address: Any) -> Any:
            channel = build(address)
            channel.requestFactory = GuardedRequest
            return channel

        self.http_factory.buildProtocol = build_guarded

    async def _drain(self) -> None:
        self.is_draining = True
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        for protocol in list(self.connections):
            if isinstance(protocol, GuardedSocket) and protocol.state == protocol.STATE_OPEN:
                protocol.close_with(CloseCode.RESTARTING)
            elif isinstance(protocol, GuardedRequest):
                protocol.end_stream()
        while self._is_busy() and time.monotonic() < deadline:  # noqa: ASYNC110 - daphne tells no end
            await asyncio.sleep(DRAIN_LOOK_SECONDS)
        late = {application for application in self._applications() if not application.done()}
        for application in late:
            application.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _is_busy(self) -> bool:
        """Whether a socket has not been left, or a request not been received and answered."""
        return any(not application.done() for application in self._applications()) or any(
            isinstance(protocol, GuardedRequest) and "disconnected" not in details
            for protocol, details in self.connections.items()
        )

    def _applications(self) -> "list[asyncio.Future[Any]]":
        return [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details
        ]


def _log_request(protocol: str, action: str, details: dict[str, Any]) -> None:
    if protocol == "http" and action == "complete":
        path, _, _ = details["path"].partition("?")  # a query may hold a secret
        is_probe = path.rstrip("/").endswith("/health")
        logger.log(
            logging.DEBUG if is_probe else logging.INFO,
            "Request",
            extra={
                "method": details["method"],
                "path": path,
                "status": details["status"],
                "ms": round(details["time_taken"] * 1000, 1),
            },
        )
