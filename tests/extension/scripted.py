"""
A model that does what the question says, so that a test can describe a run where it asks for it.

The question is a JSON list of responses. Each may have `think` (text), `calls` ([[tool, arguments],
…]), `say` (text, or a list of pieces; between them `{"gate": …}` waits until the test opens it, and
`{"halves": …}` is said in halves of surrogate pairs) and `pause` (seconds before each piece).
`recall` says how much of the conversation the model was given.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, DeltaThinkingPart, DeltaToolCall, FunctionModel

from agents.llm.providers import provider
from tests.extension.tools import opened


@provider("scripted")
def scripted(name: str) -> Model:
    return FunctionModel(stream_function=_stream, model_name=f"scripted:{name}")


async def _stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
    script, done = _script_in(messages)
    response = script[done]
    if "think" in response:
        yield {0: DeltaThinkingPart(content=response["think"])}
    say = _recalled(messages) if "recall" in response else response.get("say", [])
    for piece in [say] if isinstance(say, str) else say:
        if isinstance(piece, dict) and "gate" in piece:
            await opened(piece["gate"])
            continue
        if isinstance(piece, dict):
            for half in _halves(piece["halves"]):
                yield half
            continue
        await asyncio.sleep(response.get("pause", 0))
        yield piece
    for at, (tool, arguments) in enumerate(response.get("calls", []), start=1):
        call_id = f"r{done}c{at}"
        yield {at: DeltaToolCall(tool, json.dumps(arguments), tool_call_id=call_id)}


def _halves(text: str) -> list[str]:
    units = text.encode("utf-16-le")
    return [chr(int.from_bytes(units[at : at + 2], "little")) for at in range(0, len(units), 2)]


def _recalled(messages: list[ModelMessage]) -> str:
    parts = [part for message in messages for part in message.parts]
    questions = sum(isinstance(part, UserPromptPart) for part in parts)
    results = sum(isinstance(part, ToolReturnPart) for part in parts)
    return f"{questions} questions, {results} tool results"


def _script_in(messages: list[ModelMessage]) -> tuple[list[dict[str, Any]], int]:
    """The script of the last question, and how many of its responses were made."""
    made = 0
    for message in reversed(messages):
        if isinstance(message, ModelResponse):
            made += 1
            continue
        for part in message.parts if isinstance(message, ModelRequest) else ():
            if isinstance(part, UserPromptPart):
                content = part.content if isinstance(part.content, str) else part.content[0]
                if str(content).startswith("["):  # and not a reminder to answer
                    return json.loads(str(content)), made
    raise ValueError("There is no question.")
