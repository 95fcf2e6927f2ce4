"""What dies under an open page loses nothing on it, and repeats nothing."""

import asyncio
import json
import re
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Browser, WebSocket, WebSocketRoute, expect

from tests.browser.conftest import TOKEN_SECONDS
from tests.browser.pages import UNKNOWN, UNREACHABLE, ChatPage, visiting
from tests.cast import PASSWORD
from tests.chat import Frame
from tests.stack import Gate, Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


def steps(gate: Gate) -> list[Frame]:
    """A run whose second call waits at `gate`."""
    return [
        {"say": "First I read.", "calls": [["read_ledger", {}]]},
        {"calls": [gate.wait()]},
        {"say": "Both done."},
    ]


async def in_thread(function: Callable[..., Any], *args: Any) -> Any:
    return await asyncio.to_thread(function, *args)


async def assert_whole(chat: ChatPage) -> None:
    """The run of `steps` is on the page with every step once."""
    card = chat.card(0)
    await card.is_answered("Both done.")
    await expect(card.steps).to_have_text(
        [
            "First I read.",
            re.compile("^read_ledger .* Succeeded"),
            re.compile("^Next: wait_at"),
            re.compile("^wait_at .* Succeeded"),
        ]
    )


async def test_a_server_that_restarts_loses_and_repeats_nothing(
    browser: Browser, rough_site: Stack
) -> None:
    async with visiting(browser, rough_site.url, tolerating=UNREACHABLE) as chat:
        await chat.sign_in("ada")
        gate = rough_site.gate()
        card = await chat.ask(steps(gate))
        await expect(card.steps).to_have_count(4)
        rough_site.web.send(signal.SIGTERM)
        await expect(chat.connection).to_contain_text("Trying again")
        second = await chat.ask([{"say": "Asked while nobody was there."}])
        await second.has_status("Sending…")
        gate.open()
        assert await in_thread(rough_site.web.wait) == 0
        await in_thread(rough_site.web.start)
        await chat.is_connected()
        await assert_whole(chat)
        await second.is_answered("Asked while nobody was there.")
        await chat.reload()
        await expect(chat.articles).to_have_count(2)


async def test_redis_may_die_under_a_run(browser: Browser, rough_site: Stack) -> None:
    async with visiting(browser, rough_site.url) as chat:
        await chat.sign_in("ada")
        gate = rough_site.gate()
        card = await chat.ask(steps(gate))
        await expect(card.steps).to_have_count(4)
        rough_site.redis.kill()
        second = await chat.ask([{"say": "Asked without Redis."}])
        await second.has_status("Waiting for 1 run before it")
        await in_thread(rough_site.redis.start)
        gate.open()
        await assert_whole(chat)
        await second.is_answered("Asked without Redis.")
        assert chat.sockets == 1


async def test_a_question_whose_acceptance_is_lost_makes_one_run(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url) as chat:
        sockets: list[WebSocketRoute] = []

        def connect(route: WebSocketRoute) -> None:
            """The first socket dies when the server has accepted a question."""
            server = route.connect_to_server()
            sockets.append(route)
            is_first = len(sockets) == 1

            async def pass_on(message: str | bytes) -> None:
                if is_first and "run_accepted" in str(message):
                    await server.close()
                    await route.close(code=4503)
                else:
                    route.send(message)

            server.on_message(pass_on)

        await chat.page.route_web_socket(re.compile("/ws"), connect)
        await chat.sign_in("ben")
        before = (await in_thread(stack.get, "/api/runs", "ben"))["count"]
        card = await chat.ask([{"calls": [["nap", {"seconds": 0}]]}, {"say": "Once."}])
        await card.is_answered("Once.")
        await expect(card.steps).to_have_count(2)
        await expect(chat.articles).to_have_count(1)
        assert len(sockets) == 2
    assert (await in_thread(stack.get, "/api/runs", "ben"))["count"] == before + 1


async def test_a_question_that_was_never_sent_survives_a_reload(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url, tolerating=UNKNOWN) as chat:
        is_blocked = True

        def connect(route: WebSocketRoute) -> None:
            if not is_blocked:
                route.connect_to_server()

        await chat.page.route_web_socket(re.compile("/ws"), connect)
        await chat.open()
        await chat.fill_in("ada", PASSWORD)
        card = await chat.ask([{"say": "At last."}])
        await card.has_status("Sending…")
        is_blocked = False
        await chat.reload()
        await card.is_answered("At last.")
        await expect(chat.articles).to_have_count(1)


async def test_a_session_outlives_its_access_token(browser: Browser, rough_site: Stack) -> None:
    renewed = asyncio.Event()

    def opened(socket: WebSocket) -> None:
        socket.on("framereceived", received)

    def received(frame: str | bytes) -> None:
        if json.loads(frame)["type"] == "authenticated":
            renewed.set()

    async with visiting(browser, rough_site.url) as chat:
        chat.page.on("websocket", opened)
        await chat.sign_in("ada")
        begun = time.monotonic()
        await asyncio.wait_for(renewed.wait(), TOKEN_SECONDS)
        # Tokens this short are announced as expiring at once; to renew at once would be a flood.
        assert time.monotonic() - begun > TOKEN_SECONDS * 0.3
        await (await chat.ask([{"say": "Still here."}])).is_answered("Still here.")
        await chat.reload()
        await chat.card(0).is_answered("Still here.")
        assert chat.sockets == 2
