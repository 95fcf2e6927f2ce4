"""A worker tells which agents it cannot run."""

import threading
import time

import pytest
from pydantic_ai.models import Model

from accounts.models import User
from agents.engine.recovery import Maintenance
from agents.engine.usable import unusable_versions
from agents.llm.providers import provider
from agents.models import Agent, AgentVersion, Run, Worker
from agents.publishing import leases
from tests.agents.engine.test_recovery import OWNER, FakeProcess
from tests.agents.factories import make_agent, make_run

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_what_an_agent_lacks_is_told_by_its_version() -> None:
    make_agent("fine", tools=["inspect_data"])
    no_key = make_agent("no_key", model="openai-chat:gpt-5")
    no_tool = make_agent("no_tool", tools=["uninstalled"])
    make_agent("disabled", model="openai-chat:gpt-5")
    Agent.objects.filter(name="disabled").update(is_enabled=False)
    AgentVersion.objects.create(agent=Agent.objects.get(name="fine"), number=2, model="old")
    found = unusable_versions()
    assert set(found) == {str(no_key.current_id), str(no_tool.current_id)}
    assert "OPENAI_API_KEY" in found[str(no_key.current_id)]
    assert "uninstalled" in found[str(no_tool.current_id)]


def test_a_provider_that_fails_in_its_own_way_keeps_no_other_from_being_told() -> None:
    @provider("failing")
    def failing(name: str) -> Model:
        raise RuntimeError("secret detail")

    version = make_agent(model="failing:x").current
    assert version is not None
    assert unusable_versions() == {str(version.pk): "The model cannot be made: RuntimeError."}


def test_a_model_is_tried_once_however_many_agents_have_it() -> None:
    tried: list[str] = []

    @provider("counting")
    def counting(name: str) -> Model:
        tried.append(name)
        raise RuntimeError

    for number in range(20):
        make_agent(f"agent{number}", model="counting:x")
    assert len(unusable_versions()) == 20
    assert tried == ["x"]
    unusable_versions()
    assert tried == ["x", "x"]  # what was missing may have come


def test_the_maintenance_tells_what_was_found_last() -> None:
    agent = make_agent(model="openai-chat:gpt-5")
    maintenance = Maintenance(FakeProcess())
    maintenance._lookout.look()
    maintenance._tick()
    assert list(Worker.objects.get(pk=OWNER).unusable) == [str(agent.current_id)]
    AgentVersion.objects.filter(agent=agent).update(model="builtin")
    maintenance._lookout.look()
    maintenance._tick()
    assert Worker.objects.get(pk=OWNER).unusable == {}


def test_a_row_that_was_removed_comes_back_with_what_is_unusable() -> None:
    make_agent(model="openai-chat:gpt-5")
    maintenance = Maintenance(FakeProcess())
    maintenance._lookout.look()
    maintenance._tick()
    Worker.objects.all().delete()
    maintenance._tick()
    assert Worker.objects.get(pk=OWNER).unusable != {}


@pytest.mark.django_db(transaction=True)
def test_leases_are_kept_while_a_provider_takes_its_time(alice: User) -> None:
    begun, go_on = threading.Event(), threading.Event()

    @provider("slow")
    def slow(name: str) -> Model:
        begun.set()
        go_on.wait(20)
        raise RuntimeError

    make_agent(model="slow:x")
    run = make_run(alice)
    leases.claim(run.pk, owner=OWNER)
    maintenance = Maintenance(FakeProcess(run_ids=[run.pk]))
    maintenance.start()
    try:
        assert begun.wait(10)
        Run.objects.update(lease_expires_at=None)
        deadline = time.monotonic() + 10
        while Run.objects.get().lease_expires_at is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert Run.objects.get().lease_expires_at is not None
    finally:
        go_on.set()
        maintenance.stop()
        maintenance._lookout.join(10)
