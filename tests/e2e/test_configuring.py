"""Agents are configured while they work, in a web server that has imported no tool at its start."""

from typing import Any

from tests.chat import open_chat
from tests.stack import Stack


def call(stack: Stack, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    answer = stack.request(method, f"/api/{path}", "dora", json=body)
    assert answer.is_success, answer.text
    return answer.json()


def test_the_web_server_knows_the_tools_and_models_of_extensions(stack: Stack) -> None:
    tools = {tool["name"] for tool in call(stack, "GET", "tools")["results"]}
    assert {"inspect_data", "nap"} <= tools
    body = {"name": "napper", "title": "Napper", "model": "scripted:", "tools": ["nap"]}
    assert call(stack, "POST", "agents", body)["version"] == 1
    config = call(stack, "PATCH", "agents/napper/config", {"model": "scripted:other"})
    assert (config["version"], config["warnings"]) == (2, {})


async def test_a_run_ends_with_the_configuration_it_began_with(stack: Stack) -> None:
    body = {"name": "changeling", "title": "Changeling", "model": "scripted:", "tools": ["wait_at"]}
    call(stack, "POST", "agents", body)
    gate = stack.gate()
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        script: list[Any] = [{"calls": [gate.wait()]}, {"say": "Done."}]
        old = await chat.ask("changeling", script)
        await chat.receive_until("tool_executing")
        call(stack, "PATCH", "agents/changeling/config", {"tools": ["nap"], "step_limit": 1})
        gate.open()
        assert (await chat.end_of(old))[-1]["type"] == "agent_completed"
        new = await chat.ask("changeling", [{"calls": [["nap", {"seconds": 0}]]}, {"say": "Done."}])
        end = (await chat.end_of(new))[-1]
    assert (end["type"], end["data"]["code"]) == ("agent_error", "limit_reached")
