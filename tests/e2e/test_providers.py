"""The same agents and tools on a real provider's protocol, chosen by NETRA_MODEL."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.chat import Frame, open_chat, seqs, types
from tests.providers import provider
from tests.stack import Stack

QUESTION = "What did we spend last week?"
ANSWER = "There is no data yet. Upload a usage log, and I will tell."
USED = {"prompt_tokens": 90, "completion_tokens": 12, "input_tokens": 90, "output_tokens": 12}
FIXTURES: list[dict[str, Any]] = [
    {
        "match": {"userMessage": QUESTION, "turnIndex": 1},
        "response": {"toolCalls": [{"name": "inspect_data", "arguments": '{"question": "x"}'}]},
    },
    {
        "match": {"userMessage": QUESTION, "turnIndex": 2},
        "response": {"content": ANSWER, "usage": USED},
    },
]

PROVIDERS = {
    "openai-chat:gpt-4o-mini": ("OPENAI_BASE_URL", "/v1", "OPENAI_API_KEY"),
    "anthropic:claude-sonnet-4-5": ("ANTHROPIC_BASE_URL", "", "ANTHROPIC_API_KEY"),
}


async def asked(stack: Stack, agent: str = "data_analysis_agent") -> tuple[list[Frame], str]:
    """The events of one run on a stack that is started for it, and its streamed text."""
    await asyncio.to_thread(stack.start)
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(type="execute_agent", agent=agent, input=QUESTION)
        run_id = (await chat.receive_until("run_accepted"))["data"]["run_id"]
        events = await chat.end_of(run_id)
    deltas = [frame["data"]["text"] for frame in chat.seen if frame["type"] == "message_delta"]
    return events, "".join(deltas)


def on(home: Path, model: str, address: str, key: str = "test-key") -> Stack:
    base, path, key_name = PROVIDERS[model]
    return Stack(home, {"NETRA_MODEL": model, base: f"{address}{path}", key_name: key})


@pytest.mark.parametrize("model", PROVIDERS)
async def test_an_agent_runs_on_the_providers_protocol(tmp_path: Path, model: str) -> None:
    with provider(tmp_path, FIXTURES, "--latency", "5") as address:
        stack = on(tmp_path, model, address)
        try:
            events, streamed = await asked(stack)
        finally:
            stack.stop()
    assert seqs(events) == list(range(1, len(events) + 1))
    assert types(events) == [
        "agent_started",
        "agent_thinking",
        "tool_executing",
        "tool_completed",
        "agent_thinking",
        "tool_executing",
        "tool_completed",
        "agent_completed",
    ]
    end = events[-1]["data"]
    assert end["result"] == streamed == ANSWER
    assert end["usage"]["output_tokens"] > 0
    assert float(end["usage"]["cost_usd"]) > 0


async def test_a_refused_key_is_named_and_never_shown(tmp_path: Path) -> None:
    with provider(tmp_path, FIXTURES, keys="the-right-key") as address:
        stack = on(tmp_path, "openai-chat:gpt-4o-mini", address, key="sk-wrong-key")
        try:
            events, _ = await asked(stack)
        finally:
            stack.stop()
    error = events[-1]["data"]
    assert (events[-1]["type"], error["code"]) == ("agent_error", "model_not_configured")
    assert error["retryable"] is False
    assert "sk-wrong-key" not in str(events)


async def test_a_provider_that_fails_may_be_asked_again(tmp_path: Path) -> None:
    with provider(tmp_path, FIXTURES, "--chaos-drop", "1") as address:
        stack = on(tmp_path, "openai-chat:gpt-4o-mini", address)
        try:
            events, _ = await asked(stack)
        finally:
            stack.stop()
    error = events[-1]["data"]
    assert (events[-1]["type"], error["code"]) == ("agent_error", "model_failed")
    assert error["retryable"] is True


async def test_an_agent_without_a_key_says_what_is_missing(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"NETRA_MODEL": "openai-chat:gpt-4o-mini"})
    stack.environment.pop("OPENAI_API_KEY", None)
    try:
        events, _ = await asked(stack)
    finally:
        stack.stop()
    error = events[-1]["data"]
    assert (events[-1]["type"], error["code"]) == ("agent_error", "model_not_configured")
    assert "OPENAI_API_KEY" in error["message"]


async def test_a_test_run_needs_no_provider(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"NETRA_MODEL": "openai-chat:gpt-4o-mini"})
    stack.environment.pop("OPENAI_API_KEY", None)
    await asyncio.to_thread(stack.start)
    try:
        async with open_chat(stack.socket_url, stack.token("alice")) as chat:
            await chat.send(type="chat", content=QUESTION, parameters={"mode": "test"})
            run_id = (await chat.receive_until("run_accepted"))["data"]["run_id"]
            events = await chat.end_of(run_id)
    finally:
        stack.stop()
    assert events[-1]["type"] == "agent_completed"
