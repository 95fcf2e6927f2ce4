"""Rows for tests, made the short way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Value
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from agents.models import Agent, AgentVersion, Approval, Run, Thread, ToolCall
from agents.publishing.leases import seen
from agents.publishing.units import HeldRun
from agents.states import RunState


def make_agent(name: str = "helper", **fields: Any) -> Agent:
    agent, is_new = Agent.objects.get_or_create(name=name, defaults={"title": name.title()})
    if is_new:
        content = {"tools": [], "source": "admin", **fields}
        agent.current = AgentVersion.objects.create(agent=agent, number=1, **content)
        agent.save()
    return agent


def make_run(user: User, *, thread: str = "thread", **fields: Any) -> Run:
    """A pending run, the last of its thread unless `fields` say otherwise."""
    agent = fields.pop("agent", None) or make_agent()
    home, _ = Thread.objects.get_or_create(user=user, key=thread)
    home.last_turn += 1
    home.save()
    defaults = {"input": "Why?", "timeout": timedelta(minutes=5), "turn": home.last_turn}
    assert agent.current is not None
    return Run.objects.create(
        user=user, thread=home, agent=agent, version=agent.current, **{**defaults, **fields}
    )


def make_held(user: User, *, state: RunState = RunState.RUNNING, **fields: Any) -> HeldRun:
    """A run that the test holds, with fence 1."""
    run = make_run(user, state=state, fence=1, owner="f" * 32, **fields)
    return seen(run.pk)


def make_waiting(user: User, *, calls: int = 1, **fields: Any) -> Run:
    """A run that is parked until somebody decides on its calls."""
    run = make_run(user, **{"state": RunState.WAITING_FOR_APPROVAL, "fence": 1, **fields})
    for position in range(calls):
        ToolCall.objects.create(
            run=run,
            response=0,
            position=position,
            call_id=f"call_0_{position}",
            tool="pay_out",
            arguments='{"entry":"paid"}',
            approval=Approval.WAITING,
            approval_expires_at=timezone.now() + timedelta(hours=1),
        )
    return run


def let_expire(run: Run) -> None:
    """The time to decide on the run's calls is over."""
    ToolCall.objects.waiting().filter(run=run).update(
        approval_expires_at=Now() - Value(timedelta(seconds=1))
    )


def reload(run_id: UUID) -> Run:
    return Run.objects.get(pk=run_id)
