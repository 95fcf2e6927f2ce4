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
from typing import Protocol
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Now
from django.utils import timezone

from accounts.database import DATABASE_AWAY, on_thread
from accounts.exceptions import NetraError
from agents.dispatch import dispatch
from agents.engine.endings import Cancellation, calls_left_open, failed
from agents.engine.failures import failure_of
from agents.engine.loading import cancellation_of
from agents.exceptions import DeadlinePassed, WorkerLost
from agents.models import Run, Worker
from agents.publishing import leases
from agents.publishing.ending import end
from agents.publishing.units import HeldRun, Unit

logger = logging.getLogger(__name__)

PERIOD_SECONDS = 2
LOOP_SILENCE_SECONDS = 5  # an event loop that has not ticked for so long does not keep its leases
LOSSES_ALLOWED = 2  # a run whose third worker is lost within one step is given up
REDISPATCH = timedelta(seconds=15)  # then at doubling intervals
LONGEST_REDISPATCH = timedelta(minutes=10)
OVERDUE = timedelta(seconds=5)  # past its deadline; its own worker has had time to end it
BATCH = 100


class Process(Protocol):
    """What the maintenance needs of the engine."""

    @property
    def owner(self) -> str: ...

    @property
    def run_ids(self) -> Collection[UUID]: ...

    @property
    def ticked_at(self) -> float: ...  # time.monotonic() of the event loop's last sign of life

    @property
    def spare(self) -> int: ...

    def adopt(self, run_id: UUID) -> None: ...

    def cancel(self, run_id: UUID, cancellation: Cancellation) -> None: ...


class Maintenance(threading.Thread):
    def __init__(self, process: Process) -> None:
        super().__init__(name="netra-maintenance", daemon=True)
        self._process = process
        self._stopped = threading.Event()
        self._takes_from = 0.0  # time.monotonic() before which no lost run is taken

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=5)

    def run(self) -> None:
        self._safely(self._register)
        while not self._stopped.wait(PERIOD_SECONDS):
            self._safely(self._tick)
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
        self._keep()
        self._dispatch_due()
        self._end_overdue()
        if time.monotonic() >= self._takes_from:
            self._take_lost()

    def _register(self) -> None:
        Worker.objects.create(id=self._process.owner, host=platform.node(), pid=os.getpid())

    def _unregister(self) -> None:
        Worker.objects.filter(pk=self._process.owner).delete()

    def _keep(self) -> None:
        """Renew our leases while our loop lives, and pass on what our runs are asked."""
        if time.monotonic() - self._process.ticked_at > LOOP_SILENCE_SECONDS:
            logger.error("The event loop is stuck; its runs are left to other workers")
            return
        own = self._process.run_ids
        Worker.objects.filter(pk=self._process.owner).update(seen_at=Now(), live_runs=len(own))
        if not own:
            return
        leases.renew(own, owner=self._process.owner)
        for run in Run.objects.filter(pk__in=own).exclude(cancel_requested_at=None):
            if cancellation := cancellation_of(run):
                self._process.cancel(run.pk, cancellation)

    def _dispatch_due(self) -> None:
        """Send again what no worker has picked up: a broker may have lost it."""
        waiting = Run.objects.startable().filter(dispatched_at__lte=Now() - Value(REDISPATCH))
        for run in waiting.order_by("dispatched_at")[:BATCH]:
            patience = min(REDISPATCH * 2**run.dispatches, LONGEST_REDISPATCH)
            if run.dispatched_at + patience > timezone.now():
                continue
            seen = Run.objects.filter(pk=run.pk, dispatched_at=run.dispatched_at)
            if seen.update(dispatched_at=Now(), dispatches=F("dispatches") + 1):
                dispatch(run.pk)

    def _end_overdue(self) -> None:
        overdue = Run.objects.live().filter(deadline_at__lte=Now() - Value(OVERDUE))
        for run in overdue.order_by("deadline_at")[:BATCH]:
            message = "The run took longer than its time limit, and its worker did not end it."
            _give_up(run.pk, DeadlinePassed(message), even_if_held=True)

    def _take_lost(self) -> None:
        """Go on with runs whose worker is gone, as many as we have room for."""
        for run in Run.objects.lost().order_by("lease_expires_at")[: self._process.spare]:
            logger.warning("Taking over a run", extra={"run_id": str(run.pk)})
            if run.losses >= LOSSES_ALLOWED:
                message = f"{run.losses + 1} workers in a row were lost during the same step."
                _give_up(run.pk, WorkerLost(message))
            else:
                self._process.adopt(run.pk)


def _give_up(run_id: UUID, error: NetraError, *, even_if_held: bool = False) -> None:
    def unit(run: HeldRun) -> Unit:
        return failed(run, failure_of(error, run_id=str(run_id)), calls_left_open(run))

    end(run_id, unit, even_if_held=even_if_held)
