"""Asks a child process for the answer to a query; it never outlives who asks."""

import asyncio
import contextlib
import json
import os
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from agents.analytics.children import ENVIRONMENT, command, end_group
from agents.analytics.querying.checking import Refused
from agents.analytics.querying.files import Source, files_of

CHILD = "agents.analytics.querying.child"
QUERY_SECONDS = 4
GRACE_SECONDS = 2  # for the process to start, and to answer
MOST_ANSWER_BYTES = 256 * 1024  # more than any answer has; whoever sends more is out of control
TOO_LONG = "The query took too long and was ended. Read fewer rows, or sum them up."
TOO_LARGE = "The query needs too much memory and was ended. Group by fewer values."


@dataclass(frozen=True, slots=True)
class Queried:
    """`rows` are values as JSON has them, in the order of `columns`: pairs of name and type."""

    columns: list[tuple[str, str]]
    tables: list[str]  # that were read
    rows: list[list[Any]]
    is_cut: bool  # there are more rows


async def ask(sql: str, tables: Mapping[str, Source], *, seconds: int = QUERY_SECONDS) -> Queried:
    """
    The answer to one SELECT over `tables`, what they have their rows from by name in lower case.

    It may take so many `seconds`, in a process of its own, which is gone when this returns, raises
    or is cancelled. Call it on a loop whose thread lives as long as it may take. Raises Refused.
    """
    request = {
        "sql": sql,
        "seconds": seconds,
        "tables": {name: files_of(source) for name, source in tables.items()},
        "parent": os.getpid(),
    }
    with tempfile.TemporaryDirectory(prefix="netra-query-") as nowhere:
        async with _child(nowhere) as process:
            try:
                async with asyncio.timeout(seconds + GRACE_SECONDS):
                    output = await _exchange(process, json.dumps(request).encode())
                    code = await process.wait()
            except TimeoutError as error:
                raise Refused(TOO_LONG) from error
    return _answer(output, code)


@contextlib.asynccontextmanager
async def _child(directory: str) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *command(CHILD),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        cwd=directory,
        env=ENVIRONMENT,
        start_new_session=True,
        limit=MOST_ANSWER_BYTES,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            end_group(process.pid)
            await process.wait()


async def _exchange(process: Process, request: bytes) -> bytes:
    """What the child says to the request; it reads all of it before it says anything."""
    assert process.stdin is not None
    assert process.stdout is not None
    with contextlib.suppress(ConnectionError):  # it died early; its end tells why
        process.stdin.write(request)
        await process.stdin.drain()
        process.stdin.close()
    output = bytearray()
    while chunk := await process.stdout.read(MOST_ANSWER_BYTES):
        output += chunk
        if len(output) > MOST_ANSWER_BYTES:
            raise Refused("The result is too large. Choose fewer columns or rows.")
    return bytes(output)


def _answer(output: bytes, code: int) -> Queried:
    if code in (-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL):
        raise Refused(TOO_LONG)
    try:
        answer = json.loads(output)
    except ValueError as error:  # it could not even say that it has no memory left
        raise Refused(TOO_LARGE) from error
    if "problem" in answer:
        raise Refused(answer["problem"])
    columns = [(name, type_) for name, type_ in answer["columns"]]
    return Queried(columns, answer["tables"], answer["rows"], answer["is_cut"])
