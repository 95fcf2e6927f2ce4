from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from pydantic_core import from_json

from accounts.models import User
from agents.events import (
    AgentCompleted,
    AgentCompletedData,
    AgentError,
    AgentErrorData,
    AgentStarted,
    AgentStartedData,
    AgentThinking,
    AgentThinkingData,
    Event,
    Usage,
)
from agents.models import Message, ModelMessage, Run, RunEvent, ToolCall
from agents.publishing.store import commit
from agents.publishing.units import (
    ClosedCall,
    HeldRun,
    NumberedMessage,
    OpenedCall,
    Outcome,
    Unit,
)
from agents.states import RunState
from tests.agents.factories import make_held, reload

pytestmark = pytest.mark.database


def started() -> Event:
    return AgentStarted(data=AgentStartedData(agent_id="a", message="m"))


def thinking(thought: str = "t") -> Event:
    return AgentThinking(data=AgentThinkingData(agent_id="a", message="m", thought=thought, step=1))


def completed(result: str = "Done.") -> Event:
    return AgentCompleted(
        data=AgentCompletedData(
            agent_id="a",
            message="m",
            result=result,
            usage=Usage(input_tokens=1, output_tokens=2),
            duration_ms=1.0,
            agents_involved=["a"],
        )
    )


def failed() -> Event:
    data = AgentErrorData(agent_id="a", message="m", code="internal", retryable=False)
    return AgentError(data=data)


def end(run: HeldRun, **more: Any) -> Unit:
    return Unit(
        run=run,
        events=[completed()],
        move=RunState.COMPLETED,
        outcome=Outcome(result="Done.", input_tokens=1, cost_usd=Decimal("0.5")),
        **more,
    )


def test_events_are_numbered_without_a_gap_over_units_and_commits(alice: User) -> None:
    run = make_held(alice)
    commit([Unit(run=run, events=[started()]), Unit(run=run, events=[thinking(), thinking()])])
    commit([Unit(run=run), Unit(run=run, events=[thinking()])])
    stored = RunEvent.objects.filter(run=run.id)
    assert [event.seq for event in stored] == [1, 2, 3, 4]
    assert [from_json(event.frame)["seq"] for event in stored] == [1, 2, 3, 4]
    assert reload(run.id).last_seq == run.last_seq == 4


def test_a_unit_is_written_whole(alice: User) -> None:
    run = make_held(alice)
    opened = OpenedCall(0, 0, "call_0_0", "nap", "{}")
    commit([Unit(run=run, opened=[opened], messages=[NumberedMessage(0, "{}")])])
    closed = ClosedCall("call_0_0", "succeeded", '"slept"', 12.5)
    commit([end(run, closed=[closed])])
    row = reload(run.id)
    assert (row.state, row.result, row.input_tokens) == (RunState.COMPLETED, "Done.", 1)
    assert row.cost_usd == Decimal("0.5")
    assert row.finished_at is not None
    assert row.lease_expires_at is None
    call = ToolCall.objects.get(run=run.id)
    assert (call.status, call.result, call.duration_ms) == ("succeeded", '"slept"', 12.5)
    assert ModelMessage.objects.filter(run=run.id).count() == 1
    answer = Message.objects.get(run=run.id)
    assert (answer.role, answer.content) == ("assistant", "Done.")


def test_a_call_opened_and_closed_in_one_commit_is_stored_as_it_ended(alice: User) -> None:
    run = make_held(alice)
    opened = OpenedCall(0, 0, "call_0_0", "nap", "{}")
    closed = ClosedCall("call_0_0", "failed", '"no"', 1.0)
    commit([Unit(run=run, opened=[opened]), Unit(run=run, closed=[closed])])
    assert ToolCall.objects.get(run=run.id).status == "failed"


# F14
def test_a_lost_fence_writes_nothing_and_spares_the_others(alice: User, bob: User) -> None:
    lost, kept = make_held(alice), make_held(bob)
    Run.objects.filter(pk=lost.id).update(fence=2)
    done = commit([Unit(run=lost, events=[started()]), Unit(run=kept, events=[started()])])
    assert done.lost == {lost}
    assert [event.run for events in done.events.values() for event in events] == [kept]
    assert not RunEvent.objects.filter(run=lost.id).exists()
    assert (lost.last_seq, kept.last_seq) == (0, 1)


# F14
def test_the_old_and_the_new_holder_of_a_run_do_not_mix(alice: User) -> None:
    old = make_held(alice)
    Run.objects.filter(pk=old.id).update(fence=2)
    new = HeldRun(old.id, 2, 0, old.state, old.user_id, old.thread_id, old.envelope)
    done = commit([Unit(run=old, events=[thinking("old")]), Unit(run=new, events=[started()])])
    assert done.lost == {old}
    assert [event.type for event in RunEvent.objects.filter(run=old.id)] == ["agent_started"]


def test_an_illegal_move_writes_nothing(alice: User) -> None:
    run = make_held(alice, state=RunState.COMPLETED)
    with pytest.raises(ValueError, match="completed run cannot become running"):
        commit([Unit(run=run, events=[started()], move=RunState.RUNNING)])
    assert (run.last_seq, run.state) == (0, RunState.COMPLETED)
    assert not RunEvent.objects.filter(run=run.id).exists()


# F23
@pytest.mark.django_db(transaction=True)
def test_a_run_has_one_terminal_event(alice: User) -> None:
    run = make_held(alice)
    commit([end(run)])
    with pytest.raises(IntegrityError):
        RunEvent.objects.create(run_id=run.id, seq=2, type="agent_error", frame="{}")


# F22
@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_leaves_nothing_behind(alice: User) -> None:
    run = make_held(alice)
    message = NumberedMessage(0, "{}")
    with pytest.raises(IntegrityError):
        commit([Unit(run=run, events=[started()], messages=[message, message])])
    assert (run.last_seq, reload(run.id).last_seq) == (0, 0)
    assert not RunEvent.objects.filter(run=run.id).exists()


# F23
def test_nothing_follows_the_end_of_a_run(alice: User) -> None:
    run = make_held(alice)
    commit([end(run)])
    assert commit([Unit(run=run, events=[thinking()])]).lost == {run}
    assert reload(run.id).last_seq == RunEvent.objects.filter(run=run.id).count() == 1


# F13
def test_a_step_that_completes_forgets_the_losses(alice: User) -> None:
    run = make_held(alice, losses=2)
    commit([Unit(run=run, events=[started()])])
    assert reload(run.id).losses == 2
    commit([Unit(run=run, messages=[NumberedMessage(0, "{}")])])
    assert reload(run.id).losses == 0


def test_a_batch_of_many_runs_costs_few_queries(
    alice: User, django_assert_max_num_queries: Any
) -> None:
    runs = [make_held(alice, thread=f"thread-{number}") for number in range(20)]
    with django_assert_max_num_queries(len(runs) + 6):
        commit([Unit(run=run, events=[started()]) for run in runs])
    assert connection.vendor in ("sqlite", "postgresql")
