from uuid import uuid4

import pytest

from accounts.models import User
from agents.exceptions import AgentNotFound, InvalidInput, RunNotFound
from agents.models import Agent, Message, Run
from agents.services.retrying import retry_run
from agents.services.runs import find_run
from agents.states import LIVE, RunState
from tests.agents.factories import make_agent, make_run

pytestmark = pytest.mark.database


@pytest.fixture
def failed(alice: User) -> Run:
    return make_run(
        alice,
        state=RunState.FAILED,
        input="Where can I cut cost?",
        parameters={"timeout": 7, "colour": "red"},
        context={"logs": [1]},
    )


def test_the_same_is_asked_again_in_the_same_thread(alice: User, failed: Run) -> None:
    again = find_run(user=alice, run_id=retry_run(failed.pk).run.pk)
    assert again.pk != failed.pk
    assert (again.thread, again.turn, again.state) == (failed.thread, 2, RunState.PENDING)
    for name in ("user", "agent", "input", "parameters", "context"):
        assert getattr(again, name) == getattr(failed, name)
    assert again.timeout.total_seconds() == 7
    assert Message.objects.get(run=again).content == failed.input
    assert Run.objects.get(pk=failed.pk).state == RunState.FAILED


def test_the_agents_configuration_is_that_of_today(failed: Run) -> None:
    agent = failed.agent
    agent.current = agent.versions.create(number=2, source="admin")
    agent.save()
    assert retry_run(failed.pk).run.version == agent.current


@pytest.mark.parametrize("state", sorted(LIVE))
def test_a_live_run_is_not_retried(alice: User, state: RunState) -> None:
    run = make_run(alice, state=state)
    with pytest.raises(InvalidInput, match="live"):
        retry_run(run.pk)


def test_a_part_of_another_run_is_not_retried(alice: User, failed: Run) -> None:
    child = make_run(alice, state=RunState.FAILED, parent=failed)
    with pytest.raises(InvalidInput, match="part of another"):
        retry_run(child.pk)


def test_nothing_is_asked_for_a_user_who_is_not_active(charlie: User) -> None:
    run = make_run(charlie, state=RunState.FAILED)
    with pytest.raises(InvalidInput, match="not active"):
        retry_run(run.pk)


def test_an_agent_that_was_disabled_is_not_asked_again(failed: Run) -> None:
    Agent.objects.update(is_enabled=False)
    with pytest.raises(AgentNotFound):
        retry_run(failed.pk)


def test_what_is_gone_is_not_retried(db: None) -> None:
    make_agent()
    with pytest.raises(RunNotFound):
        retry_run(uuid4())
