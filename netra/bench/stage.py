"""The Netra that is measured, and what the rows of the bench need of it."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psutil
from pydantic_core import from_json

from agents.events import Envelope
from agents.publishing.units import HeldRun
from agents.states import RunState
from netra.bench.figures import TooLittle
from netra.bench.inside import AGENT
from netra.bench.wire import OnText, Wire, open_wire
from netra.trial.process import Process
from netra.trial.stack import Stack

PATIENCE_SECONDS = 60
LOOK_SECONDS = 0.01
USERS = 100
HISTORY = 1_000  # events of the run that is replayed


@dataclass
class Stage:
    """`seconds` is how long a row measures; a quick one only shows that everything works."""

    stack: Stack
    prepared: dict[str, Any]  # by `inside.prepare`
    seconds: float
    is_quick: bool

    @property
    def tokens(self) -> list[str]:
        """An access token of each user."""
        tokens: list[str] = self.prepared["tokens"]
        return tokens

    def take_runs(self, number: int) -> list[HeldRun]:
        """Live runs of so many users, which nobody has pushed an event of yet."""
        spare: list[list[Any]] = self.prepared["runs"]
        taken, spare[: len(self.tokens)] = spare[: len(self.tokens)], []
        return [
            HeldRun(
                id=UUID(run_id),
                fence=1,
                last_seq=0,
                state=RunState.RUNNING,
                user_id=user_id,
                thread_id=0,
                envelope=Envelope(run_id, "bench", AGENT),
            )
            for user_id, run_id in taken[:number]
        ]

    def size(self, whole: int, quick: int) -> int:
        return quick if self.is_quick else whole

    @property
    def url(self) -> str:
        return socket_url(self.stack.webs[0])

    async def open(self, on_text: OnText, *, user: int = 0, receive_bytes: int = 0) -> Wire:
        """A socket of one user that has been welcomed."""
        token = self.tokens[user % len(self.tokens)]
        return await opened(self.url, on_text, token, receive_bytes)


def socket_url(web: Process) -> str:
    return f"ws://127.0.0.1:{web.port}/ws"


async def opened(url: str, on_text: OnText, token: str, receive_bytes: int = 0) -> Wire:
    """Returns after `connection_established`."""
    welcomed = asyncio.get_running_loop().create_future()

    def first(wire: Wire, text: bytes) -> None:
        wire.on_text = on_text
        welcomed.set_result(from_json(text)["type"])

    wire = await open_wire(url, first, token=token, receive_bytes=receive_bytes)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            kind = await welcomed
    except BaseException:
        wire.abort()
        raise
    if kind != "connection_established":
        raise TooLittle(f"A socket was welcomed with {kind}.")
    return wire


def question(steps: int = 1, pause: float = 0) -> dict[str, Any]:
    """A message that starts a run of the measured agent, in a thread of its own."""
    asked = f'{{"steps": {steps}, "pause": {pause}}}'
    return {"type": "execute_agent", "agent": AGENT, "input": asked}


class Meter:
    """CPU seconds that processes have used, and our own."""

    def __init__(self, processes: dict[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self._begun = self._used()
        self._began_at = time.monotonic()

    def used(self) -> dict[str, float]:
        """Since the meter was made."""
        now = self._used()
        return {name: now[name] - self._begun[name] for name in now}

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began_at

    def _used(self) -> dict[str, float]:
        times = {name: process.cpu_times() for name, process in self._processes.items()}
        return {name: used.user + used.system for name, used in times.items()}


def meter_of(stack: Stack) -> Meter:
    processes = [*stack.webs, *stack.workers]
    if stack.services.owns_redis:
        processes.append(stack.redis)
    return Meter({process.name: process.pid for process in processes})


def memory_of(process: Process) -> int:
    """Bytes."""
    return int(psutil.Process(process.pid).memory_info().rss)


async def holds(condition: Callable[[], bool], *, within: float) -> None:
    """Return when it does; raises TimeoutError when it does not `within` so many seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - what comes true is on the other end of a socket
            await asyncio.sleep(LOOK_SECONDS)


@contextmanager
def closing(wires: list[Wire]) -> Iterator[None]:
    """Whatever happens, these sockets are gone in the end."""
    try:
        yield
    finally:
        for wire in wires:
            wire.abort()
