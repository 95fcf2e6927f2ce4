"""
The group-commit writer: one thread per worker process commits what accumulated meanwhile.

Order is kept: what was submitted first is stored and pushed first, deltas included.
"""

import asyncio
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from django.db import connection
from django.dispatch import Signal

from accounts.database import DATABASE_AWAY, on_thread
from agents.dispatch import dispatch_next
from agents.publishing import leases
from agents.publishing.push import Push, delta_push, event_push
from agents.publishing.store import Committed, commit
from agents.publishing.units import Delta, HeldRun, RunLost, Unit, UnitRefused

logger = logging.getLogger(__name__)

# Back-to-back IMMEDIATE commits starved other processes (p99 736 ms); with the pause 1.7 ms.
SQLITE_PAUSE_SECONDS = 0.002
RETRY_SECONDS = (0.05, 0.2, 1.0)  # then every second, until the database is back
BATCH_LIMIT = 500

# Sent on the writer's thread after each commit, with what it has `done`. Receivers are quick.
committed = Signal()


@dataclass(frozen=True, slots=True)
class Claim:
    """Asks to hold a run."""

    run_id: UUID
    owner: str


Work: TypeAlias = Unit | Delta | Claim
Waiter: TypeAlias = "asyncio.Future[Any] | None"
Result = TypeVar("Result")


class Writer(threading.Thread):
    def __init__(
        self, loop: asyncio.AbstractEventLoop, push: Callable[[Sequence[Push]], None]
    ) -> None:
        super().__init__(name="netra-writer", daemon=True)
        self._loop = loop
        self._push = push
        self._work: queue.SimpleQueue[tuple[Work, Waiter] | None] = queue.SimpleQueue()

    def submit(self, work: Unit | Delta) -> None:
        """Write in order, without waiting. Any thread."""
        self._work.put((work, None))

    async def write(self, unit: Unit) -> None:
        """
        Return after the commit; raises RunLost or UnitRefused. Called on the loop.

        A unit that was submitted before and refused counts: only the end of the run may follow it.
        """
        await self._ask(unit)
        if unit.run.is_refused and not unit.is_terminal:
            raise UnitRefused

    async def claim(self, claim: Claim) -> HeldRun | None:
        """The run, if it could be claimed. Called on the loop."""
        run: HeldRun | None = await self._ask(claim)
        return run

    def stop(self) -> None:
        """Write what was submitted, then end."""
        self._work.put(None)
        self.join(timeout=4)  # a process that is asked to end has 10 s

    async def _ask(self, work: Work) -> Any:
        waiter = self._loop.create_future()
        self._work.put((work, waiter))
        return await waiter

    # --- the thread ----------------------------------------------------------------------------

    def run(self) -> None:
        while (first := self._work.get()) is not None:
            batch, is_last = self._with_accumulated(first)
            self._write(batch)
            if is_last:
                break
            if connection.vendor == "sqlite" and not self._work.empty():
                time.sleep(SQLITE_PAUSE_SECONDS)
        connection.close()

    def _with_accumulated(
        self, first: tuple[Work, Waiter]
    ) -> tuple[list[tuple[Work, Waiter]], bool]:
        batch = [first]
        while len(batch) < BATCH_LIMIT:
            try:
                entry = self._work.get_nowait()
            except queue.Empty:
                return batch, False
            if entry is None:
                return batch, True
            batch.append(entry)
        return batch, False

    def _write(self, batch: list[tuple[Work, Waiter]]) -> None:
        claims = [(work, waiter) for work, waiter in batch if isinstance(work, Claim)]
        rest = [(work, waiter) for work, waiter in batch if not isinstance(work, Claim)]
        for work, waiter in claims:
            self._resolve([(waiter, self._claim(work))])
        if rest:
            self._write_units(rest)

    def _claim(self, claim: Claim) -> HeldRun | Exception | None:
        try:
            return self._persistently(lambda: leases.claim(claim.run_id, owner=claim.owner))
        except Exception as error:
            logger.exception("Claim failed", extra={"run_id": str(claim.run_id)})
            return error

    def _write_units(self, batch: list[tuple[Unit | Delta, Waiter]]) -> None:
        units = [work for work, _ in batch if isinstance(work, Unit)]
        attempts = itertools.count()

        def write() -> Committed:
            return commit(units, is_repeated=next(attempts) > 0)

        try:
            done = self._persistently(write) if units else Committed()
        except Exception:  # noqa: BLE001 - whatever one run's data caused must not stop the others
            runs = list(dict.fromkeys(work.run for work, _ in batch))
            if len(runs) == 1:
                self._refuse(batch)
                return
            for run in runs:
                self._write_units([entry for entry in batch if entry[0].run is run])
            return
        self._finish(batch, done)

    def _finish(self, batch: list[tuple[Unit | Delta, Waiter]], done: Committed) -> None:
        """After the commit: push in order, wake who waits, start who is next."""
        committed.send_robust(Writer, done=done)
        self._tell([work for work, _ in batch], done)
        self._resolve(
            [(waiter, RunLost() if work.run in done.lost else None) for work, waiter in batch]
        )
        for work, _ in batch:
            if isinstance(work, Unit) and work.lets_go and work.run not in done.lost:
                dispatch_next(work.run.thread_id)  # or itself, if it has its answer already

    def _tell(self, works: Sequence[Unit | Delta], done: Committed) -> None:
        """What was committed is safe: whatever goes wrong here costs a hint, not the thread."""
        try:
            if pushes := _pushes(works, done):
                self._push(pushes)
        except Exception:
            logger.exception("Push failed", extra={"works": len(works)})

    def _refuse(self, batch: list[tuple[Unit | Delta, Waiter]]) -> None:
        run = batch[0][0].run
        run.is_refused = True
        logger.exception("The database refused a unit", extra={"run_id": str(run.id)})
        self._resolve([(waiter, UnitRefused()) for _, waiter in batch])

    def _persistently(self, write: Callable[[], Result]) -> Result:
        """Repeat while the database is away; the fence keeps late writes harmless."""
        attempt = 0
        while True:
            try:
                return on_thread(write)
            except DATABASE_AWAY as error:
                delay = RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)]
                logger.warning("Write repeated", extra={"reason": str(error), "attempt": attempt})
                attempt += 1
                time.sleep(delay)

    def _resolve(self, answers: Sequence[tuple[Waiter, Any]]) -> None:
        waiting = [(waiter, answer) for waiter, answer in answers if waiter is not None]
        if waiting:
            self._loop.call_soon_threadsafe(_wake, waiting)


def _pushes(batch: Sequence[Unit | Delta], done: Committed) -> list[Push]:
    """What to tell watchers, in the order of the batch; nothing of runs that were lost."""
    reached: dict[HeldRun, int] = {}  # the last event before the work at hand
    for events in done.events.values():
        if events:
            reached.setdefault(events[0].run, events[0].seq - 1)
    pushes: list[Push] = []
    units = iter(range(len(batch)))
    for work in batch:
        if isinstance(work, Unit):
            for event in done.events.get(next(units), ()):
                pushes.append(event_push(event))
                reached[work.run] = event.seq
        elif work.run not in done.lost:
            pushes += _delta_pushes(work, after=reached.get(work.run, work.run.last_seq))
    return pushes


def _delta_pushes(delta: Delta, after: int) -> list[Push]:
    """One push, or none for a delta that cannot be put into JSON: the event will tell its text."""
    try:
        return [delta_push(delta, after)]
    except ValueError:
        logger.exception("Delta dropped", extra={"run_id": str(delta.run.id), "type": delta.type})
        return []


def _wake(waiting: Sequence[tuple["asyncio.Future[Any]", Any]]) -> None:
    for waiter, answer in waiting:
        if waiter.done():
            continue  # who asked was cancelled meanwhile
        if isinstance(answer, Exception):
            waiter.set_exception(answer)
        else:
            waiter.set_result(answer)
