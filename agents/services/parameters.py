"""What an agent asks of its runs' parameters: a JSON schema, and whether parameters follow it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend
from pydantic_core import to_json
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from accounts.text import problem_with_json
from agents.exceptions import InvalidInput

COMMON = frozenset({"timeout", "mode", "model", "dataset"})
"""Parameters that every run may have, whatever the agent's schema says of undeclared names."""

SCHEMA_LIMIT = 64 * 1024  # bytes of JSON
DEPTH_LIMIT = 30  # levels of a schema; a validator needs several Python frames for each
PROBLEMS_SHOWN = 10
SENTENCE_LIMIT = 300  # characters; a value that is wrong may be long

# These count names, or speak of names that the schema does not declare.
BLIND_TO_COMMON = (
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
)


class _Parameters(dict[str, Any]):
    """The object of all parameters, to tell it from objects within."""


def _blind(keyword: str) -> Any:
    """The rule of a keyword, which does not see what every run may have."""
    rule = Draft202012Validator.VALIDATORS[keyword]

    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if isinstance(instance, _Parameters):
            instance = {name: instance[name] for name in instance.keys() - COMMON}
        yield from rule(validator, value, instance, schema) or ()

    return check


_Validator = extend(  # type: ignore[no-untyped-call] # the stubs leave it open
    Draft202012Validator, {name: _blind(name) for name in BLIND_TO_COMMON}
)
_NOTHING_REMOTE: Registry[Any] = Registry()  # the library's default would fetch what a $ref names


def check_parameters(schema: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """Raise InvalidInput, naming each place, unless the parameters of a run follow the schema."""
    if not schema:
        return
    validator = _Validator(schema, registry=_NOTHING_REMOTE)
    try:
        found = list(islice(validator.iter_errors(_Parameters(parameters)), PROBLEMS_SHOWN))
    except OverflowError as error:  # of whole numbers that no float can hold
        raise InvalidInput("`parameters`: A number is too large.") from error
    if found:
        problems: defaultdict[str, list[str]] = defaultdict(list)
        for problem in found:
            place = "parameters" + problem.json_path.removeprefix("$")
            problems[place].append(_sentence(problem))
        place, texts = next(iter(problems.items()))
        raise InvalidInput(f"`{place}`: {texts[0]}", details=problems)


def problem_with_schema(schema: dict[str, Any]) -> str | None:
    """Why this cannot be the schema of an agent's parameters, or None; an empty one allows all."""
    if not schema:
        return None
    if problem := problem_with_json(schema):
        return problem
    if _depth(schema) > DEPTH_LIMIT or len(to_json(schema)) > SCHEMA_LIMIT:
        return f"A schema may have {DEPTH_LIMIT} levels and {SCHEMA_LIMIT // 1024} KiB"
    if (
        schema.get("$schema", Draft202012Validator.META_SCHEMA["$id"])
        != (Draft202012Validator.META_SCHEMA["$id"])
    ):
        return "Leave out $schema: it is read as draft 2020-12"
    if schema.get("type") != "object":
        return 'Parameters are an object: begin with {"type": "object", "properties": {…}}'
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return f"At {error.json_path}: {_sentence(error)}"
    try:
        root = DRAFT202012.create_resource(schema)
        _follow(root, _NOTHING_REMOTE.resolver_with_root(root), within=(), finished=set())
    except _Unusable as error:
        return str(error)
    return None


class _Unusable(Exception):
    """A part of a schema that could not be followed when parameters are checked; says why."""


def _follow(
    place: Resource[Any],
    resolver: Any,  # the library does not export its type
    *,
    within: tuple[int, ...],
    finished: set[int],
) -> None:
    """Every reference must lead to a schema in this schema, and never back to where it stands."""
    contents = place.contents
    if id(contents) in finished or not isinstance(contents, dict):
        return
    for keyword in ("$id", "$dynamicRef"):
        if keyword in contents:
            raise _Unusable(f"Leave out {keyword}: use $ref with #/$defs/… of this schema")
    within = (*within, id(contents))
    if reference := contents.get("$ref"):
        target = _target(resolver, reference)
        if id(target) in within:
            raise _Unusable(f"The reference {reference!r} leads back to itself")
        _follow(DRAFT202012.create_resource(target), resolver, within=within, finished=finished)
    for part in place.subresources():
        _follow(part, resolver, within=within, finished=finished)
    finished.add(id(contents))


def _target(resolver: Any, reference: str) -> Any:
    try:
        target = resolver.lookup(reference).contents
        Draft202012Validator.check_schema(target)
    except (Unresolvable, SchemaError, ValueError) as error:
        raise _Unusable(
            f"The reference {reference!r} leads to no schema: use #/$defs/… of this one"
        ) from error
    return target


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= DEPTH_LIMIT:
        depth += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return depth


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _sentence(error: ValidationError | SchemaError) -> str:
    text = error.message
    return f"{text if len(text) <= SENTENCE_LIMIT else text[:SENTENCE_LIMIT] + '…'}."
