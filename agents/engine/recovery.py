"""
The maintenance of a worker process: keeps its leases, and takes care of runs nobody holds.

Every worker does this; compare-and-set decides who wins, so there is no leader.
"""

import logging
import os
import platform
import threading
import time
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import ParamSpec, Protocol
from uuid import UUID

from django.db.models import F, Q, Value
from django.db.models.functions import Now

from accounts.database import DATABASE_AWAY, on_thread
from accounts.exceptions import NetraError
from agents.dispatch import dispatch
from agents.engine.endings import Cancellation, calls_left_open, failed
from agents.engine.failures import failure_of
from agents.engine.loading import cancellation_of
from agents.engine.usable import Lookout
from agents.exceptions import DeadlinePassed, WorkerLost
from agents.models import Run, ToolCall, Worker
from agents.publishing import leases
from agents.publishing.decisions import expire
from agents.publishing.ending import end
from agents.publishing.units import HeldRun, Unit

logger = logging.getLogger(__name__)

PERIOD_SECONDS = 2
LOOP_SILENCE_SECONDS = 5  # an event loop that has not ticked for so long does not keep its leases
# A run that waits is started again after so long, each time later; the last holds from there on.
# The first, with a period, is below the 15 s in which a killed worker's run goes on: the message
# of one that it had not claimed yet is gone with it.
REDISPATCH = tuple(timedelta(seconds=seconds) for seconds in (10, 20, 40, 80, 160, 320, 600))
FORGOTTEN = timedelta(days=1)  # the row of a worker that has been silent for so long is removed
OVERDUE = timedelta(seconds=5)  # past its deadline; its own worker has had time to end it
BATCH = 100

Arguments = ParamSpec("Arguments")


class Process(Protocol):
    """What the maintenance needs of the engine."""

    @property
    def owner(self) -> str: ...

    @property
    def run_ids(self) -> Collection[UUID]: ...

    @property
    def ticked_at(self) -> float: ...  # time.monotonic() of the event loop's last sign of life

    @property
    def dead_thread(self) -> str: ...  # name of one that it cannot live without; empty if all live

    @property
    def spare(self) -> int: ...

    def adopt(self, run_id: UUID) -> None: ...

    def cancel(self, run_id: UUID, cancellation: Cancellation) -> None: ...

    def abort(self) -> None:
        """End this process at once; its runs are left to other workers."""


class Maintenance(threading.Thread):
    def __init__(self, process: Process) -> None:
        super().__init__(name="netra-maintenance", daemon=True)
        self._process = process
        self._stopped = threading.Event()
        self._takes_from = 0.0  # time.monotonic() before which no lost run is taken
        self._adopted: set[UUID] = set()  # in this round, and perhaps not claimed yet
        self._lookout = Lookout()

    def stop(self) -> None:
        self._lookout.stop()
        self._stopped.set()
        self.join(timeout=1)

    def run(self) -> None:
        self._lookout.start()
        while True:
            self._safely(self._tick)
            if self._stopped.wait(PERIOD_SECONDS):
                break
        self._safely(self._unregister)

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            on_thread(work)
        except DATABASE_AWAY as error:
            # Nobody could renew a lease meanwhile. The owners get one lease's time to do it.
            self._takes_from = time.monotonic() + leases.LEASE.total_seconds()
            logger.warning("Maintenance put off", extra={"reason": str(error)})
        except Exception:
            logger.exception("Maintenance failed")

    def _tick(self) -> None:
        if thread := self._process.dead_thread:
            logger.critical("A thread has died; ending this process", extra={"died": thread})
            self._process.abort()
            return
        begun = time.monotonic()
        self._adopted.clear()
        if self._loop_lives():
            _guarded(self._keep_leases)
            _guarded(self._appear)
            _guarded(self._pass_on_cancels)
        _guarded(self._expire_approvals)
        _guarded(self._end_overdue)
        self._heed_standstill(begun)
        if time.monotonic() >= self._takes_from:
            _guarded(self._give_up_hopeless)
            _guarded(self._take_left)
        # Last: others may start these too, so that they do not take the room of what is lost.
        _guarded(self._dispatch_due)
        self._heed_standstill(begun)

    def _heed_standstill(self, begun: float) -> None:
        """If the database stood still, the owners could not renew their leases either."""
        if time.monotonic() - begun > PERIOD_SECONDS:
            self._takes_from = time.monotonic() + leases.LEASE.total_seconds()

    def _unregister(self) -> None:
        Worker.objects.filter(pk=self._process.owner).delete()

    def _loop_lives(self) -> bool:
        """Whether this process may call itself alive, and its runs its own."""
        lives = time.monotonic() - self._process.ticked_at <= LOOP_SILENCE_SECONDS
        if not lives:
            logger.error("The event loop is stuck; its runs are left to other workers")
        return lives

    def _keep_leases(self) -> None:
        if own := self._process.run_ids:
            leases.renew(own, owner=self._process.owner)

    def _pass_on_cancels(self) -> None:
        """What our runs are asked, in case the request itself did not reach us."""
        own = self._process.run_ids
        asked = Run.objects.filter(pk__in=own).exclude(cancel_requested_at=None)
        for run in asked if own else ():
            if cancellation := cancellation_of(run):
                self._process.cancel(run.pk, cancellation)

    def _appear(self) -> None:
        """Keep this worker's row, and make it if it is not there (any more)."""
        now = {"live_runs": len(self._process.run_ids), "unusable": self._lookout.unusable}
        own = Worker.objects.filter(pk=self._process.owner)
        if own.update(seen_at=Now(), **now):
            return
        Worker.objects.create(id=self._process.owner, host=platform.node(), pid=os.getpid(), **now)
        Worker.objects.filter(seen_at__lte=Now() - Value(FORGOTTEN)).delete()

    def _dispatch_due(self) -> None:
        """Start what no worker has picked up: a broker may have lost it, and may lose it again."""
        startable = Run.objects.startable().exclude(pk__in=self._adopted)
        waiting = startable.filter(lease_expires_at=None)
        for run in waiting.filter(_due()).order_by("dispatched_at")[:BATCH]:
            _guarded(_start_again, run, self._adopt if self._room else dispatch)

    def _expire_approvals(self) -> None:
        """Nobody's decision counts as a denial. One index holds all calls that wait."""
        for call in ToolCall.objects.expired().order_by("approval_expires_at")[:BATCH]:
            _guarded(expire, call)

    def _end_overdue(self) -> None:
        overdue = Run.objects.live().filter(deadline_at__lte=Now() - Value(OVERDUE))
        message = "The run took longer than its time limit, and its worker did not end it."
        for run in overdue.order_by("deadline_at")[:BATCH]:
            _guarded(_give_up, run, DeadlinePassed(message), even_if_held=True)

    def _give_up_hopeless(self) -> None:
        for run in Run.objects.hopeless().order_by("lease_expires_at")[:BATCH]:
            message = f"{run.losses + 1} workers in a row were lost during the same step."
            _guarded(_give_up, run, WorkerLost(message))

    def _take_left(self) -> None:
        """Go on with runs that their worker left, as many as we have room for."""
        left = Run.objects.left().startable()
        handed_back_first = F("lease_expires_at").asc(nulls_first=True)
        for run in left.order_by(handed_back_first)[: self._room]:
            logger.warning("Taking over a run", extra={"run_id": str(run.pk)})
            self._adopt(run.pk)

    @property
    def _room(self) -> int:
        return max(self._process.spare - len(self._adopted), 0)

    def _adopt(self, run_id: UUID) -> None:
        self._adopted.add(run_id)
        self._process.adopt(run_id)


def _guarded(
    work: Callable[Arguments, object], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> None:
    """Do it; what one run's data caused stops nothing else. Raises DATABASE_AWAY only."""
    try:
        work(*args, **kwargs)
    except DATABASE_AWAY:
        raise
    except Exception:
        logger.exception("Maintenance failed", extra={"work": work.__name__, "of": str(args)})


def _due() -> Q:
    """Waiting for as long as its number of dispatches asks for, by the database's clock."""
    *growing, longest = enumerate(REDISPATCH)
    due = Q(dispatches__gte=longest[0], dispatched_at__lte=Now() - Value(longest[1]))
    for dispatches, patience in growing:
        due |= Q(dispatches=dispatches, dispatched_at__lte=Now() - Value(patience))
    return due


def _start_again(run: Run, start: Callable[[UUID], None]) -> None:
    """Of several workers that find the run due, one starts it."""
    seen = Run.objects.filter(pk=run.pk, dispatches=run.dispatches)
    if seen.update(dispatched_at=Now(), dispatches=F("dispatches") + 1):
        start(run.pk)


def _give_up(run: Run, error: NetraError, *, even_if_held: bool = False) -> None:
    def unit(held: HeldRun) -> Unit:
        return failed(held, failure_of(error, run_id=str(held.id)), calls_left_open(held))

    end(run.pk, unit, even_if_held=even_if_held)
