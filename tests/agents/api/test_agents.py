import pytest
from rest_framework.test import APIClient

from accounts.models import User
from agents.models import Agent, AgentAlias
from tests.agents.factories import make_agent
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


@pytest.fixture
def agents(db: None) -> None:
    make_agent("open", tools=["nap"])
    make_agent("closed")
    Agent.objects.filter(name="open").update(access="public")
    AgentAlias.objects.create(name="other_name", agent=Agent.objects.get(name="open"))


@pytest.mark.parametrize(
    "path", ["/api/agents", "/api/agents/", "/api/agents/list", "/api/discovery/agents"]
)
def test_public_agents_are_found_without_signing_in(agents: None, path: str) -> None:
    body = APIClient().get(path).json()
    assert [agent["name"] for agent in body["results"]] == ["open"]
    assert body["results"][0]["aliases"] == ["other_name"]
    assert body["results"][0]["tools"] == ["nap"]


def test_users_find_more(agents: None, alice: User, client_for: ClientFor) -> None:
    body = client_for(alice).get("/api/agents").json()
    assert [agent["name"] for agent in body["results"]] == ["closed", "open"]


@pytest.mark.parametrize("name", ["open", "other_name"])
def test_an_agent_is_found_by_name_or_alias(agents: None, name: str) -> None:
    assert APIClient().get(f"/api/agents/{name}").json()["name"] == "open"


def test_what_may_not_be_found_is_not_there(agents: None) -> None:
    answer = APIClient().get("/api/agents/closed")
    assert (answer.status_code, answer.json()["code"]) == (404, "agent_not_found")


def test_a_configuration_needs_a_user(agents: None, alice: User, client_for: ClientFor) -> None:
    assert APIClient().get("/api/agents/open/config").status_code == 401
    body = client_for(alice).get("/api/agents/open/config").json()
    assert (body["agent"], body["version"], body["tools"]) == ("open", 1, ["nap"])
    assert body["timeout_seconds"] == 300
