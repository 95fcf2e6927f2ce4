"""
The tool calls of one run: which were announced, which are finished, which are open.

A call's key is where the model asked for it: the number of the response, and its position there.
A run that another worker continues asks again under the same key, and gets the stored result.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic_ai.messages import ToolCallPart
from pydantic_core import from_json, to_json

from agents.engine.endings import Key, OpenCall
from agents.engine.plain import plain
from agents.events import ToolExecuting, ToolExecutingData, ToolStatus
from agents.models import ToolCall
from agents.publishing.units import HeldRun, OpenedCall, Publisher, Unit


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call that was announced before this worker took over."""

    key: Key
    tool: str
    status: ToolCall.Status
    result: Any

    @classmethod
    def of(cls, row: ToolCall) -> Self:
        result = from_json(row.result) if row.result else None
        return cls((row.response, row.position), row.tool, ToolCall.Status(row.status), result)

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

    async def announce(self, key: Key, tool: str, arguments: dict[str, Any]) -> OpenCall:
        """Store the intent and tell watchers; returns when it is committed."""
        call = OpenCall(key, tool)
        parameters = plain(arguments, lenient=True)
        data = ToolExecutingData(tool_name=tool, parameters=parameters, call_id=call.call_id)
        opened = OpenedCall(*key, call.call_id, tool, to_json(parameters).decode())
        self._open[key] = call
        await self._publisher.write(
            Unit(run=self._run, events=[ToolExecuting(data=data)], opened=[opened])
        )
        return call

    async def close(self, key: Key, status: ToolStatus, result: Any) -> None:
        """Store how a call ended, and tell watchers; `result` is plain JSON."""
        event, closed = self._open[key].close(status, result)
        del self._open[key]
        await self._publisher.write(Unit(run=self._run, events=[event], closed=[closed]))
