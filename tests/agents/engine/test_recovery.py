"""The maintenance of one worker, tick by tick, over a real database."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.functions import Now

from accounts.models import User
from agents.engine.endings import Cancellation
from agents.engine.recovery import LOOP_SILENCE_SECONDS, OVERDUE, REDISPATCH, Maintenance
from agents.models import Run, RunEvent, ToolCall, Worker
from agents.publishing import leases
from tests.agents.factories import make_run, reload

pytestmark = [pytest.mark.database, pytest.mark.django_db]

OWNER = "a" * 32


@dataclass
class FakeProcess:
    """The engine as the maintenance sees it."""

    owner: str = OWNER
    run_ids: Collection[UUID] = ()
    spare: int = 10
    adopted: list[UUID] = field(default_factory=list)
    cancelled: list[tuple[UUID, Cancellation]] = field(default_factory=list)
    ticked_at: float = field(default_factory=time.monotonic)
    dead_thread: str = ""
    is_aborted: bool = False

    def adopt(self, run_id: UUID) -> None:
        self.adopted.append(run_id)

    def cancel(self, run_id: UUID, cancellation: Cancellation) -> None:
        self.cancelled.append((run_id, cancellation))

    def abort(self) -> None:
        self.is_aborted = True


def ago(duration: timedelta) -> object:
    return Now() - Value(duration)


def lose(run: Run, **fields: object) -> None:
    Run.objects.filter(pk=run.pk).update(
        state="running", owner="gone", lease_expires_at=ago(timedelta(seconds=1)), **fields
    )


def test_own_leases_are_renewed_while_the_loop_lives(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner=OWNER)
    nearly = Now() + Value(timedelta(milliseconds=50))
    Run.objects.filter(pk=run.pk).update(lease_expires_at=nearly)
    before = reload(run.pk).lease_expires_at
    Maintenance(FakeProcess(run_ids=[run.pk]))._tick()
    after = reload(run.pk).lease_expires_at
    assert before is not None
    assert after is not None
    assert after - before > timedelta(seconds=5)


# F15
def test_a_stuck_loop_does_not_keep_its_leases(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner=OWNER)
    before = reload(run.pk).lease_expires_at
    stuck = time.monotonic() - LOOP_SILENCE_SECONDS - 1
    Maintenance(FakeProcess(run_ids=[run.pk], ticked_at=stuck))._tick()
    assert reload(run.pk).lease_expires_at == before


# F9
def test_a_lost_run_is_adopted_as_far_as_there_is_room(alice: User) -> None:
    for number in range(3):
        lose(make_run(alice, thread=f"thread-{number}"))
    process = FakeProcess(spare=2)
    Maintenance(process)._tick()
    assert len(process.adopted) == 2


# F39
def test_after_an_outage_owners_get_time_to_renew_first(alice: User) -> None:
    lose(make_run(alice))
    process = FakeProcess()
    maintenance = Maintenance(process)
    maintenance._takes_from = time.monotonic() + 60
    maintenance._tick()
    assert process.adopted == []


# F13
def test_a_run_lost_too_often_is_given_up_with_its_card_closed(alice: User) -> None:
    run = make_run(alice)
    ToolCall.objects.create(
        run=run, response=0, position=0, call_id="call_0_0", tool="nap", arguments="{}"
    )
    lose(run, losses=2)
    Maintenance(FakeProcess())._tick()
    row = reload(run.pk)
    assert (row.state, row.error_code) == ("failed", "worker_lost")
    assert [event.type for event in RunEvent.objects.filter(run=run)] == [
        "tool_completed",
        "agent_error",
    ]
    assert ToolCall.objects.get().status == "cancelled"


# F19
def test_an_overdue_run_is_ended_even_if_somebody_holds_it(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner="b" * 32)
    Run.objects.filter(pk=run.pk).update(deadline_at=ago(OVERDUE + timedelta(seconds=1)))
    Maintenance(FakeProcess())._tick()
    row = reload(run.pk)
    assert (row.state, row.error_code, row.fence) == ("failed", "agent_timeout", 2)


# F3
def test_what_the_broker_lost_is_taken_by_a_worker_that_has_room(alice: User) -> None:
    runs = [make_run(alice, thread=f"thread-{number}") for number in range(3)]
    Run.objects.update(dispatched_at=ago(REDISPATCH[0] * 1.1))
    process = FakeProcess(spare=2)
    Maintenance(process)._tick()
    # The third is sent again: who has room may be another worker.
    assert len(process.adopted) == 2
    assert [reload(run.pk).dispatches for run in runs] == [1, 1, 1]
    assert leases.claim(process.adopted[0], owner=OWNER) is not None


# F3, F9
def test_what_is_lost_comes_before_what_was_never_begun_and_both_share_the_room(
    alice: User,
) -> None:
    lost, *waiting = [make_run(alice, thread=f"thread-{number}") for number in range(3)]
    lose(lost)
    Run.objects.update(dispatched_at=ago(REDISPATCH[0] * 1.1))
    process = FakeProcess(spare=2)
    Maintenance(process)._tick()
    first, second = process.adopted
    assert first == lost.pk
    assert second in {run.pk for run in waiting}


# F3, F12
def test_what_nobody_picked_up_is_sent_again_at_growing_intervals(alice: User) -> None:
    run = make_run(alice)
    maintenance = Maintenance(FakeProcess())
    maintenance._tick()
    assert reload(run.pk).dispatches == 0
    for dispatches, waited in enumerate([*REDISPATCH, REDISPATCH[-1], REDISPATCH[-1]]):
        Run.objects.update(dispatched_at=ago(waited * 0.9))
        maintenance._tick()
        assert reload(run.pk).dispatches == dispatches
        Run.objects.update(dispatched_at=ago(waited * 1.1))
        maintenance._tick()
        assert reload(run.pk).dispatches == dispatches + 1


# F3, F41
def test_what_was_lost_on_its_first_way_is_sent_again(alice: User) -> None:
    run = make_run(alice)
    let_pass(16)  # with the column's own default, in the form in which the database writes it
    for _ in range(2):
        Maintenance(FakeProcess())._tick()
    assert reload(run.pk).dispatches == 1


def let_pass(seconds: int) -> None:
    """The runs were dispatched so much earlier."""
    earlier = {
        "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', dispatched_at, %s || ' seconds')",
        "postgresql": "dispatched_at + make_interval(secs => %s)",
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE agents_run SET dispatched_at = {earlier[connection.vendor]}", [-seconds]
        )


# F40
def test_a_run_sent_ever_so_often_stops_nothing(alice: User) -> None:
    sent = make_run(alice, dispatches=30_000)
    Run.objects.update(dispatched_at=ago(timedelta(hours=1)))
    lost = make_run(alice, thread="other")
    lose(lost)
    process = FakeProcess()
    Maintenance(process)._tick()
    assert process.adopted == [lost.pk, sent.pk]


# F40
def test_a_row_that_cannot_be_dealt_with_stops_no_other(alice: User) -> None:
    runs = [make_run(alice, thread=f"thread-{number}") for number in range(4)]
    broken, overdue, hopeless, lost = runs
    for run in (broken, overdue):
        Run.objects.filter(pk=run.pk).update(deadline_at=ago(OVERDUE + timedelta(seconds=1)))
    for run in (broken, hopeless):
        lose(run, losses=2)
    lose(lost)
    # Its end would be event 1 again.
    RunEvent.objects.create(run=broken, seq=1, type="agent_started", frame="{}")
    process = FakeProcess()
    Maintenance(process)._tick()
    states = [reload(run.pk).error_code for run in runs]
    assert states == ["", "agent_timeout", "worker_lost", ""]
    assert process.adopted == [lost.pk]


# F17, F18
def test_a_run_that_was_handed_back_goes_on_without_a_loss(alice: User) -> None:
    run = make_run(alice)
    assert leases.claim(run.pk, owner="b" * 32) is not None
    leases.release([run.pk], owner="b" * 32)
    process = FakeProcess()
    Maintenance(process)._tick()
    assert process.adopted == [run.pk]
    assert leases.claim(run.pk, owner=OWNER) is not None
    assert reload(run.pk).losses == 0


def test_a_run_that_waits_for_its_first_worker_is_not_adopted(alice: User) -> None:
    make_run(alice)
    process = FakeProcess()
    Maintenance(process)._tick()
    assert process.adopted == []


# F16
def test_a_process_one_of_whose_threads_died_ends_and_keeps_no_lease(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner=OWNER)
    before = reload(run.pk).lease_expires_at
    process = FakeProcess(run_ids=[run.pk], dead_thread="netra-writer")
    Maintenance(process)._tick()
    assert process.is_aborted
    assert reload(run.pk).lease_expires_at == before


def test_a_run_that_waits_for_its_turn_is_not_sent(alice: User) -> None:
    make_run(alice, state="running", lease_expires_at=None)
    waiting = make_run(alice)
    Run.objects.update(dispatched_at=ago(timedelta(hours=1)))
    Maintenance(FakeProcess())._tick()
    assert reload(waiting.pk).dispatches == 0


# F37
def test_a_cancel_that_was_not_heard_is_passed_on(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner=OWNER)
    Run.objects.update(cancel_requested_at=Now(), cancel_requested_by="alice")
    process = FakeProcess(run_ids=[run.pk])
    Maintenance(process)._tick()
    assert process.cancelled == [(run.pk, Cancellation("alice", ""))]


def test_a_worker_is_alive_while_its_maintenance_ticks() -> None:
    maintenance = Maintenance(FakeProcess())
    maintenance._tick()
    assert Worker.objects.alive().get().pk == OWNER
    Worker.objects.update(seen_at=ago(Worker.SILENCE + timedelta(seconds=1)))
    assert not Worker.objects.alive().exists()
    maintenance._tick()
    assert Worker.objects.alive().exists()
    maintenance._unregister()
    assert not Worker.objects.exists()
    maintenance._tick()  # whatever removed the row: who works is known
    assert Worker.objects.alive().exists()


def test_workers_that_were_gone_for_a_day_are_forgotten() -> None:
    for name, silence in (("yesterday", timedelta(hours=23)), ("before", timedelta(hours=25))):
        Worker.objects.create(id=name, host="host", pid=1)
        Worker.objects.filter(pk=name).update(seen_at=ago(silence))
    Maintenance(FakeProcess())._tick()
    assert {worker.pk for worker in Worker.objects.all()} == {"yesterday", OWNER}
