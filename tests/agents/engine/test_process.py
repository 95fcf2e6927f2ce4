"""A worker's engine in the test's own process, over a real database."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from agents.engine.asked import Requests
from agents.engine.deltas import DeltaStream
from agents.engine.endings import Cancellation
from agents.engine.loading import requested_cancellation
from agents.engine.process import LOADERS, Engine
from agents.engine.runner import LiveRun
from agents.models import RunEvent, ToolCall
from agents.publishing.control import Request
from agents.states import RunState
from tests.agents.engine.recording import Recorder, held
from tests.agents.factories import make_run, reload
from tests.stack import until

STOP = Cancellation("alice", "enough")


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Its threads run; nothing is warmed up, and its maintenance is left to the tests of that."""
    running = Engine()
    for thread in (running._loop_thread, running._push, running._writer):
        thread.start()
    yield running
    for pool in (running._loaders, running._log_readers):
        all_of_them = threading.Barrier(LOADERS)
        for _ in range(LOADERS):
            pool.submit(close_connection, all_of_them)
        pool.shutdown()
    running._writer.stop()
    running._push.stop()
    running._loop.call_soon_threadsafe(running._loop.stop)
    running._loop_thread.join()
    running._loop.close()


def close_connection(together: threading.Barrier) -> None:
    together.wait(10)
    connection.close()


# F37
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_cancelled_while_it_is_read_ends_at_once(alice: User, engine: Engine) -> None:
    run = make_run(alice, state=RunState.RUNNING, fence=1)
    ToolCall.objects.create(
        run=run, response=0, position=0, call_id="call_0_0", tool="nap", arguments="{}"
    )
    go_on = threading.Event()
    for _ in range(LOADERS):
        engine._loaders.submit(go_on.wait, 10)  # so its reading has to wait
    executing = threading.Thread(target=engine.execute, args=(run.pk,))
    executing.start()
    until(lambda: run.pk in engine.live, "claimed")
    engine.cancel(run.pk, STOP)
    go_on.set()
    executing.join()
    row = reload(run.pk)
    assert (row.state, row.lease_expires_at) == (RunState.CANCELLED, None)
    assert [event.type for event in RunEvent.objects.filter(run=run)] == [
        "tool_completed",
        "agent_cancelled",
    ]
    assert engine.live == {}


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_logs_that_take_their_time_keep_nobody_else_waiting(alice: User, engine: Engine) -> None:
    go_on = threading.Event()
    for _ in range(LOADERS):
        engine._log_readers.submit(go_on.wait, 10)
    runs = [
        make_run(
            alice,
            thread=f"thread-{number}",
            state=RunState.RUNNING,
            fence=1,
            context={"jsonl_logs": ["a line"]},
        )
        for number in range(LOADERS + 1)
    ]
    executing = [threading.Thread(target=engine.execute, args=(run.pk,)) for run in runs]
    for thread in executing:
        thread.start()
    try:
        until(lambda: all(run.pk in engine.live for run in runs), "claimed", within=10)
        waiting = engine._log_readers._work_queue
        until(lambda: waiting.qsize() > LOADERS, "waiting for their logs", within=10)
        other = engine._submit(engine._read(requested_cancellation, make_run(alice).pk))
        assert other.result(timeout=5) is None
    finally:
        for run in runs:
            engine.cancel(run.pk, STOP)
        go_on.set()
        for thread in executing:
            thread.join()
    assert {reload(run.pk).state for run in runs} == {RunState.CANCELLED}


# F17
def test_a_process_that_ends_leaves_what_is_due_to_others(engine: Engine) -> None:
    assert engine.spare > 0
    engine.hand_on()
    assert engine.spare == 0


# F16
def test_a_thread_that_ends_is_noticed(engine: Engine) -> None:
    assert engine.dead_thread == ""
    engine._push.stop()
    assert engine.dead_thread == "netra-push"


class Channel:
    """Requests as the control channel would bring them; it breaks off once."""

    def __init__(self, *requests: tuple[Request, UUID]) -> None:
        self._requests = list(requests)

    async def __call__(self) -> AsyncIterator[tuple[Request, UUID]]:
        while self._requests:
            yield self._requests.pop(0)
            if len(self._requests) == 1:
                raise ConnectionError("The channel is gone.")
        await asyncio.Event().wait()


# F37
async def test_a_request_that_fails_leaves_the_others_their_answers() -> None:
    recorder = Recorder()
    run = held()
    task = asyncio.create_task(asyncio.Event().wait())
    live = LiveRun(run, task, DeltaStream(run, recorder))
    live.deltas.text("m", "So far.")
    asked: list[UUID] = []

    async def cancellation_of(run_id: UUID) -> Cancellation:
        asked.append(run_id)
        if len(asked) == 1:
            raise OperationalError("database is locked")
        return STOP

    channel = Channel(
        ("cancel", run.id), ("snapshot", uuid4()), ("snapshot", run.id), ("cancel", run.id)
    )
    answering = asyncio.create_task(Requests(channel, {run.id: live}, cancellation_of).answer())
    await asyncio.wait([task], timeout=10)
    assert task.cancelled()
    assert live.cancellation == STOP
    assert [delta.type for delta in recorder.deltas] == ["message_delta", "message_snapshot"]
    answering.cancel()
