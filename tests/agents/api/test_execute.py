import pytest
from rest_framework.test import APIClient

from accounts.models import User
from agents.models import Agent, AgentAlias, Run
from tests.agents.factories import make_agent
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

PATH = "/api/agents/execute"


@pytest.fixture(autouse=True)
def helper(db: None) -> Agent:
    agent = make_agent()
    AgentAlias.objects.create(name="aide", agent=agent)
    return agent


@pytest.mark.parametrize("name", ["helper", "aide"])
def test_a_run_of_the_named_agent_is_accepted(
    alice: User, client_for: ClientFor, name: str
) -> None:
    body = {"type": name, "message": "Why?", "thread_id": "t", "parameters": {"x": 1}, "logs": "l"}
    answer = client_for(alice).post(PATH, body, format="json")
    assert answer.status_code == 202
    run = Run.objects.select_related("agent").get()
    assert answer.json() == {"run_id": str(run.pk), "thread_id": "t", "status": "pending"}
    assert (run.agent.name, run.input) == ("helper", "Why?")
    assert (run.parameters, run.context) == ({"x": 1}, {"logs": "l"})


def test_what_other_starts_take_it_takes_too(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    body = {"type": "helper", "message": "Why?", "thread_id": "t"}
    first, again = (
        client.post(PATH, body, format="json", headers={"Idempotency-Key": "0123456789abcdef"})
        for _ in range(2)
    )
    assert first.json() == again.json()
    busy = client.post(PATH, {**body, "on_busy": "reject"}, format="json")
    assert (busy.status_code, busy.json()["code"]) == (409, "thread_busy")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ([], 400, "invalid_input"),
        ({"type": "helper"}, 400, "invalid_input"),
        ({"message": "Why?"}, 400, "invalid_input"),
        ({"type": "helper", "message": " "}, 400, "invalid_input"),
        ({"type": "x" * 64, "message": "Why?"}, 400, "invalid_input"),
        ({"type": "nobody", "message": "Why?"}, 404, "agent_not_found"),
        ({"type": "secret", "message": "Why?"}, 404, "agent_not_found"),
    ],
    ids=str,
)
def test_what_is_refused(
    alice: User, client_for: ClientFor, body: object, status: int, code: str
) -> None:
    make_agent("secret")
    Agent.objects.filter(name="secret").update(access="groups")
    answer = client_for(alice).post(PATH, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Run.objects.exists()


def test_only_users_execute(charlie: User, client_for: ClientFor) -> None:
    for client in (APIClient(), client_for(charlie)):
        body = {"type": "helper", "message": "Why?"}
        assert client.post(PATH, body, format="json").status_code == 401
    assert APIClient().get(PATH).status_code in (401, 405)
