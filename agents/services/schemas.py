"""
Which JSON schemas (draft 2020-12) may describe the parameters of an agent's runs.

A schema is checked when it is configured, so that checking a user's parameters against it always
ends, soon, and touches nothing outside: references stay inside and never lead back to themselves,
the whole of them is small, and patterns are those of an engine that takes linear time.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic_core import SchemaError as PatternError
from pydantic_core import SchemaValidator, core_schema, to_json
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from accounts.text import problem_with_json

SCHEMA_LIMIT = 64 * 1024  # bytes of JSON
DEPTH_LIMIT = 30  # levels, references followed; a validator needs several Python frames for each
PLACES_LIMIT = 5000  # schemas in it, one that is referred to counted each time
DIALECT = Draft202012Validator.META_SCHEMA["$id"]
NOTHING_REMOTE: Registry[Any] = Registry()  # the library's default would fetch what a $ref names
# Rarely needed, and hard to bound; at a $schema the library changes to a validator without bounds.
LEFT_OUT = ("$id", "$schema", "$dynamicRef", "patternProperties")


def problem_with_schema(schema: dict[str, Any]) -> str | None:
    """Why this cannot be the schema of an agent's parameters, or None; an empty one allows all."""
    if not schema:
        return None
    if problem := problem_with_json(schema):
        return problem
    if _depth(schema) > DEPTH_LIMIT or len(to_json(schema)) > SCHEMA_LIMIT:
        return f"A schema may have {DEPTH_LIMIT} levels and {SCHEMA_LIMIT // 1024} KiB"
    if schema.get("$schema", DIALECT) != DIALECT:
        return "Leave out $schema: it is read as draft 2020-12"
    schema = {name: rule for name, rule in schema.items() if name != "$schema"}
    if schema.get("type") != "object":
        return 'Parameters are an object: begin with {"type": "object", "properties": {…}}'
    try:
        Draft202012Validator.check_schema(schema)
        root = DRAFT202012.create_resource(schema)
        _Walk(NOTHING_REMOTE.resolver_with_root(root)).measure(root, within=())
    except SchemaError as error:
        return f"At {error.json_path}: {error.message[:300]}"
    except _Unusable as error:
        return str(error)
    return None


@lru_cache(maxsize=1024)
def pattern(text: str) -> SchemaValidator:
    """Tells whether a string has a match; raises PatternError for what the engine cannot do."""
    return SchemaValidator(core_schema.str_schema(pattern=text, regex_engine="rust-regex"))


class _Unusable(Exception):
    """A part of a schema that may not be in it; says why."""


class _Walk:
    """Measures a schema with its references followed."""

    def __init__(self, resolver: Any) -> None:
        self._resolver = resolver
        self._measured: dict[int, tuple[int, int]] = {}

    def measure(self, place: Resource[Any], *, within: tuple[int, ...]) -> tuple[int, int]:
        """Levels below a place, and places in it; raises _Unusable."""
        contents = place.contents
        if not isinstance(contents, dict):
            return 1, 1
        if known := self._measured.get(id(contents)):
            return known
        _refuse_keywords(contents)
        within = (*within, id(contents))
        parts = [*place.subresources(), *self._referred(contents, within)]
        measured = [self.measure(part, within=within) for part in parts]
        levels = 1 + max((levels for levels, _ in measured), default=0)
        places = 1 + sum(places for _, places in measured)
        if max(levels, len(within)) > DEPTH_LIMIT or places > PLACES_LIMIT:
            raise _Unusable(
                f"With its references followed a schema may have {DEPTH_LIMIT} levels and "
                f"{PLACES_LIMIT} places"
            )
        self._measured[id(contents)] = levels, places
        return levels, places

    def _referred(
        self, contents: dict[str, Any], within: tuple[int, ...]
    ) -> Iterable[Resource[Any]]:
        reference = contents.get("$ref")
        if reference is None:
            return
        try:
            target = self._resolver.lookup(reference).contents
            Draft202012Validator.check_schema(target)
        except (Unresolvable, SchemaError, ValueError) as error:
            raise _Unusable(
                f"The reference {reference!r} leads to no schema: use #/$defs/… of this one"
            ) from error
        if id(target) in within:
            raise _Unusable(f"The reference {reference!r} leads back to itself")
        yield DRAFT202012.create_resource(target)


def _refuse_keywords(contents: dict[str, Any]) -> None:
    for keyword in LEFT_OUT:
        if keyword in contents:
            raise _Unusable(f"Leave out {keyword}: it is not supported here")
    try:
        pattern(contents.get("pattern", ""))
    except PatternError as error:
        raise _Unusable(
            f"The pattern {contents['pattern']!r} is not supported: use no look-around and no "
            "back-reference"
        ) from error


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
