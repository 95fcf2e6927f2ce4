"""
What trial stacks have beside a normal Netra, named in their NETRA_EXTENSIONS: a tool whose effects
can be counted, and a model that does what the question says.

The question is the JSON of a `Script`.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic_ai.messages import ModelMessage, ModelResponse, UserPromptPart
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from agents.llm.providers import provider
from agents.tools.base import Call, tool
from netra.trial import ledger
from netra.trial.script import Script


@tool()
async def write_in_ledger(call: Call, entry: str, pause: float) -> str:
    """Take effect once, `pause` seconds after the beginning and before the end of the call."""
    await asyncio.sleep(pause)
    ledger.add(Path(settings.DATA_DIR), entry)
    await asyncio.sleep(pause)
    return f"{entry} is done"


@provider("trial")
def trial(name: str) -> Model:
    return FunctionModel(stream_function=_stream, model_name=f"trial:{name}")


async def _stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
    """The next response: some text, and calls until there were enough."""
    script, made = _asked(messages)
    for word in (f"Response {made} ", "of ", script.label, "."):
        await asyncio.sleep(script.pause / 4)
        yield word
    if made < script.responses:
        for number in range(script.calls):
            arguments = {"entry": script.entry(made, number), "pause": script.pause / 2}
            call_id = f"r{made}c{number}"
            yield {
                number + 1: DeltaToolCall(
                    "write_in_ledger", json.dumps(arguments), tool_call_id=call_id
                )
            }


def _asked(messages: list[ModelMessage]) -> tuple[Script, int]:
    """The script of the last question, and how many responses there were since."""
    made = 0
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            made += 1
            continue
        for part in message.parts:
            if isinstance(part, UserPromptPart):
                text = part.content if isinstance(part.content, str) else part.content[0]
                return Script.read(str(text)), made
    raise ValueError("There is no question.")
