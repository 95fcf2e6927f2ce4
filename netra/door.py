"""Where HTTP enters: what waits for a database that does not answer is bounded, and told so."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic_core import to_json

from accounts import patience
from accounts.exceptions import Unavailable
from accounts.patience import Patience

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

REQUESTS = 64  # at once, for each has a thread until its response begins
PATIENCE_SECONDS = 2.3  # with the database; the rest of 3 s is for what is computed
ROOM_SECONDS = 1  # of these, for a thread to be free


class Door:
    """The ASGI application that HTTP requests go through to Django."""

    def __init__(self, application: Application, *, requests: int = REQUESTS) -> None:
        self._application = application
        self._room = asyncio.Semaphore(requests)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        patient = Patience(PATIENCE_SECONDS)
        try:
            with patient.waiting():
                async with asyncio.timeout(ROOM_SECONDS):
                    await self._room.acquire()
        except TimeoutError:
            await refuse(send)
            return
        place = Place(self._room)

        async def send_on(message: Message) -> None:
            place.leave()  # a stream may go on for hours
            await send(message)

        try:
            with patience.bounded(patient):
                await self._application(scope, receive, send_on)
        finally:
            place.leave()


class Place:
    """One of those that requests have in the room; left once."""

    def __init__(self, room: asyncio.Semaphore) -> None:
        self._room = room
        self._is_taken = True

    def leave(self) -> None:
        if self._is_taken:
            self._is_taken = False
            self._room.release()


async def refuse(send: Send) -> None:
    """Answer as REST does when the database is away."""
    error = Unavailable("The server is busy. Try again.")
    assert error.retry_after is not None
    after = str(int(error.retry_after.total_seconds())).encode()
    headers = [(b"content-type", b"application/json"), (b"retry-after", after)]
    status = error.http_status
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": to_json(error.body())})
