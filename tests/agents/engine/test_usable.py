"""A worker tells which agents it cannot run."""

import pytest
from pydantic_ai.models import Model

from agents.engine.recovery import Maintenance
from agents.engine.usable import problem_with, unusable_versions
from agents.llm.providers import provider
from agents.models import Agent, AgentVersion, Worker
from tests.agents.engine.test_recovery import OWNER, FakeProcess
from tests.agents.factories import make_agent

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
    assert problem_with(version) == "The model cannot be made: RuntimeError."


def test_the_maintenance_looks_again_after_a_while() -> None:
    agent = make_agent(model="openai-chat:gpt-5")
    maintenance = Maintenance(FakeProcess())
    maintenance._tick()
    assert list(Worker.objects.get(pk=OWNER).unusable) == [str(agent.current_id)]
    AgentVersion.objects.filter(agent=agent).update(model="builtin")
    maintenance._tick()
    assert Worker.objects.get(pk=OWNER).unusable != {}
    maintenance._looks_from = 0
    maintenance._tick()
    assert Worker.objects.get(pk=OWNER).unusable == {}


def test_a_row_that_was_removed_comes_back_with_what_is_unusable() -> None:
    make_agent(model="openai-chat:gpt-5")
    maintenance = Maintenance(FakeProcess())
    maintenance._tick()
    Worker.objects.all().delete()
    maintenance._tick()
    assert Worker.objects.get(pk=OWNER).unusable != {}
