"""Nothing a client sends ends its socket, except too much of what nobody can read."""

import asyncio
import json
from typing import Any

import pytest

from agents.services.availability import NOT_USABLE
from tests.chat import open_chat
from tests.stack import Stack

MALFORMED: dict[str, tuple[str | bytes, str]] = {
    "text": ("not json", "invalid_json"),
    "empty": ("", "invalid_json"),
    "half": ('{"type": "message"', "invalid_json"),
    "list": ("[]", "invalid_json"),
    "number": ("7", "invalid_json"),
    "null": ("null", "invalid_json"),
    "nested": ("[" * 100_000, "invalid_json"),
    "nested object": ('{"a":' * 100_000, "invalid_json"),
    "binary": (b"\x00\x01\x02", "invalid_json"),
    "binary json": (b'{"type": "ping"}', "invalid_json"),
    "not a number": ('{"type": "message", "content": "x", "a": NaN}', "invalid_json"),
    "half a surrogate": (r'{"type": "message", "content": "\ud800"}', "invalid_json"),
    "no type": ("{}", "invalid_message"),
    "type null": ('{"type": null}', "invalid_message"),
    "type number": ('{"type": 5}', "invalid_message"),
    "unknown type": ('{"type": "nonsense"}', "unknown_message_type"),
    "server's type": ('{"type": "agent_started"}', "unknown_message_type"),
    "server's answer": ('{"type": "run_accepted"}', "unknown_message_type"),
    "no content": ('{"type": "message"}', "invalid_message"),
    "empty content": ('{"type": "message", "content": ""}', "invalid_message"),
    "blank content": ('{"type": "message", "content": "  \\n "}', "invalid_message"),
    "content list": ('{"type": "message", "content": ["a"]}', "invalid_message"),
    "nul": (r'{"type": "message", "content": "a\u0000b"}', "invalid_message"),
    "nul in a key": (r'{"type": "message", "content": "a", "b\u0000": 1}', "invalid_message"),
    "payload list": ('{"type": "message", "payload": []}', "invalid_message"),
    "parameters text": (
        '{"type": "message", "content": "x", "parameters": "y"}',
        "invalid_message",
    ),
    "timeout": (
        '{"type": "message", "content": "x", "parameters": {"timeout": -1}}',
        "invalid_message",
    ),
    "id too long": (json.dumps({"type": "ping", "id": "x" * 65}), "invalid_message"),
    "unknown agent": (
        '{"type": "execute_agent", "agent": "nobody", "input": "x"}',
        "agent_not_found",
    ),
    "odd thread": (
        '{"type": "message", "content": "x", "thread_id": "a/b"}',
        "invalid_input",
    ),
    "run id": ('{"type": "cancel_run", "run_id": "x"}', "invalid_message"),
    "unknown run": (
        '{"type": "cancel_run", "run_id": "00000000-0000-4000-8000-000000000000"}',
        "run_not_found",
    ),
    "resume nothing": ('{"type": "resume"}', "invalid_message"),
    "resume backwards": (
        '{"type": "resume", "run_id": "00000000-0000-4000-8000-000000000000", "last_seq": -1}',
        "invalid_message",
    ),
    "status of nothing": ('{"type": "get_agent_status"}', "invalid_message"),
    "forbidden model": (
        '{"type": "message", "content": "x", "parameters": {"model": "openai:gpt-5"}}',
        "model_not_allowed",
    ),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_frame_is_answered_and_the_socket_lives(stack: Stack, name: str) -> None:
    frame, code = MALFORMED[name]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send_raw(frame)
        answer = await chat.receive()
        assert answer["type"] == "error"
        assert answer["data"]["code"] == code
        assert answer["data"]["message"].endswith((".", "}"))
        await chat.quiet()


async def test_an_unknown_type_is_told_the_known_ones(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(type="nonsense", id="9")
        answer = await chat.receive()
    assert answer["id"] == "9"
    assert {"message", "execute_agent", "resume", "ping"} <= set(answer["data"]["details"]["known"])


async def test_twenty_protocol_errors_in_a_minute_close_the_socket(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        for _ in range(20):
            await chat.send_raw("not json")
        assert await chat.close_code() == 4400
    assert chat.errors() == ["invalid_json"] * 20


async def test_an_oversize_frame_is_told_4400(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send_raw("x" * (5 * 1024 * 1024 + 1))
        assert await chat.close_code() == 4400


async def test_a_frame_may_hold_megabytes_of_context(stack: Stack) -> None:
    logs = "x" * (4 * 1024 * 1024)
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"say": "Read."}], jsonl_logs=logs)
        events = await chat.end_of(run_id)
    assert events[-1]["type"] == "agent_completed"


async def test_fragments_are_put_together(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.socket.send(iter(['{"type":', '"pi', 'ng", "id": "f"}']))
        answer = await chat.receive()
    assert (answer["type"], answer["id"]) == ("pong", "f")


async def test_heartbeats_are_answered(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        await chat.send(type="heartbeat", id="h")
        answer = await chat.receive()
    assert (answer["type"], answer["id"]) == ("heartbeat_ack", "h")


async def test_status_is_told_of_runs_and_agents(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", [{"say": "Done."}])
        await chat.end_of(run_id)
        await chat.send(type="get_agent_status", run_id=run_id)
        of_run = await chat.receive_until("agent_status")
        await chat.send(type="get_agent_status", agent="actor")
        of_agent = await chat.receive_until("agent_status")
    assert of_run["data"]["status"] == "completed"
    assert of_run["data"]["result"] == "Done."
    assert of_agent["data"]["agent"] == "actor"
    assert (of_agent["data"]["status"], of_agent["data"]["version"]) == ("available", 1)


async def test_an_agent_that_no_worker_has_the_key_for_is_unavailable(stack: Stack) -> None:
    status: dict[str, Any] = {"status": "available"}
    async with (
        open_chat(stack.socket_url, stack.token("alice")) as chat,
        asyncio.timeout(20),  # workers look at agents every 10 s
    ):
        while status["status"] == "available":
            await chat.send(type="get_agent_status", agent="lost")
            status = (await chat.receive_until("agent_status"))["data"]
            await asyncio.sleep(0.2)
    assert (status["message"], status["problems"]) == (NOT_USABLE, [])
