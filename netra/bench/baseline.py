"""
What Netra is compared with: the same parts without its promises, on the same machine.

An ASGI application for stock daphne. `/floor/<channel>` passes on what is published to a channel of
Redis: no protocol, no cursor, no store. `/stream` runs the measured agent in this process and sends
its events: nothing is stored, and what a broken connection had begun is lost with it.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import django
import redis.asyncio
from django.conf import settings
from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, ThinkingPart
from pydantic_core import from_json, to_json

django.setup()

from agents.engine.building import AgentSpec, agent_for, toolset_for  # noqa: E402
from agents.events import (  # noqa: E402
    AgentCompleted,
    AgentCompletedData,
    AgentStarted,
    AgentStartedData,
    AgentThinking,
    AgentThinkingData,
    Envelope,
    Event,
    ToolCompleted,
    ToolCompletedData,
    ToolExecuting,
    ToolExecutingData,
    Usage,
    frame,
)
from agents.tools.base import ToolContext  # noqa: E402
from agents.tools.catalogue import installed_tools  # noqa: E402

ID, NAME, CALL = "bench_000000", "bench", "call_0_0"

installed_tools()
spec = AgentSpec(
    name=NAME,
    model="bench:",
    instructions="",
    tools=("look_up",),
    opening_tool="",
    plan="",
    step_limit=10,
    token_limit=None,
    cost_limit_usd=None,
)


class Floor:
    """One subscription of the process; each socket has a channel."""

    def __init__(self) -> None:
        self._sends: dict[bytes, Any] = {}
        self._pubsub: Any = None
        self._reading: asyncio.Task[None] | None = None

    async def join(self, channel: bytes, send: Any) -> None:
        if self._pubsub is None:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=None)
            self._pubsub = client.pubsub()
        self._sends[channel] = send
        await self._pubsub.subscribe(channel)
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._pubsub.listen():
            if message["type"] == "message" and (send := self._sends.get(message["channel"])):
                await send({"type": "websocket.send", "text": message["data"].decode()})


floor = Floor()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    _, kind, *channel = scope["path"].split("/")
    if kind == "floor":
        await floor.join(channel[0].encode(), send)
    await send({"type": "websocket.send", "text": '{"type": "connection_established"}'})
    while (message := await receive())["type"] == "websocket.receive":
        seq = 0
        envelope = Envelope(str(uuid4()), "bench", NAME)
        accepted = {"type": "run_accepted", "data": {"run_id": envelope.run_id}}
        await send({"type": "websocket.send", "text": to_json(accepted).decode()})
        async for event in events(from_json(message["text"])["input"]):
            seq += 1
            await send({"type": "websocket.send", "text": frame(event, seq, envelope)})


async def events(question: str) -> AsyncIterator[Event]:
    """The five events of one run, as they happen."""
    yield AgentStarted(data=AgentStartedData(agent_id=ID, message="Bench has started."))
    toolset = toolset_for(spec.tools)
    async with agent_for(spec).iter(question, deps=ToolContext(), toolsets=[toolset]) as run:
        async for node in run:
            if Agent.is_model_request_node(node):
                async with node.stream(run.ctx) as stream:
                    async for _ in stream:
                        pass
            elif Agent.is_call_tools_node(node):
                for event in _of_response(node.model_response):
                    yield event
    assert run.result is not None
    yield _completed("look_up", 120)
    yield AgentCompleted(
        data=AgentCompletedData(
            agent_id=ID,
            message="Bench has finished.",
            result=run.result.output,
            usage=Usage(input_tokens=0, output_tokens=0),
            duration_ms=0.0,
            agents_involved=[NAME],
        )
    )


def _of_response(response: ModelResponse) -> list[Event]:
    thoughts = [part.content for part in response.parts if isinstance(part, ThinkingPart)]
    return [
        *(
            AgentThinking(
                data=AgentThinkingData(agent_id=ID, message=thought, thought=thought, step=1)
            )
            for thought in thoughts
        ),
        *(
            ToolExecuting(
                data=ToolExecutingData(
                    tool_name=call.tool_name, parameters=call.args_as_dict(), call_id=CALL
                )
            )
            for call in response.tool_calls
        ),
    ]


def _completed(tool: str, result: Any) -> ToolCompleted:
    return ToolCompleted(
        data=ToolCompletedData(
            tool_name=tool, result=result, call_id=CALL, duration_ms=0.0, status="succeeded"
        )
    )
