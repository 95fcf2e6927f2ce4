"""What the analyst is asked, and what it has found out since: read from the messages alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextContent,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

Kind = TypeVar("Kind", bound=BaseModel)

UNREADABLE = "its result has a form that I do not know"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A tool call and what came back; `content` is None while nothing has."""

    tool: str
    arguments: dict[str, Any]
    content: Any
    is_success: bool

    def result(self, kind: type[Kind]) -> Kind | None:
        """The result as the tool's own type; None if the call failed or it is another type."""
        if not self.is_success:
            return None
        try:
            return kind.model_validate(self.content)
        except ValidationError:
            return None

    def problem(self, kind: type[BaseModel]) -> str | None:
        """Why there is no result of this type, None if there is one."""
        if not self.is_success:
            return str(self.content)
        return None if self.result(kind) is not None else UNREADABLE


@dataclass(frozen=True, slots=True)
class Situation:
    """A question of the user, and the calls made for it, response by response."""

    question: str
    rounds: tuple[tuple[Exchange, ...], ...] = ()

    @property
    def exchanges(self) -> Iterator[Exchange]:
        for exchanges in self.rounds:
            yield from exchanges

    def of_tool(self, tool: str) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.tool == tool]


def situations_of(messages: Sequence[ModelMessage]) -> list[Situation]:
    """The questions of a conversation, the last one last; never none."""
    questions = [
        (index, _text(part))
        for index, message in enumerate(messages)
        if isinstance(message, ModelRequest)
        for part in message.parts
        if isinstance(part, UserPromptPart)
    ] or [(0, "")]
    ends = [*(index for index, _ in questions[1:]), len(messages)]
    return [
        Situation(question, _rounds(messages[start:end]))
        for (start, question), end in zip(questions, ends, strict=True)
    ]


def _rounds(messages: Sequence[ModelMessage]) -> tuple[tuple[Exchange, ...], ...]:
    returned = {
        part.tool_call_id: part
        for message in messages
        if isinstance(message, ModelRequest)
        for part in message.parts
        if isinstance(part, ToolReturnPart)
    }
    return tuple(
        tuple(_exchange(call, returned.get(call.tool_call_id)) for call in message.tool_calls)
        for message in messages
        if isinstance(message, ModelResponse) and message.tool_calls
    )


def _exchange(call: ToolCallPart, returned: ToolReturnPart | None) -> Exchange:
    arguments = call.args_as_dict()
    if returned is None:
        return Exchange(call.tool_name, arguments, "It was not run.", is_success=False)
    is_success = returned.outcome == "success"
    return Exchange(call.tool_name, arguments, returned.content, is_success)


def _text(part: UserPromptPart) -> str:
    """The question is the first piece; what a client sends along stands behind it."""
    if isinstance(part.content, str):
        return part.content
    for piece in part.content:
        if isinstance(piece, str):
            return piece
        if isinstance(piece, TextContent):
            return piece.content
    return ""
