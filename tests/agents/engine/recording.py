"""An engine without a database: a publisher that records, and assignments made by hand."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter

from agents.engine.building import AgentSpec
from agents.engine.calls import Calls, StoredCall
from agents.engine.deltas import DeltaStream
from agents.engine.loading import Assignment
from agents.engine.loop import answer
from agents.engine.steps import Steps
from agents.events import Envelope, Event
from agents.models import ToolCall
from agents.publishing.units import Delta, HeldRun, Unit
from agents.states import RunState
from agents.tools.base import ToolContext
from agents.tools.catalogue import load_tools
from tests import extension as extension  # registers the scripted model and its tools
from tests.extension.agents import TOOLS

load_tools()


class Recorder:
    """Takes units as the writer would, and keeps them."""

    def __init__(self) -> None:
        self.work: list[Unit | Delta] = []

    async def write(self, unit: Unit) -> None:
        self.submit(unit)

    def submit(self, work: Unit | Delta) -> None:
        self.work.append(work)

    @property
    def units(self) -> list[Unit]:
        return [work for work in self.work if isinstance(work, Unit)]

    @property
    def events(self) -> list[Event]:
        return [event for unit in self.units for event in unit.events]

    @property
    def deltas(self) -> list[Delta]:
        return [work for work in self.work if isinstance(work, Delta)]

    def messages(self) -> list[ModelMessage]:
        """What a worker that takes over would read."""
        stored = [message for unit in self.units for message in unit.messages]
        assert [message.index for message in stored] == list(range(len(stored)))
        bodies = ",".join(message.body for message in stored)
        return ModelMessagesTypeAdapter.validate_json(f"[{bodies}]")


def held() -> HeldRun:
    run_id = UUID(int=0xABCDEF << 100)
    envelope = Envelope(str(run_id), "thread", "actor")
    return HeldRun(run_id, 1, 0, RunState.RUNNING, 1, 1, envelope)


def assignment(script: Sequence[Any], **changes: Any) -> Assignment:
    now = timezone.now()
    spec = AgentSpec(
        name="actor",
        model="scripted:",
        instructions="Act.",
        tools=tuple(TOOLS),
        approval_tools=frozenset(changes.pop("approval_tools", ())),
        opening_tool=changes.pop("opening_tool", ""),
        plan="",
        step_limit=changes.pop("step_limit", 20),
        token_limit=None,
        cost_limit_usd=None,
    )
    defaults: dict[str, Any] = {
        "spec": spec,
        "title": "Actor",
        "question": json.dumps(script),
        "context": {},
        "conversation": [],
        "own": [],
        "calls": [],
        "toolbox": ToolContext(),
        "started_at": now,
        "deadline_at": now + timedelta(minutes=1),
        "cancellation": None,
    }
    return Assignment(**{**defaults, **changes})


async def act(given: Assignment, recorder: Recorder) -> str | None:
    """Drive the loop; the last response is recorded as well. None if it waits for approval."""
    run = held()
    calls = Calls(run, recorder, given.calls)
    answers = calls.answers()
    if answers.events:
        recorder.submit(answers)
    deltas = DeltaStream(run, recorder)
    steps = Steps(run, recorder, calls, deltas, given.own)
    result, _ = await answer(given, steps, calls, deltas)
    recorder.submit(steps.take_last())
    return result


def stored(
    key: tuple[int, int], tool: str, status: str, result: Any = None, **more: Any
) -> StoredCall:
    return StoredCall(key, tool, ToolCall.Status(status), result, **more)
