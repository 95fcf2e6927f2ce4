"""
The units that end a run without an answer. Workers, their maintenance and a caller's cancel share
them, so this module stays free of pydantic-ai: web processes import it too.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic_core import to_json

from accounts.text import storable
from agents.events import (
    AgentCancelled,
    AgentCancelledData,
    AgentError,
    AgentErrorData,
    Event,
    ToolCompleted,
    ToolCompletedData,
    ToolStatus,
)
from agents.models import ToolCall
from agents.publishing.units import ClosedCall, HeldRun, Outcome, Unit
from agents.states import RunState

NOT_FINISHED = "The run ended before this was finished."

Key: TypeAlias = tuple[int, int]
"""Where the model asked for a call: the number of the response, and the position in it."""


def call_id_of(key: Key) -> str:
    response, position = key
    return f"call_{response}_{position}"


@dataclass(slots=True)
class OpenCall:
    """A call that was announced and is not finished."""

    key: Key
    tool: str
    begun: float = field(default_factory=time.perf_counter)

    @property
    def call_id(self) -> str:
        return call_id_of(self.key)

    def close(self, status: ToolStatus, result: Any) -> tuple[ToolCompleted, ClosedCall]:
        """The event and the row that finish the call."""
        duration_ms = round((time.perf_counter() - self.begun) * 1000, 3)
        data = ToolCompletedData(
            tool_name=self.tool,
            result=result,
            call_id=self.call_id,
            duration_ms=duration_ms,
            status=status,
        )
        closed = ClosedCall(self.call_id, status, to_json(result).decode(), duration_ms)
        return ToolCompleted(data=data), closed


@dataclass(frozen=True, slots=True)
class Failure:
    """What clients read of a run that failed: a code, and a sentence that says what to do."""

    code: str
    message: str
    is_retryable: bool


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Who asked the run to stop, and why."""

    by: str
    reason: str


def failed(run: HeldRun, failure: Failure, open_calls: Iterable[OpenCall]) -> Unit:
    data = AgentErrorData(
        agent_id=run.agent_id,
        code=failure.code,
        message=storable(failure.message),
        retryable=failure.is_retryable,
    )
    outcome = Outcome(error_code=data.code, error_message=data.message)
    return _end(run, AgentError(data=data), RunState.FAILED, outcome, open_calls)


def cancelled(run: HeldRun, cancellation: Cancellation, open_calls: Iterable[OpenCall]) -> Unit:
    data = AgentCancelledData(
        agent_id=run.agent_id,
        message=f"Cancelled by {cancellation.by}.",
        by=cancellation.by,
        reason=cancellation.reason,
    )
    event = AgentCancelled(data=data)
    return _end(run, event, RunState.CANCELLED, Outcome(), open_calls)


def calls_left_open(run: HeldRun) -> list[OpenCall]:
    """The calls that a holder who is gone had announced and not finished."""
    rows = ToolCall.objects.filter(run=run.id, status=ToolCall.Status.OPEN)
    return [OpenCall((row.response, row.position), row.tool) for row in rows]


def _end(
    run: HeldRun,
    event: Event,
    move: RunState,
    outcome: Outcome,
    open_calls: Iterable[OpenCall],
) -> Unit:
    """Every tool card is closed before the terminal event; a late result is dropped."""
    endings = [call.close("cancelled", NOT_FINISHED) for call in open_calls]
    return Unit(
        run=run,
        events=[*(completed for completed, _ in endings), event],
        closed=[closed for _, closed in endings],
        move=move,
        outcome=outcome,
    )
