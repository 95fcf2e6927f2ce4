"""
What the stack of a bench has beside a normal Netra, named in its NETRA_EXTENSIONS: an agent that
thinks, looks something up and answers, and a note of when its events were stored.

The question says how often it does so: `{"steps": 1, "pause": 0}`. One step makes five events.
"""

import asyncio
import functools
import json
import os
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.dispatch import receiver
from pydantic_ai.messages import ModelMessage, ModelResponse, UserPromptPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaThinkingPart, DeltaToolCall, FunctionModel

from agents.llm.providers import provider
from agents.publishing.store import Committed
from agents.publishing.writer import committed
from agents.tools.base import Call, tool
from netra.bench.stored import log_of

THOUGHT = "I should look at the latency data first."
ANSWER = "p99 is 120 ms. Consider caching. " + "word " * 14


@tool(read_only=True)
async def look_up(call: Call, metric: str, period: str = "7d") -> dict[str, Any]:
    """Look a figure up."""
    return {"metric": metric, "p99": 120, "period": period}


@provider("bench")
def bench(name: str) -> Model:
    return FunctionModel(stream_function=stream, model_name=f"bench:{name}")


async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
    """The next response: a thought and a call, or after the last step the answer."""
    asked, made = _asked(messages)
    if pause := asked["pause"]:
        # Off the beat: the events of many runs shall not all come at once.
        await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
    if made >= asked["steps"]:
        yield ANSWER
        return
    yield {0: DeltaThinkingPart(content=THOUGHT)}
    arguments = json.dumps({"metric": "latency"})
    yield {1: DeltaToolCall("look_up", arguments, tool_call_id=f"look_up_{made}")}


def _asked(messages: list[ModelMessage]) -> tuple[dict[str, Any], int]:
    """The last question, and how many responses there were since."""
    made = 0
    for message in reversed(messages):
        made += isinstance(message, ModelResponse)
        for part in message.parts:
            if isinstance(part, UserPromptPart):
                text = part.content if isinstance(part.content, str) else part.content[0]
                return json.loads(str(text)), made
    raise ValueError("There is no question.")


@receiver(committed)
def note(done: Committed, **_: Any) -> None:
    """When it was stored, by the clock that the one who receives it has too."""
    now = time.time()
    events = [event for unit in done.events.values() for event in unit]
    _log().write("".join(f"{event.run.id} {event.seq} {now:.6f}\n" for event in events))


@functools.cache
def _log() -> TextIO:
    return log_of(Path(settings.DATA_DIR), os.getpid()).open("a", buffering=1)
