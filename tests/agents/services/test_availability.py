"""An agent is available while a worker is alive that can run its current version."""

from datetime import timedelta

import pytest
from django.db.models import Value
from django.db.models.functions import Now

from accounts.models import User
from agents.models import Agent, Worker
from agents.services.availability import NO_WORKER, NOT_USABLE, availability_of, status_of_agent
from agents.states import RunState
from tests.agents.factories import make_agent, make_run

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def make_worker(name: str, *, unusable: dict[str, str] | None = None) -> Worker:
    return Worker.objects.create(id=name, host="here", pid=1, unusable=unusable or {})


def test_without_a_live_worker_nothing_is_available(alice: User) -> None:
    make_agent()
    silent = make_worker("silent")
    Worker.objects.filter(pk=silent.pk).update(
        seen_at=Now() - Value(Worker.SILENCE + timedelta(seconds=1))
    )
    status = status_of_agent(user=alice, name="helper")
    assert (status["status"], status["message"]) == ("unavailable", NO_WORKER)
    make_worker("alive")
    status = status_of_agent(user=alice, name="helper")
    assert (status["status"], status["message"]) == ("available", "")


def test_one_worker_that_can_run_it_is_enough(alice: User, dora: User) -> None:
    agent = make_agent()
    make_worker("poor", unusable={str(agent.current_id): "No key."})
    for user, problems in ((alice, []), (dora, ["No key."])):
        status = status_of_agent(user=user, name="helper")
        assert (status["status"], status["message"]) == ("unavailable", NOT_USABLE)
        assert status["problems"] == problems
    make_worker("rich", unusable={"0": "of another agent"})
    assert status_of_agent(user=alice, name="helper")["status"] == "available"


def test_live_runs_of_all_users_are_counted(alice: User, bob: User) -> None:
    busy, idle = make_agent("busy"), make_agent("idle")
    make_run(alice, agent=busy)
    make_run(bob, agent=busy, state=RunState.RUNNING)
    make_run(bob, agent=busy, state=RunState.COMPLETED)
    found = availability_of([busy, idle], user=alice)
    assert [one.live_runs for one in found] == [2, 0]


def test_the_status_of_many_agents_costs_two_queries(
    alice: User, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    for number in range(12):
        make_run(alice, agent=make_agent(f"agent_{number}"), thread=f"t{number}")
    agents = list(Agent.objects.select_related("current"))
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len([one.summary() for one in availability_of(agents, user=alice)]) == 12
