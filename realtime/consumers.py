"""The socket of a user: hands messages to the commands, and events to the client."""

import asyncio
import logging
import uuid
from typing import Any
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from channels.layers import get_channel_layer
from django.conf import settings

from accounts.authentication import Session, session_of_bearer
from accounts.database import DATABASE_AWAY
from accounts.exceptions import AuthenticationFailed
from accounts.models import User
from accounts.scopes import Scope
from accounts.sessions import review
from agents.events import now
from agents.publishing.push import user_group
from agents.services.positions import Position, live_positions
from realtime.answering import UNAVAILABLE, answer
from realtime.database import in_database
from realtime.entrance import REFUSALS, Admission, admit
from realtime.expiry import SESSION_ENDED, Expiry
from realtime.limits import ErrorBudget
from realtime.protocol import server_frame
from realtime.replay import Coverage, Replay
from realtime.sharing import Shared
from realtime.store import UserStore
from realtime.wire import CloseCode, Disconnected, Receive, Send, Wire

logger = logging.getLogger(__name__)

# How much a client may ask of the pump before an answer; then it is not listened to until one went.
HANDED_OVER = 8
# Who goes on regardless, after so many messages were refused for their number, is shown out.
REFUSALS_A_MINUTE = 100


class ChatConsumer(AsyncConsumer):  # type: ignore[misc]
    """One per socket. The receive loop answers messages; the pump sends events."""

    wire: Wire
    session: Session
    coverage: Coverage
    runs: Replay

    def __init__(self, shared: Shared) -> None:
        self.errors = ErrorBudget()
        self.refusals = ErrorBudget(REFUSALS_A_MINUTE)
        self._shared = shared
        self._is_counted = False
        self._layer: Any = get_channel_layer()
        self._channel = ""
        self._pump: asyncio.Task[None] | None = None
        self._room = asyncio.Semaphore(HANDED_OVER)
        self._expiry = Expiry(self._remind)
        self._reminding: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Nothing leaves here: daphne makes 1011 or HTTP 500 of an exception."""
        self.wire = Wire(receive, send)
        try:
            await self.wire.connected()
            async with self._expiry.enforced():
                await self._live(scope)
        except Disconnected:
            pass
        except tuple(REFUSALS) as error:
            await self.wire.close(REFUSALS[type(error)], server_frame("error", error.body()))
        except DATABASE_AWAY as error:
            logger.warning("Socket put off", extra={"reason": str(error)})
            await self.wire.close(CloseCode.UNAVAILABLE, server_frame("error", UNAVAILABLE))
        except Exception:
            logger.exception("Socket lost")
            await self.wire.close(CloseCode.UNAVAILABLE)
        finally:
            await self._leave()

    # --- what the commands and the position check use --------------------------------------------

    @property
    def user(self) -> User:
        return self.session.user

    @property
    def user_id(self) -> int:
        return self.session.user.pk

    @property
    def family(self) -> str:
        """Of the log-in or the key that this socket belongs to."""
        return self.session.family

    def spend(self) -> None:
        """Count a message of the client's; raises RateLimited."""
        self._shared.allowances.spend(self.user_id)

    async def send_text(self, text: str) -> None:
        await self.wire.send_text(text)

    def tell(self, message: dict[str, Any]) -> None:
        """Put a message into our own inbox; the pump handles it in order with the events."""
        self._layer.tell(self._channel, message)

    async def hand_over(self, message: dict[str, Any]) -> None:
        """`tell` what the client asked for; waits while it has asked for a lot already."""
        await self._room.acquire()
        self.tell({**message, "is_handed_over": True})

    async def renew(self, token: str) -> dict[str, Any]:
        """Go on with a newer token of the same user; `{expires_at}`."""
        session = await in_database(session_of_bearer, token)
        session.require(Scope.READ)
        if session.user.pk != self.user_id:
            raise AuthenticationFailed("This socket belongs to another user. Open a new one.")
        return self._take(session)

    def show_out(self) -> None:
        self._expiry.end()

    # --- the life of a session -------------------------------------------------------------------

    async def _live(self, scope: dict[str, Any]) -> None:
        admission = await admit(scope, self.wire, self._shared.waiting)
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        self.coverage = Coverage(query.get("thread", [None])[0], query.get("children") == ["1"])
        await self._open(admission)
        for frame in admission.early_frames:
            await answer(frame, self)
        while True:
            await answer(await self.wire.next_frame(), self)

    async def _open(self, admission: Admission) -> None:
        """Join the user's group first and look at the runs then: nothing falls in between."""
        self.session = admission.session
        self.session.require(Scope.READ)
        self._shared.connections.take(self.user_id)
        self._is_counted = True
        self._channel = await self._layer.new_channel()
        self._shared.positions.join(self)
        user = self.user
        await self._layer.group_add(user_group(user.pk), self._channel)
        standing = await in_database(review, {self.family})
        if standing.read_at is None:
            raise AuthenticationFailed(SESSION_ENDED)
        live = await in_database(live_positions, user)
        self.runs = Replay(self.send_text, UserStore(user), self.coverage)
        self.runs.begin(standing.read_at, live)
        expiry = self._take(admission.session)
        await self.send_text(server_frame("connection_established", self._established(live)))
        if (introduction := admission.introduced_by) is not None:
            await self.send_text(server_frame("authenticated", expiry, introduction.id))
        self._pump = asyncio.create_task(self._run_pump(), name="netra-pump")

    def _established(self, live: list[Position]) -> dict[str, Any]:
        covered = [run for run in live if self.coverage.covers(run.thread, run.is_child)]
        return {
            "user_id": self.user_id,
            "connection_id": uuid.uuid4().hex,
            "server_version": settings.VERSION,
            "active_runs": [run.summary() for run in covered],
            "timestamp": now(),
        }

    def _take(self, session: Session) -> dict[str, Any]:
        self.session = session
        self._expiry.watch(session.expires_at)
        return {"expires_at": session.expires_at.timestamp() if session.expires_at else None}

    def _remind(self) -> None:
        assert self.session.expires_at is not None  # or nobody would remind
        data = {"expires_at": self.session.expires_at.timestamp()}
        reminder = self.send_text(server_frame("token_expiring", data))
        self._reminding = asyncio.create_task(reminder, name="netra-reminder")

    async def _leave(self) -> None:
        if self._reminding is not None:
            self._reminding.cancel()
        if self._pump is not None:
            self._pump.cancel()
        if self._is_counted:
            self._shared.connections.leave(self.user_id)
        if self._channel:
            self._shared.positions.leave(self)
            await self._layer.close_channel(self._channel)

    # --- the pump --------------------------------------------------------------------------------

    async def _run_pump(self) -> None:
        try:
            while True:
                message = await self._layer.receive(self._channel)
                await self.runs.handle(message)
                if "is_handed_over" in message:
                    self._room.release()
        except Exception:
            logger.exception("Pump lost", extra={"user_id": self.user_id})
            await self.wire.close(CloseCode.UNAVAILABLE)
