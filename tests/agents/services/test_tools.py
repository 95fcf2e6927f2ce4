"""Tools are described as models get them, those of extensions included."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

from agents.engine.building import toolset_for
from agents.exceptions import ToolNotFound
from agents.services.tools import describe_tool, describe_tools, missing_tools
from agents.tools.base import ToolContext
from agents.tools.catalogue import load_tools
from tests.stack import ROOT


def test_every_shipped_tool_is_described() -> None:
    described = {tool.name: tool for tool in describe_tools()}
    shipped = load_tools()
    assert {tool.name for tool in shipped} <= set(described)
    for tool in shipped:
        assert described[tool.name].description
        assert described[tool.name].read_only
        assert described[tool.name].parameters["type"] == "object"
        assert described[tool.name].timeout_seconds == tool.timeout_seconds


async def test_a_description_is_exactly_what_a_model_gets() -> None:
    names = tuple(tool.name for tool in load_tools())
    model = TestModel(call_tools=[])
    agent = Agent(model, deps_type=ToolContext, toolsets=[toolset_for(names)])
    await agent.run("?", deps=ToolContext())
    assert model.last_model_request_parameters is not None
    given = model.last_model_request_parameters.function_tools
    assert [tool.name for tool in given] == list(names)
    for tool in given:
        described = describe_tool(tool.name)
        assert described.parameters == tool.parameters_json_schema
        assert described.description == tool.description


def test_tools_of_extensions_are_found_without_a_worker(settings: Any) -> None:
    settings.EXTENSIONS = ["tests.extension"]
    assert missing_tools(["nap", "inspect_data", "hammer"]) == ["hammer"]
    tool = describe_tool("nap")
    assert tool.parameters["required"] == ["seconds"]
    assert (tool.read_only, tool.idempotent) == (True, False)


def test_an_unknown_tool_is_told_so() -> None:
    with pytest.raises(ToolNotFound, match="'hammer'"):
        describe_tool("hammer")


def test_a_web_server_starts_without_what_takes_seconds_to_import() -> None:
    code = (
        "import sys, netra.asgi; from netra import urls; "
        "print(sorted({'pydantic_ai', 'openai', 'anthropic'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
