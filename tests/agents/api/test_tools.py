from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from agents.tools.catalogue import load_tools
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


def test_every_tool_is_described_with_its_schema(alice: User, client_for: ClientFor) -> None:
    body = client_for(alice).get("/api/tools").json()
    by_name = {tool["name"]: tool for tool in body["results"]}
    assert list(by_name) == sorted(by_name)
    assert {tool.name for tool in load_tools()} <= set(by_name)
    assert body["count"] == len(by_name)
    inspect = by_name["inspect_data"]
    assert inspect.pop("description").startswith("Find the data set")
    assert inspect == {
        "name": "inspect_data",
        "parameters": {
            "additionalProperties": False,
            "properties": {
                "question": {
                    "description": "The user's question, word for word.",
                    "type": "string",
                }
            },
            "required": ["question"],
            "type": "object",
        },
        "read_only": True,
        "idempotent": False,
        "needs_approval": False,
        "timeout_seconds": 60.0,
    }


def test_one_tool_is_found_by_its_name(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    assert client.get("/api/tools/analyze_costs/").json()["name"] == "analyze_costs"
    answer = client.get("/api/tools/hammer")
    assert (answer.status_code, answer.json()["code"]) == (404, "tool_not_found")


@pytest.mark.parametrize("path", ["/api/tools", "/api/tools/inspect_data"])
def test_tools_need_a_user(charlie: User, client_for: ClientFor, path: str) -> None:
    assert APIClient().get(path).status_code == 401
    assert client_for(charlie).get(path).status_code == 401


def test_an_extension_that_is_not_installed_here_is_told(
    alice: User, client_for: ClientFor, settings: Any
) -> None:
    settings.EXTENSIONS = ["not_installed_anywhere"]
    answer = client_for(alice).get("/api/tools")
    assert (answer.status_code, answer.json()["code"]) == (503, "extension_failed")
    assert "ModuleNotFoundError" in answer.json()["message"]
