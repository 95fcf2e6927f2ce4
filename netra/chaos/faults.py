"""What can be done to a Netra, each as a function that does it once and mends it again."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from agents.publishing.leases import LEASE
from netra.chaos import database
from netra.trial.process import Process
from netra.trial.stack import Stack

Injection = Callable[[Stack, Random], Awaitable[None]]

FREEZE_SECONDS = 20  # of Redis
RESTART_SECONDS = (0.2, 3.0)  # between the death of a process and its successor
BEYOND_LEASE_SECONDS = (LEASE.total_seconds() + 1, LEASE.total_seconds() + 4)
LOCK_SECONDS = (2.0, 6.0)
# After an outage nobody takes a lost run for one lease, so that its owner can renew it first.
OUTAGE_EVERY = (LEASE.total_seconds() + 4, LEASE.total_seconds() + 8)


@dataclass(frozen=True, slots=True)
class Fault:
    """
    `every` so many seconds, from the end of one injection to the next, `inject` happens.

    `cuts`: every client breaks its connection every so many seconds.
    """

    name: str
    title: str
    inject: Injection | None = None
    every: tuple[float, float] = (1.0, 3.0)
    cuts: tuple[float, float] | None = None
    needs_own_redis: bool = False
    needs_own_database: bool = False


async def kill_worker(stack: Stack, random: Random) -> None:
    await _killed(random.choice(stack.workers), random)


async def freeze_worker(stack: Stack, random: Random) -> None:
    await _frozen(random.choice(stack.workers), random.uniform(*BEYOND_LEASE_SECONDS))


async def terminate_worker(stack: Stack, random: Random) -> None:
    await _ended(random.choice(stack.workers))


async def kill_web(stack: Stack, random: Random) -> None:
    await _killed(random.choice(stack.webs), random)


async def terminate_web(stack: Stack, random: Random) -> None:
    await _ended(random.choice(stack.webs))


async def kill_redis(stack: Stack, random: Random) -> None:
    await _killed(stack.redis, random)


async def freeze_redis(stack: Stack, random: Random) -> None:
    await _frozen(stack.redis, FREEZE_SECONDS)


async def lock_database(stack: Stack, random: Random) -> None:
    async with database.locked(stack):
        await asyncio.sleep(random.uniform(*LOCK_SECONDS))


async def hurt_anything(stack: Stack, random: Random) -> None:
    possible = [fault for fault in SINGLE if fault.inject and is_possible(fault, stack)]
    fault = random.choice(possible)
    assert fault.inject is not None
    await fault.inject(stack, random)


def is_possible(fault: Fault, stack: Stack) -> bool:
    """What is not the stack's own is left alone."""
    services = stack.services
    return (services.owns_redis or not fault.needs_own_redis) and (
        services.owns_database or not fault.needs_own_database
    )


async def _killed(process: Process, random: Random) -> None:
    process.kill()
    await asyncio.sleep(random.uniform(*RESTART_SECONDS))
    await asyncio.to_thread(process.start)


async def _ended(process: Process) -> None:
    """As a deployment does: the successor comes when the old one has gone."""
    process.terminate()
    await asyncio.to_thread(process.wait)
    await asyncio.to_thread(process.start)


async def _frozen(process: Process, seconds: float) -> None:
    process.freeze()
    try:
        await asyncio.sleep(seconds)
    finally:
        process.thaw()


SINGLE = (
    Fault("worker-kill", "worker SIGKILL", kill_worker),
    Fault("worker-freeze", "worker SIGSTOP beyond its lease", freeze_worker),
    Fault("worker-term", "worker SIGTERM", terminate_worker),
    Fault("web-kill", "daphne SIGKILL", kill_web),
    Fault("web-term", "daphne SIGTERM", terminate_web),
    Fault("redis-kill", "Redis SIGKILL, data gone", kill_redis, needs_own_redis=True),
    Fault("redis-freeze", "Redis frozen 20 s", freeze_redis, needs_own_redis=True),
    Fault("cut", "sockets cut every 0.5 to 2 s", cuts=(0.5, 2.0)),
    Fault(
        "database", "database locked 2 to 6 s", lock_database, OUTAGE_EVERY, needs_own_database=True
    ),
)
MIXED = Fault(
    "mixed", "everything in turn, and cuts", hurt_anything, every=(0.5, 2.0), cuts=(2.0, 8.0)
)
FAULTS = {fault.name: fault for fault in (*SINGLE, MIXED)}
