"""Keeps child processes running: in order, with readiness, restarts, merged output and an end."""

import asyncio
import ctypes
import functools
import os
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

READY_SECONDS = 30
GRACE_SECONDS = 10
RESTARTS = 5  # of one child within a minute; then something is wrong that a restart cannot mend
RESTART_WINDOW_SECONDS = 60
LINE_BYTES = 64 * 1024  # of a child's output; what a line has beyond is not kept
CHUNK_BYTES = 64 * 1024
PR_SET_PDEATHSIG = 1  # prctl(2)
LIBC = ctypes.CDLL(None)


class ChildFailed(Exception):
    """A child did not get ready, or keeps dying."""


@dataclass
class Child:
    """A process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Callable[[int], Awaitable[bool]] | None = None  # of the process with this id
    process: asyncio.subprocess.Process | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS))


class Supervisor:
    """
    `say` prints a line of a child, or of the supervisor itself, and must not raise.

    Children are read whatever they write: one whose pipe is full would stand still.
    """

    def __init__(self, say: Callable[[str, str], None]) -> None:
        self._say = say
        self._children: list[Child] = []
        self._watchers: list[asyncio.Task[None]] = []
        self._readers: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._failure: ChildFailed | None = None

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def install_signals(self) -> None:
        """The first signal stops everything in order, the second at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)

    async def start(self, *children: Child) -> None:
        """Start these side by side; returns when all are ready. Raises ChildFailed."""
        for child in children:
            self._children.append(child)
            await self._spawn(child)
        await asyncio.gather(*(self._ready(child) for child in children))
        for child in children:
            self._watchers.append(asyncio.create_task(self._watch(child)))

    async def wait(self) -> None:
        """Return when asked to stop; raises ChildFailed when a child cannot be kept running."""
        await self._stopping.wait()
        if self._failure is not None:
            raise self._failure

    async def stop(self) -> bool:
        """End all children, the last started first; False if there were none."""
        self._stopping.set()
        for watcher in self._watchers:
            watcher.cancel()
        for child in reversed(self._children):
            await self._end(child)
        await asyncio.gather(*self._readers, return_exceptions=True)
        return bool(self._children)

    async def _spawn(self, child: Child) -> None:
        child.process = await asyncio.create_subprocess_exec(
            *child.command,
            env=dict(child.environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we end the children in order
            preexec_fn=functools.partial(end_with_parent, os.getpid()),
        )
        reader = asyncio.create_task(self._read(child, child.process))
        self._readers.add(reader)
        reader.add_done_callback(self._readers.discard)

    async def _ready(self, child: Child) -> None:
        assert child.process is not None
        deadline = time.monotonic() + READY_SECONDS
        while not self._stopping.is_set():
            if child.process.returncode is not None:
                code = child.process.returncode
                raise ChildFailed(f"{child.name} ended with code {code} before it was ready.")
            if child.is_ready is None or await child.is_ready(child.process.pid):
                return
            if time.monotonic() > deadline:
                raise ChildFailed(f"{child.name} was not ready within {READY_SECONDS} s.")
            await asyncio.sleep(0.05)

    async def _watch(self, child: Child) -> None:
        while True:
            assert child.process is not None
            code = await child.process.wait()
            if self._stopping.is_set():
                return
            child.deaths.append(time.monotonic())
            if (
                len(child.deaths) == RESTARTS
                and child.deaths[-1] - child.deaths[0] < RESTART_WINDOW_SECONDS
            ):
                self._failure = ChildFailed(f"{child.name} has ended {RESTARTS} times in a minute.")
                self._stopping.set()
                return
            self._say("up", f"{child.name} ended with code {code}; starting it again.")
            await asyncio.sleep(0.2 * len(child.deaths))
            await self._spawn(child)

    async def _read(self, child: Child, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in lines(process.stdout):
            self._say(child.name, line)

    async def _end(self, child: Child) -> None:
        process = child.process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
        except TimeoutError:
            self._say("up", f"{child.name} did not end within {GRACE_SECONDS} s; killing it.")
            process.kill()
            await process.wait()

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            for child in self._children:
                if child.process is not None and child.process.returncode is None:
                    child.process.kill()
        self._stopping.set()


async def lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """What `stream` says, line by line, as text; lines of more than LINE_BYTES are cut."""
    begun = b""
    while chunk := await stream.read(CHUNK_BYTES):
        *ended, begun = (begun + chunk).split(b"\n")
        for line in ended:
            yield _shown(line)
        begun = begun[: LINE_BYTES + 1]  # one more tells that there was more
    if begun:
        yield _shown(begun)


def _shown(line: bytes) -> str:
    text = line[:LINE_BYTES].decode(errors="replace").rstrip()
    return text if len(line) <= LINE_BYTES else f"{text} … (cut)"


def end_with_parent(parent: int, number: signal.Signals = signal.SIGTERM) -> None:
    """Runs in the child: even after a kill -9 of its parent, Linux sends it this signal."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died before the call
            os.kill(os.getpid(), number)
