import pytest

from accounts.models import User
from agents.models import Run, Thread
from agents.publishing.store import commit
from tests.agents.factories import make_agent, make_held, make_run
from tests.agents.publishing.test_store import end
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


def test_a_thread_is_opened_once(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    for _ in range(2):
        answer = client.post("/api/threads", {"thread_id": "t", "title": "Costs"}, format="json")
        assert answer.status_code == 201
    assert (answer.json()["thread_id"], answer.json()["title"]) == ("t", "Costs")
    assert Thread.objects.count() == 1


def test_a_thread_that_is_opened_again_takes_another_title(
    alice: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    for title, kept in (("One", "One"), ("Two", "Two"), (None, "Two")):
        body = {"thread_id": "t"} | ({"title": title} if title else {})
        assert client.post("/api/threads", body, format="json").json()["title"] == kept


def test_a_thread_without_a_name_gets_one(alice: User, client_for: ClientFor) -> None:
    body = client_for(alice).post("/api/threads", {}, format="json").json()
    assert len(body["thread_id"]) == 32


@pytest.mark.parametrize("key", ["a/b", "ä", "x" * 129, "a b"])
def test_a_name_that_is_none_is_refused(alice: User, client_for: ClientFor, key: str) -> None:
    answer = client_for(alice).post("/api/threads", {"thread_id": key}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert not Thread.objects.exists()


def test_the_list_is_ones_own_and_searched(alice: User, bob: User, client_for: ClientFor) -> None:
    for key in ("one", "two"):
        Thread.objects.create(user=alice, key=key, title=f"Costs of {key}")
    Thread.objects.create(user=bob, key="secret", title="Costs of bob")
    client = client_for(alice)
    assert client.get("/api/threads").json()["count"] == 2
    found = client.get("/api/threads?q=of+one").json()["results"]
    assert [thread["thread_id"] for thread in found] == ["one"]


def test_a_thread_is_renamed(alice: User, client_for: ClientFor) -> None:
    Thread.objects.create(user=alice, key="t")
    answer = client_for(alice).patch("/api/threads/t", {"title": "New"}, format="json")
    assert (answer.status_code, answer.json()["title"]) == (200, "New")


def test_what_was_said_is_listed_in_order(alice: User, client_for: ClientFor) -> None:
    make_agent()
    client = client_for(alice)
    Thread.objects.create(user=alice, key="t")
    answer = client.post(
        "/api/threads/t/messages", {"content": "Why?", "agent": "helper"}, format="json"
    )
    assert answer.status_code == 202
    listed = client.get("/api/threads/t/messages").json()["results"]
    assert [(message["role"], message["content"]) for message in listed] == [("user", "Why?")]
    assert listed[0]["run_id"] == answer.json()["run_id"]


def test_a_thread_with_a_live_run_cannot_be_deleted(alice: User, client_for: ClientFor) -> None:
    run = make_run(alice, thread="t")
    client = client_for(alice)
    answer = client.delete("/api/threads/t")
    assert (answer.status_code, answer.json()["code"]) == (409, "thread_busy")
    Run.objects.filter(pk=run.pk).update(state="completed")
    assert client.delete("/api/threads/t").status_code == 204
    assert not Thread.objects.exists()


def test_an_answer_is_a_message_too(alice: User, client_for: ClientFor) -> None:
    run = make_held(alice, thread="t")
    commit([end(run)])
    listed = client_for(alice).get("/api/threads/t/messages").json()["results"]
    assert [(message["role"], message["content"]) for message in listed] == [("assistant", "Done.")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/threads/secret"),
        ("patch", "/api/threads/secret"),
        ("delete", "/api/threads/secret"),
        ("get", "/api/threads/secret/messages"),
        ("post", "/api/threads/secret/messages"),
    ],
)
def test_another_users_thread_is_not_there(
    alice: User, bob: User, client_for: ClientFor, method: str, path: str
) -> None:
    Thread.objects.create(user=bob, key="secret")
    body = {"content": "Hi", "title": "Mine"}
    answer = getattr(client_for(alice), method)(path, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "thread_not_found")
    assert Thread.objects.get().title == ""
