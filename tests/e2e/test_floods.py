"""A client that asks for more than it is given costs us no memory and does not stay for ever."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import psutil
import pytest

from realtime.expiry import LENIENCE_SECONDS
from tests.chat import Chat, open_chat
from tests.stack import Stack

FRAMES = 3_000
FLOOD_SECONDS = 3
CHECK_SECONDS = 5  # how often log-ins are looked at


def flood_frame() -> str:
    return json.dumps({"type": "resume", "runs": {str(uuid4()): 0 for _ in range(100)}})


@asynccontextmanager
async def flooding(chat: Chat) -> AsyncIterator["asyncio.Task[None]"]:
    """Resume a hundred runs that are not there, again and again."""

    async def send() -> None:
        for _ in range(FRAMES):
            await chat.send_raw(flood_frame())

    task = asyncio.create_task(send())
    yield task
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    chat.socket.transport.abort()  # what is on its way would keep the server busy for long


def deactivate(stack: Stack, name: str) -> None:
    code = f"from accounts.models import User; User.objects.filter(username='{name}')"
    stack.run(f"{code}.update(is_active=False)")


async def test_a_user_who_floods_is_shown_out_like_any_other(stack: Stack) -> None:
    token = await asyncio.to_thread(stack.token, "flooder")
    async with open_chat(stack.socket_url, token) as chat, flooding(chat):
        receiving = asyncio.create_task(chat.close_code())
        await asyncio.sleep(1)
        await asyncio.to_thread(deactivate, stack, "flooder")
        assert await asyncio.wait_for(receiving, CHECK_SECONDS + 3) == 4401
    assert chat.errors()[-1] == "authentication_failed"


async def test_what_a_client_asks_for_is_bounded_in_memory(own_stack: Stack) -> None:
    await asyncio.to_thread(own_stack.start, workers=0)
    server = psutil.Process(own_stack.web.pid)
    async with open_chat(own_stack.socket_url, own_stack.token("alice")) as chat:
        await chat.quiet()
        before = server.memory_info().rss
        async with flooding(chat) as sending:
            receiving = asyncio.create_task(chat.close_code())
            await asyncio.wait([sending], timeout=4)
            grown = server.memory_info().rss - before
            receiving.cancel()
    assert grown < 32 * 1024**2


@pytest.mark.waits
async def test_a_flood_does_not_outlive_its_token(own_stack: Stack) -> None:
    seconds = 5
    own_stack.environment["NETRA_ACCESS_TOKEN_SECONDS"] = str(seconds)
    await asyncio.to_thread(own_stack.start, workers=0)
    token = await asyncio.to_thread(own_stack.manage, "token", "alice")
    async with open_chat(own_stack.socket_url, token) as chat:
        # Only what is sent last could stand before the end; more would but cost the machine.
        await asyncio.sleep(seconds + LENIENCE_SECONDS - FLOOD_SECONDS)
        async with flooding(chat):
            code = await chat.close_code(within=FLOOD_SECONDS + 5)
    assert code == 4401
    assert "token_expiring" in [frame["type"] for frame in chat.seen]


async def test_a_client_that_does_not_read_is_shown_out_too(stack: Stack) -> None:
    token = await asyncio.to_thread(stack.token, "stubborn")
    async with open_chat(stack.socket_url, token, max_queue=1) as chat:
        run_id = await chat.ask("actor", [{"calls": [["large", {"size": 200_000}]]}, {"say": ""}])
        await chat.end_of(run_id)
        for _ in range(60):
            await chat.send(type="resume", run_id=run_id, last_seq=0)
        port = chat.socket.local_address[1]
        assert is_connected(stack, port)
        await asyncio.to_thread(deactivate, stack, "stubborn")
        async with asyncio.timeout(CHECK_SECONDS + 5):
            while is_connected(stack, port):  # noqa: ASYNC110  another process closes it
                await asyncio.sleep(0.1)


def is_connected(stack: Stack, port: int) -> bool:
    connections = psutil.Process(stack.web.pid).net_connections()
    return any(found.raddr and found.raddr.port == port for found in connections)
