from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from agents.models import Run
from agents.publishing.store import commit
from agents.publishing.units import OpenedCall, Unit
from tests.agents.factories import make_agent, make_held, make_run
from tests.agents.publishing.test_store import end, started
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

SUMMARY = {
    "run_id",
    "thread_id",
    "parent_run_id",
    "agent",
    "status",
    "last_seq",
    "input",
    "result",
    "error",
    "usage",
    "approvals",
    "created_at",
    "started_at",
    "finished_at",
}


def test_a_run_is_accepted(alice: User, client_for: ClientFor) -> None:
    make_agent()
    answer = client_for(alice).post(
        "/api/agents/helper/runs",
        {"input": "Why?", "thread_id": "t", "parameters": {"timeout": 5}, "logs": "x"},
        format="json",
    )
    assert answer.status_code == 202
    run = Run.objects.get()
    assert answer.json() == {"run_id": str(run.pk), "thread_id": "t", "status": "pending"}
    assert (run.input, run.context) == ("Why?", {"logs": "x"})


def test_an_idempotency_key_travels_in_a_header(alice: User, client_for: ClientFor) -> None:
    make_agent()
    for _ in range(2):
        client_for(alice).post(
            "/api/agents/helper/runs",
            {"input": "Why?", "thread_id": "t"},
            format="json",
            headers={"Idempotency-Key": "0123456789abcdef"},
        )
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"input": ""}, 400, "invalid_input"),
        ({"input": "x", "thread_id": "a/b"}, 400, "invalid_input"),
        ({"input": "x", "parameters": {"timeout": -1}}, 400, "invalid_input"),
        ({"input": "x", "parameters": []}, 400, "invalid_input"),
        ({"input": "x", "on_busy": "panic"}, 400, "invalid_input"),
        ([], 400, "invalid_input"),
        ({"input": "x", "parameters": {"model": "openai:gpt-5"}}, 403, "model_not_allowed"),
    ],
    ids=str,
)
def test_a_bad_request_is_told_what_to_fix(
    alice: User, client_for: ClientFor, body: Any, status: int, code: str
) -> None:
    make_agent()
    answer = client_for(alice).post("/api/agents/helper/runs", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Run.objects.exists()


def test_the_list_is_ones_own_newest_first_and_filtered(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    old, new = make_run(alice, thread="one"), make_run(alice, thread="two", state="completed")
    make_run(bob)
    client = client_for(alice)
    listed = client.get("/api/runs").json()
    assert (listed["count"], listed["next"], listed["previous"]) == (2, None, None)
    assert [run["run_id"] for run in listed["results"]] == [str(new.pk), str(old.pk)]
    by_thread = client.get("/api/runs?thread_id=one").json()["results"]
    by_state = client.get("/api/runs?status=completed").json()["results"]
    assert [run["run_id"] for run in by_thread] == [str(old.pk)]
    assert [run["run_id"] for run in by_state] == [str(new.pk)]


def test_the_list_costs_the_same_for_many_runs(
    alice: User, client_for: ClientFor, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_run(alice, thread=f"thread-{number}")
    client = client_for(alice)
    with django_assert_max_num_queries(4):
        assert len(client.get("/api/runs").json()["results"]) == 12


def test_one_run_is_told_whole(alice: User, client_for: ClientFor) -> None:
    run = make_held(alice)
    commit([Unit(run=run, events=[started()]), end(run)])
    body = client_for(alice).get(f"/api/runs/{run.id}/").json()
    assert set(body) == SUMMARY
    assert (body["status"], body["result"], body["last_seq"]) == ("completed", "Done.", 2)
    assert body["usage"]["cost_usd"] == "0.5"
    assert isinstance(body["created_at"], float)


def test_events_come_as_they_were_sent_after_a_position(alice: User, client_for: ClientFor) -> None:
    run = make_held(alice)
    commit([Unit(run=run, events=[started()]), end(run)])
    client = client_for(alice)
    whole = client.get(f"/api/runs/{run.id}/events").json()
    rest = client.get(f"/api/runs/{run.id}/events?after=1").json()
    assert [event["seq"] for event in whole["results"]] == [1, 2]
    assert (rest["count"], rest["next"]) == (1, None)
    assert rest["results"] == whole["results"][1:]
    assert rest["results"][0]["type"] == "agent_completed"


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "²", "9" * 30])
def test_a_position_that_is_none_is_refused(alice: User, client_for: ClientFor, after: str) -> None:
    run = make_run(alice)
    answer = client_for(alice).get(f"/api/runs/{run.pk}/events", {"after": after})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


def test_a_call_is_told_with_its_whole_result(alice: User, client_for: ClientFor) -> None:
    run = make_held(alice)
    commit([Unit(run=run, opened=[OpenedCall(0, 0, "call_0_0", "nap", '{"seconds":1}')])])
    client = client_for(alice)
    body = client.get(f"/api/runs/{run.id}/calls/call_0_0").json()
    assert (body["tool_name"], body["parameters"]) == ("nap", {"seconds": 1})
    assert (body["status"], body["result"]) == ("open", None)
    assert (body["decision"], body["decided_by"], body["decided_at"]) == (None, None, None)
    assert client.get(f"/api/runs/{run.id}/calls/call_9_9").status_code == 404


def test_a_run_is_cancelled(alice: User, client_for: ClientFor) -> None:
    run = make_run(alice)
    answer = client_for(alice).post(
        f"/api/runs/{run.pk}/cancel", {"reason": "enough"}, format="json"
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/api/runs/{id}"),
        ("get", "/api/runs/{id}/events"),
        ("get", "/api/runs/{id}/calls/call_0_0"),
        ("post", "/api/runs/{id}/cancel"),
    ],
)
@pytest.mark.parametrize("whose", ["bob's", "nobody's"])
def test_a_run_that_is_not_ones_own_is_not_there(
    alice: User, bob: User, client_for: ClientFor, method: str, path: str, whose: str
) -> None:
    run_id = make_run(bob).pk if whose == "bob's" else uuid4()
    answer = getattr(client_for(alice), method)(path.format(id=run_id))
    assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")


@pytest.mark.parametrize("rest", ["", "/", "/events", "/calls/call_0_0"])
@pytest.mark.parametrize("run_id", ["-" * 32, "-" * 36, "a" * 36, "0" * 31 + "-", "a" * 33])
def test_what_is_no_run_id_is_not_there(
    alice: User, client_for: ClientFor, run_id: str, rest: str
) -> None:
    answer = client_for(alice).get(f"/api/runs/{run_id}{rest}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_run_id_may_be_written_without_hyphens(alice: User, client_for: ClientFor) -> None:
    run = make_run(alice)
    assert client_for(alice).get(f"/api/runs/{run.pk.hex}").json()["run_id"] == str(run.pk)


@pytest.mark.parametrize("path", ["/api/runs", "/api/runs/{id}", "/api/threads", "/api/auth/me"])
def test_without_a_token_there_is_nothing(charlie: User, client_for: ClientFor, path: str) -> None:
    client = client_for(charlie)
    for _ in ("an inactive user", "nobody"):
        answer = client.get(path.format(id=uuid4()))
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"]
        client.credentials()
