"""Whether the parameters of a run follow its agent's schema."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from pydantic_core import to_json

from agents.exceptions import InvalidInput
from agents.services.schemas import NOTHING_REMOTE, pattern

COMMON = frozenset({"timeout", "mode", "model", "dataset"})
"""Parameters that every run may have, whatever the agent's schema says of undeclared names."""

PARAMETERS_LIMIT = 64 * 1024  # bytes of JSON that are checked; more belongs into a data set
PROBLEMS_SHOWN = 10
SENTENCE_LIMIT = 300  # characters; a value that is wrong may be long

# These count names, or speak of names that the schema does not declare.
BLIND_TO_COMMON = (
    "additionalProperties",
    "unevaluatedProperties",
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


def _pattern(_: Any, wanted: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """In linear time; Python's own engine can be kept busy for ever."""
    if isinstance(instance, str) and not pattern(wanted).isinstance_python(instance):
        yield ValidationError(f"{instance!r} does not match {wanted!r}")


def _unique(_: Any, is_wanted: bool, instance: Any, __: Any) -> Iterator[ValidationError]:  # noqa: FBT001 - as the library calls it
    """In linear time; the library compares each with each."""
    if not is_wanted or not isinstance(instance, list):
        return
    if len({_hashable(item) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has items that are not unique")


def _hashable(value: Any) -> Any:
    """Equal for what JSON Schema takes for equal: 1 and 1.0, and not 1 and true."""
    match value:
        case dict():
            return frozenset((name, _hashable(item)) for name, item in value.items())
        case list():
            return tuple(_hashable(item) for item in value)
        case bool():
            return bool, value
    return value


_Validator = extend(  # type: ignore[no-untyped-call] # the stubs leave it open
    Draft202012Validator,
    {
        **{name: _blind(name) for name in BLIND_TO_COMMON},
        "pattern": _pattern,
        "uniqueItems": _unique,
    },
)


def check_parameters(schema: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """
    Raise InvalidInput, naming each place, unless the parameters of a run follow the schema.

    The schema is one in which `problem_with_schema` found nothing wrong.
    """
    if not schema:
        return
    if len(to_json(parameters)) > PARAMETERS_LIMIT:
        raise InvalidInput(f"`parameters`: At most {PARAMETERS_LIMIT // 1024} KiB of JSON.")
    validator = _Validator(schema, registry=NOTHING_REMOTE)
    try:
        found = list(islice(validator.iter_errors(_Parameters(parameters)), PROBLEMS_SHOWN))
    except OverflowError as error:  # of whole numbers that no float can hold
        raise InvalidInput("`parameters`: A number is too large.") from error
    if found:
        problems: defaultdict[str, list[str]] = defaultdict(list)
        for problem in found:
            place = "parameters" + problem.json_path.removeprefix("$")
            problems[place].append(_sentence(problem.message))
        place, texts = next(iter(problems.items()))
        raise InvalidInput(f"`{place}`: {texts[0]}", details=problems)


def _sentence(text: str) -> str:
    """Without the middle of a long one: a value stands first, what is wrong with it last."""
    if len(text) > SENTENCE_LIMIT:
        text = f"{text[: SENTENCE_LIMIT // 2]} … {text[-SENTENCE_LIMIT // 2 :]}"
    return f"{text}."
