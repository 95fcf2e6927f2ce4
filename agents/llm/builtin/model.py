"""The analyst as a pydantic-ai model: thoughts, tool calls and a report, at no cost of tokens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ModelResponseStreamEvent,
    TextPart,
    ThinkingPart,
    ToolCallPart,
)
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings

from agents.analytics.naming import NamedValue
from agents.llm.builtin.asking.failures import kinds_of_failure
from agents.llm.builtin.asking.request import Request
from agents.llm.builtin.asking.understanding import understand
from agents.llm.builtin.conversation import Situation, situations_of
from agents.llm.builtin.planning import Step, opening_step, steps_for
from agents.llm.builtin.report import report, without_data, without_inspection
from agents.tools.inspect_data import Inspection

Part = ThinkingPart | ToolCallPart | TextPart

NAME = "netra-analyst"
INSPECT = "inspect_data"
QUESTIONS_RECALLED = 10  # a chain of follow-ups is hardly longer


@dataclass(frozen=True, slots=True)
class Turn:
    """One response: a step, or, when there is nothing left to find out, the report."""

    step: Step | None = None
    paragraphs: Sequence[str] = ()


def next_turn(plan: str, messages: Sequence[ModelMessage], tools: frozenset[str]) -> Turn:
    """
    What to do now, from nothing but the messages, so that any worker goes on alike.

    Only `tools` are called. Each response with tool calls since the last question was one step.
    """
    *earlier, situation = situations_of(messages)
    looks = situation.of_tool(INSPECT)
    if not looks:
        if INSPECT in tools:
            return Turn(opening_step(situation.question))
        return Turn(paragraphs=without_inspection(None))
    inspection = looks[-1].result(Inspection)
    if inspection is None:
        return Turn(paragraphs=without_inspection(looks[-1].problem(Inspection)))
    request = _request(situation, inspection, earlier)
    if inspection.dataset is None:
        return Turn(paragraphs=without_data(inspection))
    steps = _possible(steps_for(plan, request, inspection.dataset), tools)
    done = _steps_taken(situation)
    if done < len(steps):
        return Turn(steps[done])
    return Turn(paragraphs=report(plan, request, situation, inspection))


def _request(situation: Situation, inspection: Inspection, earlier: Sequence[Situation]) -> Request:
    """What is asked now, in the light of what was asked before."""
    before: Request | None = None
    for past in earlier[-QUESTIONS_RECALLED:]:
        looks = past.of_tool(INSPECT)
        seen = looks[-1].result(Inspection) if looks else None
        before = understand(past.question, _named(past.question, seen), before)
    named = _named(situation.question, inspection)
    dataset = inspection.dataset.name if inspection.dataset else ""
    return understand(situation.question, named, before, dataset)


def _named(question: str, inspection: Inspection | None) -> list[NamedValue]:
    """What of the data the question names; an error also by its kind."""
    if inspection is None or inspection.dataset is None:
        return []
    named = inspection.named
    if any(value.column == "error" for value in named):
        return named
    errors = inspection.dataset.values.get("error", [])
    return [*named, *kinds_of_failure(question, errors)]


def _steps_taken(situation: Situation) -> int:
    return sum(
        any(exchange.tool != INSPECT for exchange in exchanges) for exchanges in situation.rounds
    )


def _possible(steps: Sequence[Step], tools: frozenset[str]) -> list[Step]:
    """The steps with the calls that this agent can make."""
    usable = [
        Step(step.thought, tuple(call for call in step.calls if call.tool in tools))
        for step in steps
    ]
    return [step for step in usable if step.calls]


class Analyst(Model[None]):
    """Deterministic and stateless: the same messages give the same response, on any worker."""

    def __init__(self, plan: str) -> None:
        super().__init__()
        self._plan = plan

    @property
    def model_name(self) -> str:
        return NAME

    @property
    def system(self) -> str:
        return "netra"

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        parts = self._parts(messages, model_request_parameters)
        return ModelResponse(parts=_merged(parts), model_name=NAME)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,
    ) -> AsyncIterator[StreamedResponse]:
        parts = self._parts(messages, model_request_parameters)
        yield AnalystStream(model_request_parameters=model_request_parameters, _parts=parts)

    def _parts(
        self, messages: Sequence[ModelMessage], parameters: ModelRequestParameters
    ) -> list[Part]:
        tools = frozenset(tool.name for tool in parameters.declared_function_tools)
        turn = next_turn(self._plan, messages, tools)
        if turn.step is None:
            ends = ["\n\n"] * (len(turn.paragraphs) - 1) + [""]
            return [
                TextPart(paragraph + end)
                for paragraph, end in zip(turn.paragraphs, ends, strict=True)
            ]
        calls = [
            # The number of messages makes the id unique in the conversation, and repeatable.
            ToolCallPart(call.tool, call.arguments, tool_call_id=f"step-{len(messages)}-{number}")
            for number, call in enumerate(turn.step.calls, start=1)
        ]
        return [ThinkingPart(turn.step.thought), *calls]


@dataclass
class AnalystStream(StreamedResponse):
    """Streams a response in large pieces: a thought, a call, a paragraph each. Usage stays zero."""

    _parts: list[Part]
    _timestamp: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)

    async def _get_event_iterator(self) -> AsyncIterator[ModelResponseStreamEvent]:
        for index, part in enumerate(self._parts):
            match part:
                case ThinkingPart():
                    for event in self._parts_manager.handle_thinking_delta(
                        vendor_part_id=index, content=part.content
                    ):
                        yield event
                case ToolCallPart():
                    yield self._parts_manager.handle_tool_call_part(
                        vendor_part_id=index,
                        tool_name=part.tool_name,
                        args=part.args_as_dict(),
                        tool_call_id=part.tool_call_id,
                    )
                case TextPart():
                    for event in self._parts_manager.handle_text_delta(
                        vendor_part_id="report", content=part.content
                    ):
                        yield event

    async def close_stream(self) -> None:
        """There is no connection to close."""

    @property
    def model_name(self) -> str:
        return NAME

    @property
    def provider_name(self) -> None:
        return None

    @property
    def provider_url(self) -> None:
        return None

    @property
    def timestamp(self) -> datetime:
        return self._timestamp


def _merged(parts: Sequence[Part]) -> list[Part]:
    """Without a stream the paragraphs of a report are one text."""
    text = "".join(part.content for part in parts if isinstance(part, TextPart))
    merged: list[Part] = [part for part in parts if not isinstance(part, TextPart)]
    return [*merged, TextPart(text)] if text else merged
