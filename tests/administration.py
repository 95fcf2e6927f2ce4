"""The admin as a test uses it: staff who are signed in, and tables with rows in them."""

import json
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import log_ins
from accounts.keys import create_key
from accounts.models import ApiKey, LogIn, User
from accounts.scopes import Scope
from agents.models import (
    Agent,
    AgentVersion,
    Dataset,
    Message,
    Role,
    Run,
    RunEvent,
    Thread,
    ToolCall,
    Worker,
)
from agents.states import RunState
from tests.agents.factories import make_agent, make_run
from tests.cast import ROOT, appear


def signed_in(user: User) -> Client:
    """A browser at the admin, checked for forgery as real ones are not by Django's client."""
    client = Client()
    client.force_login(user, "accounts.backends.NameOrEmailBackend")
    return client


def staff(name: str, *codenames: str) -> User:
    """A member of staff with Django's permissions of these names, such as `view_run`."""
    user = appear(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def root() -> User:
    return appear(ROOT, is_staff=True, is_superuser=True)


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Model, view: str = "change", *more: Any) -> str:
    """The address of one of a row's pages; of a button of it with `press` and its name."""
    address = f"admin:{row._meta.app_label}_{row._meta.model_name}_{view}"
    return reverse(address, args=[row.pk, *more])


def registered() -> list[type[Model]]:
    """All models that have a page."""
    reverse("admin:index")  # the paths load the apps' pages
    return sorted(admin.site._registry, key=lambda model: str(model._meta))


def fill(first: int, end: int) -> dict[type[Model], Model]:
    """
    Rows `first` to `end` of everything that has a page; most belong to one user, agent and group.

    Returns one row of each model, the one that the others belong to where there is one.
    """
    owner = User.objects.filter(username="owner").first() or appear("owner")
    group, _ = Group.objects.get_or_create(name="owners")
    group.permissions.set(Permission.objects.all()[:end])
    owner.groups.add(group)
    agent = make_agent("owned")
    agent.groups.add(group)
    rows, *_ = [_fill_one(owner, agent, number) for number in range(first, end)]
    run = Run.objects.filter(agent=agent).order_by("turn")[0]
    _fill_run(run, first, end)
    Thread.objects.update(agent=agent)
    return {**rows, User: owner, Group: group, Agent: agent, Run: run, Thread: run.thread}


def _fill_one(owner: User, agent: Agent, number: int) -> dict[type[Model], Any]:
    attempt = {"username": f"guest{number}", "ip_address": "192.0.2.1", "user_agent": "curl"}
    log_ins.begin(owner, LogIn.Means.PASSWORD)
    key, _ = create_key(user=owner, name=f"key {number}", scopes=[Scope.READ])
    state = RunState.COMPLETED if number % 2 else RunState.PENDING
    run = make_run(owner, thread="first", agent=agent, state=state)
    Message.objects.create(thread=run.thread, run=run, role=Role.USER, content="Why?")
    make_run(appear(f"guest{number}"), thread=f"thread{number}", agent=make_agent(f"spare{number}"))
    Group.objects.create(name=f"group {number}")
    agent.aliases.create(name=f"alias{number}")
    return {
        AccessAttempt: AccessAttempt.objects.create(**attempt, failures_since_start=3),
        AccessFailureLog: AccessFailureLog.objects.create(**attempt),
        ApiKey: key,
        LogIn: LogIn.objects.filter(user=owner).first(),
        AgentVersion: AgentVersion.objects.create(
            agent=agent, number=number + 2, source="admin", created_by=owner
        ),
        Dataset: Dataset.objects.create(
            user=owner, name=f"log {number}", format="csv", size_bytes=1, rows=1, profile={"a": 1}
        ),
        Worker: Worker.objects.create(
            id=f"{number:032}", host="here", pid=number, unusable={str(agent.current_id): "no key"}
        ),
    }


def _fill_run(run: Run, first: int, end: int) -> None:
    Run.objects.filter(agent=run.agent, state=RunState.PENDING).update(owner=f"{first:032}")
    for seq in range(first + 1, end + 1):
        add_event(run, seq, "agent_thinking", message="Thinking.", thought="It is.", step=seq)
        ToolCall.objects.create(
            run=run, response=seq, position=0, call_id=f"r{seq}c0", tool="look", arguments="{}"
        )


def add_event(run: Run, seq: int, kind: str, **data: Any) -> RunEvent:
    """An event as it is stored."""
    now = timezone.now().timestamp()
    frame = {"type": kind, "seq": seq, "timestamp": now, "data": {"timestamp": now, **data}}
    return RunEvent.objects.create(run=run, seq=seq, type=kind, frame=json.dumps(frame))
