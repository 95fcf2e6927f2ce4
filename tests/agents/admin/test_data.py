"""Threads, data sets, workers and groups in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts.admin.paging import ROWS_LISTED
from accounts.models import User
from agents.models import Access, Dataset, Message, Role, Run, Thread, Worker
from agents.services.datasets import install_demo
from agents.states import RunState
from tests.administration import list_of, page_of, root, signed_in, staff
from tests.agents.factories import make_agent, make_run

pytestmark = pytest.mark.database


@pytest.fixture
def client(db: None) -> Client:
    return signed_in(root())


def delete(client: Client, row: Thread | Dataset) -> str:
    """The page after it."""
    return client.post(page_of(row, "delete"), {"post": "yes"}, follow=True).text


def test_a_thread_shows_what_was_said_in_it(client: Client, alice: User) -> None:
    run = make_run(alice)
    for role, text in ((Role.USER, "Why?"), (Role.ASSISTANT, "<b>Because.</b>")):
        Message.objects.create(thread=run.thread, run=run, role=role, content=text)
    shown = client.get(page_of(run.thread)).text
    assert shown.index("Why?") < shown.index("&lt;b&gt;Because.&lt;/b&gt;")
    assert page_of(run) in shown


def test_a_thread_is_deleted_with_its_runs(client: Client, alice: User) -> None:
    run = make_run(alice, state=RunState.COMPLETED)
    delete(client, run.thread)
    assert not Thread.objects.exists()
    assert not Run.objects.exists()


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_thread_with_a_live_run_stays(client: Client, alice: User, way: str) -> None:
    thread = make_run(alice).thread
    if way == "page":
        told = delete(client, thread)
    else:
        chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [thread.pk]}
        told = client.post(list_of(Thread), chosen, follow=True).text
    assert "The thread &#x27;thread&#x27; has a live run." in told
    assert Thread.objects.filter(pk=thread.pk).exists()
    assert not LogEntry.objects.exists()


def test_of_many_threads_all_are_deleted_or_none(client: Client, alice: User) -> None:
    names = {"first": RunState.COMPLETED, "busy": RunState.RUNNING, "last": RunState.COMPLETED}
    threads = [make_run(alice, thread=key, state=state).thread for key, state in names.items()]
    chosen = {
        "action": "delete_selected",
        "post": "yes",
        "_selected_action": [t.pk for t in threads],
    }
    told = client.post(list_of(Thread), chosen, follow=True).text
    assert "&#x27;busy&#x27; has a live run" in told
    assert Thread.objects.count() == 3
    assert not LogEntry.objects.exists()
    Run.objects.update(state=RunState.COMPLETED)
    client.post(list_of(Thread), chosen)
    assert not Thread.objects.exists()
    assert LogEntry.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["page", "action"])
def test_a_data_set_goes_with_its_files_even_a_shared_one(way: str) -> None:
    client = signed_in(root())
    demo = install_demo(timezone.now())
    assert "everyone" in client.get(page_of(demo)).text
    if way == "page":
        delete(client, demo)
    else:
        chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [demo.pk]}
        client.post(list_of(Dataset), chosen)
    assert not Dataset.objects.exists()
    assert not demo.directory.exists()


def test_a_data_set_stays_with_who_may_only_look(alice: User) -> None:
    row = Dataset.objects.create(
        user=alice, name="<i>log</i>", format="csv", size_bytes=2_500_000, rows=1, profile={}
    )
    client = signed_in(staff("viewer", "view_dataset"))
    shown = client.get(page_of(row)).text
    assert "2.5 MB" in shown
    assert "<i>log</i>" not in shown
    assert client.post(page_of(row, "delete"), {"post": "yes"}).status_code == 403
    assert Dataset.objects.exists()


def test_workers_that_are_silent_are_not_alive(client: Client, alice: User) -> None:
    here = Worker.objects.create(id="a" * 32, host="here", pid=1)
    gone = Worker.objects.create(id="b" * 32, host="gone", pid=2)
    Worker.objects.filter(pk=gone.pk).update(seen_at=timezone.now() - 2 * Worker.SILENCE)
    run = make_run(alice, owner=here.pk, state=RunState.RUNNING)
    alive = {row.pk: row.is_alive for row in client.get(list_of(Worker)).context["cl"].result_list}
    assert alive == {here.pk: 1, gone.pk: 0}
    assert page_of(run) in client.get(page_of(here)).text
    assert page_of(run) not in client.get(page_of(gone)).text


def test_a_group_shows_the_agents_that_are_open_to_it(client: Client) -> None:
    group = Group.objects.create(name="analysts")
    agent = make_agent("secret_agent")
    agent.groups.add(group)
    agent.access = Access.GROUPS
    agent.save()
    make_agent("other_agent")
    shown = client.get(page_of(group)).text
    assert page_of(agent) in shown
    assert "other_agent" not in shown


def test_only_superusers_change_what_a_group_may(client: Client) -> None:
    group = Group.objects.create(name="analysts")
    group.permissions.set(Permission.objects.filter(codename="view_run"))
    every = list(Permission.objects.values_list("pk", flat=True))
    helper = signed_in(staff("helper", "view_group", "change_group"))
    helper.post(page_of(group), {"name": "readers", "permissions": every})
    group.refresh_from_db()
    assert (group.name, group.permissions.count()) == ("readers", 1)
    client.post(page_of(group), {"name": "readers", "permissions": every})
    assert group.permissions.count() == len(every)


def test_a_list_counts_no_further_than_it_shows(client: Client, alice: User) -> None:
    rows = [Thread(user=alice, key=f"key{number}") for number in range(ROWS_LISTED + 5)]
    Thread.objects.bulk_create(rows, batch_size=500)
    answer = client.get(list_of(Thread))
    assert answer.context["cl"].result_count == ROWS_LISTED
    assert "the first 10,000; search for others" in answer.text
    assert "search for others" not in client.get(list_of(User)).text
