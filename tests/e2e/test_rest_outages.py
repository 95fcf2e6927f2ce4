"""Whatever Netra stands on is slow, frozen or gone: REST answers, sockets stay, and it goes on."""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil
import pytest

from tests.cast import PASSWORD
from tests.chat import Chat, open_chat, types
from tests.optional import missing
from tests.postgresql import binaries
from tests.stack import WITHOUT_TLS, Stack
from tests.weak import WeakStack, weak_stack

# Promised are 3; the rest is for a machine that does other things as well. What does not give up
# takes 20.
ANSWER_SECONDS = 15
THREADS = 64 + 40  # of the web server: of requests, and all others
ASKED = 2  # times, each path

pytestmark = pytest.mark.waits


@pytest.fixture(scope="module")
def on_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeakStack]:
    yield from started(weak_stack(tmp_path_factory.mktemp("weak")))


@pytest.fixture(scope="module")
def on_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeakStack]:
    if binaries() is None:
        missing("Install PostgreSQL: apt-get install postgresql")
    yield from started(weak_stack(tmp_path_factory.mktemp("weak"), on_server=True))


def started(weak: WeakStack) -> Iterator[WeakStack]:
    try:
        weak.start()
        yield weak
    finally:
        weak.stop()


def ask(stack: Stack, method: str, path: str, user: str | None, body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {stack.tokens[user]}"} if user else {}
    headers["Cookie"] = f"sessionid={'x' * 32}"  # the admin looks whose it is
    return httpx.request(
        method,
        f"{stack.url}{path}",
        headers=headers,
        json=body,
        timeout=4 * ANSWER_SECONDS,
        **WITHOUT_TLS,
    )


START = "/api/agents/actor/runs"
EXPECTED = {START: 202, "/admin/": 302, "/api/nothing": 404}
PATHS: list[tuple[str, str, str | None, Any]] = [
    ("GET", "/health", None, None),
    ("GET", "/health?full=1", "dora", None),
    ("GET", "/", None, None),
    ("GET", "/admin/", None, None),
    ("GET", "/api/schema/", None, None),
    ("GET", "/api/agents", None, None),
    ("GET", "/api/discovery/services", None, None),
    ("GET", "/api/runs", "bob", None),
    ("GET", "/api/threads", "bob", None),
    ("GET", "/api/datasets", "bob", None),
    ("GET", "/api/auth/me", "bob", None),
    ("GET", "/api/nothing", None, None),
    ("POST", "/api/auth/token", None, {"username": "bob", "password": PASSWORD}),
    ("POST", "/api/auth/ticket", "bob", {}),
    ("POST", START, "bob", {"input": json.dumps([{"say": "Done."}])}),
]


def assert_all_paths_answer(stack: Stack) -> list[str]:
    """All at once, several times; the runs that were accepted."""
    begun = time.monotonic()
    with ThreadPoolExecutor(len(PATHS) * ASKED) as browser:
        asked = [(path, browser.submit(ask, stack, *path)) for path in PATHS * ASKED]
        answers = [(path, found.result()) for path, found in asked]
    assert time.monotonic() - begun < ANSWER_SECONDS
    for path, answer in answers:
        if answer.status_code == 503:
            if "full" in path[1] and "parts" in answer.json():
                continue  # it could say what is wrong
            assert answer.json()["code"] == "unavailable", path
            assert int(answer.headers["Retry-After"]) > 0
        else:
            assert answer.status_code == EXPECTED.get(path[1], 200), (path, answer.text)
    runs = [answer for path, answer in answers if path[1] == START]
    return [answer.json()["run_id"] for answer in runs if answer.status_code == 202]


async def assert_it_goes_on(chat: Chat, stack: Stack, accepted: list[str]) -> None:
    """Runs are made, also those that were accepted meanwhile, and no socket was lost."""
    while True:
        await chat.send(type="execute_agent", agent="actor", input=json.dumps([{"say": "Hi."}]))
        answer = await chat.receive_until(lambda frame: frame["type"] in ("run_accepted", "error"))
        if answer["type"] == "run_accepted":
            break
        assert answer["data"]["code"] == "unavailable"
        await asyncio.sleep(0.2)
    for run_id in [answer["data"]["run_id"], *accepted]:
        events = await chat.end_of(run_id, within=60)
        assert types(events)[-1] == "agent_completed"
    listed = await asyncio.to_thread(ask, stack, "GET", "/api/runs", "bob", None)
    assert listed.status_code == 200


async def endure(weak: WeakStack, outage: str) -> list[str]:
    """REST, a socket and a run under way live through an outage; the runs accepted meanwhile."""
    stack = weak.stack
    gate = stack.gate()
    async with open_chat(stack.socket_url, stack.tokens["bob"]) as chat:
        run_id = await chat.ask("actor", [{"calls": [gate.wait()]}, {"say": "Through."}])
        await chat.receive_until("tool_executing")
        with weak.without(outage):
            gate.open()
            accepted = await asyncio.to_thread(assert_all_paths_answer, stack)
            accepted += await asyncio.to_thread(assert_all_paths_answer, stack)
            await chat.quiet()  # pings need no database
            assert psutil.Process(stack.web.pid).num_threads() < THREADS
        await chat.end_of(run_id, within=60)
        await assert_it_goes_on(chat, stack, accepted)
    return accepted


# F56
@pytest.mark.parametrize(
    "outage",
    [
        *(
            f"{part} {state}"
            for part in ("layer", "broker")
            for state in ("slow", "frozen", "gone")
        ),
        "redis frozen",
    ],
)
async def test_without_redis_everything_is_served(on_file: WeakStack, outage: str) -> None:
    assert len(await endure(on_file, outage)) == 2 * ASKED


# F57
async def test_a_locked_file_is_told_at_once(on_file: WeakStack) -> None:
    assert await endure(on_file, "file locked") == []


# F57
@pytest.mark.parametrize(
    "outage", ["server frozen", "database slow", "database frozen", "database gone"]
)
async def test_without_its_server_nothing_hangs(on_server: WeakStack, outage: str) -> None:
    await endure(on_server, outage)
