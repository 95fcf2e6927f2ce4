"""What is done in the database of a bench, by `Stack.call`, in the stack's own settings."""

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
HELD_RUNS = 2  # of each user: one for each row that pushes events itself


def prepare(users: int, history: int) -> dict[str, Any]:
    """
    Migrate, make the agent and so many users.

    Returns `tokens` to log in with, the `installation` that names of channels begin with, a few
    `runs` of each user that no worker will touch, as [user id, run id], and the `replayed` run of
    the first user, which has so many events.
    """
    prepare_database()
    agent = _make_agent()
    people = [User.objects.create_user(f"bench-{number}") for number in range(users)]
    return {
        "tokens": [log_ins.begin(person, LogIn.Means.COMMAND).access for person in people],
        "installation": settings.INSTALLATION,
        "runs": [
            [person.pk, str(_held_run(person, agent).pk)]
            for _ in range(HELD_RUNS)
            for person in people
        ],
        "replayed": _make_history(people[0], agent, history),
    }


def _make_agent() -> Agent:
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
    return agent


def _make_history(user: User, agent: Agent, events: int) -> str:
    run = _held_run(user, agent, last_seq=events)
    envelope = Envelope(str(run.pk), run.thread.key, AGENT)
    RunEvent.objects.bulk_create(
        RunEvent(run=run, seq=seq, type="agent_started", frame=frame(_event(seq), seq, envelope))
        for seq in range(1, events + 1)
    )
    return str(run.pk)


def _held_run(user: User, agent: Agent, **fields: Any) -> Run:
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
