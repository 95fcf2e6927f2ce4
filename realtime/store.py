"""The event store as one user's socket sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import User
from agents.publishing import control
from agents.services import positions
from agents.services.positions import Position, StoredFrame
from agents.services.runs import find_run, summary_of
from realtime.database import patiently


@dataclass(frozen=True, slots=True)
class UserStore:
    """
    Every read is scoped to `user`, except `events_after`, which follows `position_of`.

    None fails because the database is away: it takes longer then. So nothing is sent twice.
    """

    user: User

    async def events_after(self, run_id: UUID, seq: int, limit: int) -> Sequence[StoredFrame]:
        return await patiently(positions.events_after, run_id, seq, limit)

    async def position_of(self, run_id: UUID) -> Position | None:
        return await patiently(positions.position_of, user_id=self.user.pk, run_id=run_id)

    async def positions_in_thread(self, thread: str) -> list[Position]:
        return await patiently(positions.positions_in_thread, user_id=self.user.pk, thread=thread)

    async def positions_changed(self, since: datetime) -> list[Position]:
        return await patiently(positions.positions_changed, {self.user.pk}, since)

    async def describe(self, run_id: UUID) -> dict[str, Any]:
        run = await patiently(find_run, user=self.user, run_id=run_id)
        return summary_of(run)

    def ask_for_snapshot(self, position: Position) -> None:
        if position.owner:
            control.ask(position.owner, "snapshot", position.run_id)


@dataclass(frozen=True, slots=True)
class RunStore(UserStore):
    """As `UserStore`, of one run of the user's."""

    run_id: UUID

    async def positions_changed(self, since: datetime) -> list[Position]:
        position = await self.position_of(self.run_id)
        return [] if position is None else [position]
