"""Deciding on calls: who is heard, what is refused, and whether the run goes on."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F

from accounts.exceptions import NetraError
from accounts.models import User
from agents.exceptions import (
    ApprovalConflict,
    ApprovalNotAsked,
    CallNotFound,
    RunEnded,
    RunNotFound,
)
from agents.models import Approval, Decision, Run, RunEvent, ToolCall
from agents.publishing import leases
from agents.publishing.decisions import EXPIRY, decide, expire
from agents.publishing.store import commit
from agents.publishing.units import GrantedCall, Unit
from agents.services.approvals import resolve_approval
from agents.services.requests import run_request
from agents.services.runs import cancel_run, find_run, start_run, summary_of
from agents.states import RunState
from tests.agents.factories import let_expire, make_run, make_waiting, reload
from tests.agents.racing import at_once

pytestmark = [pytest.mark.database, pytest.mark.django_db]

CALL = "call_0_0"
ROUNDS = 10


def row(run: Run, call_id: str = CALL) -> ToolCall:
    return ToolCall.objects.get(run=run, call_id=call_id)


def resolve(user: User, run: Run, decision: Decision, **more: str) -> Run:
    asked = {"call_id": CALL, **more}
    return resolve_approval(user=user, run_id=run.pk, decision=decision, **asked)


@pytest.mark.parametrize("decision", ["approve", "deny"])
def test_a_decision_is_kept_with_who_made_it_and_why(alice: User, decision: Decision) -> None:
    run = make_waiting(alice)
    answer = resolve(alice, run, decision, reason="because")
    assert summary_of(answer)["approvals"] == []
    call = row(run)
    assert (call.decision, call.decided_by, call.decision_reason) == (decision, "alice", "because")
    assert call.decided_at is not None
    assert call.status == ToolCall.Status.OPEN  # the next worker tells, and closes or runs it


def test_calls_that_wait_are_told_with_the_run(alice: User) -> None:
    run = make_waiting(alice, calls=2)
    ToolCall.objects.filter(call_id="call_0_1").update(approval_reason="It was cut off.")
    resolve(alice, run, "approve")
    [waiting] = summary_of(find_run(user=alice, run_id=run.pk))["approvals"]
    expires_at = row(run, "call_0_1").approval_expires_at
    assert expires_at is not None
    assert waiting == {
        "call_id": "call_0_1",
        "tool_name": "pay_out",
        "parameters": {"entry": "paid"},
        "expires_at": expires_at.timestamp(),
        "reason": "It was cut off.",
    }


def test_only_a_decision_lets_a_waiting_run_go_on(alice: User) -> None:
    run = make_waiting(alice, calls=2)
    assert leases.claim(run.pk, owner="a") is None
    resolve(alice, run, "deny")
    held = leases.claim(run.pk, owner="a")
    assert held is not None
    assert (held.state, held.fence) == (RunState.WAITING_FOR_APPROVAL, 2)


def test_a_run_waits_again_when_what_was_decided_is_told(alice: User) -> None:
    run = make_waiting(alice, calls=2)
    resolve(alice, run, "approve")
    held = leases.claim(run.pk, owner="a")
    assert held is not None
    commit([Unit(run=held, granted=[GrantedCall(CALL)], move=RunState.RUNNING)])
    commit([Unit(run=held, move=RunState.WAITING_FOR_APPROVAL)])
    assert leases.claim(run.pk, owner="a") is None
    assert (row(run).approval, row(run).decision) == (Approval.GRANTED, "approve")


@pytest.mark.parametrize("told", [False, True])
def test_the_same_decision_again_changes_nothing(alice: User, told: bool) -> None:  # noqa: FBT001
    run = make_waiting(alice)
    resolve(alice, run, "approve", reason="first")
    if told:
        ToolCall.objects.update(approval=Approval.GRANTED, approval_expires_at=None)
        ToolCall.objects.update(status=ToolCall.Status.SUCCEEDED)
        Run.objects.update(state=RunState.COMPLETED)
    before = ToolCall.objects.values().get()
    assert resolve(alice, run, "approve", reason="second").pk == run.pk
    assert ToolCall.objects.values().get() == before


def test_another_decision_is_refused_with_the_one_that_counts(alice: User) -> None:
    run = make_waiting(alice)
    resolve(alice, run, "deny")
    with pytest.raises(ApprovalConflict) as refused:
        resolve(alice, run, "approve")
    assert refused.value.details == {"decision": "deny", "by": "alice"}
    assert row(run).decision == "deny"


def unknown_call(alice: User) -> tuple[Run, str]:
    return make_waiting(alice), "call_9_9"


def call_that_nobody_asked_for(alice: User) -> tuple[Run, str]:
    run = make_waiting(alice)
    ToolCall.objects.update(approval="", approval_expires_at=None)
    return run, CALL


def ended_run(alice: User) -> tuple[Run, str]:
    run = make_waiting(alice)
    cancel_run(user=alice, run_id=run.pk)
    return run, CALL


def expired_call(alice: User) -> tuple[Run, str]:
    run = make_waiting(alice)
    let_expire(run)
    return run, CALL


@pytest.mark.parametrize(
    ("case", "error"),
    [
        (unknown_call, CallNotFound),
        (call_that_nobody_asked_for, ApprovalNotAsked),
        (ended_run, RunEnded),
        (expired_call, ApprovalConflict),
    ],
)
def test_what_cannot_be_decided_is_refused(
    alice: User, case: Callable[[User], tuple[Run, str]], error: type[NetraError]
) -> None:
    run, call_id = case(alice)
    before = list(ToolCall.objects.values())
    with pytest.raises(error):
        resolve(alice, run, "approve", call_id=call_id)
    assert list(ToolCall.objects.values()) == before


def test_nobody_decides_on_what_is_not_theirs(alice: User, bob: User) -> None:
    run = make_waiting(alice)
    with pytest.raises(RunNotFound):
        resolve(bob, run, "approve")
    with pytest.raises(RunNotFound):
        resolve_approval(user=bob, run_id=uuid4(), call_id=CALL, decision="deny")
    assert row(run).is_waiting


# F47
def test_nobodys_decision_is_a_denial(alice: User) -> None:
    run = make_waiting(alice)
    assert not expire(row(run))
    let_expire(run)
    assert expire(row(run))
    assert (row(run).decision, row(run).decided_by) == ("deny", EXPIRY)
    resolve(alice, run, "deny")  # is what it is
    with pytest.raises(ApprovalConflict):
        resolve(alice, run, "approve")
    assert leases.claim(run.pk, owner="a") is not None


# F42
@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_heard(alice: User) -> None:
    runs = [make_waiting(alice, thread=f"thread-{number}") for number in range(ROUNDS)]
    for run in runs:
        won = at_once(
            partial(decide, run.pk, CALL, "approve", by="alice", reason=""),
            partial(decide, run.pk, CALL, "deny", by="root", reason=""),
        )
        assert sorted(won) == [False, True]
        assert row(run).decided_by == {"approve": "alice", "deny": "root"}[str(row(run).decision)]


# F42
@pytest.mark.django_db(transaction=True)
def test_of_a_decision_and_the_expiry_at_once_one_counts(alice: User) -> None:
    runs = [make_waiting(alice, thread=f"thread-{number}") for number in range(ROUNDS)]
    for run in runs:
        let_expire(run)
        by_expiry, by_alice = partial(expire, row(run)), partial(decide, run.pk, CALL, "approve")
        at_once(by_expiry, partial(by_alice, by="alice", reason=""))
        assert (row(run).decision, row(run).decided_by) == ("deny", EXPIRY)


# F43
@pytest.mark.django_db(transaction=True)
def test_a_decision_while_a_run_is_being_parked_is_not_lost(alice: User) -> None:
    for number in range(ROUNDS):
        run = make_waiting(alice, thread=f"thread-{number}", state=RunState.RUNNING)
        Run.objects.filter(pk=run.pk).update(owner="a", deadline_at=F("created_at"))
        held = leases.seen(run.pk)
        parking = Unit(run=held, move=RunState.WAITING_FOR_APPROVAL)
        at_once(
            partial(commit, [parking]),
            partial(decide, run.pk, CALL, "approve", by="alice", reason=""),
        )
        assert Run.objects.startable().filter(pk=run.pk).exists()  # so whoever looks sends it on


# F46
@pytest.mark.django_db(transaction=True)
def test_of_a_decision_and_a_cancel_at_once_the_run_ends_in_one_way(alice: User) -> None:
    for number in range(ROUNDS):
        run = make_waiting(alice, thread=f"thread-{number}")
        at_once(
            partial(cancel_run, user=alice, run_id=run.pk),
            partial(decide, run.pk, CALL, "approve", by="alice", reason=""),
        )
        assert reload(run.pk).state == RunState.CANCELLED
        assert row(run).status == ToolCall.Status.CANCELLED
        kinds = [event.type for event in RunEvent.objects.filter(run=run)]
        assert kinds == ["tool_completed", "agent_cancelled"]
        assert not ToolCall.objects.decided().exists()


# F46
def test_a_cancel_that_a_run_was_asked_for_before_it_waits_is_heard(alice: User) -> None:
    run = make_waiting(alice)
    assert leases.claim(run.pk, owner="a") is None
    Run.objects.update(cancel_requested_at=F("created_at"), cancel_requested_by="alice")
    assert leases.claim(run.pk, owner="a") is not None


def test_a_new_message_may_interrupt_a_run_that_waits(
    alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    waiting = make_waiting(alice)
    asked = {"text": "Never mind.", "agent": "helper", "thread": waiting.thread.key}
    with django_capture_on_commit_callbacks(execute=True):
        started = start_run(user=alice, request=run_request(**asked, on_busy="interrupt"))
    assert reload(waiting.pk).state == RunState.CANCELLED
    assert row(waiting).status == ToolCall.Status.CANCELLED
    assert leases.claim(started.run.pk, owner="a") is not None


def test_later_runs_of_the_thread_stay_behind_one_that_waits(alice: User) -> None:
    waiting, later = make_waiting(alice), make_run(alice)
    assert leases.claim(later.pk, owner="a") is None
    cancel_run(user=alice, run_id=waiting.pk)
    assert leases.claim(later.pk, owner="a") is not None


def test_what_waits_is_found_by_one_index(alice: User) -> None:
    make_waiting(alice)
    if connection.vendor == "postgresql":  # which rather reads a table of one row
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    for queryset in (ToolCall.objects.expired(), ToolCall.objects.decided()):
        assert "tool_call_approval" in queryset.explain()


def test_who_decides_writes_no_event(alice: User) -> None:
    run = make_waiting(alice)
    resolve(alice, run, "approve")
    assert not RunEvent.objects.exists()
    assert ToolCall.objects.decided().get() == row(run)
