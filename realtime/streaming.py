"""One run's events over HTTP, as Server-Sent Events: what is stored, then what happens."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer

from accounts.authentication import Session
from accounts.database import DATABASE_AWAY
from accounts.exceptions import AuthenticationFailed, NetraError
from accounts.sessions import review
from agents.publishing.push import user_group
from realtime.answering import UNAVAILABLE
from realtime.database import in_database
from realtime.expiry import SESSION_ENDED, Expiry
from realtime.protocol import server_frame
from realtime.replay import Coverage, Replay
from realtime.sharing import Shared
from realtime.sse import BEGINNING, HEARTBEAT, event_chunk
from realtime.store import RunStore

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15  # many proxies cut answers that are silent for 30 s
WAITING = 2  # chunks that were read from the store and not taken yet


async def chunks_of(
    run_id: UUID, *, session: Session, after: int, shared: Shared
) -> AsyncIterator[bytes]:
    """The body of a response, for as long as somebody takes it: from `after` to the run's end."""
    stream = RunStream(session, run_id, after, shared)
    watching = asyncio.create_task(stream.watch(), name="netra-stream")
    serving = asyncio.current_task()
    assert serving is not None
    # Django drops the body of a client that left without closing it.
    serving.add_done_callback(lambda _: watching.cancel())
    try:
        yield BEGINNING
        while (chunk := await stream.next_chunk()) is not None:
            yield chunk
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


class RunStream:
    """
    Watches one run as a socket does, with the same promises, until its end.

    `watch` reads the store and listens, as slow as whoever takes the chunks.
    """

    def __init__(self, session: Session, run_id: UUID, after: int, shared: Shared) -> None:
        self._session = session
        self._run_id = run_id
        self._after = after
        self._shared = shared
        self._layer: Any = get_channel_layer()
        self._channel = ""
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue(WAITING)
        self._expiry = Expiry(lambda: None)  # a stream cannot be given a newer token

    # --- what the position check uses ------------------------------------------------------------

    @property
    def user_id(self) -> int:
        return self._session.user.pk

    @property
    def family(self) -> str:
        return self._session.family

    def tell(self, message: dict[str, Any]) -> None:
        self._layer.tell(self._channel, message)

    def show_out(self) -> None:
        self._expiry.end()

    # --- what the response uses ------------------------------------------------------------------

    async def next_chunk(self) -> bytes | None:
        """A heartbeat if nothing comes for long; None after the last."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                return await self._chunks.get()
        except TimeoutError:
            return HEARTBEAT

    async def watch(self) -> None:
        """Return when all chunks were handed out, the reason included if it had to end early."""
        try:
            async with self._expiry.enforced():
                await self._follow()
            await self._chunks.put(None)
        except NetraError as error:
            self._end_with(error.body())
        except DATABASE_AWAY as error:
            logger.warning("Stream put off", extra={"reason": str(error)})
            self._end_with(UNAVAILABLE)
        except Exception:
            logger.exception("Stream lost", extra={"user_id": self.user_id})
            self._end_with(UNAVAILABLE)

    async def _follow(self) -> None:
        """Return when the run has been told to its end."""
        self._shared.connections.take(self.user_id)
        try:
            self._channel = await self._layer.new_channel()
            self._shared.positions.join(self)
            try:
                await self._tell_all()
            finally:
                self._shared.positions.leave(self)
                await self._layer.close_channel(self._channel)
        finally:
            self._shared.connections.leave(self.user_id)

    async def _tell_all(self) -> None:
        """Join the user's group first and look at the store then: nothing falls in between."""
        await self._layer.group_add(user_group(self.user_id), self._channel)
        standing = await in_database(review, {self.family})
        if standing.read_at is None:
            raise AuthenticationFailed(SESSION_ENDED)
        self._expiry.watch(self._session.expires_at)
        store = RunStore(self._session.user, self._run_id)
        replay = Replay(self._send, store, Coverage(children=True))
        replay.begin(standing.read_at, ())
        position = {"positions": {self._run_id: self._after}, "thread": None, "id": None}
        await replay.handle({"type": "netra.resume", **position})
        while replay.follows(self._run_id):
            if (message := self._concerning(await self._layer.receive(self._channel))) is not None:
                await replay.handle(message)

    def _concerning(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """What a message to all of the user's sockets has for this run; None if nothing."""
        if "positions" in message:
            own = [found for found in message["positions"] if found.run_id == self._run_id]
            return {**message, "positions": own}
        if message.get("kind") == "notice":
            return None
        run: str | None = message.get("run")
        return message if run in (None, self._run_id.hex) else None

    async def _send(self, text: str) -> None:
        if chunk := event_chunk(text):
            await self._chunks.put(chunk)

    def _end_with(self, error: dict[str, Any]) -> None:
        """Say why, now: what waits is left out, and whoever comes back gets it."""
        while not self._chunks.empty():
            self._chunks.get_nowait()
        self._chunks.put_nowait(event_chunk(server_frame("error", error)))
        self._chunks.put_nowait(None)
