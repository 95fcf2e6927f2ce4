"""Drives one run from its claim to its end, whatever the end is."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils import timezone
from pydantic_ai.messages import ModelMessage

from accounts.text import storable
from agents.engine.calls import Calls
from agents.engine.deltas import DeltaStream
from agents.engine.endings import Cancellation, cancelled, failed
from agents.engine.failures import failure_of
from agents.engine.loading import Assignment
from agents.engine.loop import answer
from agents.engine.steps import Steps
from agents.engine.usage import usage_of
from agents.events import (
    AgentCompleted,
    AgentCompletedData,
    AgentStarted,
    AgentStartedData,
    Event,
    RunResumed,
    RunResumedData,
)
from agents.exceptions import DeadlinePassed
from agents.publishing.units import HeldRun, Outcome, Publisher, RunLost, Unit, UnitRefused
from agents.states import RunState, can_move

RESUMED = "A worker was lost; another one continues from the last finished step."


@dataclass(slots=True, eq=False)
class LiveRun:
    """A run that this process drives, and what may be asked of it from outside. On the loop."""

    held: HeldRun
    task: "asyncio.Task[Any]"
    deltas: DeltaStream
    cancellation: Cancellation | None = None
    is_ending: bool = False

    def cancel(self, cancellation: Cancellation) -> None:
        """Stop it wherever it is. Asked twice, or while its end is being written, does nothing."""
        if self.cancellation is None and not self.is_ending:
            self.cancellation = cancellation
            self.task.cancel()


class Execution:
    """One worker's part in a run."""

    def __init__(self, live: LiveRun, publisher: Publisher, assignment: Assignment) -> None:
        self._live = live
        self._run = live.held
        self._publisher = publisher
        self._assignment = assignment
        self._calls = Calls(self._run, publisher, assignment.calls)
        self._steps = Steps(self._run, publisher, self._calls, live.deltas, assignment.own)

    async def drive(self) -> None:
        """
        Return when the run's end is committed, or that it waits for somebody's approval.

        Raises RunLost if another worker owns the run, and CancelledError if this process lets go of
        it; then the run is not ended.
        """
        try:
            result, own = await self._answer()
            if result is None:
                await self._park()
            else:
                await self._complete(result, own)
        except RunLost:
            raise
        except asyncio.CancelledError:
            if self._live.cancellation is None:
                raise
            self._live.task.uncancel()
            self._steps.release()
            await self._end(cancelled(self._run, self._live.cancellation, self._calls.open))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the run has an end
            failure = failure_of(error, run_id=str(self._run.id))
            if not isinstance(error, UnitRefused):
                self._steps.release()
            await self._end(failed(self._run, failure, self._calls.open))

    async def _answer(self) -> tuple[str | None, list[ModelMessage]]:
        if self._assignment.cancellation is not None:
            self._live.cancel(self._assignment.cancellation)
        await self._publisher.write(self._beginning())
        remaining = (self._assignment.deadline_at - timezone.now()).total_seconds()
        try:
            async with asyncio.timeout(max(remaining, 0)) as limit:
                return await answer(self._assignment, self._steps, self._calls, self._live.deltas)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise DeadlinePassed(
                "The run took longer than its time limit. Ask for less, or raise the timeout."
            ) from error

    def _beginning(self) -> Unit:
        answers = self._calls.answers()
        starts = can_move(self._run.state, RunState.RUNNING)
        events = [*self._begun(), *answers.events]
        return replace(answers, events=events, move=RunState.RUNNING if starts else None)

    def _begun(self) -> list[Event]:
        """Nothing for a run that stopped to wait: nobody was lost."""
        agent_id = self._run.agent_id
        if self._run.state == RunState.WAITING_FOR_APPROVAL:
            return []
        if self._run.last_seq:
            data = RunResumedData(agent_id=agent_id, message=RESUMED, reason=RESUMED)
            return [RunResumed(data=data)]
        message = f"{self._assignment.title} has started."
        return [AgentStarted(data=AgentStartedData(agent_id=agent_id, message=message))]

    async def _park(self) -> None:
        """Let go of the run until somebody has decided. A cancel meanwhile still ends it."""
        self._live.deltas.flush()
        await self._publisher.write(Unit(run=self._run, move=RunState.WAITING_FOR_APPROVAL))

    async def _complete(self, result: str, own: Sequence[ModelMessage]) -> None:
        last = self._steps.take_last()
        usage = usage_of(own)
        data = AgentCompletedData(
            agent_id=self._run.agent_id,
            message=f"{self._assignment.title} has finished.",
            result=storable(result),
            usage=usage,
            duration_ms=self._duration_ms(),
            agents_involved=[self._run.envelope.agent],
        )
        outcome = Outcome(
            result=data.result,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_usd=Decimal(usage.cost_usd) if usage.cost_usd is not None else None,
        )
        await self._end(
            Unit(
                run=self._run,
                events=[*last.events, AgentCompleted(data=data)],
                messages=last.messages,
                move=RunState.COMPLETED,
                outcome=outcome,
            )
        )

    async def _end(self, unit: Unit) -> None:
        self._live.is_ending = True  # from here on a cancel comes too late
        self._live.deltas.flush()
        await self._publisher.write(unit)

    def _duration_ms(self) -> float:
        return round((time.time() - self._assignment.started_at.timestamp()) * 1000, 1)
