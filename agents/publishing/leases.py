"""Who may write a run: claim it, keep it, hand it back, take it from nobody. Database time only."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db.models import (
    Case,
    DateTimeField,
    ExpressionWrapper,
    F,
    IntegerField,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.functions import Coalesce, Now

from accounts.statements import Select, Update, given
from agents.events import Envelope
from agents.models import Run
from agents.models.run import LEASE_EXPIRED
from agents.publishing.units import HeldRun
from agents.states import LIVE, RunState

LEASE = timedelta(seconds=8)  # renewed every 2 s; a killed worker's run goes on within 15 s


def from_now(duration: Combinable) -> "ExpressionWrapper[CombinedExpression]":
    return ExpressionWrapper(Now() + duration, output_field=DateTimeField())


LEASE_END = from_now(Value(LEASE))
DEADLINE = from_now(F("timeout"))

_BEGUN = When(state=RunState.PENDING, then=Value(RunState.INITIALIZING))
_LOSS = Case(When(LEASE_EXPIRED, then=1), default=0, output_field=IntegerField())
STARTABLE = Update(Run.objects.startable().filter(**given(Run, "id")))
CLAIM = {
    "fence": F("fence") + 1,
    "losses": F("losses") + _LOSS,
    "lease_expires_at": LEASE_END,
    "state": Case(_BEGUN, default=F("state")),
    "started_at": Coalesce(F("started_at"), Now()),
    "deadline_at": Coalesce(F("deadline_at"), DEADLINE),
}
SEEN = Select(
    Run.objects.filter(**given(Run, "id")).values_list(
        "fence", "last_seq", "state", "user", "thread", "thread__key", "agent__name", "parent"
    )
)


def claim(run_id: UUID, *, owner: str) -> HeldRun | None:
    """
    Make `owner` the holder of a run that is startable; None if it is not, or somebody was first.

    Only a pending run changes its state. A lease that had run out is counted as a loss, whoever
    notices it. One statement: of two workers at once one wins.
    """
    return seen(run_id) if STARTABLE.run({"owner": owner, **CLAIM}, id=run_id) else None


def take(run: HeldRun, *, even_if_held: bool = False) -> bool:
    """
    Take the fence of a live run to write its end, unless it changed since `run` was read.

    Without `even_if_held` a valid lease is respected. The caller is inside a transaction.
    """
    unchanged = Run.objects.filter(
        pk=run.id, fence=run.fence, last_seq=run.last_seq, state=run.state, state__in=LIVE
    )
    if not even_if_held:
        unchanged = unchanged.unheld()
    if not unchanged.update(fence=run.fence + 1, owner=""):
        return False
    run.fence += 1
    return True


def renew(run_ids: Collection[UUID], *, owner: str) -> None:
    _held_by(owner, run_ids).update(lease_expires_at=LEASE_END)


def release(run_ids: Collection[UUID], *, owner: str) -> None:
    """Hand runs back unfinished; any worker may claim them at once."""
    _held_by(owner, run_ids).update(lease_expires_at=None, owner="")


def _held_by(owner: str, run_ids: Collection[UUID]) -> QuerySet[Run]:
    """A run that waits or has ended has no owner."""
    return Run.objects.live().filter(pk__in=run_ids, owner=owner)


def seen(run_id: UUID) -> HeldRun:
    """The run as it stands; its fence is the caller's only if the caller claimed or took it."""
    row = SEEN.first(id=run_id)
    if row is None:
        raise Run.DoesNotExist(f"There is no run {run_id}.")
    fence, last_seq, state, user_id, thread_id, key, agent, parent = row
    envelope = Envelope(
        run_id=str(run_id),
        thread_id=key,
        agent=agent,
        parent_run_id=str(parent) if parent else None,
    )
    return HeldRun(
        id=run_id,
        fence=fence,
        last_seq=last_seq,
        state=RunState(state),
        user_id=user_id,
        thread_id=thread_id,
        envelope=envelope,
    )
