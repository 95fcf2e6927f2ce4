"""
The position check: once per server process and period, has any connected user's run gone further?

It finds what a push lost, the terminal event above all, and log-ins that were ended.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol

from channels.layers import get_channel_layer

from accounts.database import DATABASE_AWAY
from accounts.sessions import review
from agents.publishing.push import MESSAGE_TYPE, Push
from agents.services.positions import Position, positions_changed
from realtime.database import in_database

logger = logging.getLogger(__name__)

PERIOD_SECONDS = 5
GROUP = "log_ins"  # here every server process hears whose log-ins may have ended


def end_push(user_id: int) -> Push:
    """Tells every server process to look at the log-ins of a user."""
    return GROUP, {"type": MESSAGE_TYPE, "kind": "log_ins", "user": user_id}


class Watcher(Protocol):
    """A socket of a user."""

    @property
    def user_id(self) -> int: ...

    @property
    def family(self) -> str: ...

    def tell(self, message: dict[str, Any]) -> None: ...

    def show_out(self) -> None:
        """The log-in or key behind the socket has ended."""


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
        await layer.group_add(GROUP, channel)
        due = time.monotonic() + PERIOD_SECONDS
        while True:
            message = await _next(layer, channel, due)
            try:
                if message is not None and message.get("kind") == "log_ins":
                    await self._review({message["user"]})
                else:  # it is time, or Redis is back
                    due = time.monotonic() + PERIOD_SECONDS
                    await self._check()
            except DATABASE_AWAY as error:
                logger.warning("Position check put off", extra={"reason": str(error)})
            except Exception:  # nobody else would look after the sockets that are open
                logger.exception("Position check failed")

    async def _check(self) -> None:
        users = set(self._watchers)
        if not users:
            return
        read_at = await self._review(users)
        if read_at is not None:
            since = self._since or read_at - timedelta(seconds=PERIOD_SECONDS)
            self._tell(await in_database(positions_changed, users, since), read_at)
            self._since = read_at

    async def _review(self, users: Collection[int]) -> datetime | None:
        """Show out whose log-in has ended; when that was read, None if nobody is left."""
        watchers = [watcher for user in users for watcher in self._watchers.get(user, ())]
        found = await in_database(review, {watcher.family for watcher in watchers})
        for watcher in watchers:
            if watcher.family in found.ended:
                watcher.show_out()
        return found.read_at

    def _tell(self, changed: list[Position], read_at: datetime) -> None:
        of_user: defaultdict[int, list[Position]] = defaultdict(list)
        for position in changed:
            of_user[position.user_id].append(position)
        for user_id, positions in of_user.items():
            message = {"type": "netra.positions", "positions": positions, "read_at": read_at}
            for watcher in list(self._watchers.get(user_id, ())):
                watcher.tell(message)


async def _next(layer: Any, channel: str, due: float) -> dict[str, Any] | None:
    """What is said on the channel, or None when it is time for the next check."""
    patience = due - time.monotonic()
    if patience <= 0:
        return None
    # `wait_for` of Python 3.11 swallows a cancel that comes together with a message.
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            message: dict[str, Any] = await layer.receive(channel)
            return message
    return None
