"""What is written about a run, as units that are committed whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from agents.events import Envelope, Event
from agents.models import Approval
from agents.states import TERMINAL, RunState


@dataclass(slots=True, eq=False)
class HeldRun:
    """
    A run as the holder of its fence knows it. Only a commit moves `last_seq` and `state`.

    Equal only to itself: a run that was lost and claimed again is held anew.
    """

    id: UUID
    fence: int
    last_seq: int
    state: RunState
    user_id: int
    thread_id: int
    envelope: Envelope
    is_refused: bool = False  # the database could not store one of its units

    @property
    def agent_id(self) -> str:
        """Agent name and short run id, as clients see it: `optimization_agent_1f3a9c`."""
        return f"{self.envelope.agent}_{self.id.hex[:6]}"


@dataclass(frozen=True, slots=True)
class NumberedMessage:
    index: int
    body: str  # pydantic-ai's JSON


@dataclass(frozen=True, slots=True)
class OpenedCall:
    """The intent to run a tool: stored before the tool runs."""

    response: int
    position: int
    call_id: str
    tool: str
    arguments: str  # JSON


@dataclass(frozen=True, slots=True)
class AskedCall:
    """Somebody has to decide whether a call that was announced may run."""

    call_id: str
    expires_at: datetime
    reason: str

    def changes(self) -> dict[str, Any]:
        """Of the call's row; what was decided about it before does not count any more."""
        return {
            "approval": Approval.WAITING,
            "approval_reason": self.reason,
            "approval_expires_at": self.expires_at,
            "decided_by": "",
            "decided_at": None,
            "decision_reason": "",
        }


@dataclass(frozen=True, slots=True)
class GrantedCall:
    """Somebody allowed a call, watchers are told so, and it runs next."""

    call_id: str

    def changes(self) -> dict[str, Any]:
        """Of the call's row."""
        return {"approval": Approval.GRANTED, "approval_expires_at": None}


@dataclass(frozen=True, slots=True)
class ClosedCall:
    call_id: str
    status: str
    result: str  # JSON
    duration_ms: float

    def changes(self) -> dict[str, Any]:
        """Of the call's row; nobody needs to decide about it any more."""
        return {
            "status": self.status,
            "result": self.result,
            "duration_ms": self.duration_ms,
            "approval_expires_at": None,
        }


CallChange: TypeAlias = AskedCall | GrantedCall | ClosedCall


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, beside its terminal event."""

    result: str = ""
    error_code: str = ""
    error_message: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Everything that one thing that happened changes. Written only while `run.fence` is valid."""

    run: HeldRun
    events: Sequence[Event] = ()
    move: RunState | None = None
    messages: Sequence[NumberedMessage] = ()
    opened: Sequence[OpenedCall] = ()
    asked: Sequence[AskedCall] = ()
    granted: Sequence[GrantedCall] = ()
    closed: Sequence[ClosedCall] = ()
    outcome: Outcome | None = None

    @property
    def completes_step(self) -> bool:
        return bool(self.messages or self.closed)

    @property
    def is_terminal(self) -> bool:
        return self.move in TERMINAL

    @property
    def call_changes(self) -> list[CallChange]:
        """Of calls that were announced, in the order in which they happened."""
        return [*self.asked, *self.granted, *self.closed]

    @property
    def lets_go(self) -> bool:
        """Whether nobody holds the run any more: it has ended, or waits for people."""
        return self.is_terminal or self.move == RunState.WAITING_FOR_APPROVAL


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of text on its way to watchers: pushed in order with the units, never stored."""

    run: HeldRun
    type: str
    data: dict[str, Any]


class RunLost(Exception):
    """Another worker owns the run now. Whoever gets this stops without a word."""


class UnitRefused(Exception):
    """The database cannot store the unit; only its own run is to blame."""


class Publisher(Protocol):
    """Takes what happened, in order. The writer is one."""

    async def write(self, unit: Unit) -> None:
        """Return when the unit is committed; raises RunLost or UnitRefused."""

    def submit(self, work: Unit | Delta) -> None:
        """As `write`, without waiting: a later `write` returns only after this is committed."""
