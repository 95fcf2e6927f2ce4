"""Claims: of two workers at once one wins, and only what is due can be claimed."""

from datetime import timedelta
from functools import partial

import pytest
from django.db.models import Value
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from agents.models import Run
from agents.publishing import leases
from agents.states import EXECUTING, LIVE, TERMINAL, RunState
from tests.agents.factories import make_run, reload
from tests.agents.racing import at_once

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

ROUNDS = 25


# F6
def test_of_two_workers_at_once_one_gets_the_run(alice: User) -> None:
    for number in range(ROUNDS):
        run = make_run(alice, thread=f"thread-{number}")
        held = at_once(*(partial(leases.claim, run.pk, owner=owner) for owner in "ab"))
        assert sorted(claim is not None for claim in held) == [False, True]
        assert reload(run.pk).fence == 1


# F6
def test_of_two_workers_one_takes_over_a_lost_run(alice: User) -> None:
    for number in range(ROUNDS):
        run = make_run(alice, thread=f"thread-{number}", state=RunState.RUNNING, fence=3)
        expire(run)
        held = at_once(*(partial(leases.claim, run.pk, owner=owner) for owner in "ab"))
        assert sorted(claim is not None for claim in held) == [False, True]
        row = reload(run.pk)
        assert (row.fence, row.losses) == (4, 1)


def expire(run: Run) -> None:
    past = Now() - Value(timedelta(seconds=1))
    Run.objects.filter(pk=run.pk).update(lease_expires_at=past, owner="gone")


# F41
def test_a_claim_begins_a_pending_run_and_keeps_any_other_state(alice: User) -> None:
    pending = make_run(alice, thread="one")
    running = make_run(alice, thread="two", state=RunState.RUNNING, fence=7, last_seq=4)
    first, second = leases.claim(pending.pk, owner="a"), leases.claim(running.pk, owner="a")
    assert first is not None
    assert second is not None
    assert (first.state, first.fence) == (RunState.INITIALIZING, 1)
    assert (second.state, second.fence, second.last_seq) == (RunState.RUNNING, 8, 4)
    row = reload(pending.pk)
    assert row.started_at is not None
    assert row.deadline_at is not None
    assert row.deadline_at - row.started_at == pytest.approx(row.timeout, abs=timedelta(seconds=1))
    assert row.lease_expires_at is not None
    assert timedelta(0) < row.lease_expires_at - timezone.now() <= leases.LEASE


@pytest.mark.parametrize("state", sorted(LIVE - EXECUTING - {RunState.PENDING}) + sorted(TERMINAL))
def test_what_waits_or_has_ended_cannot_be_claimed(alice: User, state: RunState) -> None:
    run = make_run(alice, state=state)
    assert leases.claim(run.pk, owner="a") is None


# F6, F8
def test_a_held_run_cannot_be_claimed_until_its_lease_runs_out(alice: User) -> None:
    run = make_run(alice)
    assert leases.claim(run.pk, owner="a") is not None
    assert leases.claim(run.pk, owner="b") is None
    expire(run)
    assert leases.claim(run.pk, owner="b") is not None


# F13
def test_whoever_takes_over_a_lost_run_counts_the_loss(alice: User) -> None:
    run = make_run(alice)
    for losses in range(3):
        assert leases.claim(run.pk, owner="a") is not None
        assert reload(run.pk).losses == losses
        expire(run)
    assert leases.claim(run.pk, owner="a") is None  # three were lost: it is given up instead
    assert Run.objects.hopeless().get() == run


# F17
def test_a_released_run_can_be_claimed_at_once(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner="a")
    leases.release([run.pk], owner="b")
    assert leases.claim(run.pk, owner="b") is None
    leases.release([run.pk], owner="a")
    assert leases.claim(run.pk, owner="b") is not None
    assert reload(run.pk).losses == 0


def test_only_the_owner_renews(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner="a")
    expire(run)
    Run.objects.filter(pk=run.pk).update(owner="a")
    leases.renew([run.pk], owner="b")
    assert Run.objects.left().filter(pk=run.pk).exists()
    leases.renew([run.pk], owner="a")
    assert not Run.objects.left().filter(pk=run.pk).exists()


# F2
def test_runs_of_a_thread_are_claimed_in_turn(alice: User, bob: User) -> None:
    first, second = make_run(alice), make_run(alice)
    other = make_run(bob)
    assert leases.claim(second.pk, owner="a") is None
    assert leases.claim(other.pk, owner="a") is not None
    assert leases.claim(first.pk, owner="a") is not None
    assert leases.claim(second.pk, owner="a") is None
    Run.objects.filter(pk=first.pk).update(state=RunState.COMPLETED)
    assert leases.claim(second.pk, owner="a") is not None


def test_a_fence_is_taken_only_from_a_run_that_did_not_move(alice: User) -> None:
    run = make_run(alice, state=RunState.RUNNING)
    seen, stale = leases.seen(run.pk), leases.seen(run.pk)
    assert leases.take(seen)
    assert seen.fence == 1
    assert not leases.take(stale)


def test_a_fence_is_taken_from_a_holder_only_by_force(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner="a")
    assert not leases.take(leases.seen(run.pk))
    assert leases.take(leases.seen(run.pk), even_if_held=True)
