"""Files of traces in protobuf: one message, or many with their lengths before them."""

import mmap
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from agents.analytics.readers.dialects.base import Record
from agents.analytics.readers.dialects.otel.dialect import MESSAGE
from agents.analytics.readers.dialects.otel.protobuf import is_request, resources
from agents.analytics.readers.skipped import Skipped

LENGTH = struct.Struct(">I")  # as the collector's file exporter writes it


class ProtobufFile:
    """The ResourceSpans of a file, one record each."""

    header: ClassVar[Sequence[str]] = ()
    place = "message"

    def __init__(self, file: Path) -> None:
        self.file = file

    def records(self, skipped: Skipped) -> Iterator[tuple[int, Record]]:
        number = 0
        with self.file.open("rb") as stream:
            data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
            for start, stop in _messages(data) if _is_stream(data) else [(0, len(data))]:
                try:
                    for message in resources(data[start:stop]):
                        number += 1
                        yield number, {MESSAGE: message}
                except ValueError as error:
                    number += 1
                    skipped.add(number, str(error))


def is_protobuf(file: Path) -> bool:
    """Whether the file holds traces in protobuf; tells by a few of its bytes."""
    with file.open("rb") as stream:
        try:
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # of an empty file
            return False
        with mapped, memoryview(mapped) as data:
            if _is_stream(data):
                start, stop = next(_messages(data))
                with data[start:stop] as first:
                    return is_request(first)
            return data[0] == 0x0A and is_request(data)


def _is_stream(data: memoryview) -> bool:
    """Whether the file is messages with lengths, to its end."""
    try:
        return sum(1 for _ in _messages(data)) > 0
    except ValueError:
        return False


def _messages(data: memoryview) -> Iterator[tuple[int, int]]:
    """Where the messages of a stream with lengths lie; raises ValueError where it is none."""
    at = 0
    while at < len(data):
        if at + LENGTH.size > len(data):
            raise ValueError("is cut off")
        (length,) = LENGTH.unpack_from(data, at)
        at += LENGTH.size
        if not length or at + length > len(data):
            raise ValueError("is cut off")
        yield at, at + length
        at += length
