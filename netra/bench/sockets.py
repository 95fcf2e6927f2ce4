"""Rows about sockets: idle ones, ones that come back, and one that does not read."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic_core import from_json

from agents.publishing.push import event_push
from agents.publishing.store import StoredEvent
from netra.bench.fanning import Course, layer_of
from netra.bench.figures import Figure, TooLittle, milliseconds, percentile
from netra.bench.stage import (
    HISTORY,
    PATIENCE_SECONDS,
    Stage,
    closing,
    memory_of,
    opened,
    question,
    socket_url,
)
from netra.bench.wire import Refused, Wire

IDLE = 5_000
OPENED_AT_ONCE = 20
REPLAYS = 30
VISITORS = 50
STAY_SECONDS = (0.2, 1.0)
READERS, READ_PER_SECOND = 50, 500
UNREAD_PER_SECOND = 1_000
UNREAD_THOUGHT = "Nobody reads this. " * 100
RECEIVE_BYTES = 4_096


def _ignore(wire: Wire, text: bytes) -> None:
    pass


async def idle(stage: Stage) -> list[Figure]:
    """What an open socket costs that nothing is sent to, in a server that has nothing else."""
    number = stage.size(IDLE, 100)
    web = stage.stack.add_web()
    url = socket_url(web)
    wires: list[Wire] = []
    try:
        with closing(wires):
            for user in range(OPENED_AT_ONCE):
                wires.append(await opened(url, _ignore, stage.tokens[user]))
            before, already, begun = memory_of(web), len(wires), time.monotonic()
            while len(wires) < number:
                users = range(len(wires), min(len(wires) + OPENED_AT_ONCE, number))
                tokens = [stage.tokens[user % len(stage.tokens)] for user in users]
                wires += await asyncio.gather(*(opened(url, _ignore, token) for token in tokens))
            seconds = time.monotonic() - begun
            await asyncio.sleep(1)
            if lost := sum(wire.is_lost for wire in wires):
                raise TooLittle(f"{lost} of {number} idle sockets were closed.")
            each = (memory_of(web) - before) / (number - already)
    finally:
        web.stop()
        stage.stack.webs.remove(web)
    return [
        Figure("memory of a socket", round(each / 1000, 1), "kB", 40),
        Figure("sockets", number, "", IDLE if not stage.is_quick else None, at_least=True),
        Figure("opened a second", round((number - already) / seconds), ""),
    ]


async def replay(stage: Stage) -> list[Figure]:
    """A client comes back after it has missed 1,000 events, and has them all."""
    took = [await _replayed(stage) for _ in range(stage.size(REPLAYS, 3))]
    return milliseconds(f"connect, resume, {HISTORY:,} events", took, p50=50)


async def _replayed(stage: Stage) -> float:
    """Seconds from the first byte of a handshake to `resumed`."""
    seqs: list[int] = []
    resumed = asyncio.get_running_loop().create_future()

    def on_text(wire: Wire, text: bytes) -> None:
        frame = from_json(text)
        if "seq" in frame:
            seqs.append(frame["seq"])
        elif frame["type"] == "resumed":
            resumed.set_result(time.perf_counter())

    begun = time.perf_counter()
    wire = await stage.open(on_text)
    with closing([wire]):
        wire.send({"type": "resume", "run_id": stage.prepared["replayed"], "last_seq": 0})
        async with asyncio.timeout(PATIENCE_SECONDS):
            ended: float = await resumed
    if seqs != list(range(1, HISTORY + 1)):
        raise TooLittle(f"Of {HISTORY} events {len(seqs)} were replayed.")
    return ended - begun


@dataclass
class Visits:
    """What befell clients that come and go."""

    took: list[float] = field(default_factory=list)  # seconds to be welcomed, of who was
    refusals: list[str] = field(default_factory=list)


async def churn(stage: Stage) -> list[Figure]:
    """50 clients with live runs whose connections break again and again."""
    visits = Visits()
    async with asyncio.timeout(stage.seconds + PATIENCE_SECONDS), asyncio.TaskGroup() as clients:
        for user in range(stage.size(VISITORS, 5)):
            clients.create_task(_come_and_go(stage, user, visits))
    tries = len(visits.took) + len(visits.refusals)
    share = 100 * len(visits.took) / tries
    return [
        Figure("connections that succeed", round(share, 2), "%", 99.5, at_least=True),
        Figure("to be back, p99", round(percentile(visits.took, 0.99), 3), "s", 3),
        Figure("to be back, p50", round(percentile(visits.took, 0.5), 3), "s"),
        Figure("connections", tries, ""),
    ]


async def _come_and_go(stage: Stage, user: int, visits: Visits) -> None:
    deadline = time.monotonic() + stage.seconds
    while time.monotonic() < deadline:
        begun = time.monotonic()
        try:
            wire = await stage.open(_ignore, user=user)
        except (Refused, OSError, TimeoutError) as error:
            visits.refusals.append(str(error))
            continue
        visits.took.append(time.monotonic() - begun)
        with closing([wire]):
            wire.send(question(2, 0.1))
            await asyncio.sleep(random.uniform(*STAY_SECONDS))  # noqa: S311


async def unread(stage: Stage) -> list[Figure]:
    """One client never reads what it is sent, while 50 others read what they are."""
    readers = stage.size(READERS, 4)
    runs = stage.take_runs(readers + 1)
    layer = layer_of(stage)
    web = stage.stack.webs[0]
    course, flood = Course(), Course(thought=UNREAD_THOUGHT)

    def publish(events: Sequence[StoredEvent]) -> None:
        layer.publish([event_push(event) for event in events])

    deaf = await stage.open(_ignore, user=readers, receive_bytes=RECEIVE_BYTES)
    wires = [await stage.open(course.on_text, user=user) for user in range(readers)]
    with closing([deaf, *wires]):
        deaf.stop_reading()
        before, most = memory_of(web), 0
        flooding = asyncio.create_task(
            flood.publish(runs[readers:], publish, rate=UNREAD_PER_SECOND, seconds=stage.seconds)
        )
        reading = asyncio.create_task(
            course.run(runs[:readers], publish, rate=READ_PER_SECOND, seconds=stage.seconds)
        )
        while not (flooding.done() and reading.done()):
            most = max(most, memory_of(web) - before)
            await asyncio.sleep(0.1)
        await reading
        sent = await flooding
    return [
        Figure("memory of who does not read", round(most / 1e6, 1), "MB", 50),
        *milliseconds("the others: published to received", course.waited, p99=100),
        Figure("events not read", sent, ""),
    ]
