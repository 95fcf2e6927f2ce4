"""HTTP with bounds on what arrives, and one shape for what is refused before Django sees it."""

import time
from typing import Any

from daphne.http_protocol import WebRequest
from pydantic_core import to_json
from twisted.web.http import HTTPChannel

from realtime.gate import OutputGate
from realtime.sse import EVENT_STREAM

JSON = b"application/json"
BODY_SLACK_BYTES = 1024 * 1024  # what a multipart form adds to its file
UNAVAILABLE = 503
SERVER_CODES = {500: "internal", UNAVAILABLE: "unavailable"}  # of what daphne answers itself
RETRY_SECONDS = b"5"
HEAD_SECONDS = 20  # for a request's line and headers, however few bytes come at a time
IDLE_SECONDS = 60  # between two requests of a connection
BODY_LOOK_SECONDS = 10
BODY_START_SECONDS = 30  # from then on a body arrives at this rate at least, on average
BODY_BYTES_PER_SECOND = 4096


class Arriving:
    """
    Connections whose next request has not begun or has no end yet.

    Who has something to say says it at once: when there are many, the longest silent one is ended.
    """

    LIMIT = 1000

    def __init__(self) -> None:
        self._channels: dict[GuardedChannel, None] = {}  # the oldest first

    def add(self, channel: "GuardedChannel") -> None:
        self._channels.pop(channel, None)
        self._channels[channel] = None
        if len(self._channels) > self.LIMIT:
            oldest = next(iter(self._channels))
            self.discard(oldest)
            oldest.abort()

    def discard(self, channel: "GuardedChannel") -> None:
        self._channels.pop(channel, None)


class GuardedChannel(HTTPChannel):
    """
    One HTTP connection.

    Twisted would end it without a word on what was wrong, and wait for ever while a byte a minute
    arrives.
    """

    _timer: Any = None
    _begun = 0.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.gate = OutputGate()

    def pauseProducing(self) -> None:  # noqa: N802 - Twisted's names
        self.gate.pauseProducing()
        super().pauseProducing()  # type: ignore[no-untyped-call]

    def resumeProducing(self) -> None:  # noqa: N802
        self.gate.resumeProducing()
        super().resumeProducing()  # type: ignore[no-untyped-call]

    def connectionMade(self) -> None:  # noqa: N802 - Twisted's names
        super().connectionMade()  # type: ignore[no-untyped-call]
        self._expect_head(HEAD_SECONDS)

    def allHeadersReceived(self) -> None:  # noqa: N802
        self._expect_nothing()
        self._begun = time.monotonic()
        self._timer = self._later(BODY_LOOK_SECONDS, self._look_at_body)
        super().allHeadersReceived()  # type: ignore[no-untyped-call]

    def allContentReceived(self) -> None:  # noqa: N802
        self._expect_nothing()
        super().allContentReceived()  # type: ignore[no-untyped-call]

    def requestDone(self, request: Any) -> None:  # noqa: N802
        self._expect_head(IDLE_SECONDS + HEAD_SECONDS)
        super().requestDone(request)  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Any = None) -> None:  # noqa: N802
        self._expect_nothing()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def abort(self) -> None:
        transport: Any = self.transport
        transport.abortConnection()

    def _expect_head(self, seconds: float) -> None:
        self._expect_nothing()
        self._server.arriving.add(self)
        self._timer = self._later(seconds, self.abort)

    def _expect_nothing(self) -> None:
        self._server.arriving.discard(self)
        if self._timer is not None and self._timer.active():
            self._timer.cancel()

    def _look_at_body(self) -> None:
        seconds = time.monotonic() - self._begun - BODY_START_SECONDS
        if self.requests[-1].received < seconds * BODY_BYTES_PER_SECOND:
            message = f"Send at least {BODY_BYTES_PER_SECOND} bytes a second."
            self._refuse(b"408 Request Timeout", "too_slow", message)
        else:
            self._timer = self._later(BODY_LOOK_SECONDS, self._look_at_body)

    def _later(self, seconds: float, function: Any) -> Any:
        return self.callLater(seconds, function)  # type: ignore[no-untyped-call]

    @property
    def _server(self) -> Any:
        return self.factory.server

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        self._refuse(b"431 Request Header Fields Too Large", "too_large", "A line is too long.")

    def _respondToBadRequestAndDisconnect(self) -> None:  # noqa: N802
        message = "This is no HTTP request, or its headers are longer than 16 KiB."
        self._refuse(b"400 Bad Request", "invalid_request", message)

    def _refuse(self, status: bytes, code: str, message: str) -> None:
        body = to_json({"code": code, "message": message})
        head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n" % (
            status,
            JSON,
            len(body),
        )
        transport: Any = self.transport  # Twisted's annotations know none that can write
        transport.write(head + b"Connection: close\r\n\r\n" + body)
        self.loseConnection()  # type: ignore[no-untyped-call]


class GuardedRequest(WebRequest):  # type: ignore[misc]
    """One HTTP request. A body over the limit is read to its end, not kept, and refused."""

    received = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        # Django reads forms. Twisted would hold the whole of one in memory, to read it too.
        super().__init__(*args, parsePOSTFormSubmission=False, **options)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
        self.received += len(data)
        if self.received <= self.server.body_limit:
            super().handleContentChunk(data)

    def process(self) -> Any:
        self.requestHeaders.removeHeader(b"daphne-root-path")  # only ours to say
        if self.received > self.server.body_limit:
            limit = (self.server.body_limit - BODY_SLACK_BYTES) // 1024**2
            message = (
                f"The request is too large. A file may have {limit} MiB: upload a part of it, or "
                "save it as Parquet, which is smaller."
            )
            return self._refuse(413, "too_large", message)
        if not self.method.isascii() or not self.clientproto.isascii():
            return self._refuse(400, "invalid_request", "The request line is not ASCII.")
        if self._has_hidden_headers():
            return self._refuse(400, "invalid_request", "A header holds a line break.")
        return super().process()

    async def drained(self) -> None:
        """Return when there is room to write again; after 30 s without any, drop the client."""
        if not self._is_over() and not await self.channel.gate.opened_in_time():
            self.transport.abortConnection()

    def end_stream(self) -> None:
        """End an answer that would go on for as long as its client listens; others end soon."""
        kinds = self.responseHeaders.getRawHeaders("Content-Type", [""])
        if kinds[0].startswith(EVENT_STREAM) and not self._is_over():
            self.finish()

    def _is_over(self) -> bool:
        return bool(self.finished) or getattr(self, "channel", None) is None

    def _has_hidden_headers(self) -> bool:
        """Autobahn sees more line breaks in a header than HTTP does, and headers behind them."""
        return any(
            len(value.decode("latin-1").splitlines()) > 1
            for _, values in self.requestHeaders.getAllRawHeaders()
            for value in values
        )

    def basic_error(self, status: int, status_text: bytes, body: str) -> None:
        """Daphne's hook. It would answer with a page."""
        if status == UNAVAILABLE:
            self.setHeader(b"Retry-After", RETRY_SECONDS)
        self._refuse(status, SERVER_CODES.get(status, "invalid_request"), body)

    def _refuse(self, status: int, code: str, message: str) -> None:
        self.setResponseCode(status)
        self.setHeader(b"Content-Type", JSON)
        self.write(to_json({"code": code, "message": message}))
        self.finish()
