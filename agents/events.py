"""
The event catalogue: every event a client can receive is declared here and nowhere else.

An event's `data` is a model that refuses undeclared fields. `frame` puts it into the envelope of
the wire. The catalogue knows nothing of sockets, storage or Django, so the store, the socket, REST
and the tests share it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import from_json, to_json

# A Python client refuses frames over 1 MiB by default; a larger text or result is cut.
EVENT_LIMIT_BYTES = 256 * 1024


def now() -> float:
    """Seconds since the epoch with milliseconds, as times stand on the wire."""
    return round(time.time(), 3)


class EventData(BaseModel):
    # An undeclared field is a bug in our code: fail here, not in the client.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    # The field that is cut when the event is too large.
    longest: ClassVar[str] = ""

    timestamp: float = Field(default_factory=now)


class AgentData(EventData):
    agent_id: str
    message: str


class AgentStartedData(AgentData):
    pass


class AgentThinkingData(AgentData):
    longest = "thought"

    thought: str
    step: int
    message_id: str | None = None  # text streamed under this id was this thought, not the answer


class ToolExecutingData(EventData):
    longest = "parameters"

    tool_name: str
    parameters: Any
    call_id: str
    truncated: bool | None = None
    url: str | None = None


ToolStatus = Literal["succeeded", "failed", "denied", "cancelled"]


class ToolCompletedData(EventData):
    longest = "result"

    tool_name: str
    result: Any
    call_id: str
    duration_ms: float
    status: ToolStatus
    truncated: bool | None = None
    url: str | None = None


class ApprovalRequiredData(EventData):
    longest = "parameters"

    call_id: str
    tool_name: str
    parameters: Any
    expires_at: float
    reason: str | None = None  # why somebody has to decide, if it is not the tool's own wish
    truncated: bool | None = None
    url: str | None = None


class ApprovalResolvedData(EventData):
    call_id: str
    decision: Literal["approve", "deny"]
    by: str
    reason: str | None = None


class StateChangedData(AgentData):
    source: str = Field(alias="from")
    target: str = Field(alias="to")


class RunResumedData(AgentData):
    reason: str


class Usage(BaseModel):
    """What the run's model calls used. `cost_usd` is absent when a price is unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input_tokens: int
    output_tokens: int
    cost_usd: str | None = Field(None, exclude_if=lambda cost: cost is None)


class AgentCompletedData(AgentData):
    longest = "result"

    result: str
    usage: Usage
    duration_ms: float
    agents_involved: list[str]
    charts: list[dict[str, Any]] | None = None
    findings: list[dict[str, Any]] | None = None
    truncated: bool | None = None
    url: str | None = None


class AgentErrorData(AgentData):
    longest = "message"

    code: str
    retryable: bool


class AgentCancelledData(AgentData):
    by: str
    reason: str


class AgentStarted(BaseModel):
    type: Literal["agent_started"] = "agent_started"
    data: AgentStartedData


class AgentThinking(BaseModel):
    type: Literal["agent_thinking"] = "agent_thinking"
    data: AgentThinkingData


class ToolExecuting(BaseModel):
    type: Literal["tool_executing"] = "tool_executing"
    data: ToolExecutingData


class ToolCompleted(BaseModel):
    type: Literal["tool_completed"] = "tool_completed"
    data: ToolCompletedData


class ApprovalRequired(BaseModel):
    type: Literal["approval_required"] = "approval_required"
    data: ApprovalRequiredData


class ApprovalResolved(BaseModel):
    type: Literal["approval_resolved"] = "approval_resolved"
    data: ApprovalResolvedData


class StateChanged(BaseModel):
    type: Literal["state_changed"] = "state_changed"
    data: StateChangedData


class RunResumed(BaseModel):
    type: Literal["run_resumed"] = "run_resumed"
    data: RunResumedData


class AgentCompleted(BaseModel):
    type: Literal["agent_completed"] = "agent_completed"
    data: AgentCompletedData


class AgentError(BaseModel):
    type: Literal["agent_error"] = "agent_error"
    data: AgentErrorData


class AgentCancelled(BaseModel):
    type: Literal["agent_cancelled"] = "agent_cancelled"
    data: AgentCancelledData


Event = Annotated[
    AgentStarted
    | AgentThinking
    | ToolExecuting
    | ToolCompleted
    | ApprovalRequired
    | ApprovalResolved
    | StateChanged
    | RunResumed
    | AgentCompleted
    | AgentError
    | AgentCancelled,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
TERMINAL_TYPES = ("agent_completed", "agent_error", "agent_cancelled")
TYPES = frozenset(
    model.model_fields["type"].default
    for model in (
        AgentStarted,
        AgentThinking,
        ToolExecuting,
        ToolCompleted,
        ApprovalRequired,
        ApprovalResolved,
        StateChanged,
        RunResumed,
        AgentCompleted,
        AgentError,
        AgentCancelled,
    )
)


class DatasetData(EventData):
    dataset_id: str  # that it has, or would have had
    name: str


class DatasetProgressData(DatasetData):
    stage: Literal["checking", "reading", "writing"]
    rows: int
    bytes: int  # of the present pass over the file; some formats are read in several
    total_bytes: int
    share: float  # of all work, 0 to 1: an estimate that only grows


class DatasetReadyData(DatasetData):
    rows: int
    skipped_rows: int


class DatasetFailedData(DatasetData):
    code: str
    message: str


class DatasetProgress(BaseModel):
    type: Literal["dataset_progress"] = "dataset_progress"
    data: DatasetProgressData


class DatasetReady(BaseModel):
    type: Literal["dataset_ready"] = "dataset_ready"
    data: DatasetReadyData


class DatasetFailed(BaseModel):
    type: Literal["dataset_failed"] = "dataset_failed"
    data: DatasetFailedData


Notice = DatasetProgress | DatasetReady | DatasetFailed
"""What happens to a user's data sets: of no run, told to who is there, never stored."""
NOTICE_TYPES = frozenset({"dataset_progress", "dataset_ready", "dataset_failed"})


@dataclass(frozen=True, slots=True)
class Envelope:
    """What all events of one run have in common."""

    run_id: str
    thread_id: str
    agent: str
    parent_run_id: str | None = None


def frame(event: Event, seq: int, envelope: Envelope) -> str:
    """The event as the JSON text that is stored and sent; at most EVENT_LIMIT_BYTES long."""
    text = _encode(event, seq, envelope, event.data)
    keep = EVENT_LIMIT_BYTES // 2
    while len(text) > EVENT_LIMIT_BYTES and event.data.longest and keep:
        text = _encode(event, seq, envelope, _cut(event.data, keep, envelope))
        keep //= 2  # escaping may make a kept character six times as long
    return text.decode()


def _encode(event: Event, seq: int, envelope: Envelope, data: EventData) -> bytes:
    parent = {"parent_run_id": envelope.parent_run_id} if envelope.parent_run_id else {}
    return to_json(
        {
            "type": event.type,
            "run_id": envelope.run_id,
            "thread_id": envelope.thread_id,
            **parent,
            "agent": envelope.agent,
            "seq": seq,
            "timestamp": data.timestamp,
            "data": _without_absent(data),
        }
    )


def _without_absent(data: EventData) -> Mapping[str, Any]:
    """Optional fields of ours that are None are left out; a None inside a tool's result stays."""
    optional = {name for name, field in type(data).model_fields.items() if not field.is_required()}
    absent = {name for name in optional if getattr(data, name) is None}
    return data.model_dump(mode="json", by_alias=True, exclude=absent)


def _cut(data: EventData, keep: int, envelope: Envelope) -> EventData:
    """The data with its longest field cut to `keep` bytes, and where the whole is."""
    whole = getattr(data, data.longest)
    text = whole if isinstance(whole, str) else to_json(whole).decode()
    kept = text.encode()[:keep].decode(errors="ignore")
    changes: dict[str, Any] = {data.longest: kept}
    if "truncated" in type(data).model_fields:
        changes |= {"truncated": True, "url": _url_of_whole(data, envelope)}
    return data.model_copy(update=changes)


def _url_of_whole(data: EventData, envelope: Envelope) -> str:
    run = f"/api/runs/{envelope.run_id}"
    call_id = getattr(data, "call_id", None)
    return f"{run}/calls/{call_id}" if call_id else run


def body(text: str) -> dict[str, Any]:
    """A stored frame as a mapping again."""
    parsed: dict[str, Any] = from_json(text)
    return parsed
