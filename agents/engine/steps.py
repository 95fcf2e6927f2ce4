"""Turns what the model does into units: thoughts as events, messages as rows, text as deltas."""

from collections.abc import Sequence
from dataclasses import replace

from pydantic_ai.messages import (
    AgentStreamEvent,
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ThinkingPart,
    ThinkingPartDelta,
    ToolCallPart,
)

from accounts.text import storable
from agents.engine.calls import Calls
from agents.engine.deltas import DeltaStream
from agents.engine.plain import plain
from agents.events import AgentThinking, AgentThinkingData
from agents.publishing.units import HeldRun, NumberedMessage, Publisher, Unit


class Steps:
    """
    Records the model's responses of one run.

    A response that asks for tools is submitted before they run. The last one is held back, so that
    it is committed together with the end of the run: no worker ever finds an answer without an end.
    One that was neither is stored with the next: no run can be continued from it alone.
    """

    def __init__(
        self,
        run: HeldRun,
        publisher: Publisher,
        calls: Calls,
        deltas: DeltaStream,
        own: Sequence[ModelMessage],
    ) -> None:
        self._run = run
        self._publisher = publisher
        self._calls = calls
        self._deltas = deltas
        self._stored = len(own)
        self._responses = sum(isinstance(message, ModelResponse) for message in own)
        self._held: Unit | None = None

    @property
    def message_id(self) -> str:
        """Names the text that the next response streams."""
        return f"{self._run.id.hex[:12]}.{self._responses}"

    def stream(self, event: AgentStreamEvent) -> None:
        """Pass on a piece of text or thinking while it is made."""
        match event:
            case PartStartEvent(part=TextPart(content=piece)):
                self._deltas.text(self.message_id, piece)
            case PartStartEvent(part=ThinkingPart(content=piece)):
                self._deltas.thinking(self.message_id, piece)
            case PartDeltaEvent(delta=TextPartDelta(content_delta=piece)):
                self._deltas.text(self.message_id, piece)
            case PartDeltaEvent(delta=ThinkingPartDelta(content_delta=piece)):
                self._deltas.thinking(self.message_id, piece or "")

    def responded(self, own: Sequence[ModelMessage]) -> None:
        """A response is complete; `own` are the messages of this run so far, it is the last."""
        self._deltas.begin()
        response = own[-1]
        assert isinstance(response, ModelResponse)
        _make_storable(response)
        self._held = Unit(
            run=self._run,
            events=self._thoughts(response),
            messages=[
                NumberedMessage(index, ModelMessagesTypeAdapter.dump_json([message])[1:-1].decode())
                for index, message in enumerate(own[self._stored :], start=self._stored)
            ],
        )
        self._responses += 1

    def before_tools(self, response: ModelResponse) -> None:
        """Its tools run next: store the response first, and name its calls."""
        self.release()
        self._calls.expect(self._responses - 1, response.tool_calls)

    def asked_again(self) -> None:
        """The response was no answer, and the model is asked once more: tell what it thought."""
        if self._held is not None and self._held.events:
            self._publisher.submit(replace(self._held, messages=()))
        self._held = None

    def release(self) -> None:
        """Submit a response that turned out not to be the last."""
        if self._held is not None:
            self._publisher.submit(self.take_last())

    def take_last(self) -> Unit:
        """The last response, for the unit that ends the run."""
        last, self._held = self._held or Unit(run=self._run), None
        self._stored += len(last.messages)
        return last

    def _thoughts(self, response: ModelResponse) -> list[AgentThinking]:
        """What the model thought; beside calls its text is a thought too, not the answer."""
        thinking = [part.content for part in response.parts if isinstance(part, ThinkingPart)]
        thoughts = [self._thought(content) for content in thinking if content.strip()]
        if response.tool_calls:
            text = response.text or ""
            if text.strip():
                thoughts.append(self._thought(text, self.message_id))
            elif not thoughts:
                thoughts.append(self._thought(_derived_thought(response.tool_calls)))
        return thoughts

    def _thought(self, content: str, message_id: str | None = None) -> AgentThinking:
        return AgentThinking(
            data=AgentThinkingData(
                agent_id=self._run.agent_id,
                message=_first_sentence(content),
                thought=storable(content),
                step=self._responses + 1,
                message_id=message_id,
            )
        )


def _make_storable(response: ModelResponse) -> None:
    """In place: the loop goes on with this object, and the provider would refuse the text too."""
    for part in response.parts:
        if isinstance(part, TextPart | ThinkingPart):
            part.content = storable(part.content)
        elif isinstance(part, ToolCallPart) and part.args is not None:
            part.args = plain(part.args)


def _derived_thought(calls: Sequence[ToolCallPart]) -> str:
    """For a model that calls tools without a word."""
    named = []
    for call in calls:
        arguments = ", ".join(f"{name}={value!r}" for name, value in call.args_as_dict().items())
        named.append(f"{call.tool_name}({arguments})")
    return f"Next: {'; '.join(named)}."


def _first_sentence(text: str) -> str:
    """A readable beginning, at most 200 characters long."""
    first = storable(text).strip().split("\n", 1)[0]
    return first if len(first) <= 200 else f"{first[:199]}…"
