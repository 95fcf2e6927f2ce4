import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.exceptions import NetraError
from agents import events
from realtime.protocol import (
    CLIENT_TYPES,
    SERVER_TYPES,
    Chat,
    ExecuteAgent,
    Message,
    open_frame,
    opened,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    ["type", "id", "payload", "data", "content", "agent", "input", "run_id", "runs", "parameters"]
)


def understood(frame: str | None) -> Message | NetraError:
    try:
        return open_frame(frame).message()
    except NetraError as error:
        return error


@given(st.text() | st.none())
def test_any_text_is_a_message_or_a_typed_error(frame: str | None) -> None:
    result = understood(frame)
    assert not isinstance(result, NetraError) or (result.code and result.message)


@given(
    st.dictionaries(FIELDS, JSON | st.sampled_from(CLIENT_TYPES), max_size=6),
    st.sampled_from(CLIENT_TYPES),
)
def test_any_object_is_a_message_or_a_typed_error(content: dict[str, Any], kind: str) -> None:
    result = understood(json.dumps({"type": kind, **content}))
    if isinstance(result, NetraError):
        assert result.message
    else:
        assert result.type in CLIENT_TYPES


def test_top_level_wins_over_payload_and_payload_over_data() -> None:
    frame = {
        "type": "execute_agent",
        "agent": "top",
        "payload": {"agent": "payload", "input": "payload"},
        "data": {"agent": "data", "input": "data", "thread_id": "data"},
    }
    message = open_frame(json.dumps(frame)).message()
    assert isinstance(message, ExecuteAgent)
    assert (message.agent, message.text, message.thread_id) == ("top", "payload", "data")


def test_fields_nobody_declared_are_context_and_a_timestamp_is_not() -> None:
    frame = {"type": "chat", "content": "Hi", "timestamp": "now", "jsonl_logs": ["a"], "n": 1}
    message = open_frame(json.dumps(frame)).message()
    assert isinstance(message, Chat)
    assert message.request().context == {"jsonl_logs": ["a"], "n": 1}


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_that_no_database_stores_is_refused(number: str) -> None:
    with pytest.raises(NetraError, match="too large"):
        open_frame(f'{{"type": "chat", "content": "x", "n": [{{"m": {number}}}]}}').message()


def test_clients_and_the_server_share_no_type() -> None:
    assert not SERVER_TYPES & set(CLIENT_TYPES)
    assert events.TYPES < SERVER_TYPES


@pytest.mark.parametrize("kind", sorted(SERVER_TYPES))
def test_a_type_of_the_servers_is_never_understood(kind: str) -> None:
    with pytest.raises(NetraError, match="Only the server"):
        open_frame(json.dumps({"type": kind})).message()


async def test_a_large_frame_keeps_no_other_socket_waiting() -> None:
    values = ", ".join(["1"] * 1_000_000)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticking = asyncio.create_task(tick())
    envelope = await opened(f'{{"type": "chat", "content": "x", "jsonl_logs": [{values}]}}')
    ticking.cancel()
    assert len(envelope.fields["jsonl_logs"]) == 1_000_000
    assert ticks > 2
