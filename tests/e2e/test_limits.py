"""What one user may ask for at a time, and what is said beyond that."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.chat import Chat, open_chat
from tests.e2e.test_streams import start
from tests.stack import Stack
from tests.streams import open_stream

SOCKETS, MESSAGES = 2, 30


@pytest.fixture(scope="module")
def strict_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    limits = {
        "NETRA_SOCKETS_PER_USER": str(SOCKETS),
        "NETRA_MESSAGES_PER_MINUTE": str(MESSAGES),
        "NETRA_LIVE_RUNS_PER_USER": "1",
        "NETRA_QUEUED_RUNS_PER_USER": "1",
    }
    strict = Stack(tmp_path_factory.mktemp("strict"), limits)
    try:
        strict.start()
        yield strict
    finally:
        strict.stop()


@asynccontextmanager
async def arriving(stack: Stack, user: str) -> AsyncIterator[Chat]:
    """A socket that may be let in or not."""
    headers = {"Authorization": f"Bearer {stack.token(user)}"}
    async with open_chat(stack.socket_url, headers=headers) as chat:
        yield chat


async def comes_in(stack: Stack, user: str) -> bool:
    async with arriving(stack, user) as chat:
        first = await chat.receive()
    return bool(first["type"] == "connection_established")


async def has_room_again(stack: Stack, user: str) -> None:
    """Those who left are noticed when they are."""
    async with asyncio.timeout(10):
        while not await comes_in(stack, user):  # noqa: ASYNC110  another process counts
            await asyncio.sleep(0.1)


async def test_a_socket_too_many_is_told_so_and_closed(strict_stack: Stack) -> None:
    token = strict_stack.token("alice")
    async with open_chat(strict_stack.socket_url, token) as one:
        async with (
            open_chat(strict_stack.socket_url, token) as two,
            arriving(strict_stack, "alice") as three,
        ):
            assert await three.close_code() == 4409
            assert three.errors() == ["too_many_sockets"]
            assert await comes_in(strict_stack, "bob")
            await one.quiet()
            await two.quiet()
        await has_room_again(strict_stack, "alice")


async def test_a_stream_counts_like_a_socket(strict_stack: Stack) -> None:
    gate = strict_stack.gate()
    run_id = await start(strict_stack, [{"calls": [gate.wait()]}, {"say": "Done."}], "ada")
    async with open_chat(strict_stack.socket_url, strict_stack.token("ada")):
        async with open_stream(strict_stack, run_id, "ada") as stream:
            await stream.receive_until("tool_executing")
            async with open_stream(strict_stack, run_id, "ada") as refused:
                await refused.response.aread()
            assert refused.response.status_code == 429
            assert refused.response.json()["code"] == "too_many_sockets"
            async with arriving(strict_stack, "ada") as chat:
                assert await chat.close_code() == 4409
        await has_room_again(strict_stack, "ada")
        async with open_stream(strict_stack, run_id, "ada") as stream:
            await stream.receive_until("tool_executing")
            gate.open()
            assert (await stream.rest())[-1].type == "agent_completed"


async def test_messages_too_many_are_refused_until_the_time_that_is_said(
    strict_stack: Stack,
) -> None:
    async with open_chat(strict_stack.socket_url, strict_stack.token("ben")) as chat:
        for number in range(MESSAGES + 2):
            await chat.send(type="ping", id=str(number))
        error = await chat.receive_until("error")
        assert (error["id"], error["data"]["code"]) == (str(MESSAGES), "rate_limited")
        seconds = error["data"]["details"]["retry_after"]
        assert 0 < seconds <= 60 / MESSAGES
        await chat.receive_until("error")
        await asyncio.sleep(seconds)
        await chat.quiet()


async def test_who_goes_on_regardless_is_shown_out(strict_stack: Stack) -> None:
    async with open_chat(strict_stack.socket_url, strict_stack.token("idler")) as chat:
        for _ in range(MESSAGES + 150):
            await chat.send(type="ping")
        assert await chat.close_code() == 4429
        assert set(chat.errors()) == {"rate_limited"}
        assert len(chat.errors()) == 100


async def test_a_run_too_many_is_refused_on_the_socket(strict_stack: Stack) -> None:
    gate = strict_stack.gate()
    async with open_chat(strict_stack.socket_url, strict_stack.token("wanderer")) as chat:
        waiting = [{"calls": [gate.wait()]}, {"say": "Done."}]
        first = await chat.ask("actor", waiting, thread_id="t")
        second = await chat.ask("actor", waiting, thread_id="t")
        for thread in ("t", "another"):
            await chat.send(type="message", id=thread, content="Why?", thread_id=thread)
            error = await chat.receive_until("error")
            assert (error["id"], error["data"]["code"]) == (thread, "too_many_runs")
        gate.open()
        await chat.end_of(first)
        await chat.end_of(second)
        await chat.end_of(await chat.ask("actor", [{"say": "Done."}], thread_id="another"))
