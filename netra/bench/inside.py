"""What is done in the database of a bench, by `Stack.call`, in the stack's own settings."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from accounts import log_ins
from accounts.models import LogIn, User
from agents.events import AgentStarted, AgentStartedData, Envelope, frame
from agents.models import Agent, AgentVersion, Run, RunEvent, Thread
from agents.states import RunState
from netra.preparing import prepare_database

AGENT = "bench"
HOUR = timedelta(hours=1)


def prepare(users: int) -> list[str]:
    """Migrate, make the agent and this many users; returns their access tokens."""
    prepare_database()
    agent = Agent.objects.create(name=AGENT, title="Bench")
    agent.current = AgentVersion.objects.create(
        agent=agent,
        number=1,
        model="bench:",
        tools=["look_up"],
        step_limit=10_000,
        source=AgentVersion.Source.CATALOG,
    )
    agent.save()
    people = [User.objects.create_user(f"bench-{number}") for number in range(users)]
    return [log_ins.begin(person, LogIn.Means.COMMAND).access for person in people]


def installation() -> str:
    """What the names of its channels on Redis begin with."""
    return settings.INSTALLATION


def hold_runs(users: int) -> list[tuple[int, str]]:
    """A run of each user that no worker will touch: their ids, and those of the runs."""
    people = User.objects.order_by("pk")[:users]
    return [(person.pk, str(_held_run(person).pk)) for person in people]


def make_history(events: int) -> str:
    """The id of a live run of the first user that has so many events."""
    run = _held_run(User.objects.earliest("pk"), last_seq=events)
    envelope = Envelope(str(run.pk), run.thread.key, AGENT)
    RunEvent.objects.bulk_create(
        RunEvent(run=run, seq=seq, type="agent_started", frame=frame(_event(seq), seq, envelope))
        for seq in range(1, events + 1)
    )
    return str(run.pk)


def end_runs(run_ids: Sequence[str]) -> None:
    Run.objects.filter(pk__in=run_ids).update(
        state=RunState.COMPLETED, finished_at=timezone.now(), lease_expires_at=None
    )


def _held_run(user: User, **fields: Any) -> Run:
    agent = Agent.objects.select_related("current").get(name=AGENT)
    thread, _ = Thread.objects.get_or_create(user=user, key="bench")
    Thread.objects.filter(pk=thread.pk).update(last_turn=F("last_turn") + 1)
    thread.refresh_from_db()
    assert agent.current is not None
    return Run.objects.create(
        user=user,
        thread=thread,
        turn=thread.last_turn,
        agent=agent,
        version=agent.current,
        input="{}",
        state=RunState.RUNNING,
        fence=1,
        owner="bench",
        lease_expires_at=timezone.now() + HOUR,
        deadline_at=timezone.now() + HOUR,
        timeout=HOUR,
        **fields,
    )


def _event(seq: int) -> AgentStarted:
    message = f"This is event {seq} of a run that has many of them."
    return AgentStarted(data=AgentStartedData(agent_id=f"{AGENT}_000000", message=message))
