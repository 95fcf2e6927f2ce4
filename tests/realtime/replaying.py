"""A database in memory as one socket's replay sees it, and the socket: what it was sent."""

import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from agents.events import TERMINAL_TYPES
from agents.exceptions import RunNotFound
from agents.services.positions import MARGIN, Position, StoredFrame
from realtime.replay import Coverage, Replay

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Log:
    """One run, as the database has it."""

    run_id: UUID
    thread: str = "t"
    is_child: bool = False
    fence: int = 1
    events: list[StoredFrame] = field(default_factory=list)
    fences: list[int] = field(default_factory=list)  # under which each event was written
    pruned: int = 0  # how many of the first events are gone
    changed_at: datetime = BEGINNING
    finished_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return not any(kind in TERMINAL_TYPES for _, kind, _ in self.events)

    @property
    def last_seq(self) -> int:
        return len(self.events)

    def push(self, seq: int) -> dict[str, Any]:
        """What was published of an event when it was committed."""
        _, kind, text = self.events[seq - 1]
        return {
            **self._message("event", text),
            "fence": self.fences[seq - 1],
            "seq": seq,
            "event": kind,
        }

    def delta(self, *, after: int, fence: int) -> dict[str, Any]:
        text = {"type": "message_delta", "run_id": self.run_id.hex, "after": after}
        return {**self._message("delta", json.dumps(text)), "fence": fence, "after": after}

    def _message(self, kind: str, text: str) -> dict[str, Any]:
        return {
            "type": "netra.event",
            "kind": kind,
            "run": self.run_id.hex,
            "thread": self.thread,
            "child": self.is_child,
            "text": text,
        }


@dataclass
class FakeStore:
    """The truth that the socket is measured against; its clock moves when it is told to."""

    runs: dict[UUID, Log] = field(default_factory=dict)
    now: datetime = BEGINNING
    asked_for_snapshots: list[UUID] = field(default_factory=list)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    """What others do between two reads, one thing at a time."""
    made: int = 0

    def begin(self, **fields: Any) -> UUID:
        self.made += 1
        run_id = UUID(int=self.made)
        self.runs[run_id] = Log(run_id, **fields)
        return run_id

    def commit(self, run_id: UUID, *, kind: str = "agent_thinking") -> dict[str, Any]:
        """Store the run's next event; returns its push."""
        log = self.runs[run_id]
        seq = log.last_seq + 1
        text = json.dumps({"run_id": run_id.hex, "seq": seq, "type": kind})
        log.events.append((seq, kind, text))
        log.fences.append(log.fence)
        self.now += timedelta(milliseconds=1)
        log.changed_at = self.now
        if kind in TERMINAL_TYPES:
            log.finished_at = self.now
        return log.push(seq)

    async def events_after(self, run_id: UUID, seq: int, limit: int) -> Sequence[StoredFrame]:
        self._let_others_act()
        if run_id not in self.runs:
            return []
        log = self.runs[run_id]
        return [event for event in log.events[log.pruned :] if event[0] > seq][:limit]

    async def position_of(self, run_id: UUID) -> Position | None:
        self._let_others_act()
        return self.position(run_id) if run_id in self.runs else None

    def position(self, run_id: UUID) -> Position:
        log = self.runs[run_id]
        return Position(
            run_id=run_id,
            user_id=1,
            thread=log.thread,
            agent="a",
            state="running" if log.is_live else "completed",
            last_seq=log.last_seq,
            owner="w",
            is_child=log.is_child,
            finished_at=log.finished_at,
        )

    def live_positions(self) -> list[Position]:
        return [self.position(run_id) for run_id, log in self.runs.items() if log.is_live]

    def changed_since(self, since: datetime) -> list[Position]:
        return [
            self.position(run_id)
            for run_id, log in self.runs.items()
            if log.changed_at > since - MARGIN
        ]

    async def positions_in_thread(self, thread: str) -> list[Position]:
        self._let_others_act()
        return [position for position in self.live_positions() if position.thread == thread]

    async def positions_changed(self, since: datetime) -> list[Position]:
        self._let_others_act()
        return self.changed_since(since)

    async def describe(self, run_id: UUID) -> dict[str, Any]:
        self._let_others_act()
        if run_id not in self.runs:
            raise RunNotFound(f"You have no run {run_id}.")
        return {"run_id": str(run_id)}

    def ask_for_snapshot(self, position: Position) -> None:
        self.asked_for_snapshots.append(position.run_id)

    def _let_others_act(self) -> None:
        if self.meanwhile:
            self.meanwhile.pop(0)()


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run what waits for nothing but a `FakeStore`: an event loop would cost more than the work."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("It waits for something.")


class Socket:
    """A replay, and what it has sent."""

    def __init__(self, store: FakeStore, coverage: Coverage | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.replay = Replay(self._send, store, coverage or Coverage())
        self.replay.begin(store.now, store.live_positions())

    async def _send(self, text: str) -> None:
        self.sent.append(json.loads(text))

    def handle(self, message: dict[str, Any]) -> None:
        finish(self.replay.handle(message))

    def resume(self, run_id: UUID, after: int, answer_id: str | None = None) -> None:
        positions = {run_id: after}
        self.handle(
            {"type": "netra.resume", "positions": positions, "thread": None, "id": answer_id}
        )

    def resume_thread(self, thread: str) -> None:
        self.handle({"type": "netra.resume", "positions": {}, "thread": thread, "id": None})

    def seqs(self, run_id: UUID) -> list[int]:
        return [
            frame["seq"]
            for frame in self.sent
            if frame.get("run_id") == run_id.hex and "seq" in frame
        ]
