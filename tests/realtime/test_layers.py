"""The channel layer against a real Valkey, which is killed."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from netra.embedded import command, redis_server
from realtime.layers import OVERFLOW, RESUBSCRIBED, Inbox, PubSubLayer
from tests.stack import Process, free_port, listens

MESSAGE = {"type": "netra.event", "n": 1}


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Process]:
    port = free_port()
    server = Process(
        command(redis_server(), port=port, directory=tmp_path),
        tmp_path / "log",
        {"PORT": str(port)},
        lambda: listens(port),
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def layer(valkey: Process) -> AsyncIterator[Any]:
    made: Any = PubSubLayer(hosts=[f"redis://127.0.0.1:{valkey.environment['PORT']}/0"])
    yield made
    await made.flush()


async def receive(layer: Any, channel: str) -> Any:
    return await asyncio.wait_for(layer.receive(channel), 10)


async def publish(layer: Any, *messages: tuple[str, dict[str, Any]]) -> None:
    await asyncio.to_thread(layer.publish, messages)


async def test_a_group_message_reaches_all_its_members_and_nobody_else(layer: Any) -> None:
    one, two, other = [await layer.new_channel() for _ in range(3)]
    await layer.group_add("user.1", one)
    await layer.group_add("user.1", two)
    await layer.group_add("user.2", other)
    await publish(layer, ("user.1", MESSAGE), ("user.2", {"type": "netra.event", "n": 2}))
    assert await receive(layer, one) == await receive(layer, two) == MESSAGE
    assert (await receive(layer, other))["n"] == 2


async def test_messages_of_one_sender_keep_their_order(layer: Any) -> None:
    channel = await layer.new_channel()
    await layer.group_add("user.1", channel)
    await publish(layer, *(("user.1", {"type": "t", "n": number}) for number in range(500)))
    assert [(await receive(layer, channel))["n"] for _ in range(500)] == list(range(500))


async def test_a_closed_channel_hears_nothing_and_leaves_its_groups(layer: Any) -> None:
    gone, stays = await layer.new_channel(), await layer.new_channel()
    await layer.group_add("user.1", gone)
    await layer.group_add("user.1", stays)
    await layer.close_channel(gone)
    await publish(layer, ("user.1", MESSAGE))
    assert await receive(layer, stays) == MESSAGE
    await layer.close_channel(stays)
    layer.tell(gone, MESSAGE)


# F27
async def test_the_return_of_redis_is_announced_and_groups_are_joined_again(
    layer: Any, valkey: Process
) -> None:
    channel = await layer.new_channel()
    await layer.group_add("user.1", channel)
    valkey.kill()
    with pytest.raises(ConnectionError):
        await publish(layer, ("user.1", MESSAGE))
    await asyncio.to_thread(valkey.start)
    assert await receive(layer, channel) == RESUBSCRIBED
    await publish(layer, ("user.1", MESSAGE))
    assert await receive(layer, channel) == MESSAGE


# F27
async def test_joining_while_redis_is_away_takes_effect_when_it_returns(
    layer: Any, valkey: Process
) -> None:
    valkey.kill()
    channel = await layer.new_channel()
    await layer.group_add("user.1", channel)
    await asyncio.to_thread(valkey.start)
    assert await receive(layer, channel) == RESUBSCRIBED
    await publish(layer, ("user.1", MESSAGE))
    assert await receive(layer, channel) == MESSAGE


# F28
async def test_a_full_inbox_forgets_its_pushes_and_says_so_once() -> None:
    inbox = Inbox()
    inbox.tell({"type": "ours"})
    for _ in range(3):
        inbox.put_nowait(b"x" * (Inbox.LIMIT_BYTES // 2))
        inbox.put_nowait(b"y" * (Inbox.LIMIT_BYTES // 2))
        inbox.put_nowait(b"z")
    inbox.put_nowait(b"later")
    assert [await inbox.get() for _ in range(3)] == [{"type": "ours"}, OVERFLOW, b"later"]
