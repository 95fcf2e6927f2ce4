"""
The outside of protobuf messages: where their fields lie, without making objects of them.

Whoever sends 20 MiB of empty spans would otherwise get two gigabytes of memory for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
FIXED = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT = 10  # bytes

Bytes: TypeAlias = bytes | memoryview
Field: TypeAlias = tuple[int, int, int, int]
"""Number and type of a field, and from where to where its value lies."""


@dataclass(slots=True)
class Budget:
    """How many fields may be looked at, of all the messages of a body together."""

    left: int

    def spend(self) -> None:
        """Raises ValueError when all is spent: 20 MiB of empty ones take a minute."""
        self.left -= 1
        if self.left < 0:
            raise ValueError("has too many parts")


def fields(data: Bytes, start: int, end: int, budget: Budget | None = None) -> Iterator[Field]:
    """The fields of the message in `data[start:end]`; raises ValueError if it is none."""
    while start < end:
        if budget is not None:
            budget.spend()
        key, start = _varint(data, start, end)
        number, type_ = key >> 3, key & 7
        if type_ == LENGTH:
            length, start = _varint(data, start, end)
            stop = start + length
        elif type_ == VARINT:
            _, stop = _varint(data, start, end)
        elif type_ in FIXED:
            stop = start + FIXED[type_]
        else:
            raise ValueError(f"has a field of the type {type_}, which protobuf does not have")
        if stop > end or not number:
            raise ValueError("is cut off, or no protobuf")
        yield number, type_, start, stop
        start = stop


def _varint(data: Bytes, at: int, end: int) -> tuple[int, int]:
    """A number and where it ends."""
    byte = data[at] if at < end else 0
    if at < end and byte < 0x80:  # most are
        return byte, at + 1
    number = 0
    for position in range(min(LONGEST_VARINT, end - at)):
        byte = data[at + position]
        number |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            return number, at + position + 1
    raise ValueError("is cut off, or no protobuf")
