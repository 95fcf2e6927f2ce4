"""`POST /api/runs/{id}/approvals/{call_id}`, and what runs tell of calls that wait."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.keys import create_key
from accounts.models import User
from accounts.scopes import Scope
from agents.models import Run, ToolCall
from agents.services.runs import cancel_run
from tests.accounts.devices import bearer
from tests.agents.factories import make_waiting
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(alice: User) -> Run:
    return make_waiting(alice, calls=2)


def decide(client: APIClient, run: Run, body: Any, call_id: str = "call_0_0") -> tuple[int, Any]:
    path = f"/api/runs/{run.pk}/approvals/{call_id}"
    answer = client.post(path, body, format="json")
    return answer.status_code, answer.json()


def test_a_decision_is_answered_with_the_run(alice: User, client_for: ClientFor, run: Run) -> None:
    client = client_for(alice)
    status, body = decide(client, run, {"decision": "approve", "reason": "due"})
    assert (status, body["status"]) == (200, "waiting_for_approval")
    assert [call["call_id"] for call in body["approvals"]] == ["call_0_1"]
    assert body == client.get(f"/api/runs/{run.pk}").json()
    assert decide(client, run, {"decision": "approve"}) == (200, body)
    call = client.get(f"/api/runs/{run.pk}/calls/call_0_0").json()
    assert (call["decision"], call["decided_by"]) == ("approve", "alice")
    assert call["decided_at"] > run.created_at.timestamp()
    status, error = decide(client, run, {"decision": "deny"})
    assert (status, error["code"]) == (409, "approval_conflict")
    assert error["details"] == {"decision": "approve", "by": "alice"}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": ""},
        {"decision": "Approve"},
        {"decision": True},
        {"decision": "deny", "reason": "x" * 201},
        [],
    ],
    ids=str,
)
def test_what_is_no_decision_is_refused(
    alice: User, client_for: ClientFor, run: Run, body: Any
) -> None:
    status, error = decide(client_for(alice), run, body)
    assert (status, error["code"]) == (400, "invalid_input")
    assert ToolCall.objects.waiting().count() == 2


def test_why_nothing_can_be_decided_is_told(alice: User, client_for: ClientFor, run: Run) -> None:
    client = client_for(alice)
    deny = {"decision": "deny"}
    assert decide(client, run, deny, "call_9_9")[1]["code"] == "call_not_found"
    ToolCall.objects.filter(call_id="call_0_1").update(approval="", approval_expires_at=None)
    status, error = decide(client, run, deny, "call_0_1")
    assert (status, error["code"]) == (409, "approval_not_asked")
    cancel_run(user=alice, run_id=run.pk)
    status, error = decide(client, run, deny)
    assert (status, error["code"]) == (409, "run_ended")


def test_a_key_decides_only_if_it_may_run_agents(alice: User, run: Run) -> None:
    for scopes, expected in (([Scope.READ], 403), ([Scope.RUN], 200)):
        _, key = create_key(user=alice, name="script", scopes=scopes)
        assert decide(bearer(key), run, {"decision": "deny"})[0] == expected


def test_the_list_tells_what_waits_at_the_same_price(
    alice: User, client_for: ClientFor, run: Run, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_waiting(alice, thread=f"thread-{number}")
    client = client_for(alice)
    with django_assert_max_num_queries(5):
        told = client.get("/api/runs").json()["results"]
    assert sum(len(one["approvals"]) for one in told) == 14
