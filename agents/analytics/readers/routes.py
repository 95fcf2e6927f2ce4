"""Where the single values of nested objects are, and how they are reached."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
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


def picker(routes: Sequence[Route]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """What fetches the values at `routes`, None where there are none."""
    inner: dict[Route, list[int]] = {}
    for position, route in enumerate(routes):
        inner.setdefault(route[:-1], []).append(position)
    direct = [routes[position][-1] for position in inner.pop((), [])]
    if not inner:
        return lambda record: list(map(record.get, direct))
    groups = [(parent, [routes[at][-1] for at in held]) for parent, held in inner.items()]
    return _nested(direct, groups, _order(routes, groups))


def _nested(
    direct: list[str], groups: list[tuple[Route, list[str]]], order: Callable[[list[Any]], Any]
) -> Callable[[dict[str, Any]], Sequence[Any]]:
    """Each object is looked for once, not for each of its values: a second of a million rows."""

    def pick(record: dict[str, Any]) -> Sequence[Any]:
        values = list(map(record.get, direct))
        for parent, keys in groups:
            held = _follow(record, parent)
            values += map(held.get, keys) if isinstance(held, dict) else [None] * len(keys)
        found: Sequence[Any] = order(values)
        return found

    return pick


def _order(
    routes: Sequence[Route], groups: list[tuple[Route, list[str]]]
) -> Callable[[list[Any]], Any]:
    """What puts values that were fetched group by group into the order of `routes`."""
    fetched: list[Route] = [route for route in routes if len(route) == 1]
    fetched += [(*parent, key) for parent, keys in groups for key in keys]
    positions = [fetched.index(route) for route in routes]
    # itemgetter of a single position would give the value itself.
    return itemgetter(*positions) if len(positions) > 1 else list


def _follow(record: dict[str, Any], route: Route) -> Any:
    value: Any = record
    for key in route:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
