"""The OpenAPI schema is whole: every path, every error, an example of every body."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.core.management import call_command
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from rest_framework.test import APIClient

from agents import events
from tests.stack import Stack

HERE = "urn:schema"
# What is no part of the API's own description.
UNDESCRIBED = {"schema", "docs"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    SchemaGenerator().get_schema(public=True)  # the library remembers things: ask twice
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return made


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def bodies(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every media type object, with what it is of."""
    for name, operation in operations(schema):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{name} {kind}", content
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                yield f"{name} {status}", content


def validator(schema: dict[str, Any], part: Any) -> Draft202012Validator:
    resource = DRAFT202012.create_resource(schema)
    registry: Registry[Any] = Registry().with_resource(HERE, resource)
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(absolute(part), registry=registry, format_checker=checker)


def absolute(part: Any) -> Any:
    """The same with references to the whole schema, wherever the part is looked at."""
    if isinstance(part, list):
        return [absolute(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {key: f"{HERE}{item}" if key == "$ref" else absolute(item) for key, item in part.items()}


def test_the_schema_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn")
    assert "openapi: 3.1" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_schema_is_public(client: APIClient) -> None:
    answer = client.get("/api/schema", {"format": "json"})
    assert (answer.status_code, answer.json()["openapi"]) == (200, "3.1.0")


def test_every_path_is_in_it(schema: dict[str, Any]) -> None:
    known: Any = get_resolver().reverse_dict
    routes = {name: route[1] for name, route in known.items() if isinstance(name, str)}
    paths = {
        simplify_regex(route).replace("<", "{").replace(">", "}").rstrip("/")
        for name, route in routes.items()
        if route.startswith(("api/", "v1/")) and name not in UNDESCRIBED
    }
    assert paths == set(schema["paths"])


def test_operations_are_named_described_and_sorted(schema: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in schema["tags"]}
    names = [operation["operationId"] for _, operation in operations(schema)]
    assert len(set(names)) == len(names)
    for name, operation in operations(schema):
        assert operation["summary"], name
        assert set(operation["tags"]) <= tags, name
        assert "security" in operation, name
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (name, parameter["name"])
            assert "example" in parameter, (name, parameter["name"])


def test_every_body_has_examples_that_are_valid(schema: dict[str, Any]) -> None:
    for name, content in bodies(schema):
        assert content.get("examples"), name
        for example in content["examples"].values():
            validator(schema, content["schema"]).validate(example["value"])


def test_every_operation_has_its_errors(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        answers = operation["responses"]
        assert {"400", "406", "503"} <= answers.keys(), name
        assert ("requestBody" not in operation) or ({"413", "415"} <= answers.keys()), name
        assert ("{" not in name) or ("404" in answers), name
        assert not any(status.startswith("5") and status != "503" for status in answers), name


def test_an_error_says_which_codes_it_may_have(schema: dict[str, Any]) -> None:
    answers = schema["paths"]["/api/threads/{key}/messages"]["post"]["responses"]
    content = answers["409"]["content"]["application/json"]
    known = validator(schema, content["schema"])
    assert sorted(content["examples"]) == ["idempotency_conflict", "thread_busy"]
    assert known.is_valid({"code": "thread_busy", "message": "Wait."})
    assert not known.is_valid({"code": "another", "message": "Wait."})
    assert not known.is_valid({"code": "thread_busy"})


def test_who_may_call_follows_from_the_view(schema: dict[str, Any]) -> None:
    needed = {name: operation["security"] for name, operation in operations(schema)}
    assert needed["post /api/auth/token"] == []
    assert needed["get /api/agents"][-1] == {}
    assert needed["get /api/runs"] == [{"accessToken": []}, {"apiKey": []}]
    assert needed["post /api/auth/logout-all"] == [{"accessToken": []}]
    assert {"refreshCookie": []} in needed["post /api/auth/token/refresh"]


@pytest.mark.parametrize("change", [{"type": "agent_started"}, {"seq": 0}, {"thread_id": None}])
def test_an_event_is_one_of_the_catalogue(schema: dict[str, Any], change: dict[str, Any]) -> None:
    data = events.AgentCompletedData(
        agent_id="helper_1",
        message="Done.",
        result="All is well.",
        usage=events.Usage(input_tokens=1, output_tokens=1),
        duration_ms=5,
        agents_involved=["helper"],
    )
    run_id = "5f0c2a9e-6d1b-4c1e-9a53-0f7be6a4d211"
    envelope = events.Envelope(run_id, "t", "helper", parent_run_id=run_id)
    frame = events.body(events.frame(events.AgentCompleted(data=data), 1, envelope))
    known = validator(schema, {"$ref": "#/components/schemas/RunEvent"})
    assert known.is_valid(frame)
    assert not known.is_valid({**frame, **change})


def test_the_first_schema_may_be_asked_for_by_many_at_once(stack: Stack) -> None:
    code = """
import sys
from concurrent.futures import ThreadPoolExecutor
from rest_framework.test import APIClient

sys.setswitchinterval(1e-5)
ask = lambda _: APIClient(HTTP_HOST="localhost").get("/api/schema/")
with ThreadPoolExecutor(8) as threads:
    answers = list(threads.map(ask, range(8)))
print({answer.status_code for answer in answers}, len({answer.content for answer in answers}))
"""
    assert stack.run(code) == "{200} 1"
