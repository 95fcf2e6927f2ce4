"""What is asked and said about calls that somebody has to approve: the events and the rows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from agents.engine.endings import OpenCall
from agents.events import (
    ApprovalRequired,
    ApprovalRequiredData,
    ApprovalResolved,
    ApprovalResolvedData,
)
from agents.models import Decision, ToolCall
from agents.publishing.decisions import EXPIRY
from agents.publishing.units import AskedCall

INTERRUPTED = "The worker was lost while this ran, and it may have taken effect already."


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody decided about a call."""

    decision: Decision
    by: str
    reason: str

    @classmethod
    def of(cls, row: ToolCall) -> "Answer | None":
        """None if nobody has to be told of one."""
        if row.decision is None or row.approval_expires_at is None:
            return None
        return cls(row.decision, row.decided_by, row.decision_reason)


def question(
    call: OpenCall, parameters: Any, reason: str = ""
) -> tuple[ApprovalRequired, AskedCall]:
    """Asks whether a call may run; `reason` says why, if it is not the tool's own wish."""
    expires_at = timezone.now() + timedelta(hours=settings.APPROVAL_HOURS)
    data = ApprovalRequiredData(
        call_id=call.call_id,
        tool_name=call.tool,
        parameters=parameters,
        expires_at=round(expires_at.timestamp(), 3),
        reason=reason or None,
    )
    return ApprovalRequired(data=data), AskedCall(call.call_id, expires_at, reason)


def resolved(call_id: str, answer: Answer) -> ApprovalResolved:
    data = ApprovalResolvedData(
        call_id=call_id, decision=answer.decision, by=answer.by, reason=answer.reason or None
    )
    return ApprovalResolved(data=data)


def denial(tool: str, answer: Answer, *, may_have_run: bool) -> str:
    """What the model reads of a call that was denied."""
    if answer.by == EXPIRY:
        said = f"Nobody approved {tool} in time."
    else:
        because = f": {answer.reason.rstrip('.')}" if answer.reason else ""
        said = f"{answer.by} denied {tool}{because}."
    outcome = (
        "It was cut off before, and whether it took effect is not known. It was not run again."
        if may_have_run
        else "It was not run."
    )
    return f"{said} {outcome} Do not ask for the same again; go on without it."
