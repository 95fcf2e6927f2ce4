"""The messages a client may send, how a frame becomes one, and the frames we answer with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar, get_args
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from accounts.exceptions import NetraError
from accounts.scopes import Scope
from accounts.text import problem_with_json
from agents.events import NOTICE_TYPES
from agents.events import TYPES as EVENT_TYPES
from agents.models import Decision
from agents.services.requests import OnBusy, Parameters, Question, RunRequest, problem_in

FRAME_LIMIT_BYTES = 5 * 1024 * 1024
SMALL_FRAME = 64 * 1024  # characters; it is opened in 10 ms, whatever it holds
RESUME_LIMIT = 100  # runs in one message
Valid = TypeVar("Valid")

ENVELOPE = ("type", "id", "payload", "data", "timestamp")


class InvalidJson(NetraError):
    code = "invalid_json"


class InvalidMessage(NetraError):
    code = "invalid_message"


class UnknownMessageType(NetraError):
    code = "unknown_message_type"


class ClientMessage(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    scope: ClassVar[Scope] = Scope.READ  # what an API key needs to send it


class StartMessage(ClientMessage):
    """What all messages that start a run share. Undeclared fields are context for the agent."""

    model_config = ConfigDict(extra="allow", frozen=True)

    scope = Scope.RUN

    text: Question
    agent: str | None = None
    thread_id: str | None = None
    parameters: Parameters = Parameters()
    on_busy: OnBusy = OnBusy.ENQUEUE
    idempotency_key: str | None = None

    def request(self) -> RunRequest:
        """The run this message asks for; raises InvalidMessage."""
        asked = {
            "text": self.text,
            "agent": self.agent,
            "thread": self.thread_id,
            "parameters": self.parameters,
            "context": self.model_extra or {},
            "on_busy": self.on_busy,
            "idempotency_key": self.idempotency_key,
        }
        return _validated(RunRequest.model_validate, asked)


class ExecuteAgent(StartMessage):
    type: Literal["execute_agent"]
    agent: str
    text: Question = Field(validation_alias="input")


class StartAgent(StartMessage):
    type: Literal["start_agent"]
    agent: str | None = Field(None, validation_alias=AliasChoices("agent", "agent_type"))
    text: Question = Field(validation_alias="user_request")


class Chat(StartMessage):
    type: Literal["user_message", "chat", "message"]
    text: Question = Field(validation_alias=AliasChoices("content", "text"))


class AgentExecute(StartMessage):
    """Deprecated form of `execute_agent`; answered with a warning as well."""

    type: Literal["agent_execute"]
    agent: str = Field(validation_alias="agent_type")
    thread_id: str | None = Field(None, validation_alias="session_id")
    text: Question = Field(validation_alias="query")


class CancelRun(ClientMessage):
    scope = Scope.RUN

    type: Literal["cancel_run", "stop_agent"]
    run_id: UUID
    reason: str = Field("", max_length=200)


class ResolveApproval(ClientMessage):
    scope = Scope.RUN

    type: Literal["resolve_approval"]
    run_id: UUID
    call_id: str = Field(max_length=64)
    decision: Decision
    reason: str = Field("", max_length=200)


Position: TypeAlias = Annotated[int, Field(ge=0, strict=True)]


class Resume(ClientMessage):
    """Which runs to go on with, and after which `seq`; exactly one of the three ways to say it."""

    type: Literal["resume", "session_restore"]
    runs: dict[UUID, Position] | None = Field(None, max_length=RESUME_LIMIT)
    run_id: UUID | None = None
    last_seq: Position = 0
    thread_id: str | None = None

    def positions(self) -> dict[UUID, int]:
        """The runs that are named, with the last `seq` the client has; raises InvalidMessage."""
        if self.runs is not None:
            return self.runs
        if self.run_id is not None:
            return {self.run_id: self.last_seq}
        if self.thread_id is None:
            raise InvalidMessage("Say what to resume: `runs`, or `run_id`, or `thread_id`.")
        return {}


class GetAgentStatus(ClientMessage):
    type: Literal["get_agent_status"]
    run_id: UUID | None = None
    agent: str | None = None


class Authenticate(ClientMessage):
    type: Literal["authenticate"]
    token: str = Field(min_length=1, max_length=4096)


class Ping(ClientMessage):
    type: Literal["ping"]


class Heartbeat(ClientMessage):
    type: Literal["heartbeat"]


Message: TypeAlias = (
    ExecuteAgent
    | StartAgent
    | Chat
    | AgentExecute
    | CancelRun
    | ResolveApproval
    | Resume
    | GetAgentStatus
    | Authenticate
    | Ping
    | Heartbeat
)
_ADAPTER: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])
CLIENT_TYPES: list[str] = [
    kind for model in get_args(Message) for kind in get_args(model.model_fields["type"].annotation)
]
SERVER_TYPES = (
    EVENT_TYPES
    | NOTICE_TYPES
    | {
        "agent_status",
        "authenticated",
        "connection_established",
        "error",
        "heartbeat_ack",
        "message_delta",
        "message_snapshot",
        "pong",
        "resumed",
        "resuming",
        "run_accepted",
        "run_snapshot",
        "thinking_delta",
        "token_expiring",
        "tool_progress",
        "warning",
    }
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A frame that is a JSON object: its id, and its fields wherever they stood."""

    id: str | None
    fields: dict[str, Any]

    def message(self) -> Message:
        """Raises InvalidMessage or UnknownMessageType, saying what to fix."""
        kind = self.fields.get("type")
        if not isinstance(kind, str):
            raise InvalidMessage(f"`type` is missing. Send one of {', '.join(CLIENT_TYPES)}.")
        if kind in SERVER_TYPES:
            raise UnknownMessageType(f"Only the server sends {kind!r}.", {"known": CLIENT_TYPES})
        if kind not in CLIENT_TYPES:
            raise UnknownMessageType(
                f"There is no message type {kind[:64]!r}. Send one of {', '.join(CLIENT_TYPES)}.",
                {"known": CLIENT_TYPES},
            )
        return _validated(_ADAPTER.validate_python, self.fields)


def open_frame(frame: str | None) -> Envelope:
    """Read the outside of a frame; raises InvalidJson or InvalidMessage."""
    if frame is None:
        raise InvalidJson("Binary frames are not accepted. Send JSON as text.")
    try:
        content = from_json(frame, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidJson(f"The frame is not valid JSON: {error}.") from error
    if not isinstance(content, dict):
        raise InvalidJson(f"A frame is a JSON object, not a {type(content).__name__}.")
    if problem := problem_with_json(content):
        raise InvalidMessage(problem)
    answer_id = content.get("id")
    if answer_id is not None and not (isinstance(answer_id, str) and len(answer_id) <= 64):
        raise InvalidMessage("`id` is a text of at most 64 characters.")
    return Envelope(answer_id, _merged(content))


async def opened(frame: str | None) -> Envelope:
    """As `open_frame`, with a large frame opened on another thread: it takes up to a second."""
    if frame is None or len(frame) <= SMALL_FRAME:
        return open_frame(frame)
    return await asyncio.to_thread(open_frame, frame)


def _merged(content: dict[str, Any]) -> dict[str, Any]:
    """Fields may stand at top level, in `payload` or in `data`; they win in this order."""
    fields: dict[str, Any] = {}
    for inner in ("data", "payload"):
        nested = content.get(inner)
        if nested is not None and not isinstance(nested, dict):
            raise InvalidMessage(f"`{inner}` is an object, not a {type(nested).__name__}.")
        fields |= nested or {}
    fields |= content
    kind = content.get("type")
    for name in ENVELOPE:
        fields.pop(name, None)
    return fields if kind is None else fields | {"type": kind}


def _validated(validate: Callable[[Any], Valid], value: Any) -> Valid:
    try:
        return validate(value)
    except ValidationError as error:
        # The place begins with the message's type, which the client knows.
        raise InvalidMessage(problem_in(error, hidden=CLIENT_TYPES)) from error


def server_frame(kind: str, data: dict[str, Any], answer_id: str | None = None) -> str:
    """A frame of ours that is no event: `{type, id?, data}`."""
    head = {"type": kind} if answer_id is None else {"type": kind, "id": answer_id}
    return to_json({**head, "data": data}).decode()
