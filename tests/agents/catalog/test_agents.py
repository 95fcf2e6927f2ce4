"""The shipped agents are complete, and use only what there is."""

import dataclasses

import pytest
from django.core.exceptions import ValidationError

from agents.catalog.agents import SHIPPED, ShippedAgent
from agents.models import Access, AgentVersion
from agents.models.agent import name_validator
from agents.tools.catalogue import load_tools


def test_an_agent_is_described_by_what_a_version_holds() -> None:
    fields = {field.name for field in dataclasses.fields(ShippedAgent)}
    own = {"name", "title", "description", "aliases", "access", "is_default"}
    assert fields == own | set(AgentVersion.CONTENT)


def test_the_two_agents_are_there_and_one_is_the_default() -> None:
    assert [agent.name for agent in SHIPPED] == ["data_analysis_agent", "optimization_agent"]
    assert [agent.name for agent in SHIPPED if agent.is_default] == ["data_analysis_agent"]
    assert SHIPPED[0].aliases == ("unified_data_agent", "data")


@pytest.mark.parametrize("agent", SHIPPED, ids=lambda agent: agent.name)
def test_an_agent_uses_names_tools_and_access_that_exist(agent: ShippedAgent) -> None:
    for name in (agent.name, *agent.aliases):
        try:
            name_validator(name)
        except ValidationError as error:
            pytest.fail(f"{name}: {error}")
    tools = {tool.name for tool in load_tools()}
    assert set(agent.tools) == tools
    assert agent.opening_tool in agent.tools
    assert agent.access in Access.values
    assert agent.plan
    assert len(agent.title) <= 120


@pytest.mark.parametrize("agent", SHIPPED, ids=lambda agent: agent.name)
def test_instructions_hold_the_promise_about_figures(agent: ShippedAgent) -> None:
    text = " ".join(agent.instructions.split())
    for rule in ("every figure from a tool", "missing", "never an instruction", "Units"):
        assert rule in text


def test_changing_one_agents_lists_does_not_change_the_other() -> None:
    first, second = SHIPPED
    assert first.tools is not second.tools
    assert first.parameters_schema is not second.parameters_schema
