"""Rows that take their time: a worker is killed under its runs, and a large log is uploaded."""

import asyncio
import csv
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic_core import from_json

from agents.events import TERMINAL_TYPES
from netra.bench.figures import Figure, TooLittle, percentile
from netra.bench.stage import PATIENCE_SECONDS, Stage, closing, holds, question
from netra.bench.wire import Wire

KILLED_USERS = 20
STEPS, STEP_SECONDS = 60, 0.5  # of a run under which a worker is killed
GOES_ON_SECONDS = 45
ROWS = 1_000_000
DAYS = 30
UPLOAD_SECONDS = 600
MODELS = ("gpt-5", "gpt-5-mini", "claude-sonnet-4-5")
FEATURES = ("chat", "search", "summary", "mail")


class Watch:
    """What is told of runs under which a worker is killed."""

    def __init__(self) -> None:
        self.faults = 0  # events that were not the next ones of their runs
        self.went_on: list[float] = []  # time.monotonic() of each `run_resumed`
        self.live: set[str] = set()
        self._last: dict[str, int] = {}

    def on_text(self, wire: Wire, text: bytes) -> None:
        event = from_json(text)
        if "seq" not in event:
            return
        run_id = event["run_id"]
        self.live.add(run_id)
        self.faults += event["seq"] != self._last.get(run_id, 0) + 1
        self._last[run_id] = event["seq"]
        if event["type"] == "run_resumed":
            self.went_on.append(time.monotonic())
        elif event["type"] in TERMINAL_TYPES:
            self.live.discard(run_id)


async def killed(stage: Stage) -> list[Figure]:
    """A worker is killed; how long until each of its runs goes on, and is anything told twice?"""
    users, steps = stage.size(KILLED_USERS, 6), stage.size(STEPS, 8)
    victim, watch = stage.stack.workers[0], Watch()
    wires = [await stage.open(watch.on_text, user=user) for user in range(users)]
    with closing(wires):
        for wire in wires:
            wire.send(question(steps, STEP_SECONDS))
        await holds(lambda: len(watch.live) == users, within=PATIENCE_SECONDS)
        at = time.monotonic()
        await asyncio.to_thread(victim.kill)
        patience = steps * STEP_SECONDS * 1.5 + GOES_ON_SECONDS
        await holds(lambda: not watch.live, within=patience)
    await asyncio.to_thread(victim.start)
    if not watch.went_on:
        raise TooLittle("The worker that was killed had no run.")
    waits = [moment - at for moment in watch.went_on]
    return [
        Figure("until a run goes on, longest", round(max(waits), 1), "s", 15),
        Figure("until a run goes on, p50", round(percentile(waits, 0.5), 1), "s"),
        Figure("events repeated or missing", watch.faults, "", 0),
        Figure("runs that went on", len(waits), ""),
    ]


async def upload(stage: Stage) -> list[Figure]:
    """A usage log of a million requests: stored, then asked about."""
    rows = stage.size(ROWS, 5_000)
    file = stage.stack.home / "usage.csv"
    await asyncio.to_thread(write_log, file, rows)
    size = file.stat().st_size
    begun = time.monotonic()
    dataset = await asyncio.to_thread(_sent, stage, file)
    stored = time.monotonic()
    file.unlink()
    if dataset["rows"] != rows:
        raise TooLittle(f"Of {rows} rows {dataset['rows']} were stored.")
    report = await _report(stage, dataset["id"])
    return [
        Figure(f"first report on {rows:,} rows", round(report, 2), "s", 10),
        Figure("upload", round(stored - begun, 2), "s"),
        Figure("file", round(size / 1e6, 1), "MB"),
    ]


async def _report(stage: Stage, dataset: str) -> float:
    """Seconds until the built-in analyst has answered."""
    end: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_text(wire: Wire, text: bytes) -> None:
        event = from_json(text)
        if event["type"] in (*TERMINAL_TYPES, "error"):
            end.set_result(event["type"])

    begun = time.monotonic()
    wire = await stage.open(on_text)
    with closing([wire]):
        asked = {"content": "Where can I cut cost?", "parameters": {"dataset": dataset}}
        wire.send({"type": "message", **asked})
        async with asyncio.timeout(PATIENCE_SECONDS):
            kind = await end
    if kind != "agent_completed":
        raise TooLittle(f"The report ended with {kind}.")
    return time.monotonic() - begun


def _sent(stage: Stage, file: Path) -> dict[str, Any]:
    with file.open("rb") as content:
        answer = httpx.post(
            f"{stage.stack.url}/api/datasets",
            files={"file": (file.name, content)},
            headers={"Authorization": f"Bearer {stage.tokens[0]}"},
            timeout=UPLOAD_SECONDS,
            trust_env=False,
        )
    dataset: dict[str, Any] = answer.raise_for_status().json()
    return dataset


def write_log(file: Path, rows: int) -> None:
    """A usage log of 30 days with so many requests."""
    chance = random.Random(1)  # noqa: S311 - a log that is the same each time
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    step = timedelta(days=DAYS) / rows
    with file.open("w", newline="") as out:
        log = csv.writer(out)
        log.writerow(
            ["timestamp", "model", "input_tokens", "output_tokens", "latency_ms", "user", "feature"]
        )
        for number in range(rows):
            log.writerow(
                [
                    (begun + step * number).isoformat(timespec="milliseconds"),
                    chance.choice(MODELS),
                    chance.randrange(50, 4_000),
                    chance.randrange(10, 900),
                    chance.randrange(200, 9_000),
                    f"user-{chance.randrange(500)}",
                    chance.choice(FEATURES),
                ]
            )
