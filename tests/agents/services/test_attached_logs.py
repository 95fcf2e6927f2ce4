"""Logs that come with a message: data sets of their user, chosen for the run, never text."""

import json
import os
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.transaction import atomic
from django.utils import timezone
from pydantic_ai import RunContext, RunUsage
from pydantic_ai.models.test import TestModel

from accounts.models import User
from agents.engine.attached import take_in
from agents.engine.loading import Assignment, load
from agents.engine.loop import prompt_of
from agents.exceptions import ThreadBusy
from agents.models import Dataset, Run, Thread
from agents.publishing import leases
from agents.services.attached_logs import remove_old
from agents.services.requests import OnBusy, RunRequest
from agents.services.retrying import retry_run
from agents.services.runs import start_run
from agents.states import RunState
from agents.tools.inspect_data import inspect_data
from tests.agents.analytics.sessions.making import CWD, Session
from tests.agents.factories import make_agent
from tests.agents.racing import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _start(db: None) -> None:
    """An agent to ask, and nothing that another test has left."""
    make_agent()
    for path in Path(settings.ATTACHED_DIR).iterdir():
        path.unlink()


def session(reads: int = 2) -> list[dict[str, Any]]:
    """Lines as a client sends them: with the name of their file, and a word on their origin."""
    made = Session()
    for _ in range(reads):
        made.result(made.call("Read", {"file_path": f"{CWD}/a.py"}), "a", 900)
    made.say()
    return [{**line, "_provider": "claude", "_source_file": "mine.jsonl"} for line in made.lines]


def asked(user: User, context: dict[str, Any], **more: Any) -> Run:
    request = RunRequest(text="What did I waste?", agent="helper", context=context, **more)
    return start_run(user=user, request=request).run


def loaded(run: Run) -> Assignment:
    """As a worker has it; the run counts as done afterwards."""
    held = leases.claim(run.pk, owner="a" * 32)
    assert held is not None
    assignment = load(held)
    Run.objects.filter(pk=run.pk).update(
        state=RunState.COMPLETED, finished_at=timezone.now(), owner="", lease_expires_at=None
    )
    return assignment


def chunk(lines: list[dict[str, Any]], index: int, total: int) -> dict[str, Any]:
    told = {
        "chunk_index": index,
        "total_chunks": total,
        "file_hash": "0123456789abcdef",
        "file_name": "mine.jsonl",
        "aggregation_required": True,
    }
    return {"jsonl_logs": lines, "agent_context": {"chunk_metadata": told}}


def numbers(row: Dataset) -> list[int]:
    """The parts that a data set was read from."""
    assert row.source_parts is not None
    known: list[int] = row.source_parts["numbers"]
    return known


def waiting() -> list[Path]:
    return [path for path in Path(settings.ATTACHED_DIR).iterdir() if path.suffix != ".lock"]


def test_logs_become_a_data_set_that_is_chosen_for_the_run(alice: User) -> None:
    lines = session()
    run = asked(alice, {"jsonl_logs": lines, "colour": "red"})
    assert len(json.dumps(Run.objects.get(pk=run.pk).context)) < 500
    assignment = loaded(run)
    row = Dataset.objects.get()
    assert (row.user, row.name, row.format, row.rows) == (alice, "mine.jsonl", "claude-code", 3)
    assert assignment.toolbox.chosen == str(row.pk)
    assert [handle.id for handle in assignment.toolbox.datasets] == [str(row.pk)]
    assert waiting() == []


def test_no_model_is_told_the_lines(alice: User) -> None:
    assignment = loaded(asked(alice, {"jsonl_logs": session(), "colour": "red"}))
    prompt = [str(piece) for piece in prompt_of(assignment)]
    assert prompt[:2] == ["What did I waste?", "The log 'mine.jsonl' came with the message."]
    assert json.loads(prompt[2].split("\n", 1)[1]) == {"colour": "red"}
    assert assignment.context == {"colour": "red"}


def test_a_text_of_lines_is_read_as_well(alice: User) -> None:
    text = "\n".join(json.dumps(line) for line in session())
    loaded(asked(alice, {"jsonl_logs": text}))
    row = Dataset.objects.get()
    assert (row.name, row.rows) == ("Session log", 3)


def test_the_users_own_choice_goes_before(alice: User) -> None:
    run = asked(alice, {"jsonl_logs": session()}, parameters={"dataset": "October"})
    assert loaded(run).toolbox.chosen == "October"


@pytest.mark.parametrize("logs", [[], "", "  \n", [None], [""]])
def test_empty_logs_are_as_none(alice: User, logs: Any) -> None:
    assignment = loaded(asked(alice, {"jsonl_logs": logs, "colour": "red"}))
    assert (assignment.toolbox.chosen, assignment.toolbox.notes) == (None, ())
    assert assignment.context == {"colour": "red"}
    assert waiting() == []


@pytest.mark.parametrize(
    "logs", ["x" * 1000, [1, 2], {"a": 1}, ["not json"], [{"a": "b"}], True, [[[]]]]
)
def test_logs_that_cannot_be_read_do_not_fail_the_run(alice: User, logs: Any) -> None:
    assignment = loaded(asked(alice, {"jsonl_logs": logs}))
    (note,) = assignment.toolbox.notes
    assert note.startswith("The log 'Session log' that came with the message was not read: ")
    assert (Dataset.objects.count(), waiting()) == (0, [])
    call = RunContext(deps=assignment.toolbox, model=TestModel(), usage=RunUsage())
    assert inspect_data(call, "What did I waste?").notes == [note]


def test_parts_of_one_log_are_put_together_whatever_their_order(alice: User) -> None:
    lines = session(reads=4)
    parts = [lines[:5], lines[5:9], lines[9:]]
    runs = [asked(alice, chunk(part, index, 3)) for index, part in enumerate(parts)]
    last = loaded(runs[2])
    row = Dataset.objects.get()
    # All three had been sent when the first of the runs began.
    assert (row.rows, numbers(row)) == (5, [0, 1, 2])
    assert [loaded(run).toolbox.chosen for run in runs[:2]] == [str(row.pk)] * 2
    assert last.toolbox.notes == ("The log 'mine.jsonl' came with the message.",)
    assert Dataset.objects.count() == 1
    assert waiting() == []


def test_each_part_is_answered_with_what_has_come(alice: User) -> None:
    lines = session(reads=4)
    second = loaded(asked(alice, chunk(lines[6:], 1, 2)))
    partial = Dataset.objects.get()
    assert second.toolbox.notes == ("Of the log 'mine.jsonl' 1 of its 2 parts have come so far.",)
    seen = partial.directory
    first = loaded(asked(alice, chunk(lines[:6], 0, 2)))
    row = Dataset.objects.get()
    assert (row.pk, row.rows) == (partial.pk, 5)
    assert first.toolbox.chosen == str(row.pk)
    assert seen.is_dir()  # a run may still be reading it
    assert row.directory != seen


@pytest.mark.django_db(transaction=True)
def test_parts_that_come_at_once_make_one_whole(alice: User) -> None:
    lines = session(reads=4)
    parts = [lines[:5], lines[5:9], lines[9:]]

    def send(index: int) -> Assignment:
        return loaded(asked(alice, chunk(parts[index], index, 3), thread=f"socket-{index}"))

    assignments = at_once(*(partial(send, index) for index in range(3)))
    row = Dataset.objects.get()
    assert (row.rows, numbers(row)) == (5, [0, 1, 2])
    assert {assignment.toolbox.chosen for assignment in assignments} == {str(row.pk)}
    assert waiting() == []


def test_the_same_log_again_is_one_data_set_and_a_longer_one_replaces_it(alice: User) -> None:
    loaded(asked(alice, {"jsonl_logs": session()}, thread="first"))
    before = Dataset.objects.get()
    loaded(asked(alice, {"jsonl_logs": session()}, thread="second"))
    same = Dataset.objects.get()
    assert (same.pk, same.folder) == (before.pk, before.folder)
    assert same.thread is not None
    assert same.thread.key == "second"
    loaded(asked(alice, {"jsonl_logs": session(reads=5)}, thread="third"))
    longer = Dataset.objects.get()
    assert (longer.pk, longer.rows) == (before.pk, 6)


def test_a_log_of_another_user_is_another_data_set(alice: User, bob: User) -> None:
    lines = session(reads=4)
    loaded(asked(alice, chunk(lines[:6], 0, 2)))
    theirs = loaded(asked(bob, chunk(lines[6:], 1, 2)))
    assert [numbers(row) for row in Dataset.objects.order_by("user")] == [[0], [1]]
    assert [handle.id for handle in theirs.toolbox.datasets] == [
        str(Dataset.objects.get(user=bob).pk)
    ]


def test_a_client_cannot_name_a_file_of_somebody_else(alice: User, bob: User) -> None:
    stored = asked(alice, {"jsonl_logs": session()})
    reference = Run.objects.get(pk=stored.pk).context["jsonl_logs"]
    guessed = loaded(asked(bob, {"jsonl_logs": reference}))
    assert guessed.toolbox.chosen is None
    assert "not there any more" in guessed.toolbox.notes[0]
    for content in ("../../x", "0" * 39, f"{'0' * 40}\n"):
        loaded(asked(bob, {"jsonl_logs": {**reference, "content": content}}))
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    "metadata",
    [{"chunk_index": 3}, {"total_chunks": 10**9}, {"file_hash": 7}, {"chunk_index": -1}],
)
def test_what_is_wrongly_said_of_parts_is_as_unsaid(alice: User, metadata: dict[str, Any]) -> None:
    context = chunk(session(), 0, 2)
    context["agent_context"]["chunk_metadata"] |= metadata
    assert loaded(asked(alice, context)).toolbox.chosen == str(Dataset.objects.get().pk)


def test_a_run_that_is_asked_again_has_its_log(alice: User) -> None:
    run = asked(alice, {"jsonl_logs": session()})
    loaded(run)
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED)
    again = loaded(retry_run(run.pk).run)
    assert again.toolbox.chosen == str(Dataset.objects.get().pk)


# F63
def test_a_log_whose_reading_broke_off_is_read_by_the_next_worker(alice: User) -> None:
    run = asked(alice, {"jsonl_logs": session()})

    def refuse(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith("INSERT"):
            raise OperationalError("gone")
        return execute(sql, *arguments)

    with pytest.raises(OperationalError), atomic(), connection.execute_wrapper(refuse):
        take_in(run)
    assert (Dataset.objects.count(), len(waiting())) == (0, 1)
    found = take_in(run)
    row = Dataset.objects.get()
    assert (found.dataset_id, row.rows, waiting()) == (str(row.pk), 3, [])
    assert take_in(run) == found  # the worker was lost after it had read it


@pytest.mark.django_db(transaction=True)
def test_the_data_set_goes_with_its_thread(alice: User) -> None:
    loaded(asked(alice, {"jsonl_logs": session()}, thread="mine"))
    directory = Dataset.objects.get().directory
    assert directory.is_dir()
    Run.objects.all().delete()
    Thread.objects.get(key="mine").delete()
    assert not Dataset.objects.exists()
    assert not directory.exists()


@pytest.mark.django_db(transaction=True)
def test_old_ones_are_removed_with_all_that_was_left_behind(alice: User) -> None:
    loaded(asked(alice, chunk(session(reads=4)[6:], 1, 2)))
    replaced = Dataset.objects.get().directory
    loaded(asked(alice, chunk(session(reads=4)[:6], 0, 2)))
    asked(alice, chunk(session(reads=7)[:6], 0, 3))  # nobody ever reads it
    for path in (replaced, *Path(settings.ATTACHED_DIR).iterdir()):
        os.utime(path, (0, 0))
    assert remove_old(timezone.now()) == 0
    assert (replaced.exists(), waiting()) == (False, [])
    assert Dataset.objects.get().directory.is_dir()
    assert remove_old(timezone.now() + timedelta(days=settings.RETENTION_DAYS + 1)) == 1
    assert not Dataset.objects.exists()


def test_a_refused_run_leaves_what_is_removed_later(alice: User) -> None:
    asked(alice, {}, thread="busy")
    with pytest.raises(ThreadBusy):
        asked(alice, {"jsonl_logs": session()}, thread="busy", on_busy=OnBusy.REJECT)
    assert len(waiting()) == 1
    remove_old(timezone.now() + timedelta(days=2))
    assert waiting() == []
