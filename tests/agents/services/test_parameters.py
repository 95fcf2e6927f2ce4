"""The schema of an agent's parameters is a safe one, and the parameters of its runs follow it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from agents.exceptions import InvalidInput
from agents.models import AgentVersion, Run
from agents.services.parameters import check_parameters
from agents.services.requests import run_request
from agents.services.runs import start_run
from agents.services.schemas import DIALECT, problem_with_schema
from tests.agents.factories import make_agent


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"items": schema}
    return schema


def chain(length: int, *, times: int) -> dict[str, Any]:
    """Definitions that each refer to the next so many times; the last stands first."""
    links = {f"a{at}": {"allOf": [{"$ref": f"#/$defs/a{at + 1}"}] * times} for at in range(length)}
    return dict(reversed([*links.items(), (f"a{length}", {})]))


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "object"},
        {"type": "object", "$schema": "https://json-schema.org/draft/2020-12/schema"},
        {"type": "object", "properties": {"$ref": {"type": "string"}}},
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/$defs/a"}},
            "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"type": "integer"}},
        },
        {"type": "object", "properties": {"deep": nested(20)}},
    ],
    ids=range(6),
)
def test_a_schema_of_an_object_is_accepted(schema: dict[str, Any]) -> None:
    assert problem_with_schema(schema) is None


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"properties": {}}, "begin with"),
        ({"type": ["object", "null"]}, "begin with"),
        ({"type": "object", "properties": {"a": {"type": "strin"}}}, "$.properties.a.type"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "regex"),
        ({"type": "object", "properties": {"a": {"pattern": "(?=x)"}}}, "look-around"),
        ({"type": "object", "patternProperties": {"x": {}}}, "Leave out patternProperties"),
        ({"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}, "2020-12"),
        (
            {"type": "object", "properties": {"a": {"$schema": DIALECT, "pattern": "^(a+)+$"}}},
            "Leave out $schema",
        ),
        ({"type": "object", "not": {"$schema": "urn:unknown"}}, "Leave out $schema"),
        ({"type": "object", "$id": "http://["}, "Leave out $id"),
        ({"type": "object", "$dynamicRef": "#x"}, "Leave out $dynamicRef"),
        ({"type": "object", "$ref": "#"}, "back to itself"),
        ({"type": "object", "$ref": "#/$defs/gone"}, "leads to no schema"),
        ({"type": "object", "$ref": "https://127.0.0.1:9/x"}, "leads to no schema"),
        ({"type": "object", "$ref": "http://["}, "leads to no schema"),
        ({"type": "object", "$ref": "#/type"}, "leads to no schema"),
        (
            {"type": "object", "properties": {"type": {"type": "string"}}, "$ref": "#/properties"},
            "leads to no schema",
        ),
        (
            {
                "type": "object",
                "$ref": "#/$defs/a",
                "$defs": {"a": {"not": {"$ref": "#/$defs/b"}}, "b": {"$ref": "#/$defs/a"}},
            },
            "back to itself",
        ),
        ({"type": "object", "properties": {"deep": nested(40)}}, "30 levels"),
        ({"type": "object", "properties": {"deep": nested(5000)}}, "30 levels"),
        ({"type": "object", "$defs": chain(200, times=1)}, "30 levels"),
        ({"type": "object", "$defs": chain(20, times=2)}, "5000 places"),
        ({"type": "object", "description": "x" * 70_000}, "64 KiB"),
        ({"type": "object", "title": "\x00"}, "NUL"),
    ],
    ids=range(24),
)
def test_what_is_no_schema_or_not_a_safe_one_is_refused(schema: dict[str, Any], says: str) -> None:
    assert says in (problem_with_schema(schema) or "")


CLOSED = {
    "type": "object",
    "properties": {
        "level": {"type": "integer", "minimum": 1},
        "dataset": {"enum": ["july", "august"]},
    },
    "required": ["level"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("parameters", "places"),
    [
        ({"level": 1}, []),
        ({"level": 1, "timeout": 5, "mode": "test", "model": "builtin", "dataset": "july"}, []),
        ({"level": 0}, ["parameters.level"]),
        ({}, ["parameters"]),
        ({"level": "high", "colour": "red"}, ["parameters", "parameters.level"]),
        ({"level": 1, "dataset": "june"}, ["parameters.dataset"]),
    ],
    ids=str,
)
def test_parameters_that_contradict_the_schema_are_told_where(
    parameters: dict[str, Any], places: list[str]
) -> None:
    if not places:
        check_parameters(CLOSED, parameters)
        return
    with pytest.raises(InvalidInput) as refused:
        check_parameters(CLOSED, parameters)
    assert sorted(refused.value.details or ()) == places
    assert refused.value.message.startswith("`parameters")


@pytest.mark.parametrize(
    "rule",
    [
        {"additionalProperties": False},
        {"unevaluatedProperties": False},
        {"propertyNames": {"maxLength": 1}},
        {"maxProperties": 0},
        {"anyOf": [{"additionalProperties": False}]},
        {"$ref": "#/$defs/closed", "$defs": {"closed": {"additionalProperties": False}}},
    ],
    ids=str,
)
def test_what_every_run_may_have_is_allowed_whatever_the_schema_says(rule: dict[str, Any]) -> None:
    schema = {"type": "object", **rule}
    assert problem_with_schema(schema) is None
    check_parameters(schema, {"timeout": 5, "mode": "test", "model": "x", "dataset": "july"})
    with pytest.raises(InvalidInput):
        check_parameters(schema, {"timeout": 5, "colour": "red"})


def test_a_common_parameter_may_be_required_and_counts_for_nothing_else() -> None:
    schema = {"type": "object", "required": ["dataset"], "minProperties": 1}
    check_parameters(schema, {"dataset": "july", "level": 1})
    for parameters in ({"level": 1}, {"dataset": "july"}):
        with pytest.raises(InvalidInput):
            check_parameters(schema, parameters)


def test_a_number_beyond_floats_is_refused() -> None:
    schema = {"type": "object", "properties": {"n": {"multipleOf": 0.1}}}
    with pytest.raises(InvalidInput, match="too large"):
        check_parameters(schema, {"n": 10**400})


def test_a_pattern_takes_no_longer_for_a_hostile_value() -> None:
    schema = {"type": "object", "properties": {"x": {"pattern": "^(a+)+$"}}}
    assert problem_with_schema(schema) is None
    check_parameters(schema, {"x": "a" * 5000})
    with pytest.raises(InvalidInput, match="does not match"):
        check_parameters(schema, {"x": "a" * 5000 + "b"})
    named = {"type": "object", "propertyNames": {"pattern": "^x"}}
    check_parameters(named, {"x1": 1, "timeout": 1})
    with pytest.raises(InvalidInput, match="does not match"):
        check_parameters(named, {"y": 1})


def test_unique_items_are_told_apart_as_json_does() -> None:
    schema = {"type": "object", "properties": {"x": {"uniqueItems": True}}}
    check_parameters(schema, {"x": [1, True, "1", [1], {"a": 1}, {"a": [1]}, None]})
    check_parameters(schema, {"x": [{"n": number} for number in range(4000)]})
    for twice in (1, 1.0), ([True], [True]), ({"a": 1, "b": 2}, {"b": 2, "a": 1}):
        with pytest.raises(InvalidInput, match="not unique"):
            check_parameters(schema, {"x": [*twice]})


def test_parameters_are_small() -> None:
    with pytest.raises(InvalidInput, match="64 KiB"):
        check_parameters({"type": "object"}, {"x": "x" * 70_000})


def test_a_long_value_is_not_echoed_whole() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_parameters(CLOSED, {"level": "x" * 50_000})
    assert len(refused.value.message) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["level", "dataset", "timeout", "x"]), JSON))
def test_whatever_parameters_are_they_are_accepted_or_refused(parameters: dict[str, Any]) -> None:
    try:
        check_parameters(CLOSED, parameters)
    except InvalidInput as refused:
        assert refused.details  # noqa: PT017 - both ways are right, an exception of another kind not
    else:
        assert isinstance(parameters["level"], int | float)


SCHEMAS = st.dictionaries(
    st.sampled_from(["$ref", "$defs", "properties", "allOf", "type", "not", "pattern", "required"]),
    JSON | st.sampled_from(["#", "#/$defs/a", "#/properties"]),
)


@given(SCHEMAS, st.dictionaries(st.text(max_size=3), JSON, max_size=3))
def test_a_schema_that_was_accepted_can_be_used(
    schema: dict[str, Any], parameters: dict[str, Any]
) -> None:
    schema = {**schema, "type": "object"}
    if problem_with_schema(schema) is None:
        try:
            check_parameters(schema, parameters)
        except InvalidInput as refused:
            assert refused.details  # noqa: PT017 - as above


@pytest.mark.django_db
@pytest.mark.database
def test_a_run_starts_only_with_parameters_that_its_agent_takes(alice: User) -> None:
    agent = make_agent()
    AgentVersion.objects.filter(agent=agent).update(parameters_schema=CLOSED)
    with pytest.raises(InvalidInput, match=r"parameters\.level"):
        start_run(user=alice, request=run_request(text="?", parameters={"level": 0}))
    assert not Run.objects.exists()
    parameters = {"level": 2, "timeout": 5.0, "mode": "test"}
    start_run(user=alice, request=run_request(text="?", parameters=parameters))
    assert Run.objects.get().parameters == parameters
