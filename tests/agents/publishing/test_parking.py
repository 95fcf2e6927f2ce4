"""A run that waits for approval: nobody holds it, its time does not run, and it can be claimed."""

from datetime import timedelta

import pytest
from django.db.models import F, Value
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from agents.engine.recovery import Maintenance
from agents.models import Approval, Run, RunEvent, ToolCall
from agents.publishing import leases
from agents.publishing.decisions import decide
from agents.publishing.store import commit
from agents.publishing.units import AskedCall, ClosedCall, HeldRun, OpenedCall, Unit
from agents.states import RunState
from tests.agents.engine.test_recovery import FakeProcess
from tests.agents.factories import let_expire, make_run, make_waiting, reload

pytestmark = [pytest.mark.database, pytest.mark.django_db]

CALL = "call_0_0"
SECOND = timedelta(seconds=1)


def parked(run: Run) -> HeldRun:
    """The run after a worker claimed it, asked for approval and let go of it."""
    held = leases.claim(run.pk, owner="a")
    assert held is not None
    asked = AskedCall(CALL, timezone.now() + timedelta(hours=1), "")
    opened = OpenedCall(0, 0, CALL, "pay_out", "{}")
    commit([Unit(run=held, move=RunState.RUNNING, opened=[opened], asked=[asked])])
    commit([Unit(run=held, move=RunState.WAITING_FOR_APPROVAL)])
    return held


def approve(run: Run) -> None:
    assert decide(run.pk, CALL, "approve", by="alice", reason="")


def test_nobody_holds_a_run_that_waits(alice: User) -> None:
    run = make_run(alice)
    held = parked(run)
    row = reload(run.pk)
    assert (row.state, row.owner, row.lease_expires_at) == ("waiting_for_approval", "", None)
    assert held.state == RunState.WAITING_FOR_APPROVAL
    leases.renew([run.pk], owner="a")
    assert reload(run.pk).lease_expires_at is None
    assert not Run.objects.left().exists()


def test_a_call_announced_and_asked_for_in_one_commit_waits(alice: User) -> None:
    parked(make_run(alice))
    call = ToolCall.objects.get()
    assert (call.status, call.approval, call.is_waiting) == ("open", Approval.WAITING, True)


# F47
def test_the_time_limit_does_not_run_while_it_waits(alice: User) -> None:
    run = make_run(alice, timeout=timedelta(seconds=100))
    parked(run)
    row = reload(run.pk)
    assert row.deadline_at is None
    assert timedelta(seconds=80) < row.timeout <= timedelta(seconds=100)
    # A day later there is as much left as there was.
    Run.objects.update(created_at=F("created_at") - Value(timedelta(days=1)))
    approve(run)
    assert leases.claim(run.pk, owner="b") is not None
    after = reload(run.pk)
    assert after.deadline_at is not None
    left = after.deadline_at - timezone.now()
    assert row.timeout - timedelta(seconds=20) < left <= row.timeout + SECOND


def test_the_maintenance_does_not_end_a_run_that_waits(alice: User) -> None:
    run = make_run(alice, timeout=timedelta(seconds=100))
    parked(run)
    Run.objects.update(timeout=-SECOND, dispatched_at=Now() - Value(timedelta(days=1)))
    process = FakeProcess()
    Maintenance(process)._tick()
    row = reload(run.pk)
    assert (row.state, row.dispatches, process.adopted) == ("waiting_for_approval", 0, [])


# F47
def test_the_maintenance_denies_what_nobody_decided_on_and_sends_the_run_on(alice: User) -> None:
    expired, waiting = make_waiting(alice, thread="one"), make_waiting(alice, thread="two")
    let_expire(expired)
    Run.objects.update(dispatched_at=Now() - Value(timedelta(minutes=1)))
    Maintenance(FakeProcess())._tick()
    told = ToolCall.objects.order_by("run__created_at").values_list("approval", "decided_by")
    assert list(told) == [("denied", "expiry"), ("waiting", "")]
    assert (reload(expired.pk).dispatches, reload(waiting.pk).dispatches) == (1, 0)


# F44
def test_a_decision_whose_message_was_lost_is_found(alice: User) -> None:
    run = make_run(alice)
    parked(run)
    approve(run)
    process = FakeProcess()
    maintenance = Maintenance(process)
    maintenance._tick()
    assert reload(run.pk).dispatches == 0  # the message may be on its way
    Run.objects.update(dispatched_at=Now() - Value(timedelta(seconds=16)))
    maintenance._tick()
    assert reload(run.pk).dispatches == 1


def test_a_run_sent_often_before_it_waited_is_sent_soon_after_it_was_decided_on(
    alice: User,
) -> None:
    run = make_run(alice, dispatches=30_000)
    parked(run)
    assert reload(run.pk).dispatches == 0


# F45
def test_a_worker_lost_before_it_told_the_decision_is_replaced(alice: User) -> None:
    run = make_run(alice)
    parked(run)
    approve(run)
    for losses in range(3):
        held = leases.claim(run.pk, owner="b")
        assert held is not None
        assert (held.state, reload(run.pk).losses) == (RunState.WAITING_FOR_APPROVAL, losses)
        leases.renew([run.pk], owner="b")
        assert leases.claim(run.pk, owner="c") is None
        Run.objects.update(lease_expires_at=Now() - Value(SECOND))
        process = FakeProcess()
        Maintenance(process)._tick()
        assert process.adopted == ([run.pk] if losses < 2 else [])
    assert reload(run.pk).error_code == "worker_lost"


# F45
def test_a_worker_that_hands_it_back_before_it_told_the_decision_loses_nothing(
    alice: User,
) -> None:
    run = make_run(alice)
    parked(run)
    approve(run)
    assert leases.claim(run.pk, owner="b") is not None
    leases.release([run.pk], owner="b")
    assert leases.claim(run.pk, owner="c") is not None
    assert reload(run.pk).losses == 0


# F46
def test_a_cancel_right_behind_the_parking_ends_the_run(alice: User) -> None:
    run = make_run(alice)
    held = leases.claim(run.pk, owner="a")
    assert held is not None
    commit([Unit(run=held, move=RunState.RUNNING)])
    closed = ClosedCall(CALL, "cancelled", '"no"', 0.0)
    commit(
        [
            Unit(run=held, move=RunState.WAITING_FOR_APPROVAL),
            Unit(run=held, move=RunState.CANCELLED, closed=[closed]),
        ]
    )
    row = reload(run.pk)
    assert (row.state, row.owner, row.deadline_at is None) == ("cancelled", "", False)
    assert row.finished_at is not None


# F14
def test_whoever_was_overtaken_parks_nothing(alice: User) -> None:
    run = make_run(alice)
    held = leases.claim(run.pk, owner="a")
    assert held is not None
    commit([Unit(run=held, move=RunState.RUNNING)])
    Run.objects.update(fence=2, owner="b")
    done = commit([Unit(run=held, move=RunState.WAITING_FOR_APPROVAL)])
    assert done.lost == {held}
    assert (reload(run.pk).state, reload(run.pk).owner) == ("running", "b")
    assert not RunEvent.objects.exists()
