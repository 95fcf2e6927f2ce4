"""The end of a session: its client is told in time, and what its socket does is stopped."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from accounts.exceptions import AuthenticationFailed

NOTICE_SECONDS = 60  # before the token expires
LENIENCE_SECONDS = 30  # after it
SESSION_ENDED = "This log-in has ended or its token has expired. Log in again."


class Expiry:
    """One socket's. Stands in no queue: the end comes in time, whatever the socket is busy with."""

    def __init__(self, remind: Callable[[], None]) -> None:
        """`remind` is called when the token is about to expire."""
        self._remind = remind
        self._reminder: asyncio.TimerHandle | None = None
        self._limit = asyncio.timeout(None)
        self._is_enforced = False
        self._has_ended = False

    @asynccontextmanager
    async def enforced(self) -> AsyncIterator[None]:
        """Cancel what runs inside, and raise AuthenticationFailed, when the session ends."""
        try:
            async with self._limit:
                self._is_enforced = True
                yield
        except TimeoutError as error:
            if not self._limit.expired():
                raise
            raise AuthenticationFailed(SESSION_ENDED) from error
        finally:
            self._is_enforced = False
            if self._reminder is not None:
                self._reminder.cancel()

    def watch(self, expires_at: datetime | None) -> None:
        """From now on this is the end that counts, unless it has come; None: there is none."""
        if self._has_ended:
            return
        if self._reminder is not None:
            self._reminder.cancel()
        if expires_at is None:
            self._reschedule(None)
            return
        remaining = expires_at.timestamp() - time.time()
        self._end_in(remaining + LENIENCE_SECONDS)
        notice = max(remaining - NOTICE_SECONDS, 0)
        self._reminder = asyncio.get_running_loop().call_later(notice, self._remind)

    def end(self) -> None:
        """The session has ended already; a token that was looked at before puts nothing off."""
        self._has_ended = True
        self._end_in(0)

    def _end_in(self, seconds: float) -> None:
        self._reschedule(asyncio.get_running_loop().time() + seconds)

    def _reschedule(self, when: float | None) -> None:
        if self._is_enforced and not self._limit.expired():
            self._limit.reschedule(when)
