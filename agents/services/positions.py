"""How far the event logs of users' runs have come, and the events themselves."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from agents.models import Run, RunEvent
from agents.states import LIVE

# A commit may become visible this long after its time stamp.
MARGIN = timedelta(seconds=10)
USERS_PER_QUERY = 10_000


@dataclass(frozen=True, slots=True)
class Position:
    """One run's, as the database has it."""

    run_id: UUID
    user_id: int
    thread: str
    agent: str
    state: str
    last_seq: int
    owner: str
    is_child: bool
    finished_at: datetime | None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    def summary(self) -> dict[str, Any]:
        """As it stands in `active_runs`."""
        return {
            "run_id": str(self.run_id),
            "thread_id": self.thread,
            "agent": self.agent,
            "status": self.state,
            "last_seq": self.last_seq,
        }


def live_positions(user: User) -> list[Position]:
    """Of the user's live runs, oldest first."""
    return _positions(Run.objects.visible_to(user).live().order_by("created_at", "turn"))


def position_of(*, user_id: int, run_id: UUID) -> Position | None:
    """Of one run of the user's; None if there is no such run."""
    return next(iter(_positions(Run.objects.filter(user=user_id, pk=run_id))), None)


def positions_in_thread(*, user_id: int, thread: str) -> list[Position]:
    """Of the live runs of the user's thread."""
    runs = Run.objects.live().filter(user=user_id, thread__key=thread)
    return _positions(runs.order_by("turn"))


def positions_changed(user_ids: Collection[int], since: datetime) -> list[Position]:
    """Of the runs of these users that changed since then, ended ones included."""
    ids = sorted(user_ids)
    changed: list[Position] = []
    for start in range(0, len(ids), USERS_PER_QUERY):
        chunk = ids[start : start + USERS_PER_QUERY]
        changed += _positions(Run.objects.filter(user__in=chunk, changed_at__gt=since - MARGIN))
    return changed


def _positions(runs: QuerySet[Run]) -> list[Position]:
    rows = runs.select_related("thread", "agent").defer("context", "input", "parameters", "result")
    return [
        Position(
            run_id=run.pk,
            user_id=run.user_id,
            thread=run.thread.key,
            agent=run.agent.name,
            state=run.state,
            last_seq=run.last_seq,
            owner=run.owner,
            is_child=run.parent_id is not None,
            finished_at=run.finished_at,
        )
        for run in rows
    ]


StoredFrame: TypeAlias = tuple[int, str, str]
"""Sequence number, type and JSON text of an event."""


def events_after(run_id: UUID, seq: int, limit: int) -> Sequence[StoredFrame]:
    """The next events of a run, in order; the caller has made sure that it may be seen."""
    stored = RunEvent.objects.filter(run=run_id, seq__gt=seq).order_by("seq")
    return list(stored.values_list("seq", "type", "frame")[:limit])
