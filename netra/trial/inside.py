"""What is done in a trial stack's database, by `Stack.call`, in the stack's own settings."""

import json
from typing import Any

from django.core.management import call_command
from django.db import transaction

from accounts import log_ins
from accounts.models import LogIn, User
from agents.models import Agent, AgentVersion, Run, Worker
from agents.services.agents import install_shipped_agents
from netra.trial.delivery import digest
from netra.trial.script import Script

AGENT = "trial_ledger"
USER_PREFIX = "trial-user-"


def prepare(users: int) -> dict[str, str]:
    """Migrate, make the agents, and this many users; returns their names with access tokens."""
    call_command("migrate", verbosity=0)
    install_shipped_agents()
    return appear(users)


def appear(users: int) -> dict[str, str]:
    """As `prepare`, in a database that others have prepared."""
    _make_agent()
    people = [
        User.objects.get_or_create(username=f"{USER_PREFIX}{number}")[0]
        for number in range(1, users + 1)
    ]
    return {person.username: log_ins.begin(person, LogIn.Means.COMMAND).access for person in people}


def _make_agent() -> None:
    agent, _ = Agent.objects.get_or_create(name=AGENT, defaults={"title": "Trial"})
    agent.current, _ = AgentVersion.objects.get_or_create(
        agent=agent,
        number=1,
        defaults={
            "model": "trial:",
            "tools": ["write_in_ledger"],
            "step_limit": 100,
            "source": AgentVersion.Source.CATALOG,
        },
    )
    agent.save()


def forget() -> None:
    """Remove the trial's users with all that they have, its agent, and its workers' rows."""
    with transaction.atomic():
        User.objects.filter(username__startswith=USER_PREFIX).delete()
        Agent.objects.filter(name=AGENT).update(current=None)
        Agent.objects.filter(name=AGENT).delete()


def in_use() -> str:
    """Why no trial may run in this database, or empty: its workers would take others' runs."""
    if workers := Worker.objects.alive().count():
        return f"{workers} workers of this installation are alive. Stop them, and try again."
    theirs = Run.objects.live().exclude(user__username__startswith=USER_PREFIX)
    if live := theirs.count():
        return f"{live} runs of this installation are not finished. Let them end, and try again."
    return ""


def review() -> list[dict[str, Any]]:
    """Every run of the trial's users as the store has it: its events, and its calls."""
    runs = Run.objects.filter(user__username__startswith=USER_PREFIX)
    return [
        {
            "id": str(run.pk),
            "label": Script.read(run.input).label,
            "state": run.state,
            "is_live": not run.is_terminal,
            "last_seq": run.last_seq,
            "error": run.error_code,
            "events": [[row.seq, row.type, digest(row.frame)] for row in run.events.all()],
            "calls": [
                [json.loads(call.arguments)["entry"], call.status] for call in run.tool_calls.all()
            ],
        }
        for run in runs.prefetch_related("events", "tool_calls")
    ]
