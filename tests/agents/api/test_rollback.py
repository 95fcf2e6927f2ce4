import pytest
from rest_framework.test import APIClient

from accounts.models import User
from agents.models import Agent, AgentVersion
from agents.services.configuration import configure_agent
from tests.agents.factories import make_agent
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

PATH = "/api/agents/helper/rollback"


@pytest.fixture(autouse=True)
def helper(db: None) -> Agent:
    agent = make_agent(instructions="First.")
    configure_agent(
        agent=agent,
        changes={"instructions": "Second."},
        by=None,
        source=AgentVersion.Source.ADMIN,
    )
    return agent


def test_staff_go_back(dora: User, helper: Agent, client_for: ClientFor) -> None:
    answer = client_for(dora).post(PATH, {"version": 1, "reason": "It was better."}, format="json")
    body = answer.json()
    assert (answer.status_code, body["version"], body["instructions"]) == (200, 3, "First.")
    assert body["reason"] == "Back to version 1. It was better."
    assert (body["created_by"], body["source"], body["warnings"]) == ("dora", "rest", {})
    assert Agent.objects.get(pk=helper.pk).current == helper.versions.get(number=3)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"version": "1"}, 400, "invalid_input"),
        ({"version": 0}, 400, "invalid_input"),
        ({"version": 1, "reason": "x" * 161}, 400, "invalid_input"),
        ({"version": 1, "colour": "red"}, 400, "invalid_input"),
        ([1], 400, "invalid_input"),
        ({"version": 9}, 404, "version_not_found"),
        ({"version": 10**30}, 404, "version_not_found"),
        ({"version": 1, "expected_version": 1}, 409, "version_conflict"),
    ],
    ids=str,
)
def test_what_cannot_be_gone_back_to(
    dora: User, helper: Agent, client_for: ClientFor, body: object, status: int, code: str
) -> None:
    answer = client_for(dora).post(PATH, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert helper.versions.count() == 2


def test_who_may_not_go_back(
    alice: User, charlie: User, helper: Agent, client_for: ClientFor
) -> None:
    for client, status in (
        (client_for(alice), 403),
        (client_for(charlie), 401),
        (APIClient(), 401),
    ):
        assert client.post(PATH, {"version": 1}, format="json").status_code == status
    assert helper.versions.count() == 2


def test_there_is_nothing_to_read(dora: User, client_for: ClientFor) -> None:
    assert client_for(dora).get(PATH).status_code == 405
