"""The first run in a cold process takes 600 ms longer; this takes them before a user does."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from agents.catalog.analyst import BUILTIN, Plan
from agents.engine.building import AgentSpec
from agents.engine.calls import Calls
from agents.engine.deltas import DeltaStream
from agents.engine.loading import Assignment
from agents.engine.loop import answer
from agents.engine.steps import Steps
from agents.events import Envelope
from agents.publishing.units import Delta, HeldRun, Unit
from agents.states import RunState
from agents.tools.base import REGISTRY, ToolContext


class _Nowhere:
    """A publisher of a run that is none."""

    async def write(self, unit: Unit) -> None:
        return

    def submit(self, work: Unit | Delta) -> None:
        return


async def warm_up() -> None:
    """Let the built-in analyst look at no data, through the whole engine except the database."""
    nowhere = _Nowhere()
    run_id = uuid4()
    held = HeldRun(run_id, 0, 0, RunState.RUNNING, 0, 0, Envelope(str(run_id), "", "warm_up"))
    calls = Calls(held, nowhere)
    deltas = DeltaStream(held, nowhere)
    steps = Steps(held, nowhere, calls, deltas, [])
    now = timezone.now()
    spec = AgentSpec(
        name="warm_up",
        model=BUILTIN,
        instructions="",
        tools=tuple(sorted(REGISTRY)),
        opening_tool="inspect_data",
        plan=Plan.DATA_ANALYSIS,
        step_limit=5,
        token_limit=None,
        cost_limit_usd=None,
    )
    assignment = Assignment(
        spec=spec,
        title="",
        question="What can you do?",
        context={},
        conversation=[],
        own=[],
        calls=[],
        toolbox=ToolContext(),
        started_at=now,
        deadline_at=now + timedelta(minutes=1),
        cancellation=None,
    )
    await answer(assignment, steps, calls, deltas)
