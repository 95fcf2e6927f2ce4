"""A usage log goes in with a question, and its figures come out: `manage.py ask --file`."""

import asyncio
import csv
from pathlib import Path

import pytest

from netra.trial.stack import CommandFailed
from tests.agents.analytics.logs import AZURE, needs_azure
from tests.agents.analytics.sessions.making import CWD, Session
from tests.chat import open_chat
from tests.stack import Stack

QUESTION = "How many tokens did we use and how long are the answers?"
SHOWN = ["agent_started", "agent_thinking", "tool_executing", "tool_completed"]


async def ask(stack: Stack, file: Path) -> str:
    given = ["--file", str(file), "--url", stack.url, "--token", stack.token("bob")]
    return await asyncio.to_thread(stack.manage, "ask", QUESTION, *given)


@needs_azure
async def test_the_published_trace_is_answered_with_its_figures(stack: Stack) -> None:
    printed = await ask(stack, AZURE)
    lines = [line.split()[1] for line in printed.splitlines() if line[:1] in ("●", "✓")]
    assert lines == [*SHOWN, *SHOWN[1:], "agent_completed"]
    with AZURE.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    read = sum(int(row["ContextTokens"]) for row in rows)
    written = sorted(int(row["GeneratedTokens"]) for row in rows)
    assert f"{len(rows):,} requests read **{read:,} input tokens**" in printed
    assert f"**{sum(written):,} output tokens**" in printed
    assert f"| {written[len(rows) // 2]} | {written[int(len(rows) * 0.95)]} |" in printed
    assert "**Missing** in this data set: model" in printed


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "The file is empty"),
        (b"timestamp,model,input_tokens\n", "column names but no rows"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary data"),
        ("timestamp,model\n2026-11-03T10:00:00Z,é\n".encode("latin-1"), "is not UTF-8"),
        (b"timestamp,input_tokens\n2026-11-03T10:00:00Z\n2026-11-03T10:00:01Z,1,2,3\n", "Line 2"),
        (b"timestamp,model\n2026-11-03T10:00:00Z,a\x00b\n", "NUL character"),
        (b"name,age\nbob,3\n", "'name', 'age'"),
    ],
    ids=["empty", "header only", "binary", "encoding", "ragged", "NUL", "no log"],
)
async def test_a_bad_file_is_refused_with_what_to_correct(
    stack: Stack, tmp_path: Path, content: bytes, advice: str
) -> None:
    file = tmp_path / "usage.csv"
    file.write_bytes(content)
    await assert_refused(stack, file, advice)


async def test_a_file_over_the_limit_is_refused(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "usage.csv"
    with file.open("wb") as stream:
        stream.truncate(200 * 1024**2)
    await assert_refused(stack, file, "may have 150 MiB")


async def assert_refused(stack: Stack, file: Path, advice: str) -> None:
    """Asking says why, and nothing is stored."""
    before = await asyncio.to_thread(stack.get, "/api/datasets", "bob")
    with pytest.raises(CommandFailed, match=advice):
        await ask(stack, file)
    assert await asyncio.to_thread(stack.get, "/api/datasets", "bob") == before
    assert list((stack.home / "uploads").iterdir()) == []


async def test_a_log_in_a_message_is_what_its_run_looks_at(stack: Stack) -> None:
    session = Session()
    session.result(session.call("Read", {"file_path": f"{CWD}/a.py"}), "a", 900)
    session.say()
    logs = [{**line, "_source_file": "mine.jsonl"} for line in session.lines]
    token = await asyncio.to_thread(stack.token, "frieda")
    async with open_chat(stack.socket_url, token) as chat:
        payload = {"content": "How many input tokens did we use?", "jsonl_logs": logs}
        await chat.send(type="user_message", payload=payload)
        accepted = await chat.receive_until("run_accepted")
        events = await chat.end_of(accepted["data"]["run_id"])
        payload["jsonl_logs"] = ["no log"]
        await chat.send(type="user_message", payload=payload)
        accepted = await chat.receive_until("run_accepted")
        unread = await chat.end_of(accepted["data"]["run_id"])
    result = events[-1]["data"]["result"]
    assert events[-1]["type"] == unread[-1]["type"] == "agent_completed"
    assert "The log 'mine.jsonl' came with the message." in result
    assert f"{sum(session.prompts):,}" in result
    assert "that came with the message was not read: " in unread[-1]["data"]["result"]
    (row,) = (await asyncio.to_thread(stack.get, "/api/datasets", "frieda"))["results"]
    assert (row["name"], row["format"]) == ("mine.jsonl", "claude-code")
