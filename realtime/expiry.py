"""Watches the end of a session: its client is told in time, and the socket closed after it."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

NOTICE_SECONDS = 60  # before the token expires
LENIENCE_SECONDS = 30  # after it

EXPIRING = {"type": "netra.expiring"}
ENDED = {"type": "netra.ended"}


class Expiry:
    """Tells the socket EXPIRING and ENDED at the right times. On the event loop."""

    def __init__(self, tell: Callable[[dict[str, Any]], None]) -> None:
        self._tell = tell
        self._timers: list[asyncio.TimerHandle] = []

    def watch(self, expires_at: datetime) -> None:
        """From now on this is the end that counts."""
        self.cancel()
        loop = asyncio.get_running_loop()
        remaining = expires_at.timestamp() - time.time()
        self._timers = [
            loop.call_later(max(remaining - NOTICE_SECONDS, 0), self._tell, EXPIRING),
            loop.call_later(max(remaining + LENIENCE_SECONDS, 0), self._tell, ENDED),
        ]

    def cancel(self) -> None:
        for timer in self._timers:
            timer.cancel()
