"""
The tool calls of one run: which were announced, which are finished, which are open.

A call's key is where the model asked for it: the number of the response, and its position there.
A run that another worker continues asks again under the same key, and gets the stored result.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from pydantic_ai.messages import ToolCallPart
from pydantic_core import from_json, to_json

from agents.engine.approvals import Answer, denial, question, resolved
from agents.engine.endings import Key, OpenCall
from agents.engine.plain import plain
from agents.events import Event, ToolExecuting, ToolExecutingData, ToolStatus
from agents.models import ToolCall
from agents.publishing.units import (
    ClosedCall,
    GrantedCall,
    HeldRun,
    OpenedCall,
    Publisher,
    Unit,
)


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call that was announced before this worker took over."""

    key: Key
    tool: str
    status: ToolCall.Status
    result: Any
    is_waiting: bool = False  # for somebody to decide on it
    answer: Answer | None = None  # what was decided, if watchers have not been told
    was_interrupted: bool = False  # it may have run before somebody was asked

    @classmethod
    def of(cls, row: ToolCall) -> Self:
        return cls(
            key=(row.response, row.position),
            tool=row.tool,
            status=ToolCall.Status(row.status),
            result=from_json(row.result) if row.result else None,
            is_waiting=row.is_waiting,
            answer=Answer.of(row),
            was_interrupted=bool(row.approval_reason),
        )

    @property
    def is_open(self) -> bool:
        return self.status == ToolCall.Status.OPEN


class Calls:
    """Announces and closes calls, each once, in units of their own."""

    def __init__(
        self, run: HeldRun, publisher: Publisher, stored: Iterable[StoredCall] = ()
    ) -> None:
        self._run = run
        self._publisher = publisher
        self._stored = {call.key: call for call in stored}
        self._keys: dict[str, Key] = {}
        self._open = {
            call.key: OpenCall(call.key, call.tool)
            for call in self._stored.values()
            if call.is_open
        }

    def expect(self, response: int, parts: Sequence[ToolCallPart]) -> None:
        """The model's response number `response` asks for these; from now on ids name them."""
        self._keys = {part.tool_call_id: (response, at) for at, part in enumerate(parts)}

    def key(self, tool_call_id: str | None) -> Key:
        return self._keys[tool_call_id or ""]

    def stored(self, key: Key) -> StoredCall | None:
        return self._stored.get(key)

    def is_open(self, key: Key) -> bool:
        return key in self._open

    @property
    def open(self) -> Iterable[OpenCall]:
        return list(self._open.values())

    async def announce(
        self, key: Key, tool: str, arguments: dict[str, Any], *, needs_approval: bool = False
    ) -> None:
        """Store the intent and tell watchers; returns when it is committed."""
        call = OpenCall(key, tool)
        parameters = plain(arguments, lenient=True)
        data = ToolExecutingData(tool_name=tool, parameters=parameters, call_id=call.call_id)
        opened = OpenedCall(*key, call.call_id, tool, to_json(parameters).decode())
        unit = Unit(run=self._run, events=[ToolExecuting(data=data)], opened=[opened])
        if needs_approval:
            event, asked = question(call, parameters)
            unit = replace(unit, events=[*unit.events, event], asked=[asked])
        self._open[key] = call
        await self._publisher.write(unit)

    async def ask_again(self, key: Key, arguments: dict[str, Any], reason: str) -> None:
        """Have somebody decide whether a call that may have run before runs once more."""
        event, asked = question(self._open[key], plain(arguments, lenient=True), reason)
        await self._publisher.write(Unit(run=self._run, events=[event], asked=[asked]))

    def answers(self) -> Unit:
        """What was decided since the run stopped for it; what was denied ends with being told."""
        events: list[Event] = []
        granted: list[GrantedCall] = []
        closed: list[ClosedCall] = []
        for key, call in self._stored.items():
            if call.answer is None:
                continue
            opened = self._open[key]
            events.append(resolved(opened.call_id, call.answer))
            if call.answer.decision == "approve":
                granted.append(GrantedCall(opened.call_id))
                continue
            result = denial(call.tool, call.answer, may_have_run=call.was_interrupted)
            event, row = self._open.pop(key).close("denied", result)
            self._stored[key] = replace(call, status=ToolCall.Status.DENIED, result=result)
            events.append(event)
            closed.append(row)
        return Unit(run=self._run, events=events, granted=granted, closed=closed)

    async def close(self, key: Key, status: ToolStatus, result: Any) -> None:
        """Store how a call ended, and tell watchers; `result` is plain JSON."""
        event, closed = self._open[key].close(status, result)
        del self._open[key]
        await self._publisher.write(Unit(run=self._run, events=[event], closed=[closed]))
