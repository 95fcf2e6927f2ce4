"""Rows about pushes alone: from Redis to many sockets, beside the same without a protocol."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import redis
from pydantic_core import from_json

from agents.events import AgentThinking, AgentThinkingData, frame
from agents.publishing.push import event_push
from agents.publishing.store import StoredEvent
from agents.publishing.units import HeldRun
from netra.bench.compared import baselines
from netra.bench.figures import Figure, TooLittle, milliseconds, percentile, ratio
from netra.bench.stage import Meter, Stage, closing, holds, opened
from netra.bench.wire import OnText, Wire
from netra.trial.process import Process
from realtime.layers import PubSubLayer

RATE = 5_000  # events a second
SOCKETS = 100
BEAT_SECONDS = 0.01  # as often as a batch is published
LATE_SECONDS = 5.0  # what has not arrived by then is lost

Publish = Callable[[Sequence[StoredEvent]], None]


@dataclass
class Course:
    """Events on their way from a publisher to sockets."""

    thought: str = "This is one of many thoughts."
    sent: dict[tuple[str, int], float] = field(default_factory=dict)
    runs: set[str] = field(default_factory=set)
    repeated: int = 0
    waited: list[float] = field(default_factory=list)  # seconds, of those that have arrived
    rate: float = 0.0  # events a second
    core: float = 0.0  # share of a core that the server used

    def on_text(self, wire: Wire, text: bytes) -> None:
        event = from_json(text)
        if event.get("run_id") not in self.runs or "seq" not in event:
            return  # of a run that another row has started
        sent = self.sent.pop((event["run_id"], event["seq"]), None)
        if sent is None:
            self.repeated += 1
        else:
            self.waited.append(time.perf_counter() - sent)

    async def run(
        self, runs: Sequence[HeldRun], publish: Publish, *, rate: int, seconds: float
    ) -> None:
        """Publish, and return when all has arrived; raises TooLittle for what is lost."""
        made = await self.publish(runs, publish, rate=rate, seconds=seconds)
        try:
            await holds(lambda: not self.sent, within=LATE_SECONDS)
        except TimeoutError as error:
            raise TooLittle(f"{len(self.sent)} of {made} events did not arrive.") from error
        if self.repeated:
            raise TooLittle(f"{self.repeated} events arrived twice.")

    async def publish(
        self, runs: Sequence[HeldRun], publish: Publish, *, rate: int, seconds: float
    ) -> int:
        """Publish events of all runs in turn; how many."""
        begun, made = time.perf_counter(), 0
        while (passed := time.perf_counter() - begun) < seconds:
            due = int(rate * passed) - made
            batch = [self._next(runs[(made + at) % len(runs)]) for at in range(due)]
            made += due
            await asyncio.to_thread(publish, batch)
            await asyncio.sleep(BEAT_SECONDS)
        return made

    def _next(self, run: HeldRun) -> StoredEvent:
        run.last_seq += 1
        data = AgentThinkingData(
            agent_id=run.agent_id, message="One of many.", thought=self.thought, step=run.last_seq
        )
        text = frame(AgentThinking(data=data), run.last_seq, run.envelope)
        self.runs.add(run.envelope.run_id)
        self.sent[run.envelope.run_id, run.last_seq] = time.perf_counter()
        return StoredEvent(run, run.last_seq, "agent_thinking", text)


async def fan_out(stage: Stage) -> list[Figure]:
    """5,000 events a second to 100 sockets: through Netra's server, and past it."""
    runs = stage.take_runs(stage.size(SOCKETS, 5))
    layer = layer_of(stage)
    plain = redis.Redis.from_url(redis_url(stage))

    def publish(events: Sequence[StoredEvent]) -> None:
        layer.publish([event_push(event) for event in events])

    def publish_plainly(events: Sequence[StoredEvent]) -> None:
        pipeline = plain.pipeline(transaction=False)
        for event in events:
            pipeline.publish(str(event.run.user_id), event.frame)
        pipeline.execute()

    def open_socket(at: int, on_text: OnText) -> Awaitable[Wire]:
        return stage.open(on_text, user=at)

    through = await _measured(stage, stage.stack.webs[0], runs, open_socket, publish)
    with baselines(stage, 1) as (process,):

        def open_floor(at: int, on_text: OnText) -> Awaitable[Wire]:
            url = f"ws://127.0.0.1:{process.port}/floor/{runs[at].user_id}"
            return opened(url, on_text, "")

        past = await _measured(stage, process, runs, open_floor, publish_plainly)
    rate = stage.size(RATE, 200)
    return [
        Figure("events a second", round(through.rate), "", rate * 0.98, at_least=True),
        *milliseconds("published to received", through.waited, p99=10),
        Figure("of a core, server", round(through.core * 100, 1), "%"),
        *milliseconds("the floor: published to received", past.waited),
        Figure("the floor: of a core, server", round(past.core * 100, 1), "%"),
        ratio("p50 to the floor's", percentile(through.waited, 0.5), percentile(past.waited, 0.5)),
        ratio("CPU to the floor's", through.core, past.core),
    ]


async def _measured(
    stage: Stage,
    process: Process,
    runs: Sequence[HeldRun],
    open_one: Callable[[int, OnText], Awaitable[Wire]],
    publish: Publish,
) -> Course:
    """Events of all runs, published to their users, whose sockets `process` serves."""
    course = Course()
    wires = [await open_one(at, course.on_text) for at in range(len(runs))]
    with closing(wires):
        meter = Meter({process.name: process.pid})
        rate = stage.size(RATE, 200)
        await course.run(runs, publish, rate=rate, seconds=stage.seconds)
        course.core = meter.used()[process.name] / meter.seconds
        course.rate = len(course.waited) / meter.seconds
    return course


def layer_of(stage: Stage) -> PubSubLayer:
    """The stack's channel layer, from here."""
    return PubSubLayer([redis_url(stage)], prefix=stage.prepared["installation"])


def redis_url(stage: Stage) -> str:
    return stage.stack.environment["NETRA_REDIS_URL"]
