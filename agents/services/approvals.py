"""Deciding on calls that wait for approval, for REST, the socket and the admin."""

from uuid import UUID

from accounts.models import User
from agents.exceptions import ApprovalConflict, ApprovalNotAsked, CallNotFound, RunEnded
from agents.models import Decision, Run, ToolCall
from agents.publishing.decisions import decide
from agents.services.runs import find_run


def resolve_approval(
    *, user: User, run_id: UUID, call_id: str, decision: Decision, reason: str = ""
) -> Run:
    """
    Decide on a call of one of the user's runs; returns the run.

    The same decision again changes nothing. Raises RunNotFound, and what `decide_on` raises.
    """
    run = find_run(user=user, run_id=run_id)
    decide_on(run.pk, call_id, decision, by=user.username, reason=reason)
    return find_run(user=user, run_id=run_id)


def decide_on(run_id: UUID, call_id: str, decision: Decision, *, by: str, reason: str = "") -> None:
    """
    Decide on a call; its run goes on if it waits, and tells watchers.

    Raises CallNotFound, ApprovalConflict if it was decided otherwise or too late, RunEnded, and
    ApprovalNotAsked.
    """
    if decide(run_id, call_id, decision, by=by, reason=reason):
        return
    call = ToolCall.objects.select_related("run").filter(run=run_id, call_id=call_id).first()
    if call is None:
        raise CallNotFound(f"The run has no call {call_id!r}.")
    if call.decision is not None:
        _compare(call, decision)
    elif call.is_waiting:  # and was not decided on just now: its time is over
        raise ApprovalConflict("Nobody decided in time, so the call counts as denied.")
    elif call.run.is_terminal:
        raise RunEnded(f"The run has ended ({call.run.state}): nothing waits for a decision.")
    else:
        raise ApprovalNotAsked(f"The call {call_id!r} does not wait for a decision.")


def _compare(call: ToolCall, decision: Decision) -> None:
    if call.decision != decision:
        raise ApprovalConflict(
            f"The call was decided on already: {call.decision}, by {call.decided_by}.",
            details={"decision": call.decision, "by": call.decided_by},
        )
