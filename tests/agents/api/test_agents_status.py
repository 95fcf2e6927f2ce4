from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from agents.models import Agent, Worker
from agents.services.availability import NO_WORKER, NOT_USABLE
from tests.agents.factories import make_agent, make_run
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

PATH = "/api/agents/status"


@pytest.fixture(autouse=True)
def agents(db: None) -> None:
    make_agent("closed")
    make_agent("open")
    Agent.objects.filter(name="open").update(access="public")


def test_the_status_is_public(alice: User) -> None:
    make_run(alice, agent=Agent.objects.get(name="open"))
    Worker.objects.create(id="a" * 32, host="here", pid=1)
    assert APIClient().get(PATH).json() == {
        "workers": 1,
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "agent": "open",
                "status": "available",
                "message": "",
                "problems": [],
                "live_runs": 1,
                "version": 1,
                "description": "",
            }
        ],
    }


def test_users_see_the_status_of_what_they_may_find(
    alice: User, charlie: User, client_for: ClientFor
) -> None:
    body = client_for(alice).get(PATH).json()
    assert [row["agent"] for row in body["results"]] == ["closed", "open"]
    assert {row["message"] for row in body["results"]} == {NO_WORKER}
    assert client_for(charlie).get(PATH).status_code == 401


def test_what_no_worker_can_run_is_unavailable_and_staff_are_told_why(
    alice: User, dora: User, client_for: ClientFor
) -> None:
    closed = Agent.objects.get(name="closed")
    unusable = {str(closed.current_id): "Set OPENAI_API_KEY."}
    Worker.objects.create(id="a" * 32, host="here", pid=1, unusable=unusable)
    for user, problems in ((alice, []), (dora, ["Set OPENAI_API_KEY."])):
        first, second = client_for(user).get(PATH).json()["results"]
        assert (first["status"], first["message"]) == ("unavailable", NOT_USABLE)
        assert first["problems"] == problems
        assert second["status"] == "available"


def test_pages_cost_the_same_for_many_agents(
    alice: User, client_for: ClientFor, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_agent(f"agent_{number}")
    client = client_for(alice)
    with django_assert_max_num_queries(6):
        body = client.get(f"{PATH}?page_size=10").json()
    assert (body["count"], len(body["results"])) == (14, 10)
    assert body["next"].endswith("page=2&page_size=10")
