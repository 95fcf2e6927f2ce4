"""A statement that is made once does what the query would do that it is made of."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.statements import ROWS_PER_INSERT, Find, Given, Insert, Select, Update, column, given
from agents.models import Run, RunEvent
from tests.agents.factories import make_run

pytestmark = pytest.mark.database

FENCE = column(Run, "fence")
OF_THREAD = Run.objects.filter(**given(Run, "thread")).order_by("turn")


def test_values_come_as_their_fields_have_them(alice: User) -> None:
    run = make_run(alice, parameters={"mode": "test"}, deadline_at=datetime(2026, 7, 1, tzinfo=UTC))
    columns = ("pk", "parameters", "deadline_at", "timeout", "parent", "thread__key")
    select = Select(Run.objects.filter(**given(Run, "id")).values_list(*columns))
    expected = Run.objects.filter(pk=run.pk).values_list(*columns).get()
    assert select.rows(id=run.pk) == [expected]
    assert select.first(id=uuid4()) is None


def test_whole_rows_come_as_instances(alice: User) -> None:
    run = make_run(alice, parameters={"mode": "test"})
    find = Find(OF_THREAD)
    (found,) = find.all(thread=run.thread_id)
    assert found == run
    assert vars(found).keys() == vars(Run.objects.get()).keys()
    assert found.parameters == {"mode": "test"}
    assert find.first(thread=0) is None
    with pytest.raises(Run.DoesNotExist, match="'thread': 0"):
        find.get(thread=0)


def test_a_select_keeps_order_and_limit(alice: User) -> None:
    runs = [make_run(alice) for _ in range(3)]
    select = Select(OF_THREAD.values_list("pk")[:2])
    assert select.rows(thread=runs[0].thread_id) == [(run.pk,) for run in runs[:2]]


def test_only_the_rows_that_are_meant_change(alice: User) -> None:
    first, second = make_run(alice), make_run(alice)
    update = Update(Run.objects.filter(**given(Run, "id"), fence=Given("seen", FENCE)))
    changes = {"fence": F("fence") + 1, "owner": "a" * 32, "lease_expires_at": Now()}
    assert update.run(changes, id=first.pk, seen=0) == 1
    assert update.run(changes, id=first.pk, seen=0) == 0
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.fence, first.owner) == (1, "a" * 32)
    assert first.lease_expires_at is not None
    assert (second.fence, second.owner, second.lease_expires_at) == (0, "", None)


def test_another_expression_makes_another_statement(alice: User) -> None:
    run = make_run(alice)
    update = Update(Run.objects.filter(**given(Run, "id")))
    for value, expected in ((F("fence") + 1, 1), (F("fence") + 2, 3), (7, 7), (None, None)):
        column = "fence" if value is not None else "deadline_at"
        assert update.run({column: value}, id=run.pk) == 1
        run.refresh_from_db()
        assert getattr(run, column) == expected


def test_many_rows_are_inserted_and_no_row_is_no_query(alice: User) -> None:
    run = make_run(alice)
    insert = Insert(RunEvent, "run", "seq", "type", "frame")
    number = ROWS_PER_INSERT * 2 + 1
    with CaptureQueriesContext(connection) as queries:
        insert.run([(run.pk, seq, "agent_thinking", '{"é%s"}') for seq in range(1, number + 1)])
        insert.run([])
    assert len(queries) == 3
    assert RunEvent.objects.filter(run=run, frame='{"é%s"}').count() == number


@pytest.mark.django_db(transaction=True)
def test_threads_share_a_statement(alice: User) -> None:
    runs = [make_run(alice) for _ in range(4)]
    select = Select(Run.objects.filter(**given(Run, "id")).values_list("turn"))

    def read(run: Run) -> Any:
        try:
            return select.first(id=run.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, runs)) == [(run.turn,) for run in runs]
