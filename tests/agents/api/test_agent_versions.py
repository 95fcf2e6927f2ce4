from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from agents.models import Agent, AgentVersion
from agents.services.configuration import configure_agent
from tests.agents.factories import make_agent
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

PATH = "/api/agents/helper/versions"


@pytest.fixture(autouse=True)
def helper(dora: User) -> Agent:
    agent = make_agent(instructions="First.")
    for number in (2, 3):
        configure_agent(
            agent=agent,
            changes={"step_limit": number},
            by=dora,
            source=AgentVersion.Source.REST,
            reason=f"because of {number}",
        )
    return agent


def test_versions_tell_who_made_them_and_why(alice: User, client_for: ClientFor) -> None:
    body = client_for(alice).get(PATH).json()
    assert (body["count"], body["next"], body["previous"]) == (3, None, None)
    assert [row["version"] for row in body["results"]] == [3, 2, 1]
    newest = body["results"][0]
    assert newest.pop("created_at") > 0
    assert newest == {
        "agent": "helper",
        "version": 3,
        "is_current": True,
        "source": "rest",
        "reason": "because of 3",
        "created_by": "dora",
    }
    assert [row["is_current"] for row in body["results"]] == [True, False, False]


def test_who_was_deleted_leaves_the_history(dora: User, alice: User, client_for: ClientFor) -> None:
    dora.delete()
    rows = client_for(alice).get(PATH).json()["results"]
    assert [row["created_by"] for row in rows] == [None, None, None]


def test_one_version_is_told_whole(alice: User, client_for: ClientFor) -> None:
    body = client_for(alice).get(f"{PATH}/1/").json()
    assert (body["version"], body["is_current"]) == (1, False)
    assert (body["instructions"], body["step_limit"]) == ("First.", 20)


@pytest.mark.parametrize(
    ("number", "code"), [("0", "version_not_found"), ("4", "version_not_found"), ("x", "not_found")]
)
def test_what_was_never_a_version_is_not_found(
    alice: User, client_for: ClientFor, number: str, code: str
) -> None:
    answer = client_for(alice).get(f"{PATH}/{number}")
    assert (answer.status_code, answer.json()["code"]) == (404, code)


@pytest.mark.parametrize("path", [PATH, f"{PATH}/1"])
def test_who_may_not_read_them(
    alice: User, charlie: User, client_for: ClientFor, path: str
) -> None:
    assert APIClient().get(path).status_code == 401
    assert client_for(charlie).get(path).status_code == 401
    Agent.objects.update(access="groups")
    answer = client_for(alice).get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "agent_not_found")


def test_the_list_costs_the_same_for_many_versions(
    alice: User, helper: Agent, client_for: ClientFor, django_assert_max_num_queries: Any
) -> None:
    for number in range(4, 16):
        AgentVersion.objects.create(agent=helper, number=number, source="rest", created_by=alice)
    client = client_for(alice)
    with django_assert_max_num_queries(5):
        assert len(client.get(PATH).json()["results"]) == 15
