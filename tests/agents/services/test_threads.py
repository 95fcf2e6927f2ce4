import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import User
from agents.exceptions import ThreadNotFound
from agents.models import Run, Thread
from agents.services.requests import run_request
from agents.services.runs import Started, start_run
from agents.services.threads import delete_thread, open_thread, rename_thread
from tests.agents.factories import make_agent

pytestmark = [pytest.mark.database, pytest.mark.django_db]


# F5
@pytest.mark.django_db(transaction=True)
def test_a_run_asked_for_while_its_thread_is_deleted_begins_a_new_one(alice: User) -> None:
    make_agent()
    old = open_thread(user=alice, key="t")
    asking = threading.Event()

    def ask() -> Started:
        asking.set()
        try:
            return start_run(
                user=alice, request=run_request(text="Why?", agent="helper", thread="t")
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            delete_thread(old)
            started = elsewhere.submit(ask)
            asking.wait(10)
            # It sees the thread until this commits, and waits for its row.
            threading.Event().wait(0.5)
        run = Run.objects.get(pk=started.result().run.pk)
    assert (run.thread.key, run.turn) == ("t", 1)
    assert run.thread_id != old.pk


def test_a_thread_that_is_gone_cannot_be_renamed(alice: User) -> None:
    thread = open_thread(user=alice, key="t")
    assert rename_thread(thread, "New").title == "New"
    Thread.objects.all().delete()
    with pytest.raises(ThreadNotFound):
        rename_thread(thread, "Newer")
