"""JSON values that follow each other, or fill an array, read piece by piece from a file."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from pydantic_core import from_json

from agents.analytics.readers.watching import opened

CHUNK = 1024 * 1024  # characters
LONGEST_VALUE = 64 * 1024 * 1024  # characters of one value
CUT = 12  # characters before the end where an error may only mean that the rest is missing
SPACE = re.compile(r"\s*")
SURROGATE = re.compile(r"\\u[dD]")


class JsonError(Exception):
    """`line` is where the value begins that cannot be read; what follows it cannot be found."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def values(file: Path, *, in_array: bool) -> Iterator[tuple[int, Any]]:
    """
    The line on which each value begins, and the value: all of the file, or what its arrays hold.

    Pages of an API that were saved one after the other are several arrays. Raises JsonError at the
    first value that cannot be read, and for an array that does not end.
    """
    with TextIOWrapper(opened(file), encoding="utf-8-sig", newline="") as stream:
        text = _Text(stream)
        while text.peek():
            if not (in_array and text.take("[")):
                yield text.line, text.value()
                continue
            while not text.take("]"):
                yield text.line, text.value()
                if not text.take(",") and text.peek() != "]":
                    raise JsonError(text.line, "the array does not go on or end here")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that cannot be, though the next one can."""

    reason: str


class _Text:
    """The part of a file that is being read."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.text = ""
        self.at = 0
        self.line = 1
        self.decoder = json.JSONDecoder()

    def peek(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            found = SPACE.match(self.text, self.at)
            end = found.end() if found else self.at
            self.line += self.text.count("\n", self.at, end)
            self.at = end
            if end < len(self.text) or not self._more():
                return self.text[self.at : self.at + 1]

    def take(self, character: str) -> bool:
        """Pass over `character` if it is the next one."""
        found = self.peek() == character
        self.at += found
        return found

    def value(self) -> Any:
        """The value that begins here; Unreadable for one that can be passed over."""
        while True:
            try:
                value, end = self.decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if not (self._may_be_cut(error) and self._more()):
                    place = f"character {error.pos - self.at + 1:,}"
                    raise JsonError(self.line, f"{error.msg}, {place}") from error
            except ValueError as error:  # Python reads no whole number of over 4,300 digits
                raise JsonError(self.line, "number out of range") from error
            except RecursionError as error:
                raise JsonError(self.line, "recursion limit exceeded") from error
            else:
                # A number may go on behind what has been read.
                is_whole = end < len(self.text) or not isinstance(value, int | float)
                if is_whole or not self._more():
                    return self._passed(value, end)

    def _passed(self, value: Any, end: int) -> Any:
        text = self.text[self.at : end]
        self.at = end
        self.line += text.count("\n")
        if SURROGATE.search(text):
            try:
                return from_json(
                    text
                )  # refuses half a surrogate, which no file can be written with
            except ValueError as error:
                return Unreadable(str(error))
        return value

    def _may_be_cut(self, error: json.JSONDecodeError) -> bool:
        if len(self.text) - self.at > LONGEST_VALUE:
            return False
        return error.msg.startswith("Unterminated") or error.pos >= len(self.text) - CUT

    def _more(self) -> bool:
        """Read as much again as there is, and forget what lies behind; False at the end."""
        chunk = self.stream.read(max(CHUNK, len(self.text) - self.at))
        if chunk:
            self.text = self.text[self.at :] + chunk
            self.at = 0
        return bool(chunk)
