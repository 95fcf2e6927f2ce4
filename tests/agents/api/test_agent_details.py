import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from accounts.keys import create_key
from accounts.models import User
from accounts.scopes import Scope
from agents.models import Agent
from tests.accounts.devices import bearer
from tests.agents.factories import make_agent
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db

PATH = "/api/agents/helper"


def test_staff_make_an_agent(dora: User, alice: User, client_for: ClientFor) -> None:
    body = {
        "name": "helper",
        "title": "Helper",
        "access": "public",
        "aliases": ["aide"],
        "tools": ["inspect_data"],
        "opening_tool": "inspect_data",
        "reason": "wanted",
    }
    answer = client_for(dora).post("/api/agents", body, format="json")
    assert answer.status_code == 201
    assert answer.json() == {
        "name": "helper",
        "title": "Helper",
        "description": "",
        "aliases": ["aide"],
        "access": "public",
        "groups": [],
        "is_default": False,
        "is_enabled": True,
        "tools": ["inspect_data"],
        "version": 1,
    }
    assert APIClient().get("/api/agents/aide").json()["name"] == "helper"
    config = client_for(alice).get(f"{PATH}/config").json()
    assert (config["opening_tool"], config["reason"]) == ("inspect_data", "wanted")
    assert config["created_by"] == "dora"


@pytest.mark.parametrize("name", ["list", "status", "execute", "config"])
def test_paths_of_the_api_are_no_names(dora: User, client_for: ClientFor, name: str) -> None:
    make_agent()
    client = client_for(dora)
    answer = client.post("/api/agents", {"name": name, "title": "T"}, format="json")
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["name"])
    answer = client.patch(PATH, {"aliases": [name]}, format="json")
    assert (answer.status_code, list(answer.json()["details"])) == (400, ["aliases"])


def test_staff_change_an_agent(dora: User, client_for: ClientFor) -> None:
    make_agent()
    make_agent("other", tools=[])
    Agent.objects.filter(name="other").update(is_default=True)
    Group.objects.create(name="team")
    change = {
        "title": "Better",
        "description": "Helps.",
        "access": "groups",
        "groups": ["team"],
        "is_default": True,
        "aliases": ["aide"],
    }
    answer = client_for(dora).patch(PATH, change, format="json")
    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in change} == change
    assert Agent.objects.get(is_default=True).name == "helper"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            {"access": "friends", "groups": ["nobody's"], "is_enabled": "no"},
            ["access", "groups", "is_enabled"],
        ),
        ({"groups": ["nobody's"], "aliases": ["other"]}, ["aliases", "groups"]),
        ({"name": "renamed"}, ["name"]),
        ({"instructions": "x"}, ["instructions"]),
    ],
    ids=str,
)
def test_problems_are_told_by_field(
    dora: User, client_for: ClientFor, body: dict[str, object], fields: list[str]
) -> None:
    make_agent()
    make_agent("other")
    answer = client_for(dora).patch(PATH, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert sorted(answer.json()["details"]) == fields


@pytest.mark.parametrize("body", [[], "x", 7], ids=str)
@pytest.mark.parametrize(("method", "path"), [("post", "/api/agents"), ("patch", PATH)])
def test_a_body_is_an_object(
    dora: User, client_for: ClientFor, method: str, path: str, body: object
) -> None:
    make_agent()
    answer = getattr(client_for(dora), method)(path, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


@pytest.mark.parametrize(("method", "path"), [("post", "/api/agents"), ("patch", PATH)])
def test_only_staff_change_agents(
    alice: User, charlie: User, client_for: ClientFor, method: str, path: str
) -> None:
    make_agent()
    for client, status, code in (
        (client_for(alice), 403, "permission_denied"),
        (client_for(charlie), 401, "authentication_failed"),
        (APIClient(), 401, "not_authenticated"),
    ):
        answer = getattr(client, method)(path, {"title": "Mine"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_disabled_agent_is_found_by_staff_who_ask_for_it(
    dora: User, alice: User, client_for: ClientFor
) -> None:
    make_agent()
    staff = client_for(dora)
    assert staff.patch(PATH, {"is_enabled": False}, format="json").json()["is_enabled"] is False
    assert staff.get("/api/agents").json()["count"] == 0
    assert staff.get("/api/agents?all=1").json()["count"] == 1
    assert staff.get(PATH).status_code == 200
    for client in (client_for(alice), APIClient()):
        assert client.get("/api/agents?all=1").json()["count"] == 0
        assert client.get(PATH).status_code == 404
    assert staff.patch(PATH, {"is_enabled": True}, format="json").status_code == 200
    assert client_for(alice).get(PATH).status_code == 200


def test_an_agent_that_is_not_there_cannot_be_changed(dora: User, client_for: ClientFor) -> None:
    answer = client_for(dora).patch("/api/agents/nobody", {"title": "T"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (404, "agent_not_found")


def test_only_staff_are_told_which_groups_there_are(
    dora: User, alice: User, client_for: ClientFor
) -> None:
    make_agent().groups.add(Group.objects.create(name="team"))
    Agent.objects.update(access="public")
    for client, groups in (
        (client_for(dora), ["team"]),
        (client_for(alice), None),
        (APIClient(), None),
    ):
        assert client.get(PATH).json()["groups"] == groups
        assert client.get("/api/agents").json()["results"][0]["groups"] == groups


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/agents", {"name": "other", "title": "Other"}),
        ("patch", PATH, {"title": "Better"}),
        ("patch", f"{PATH}/config", {"step_limit": 5}),
        ("post", f"{PATH}/rollback", {"version": 1}),
    ],
)
def test_a_key_of_staff_changes_agents_only_in_its_scope(
    dora: User, method: str, path: str, body: dict[str, object]
) -> None:
    make_agent()
    for scopes, is_allowed in (({Scope.READ, Scope.RUN}, False), ({Scope.STAFF}, True)):
        _, secret = create_key(user=dora, name=str(is_allowed), scopes=scopes)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        answer = getattr(client, method)(path, body, format="json")
        assert (answer.status_code < 300) is is_allowed, answer.content
        if not is_allowed:
            assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    "path", ["/api/agents", "/api/agents/list", "/api/agents/status", "/api/agents/config", PATH]
)
def test_a_key_reads_agents_only_in_its_scope(alice: User, path: str) -> None:
    make_agent()
    for scopes, status in (({Scope.DATA}, 403), ({Scope.READ}, 200)):
        _, secret = create_key(user=alice, name=str(status), scopes=scopes)
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        assert client.get(path).status_code == status


def test_a_key_sees_and_chooses_what_staff_may_only_in_its_scope(dora: User) -> None:
    make_agent()
    make_agent("hidden")
    Agent.objects.filter(name="hidden").update(is_enabled=False)
    question = {"input": "Why?", "parameters": {"model": "openai-chat:gpt-5"}}
    for scopes, names, status in (
        ({Scope.READ, Scope.RUN}, ["helper"], 403),
        ({Scope.READ, Scope.RUN, Scope.STAFF}, ["helper", "hidden"], 202),
    ):
        _, secret = create_key(user=dora, name=str(status), scopes=scopes)
        client = bearer(secret)
        found = client.get("/api/agents?all=1").json()["results"]
        assert [agent["name"] for agent in found] == names
        assert all((agent["groups"] is None) == (status == 403) for agent in found)
        answer = client.post(f"{PATH}/runs", question, format="json")
        assert answer.status_code == status, answer.content
    assert User.objects.get(pk=dora.pk).is_staff
