"""JSON: objects line by line, in one array, or one after the other; nested ones flattened."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import duckdb
from pydantic_core import from_json

from agents.analytics.duck import connect, literal, pattern, select
from agents.analytics.readers.formats import UTF8_MARK, Format, begins_with_array
from agents.analytics.readers.numbers import NumberStyle
from agents.analytics.readers.skipped import Skipped
from agents.analytics.readers.source import stage
from agents.analytics.readers.text import check_text
from agents.analytics.readers.watching import opened
from agents.exceptions import UnreadableFile

LONGEST_LINE = 64 * 1024 * 1024  # bytes, of an object as well
LARGEST_DOCUMENT = LONGEST_LINE  # bytes of a file whose objects are spread over lines
DEEPEST = 8  # levels of objects that are flattened
MOST_COLUMNS = 5000  # names that are remembered; a map with ids as keys has no end
MOST_SHAPES = 1000  # of objects that are remembered
BATCH = 1000  # objects of an array that are fetched at once

Route = tuple[str, ...]  # the keys that lead to a value


class JsonRecords:
    """The objects of a file of JSON, whatever they mean."""

    header: ClassVar[Sequence[str]] = ()

    def __init__(self, file: Path) -> None:
        check_text(file)
        self.file = file
        if begins_with_array(file):
            self.place, self._read = "object", _elements
        elif _is_spread(file):
            self.place, self._read = "line", _documents
        else:
            self.place, self._read = "line", _lines

    def records(self, skipped: Skipped) -> Iterator[tuple[int, dict[str, Any]]]:
        """The number of the line, or of the object in its array, and each object."""
        for number, record in self._read(self.file, skipped):
            if isinstance(record, dict):
                yield number, record
            else:
                skipped.add(number, f"is JSON, but {_kind(record)} where an object is expected")


class JsonFile:
    """A log of objects, each with columns of its own."""

    format: ClassVar[Format] = "jsonl"
    numbers: ClassVar[NumberStyle] = NumberStyle(are_typed=True)
    readable: tuple[Path, ...] = ()

    def __init__(self, container: JsonRecords) -> None:
        self.container = container
        self.place = container.place
        # Every object is looked at: a field such as `error` may come late and seldom.
        found = Routes()
        skipped = Skipped(self.place)
        for _, record in container.records(skipped):
            found.note(record)
        self.routes = found.by_name
        if not self.routes:
            skipped.refuse_if_none(0)
        self.columns = list(self.routes)

    def relation(self, wanted: Sequence[str], directory: Path, skipped: Skipped) -> str:
        routes = [self.routes[name] for name in wanted]
        return stage(self._rows(routes, skipped), wanted, directory)

    def _rows(self, routes: list[Route], skipped: Skipped) -> Iterator[tuple[int, list[str]]]:
        pick = _picker(routes)
        for number, record in self.container.records(skipped):
            values = [TEXTS[type(value)](value) for value in pick(record)]
            if "\x00" in "".join(values):
                skipped.add(number, "holds a NUL character (\\u0000)")
            else:
                yield number, values


def _lines(file: Path, skipped: Skipped) -> Iterator[tuple[int, Any]]:
    """Line number and content of each line; empty lines are passed over."""
    with opened(file) as stream:
        for number, line in _split(stream, skipped):
            try:
                # Values differ, and to remember them takes longer than to make them anew.
                yield number, from_json(line, cache_strings="keys")
            except ValueError as error:
                skipped.add(number, f"is not valid JSON ({error})")


def _split(stream: Any, skipped: Skipped) -> Iterator[tuple[int, bytes]]:
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            skipped.add(number, f"is longer than {LONGEST_LINE:,} bytes")
            while line and not line.endswith(b"\n"):
                line = stream.readline(LONGEST_LINE)
            continue
        if line := line.removeprefix(UTF8_MARK).strip():
            yield number, line


def _is_spread(file: Path) -> bool:
    """Whether the first line does not hold all of the first object."""
    with file.open("rb") as stream:
        first = stream.readline(LONGEST_LINE).removeprefix(UTF8_MARK).strip()
        second = stream.readline(1)
    try:
        from_json(first)
    except ValueError as error:
        return bool(second) and "EOF" in str(error)
    return False


def _documents(file: Path, skipped: Skipped) -> Iterator[tuple[int, Any]]:
    """The line on which each object begins, and the object."""
    if file.stat().st_size > LARGEST_DOCUMENT:
        raise UnreadableFile(
            f"The JSON is spread over several lines, and with more than {LARGEST_DOCUMENT:,} bytes "
            "too long to be read as a whole. Write one object per line, "
            "for example with: jq -c . log.json > log.jsonl"
        )
    text = file.read_text(encoding="utf-8-sig")
    decoder = json.JSONDecoder()
    at, line = 0, 1
    while at < len(text):
        start = at + len(text[at:]) - len(text[at:].lstrip())
        line += text.count("\n", at, start)
        if start == len(text):
            return
        try:
            record, at = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            skipped.add(line, f"is not valid JSON ({error})")
            return  # where the next object begins cannot be told
        yield line, record
        line += text.count("\n", start, at)


def _elements(file: Path, skipped: Skipped) -> Iterator[tuple[int, Any]]:
    """Number and content of each element of the array; DuckDB streams them."""
    with connect(readable=(file,)) as connection:
        source = (
            f"read_json_objects({literal(pattern(file))}, format = 'array', "
            f"maximum_object_size = {LONGEST_LINE})"
        )
        number = 0
        try:
            found = connection.execute(select(["json"], source))
            while batch := found.fetchmany(BATCH):
                for (element,) in batch:
                    number += 1
                    yield number, from_json(element)
        except (duckdb.Error, ValueError) as error:
            reason = str(error).splitlines()[0]
            skipped.add(number + 1, f"or one soon after it is not valid JSON ({reason})")


class Routes:
    """The ways to the values of the objects seen so far, by the names of columns."""

    def __init__(self) -> None:
        self.by_name: dict[str, Route] = {}
        # Most objects of a log are alike, and looking at the keys of each takes a second.
        self._shapes: set[object] = set()

    def note(self, record: dict[str, Any], route: Route = ()) -> None:
        types = tuple(map(type, record.values()))
        shape = (route, tuple(record), types)
        is_known = shape in self._shapes
        if is_known and dict not in types:
            return
        if len(self._shapes) < MOST_SHAPES:
            self._shapes.add(shape)
        for key, value in record.items():
            if is_known and not isinstance(value, dict):
                continue
            here = (*route, key)
            if isinstance(value, dict) and len(here) < DEEPEST:
                self.note(value, here)
            elif not isinstance(value, list) and len(self.by_name) < MOST_COLUMNS:
                self.by_name.setdefault(".".join(here).replace("\x00", ""), here)


def _picker(routes: Sequence[Route]) -> Callable[[dict[str, Any]], Iterable[Any]]:
    """Finds the values at the ends of `routes` in an object."""
    if all(len(route) == 1 for route in routes):
        keys = [key for (key,) in routes]
        return lambda record: map(record.get, keys)
    ways = [(route[0], route[1:]) for route in routes]
    return lambda record: [
        _follow(record.get(key), rest) if rest else record.get(key) for key, rest in ways
    ]


def _follow(value: Any, route: Route) -> Any:
    for key in route:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _nothing(value: object) -> str:
    return ""


TEXTS: dict[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    float: str,
    bool: lambda value: "true" if value else "false",
    dict: _nothing,
    list: _nothing,
    type(None): _nothing,
}
"""How each type of JSON is the text of a cell; what has no text of its own is empty."""


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
