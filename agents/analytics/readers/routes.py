"""Where the single values of nested objects are, and how they are reached."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

DEEPEST = 8  # levels of objects that are flattened
MOST_COLUMNS = 5000  # names that are remembered; a map with ids as keys has no end
MOST_SHAPES = 10_000  # of objects that are known at a glance

Route: TypeAlias = tuple[str, ...]
"""The keys that lead to a value."""


class Routes:
    """The names that values have in the objects so far, nested ones with dots."""

    def __init__(self) -> None:
        self.by_name: dict[str, Route] = {}
        self._nested: dict[Any, list[str]] = {}

    def note(self, record: Mapping[str, Any], route: Route = ()) -> None:
        # A log has few shapes of objects, and to look at each value anew takes four times as long.
        shape = (route, *record, *map(type, record.values()))
        nested = self._nested.get(shape)
        if nested is None:
            nested = self._learn(record, route)
            if len(self._nested) < MOST_SHAPES:
                self._nested[shape] = nested
        for key in nested:
            self.note(record[key], (*route, key))

    def _learn(self, record: Mapping[str, Any], route: Route) -> list[str]:
        """Remember the values that `record` itself has; returns the keys of its objects."""
        nested = []
        for key, value in record.items():
            here = (*route, key)
            if isinstance(value, dict) and len(here) < DEEPEST:
                nested.append(key)
            elif not isinstance(value, list) and len(self.by_name) < MOST_COLUMNS:
                self.by_name.setdefault(".".join(here).replace("\x00", ""), here)
        return nested


def picker(routes: Sequence[Route]) -> Callable[[dict[str, Any]], list[Any]]:
    """What fetches the values at `routes`, None where there are none."""
    if all(len(route) == 1 for route in routes):
        keys = [route[0] for route in routes]
        return lambda record: list(map(record.get, keys))
    return lambda record: [_follow(record, route) for route in routes]


def _follow(record: dict[str, Any], route: Route) -> Any:
    value: Any = record
    for key in route:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
