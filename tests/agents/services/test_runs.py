from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts.models import User
from agents.exceptions import (
    AgentNotFound,
    IdempotencyConflict,
    InvalidInput,
    ModelNotAllowed,
    RunNotFound,
    ThreadBusy,
)
from agents.models import Access, Agent, AgentVersion, Message, Run, RunEvent, Thread
from agents.publishing import leases
from agents.services.requests import RunRequest, run_request
from agents.services.runs import cancel_run, find_run, start_run, summary_of
from agents.states import RunState
from tests.agents.factories import make_agent, make_run, reload
from tests.stack import until

pytestmark = pytest.mark.database

KEY = "0123456789abcdef"


@pytest.fixture
def helper(db: None) -> Agent:
    return make_agent()


@pytest.fixture
def request_for(helper: Agent) -> Callable[..., RunRequest]:
    def request(**asked: Any) -> RunRequest:
        return run_request(**{"text": "Why?", "agent": helper.name, **asked})

    return request


Asked = Callable[..., RunRequest]


def test_an_accepted_run_is_stored_whole(alice: User, request_for: Asked) -> None:
    started = start_run(
        user=alice,
        request=request_for(
            thread="t", parameters={"timeout": 7, "colour": "red"}, context={"logs": [1]}
        ),
    )
    run = reload(started.run.pk)
    assert (run.state, run.input, run.turn, run.timeout) == (
        RunState.PENDING,
        "Why?",
        1,
        timedelta(seconds=7),
    )
    assert run.parameters == {"timeout": 7, "colour": "red"}
    assert run.context == {"logs": [1]}
    assert run.thread.title == "Why?"
    message = Message.objects.get(run=run)
    assert (message.role, message.content) == ("user", "Why?")


def test_a_run_may_not_take_longer_than_its_agent_allows(alice: User, request_for: Asked) -> None:
    started = start_run(user=alice, request=request_for(parameters={"timeout": 3000}))
    assert started.run.timeout == timedelta(seconds=300)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"agent": "nobody"}, AgentNotFound),
        ({"thread": "a/b"}, InvalidInput),
        ({"thread": ""}, InvalidInput),
        ({"parameters": {"model": "openai:gpt-5"}}, ModelNotAllowed),
    ],
    ids=str,
)
def test_what_is_refused_leaves_nothing_behind(
    alice: User, request_for: Asked, asked: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        start_run(user=alice, request=request_for(**asked))
    assert not Run.objects.exists()
    assert not Thread.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {"text": ""},
        {"text": " \n"},
        {"text": "x" * 200_001},
        {"parameters": {"timeout": 0}},
        {"parameters": {"timeout": "soon"}},
        {"idempotency_key": "short"},
        {"idempotency_key": "x" * 65},
        {"idempotency_key": "with spaces in it"},
        {"on_busy": "panic"},
    ],
    ids=str,
)
def test_a_request_that_makes_no_sense_is_told_why(asked: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        run_request(**{"text": "Why?", **asked})
    assert next(iter(asked)) in refused.value.message


def test_runs_of_a_thread_queue_up(alice: User, request_for: Asked) -> None:
    positions = [start_run(user=alice, request=request_for(thread="t")).position for _ in range(3)]
    assert positions == [0, 1, 2]
    assert [run.turn for run in Run.objects.order_by("turn")] == [1, 2, 3]


def test_a_busy_thread_may_reject(alice: User, request_for: Asked) -> None:
    start_run(user=alice, request=request_for(thread="t"))
    with pytest.raises(ThreadBusy):
        start_run(user=alice, request=request_for(thread="t", on_busy="reject"))
    assert Run.objects.count() == 1
    start_run(user=alice, request=request_for(thread="other", on_busy="reject"))


def test_an_interruption_cancels_what_was_live(
    alice: User, request_for: Asked, django_capture_on_commit_callbacks: Any
) -> None:
    first = start_run(user=alice, request=request_for(thread="t"))
    with django_capture_on_commit_callbacks(execute=True):
        second = start_run(user=alice, request=request_for(thread="t", on_busy="interrupt"))
    assert reload(first.run.pk).state == RunState.CANCELLED
    assert reload(second.run.pk).state == RunState.PENDING


def test_threads_of_two_users_may_have_one_name(alice: User, bob: User, request_for: Asked) -> None:
    mine = start_run(user=alice, request=request_for(thread="t"))
    theirs = start_run(user=bob, request=request_for(thread="t"))
    assert mine.thread != theirs.thread
    assert theirs.position == 0


def test_a_thread_goes_on_with_its_agent(alice: User, request_for: Asked) -> None:
    make_agent("standard", tools=[])
    Agent.objects.filter(name="standard").update(is_default=True)
    start_run(user=alice, request=request_for(thread="t"))
    again = start_run(user=alice, request=run_request(text="And?", thread="t"))
    elsewhere = start_run(user=alice, request=run_request(text="And?"))
    assert again.run.agent.name == "helper"
    assert elsewhere.run.agent.name == "standard"


# F1
def test_a_repeated_key_gives_the_same_run(alice: User, request_for: Asked) -> None:
    request = request_for(thread="t", idempotency_key=KEY)
    first, again = start_run(user=alice, request=request), start_run(user=alice, request=request)
    assert (again.run, again.is_repeated) == (first.run, True)
    assert Run.objects.count() == 1


def test_a_key_used_for_something_else_is_a_conflict(alice: User, request_for: Asked) -> None:
    start_run(user=alice, request=request_for(idempotency_key=KEY))
    with pytest.raises(IdempotencyConflict):
        start_run(user=alice, request=request_for(text="Other", idempotency_key=KEY))


def test_keys_belong_to_their_users_and_last_a_day(
    alice: User, bob: User, request_for: Asked
) -> None:
    request = request_for(thread="t", idempotency_key=KEY)
    first = start_run(user=alice, request=request)
    assert not start_run(user=bob, request=request).is_repeated
    yesterday = first.run.created_at or reload(first.run.pk).created_at
    Run.objects.filter(pk=first.run.pk).update(
        created_at=reload(first.run.pk).created_at - timedelta(hours=25)
    )
    assert yesterday
    assert not start_run(user=alice, request=request).is_repeated


def test_a_run_keeps_the_version_it_began_with(
    alice: User, helper: Agent, request_for: Asked
) -> None:
    first = start_run(user=alice, request=request_for())
    helper.current = AgentVersion.objects.create(
        agent=helper, number=2, source="admin", instructions="New."
    )
    helper.save()
    second = start_run(user=alice, request=request_for())
    assert (first.run.version.number, second.run.version.number) == (1, 2)


@pytest.mark.parametrize(
    ("access", "may_use"), [(Access.PUBLIC, True), (Access.USERS, True), (Access.GROUPS, False)]
)
def test_an_agents_access_is_enforced_when_a_run_starts(
    alice: User, helper: Agent, request_for: Asked, access: Access, *, may_use: bool
) -> None:
    Agent.objects.filter(pk=helper.pk).update(access=access)
    if may_use:
        start_run(user=alice, request=request_for())
    else:
        with pytest.raises(AgentNotFound):
            start_run(user=alice, request=request_for())


# F36
def test_a_pending_run_is_cancelled_at_once_and_only_once(alice: User) -> None:
    run = make_run(alice)
    for _ in range(2):
        cancelled = cancel_run(user=alice, run_id=run.pk, reason="enough")
        assert cancelled.state == RunState.CANCELLED
    assert [event.type for event in RunEvent.objects.filter(run=run)] == ["agent_cancelled"]


# F36
def test_a_held_run_is_asked_and_not_ended_behind_its_workers_back(alice: User) -> None:
    run = make_run(alice)
    leases.claim(run.pk, owner="a" * 32)
    asked = cancel_run(user=alice, run_id=run.pk, reason="enough")
    assert asked.state == RunState.INITIALIZING
    assert (asked.cancel_requested_by, asked.cancel_reason) == ("alice", "enough")
    assert not RunEvent.objects.filter(run=run).exists()


def test_another_users_run_is_not_there(alice: User, bob: User) -> None:
    run = make_run(alice)
    for attempt in (find_run, cancel_run):
        with pytest.raises(RunNotFound):
            attempt(user=bob, run_id=run.pk)
    assert reload(run.pk).state == RunState.PENDING


def test_money_is_a_plain_decimal(alice: User) -> None:
    run = make_run(alice, cost_usd="0.00001230")
    run.refresh_from_db()
    assert summary_of(run)["usage"]["cost_usd"] == "0.0000123"


# F2
@pytest.mark.django_db(transaction=True)
def test_a_run_whose_predecessor_ended_before_it_was_stored_is_handed_on(
    alice: User, request_for: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    first = make_run(alice, thread="t", state=RunState.RUNNING)
    with transaction.atomic():
        second = start_run(user=alice, request=request_for(thread="t"))
        assert second.position == 1
        Run.objects.filter(pk=first.pk).update(state=RunState.COMPLETED)
    # There is no broker, and what cannot be sent is logged.
    until(lambda: str(second.run.pk) in dispatched(caplog), "dispatched")


def dispatched(caplog: pytest.LogCaptureFixture) -> list[str]:
    failed = [record for record in caplog.records if record.getMessage() == "Dispatch failed"]
    return [getattr(record, "run_id", "") for record in failed]


# F38
def test_an_interruption_is_accepted_although_what_was_live_cannot_be_ended(
    alice: User, request_for: Asked, django_capture_on_commit_callbacks: Any
) -> None:
    first = make_run(alice, thread="t", state=RunState.RUNNING)
    RunEvent.objects.create(
        run=first, seq=1, type="agent_started", frame="{}"
    )  # its end would be 1
    with django_capture_on_commit_callbacks(execute=True):
        second = start_run(user=alice, request=request_for(thread="t", on_busy="interrupt"))
    assert reload(second.run.pk).state == RunState.PENDING
    asked = reload(first.pk)
    assert (asked.cancel_requested_by, asked.cancel_reason) == (
        "alice",
        "interrupted by a new message",
    )


def test_who_is_interrupted_is_asked_in_the_same_transaction(
    alice: User, request_for: Asked
) -> None:
    first = make_run(alice, thread="t", state=RunState.RUNNING)
    start_run(user=alice, request=request_for(thread="t", on_busy="interrupt"))  # not committed
    assert reload(first.pk).cancel_requested_at is not None
