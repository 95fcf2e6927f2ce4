"""While an upload is read, its user's open sockets are told; nobody else's."""

import asyncio
from pathlib import Path
from typing import Any

from netra.client import Client
from tests.chat import Chat, open_chat
from tests.stack import Stack

HEADER = "timestamp,model,input_tokens\n"


def upload(stack: Stack, name: str, content: str) -> Any:
    files = {"file": (f"{name}.csv", content)}
    return stack.request("POST", "/api/datasets", "alice", files=files)


def told(chat: Chat) -> list[dict[str, Any]]:
    return [frame for frame in chat.seen if frame["type"].startswith("dataset_")]


async def test_every_socket_of_the_user_is_told_how_far_an_upload_is(
    stack: Stack, tmp_path: Path
) -> None:
    """The command line's client is one of them."""
    rows = 150_000
    content = HEADER + "2026-11-03T10:00:00Z,gpt-5,12\n" * rows + "soon,x,y\n"
    file = tmp_path / "large.csv"
    file.write_text(content)
    token, url = stack.token("alice"), stack.socket_url
    client, shown = Client(stack.url, token), list[dict[str, Any]]()
    async with (
        open_chat(url, token) as chat,
        open_chat(f"{url}?thread=elsewhere", token) as narrow,
        open_chat(url, stack.token("bob")) as bobs,
    ):
        dataset = await asyncio.to_thread(client.upload, file, shown.append)
        for socket in (chat, narrow):
            ready = await socket.receive_until("dataset_ready")
            data = ready["data"]
            assert (data["dataset_id"], data["name"]) == (dataset["id"], "large")
            assert (data["rows"], data["skipped_rows"]) == (rows, 1)
            *progress, _ = told(socket)
            assert [frame["data"] for frame in progress] == shown
            assert progress
            assert {frame["type"] for frame in progress} == {"dataset_progress"}
            shares = [frame["data"]["share"] for frame in progress]
            assert shares == sorted(shares)
            assert 0 < shares[-1] < 1
            for frame in progress:
                assert frame["data"]["dataset_id"] == dataset["id"]
                assert frame["data"]["total_bytes"] == len(content)
                assert frame["data"]["stage"] in ("checking", "reading", "writing")
        await bobs.quiet()
        assert told(bobs) == []


async def test_a_small_upload_is_told_at_its_end_and_a_refused_one_why(stack: Stack) -> None:
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        small = HEADER + "2026-11-03T10:00:00Z,gpt-5,12\n"
        answer = await asyncio.to_thread(upload, stack, "small", small)
        ready = await chat.receive_until("dataset_ready")
        assert ready["data"]["dataset_id"] == answer.json()["id"]
        refusal = await asyncio.to_thread(upload, stack, "wrong", "name,age\nbob,3\n")
        failed = await chat.receive_until("dataset_failed")
        assert failed["data"]["name"] == "wrong"
        assert failed["data"]["code"] == refusal.json()["code"] == "unreadable_file"
        assert failed["data"]["message"] == refusal.json()["message"]
        assert [frame["type"] for frame in told(chat)] == ["dataset_ready", "dataset_failed"]
