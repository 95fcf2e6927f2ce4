"""How far the reading of a file has come, for whoever watches it."""

import io
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias, TypeVar

EVERY_SECONDS = 0.25  # at most so often; a file that is read sooner is never told of
ROWS_AT_ONCE = 4096
BUFFER_BYTES = 256 * 1024
PASSES = 3  # over a file: is it text, which columns, their values; not every format needs all
Item = TypeVar("Item")

Stage: TypeAlias = Literal["checking", "reading", "writing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes are those of the present pass over the file; `share` of all work is an estimate."""

    stage: Stage
    rows: int  # taken over so far
    bytes: int
    total_bytes: int
    share: float  # 0 to 1; never less than before


Watch: TypeAlias = Callable[[Progress], None]


class Watcher:
    """Counts what is read of one file, and tells `watch` now and then."""

    def __init__(self, watch: Watch, total_bytes: int, every: float = EVERY_SECONDS) -> None:
        self._watch = watch
        self._every = every
        self._total = total_bytes
        self._stage: Stage = "checking"
        self._passes = 0
        self._bytes = self._rows = 0
        self._share = self._part = 0.0
        self._told_at = time.monotonic()

    def begin_pass(self) -> None:
        if self._bytes >= self._total:
            self._passes += 1
        self._bytes = 0

    def reach(self, stage: Stage, part: float) -> None:
        self._stage, self._part = stage, part
        self._tell()

    def count_bytes(self, number: int) -> None:
        self._bytes += number
        self._tell()

    def reach_rows(self, number: int) -> None:
        self._rows = max(self._rows, number)  # they may have to be taken over once more
        self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told_at < self._every:
            return
        self._told_at = now
        progress = Progress(
            self._stage, self._rows, min(self._bytes, self._total), self._total, self._estimate()
        )
        self._watch(progress)

    def _estimate(self) -> float:
        of_pass = self._bytes / self._total if self._total else 0.0
        read = min(self._passes + of_pass, PASSES)
        done = PASSES + self._part if self._stage == "writing" else read
        self._share = max(self._share, round(done / (PASSES + 1), 3))
        return self._share


_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watching(file: Path, watch: Watch | None) -> Iterator[None]:
    """While `file` is read here, `watch` is told; None: nobody is."""
    token = _watcher.set(Watcher(watch, file.stat().st_size) if watch else None)
    try:
        yield
    finally:
        _watcher.reset(token)


def reach(stage: Stage, part: float = 0.0) -> None:
    """Tell that another stage of the work has begun, or that so much of it is done."""
    if watcher := _watcher.get():
        watcher.reach(stage, part)


def counted(rows: Iterable[Item]) -> Iterable[Item]:
    """The same rows, each told when it is taken."""
    watcher = _watcher.get()
    return rows if watcher is None else _counted(rows, watcher)


def _counted(rows: Iterable[Item], watcher: Watcher) -> Iterator[Item]:
    for number, row in enumerate(rows, start=1):
        if not number % ROWS_AT_ONCE:
            watcher.reach_rows(number)
        yield row


def opened(file: Path) -> BinaryIO:
    """`file` to be read from its beginning; all that is read is told."""
    watcher = _watcher.get()
    if watcher is None:
        return file.open("rb", buffering=BUFFER_BYTES)
    watcher.begin_pass()
    return io.BufferedReader(_Watched(file, watcher), BUFFER_BYTES)


class _Watched(io.FileIO):
    def __init__(self, file: Path, watcher: Watcher) -> None:
        super().__init__(file)
        self._watcher = watcher

    def readinto(self, buffer: bytearray | memoryview) -> int | None:  # type: ignore[override]
        number = super().readinto(buffer)
        self._watcher.count_bytes(number or 0)
        return number
