"""JSON: objects line by line, in one array, or one after the other; nested ones flattened."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic_core import from_json

from agents.analytics.readers.envelopes import envelope_of, unpacked
from agents.analytics.readers.formats import UTF8_MARK, Format, begins_with_array
from agents.analytics.readers.json_stream import JsonError, Unreadable, values
from agents.analytics.readers.numbers import NumberStyle
from agents.analytics.readers.routes import Route, Routes, picker
from agents.analytics.readers.skipped import Skipped
from agents.analytics.readers.source import stage
from agents.analytics.readers.text import check_text, contains
from agents.analytics.readers.watching import opened
from agents.analytics.recognition import has_measure

LONGEST_LINE = 64 * 1024 * 1024  # bytes, of an object as well
NUMBERS = frozenset({int, float})
BEHIND_OBJECT = re.compile(r"trailing characters at line 1 column (\d+)")
NUL_ESCAPED = b"\\u0000"
SAMPLED = 20_000  # objects whose columns are known before the first is read


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
            elif isinstance(record, Unreadable):
                skipped.add(number, f"is not valid JSON ({record.reason})")
            else:
                skipped.add(number, f"is JSON, but {_kind(record)} where an object is expected")


class JsonFile:
    """A log of objects, each with columns of its own."""

    format: ClassVar[Format] = "jsonl"
    numbers: ClassVar[NumberStyle] = NumberStyle(are_typed=True)
    readable: tuple[Path, ...] = ()

    def __init__(self, container: JsonRecords, *, is_mapped: bool = False) -> None:
        self.container = container
        self.envelope = envelope_of(container)
        self.place = "object" if self.envelope else container.place
        self.routes = Routes()
        skipped = Skipped(self.place)
        for seen, (_, record) in enumerate(self._records(skipped)):
            if seen >= SAMPLED and not is_mapped and has_measure(self.columns):
                break
            self.routes.note(record)
        if not self.columns:
            skipped.refuse_if_none(0)

    @property
    def columns(self) -> Sequence[str]:
        """Those of the objects so far: a field such as `error` may come late and seldom."""
        return list(self.routes.by_name)

    def relation(self, wanted: Sequence[str], directory: Path, skipped: Skipped) -> str:
        routes = [self.routes.by_name[name] for name in wanted]
        return stage(self._rows(routes, skipped), wanted, directory)

    def _records(self, skipped: Skipped) -> Iterator[tuple[int, dict[str, Any]]]:
        records = self.container.records(skipped)
        return unpacked(records, self.envelope) if self.envelope else records

    def _rows(self, routes: list[Route], skipped: Skipped) -> Iterator[tuple[int, list[str]]]:
        pick, note = picker(routes), self.routes.note
        may_have_nul = contains(self.container.file, NUL_ESCAPED)
        for number, record in self._records(skipped):
            note(record)
            # Most values are texts or numbers, and to call a function for each takes a second more.
            values = [
                value
                if type(value) is str
                else str(value)
                if type(value) in NUMBERS
                else _text(value)
                for value in pick(record)
            ]
            if may_have_nul and "\x00" in "".join(values):
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
    """Whether the first line does not hold all of the first object, or more objects than one."""
    with file.open("rb") as stream:
        first = stream.readline(LONGEST_LINE).removeprefix(UTF8_MARK).strip()
        second = stream.readline(1)
    try:
        from_json(first)
    except ValueError as error:
        if found := BEHIND_OBJECT.match(str(error)):
            return first[int(found[1]) - 1 :].startswith(b"{")
        return bool(second) and "EOF" in str(error)
    return False


def _documents(file: Path, skipped: Skipped) -> Iterator[tuple[int, Any]]:
    """The line on which each object begins, and the object."""
    try:
        yield from values(file, in_array=False)
    except JsonError as error:
        skipped.add(error.line, _broken(error))


def _elements(file: Path, skipped: Skipped) -> Iterator[tuple[int, Any]]:
    """Number and content of each element of the array."""
    number = 0
    try:
        for _, element in values(file, in_array=True):
            number += 1
            yield number, element
    except JsonError as error:
        skipped.add(number + 1, _broken(error))


def _broken(error: JsonError) -> str:
    """Where the next object begins cannot be told."""
    return f"is not valid JSON ({error}); nothing is read from line {error.line:,} on"


def _text(value: Any) -> str:
    """A JSON value as the text of a cell; what has no text of its own is empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float | str) else ""


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
