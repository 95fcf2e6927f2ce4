"""A cancel ends a run once, whoever holds it and however many ask."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import connection

from accounts.models import User
from agents.events import AgentStarted, AgentStartedData
from agents.models import RunEvent
from agents.publishing import leases
from agents.publishing.store import commit
from agents.publishing.units import Unit
from agents.services.runs import cancel_run
from agents.states import RunState
from tests.agents.factories import make_run, reload
from tests.stack import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def ask_to_stop(user: User, run_id: UUID) -> None:
    try:
        cancel_run(user=user, run_id=run_id)
    finally:
        connection.close()


def told(run_id: UUID) -> list[str]:
    return list(RunEvent.objects.filter(run=run_id).values_list("type", flat=True))


# F36
def test_a_cancel_from_four_places_at_once_ends_a_run_once(alice: User) -> None:
    run = make_run(alice)
    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(ask_to_stop, alice, run.pk) for _ in range(4)]:
            done.result()
    assert told(run.pk) == ["agent_cancelled"]


# F14, F37
def test_a_run_is_taken_from_a_worker_that_does_not_answer(alice: User) -> None:
    run = make_run(alice)
    held = leases.claim(run.pk, owner="a" * 32)
    assert held is not None
    for _ in range(2):
        cancel_run(user=alice, run_id=run.pk)
    assert reload(run.pk).state == RunState.INITIALIZING
    until(lambda: reload(run.pk).state == RunState.CANCELLED, "taken")
    begun = AgentStarted(data=AgentStartedData(agent_id="helper_1", message="I am awake."))
    assert commit([Unit(run=held, events=[begun])]).lost == {held}
    assert told(run.pk) == ["agent_cancelled"]


def test_what_the_worker_wrote_before_is_kept(alice: User) -> None:
    run = make_run(alice)
    held = leases.claim(run.pk, owner="a" * 32)
    assert held is not None
    cancel_run(user=alice, run_id=run.pk)
    begun = AgentStarted(data=AgentStartedData(agent_id="helper_1", message="Still at it."))
    commit([Unit(run=held, events=[begun], move=RunState.RUNNING)])
    until(lambda: reload(run.pk).state == RunState.CANCELLED, "taken")
    assert told(run.pk) == ["agent_started", "agent_cancelled"]
