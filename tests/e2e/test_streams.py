"""A run's events as Server-Sent Events: once, in order, none missing, to their end."""

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from realtime.streaming import HEARTBEAT_SECONDS
from tests.cast import PASSWORD
from tests.chat import open_chat
from tests.prepared import DATABASE, server
from tests.stack import Gate, Stack
from tests.streams import EVENT_STREAM, numbered, open_stream

STREAMS = 20  # more than a pool of connections holds by default
NAP = [{"calls": [["nap", {"seconds": 0}]]}, {"say": "Done."}]


async def start(stack: Stack, script: list[Any], user: str = "alice") -> str:
    body = {"input": json.dumps(script)}
    answer = await asyncio.to_thread(
        stack.request, "POST", "/api/agents/actor/runs", user, json=body
    )
    run_id: str = answer.raise_for_status().json()["run_id"]
    return run_id


async def ended(stack: Stack, script: list[Any]) -> str:
    """A run that has come to its end."""
    run_id = await start(stack, script)
    async with open_stream(stack, run_id, "alice") as stream:
        await stream.rest()
    return run_id


def two_waits(one: Gate, two: Gate) -> list[Any]:
    return [{"calls": [one.wait()]}, {"calls": [two.wait()]}, {"say": "Done."}]


async def test_a_run_is_streamed_from_its_first_event_to_its_last(stack: Stack) -> None:
    gate = stack.gate()
    run_id = await start(stack, [{"calls": [gate.wait()]}, {"say": ["Well ", "done."]}])
    async with open_stream(stack, run_id, "alice") as stream:
        assert stream.response.headers["content-type"] == EVENT_STREAM
        assert stream.response.headers["x-accel-buffering"] == "no"
        await stream.receive_until("tool_executing")
        gate.open()
        await stream.rest()
    page = await asyncio.to_thread(stack.get, f"/api/runs/{run_id}/events", "alice")
    assert [event.frame for event in stream.seen if "seq" in event.frame] == page["results"]
    assert numbered(stream.seen) == list(range(1, page["count"] + 1))
    assert stream.seen[-1].type == "agent_completed"
    deltas = [event for event in stream.seen if event.type == "message_delta"]
    assert {event.id for event in deltas} == {None}
    assert "".join(event.frame["data"]["text"] for event in deltas) == "Well done."


@pytest.mark.parametrize(
    ("query", "headers"),
    [("", {"last_event_id": "2"}), ("?after=2", {}), ("?after=1", {"last_event_id": "2"})],
)
async def test_a_stream_goes_on_after_the_position_of_its_client(
    stack: Stack, query: str, headers: dict[str, str]
) -> None:
    run_id = await ended(stack, NAP)
    async with open_stream(stack, run_id, "alice", query=query, **headers) as stream:
        await stream.rest()
    assert numbered(stream.seen) == [3, 4, 5]
    assert stream.seen[-1].type == "agent_completed"


# F48
async def test_a_client_that_is_cut_off_misses_and_repeats_nothing(stack: Stack) -> None:
    one, two = stack.gate(), stack.gate()
    run_id = await start(stack, two_waits(one, two))
    async with open_stream(stack, run_id, "alice") as before:
        last = await before.receive_until("tool_executing")
    one.open()
    async with open_stream(stack, run_id, "alice", last_event_id=str(last.id)) as after:
        await after.receive_until("tool_executing")
        two.open()
        await after.rest()
    numbers = numbered([*before.seen, *after.seen])
    assert numbers == list(range(1, len(numbers) + 1))
    assert after.seen[-1].type == "agent_completed"


# F48
async def test_who_has_it_all_is_told_not_to_come_back(stack: Stack) -> None:
    run_id = await ended(stack, NAP)
    async with open_stream(stack, run_id, "alice", last_event_id="5") as stream:
        assert stream.response.status_code == 204


# F49
@pytest.mark.parametrize("position", ["99", "nonsense", "9" * 400, "٣"])
async def test_a_position_that_never_was_gives_a_snapshot(stack: Stack, position: str) -> None:
    gate = stack.gate()
    run_id = await start(stack, [{"calls": [gate.wait()]}, {"say": "Done."}])
    async with open_stream(stack, run_id, "alice") as first:
        last = await first.receive_until("tool_executing")
    encoded: Any = position.encode()
    async with open_stream(stack, run_id, "alice", last_event_id=encoded) as stream:
        resumed = await stream.receive_until("resumed")
        snapshot = await stream.receive_until("run_snapshot")
        gate.open()
        rest = await stream.rest()
    assert resumed.frame["data"]["recovered"] is False
    assert (snapshot.id, snapshot.frame["data"]["run"]["status"]) == (last.id, "running")
    assert numbered(rest)[0] == (last.id or 0) + 1
    assert rest[-1].type == "agent_completed"


async def test_the_snapshot_of_an_ended_run_ends_the_stream(stack: Stack) -> None:
    run_id = await ended(stack, NAP)
    async with open_stream(stack, run_id, "alice", last_event_id="99") as stream:
        events = await stream.rest()
    assert [event.type for event in events] == ["resumed", "run_snapshot"]
    assert events[-1].frame["data"]["run"]["result"] == "Done."


@pytest.mark.parametrize(
    ("user", "query", "headers", "answer"),
    [
        ("bob", "", {}, (404, "run_not_found")),
        ("alice", "", {"authorization": "Bearer nonsense"}, (401, "authentication_failed")),
        ("alice", "", {"authorization": ""}, (401, "not_authenticated")),
        ("alice", "", {"accept": "image/png"}, (406, "not_acceptable")),
        ("alice", "?after=-1", {}, (400, "invalid_input")),
    ],
)
async def test_what_is_refused_is_refused_in_json_before_the_stream(
    stack: Stack, user: str, query: str, headers: dict[str, str], answer: tuple[int, str]
) -> None:
    run_id = await ended(stack, NAP)
    async with open_stream(stack, run_id, user, query=query, **headers) as stream:
        await stream.response.aread()
    assert (stream.response.status_code, stream.response.json()["code"]) == answer


async def test_a_head_request_is_answered_and_does_not_wait(stack: Stack) -> None:
    gate = stack.gate()
    run_id = await start(stack, [{"calls": [gate.wait()]}, {"say": "Done."}])
    headers = {"Authorization": f"Bearer {stack.token('alice')}", "Accept": EVENT_STREAM}
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.head(f"{stack.url}/api/runs/{run_id}/events", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, EVENT_STREAM)
    gate.open()


async def test_a_stream_ends_with_the_log_in_behind_it(stack: Stack) -> None:
    gate = stack.gate()
    async with httpx.AsyncClient(base_url=f"{stack.url}/api/auth/", trust_env=False) as client:
        body = {"username": "idler", "password": PASSWORD}
        pair = (await client.post("token", json=body)).raise_for_status().json()
        authorization = {"authorization": f"Bearer {pair['access']}"}
        run_id = await start(stack, [{"calls": [gate.wait()]}, {"say": "Done."}], "idler")
        async with open_stream(stack, run_id, "idler", **authorization) as stream:
            await stream.receive_until("tool_executing")
            spent = {"refresh": pair["refresh"]}
            left = await client.post("logout", json=spent, headers=authorization)
            assert left.status_code == 204
            rest = await stream.rest(within=5)
    gate.open()
    assert [event.type for event in rest] == ["error"]
    assert rest[0].frame["data"]["code"] == "authentication_failed"


@pytest.mark.waits
async def test_a_quiet_stream_shows_that_it_lives(stack: Stack) -> None:
    gate = stack.gate()
    run_id = await start(stack, [{"calls": [gate.wait()]}, {"say": "Done."}])
    async with open_stream(stack, run_id, "alice") as stream:
        await stream.receive_until("tool_executing")
        assert (await stream.receive(within=HEARTBEAT_SECONDS + 5)).type == "comment"
        gate.open()
        assert (await stream.rest())[-1].type == "agent_completed"


# F50
async def test_a_stream_survives_the_loss_of_redis(hurt_stack: Stack) -> None:
    gate = hurt_stack.gate()
    run_id = await start(hurt_stack, [{"calls": [gate.wait()]}, {"say": "Done."}])
    async with open_stream(hurt_stack, run_id, "alice") as stream:
        await stream.receive_until("tool_executing")
        await asyncio.to_thread(hurt_stack.redis.kill)
        gate.open()
        await stream.rest()
    numbers = numbered(stream.seen)
    assert numbers == list(range(1, len(numbers) + 1))
    assert stream.seen[-1].type == "agent_completed"


# F49
async def test_a_run_whose_steps_were_removed_is_told_by_its_snapshot(stack: Stack) -> None:
    run_id = await ended(stack, NAP)
    code = f"from agents.models import RunEvent; RunEvent.objects.filter(run='{run_id}').delete()"
    await asyncio.to_thread(stack.run, code)
    async with open_stream(stack, run_id, "alice") as stream:
        streamed = [event.frame for event in await stream.rest()]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(type="resume", run_id=run_id, last_seq=0)
        resumed = await chat.receive_until("resumed")
        snapshot = await chat.receive_until("run_snapshot")
    assert streamed == [resumed, snapshot]
    assert resumed["data"] == {"run_id": run_id, "recovered": False, "last_seq": 5}
    assert snapshot["data"]["run"]["result"] == "Done."


async def test_many_streams_take_no_connections_from_the_database(stack: Stack) -> None:
    gate = stack.gate()
    run_id = await start(stack, [{"calls": [gate.wait()]}, {"say": "Done."}])
    before = database_connections(stack)
    async with AsyncExitStack() as stays:
        streams = [
            await stays.enter_async_context(open_stream(stack, run_id, "alice"))
            for _ in range(STREAMS)
        ]
        for stream in streams:
            await stream.receive_until("tool_executing")
        assert database_connections(stack) < before + STREAMS // 2
        gate.open()
        for stream in streams:
            assert (await stream.rest())[-1].type == "agent_completed"


def database_connections(stack: Stack) -> int:
    """Of the web server: open SQLite files, or sockets to PostgreSQL."""
    web = psutil.Process(stack.web.pid)
    port = urlsplit(server()).port
    sockets = [found for found in web.net_connections("tcp") if found.raddr]
    files = sum(Path(found.path).name == DATABASE for found in web.open_files())
    return files + sum(found.raddr.port == port for found in sockets)
