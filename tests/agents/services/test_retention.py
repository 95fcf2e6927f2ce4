"""What remains of runs that ended long ago, and who is disturbed when the rest goes."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelRequest, UserPromptPart

from accounts.models import User
from agents.engine.memory import conversation_before
from agents.models import Message, ModelMessage, Run, RunEvent, Thread, ToolCall
from agents.services import retention
from agents.services.retention import prune, prune_old
from tests.agents.factories import make_run, reload
from tests.conftest import ClientFor

pytestmark = pytest.mark.database

MANY = 20 * retention.MOST_ROWS  # that are removed in many transactions
LONG_AGO = timedelta(days=91)
STEP_KINDS = (RunEvent, ModelMessage, ToolCall)


def ended(user: User, *, ago: timedelta = LONG_AGO, events: int = 3, **fields: Any) -> Run:
    """A completed run with rows of every kind."""
    defaults = {"state": "completed", "result": "It was the cache.", "last_seq": events}
    when = timezone.now() - ago
    run = make_run(user, finished_at=when, **{**defaults, **fields})
    types = ["agent_started", *["agent_thinking"] * (events - 2), "agent_completed"]
    RunEvent.objects.bulk_create(
        RunEvent(run=run, seq=seq, type=kind, frame='{"data": {}}')
        for seq, kind in enumerate(types, start=1)
    )
    request = ModelRequest(parts=[UserPromptPart("Why?")])
    body = ModelMessagesTypeAdapter.dump_json([request])[1:-1].decode()
    ModelMessage.objects.bulk_create(ModelMessage(run=run, index=n, body=body) for n in range(2))
    ToolCall.objects.create(
        run=run, response=1, position=0, call_id="call_1_0", tool="t", arguments="{}", result="1"
    )
    Message.objects.create(thread=run.thread, run=run, role="user", content="Why?")
    return run


def before() -> datetime:
    return timezone.now() - timedelta(days=90)


def left(run: Run) -> list[int]:
    return [kind.objects.filter(run=run).count() for kind in STEP_KINDS]


def test_steps_of_old_runs_go_and_results_stay(alice: User) -> None:
    old, recent = ended(alice), ended(alice, ago=timedelta(days=89))
    live = make_run(alice, state="running", last_seq=1)
    RunEvent.objects.create(run=live, seq=1, type="agent_started", frame="{}")
    assert prune(before()) == 1
    assert (left(old), left(recent), left(live)) == ([0, 0, 0], [3, 2, 1], [1, 0, 0])
    assert reload(old.pk).result == "It was the cache."
    assert Message.objects.filter(run=old).exists()
    assert Thread.objects.filter(pk=old.thread_id).exists()
    assert (reload(old.pk).pruned_at is None, reload(recent.pk).pruned_at is None) == (False, True)


def test_pruning_again_finds_nothing_to_do(alice: User) -> None:
    for _ in range(3):
        ended(alice)
    assert [prune(before()), prune(before())] == [3, 0]


@pytest.mark.parametrize(("days", "goes"), [(90, True), (92, False), (0, False)])
def test_the_setting_says_how_long_steps_are_kept(
    alice: User, settings: Any, days: int, *, goes: bool
) -> None:
    settings.RETENTION_DAYS = days
    run = ended(alice)
    assert prune_old() == int(goes)
    assert (left(run) == [0, 0, 0]) is goes


# F51
def test_who_is_interrupted_goes_on_the_next_time(alice: User) -> None:
    runs = [ended(alice, events=10) for _ in range(4)]
    RunEvent.objects.filter(run__in=runs[:2]).delete()
    RunEvent.objects.filter(run=runs[2], seq__lte=5).delete()  # and then it was killed
    assert prune(before()) == 4
    assert [left(run) for run in runs] == [[0, 0, 0]] * 4


def test_memory_of_an_old_run_falls_back_to_question_and_answer(alice: User) -> None:
    whole, half = ended(alice), ended(alice)
    now = make_run(alice)
    assert len(conversation_before(now)) == 4
    ModelMessage.objects.filter(run=half, index=0).delete()  # as far as it has come
    remembered = conversation_before(now)
    assert [type(message).__name__ for message in remembered[2:]] == [
        "ModelRequest",
        "ModelResponse",
    ]
    prune(before())
    assert len(conversation_before(now)) == 4
    assert reload(whole.pk).result in str(conversation_before(now))


@pytest.mark.parametrize("events", [0, 2])  # all of them, or the first ones so far
def test_rest_says_that_the_steps_were_removed(
    alice: User, client_for: ClientFor, events: int
) -> None:
    run = ended(alice)
    RunEvent.objects.filter(run=run, seq__lte=3 - events).delete()
    ToolCall.objects.filter(run=run).delete()
    client = client_for(alice)
    for path in ("events", "calls/call_1_0"):
        answer = client.get(f"/api/runs/{run.pk}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "pruned")
        assert f"/api/runs/{run.pk}" in answer.json()["message"]
    assert client.get(f"/api/runs/{run.pk}").json()["result"] == "It was the cache."
    assert client.get(f"/api/runs/{run.pk}/events?after=3").json()["results"] == []


def test_a_call_that_never_was_is_not_said_to_be_removed(
    alice: User, client_for: ClientFor
) -> None:
    run = ended(alice)
    answer = client_for(alice).get(f"/api/runs/{run.pk}/calls/call_9_9")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# F51
@pytest.mark.django_db(transaction=True)
def test_others_write_while_very_much_is_removed(alice: User) -> None:
    run = ended(alice, events=MANY)
    busy = make_run(alice, state="running")
    seen: list[int] = []
    is_over = threading.Event()

    def remove() -> None:
        try:
            while Run.objects.filter(pk=run.pk, pruned_at=None).exists():
                prune(before())
        finally:
            connection.close()
            is_over.set()

    removing = threading.Thread(target=remove)
    removing.start()
    while not is_over.is_set():
        Run.objects.filter(pk=busy.pk).update(last_seq=len(seen))  # one who cannot would raise
        # The first that is left: to count them all would take longer than their removal.
        first = RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", flat=True)
        seen.append(first.first() or 0)
        is_over.wait(retention.PAUSE_SECONDS / 2)
    removing.join()
    assert left(run) == [0, 0, 0]
    steps = {seq for seq in seen if seq > 1}
    assert len(steps) >= MANY / retention.MOST_ROWS / 4  # between many of its transactions
