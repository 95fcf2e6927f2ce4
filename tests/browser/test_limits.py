"""A page that met a limit says so, and does not come back again and again."""

import asyncio
import json
import re
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, WebSocketRoute, expect

from tests.browser.pages import visiting
from tests.cast import PASSWORD
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

LONG = "01:00"  # minutes and seconds; longer than it stays away
SHORT_SECONDS = 3  # in which it would try several times after another code


@pytest.mark.parametrize(
    ("code", "error"), [(4409, "too_many_sockets"), (4429, "rate_limited"), (4503, "unavailable")]
)
async def test_who_met_a_limit_comes_back_late(
    browser: Browser, stack: Stack, code: int, error: str
) -> None:
    arrivals: list[WebSocketRoute] = []
    is_open = False

    async def connect(route: WebSocketRoute) -> None:
        arrivals.append(route)
        if is_open:
            route.connect_to_server()
            return
        route.send(json.dumps({"type": "error", "data": {"code": error, "message": "Too many."}}))
        await route.close(code=code)

    async with visiting(browser, stack.url) as chat:
        await chat.page.clock.install()
        await chat.page.route_web_socket(re.compile("/ws"), connect)
        await chat.open()
        await chat.fill_in("ada", PASSWORD)
        await expect(chat.connection).to_have_text("No connection. Trying again…")
        await asyncio.sleep(SHORT_SECONDS)
        is_limit = code != 4503
        assert (len(arrivals) == 1) is is_limit
        notice = chat.page.locator("#notice")
        await expect(notice).to_have_text("Too many." if code == 4409 else "")
        is_open = True
        await chat.page.clock.fast_forward(LONG)
        await chat.is_connected()
        await expect(notice).to_have_text("")


def refusing(kind: str, refused: list[str]) -> Callable[[WebSocketRoute], None]:
    """A way to the server on which the first message of a type comes too soon."""

    def connect(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            asked = json.loads(message)
            if asked["type"] == kind and not refused:
                refused.append(asked["id"])
                data = {
                    "code": "rate_limited",
                    "message": "You send too many messages.",
                    "details": {"retry_after": 1.5},
                }
                route.send(json.dumps({"type": "error", "id": asked["id"], "data": data}))
            else:
                server.send(message)

        route.on_message(pass_on)

    return connect


async def test_a_question_that_came_too_soon_is_sent_again(browser: Browser, stack: Stack) -> None:
    refused: list[str] = []
    async with visiting(browser, stack.url) as chat:
        await chat.page.route_web_socket(re.compile("/ws"), refusing("execute_agent", refused))
        await chat.sign_in("ada")
        card = await chat.ask([{"say": "In the end."}])
        await card.is_answered("In the end.")
        await expect(chat.articles).to_have_count(1)
    assert len(refused) == 1


async def test_a_page_that_came_back_too_soon_misses_nothing(
    browser: Browser, stack: Stack
) -> None:
    gate, refused = stack.gate(), list[str]()
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        card = await chat.ask([{"calls": [gate.wait()]}, {"say": "In the end."}])
        await expect(card.root.locator(".tool")).to_have_count(1)
        await chat.page.route_web_socket(re.compile("/ws"), refusing("resume", refused))
        await chat.reload()
        await expect(chat.card(0).root.locator(".tool")).to_have_count(1)  # nothing new happens
        gate.open()
        await chat.card(0).is_answered("In the end.")
    assert len(refused) == 1
