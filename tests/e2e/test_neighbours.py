"""Two Netras that share a Redis server know nothing of each other."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chat import open_chat, types
from tests.stack import Stack

REDISPATCH_SECONDS = 10  # a run whose task went astray would begin only then


@pytest.fixture
def beside(tmp_path: Path, stack: Stack) -> Iterator[Callable[..., Stack]]:
    """Start a Netra on the Redis server of `stack`; it has as many users, with the same ids."""
    started = []

    def start(*, database: int = 0, workers: int = 0, is_copy: bool = False) -> Stack:
        url = f"redis://127.0.0.1:{stack.redis_port}/{database}"
        key = (stack.home / "keys" / "signing").read_text() if is_copy else "k" * 40
        made = Stack(tmp_path, extra={"NETRA_REDIS_URL": url, "NETRA_SIGNING_KEY": key})
        started.append(made)
        made.start(workers=workers, with_redis=False)
        return made

    yield start
    for made in started:
        made.stop()


@pytest.mark.parametrize("database", [0, 1])
@pytest.mark.parametrize("is_copy", [False, True], ids=["stranger", "copy"])
async def test_a_user_sees_nothing_of_a_namesake_next_door(
    stack: Stack, beside: Callable[..., Stack], database: int, *, is_copy: bool
) -> None:
    """Even if that one was made with a copy of the keys."""
    other = await asyncio.to_thread(beside, database=database, is_copy=is_copy)
    async with open_chat(other.socket_url, other.token("alice")) as namesake:
        async with open_chat(stack.socket_url, stack.token("alice")) as chat:
            await chat.end_of(await chat.ask("actor", [{"say": "Secret."}]))
        with pytest.raises(TimeoutError):
            await namesake.receive(within=1)


async def test_the_workers_of_each_take_only_their_own_runs(
    stack: Stack, beside: Callable[..., Stack]
) -> None:
    other = await asyncio.to_thread(beside, workers=1)
    for netra in (stack, other):
        async with open_chat(netra.socket_url, netra.token("bob")) as chat:
            run_ids = [await chat.ask("actor", [{"say": "Done."}]) for _ in range(6)]
            for run_id in run_ids:
                events = await chat.end_of(run_id, within=REDISPATCH_SECONDS)
                assert types(events) == ["agent_started", "agent_completed"]
