"""Makes every tool call an event pair and a stored step, and never repeats a finished one."""

import asyncio
import logging
from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any

from pydantic_ai import RunContext
from pydantic_ai.exceptions import ApprovalRequired, ModelRetry, ToolFailed
from pydantic_ai.toolsets import ToolsetTool, WrapperToolset

from accounts.text import storable
from agents.engine.approvals import INTERRUPTED
from agents.engine.calls import Calls, StoredCall
from agents.engine.deltas import DeltaStream
from agents.engine.endings import Key, call_id_of
from agents.engine.plain import plain
from agents.events import ToolStatus
from agents.exceptions import ToolError
from agents.models import ToolCall
from agents.publishing.units import RunLost, UnitRefused
from agents.tools.base import REGISTRY, ToolContext

logger = logging.getLogger(__name__)


@dataclass
class DurableToolset(WrapperToolset[ToolContext]):
    """Wraps the tools of one run. A call that has to wait for approval stops the loop with it."""

    calls: Calls
    deltas: DeltaStream
    approval_tools: Set[str] = frozenset()  # beside those that always need it

    async def call_tool(
        self,
        name: str,
        tool_args: dict[str, Any],
        ctx: RunContext[ToolContext],
        tool: ToolsetTool[ToolContext],
    ) -> Any:
        key = self.calls.key(ctx.tool_call_id)
        stored = self.calls.stored(key)
        if stored is not None and not stored.is_open:
            return _stored_result(stored)
        if await self._has_to_wait(key, name, tool_args):
            raise ApprovalRequired
        try:
            async with asyncio.timeout(REGISTRY[name].timeout_seconds):
                result = plain(
                    await self.wrapped.call_tool(name, tool_args, self._with_notes(ctx, key), tool)
                )
        except (RunLost, UnitRefused):
            raise
        except Exception as error:
            message = storable(_explain(name, error))
            await self._close(key, "failed", message)
            if isinstance(error, ModelRetry):
                raise ModelRetry(message) from error
            raise ToolFailed(message) from error
        await self._close(key, "succeeded", result)
        return result

    async def _has_to_wait(self, key: Key, name: str, tool_args: dict[str, Any]) -> bool:
        """Announce the call unless that was done; whether somebody has to decide on it first."""
        stored = self.calls.stored(key)
        if stored is None:
            is_asked = REGISTRY[name].needs_approval or name in self.approval_tools
            await self.calls.announce(key, name, tool_args, needs_approval=is_asked)
            return is_asked
        if stored.is_waiting or stored.answer is not None:
            return stored.is_waiting
        if REGISTRY[name].may_repeat:
            return False
        await self.calls.ask_again(key, tool_args, INTERRUPTED)
        return True

    async def _close(self, key: Key, status: ToolStatus, result: Any) -> None:
        """How far the call came precedes how it ended."""
        self.deltas.flush()
        await self.calls.close(key, status, result)

    def _with_notes(self, ctx: RunContext[ToolContext], key: Key) -> RunContext[ToolContext]:
        """The context of this call: its progress notes carry its id, from whatever thread."""
        loop = asyncio.get_running_loop()

        def pass_on(text: str) -> None:
            if self.calls.is_open(key):  # a thread that was given up may go on talking
                self.deltas.note(call_id_of(key), text)

        def note(text: str) -> None:
            loop.call_soon_threadsafe(pass_on, text)

        return replace(ctx, deps=replace(ctx.deps, note=note))


def _explain(name: str, error: Exception) -> str:
    """What the model and the watchers read of a tool that failed; the run goes on."""
    match error:
        case ToolError() | ToolFailed() | ModelRetry():
            return error.message
        case TimeoutError():
            limit = REGISTRY[name].timeout_seconds
            return f"{name} did not finish within {limit:g} s and was abandoned."
        case _:
            logger.error("Tool failed", exc_info=error, extra={"tool": name})
            return f"{name} failed unexpectedly."


def _stored_result(stored: StoredCall) -> Any:
    if stored.status == ToolCall.Status.SUCCEEDED:
        return stored.result
    raise ToolFailed(str(stored.result))
