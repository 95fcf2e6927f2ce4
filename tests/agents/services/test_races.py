"""Two who act on the same run or thread at once: one order or the other, and no third."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Value
from django.db.models.functions import Now

from accounts.models import User
from agents.engine.endings import Cancellation, cancelled
from agents.engine.recovery import OVERDUE, REDISPATCH, Maintenance
from agents.events import TERMINAL_TYPES
from agents.exceptions import ThreadBusy
from agents.models import Run, RunEvent, Thread
from agents.publishing import leases
from agents.publishing.store import commit
from agents.publishing.units import HeldRun, Unit
from agents.services.requests import OnBusy, RunRequest
from agents.services.runs import Started, request_cancellation, start_run
from agents.services.threads import delete_thread
from agents.states import LIVE, RunState
from tests.agents.engine.test_recovery import FakeProcess
from tests.agents.factories import make_agent, make_run, reload
from tests.agents.publishing.test_store import end, thinking
from tests.agents.racing import at_once

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

ROUNDS = 10
SENDERS = 6  # a pool of connections to PostgreSQL has some left for them
STOP = Cancellation("alice", "enough")
A, B = "a" * 32, "b" * 32


def working(user: User, round_: int, **fields: Any) -> HeldRun:
    """A run that worker A executes."""
    run = make_run(user, thread=f"thread-{round_}", **fields)
    held = leases.claim(run.pk, owner=A)
    assert held is not None
    commit([Unit(run=held, events=[thinking()], move=RunState.RUNNING)])
    return held


def expire(held: HeldRun) -> None:
    past = Now() - Value(timedelta(seconds=1))
    Run.objects.filter(pk=held.id).update(lease_expires_at=past)


def complete(held: HeldRun) -> bool:
    """Whether the end that the worker writes is stored."""
    return not commit([end(held)]).lost


def tick(owner: str) -> FakeProcess:
    process = FakeProcess(owner=owner)
    Maintenance(process)._tick()
    return process


def assert_ended_once(run_id: Any) -> Run:
    events = list(RunEvent.objects.filter(run=run_id))
    row = reload(run_id)
    assert [event.seq for event in events] == list(range(1, row.last_seq + 1))
    assert [event.type in TERMINAL_TYPES for event in events].count(True) == 1
    assert events[-1].type in TERMINAL_TYPES
    assert (row.owner, row.lease_expires_at) == ("", None)
    return row


def request(thread: str | None = None, **more: Any) -> RunRequest:
    return RunRequest(text="Why?", agent="helper", thread=thread, **more)


def starts(user: User, *requests: RunRequest) -> list[Callable[[], Started]]:
    return [partial(start_run, user=user, request=request) for request in requests]


# F36
def test_a_claim_and_a_cancel(alice: User) -> None:
    for round_ in range(ROUNDS):
        run = make_run(alice, thread=f"thread-{round_}")
        held, _ = at_once(
            partial(leases.claim, run.pk, owner=A),
            partial(request_cancellation, run.pk, STOP),
        )
        if held is not None:  # then its worker finds the request
            assert reload(run.pk).cancel_requested_at is not None
            commit([cancelled(held, STOP, [])])
        assert assert_ended_once(run.pk).state == RunState.CANCELLED


# F36
def test_an_end_and_a_cancel(alice: User) -> None:
    for round_ in range(ROUNDS):
        held = working(alice, round_)
        is_stored, _ = at_once(
            partial(complete, held),
            partial(request_cancellation, held.id, STOP),
        )
        assert is_stored
        assert assert_ended_once(held.id).state == RunState.COMPLETED


# F14, F36
def test_an_end_that_comes_late_and_a_cancel(alice: User) -> None:
    for round_ in range(ROUNDS):
        held = working(alice, round_)
        expire(held)
        is_stored, _ = at_once(
            partial(complete, held),
            partial(request_cancellation, held.id, STOP),
        )
        expected = RunState.COMPLETED if is_stored else RunState.CANCELLED
        assert assert_ended_once(held.id).state == expected


# F14, F17
def test_handing_on_and_taking_over(alice: User) -> None:
    for round_ in range(ROUNDS):
        held = working(alice, round_)
        expire(held)
        _, taken = at_once(
            partial(leases.release, [held.id], owner=A),
            partial(leases.claim, held.id, owner=B),
        )
        assert taken is not None
        row = reload(held.id)
        assert (row.owner, row.fence, row.lease_expires_at is None) == (B, held.fence + 1, False)
        assert not complete(held)
        assert complete(taken)


# F6, F14
def test_renewing_and_taking_over(alice: User) -> None:
    for round_ in range(ROUNDS):
        held = working(alice, round_)
        expire(held)
        _, taken = at_once(
            partial(leases.renew, [held.id], owner=A),
            partial(leases.claim, held.id, owner=B),
        )
        assert complete(held) == (taken is None)
        assert taken is None or complete(taken)
        assert_ended_once(held.id)


# F19
def test_an_end_and_the_maintenance_that_finds_the_run_overdue(alice: User) -> None:
    for round_ in range(ROUNDS):
        held = working(alice, round_)
        late = Now() - Value(OVERDUE + timedelta(seconds=1))
        Run.objects.filter(pk=held.id).update(deadline_at=late)
        is_stored, _, _ = at_once(
            partial(complete, held), partial(tick, B), partial(tick, "c" * 32)
        )
        row = assert_ended_once(held.id)
        expected = ("completed", "") if is_stored else ("failed", "agent_timeout")
        assert (row.state, row.error_code) == expected


# F2
def test_two_starts_in_a_thread(alice: User) -> None:
    make_agent("helper")
    for round_ in range(ROUNDS):
        both = at_once(*starts(alice, *[request(f"thread-{round_}")] * 2))
        first, second = sorted((started.run for started in both), key=lambda run: run.turn)
        assert sorted(started.position for started in both) == [0, 1]
        claims = at_once(*(partial(leases.claim, run.pk, owner=A) for run in (first, second)))
        assert [held is not None for held in claims] == [True, False]


# F1
@pytest.mark.parametrize("on_busy", OnBusy)
@pytest.mark.parametrize("thread", ["thread", None])
def test_sends_of_one_idempotency_key(alice: User, on_busy: OnBusy, thread: str | None) -> None:
    make_agent("helper")
    same = request(thread, on_busy=on_busy, idempotency_key="k" * 16)
    runs = at_once(*starts(alice, *[same] * SENDERS))
    assert len({started.run.pk for started in runs}) == Run.objects.count() == 1
    assert [started.is_repeated for started in runs].count(False) == 1
    assert Thread.objects.count() == 1
    assert reload(runs[0].run.pk).cancel_requested_at is None


# F38
def test_an_interrupt_and_the_end_of_what_it_interrupts(alice: User) -> None:
    make_agent("helper")
    for round_ in range(ROUNDS):
        held = working(alice, round_)
        interrupt = request(f"thread-{round_}", on_busy=OnBusy.INTERRUPT)
        [start] = starts(alice, interrupt)
        is_stored, started = at_once(partial(complete, held), start)
        assert is_stored
        assert assert_ended_once(held.id).state == RunState.COMPLETED
        assert leases.claim(started.run.pk, owner=B) is not None


# F38
def test_two_interrupts(alice: User) -> None:
    make_agent("helper")
    for round_ in range(ROUNDS):
        held = working(alice, round_)
        interrupt = request(f"thread-{round_}", on_busy=OnBusy.INTERRUPT)
        both = at_once(*starts(alice, interrupt, interrupt))
        commit([cancelled(held, STOP, [])])
        assert_ended_once(held.id)
        first, second = sorted((started.run.pk for started in both), key=lambda pk: reload(pk).turn)
        assert assert_ended_once(first).state == RunState.CANCELLED
        assert leases.claim(second, owner=B) is not None


# F7
def test_two_maintenances_that_find_the_same_run_waiting(alice: User) -> None:
    for round_ in range(ROUNDS):
        run = make_run(alice, thread=f"thread-{round_}")
        Run.objects.filter(pk=run.pk).update(dispatched_at=Now() - Value(REDISPATCH[0] * 1.1))
        at_once(partial(tick, A), partial(tick, B))
        assert reload(run.pk).dispatches == 1


# F6
def test_two_maintenances_that_find_the_same_run_lost(alice: User) -> None:
    for round_ in range(ROUNDS):
        held = working(alice, round_)
        expire(held)
        both = at_once(partial(tick, A), partial(tick, B))
        adopting = [process.owner for process in both if held.id in process.adopted]
        claims = at_once(*(partial(leases.claim, held.id, owner=owner) for owner in adopting))
        assert [taken is not None for taken in claims].count(True) == 1
        assert reload(held.id).losses == 1
        commit([end(taken) for taken in claims if taken is not None])


# F5
def test_deleting_a_thread_and_starting_in_it(alice: User) -> None:
    make_agent("helper")
    for round_ in range(ROUNDS):
        key = f"thread-{round_}"
        make_run(alice, thread=key, state=RunState.COMPLETED)
        thread = Thread.objects.get(key=key)

        def delete(thread: Thread = thread) -> bool:
            try:
                delete_thread(thread)
            except ThreadBusy:
                return False
            return True

        [start] = starts(alice, request(key))
        is_deleted, started = at_once(delete, start)
        runs = Run.objects.filter(thread__key=key)
        assert [run.pk for run in runs if run.state in LIVE] == [started.run.pk]
        assert runs.count() == (1 if is_deleted else 2)
        assert leases.claim(started.run.pk, owner=A) is not None
