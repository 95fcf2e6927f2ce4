"""
The position check: once per server process and period, has any connected user's run gone further?

It finds what a push lost, the terminal event above all, and log-ins that were ended.
"""

import asyncio
import logging
from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from channels.layers import get_channel_layer

from accounts.database import DATABASE_AWAY
from accounts.sessions import Standing, standings
from agents.services.positions import Position, positions_changed
from realtime.database import in_database

logger = logging.getLogger(__name__)

PERIOD_SECONDS = 5


class Watcher(Protocol):
    """A socket of a user."""

    @property
    def user_id(self) -> int: ...

    def tell(self, message: dict[str, Any]) -> None: ...

    def review(self, standing: Standing | None) -> None:
        """What the database says of the socket's user, None if there is no such user any more."""


class PositionCheck:
    """One per server process. Lives on its event loop."""

    def __init__(self) -> None:
        self._watchers: defaultdict[int, set[Watcher]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._since: datetime | None = None

    def join(self, watcher: Watcher) -> None:
        self._watchers[watcher.user_id].add(watcher)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="netra-position-check")

    def leave(self, watcher: Watcher) -> None:
        self._watchers[watcher.user_id].discard(watcher)
        if not self._watchers[watcher.user_id]:
            del self._watchers[watcher.user_id]

    async def _run(self) -> None:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        while True:
            # The only thing ever said on this channel is that Redis is back: then check at once.
            with suppress(TimeoutError):
                await asyncio.wait_for(layer.receive(channel), PERIOD_SECONDS)
            try:
                await self._check()
            except DATABASE_AWAY as error:
                logger.warning("Position check put off", extra={"reason": str(error)})

    async def _check(self) -> None:
        users = set(self._watchers)
        if not users:
            return
        standing = await in_database(standings, users)
        read_at = min((found.read_at for found in standing.values()), default=None)
        if read_at is not None:
            since = self._since or read_at - timedelta(seconds=PERIOD_SECONDS)
            self._tell(await in_database(positions_changed, users, since), read_at)
            self._since = read_at
        for user_id in users:
            for watcher in list(self._watchers.get(user_id, ())):
                watcher.review(standing.get(user_id))

    def _tell(self, changed: list[Position], read_at: datetime) -> None:
        of_user: defaultdict[int, list[Position]] = defaultdict(list)
        for position in changed:
            of_user[position.user_id].append(position)
        for user_id, positions in of_user.items():
            message = {"type": "netra.positions", "positions": positions, "read_at": read_at}
            for watcher in list(self._watchers.get(user_id, ())):
                watcher.tell(message)
