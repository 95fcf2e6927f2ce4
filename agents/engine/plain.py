"""Values of models and tools as JSON has them: what it cannot hold is replaced or refused here."""

from typing import Any

from pydantic_core import to_jsonable_python

from accounts.text import storable
from agents.exceptions import ToolError


def plain(value: Any, *, lenient: bool = False) -> Any:
    """
    The value made of dicts, lists, text, finite numbers, booleans and None.

    Numbers that are not finite become None, and text is made storable. Raises ToolError for what
    has no form in JSON; with `lenient` its name stands there instead.
    """
    try:
        jsonable = to_jsonable_python(
            _storable(value), inf_nan_mode="null", serialize_unknown=lenient
        )
        return _storable(jsonable)
    except (ValueError, RecursionError) as error:
        raise ToolError(f"The result cannot be put into JSON: {storable(str(error))}") from error


def _storable(value: Any) -> Any:
    """The same with all text in it storable, keys too."""
    match value:
        case str():
            return storable(value)
        case dict():
            return {_storable(key): _storable(item) for key, item in value.items()}
        case list() | tuple():
            return [_storable(item) for item in value]
        case _:
            return value
