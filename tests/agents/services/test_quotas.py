"""How many live and waiting runs a user may have, and what many starts at once come to."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.exceptions import NetraError
from accounts.models import User
from agents.engine.endings import Cancellation, cancelled
from agents.exceptions import IdempotencyConflict, ThreadBusy, TooManyRuns
from agents.models import Agent, Run, Thread
from agents.publishing import leases
from agents.publishing.ending import end
from agents.services.requests import run_request
from agents.services.runs import Started, start_run
from tests.agents.factories import make_agent
from tests.conftest import ClientFor

pytestmark = pytest.mark.database

KEY = "0123456789abcdef"


@pytest.fixture
def helper(db: None) -> Agent:
    return make_agent()


def ask(user: User, **asked: Any) -> Started:
    return start_run(user=user, request=run_request(**{"text": "Why?", "agent": "helper", **asked}))


def all_at_once(*asks: Callable[[], Started]) -> tuple[list[Started], list[type[NetraError]]]:
    """What came of starts on as many threads: the runs, and the refusals."""

    def one(start: Callable[[], Started]) -> Started | NetraError:
        try:
            return start()
        except NetraError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(asks)) as threads:
        results = list(threads.map(one, asks))
    started = [result for result in results if isinstance(result, Started)]
    return started, [type(result) for result in results if isinstance(result, NetraError)]


def finish(run_id: UUID) -> None:
    assert end(run_id, lambda run: cancelled(run, Cancellation("alice", ""), []))


@pytest.mark.usefixtures("helper")
def test_a_live_run_too_many_is_refused_and_leaves_nothing_behind(
    alice: User, bob: User, settings: Any
) -> None:
    settings.LIVE_RUNS_PER_USER = 2
    first, _ = ask(alice, thread="a"), ask(alice, thread="b")
    with pytest.raises(TooManyRuns, match="2 threads"):
        ask(alice, thread="c")
    assert not Thread.objects.filter(key="c").exists()
    assert ask(alice, thread="a").position == 1  # behind another is not beside it
    assert ask(bob, thread="c").position == 0
    finish(first.run.pk)
    with pytest.raises(TooManyRuns):
        ask(alice, thread="c")  # the next of its thread is live now
    finish(Run.objects.get(thread__key="a", state="pending").pk)
    ask(alice, thread="c")


@pytest.mark.usefixtures("helper")
def test_a_waiting_run_too_many_is_refused(alice: User, settings: Any) -> None:
    settings.QUEUED_RUNS_PER_USER = 2
    assert [ask(alice, thread="a").position for _ in range(3)] == [0, 1, 2]
    with pytest.raises(TooManyRuns, match="2 runs waiting"):
        ask(alice, thread="a")
    ask(alice, thread="b")
    with pytest.raises(TooManyRuns):
        ask(alice, thread="b")
    ask(alice, thread="a", on_busy="interrupt")


@pytest.mark.usefixtures("helper")
def test_a_key_that_was_refused_may_be_used_again(alice: User, settings: Any) -> None:
    settings.LIVE_RUNS_PER_USER = 1
    first = ask(alice, thread="a")
    with pytest.raises(TooManyRuns):
        ask(alice, thread="b", idempotency_key=KEY)
    finish(first.run.pk)
    assert not ask(alice, text="Another question", thread="b", idempotency_key=KEY).is_repeated


def test_rest_says_that_there_are_too_many(
    alice: User, helper: Agent, client_for: ClientFor, settings: Any
) -> None:
    settings.LIVE_RUNS_PER_USER = 1
    client: APIClient = client_for(alice)
    ask(alice, thread="a")
    for path, body in (
        (f"/api/agents/{helper.name}/runs", {"input": "Why?"}),
        ("/api/agents/execute", {"type": helper.name, "message": "Why?"}),
        ("/api/threads/b/messages", {"content": "Why?", "agent": helper.name}),
    ):
        Thread.objects.get_or_create(user=alice, key="b")
        answer = client.post(path, body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_runs"), path


@pytest.mark.django_db(transaction=True)
def test_the_limits_are_exact_however_many_start_at_once(alice: User, settings: Any) -> None:
    make_agent()
    settings.LIVE_RUNS_PER_USER, settings.QUEUED_RUNS_PER_USER = 3, 2
    started, refused = all_at_once(*(partial(ask, alice, thread=f"t{n}") for n in range(8)))
    assert (len(started), refused) == (3, [TooManyRuns] * 5)
    busy = started[0].thread.key
    queued, refused = all_at_once(*(partial(ask, alice, thread=busy) for _ in range(6)))
    assert (len(queued), refused) == (2, [TooManyRuns] * 4)
    assert sorted(run.position for run in queued) == [1, 2]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("on_busy", ["enqueue", "reject", "interrupt"])
@pytest.mark.parametrize("thread", ["t", None])
def test_ten_sends_of_one_key_at_once_make_one_run(
    alice: User, settings: Any, on_busy: str, thread: str | None
) -> None:
    make_agent()
    settings.LIVE_RUNS_PER_USER = 1  # nor are repetitions counted
    again = partial(ask, alice, thread=thread, on_busy=on_busy, idempotency_key=KEY)
    started, refused = all_at_once(*[again] * 10)
    assert refused == []
    assert len({one.run.pk for one in started}) == 1
    assert sorted(one.is_repeated for one in started) == [False] + [True] * 9
    assert Run.objects.get().state == "pending"


@pytest.mark.django_db(transaction=True)
def test_of_different_bodies_with_one_key_at_once_one_is_taken(alice: User) -> None:
    make_agent()
    bodies = (partial(ask, alice, text=f"Question {n}", idempotency_key=KEY) for n in range(6))
    started, refused = all_at_once(*bodies)
    assert (len(started), refused) == (1, [IdempotencyConflict] * 5)
    assert Run.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_busy_thread_is_entered_by_one_of_many_that_would_not_wait(alice: User) -> None:
    make_agent()
    started, refused = all_at_once(*[partial(ask, alice, thread="t", on_busy="reject")] * 6)
    assert (len(started), refused) == (1, [ThreadBusy] * 5)


@pytest.mark.django_db(transaction=True)
def test_positions_are_told_right_however_many_wait(alice: User) -> None:
    make_agent()
    started, _ = all_at_once(*[partial(ask, alice, thread="t")] * 6)
    in_turn = sorted(started, key=lambda one: one.run.turn)
    assert [one.position for one in in_turn] == list(range(6))


@pytest.mark.django_db(transaction=True)
def test_of_many_interruptions_at_once_the_last_is_left(alice: User) -> None:
    make_agent()
    for _ in range(3):
        ask(alice, thread="t")
    started, refused = all_at_once(*[partial(ask, alice, thread="t", on_busy="interrupt")] * 4)
    assert refused == []
    live = Run.objects.live()
    assert [run.turn for run in live] == [7]
    ended = Run.objects.exclude(pk=live.get().pk)
    assert {run.state for run in ended} == {"cancelled"}
    assert all(
        list(run.events.values_list("type", flat=True)) == ["agent_cancelled"] for run in ended
    )
    last = max(started, key=lambda one: one.run.turn)
    assert last.position == 0


@pytest.mark.django_db(transaction=True)
def test_an_interruption_waits_only_for_who_cannot_be_ended_at_once(alice: User) -> None:
    make_agent()
    running = ask(alice, thread="t").run
    leases.claim(running.pk, owner="f" * 32)
    for _ in range(2):
        ask(alice, thread="t")
    assert ask(alice, thread="t", on_busy="interrupt").position == 1
