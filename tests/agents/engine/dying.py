"""Workers that die between two writes: what they had in memory is gone, what they wrote stays."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from agents.engine.deltas import DeltaStream
from agents.engine.loading import Assignment, load
from agents.engine.runner import Execution, LiveRun
from agents.publishing import leases
from agents.publishing.push import Push
from agents.publishing.units import Delta, HeldRun, Unit
from agents.publishing.writer import Writer


@dataclass(frozen=True)
class Death:
    """Right before the unit of this number (from 0) is handed over, or once it is stored."""

    unit: int
    is_stored: bool

    @classmethod
    def number(cls, point: int) -> "Death":
        """All moments of a run, in order: before unit 0, after unit 0, before unit 1, …"""
        unit, is_stored = divmod(point, 2)
        return cls(unit, bool(is_stored))


@dataclass
class MortalWriter:
    """The real writer, as a worker sees it that dies at a given moment. A `Publisher`."""

    writer: Writer
    death: Death | None
    worker: "asyncio.Task[None]"
    handed_over: int = 0
    is_dead: bool = False
    unwritten: list[Unit] = field(default_factory=list)

    async def write(self, unit: Unit) -> None:
        number = self._take(unit)
        if self.is_dead:
            await asyncio.Event().wait()
        await self.writer.write(unit)
        if self._dies_with(number, is_stored=True):
            await asyncio.Event().wait()

    def submit(self, work: Unit | Delta) -> None:
        if isinstance(work, Delta):
            if not self.is_dead:
                self.writer.submit(work)
            return
        number = self._take(work)
        if not self.is_dead:
            self.writer.submit(work)
            self._dies_with(number, is_stored=True)

    def _take(self, unit: Unit) -> int:
        """Its number; it does not get through if the worker is dead or dies now."""
        number = self.handed_over
        self.handed_over += 1
        if self.is_dead or self._dies_with(number, is_stored=False):
            self.unwritten.append(unit)
        return number

    def _dies_with(self, number: int, *, is_stored: bool) -> bool:
        if self.death == Death(number, is_stored):
            self.is_dead = True
            self.worker.cancel()
        return self.is_dead


@dataclass(frozen=True)
class Shift:
    """What one worker did of a run."""

    held: HeldRun
    handed_over: int
    is_dead: bool
    unwritten: Sequence[Unit]


def work(run_id: UUID, *, owner: str, death: Death | None = None) -> Shift:
    """Claim the run and drive it, as a worker process does, to its end or to the worker's death."""
    held = leases.claim(run_id, owner=owner)
    assert held is not None
    return asyncio.run(_drive(held, load(held), death))


async def _drive(held: HeldRun, assignment: Assignment, death: Death | None) -> Shift:
    writer = Writer(asyncio.get_running_loop(), _nobody_listens)
    writer.start()

    async def live() -> None:
        await Execution(run, mortal, assignment).drive()

    task = asyncio.create_task(live())
    mortal = MortalWriter(writer, death, task)
    run = LiveRun(held, task, DeltaStream(held, mortal))
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()
    await asyncio.to_thread(writer.stop)
    return Shift(held, mortal.handed_over, mortal.is_dead, mortal.unwritten)


def _nobody_listens(messages: Sequence[Push]) -> None:
    """Pushes are hints."""
