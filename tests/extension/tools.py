"""Tools that misbehave on demand, and one whose effects can be counted."""

import asyncio
import ctypes
import os
import threading
import time
from pathlib import Path
from typing import Any, Literal

from django.conf import settings

from agents.exceptions import ToolError
from agents.tools.base import Call, tool


def ledger_file() -> Path:
    return Path(settings.DATA_DIR) / "ledger"


async def opened(gate: str) -> None:
    """Return when a file of this name is in the data directory."""
    file = Path(settings.DATA_DIR) / gate
    while not file.exists():  # noqa: ASYNC110  another process makes it
        await asyncio.sleep(0.02)


@tool()
def write_ledger(call: Call, entry: str) -> int:
    """Append an entry; not read-only and not idempotent, so it must never be repeated."""
    with ledger_file().open("a") as ledger:
        ledger.write(f"{entry}\n")
    return len(ledger_file().read_text().splitlines())


@tool(needs_approval=True)
def pay_out(call: Call, entry: str) -> int:
    """Append an entry, once somebody has approved it."""
    return write_ledger(call, entry)


@tool(idempotent=True)
async def tally(call: Call, entry: str) -> str:
    """Append an entry; what was cut off may be made again."""
    with ledger_file().open("a") as ledger:
        ledger.write(f"{entry}\n")
    return entry


@tool(read_only=True)
def read_ledger(call: Call) -> list[str]:
    """All entries so far."""
    return ledger_file().read_text().splitlines() if ledger_file().exists() else []


@tool(read_only=True)
async def nap(call: Call, seconds: float) -> str:
    """Wait on the event loop."""
    await asyncio.sleep(seconds)
    return f"slept {seconds:g} s"


@tool(read_only=True, timeout_seconds=600)
async def wait_at(call: Call, gate: str) -> str:
    """Wait until the test opens a gate."""
    await opened(gate)
    return "went through"


@tool(timeout_seconds=600)
async def wait_once(call: Call, gate: str) -> str:
    """Wait, and never be asked twice."""
    await opened(gate)
    return "went through"


@tool(read_only=True)
def block(call: Call, seconds: float) -> str:
    """Wait on a thread that cannot be interrupted."""
    time.sleep(seconds)
    return f"blocked {seconds:g} s"


@tool(read_only=True, timeout_seconds=0.2)
async def too_slow(call: Call) -> str:
    """Take longer than this tool may."""
    await asyncio.sleep(60)
    return "never"


@tool(read_only=True)
def refuse(call: Call, message: str) -> str:
    """Say why it cannot be done."""
    raise ToolError(message)


@tool(read_only=True)
def crash(call: Call) -> float:
    """Fail in a way nobody expected."""
    return 1 / 0


@tool(read_only=True)
def report_progress(call: Call, notes: list[str], pause: float = 0.06) -> int:
    """Tell watchers how far it is."""
    for note in notes:
        call.deps.note(note)
        time.sleep(pause)
    return len(notes)


@tool(read_only=True, timeout_seconds=0.1)
def talk_too_long(call: Call) -> None:
    """Go on talking on a thread that was given up."""
    time.sleep(0.2)
    call.deps.note("Am I still heard?")


@tool(read_only=True)
def large(call: Call, size: int) -> str:
    """Return very much text."""
    return "x" * size


@tool(read_only=True)
def return_odd(call: Call, kind: Literal["not_finite", "half", "object", "circle"]) -> Any:
    """Return what JSON has no form for."""
    circle: list[Any] = []
    circle.append(circle)
    return {
        "not_finite": {"p95": float("nan"), "max": float("inf")},
        "half": {"caf\udce9.csv": "bad \ud800"},
        "object": object(),
        "circle": circle,
    }[kind]


@tool(read_only=True)
async def note_half(call: Call) -> str:
    """Tell a file name that is not UTF-8."""
    call.deps.note(f"reading {os.fsdecode(bytes([0x63, 0xE9]))}")
    await asyncio.sleep(0.2)
    return "read"


@tool(read_only=True)
async def kill_thread(call: Call, name: str, done: str) -> str:
    """Let a thread of the first worker that runs this end, as a fault in it would."""
    file = Path(settings.DATA_DIR) / done
    if file.exists():
        return "spared"
    file.touch()
    thread = next(thread for thread in threading.enumerate() if thread.name == name)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit)
    )
    return "gone"
