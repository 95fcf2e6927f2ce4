"""Calls of a run that wait for somebody's approval, and the buttons to decide on them."""

from collections.abc import Iterable
from functools import partial

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.buttons import Button
from accounts.admin.sections import Cell, excerpt, when
from agents.models import Decision, Run, ToolCall
from agents.services.approvals import decide_on

PARAMETERS_SHOWN = 500  # characters; the event in the timeline has all
COLUMNS = ("Tool", "Call", "Parameters", "Why", "Until")


def calls_waiting(run: Run) -> QuerySet[ToolCall]:
    return ToolCall.objects.waiting().filter(run=run).defer("result")


def cells_of(call: ToolCall) -> list[Cell]:
    return [
        call.tool,
        call.call_id,
        excerpt(call.arguments, PARAMETERS_SHOWN),
        excerpt(call.approval_reason, PARAMETERS_SHOWN) or "-",
        when(call.approval_expires_at),
    ]


def buttons_for(calls: Iterable[ToolCall]) -> list[Button]:
    """To approve and to deny each; what somebody else has decided meanwhile is told."""
    return [button for call in calls for button in (_approve(call), _deny(call))]


def _approve(call: ToolCall) -> Button:
    press = partial(_decide, call=call, decision="approve")
    return Button(f"approve-{call.call_id}", f"Approve {call.tool} {call.call_id}", press)


def _deny(call: ToolCall) -> Button:
    press = partial(_decide, call=call, decision="deny")
    label = f"Deny {call.tool} {call.call_id}"
    return Button(f"deny-{call.call_id}", label, press, is_dangerous=True)


def _decide(request: HttpRequest, run: Run, *, call: ToolCall, decision: Decision) -> str:
    decide_on(run.pk, call.call_id, decision, by=request.user.get_username())
    done = "approved" if decision == "approve" else "denied"
    return f"{call.tool} {call.call_id} was {done}."
