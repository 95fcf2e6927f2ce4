"""JSON Lines: one object per line, nested objects flattened with dots, lists left out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic_core import from_json

from agents.analytics.readers.formats import UTF8_MARK, Format
from agents.analytics.readers.numbers import NumberStyle
from agents.analytics.readers.skipped import Skipped
from agents.analytics.readers.source import stage
from agents.analytics.readers.text import check_text
from agents.exceptions import UnreadableFile

LONGEST_LINE = 16 * 1024 * 1024  # bytes
DEEPEST = 8  # levels of objects that are flattened
MOST_COLUMNS = 5000  # names that are remembered; a map with ids as keys has no end

Route = tuple[str, ...]  # the keys that lead to a value


class JsonLinesFile:
    """Reads JSON Lines; raises UnreadableFile when the first line is no object."""

    format: ClassVar[Format] = "jsonl"
    place: ClassVar[str] = "line"
    numbers: ClassVar[NumberStyle] = NumberStyle(are_typed=True)

    def __init__(self, file: Path) -> None:
        check_text(file)
        self.file = file
        self.readable: tuple[Path, ...] = ()
        self._refuse_indented()
        # Every line is looked at: a field such as `error` may come late and seldom.
        self.routes: dict[str, Route] = {}
        skipped = Skipped(self.place)
        for _, record in _records(file, skipped):
            _note_routes(record, (), self.routes)
        if not self.routes:
            skipped.refuse_if_many(0)
        self.columns = list(self.routes)

    def relation(self, wanted: Sequence[str], directory: Path, skipped: Skipped) -> str:
        routes = [self.routes[name] for name in wanted]
        return stage(self._rows(routes, skipped), wanted, directory)

    def _rows(self, routes: list[Route], skipped: Skipped) -> Iterator[tuple[int, list[str]]]:
        for line, record in _records(self.file, skipped):
            values = [_text(_follow(record, route)) for route in routes]
            if any("\x00" in value for value in values):
                skipped.add(line, "holds a NUL character (\\u0000)")
            else:
                yield line, values

    def _refuse_indented(self) -> None:
        with self.file.open("rb") as stream:
            first = stream.readline(LONGEST_LINE).removeprefix(UTF8_MARK).strip()
        if first == b"{":
            raise UnreadableFile(
                "The JSON is spread over several lines. Write one object per line, "
                "for example with: jq -c . log.json > log.jsonl"
            )


def _records(file: Path, skipped: Skipped) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line number and object of each line; empty lines are passed over."""
    with file.open("rb") as stream:
        for number, line in _lines(stream, skipped):
            try:
                record = from_json(line)
            except ValueError as error:
                skipped.add(number, f"is not valid JSON ({error})")
                continue
            if isinstance(record, dict):
                yield number, record
            else:
                skipped.add(number, f"is JSON, but {_kind(record)} where an object is expected")


def _lines(stream: Any, skipped: Skipped) -> Iterator[tuple[int, bytes]]:
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


def _note_routes(record: dict[str, Any], route: Route, routes: dict[str, Route]) -> None:
    for key, value in record.items():
        here = (*route, key)
        if isinstance(value, dict) and len(here) < DEEPEST:
            _note_routes(value, here, routes)
        elif not isinstance(value, list) and len(routes) < MOST_COLUMNS:
            routes.setdefault(".".join(here).replace("\x00", ""), here)


def _follow(record: dict[str, Any], route: Route) -> Any:
    value: Any = record
    for key in route:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _text(value: Any) -> str:
    """A JSON value as the text of a cell; what has no text of its own is empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
