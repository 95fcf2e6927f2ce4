"""Rows about runs: how soon one begins, how many a second, how soon their events arrive."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pydantic_core import from_json

from agents.events import TERMINAL_TYPES
from netra.bench.compared import baselines
from netra.bench.figures import Figure, TooLittle, milliseconds, percentile, ratio
from netra.bench.stage import PATIENCE_SECONDS, Meter, Stage, closing, meter_of, opened, question
from netra.bench.stored import stored_times
from netra.bench.wire import OnText, Wire

REST_SECONDS = 0.03  # between two messages of an idle Netra
WARM_UP_SECONDS = 2.0
EVENTS_PER_RUN = 5
LIVE_USERS, BUSY_USERS = 100, 50
STEP_SECONDS = 0.5  # of a live run; a step makes three events


async def started(stage: Stage) -> list[Figure]:
    """Idle: a message is sent, and `agent_started` comes back."""
    on_sqlite = not stage.stack.services.database_url
    begun: list[float] = []
    waited: dict[str, float] = {}
    ended = asyncio.Event()

    def on_text(wire: Wire, text: bytes) -> None:
        kind = from_json(text)["type"]
        if kind == "agent_started":
            begun.append(time.perf_counter() - waited["since"])
        elif kind in TERMINAL_TYPES:
            ended.set()

    wire = await stage.open(on_text)
    with closing([wire]):
        deadline = time.monotonic() + stage.seconds
        while time.monotonic() < deadline or len(begun) < 3:
            ended.clear()
            waited["since"] = time.perf_counter()
            wire.send(question())
            async with asyncio.timeout(PATIENCE_SECONDS):
                await ended.wait()
            await asyncio.sleep(REST_SECONDS)
    figures = milliseconds("message to agent_started", begun, p50=8 if on_sqlite else 12)
    return [*figures, Figure("messages", len(begun), "")]


class Loop:
    """One user who asks again as soon as he is answered; counts what is not as promised."""

    def __init__(self) -> None:
        self.took: list[float] = []  # seconds of each run
        self.faults = 0
        self.is_done = False
        self._run = ""
        self._seq = 0
        self._asked_at = 0.0

    def ask(self, wire: Wire) -> None:
        self._seq, self._asked_at = 0, time.perf_counter()
        wire.send(question())

    def on_text(self, wire: Wire, text: bytes) -> None:
        event = from_json(text)
        if event["type"] == "run_accepted":
            self._run = event["data"]["run_id"]
        if "seq" not in event or event["run_id"] != self._run:
            return
        self._seq += 1
        self.faults += event["seq"] != self._seq
        if event["type"] in TERMINAL_TYPES:
            self.faults += (event["type"], self._seq) != ("agent_completed", EVENTS_PER_RUN)
            self.took.append(time.perf_counter() - self._asked_at)
            if not self.is_done:
                self.ask(wire)


@dataclass(frozen=True, slots=True)
class Rate:
    """What a number of users asking at once came to."""

    took: list[float]  # seconds of each run
    seconds: float
    used: dict[str, float]  # CPU seconds of each process

    @property
    def runs_per_second(self) -> float:
        return len(self.took) / self.seconds

    @property
    def cost(self) -> float:
        """CPU seconds of a run, of all processes."""
        return sum(self.used.values()) / max(len(self.took), 1)


async def saturate(
    open_one: Callable[[int, OnText], Awaitable[Wire]],
    meter_of_all: Callable[[], Meter],
    *,
    users: int,
    seconds: float,
) -> Rate:
    """Let so many users ask as fast as they are answered; raises TooLittle if an event is wrong."""
    loops = [Loop() for _ in range(users)]
    wires = [await open_one(user, loop.on_text) for user, loop in enumerate(loops)]
    with closing(wires):
        for loop, wire in zip(loops, wires, strict=True):
            loop.ask(wire)
        await asyncio.sleep(min(WARM_UP_SECONDS, seconds))
        for loop in loops:
            loop.took.clear()
        meter = meter_of_all()
        await asyncio.sleep(seconds)
        took = [duration for loop in loops for duration in loop.took]
        rate = Rate(took, meter.seconds, meter.used())
        for loop in loops:
            loop.is_done = True
        await asyncio.sleep(2 * percentile(took, 0.99))  # the last ones end undisturbed
    if faults := sum(loop.faults for loop in loops):
        raise TooLittle(f"{faults} events were not the next ones of their runs.")
    return rate


async def throughput(stage: Stage) -> list[Figure]:
    """50 users at once, each starting runs of five events one after the other."""
    users = stage.size(BUSY_USERS, 5)
    rate = await saturate(
        lambda user, on_text: stage.open(on_text, user=user),
        lambda: meter_of(stage.stack),
        users=users,
        seconds=stage.seconds,
    )
    with baselines(stage, len(stage.stack.workers)) as processes:
        urls = [f"ws://127.0.0.1:{process.port}/stream" for process in processes]
        forgetful = await saturate(
            lambda user, on_text: opened(urls[user % len(urls)], on_text, ""),
            lambda: Meter({process.name: process.pid for process in processes}),
            users=users,
            seconds=stage.seconds,
        )
    shares = [
        Figure(f"CPU of a run, {name}", round(used / len(rate.took) * 1000, 2), "ms")
        for name, used in rate.used.items()
    ]
    return [
        Figure("runs a second", round(rate.runs_per_second, 1), "", 150, at_least=True),
        Figure("CPU of a run, all", round(rate.cost * 1000, 2), "ms"),
        *shares,
        *milliseconds("a run", rate.took),
        Figure("streamed in process: runs a second", round(forgetful.runs_per_second, 1), ""),
        Figure("streamed in process: CPU of a run", round(forgetful.cost * 1000, 2), "ms"),
        ratio("CPU to that", rate.cost, forgetful.cost),
    ]


async def delivery(stage: Stage) -> list[Figure]:
    """100 users with live runs: an event is made, stored, and received."""
    users = stage.size(LIVE_USERS, 5)
    steps = int(stage.seconds / STEP_SECONDS) + 2
    received: dict[tuple[str, int], tuple[float, float]] = {}

    def on_text(wire: Wire, text: bytes) -> None:
        now = time.time()
        event = from_json(text)
        if "seq" in event:
            received[event["run_id"], event["seq"]] = (event["timestamp"], now)

    wires = [await stage.open(on_text, user=user) for user in range(users)]
    with closing(wires):
        for wire in wires:
            wire.send(question(steps, STEP_SECONDS))
            await asyncio.sleep(STEP_SECONDS / users)
        await asyncio.sleep(min(WARM_UP_SECONDS, stage.seconds / 2))
        received.clear()
        begun = time.monotonic()
        await asyncio.sleep(stage.seconds)
        seen, seconds = dict(received), time.monotonic() - begun
        await asyncio.sleep(3 * STEP_SECONDS)  # they end, and leave the workers idle
    stored = stored_times(stage.stack.home)
    since_stored = [now - stored[key] for key, (_, now) in seen.items() if key in stored]
    if len(since_stored) < len(seen):
        raise TooLittle(f"{len(seen) - len(since_stored)} events were received, but not stored.")
    since_made = [now - made for made, now in seen.values()]
    return [
        *milliseconds("event stored to received", since_stored, p50=2, p99=10),
        *milliseconds("event made to received", since_made, p99=40),
        Figure("events a second", round(len(seen) / seconds, 1), ""),
    ]
