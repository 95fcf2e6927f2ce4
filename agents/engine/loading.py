"""Reads what a run needs from the database, in one go, on a thread that may block."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from pydantic_ai.messages import ModelMessage

from accounts.statements import Find, given
from agents.catalog.analyst import BUILTIN
from agents.engine.attached import LOGS, take_in
from agents.engine.building import AgentSpec
from agents.engine.calls import StoredCall
from agents.engine.endings import Cancellation
from agents.engine.memory import conversation_before, messages_of
from agents.models import Agent, AgentVersion, Run, ToolCall
from agents.publishing.leases import LEASE
from agents.publishing.units import HeldRun
from agents.tools.base import ToolContext
from agents.tools.handles import handles_for

RUN = Find(Run.objects.filter(**given(Run, "id")))
VERSION = Find(AgentVersion.objects.filter(**given(AgentVersion, "id")))
AGENT = Find(Agent.objects.filter(**given(Agent, "id")))


@dataclass(frozen=True, slots=True)
class Assignment:
    """Everything about a run that its execution starts from."""

    spec: AgentSpec
    title: str  # the agent's, for people
    question: str
    context: dict[str, Any]
    conversation: list[ModelMessage]  # of earlier runs
    own: list[ModelMessage]  # of this run, if another worker began it
    calls: list[StoredCall]
    toolbox: ToolContext
    started_at: datetime  # this, and the next, by the clock of this machine
    deadline_at: datetime
    cancellation: Cancellation | None  # asked for before this worker began


class HasLogs(Exception):
    """Logs came with the run, and to read them takes its time."""


def load_at_once(held: HeldRun) -> Assignment:
    """As `load`, but raises HasLogs where it would have to wait for logs."""
    return load(held, may_wait=False)


def load(held: HeldRun, *, may_wait: bool = True) -> Assignment:
    """What the run starts from, when the logs that came with it have been read."""
    run = RUN.get(id=held.id)
    if LOGS in run.context and not may_wait:
        raise HasLogs
    run.version = VERSION.get(id=run.version_id)
    run.agent = AGENT.get(id=run.agent_id)
    has_begun = held.last_seq > 0
    attached = take_in(run)
    calls = ToolCall.objects.filter(run=run) if has_begun else ()
    now = timezone.now()
    return Assignment(
        spec=AgentSpec.of(run.version, name=run.agent.name, model=model_of(run)),
        title=run.agent.title,
        question=run.input,
        context={name: value for name, value in run.context.items() if name != LOGS},
        conversation=conversation_before(run),
        own=messages_of(run) if has_begun else [],
        calls=[StoredCall.of(row) for row in calls],
        toolbox=ToolContext(
            datasets=handles_for(run.user_id),
            user_id=run.user_id,
            chosen=run.parameters.get("dataset") or attached.dataset_id,
            notes=attached.notes,
        ),
        started_at=_by_our_clock(run.started_at, run, now),
        deadline_at=_by_our_clock(run.deadline_at, run, now),
        cancellation=cancellation_of(run),
    )


def _by_our_clock(time: datetime | None, run: Run, now: datetime) -> datetime:
    """A time of the database's, whose clock may differ: the claim was one lease before its end."""
    if time is None or run.lease_expires_at is None:
        return now
    return now + (time - (run.lease_expires_at - LEASE))


def cancellation_of(run: Run) -> Cancellation | None:
    if run.cancel_requested_at is None:
        return None
    return Cancellation(run.cancel_requested_by, run.cancel_reason)


def model_of(run: Run) -> str:
    """The run's own choice, else the agent's, else the configured default."""
    if run.parameters.get("mode") == "test":
        return BUILTIN
    return run.parameters.get("model") or run.version.model or settings.MODEL


def requested_cancellation(run_id: UUID) -> Cancellation | None:
    """Whether somebody has asked the run to stop, as the database has it."""
    run = Run.objects.filter(pk=run_id).first()
    return cancellation_of(run) if run is not None else None
