import pytest
from rest_framework.test import APIClient

from accounts.keys import create_key
from accounts.models import User
from accounts.scopes import Scope
from agents.models import Agent, AgentVersion
from tests.agents.factories import make_agent
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

PATH = "/api/agents/helper/config"


@pytest.fixture(autouse=True)
def helper(db: None) -> Agent:
    return make_agent(tools=["inspect_data"])


def test_a_user_reads_the_configuration(alice: User, client_for: ClientFor) -> None:
    body = client_for(alice).get(PATH).json()
    assert body["created_at"] > 0
    del body["created_at"]
    assert body == {
        "agent": "helper",
        "version": 1,
        "is_current": True,
        "source": "admin",
        "reason": "",
        "created_by": None,
        "model": "",
        "instructions": "",
        "tools": ["inspect_data"],
        "approval_tools": [],
        "opening_tool": "",
        "plan": "",
        "parameters_schema": {},
        "timeout_seconds": 300,
        "step_limit": 20,
        "token_limit": None,
        "cost_limit_usd": None,
    }


def test_staff_change_it(dora: User, client_for: ClientFor) -> None:
    change = {"instructions": "Be brief.", "cost_limit_usd": "0.5", "reason": "too long"}
    answer = client_for(dora).patch(PATH, change, format="json")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["version"], body["instructions"], body["cost_limit_usd"]) == (
        2,
        "Be brief.",
        "0.5",
    )
    assert (body["created_by"], body["source"], body["reason"]) == ("dora", "rest", "too long")
    assert body["tools"] == ["inspect_data"]
    assert body["warnings"] == {}
    read = client_for(dora).get(PATH).json()
    assert {**read, "warnings": {}} == body


def test_a_model_whose_key_is_not_here_is_a_warning(dora: User, client_for: ClientFor) -> None:
    answer = client_for(dora).patch(PATH, {"model": "openai-chat:gpt-5"}, format="json")
    assert answer.status_code == 200
    assert "OPENAI_API_KEY" in answer.json()["warnings"]["model"][0]


def test_every_problem_is_told_by_field(dora: User, client_for: ClientFor) -> None:
    wrong = {"model": "x", "tools": ["hammer"], "timeout_seconds": 0, "colour": "red"}
    answer = client_for(dora).patch(PATH, wrong, format="json")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, "invalid_input")
    assert set(body["details"]) == set(wrong)
    assert AgentVersion.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        [],
        "x",
        7,
        {"reason": 7},
        {"reason": "x" * 161},
        {"expected_version": "1"},
        {"expected_version": 0},
        {"version": 1},
    ],
    ids=str,
)
def test_a_body_that_makes_no_sense_is_a_400(
    dora: User, client_for: ClientFor, body: object
) -> None:
    answer = client_for(dora).patch(PATH, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


def test_who_saw_an_older_version_is_told(dora: User, client_for: ClientFor) -> None:
    client = client_for(dora)
    client.patch(PATH, {"step_limit": 5}, format="json")
    answer = client.patch(PATH, {"step_limit": 6, "expected_version": 1}, format="json")
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "version_conflict")
    assert body["details"] == {"version": 2}


def test_who_may_not_change_it(
    alice: User, charlie: User, client_for: ClientFor, helper: Agent
) -> None:
    for client, status, code in (
        (client_for(alice), 403, "permission_denied"),
        (client_for(charlie), 401, "authentication_failed"),
        (APIClient(), 401, "not_authenticated"),
    ):
        answer = client.patch(PATH, {"step_limit": 5}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert helper.versions.count() == 1


def test_a_key_of_staff_needs_the_scope_for_it(dora: User, helper: Agent) -> None:
    for scopes, status in (([Scope.READ, Scope.RUN], 403), ([Scope.READ, Scope.STAFF], 200)):
        _, text = create_key(user=dora, name="script", scopes=scopes)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        assert client.get(PATH).status_code == 200
        assert client.patch(PATH, {"step_limit": 5}, format="json").status_code == status
    assert helper.versions.count() == 2


def test_a_whole_number_may_be_written_with_a_point(dora: User, client_for: ClientFor) -> None:
    client = client_for(dora)
    answer = client.patch(PATH, {"step_limit": 5.0, "expected_version": 1.0}, format="json")
    assert (answer.status_code, answer.json()["step_limit"]) == (200, 5)
    assert client.patch(PATH, {"step_limit": 5.5}, format="json").status_code == 400
    assert client.patch(PATH, {"step_limit": True}, format="json").status_code == 400


def test_who_may_not_find_the_agent_may_not_read_it(
    alice: User, dora: User, client_for: ClientFor
) -> None:
    Agent.objects.update(access="groups")
    answer = client_for(alice).get(PATH)
    assert (answer.status_code, answer.json()["code"]) == (404, "agent_not_found")
    assert APIClient().get(PATH).status_code == 401
    assert client_for(dora).get(PATH).status_code == 200


def test_staff_configure_a_disabled_agent(dora: User, alice: User, client_for: ClientFor) -> None:
    Agent.objects.update(is_enabled=False)
    assert client_for(dora).patch(PATH, {"step_limit": 5}, format="json").status_code == 200
    assert client_for(alice).get(PATH).status_code == 404


def test_all_configurations_that_one_may_see(alice: User, client_for: ClientFor) -> None:
    make_agent("other")
    make_agent("secret")
    Agent.objects.filter(name="secret").update(access="groups")
    body = client_for(alice).get("/api/agents/config").json()
    assert body["count"] == 2
    assert [config["agent"] for config in body["results"]] == ["helper", "other"]
    assert body["results"][0]["tools"] == ["inspect_data"]
    assert APIClient().get("/api/agents/config").status_code == 401
