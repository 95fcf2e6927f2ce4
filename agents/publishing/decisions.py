"""Decides on calls that wait for somebody's approval. Who may, and what they read, is elsewhere."""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from agents.dispatch import dispatch
from agents.models import Approval, Decision, ToolCall
from agents.models.calls import ToolCallQuerySet

EXPIRY = "expiry"  # who denied what nobody decided on in time

MEANING: dict[Decision, Approval] = {"approve": Approval.APPROVED, "deny": Approval.DENIED}


def decide(run_id: UUID, call_id: str, decision: Decision, *, by: str, reason: str) -> bool:
    """
    Decide on a call that waits, and send its run on; False if it does not wait (any more).

    One statement: of two who decide at once one is heard. The run tells watchers when it goes on.
    """
    in_time = ToolCall.objects.in_time().filter(run=run_id, call_id=call_id)
    return _settle(in_time, run_id, decision, by=by, reason=reason)


def expire(call: ToolCall) -> bool:
    """Deny a call that nobody decided on in time; False if somebody did after all."""
    late = ToolCall.objects.expired().filter(pk=call.pk)
    return _settle(late, call.run_id, "deny", by=EXPIRY, reason="")


def _settle(
    calls: ToolCallQuerySet, run_id: UUID, decision: Decision, *, by: str, reason: str
) -> bool:
    decided = {"decided_by": by, "decided_at": Now(), "decision_reason": reason}
    if not calls.update(approval=MEANING[decision], **decided):
        return False
    # A run that is held goes on by itself: who parks it looks for decisions afterwards.
    transaction.on_commit(partial(dispatch, run_id))
    return True
