"""What one worker process is: an event loop, a writer, a push thread and the maintenance."""

import asyncio
import functools
import logging
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

import pydantic_ai
from django.conf import settings

from accounts.database import DATABASE_AWAY, on_thread
from accounts.garbage import collect_rarely
from agents.dispatch import dispatch
from agents.engine.asked import Requests
from agents.engine.deltas import DeltaStream
from agents.engine.endings import (
    Cancellation,
    OpenCall,
    calls_left_open,
    cancelled,
    failed,
)
from agents.engine.failures import failure_of
from agents.engine.loading import (
    Assignment,
    HasLogs,
    load,
    load_at_once,
    requested_cancellation,
)
from agents.engine.recovery import Maintenance
from agents.engine.runner import Execution, LiveRun
from agents.engine.warming import warm_up
from agents.publishing import control, leases
from agents.publishing.push import PushThread
from agents.publishing.units import HeldRun, RunLost, Unit
from agents.publishing.writer import Claim, Writer
from agents.tools.catalogue import installed_tools

logger = logging.getLogger(__name__)

pydantic_ai.BANNER_ENABLED = False

SWITCH_SECONDS = 0.0005  # the writer gets the interpreter sooner: p99 of delivery 6.7 -> 3.1 ms
TICK_SECONDS = 0.5
LOADERS = 4
HAND_ON_SECONDS = 2

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class Engine:
    """Runs agents in this process. `execute` may be called from many threads."""

    def __init__(self) -> None:
        self.owner = uuid.uuid4().hex
        self.live: dict[uuid.UUID, LiveRun] = {}
        self.ticked_at = time.monotonic()
        self._loop = asyncio.new_event_loop()
        self._loop_thread = threading.Thread(
            target=self._loop.run_forever, name="netra-loop", daemon=True
        )
        self._push = PushThread()
        self._writer = Writer(self._loop, self._push.submit)
        self._loaders = ThreadPoolExecutor(LOADERS, thread_name_prefix="netra-load")
        # Logs that come with runs are read for seconds, and wait for each other: not before others.
        self._log_readers = ThreadPoolExecutor(LOADERS, thread_name_prefix="netra-logs")
        self._maintenance = Maintenance(self)
        self._is_stopping = False
        self._handing_on = threading.Lock()
        self._let_go: set[uuid.UUID] = set()  # runs that the database still calls ours

    def start(self) -> None:
        """Return when the process is warm: its first run is as quick as the next."""
        installed_tools()
        sys.setswitchinterval(SWITCH_SECONDS)
        self._loop_thread.start()
        self._push.start()
        self._writer.start()
        self._submit(warm_up()).result()
        collect_rarely()
        self._submit(self._tick())
        asked = functools.partial(control.requests, self.owner)
        cancellation_of = functools.partial(self._read, requested_cancellation)
        self._submit(Requests(asked, self.live, cancellation_of).answer())
        self._maintenance.start()
        logger.info("Worker ready", extra={"worker": self.owner})

    def execute(self, run_id: uuid.UUID) -> None:
        """Claim and drive a run; returns when it ended, or is not ours to drive."""
        if self._is_stopping:
            dispatch(run_id)  # for a worker that stays
            return
        with suppress(CancelledError):
            self._submit(self._claim_and_drive(Claim(run_id, self.owner))).result()

    def adopt(self, run_id: uuid.UUID) -> None:
        """Take over a run that its worker left. Returns at once."""
        if not self._is_stopping:
            self._submit(self._claim_and_drive(Claim(run_id, self.owner)))

    def cancel(self, run_id: uuid.UUID, cancellation: Cancellation) -> None:
        """Any thread."""
        self._loop.call_soon_threadsafe(self._cancel, run_id, cancellation)

    @property
    def run_ids(self) -> list[uuid.UUID]:
        return list(self.live)

    @property
    def spare(self) -> int:
        """How many more runs this process would drive; none while it ends."""
        limit: int = 0 if self._is_stopping else settings.CELERY_WORKER_CONCURRENCY
        return max(limit - len(self.live), 0)

    @property
    def dead_thread(self) -> str:
        """A thread that this process cannot do its work without and that has ended, or empty."""
        needed = (self._loop_thread, self._writer, self._push)
        return next((thread.name for thread in needed if not thread.is_alive()), "")

    def abort(self) -> None:
        """End this process at once; whoever finds its leases expired goes on with its runs."""
        logging.shutdown()
        os._exit(os.EX_SOFTWARE)

    def hand_on_within(self, seconds: float) -> None:
        """Take no more runs, and let go of those that have not ended by then. Asked twice: now."""
        timer = threading.Timer(0 if self._is_stopping else seconds, self.hand_on)
        self._is_stopping = True
        timer.daemon = True
        timer.start()

    def hand_on(self) -> None:
        """
        Let go of every run, unfinished: other workers may claim them at once.

        Without the database they find out when the leases have run out.
        """
        self._is_stopping = True
        # Whoever stops the process waits for whoever was asked to hand on before.
        if not self._handing_on.acquire(timeout=HAND_ON_SECONDS):
            return
        try:
            self._let_go |= set(self.live)
            self._submit(self._cancel_all()).result(timeout=HAND_ON_SECONDS)
            on_thread(leases.release, self._let_go, owner=self.owner)
            for run_id in self._let_go:
                dispatch(run_id)
            self._let_go.clear()
        except (TimeoutError, *DATABASE_AWAY) as error:
            logger.warning("Runs are left to their leases", extra={"reason": str(error)})
        finally:
            self._handing_on.release()

    def stop(self) -> None:
        """Hand on what is live, and write what was submitted."""
        self._maintenance.stop()
        self.hand_on()
        self._writer.stop()
        self._push.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop_thread.join(timeout=5)

    # --- on the loop ---------------------------------------------------------------------------

    async def _claim_and_drive(self, claim: Claim) -> None:
        held = await self._writer.claim(claim)
        if held is None:
            return
        try:
            await self._drive(held)
        except RunLost:
            logger.info("Another worker owns the run", extra={"run_id": str(held.id)})

    async def _drive(self, held: HeldRun) -> None:
        task = asyncio.current_task()
        assert task is not None
        live = LiveRun(held, task, DeltaStream(held, self._writer))
        self.live[held.id] = live
        try:
            if assignment := await self._load(live):
                await Execution(live, self._writer, assignment).drive()
        except RunLost:
            raise
        except DATABASE_AWAY as error:
            # The lease runs out, and whoever sees the database first goes on with the run.
            logger.warning("Run left", extra={"run_id": str(held.id), "reason": str(error)})
        except Exception as error:  # noqa: BLE001 - what cannot even be loaded has an end too
            failure = failure_of(error, run_id=str(held.id))
            await self._end(live, functools.partial(failed, held, failure))
        finally:
            if self.live.get(held.id) is live:
                del self.live[held.id]

    async def _load(self, live: LiveRun) -> Assignment | None:
        """What the run starts from; None if it was cancelled meanwhile, and has ended."""
        try:
            try:
                return await self._read(load_at_once, live.held)
            except HasLogs:
                return await self._read(load, live.held, self._log_readers)
        except asyncio.CancelledError:
            if live.cancellation is None:
                raise
            live.task.uncancel()
            await self._end(live, functools.partial(cancelled, live.held, live.cancellation))
            return None

    async def _end(self, live: LiveRun, build: Callable[[list[OpenCall]], Unit]) -> None:
        """Write the end of a run whose execution cannot write it."""
        live.is_ending = True
        await self._writer.write(build(await self._read(calls_left_open, live.held)))

    async def _cancel_all(self) -> None:
        tasks = [live.task for live in self.live.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _tick(self) -> None:
        """While the loop lives, the maintenance renews this process' leases."""
        while True:
            self.ticked_at = time.monotonic()
            await asyncio.sleep(TICK_SECONDS)

    async def _read(
        self,
        function: Callable[[Argument], Result],
        argument: Argument,
        threads: ThreadPoolExecutor | None = None,
    ) -> Result:
        pool = threads or self._loaders
        return await self._loop.run_in_executor(pool, on_thread, function, argument)

    def _cancel(self, run_id: uuid.UUID, cancellation: Cancellation) -> None:
        if live := self.live.get(run_id):
            live.cancel(cancellation)

    def _submit(self, work: Coroutine[Any, Any, Any]) -> "Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)
