"""The same agents and tools on real providers' protocols, chosen by NETRA_MODEL or by an agent."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chat import Frame, open_chat, seqs, types
from tests.extension.agents import OPENAI
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

EVENTS = [
    "agent_started",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_thinking",
    "tool_executing",
    "tool_completed",
    "agent_completed",
]
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY")


@contextmanager
def netra(home: Path, **settings: str) -> Iterator[Stack]:
    """A stack with these settings, and no key beside them."""
    stack = Stack(home, settings)
    for name in set(KEYS) - set(settings):
        stack.environment.pop(name, None)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


async def asked(stack: Stack, agent: str, **more: Any) -> tuple[list[Frame], str]:
    """The events of one run, and its streamed text."""
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(type="execute_agent", agent=agent, input=QUESTION, **more)
        run_id = (await chat.receive_until("run_accepted"))["data"]["run_id"]
        events = await chat.end_of(run_id)
    assert seqs(events) == list(range(1, len(events) + 1))
    deltas = [frame["data"]["text"] for frame in chat.seen if frame["type"] == "message_delta"]
    return events, "".join(deltas)


async def test_agents_run_on_the_protocols_of_providers(tmp_path: Path) -> None:
    with (
        provider(tmp_path, FIXTURES, "--latency", "5") as address,
        netra(
            tmp_path,
            NETRA_MODEL=OPENAI,
            OPENAI_BASE_URL=f"{address}/v1",
            OPENAI_API_KEY="a-key",
            ANTHROPIC_BASE_URL=address,
            ANTHROPIC_API_KEY="a-key",
        ) as stack,
    ):
        for agent in ("data_analysis_agent", "on_anthropic"):
            events, streamed = await asked(stack, agent)
            assert types(events) == EVENTS
            end = events[-1]["data"]
            assert end["result"] == streamed == ANSWER
            assert end["usage"]["output_tokens"] > 0
            assert float(end["usage"]["cost_usd"]) > 0


async def test_a_refused_key_differs_from_a_provider_that_fails(tmp_path: Path) -> None:
    with (
        provider(tmp_path, FIXTURES, keys="the-right-key") as locked,
        provider(tmp_path, FIXTURES, "--chaos-drop", "1") as broken,
        netra(
            tmp_path,
            OPENAI_BASE_URL=f"{locked}/v1",
            OPENAI_API_KEY="sk-wrong-key",
            ANTHROPIC_BASE_URL=broken,
            ANTHROPIC_API_KEY="a-key",
        ) as stack,
    ):
        refused, _ = await asked(stack, "on_openai")
        error = refused[-1]["data"]
        assert (refused[-1]["type"], error["code"]) == ("agent_error", "model_not_configured")
        assert error["retryable"] is False
        assert "sk-wrong-key" not in str(refused)

        failed, _ = await asked(stack, "on_anthropic")
        error = failed[-1]["data"]
        assert (failed[-1]["type"], error["code"]) == ("agent_error", "model_failed")
        assert error["retryable"] is True


async def test_without_a_key_an_agent_says_what_is_missing(tmp_path: Path) -> None:
    with netra(tmp_path, NETRA_MODEL=OPENAI) as stack:
        events, _ = await asked(stack, "data_analysis_agent")
        error = events[-1]["data"]
        assert (events[-1]["type"], error["code"]) == ("agent_error", "model_not_configured")
        assert "OPENAI_API_KEY" in error["message"]

        tested, _ = await asked(stack, "data_analysis_agent", parameters={"mode": "test"})
        assert tested[-1]["type"] == "agent_completed"
