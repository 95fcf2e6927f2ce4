"""The cursor: whatever is pushed, lost, repeated or asked for again, nothing is out of turn."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import data, integers, sampled_from

from agents.services.positions import Position, StoredFrame
from realtime.replay import PAGE, Coverage, Replay

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeStore:
    """The database: the truth that the socket is measured against."""

    events: dict[UUID, list[StoredFrame]] = field(default_factory=dict)
    pruned: dict[UUID, int] = field(default_factory=dict)
    asked_for_snapshots: list[UUID] = field(default_factory=list)

    def begin(self) -> UUID:
        run_id = UUID(int=len(self.events) + 1)
        self.events[run_id] = []
        return run_id

    def commit(self, run_id: UUID, *, kind: str = "agent_thinking") -> dict[str, Any]:
        """Store the run's next event; returns its push."""
        log = self.events[run_id]
        seq = len(log) + 1
        text = json.dumps({"run_id": run_id.hex, "seq": seq, "type": kind})
        log.append((seq, kind, text))
        return push_of(run_id, log[-1])

    def is_live(self, run_id: UUID) -> bool:
        return not any(kind == "agent_completed" for _, kind, _ in self.events[run_id])

    async def events_after(self, run_id: UUID, seq: int, limit: int) -> Sequence[StoredFrame]:
        kept = self.events[run_id][self.pruned.get(run_id, 0) :]
        return [event for event in kept if event[0] > seq][:limit]

    async def position_of(self, run_id: UUID) -> Position | None:
        if run_id not in self.events:
            return None
        is_live = self.is_live(run_id)
        return Position(
            run_id=run_id,
            user_id=1,
            thread="t",
            agent="a",
            state="running" if is_live else "completed",
            last_seq=len(self.events[run_id]),
            owner="w",
            is_child=False,
            finished_at=None if is_live else BEGINNING + timedelta(seconds=1),
        )

    async def positions(self) -> list[Position]:
        found = [await self.position_of(run_id) for run_id in self.events]
        return [position for position in found if position is not None]

    async def positions_in_thread(self, thread: str) -> list[Position]:
        return [position for position in await self.positions() if position.is_live]

    async def positions_changed(self, since: datetime) -> list[Position]:
        return await self.positions()

    async def describe(self, run_id: UUID) -> dict[str, Any]:
        return {"run_id": str(run_id)}

    def ask_for_snapshot(self, position: Position) -> None:
        self.asked_for_snapshots.append(position.run_id)


def push_of(run_id: UUID, event: StoredFrame) -> dict[str, Any]:
    seq, kind, text = event
    return {
        "type": "netra.event",
        "kind": "event",
        "run": run_id.hex,
        "thread": "t",
        "child": False,
        "fence": 1,
        "seq": seq,
        "event": kind,
        "text": text,
    }


class Socket:
    """A replay, and what it has sent."""

    def __init__(self, store: FakeStore, scope: Coverage | None = None) -> None:
        self.sent: list[dict[str, Any]] = []
        self.replay = Replay(self._send, store, scope or Coverage())
        self.replay.begin(BEGINNING, [])

    async def _send(self, text: str) -> None:
        self.sent.append(json.loads(text))

    def handle(self, message: dict[str, Any]) -> None:
        asyncio.run(self.replay.handle(message))

    def seqs(self, run_id: UUID) -> list[int]:
        return [frame["seq"] for frame in self.sent if frame.get("run_id") == run_id.hex]


class Cursors(RuleBasedStateMachine):
    """Any interleaving of commits, pushes, losses, repeats, resumes, overflows and checks."""

    def __init__(self) -> None:
        super().__init__()
        self.store = FakeStore()
        self.socket = Socket(self.store)
        self.runs = [self.store.begin() for _ in range(2)]
        self.expected_from = dict.fromkeys(self.runs, 0)

    @rule(draw=data(), is_last=sampled_from([False, False, False, True]))
    def commit(self, draw: Any, *, is_last: bool) -> None:
        run_id = draw.draw(sampled_from(self.runs))
        if self.store.is_live(run_id):
            self.store.commit(run_id, kind="agent_completed" if is_last else "agent_thinking")

    @rule(draw=data())
    def push_any(self, draw: Any) -> None:
        """In time, late, twice or never: every event may be pushed at any time."""
        committed = [(run_id, event) for run_id in self.runs for event in self.store.events[run_id]]
        if committed:
            self.socket.handle(push_of(*draw.draw(sampled_from(committed))))

    @rule()
    def overflow(self) -> None:
        self.socket.handle({"type": "netra.overflow"})

    @rule()
    def check_positions(self) -> None:
        positions = asyncio.run(self.store.positions())
        message = {"type": "netra.positions", "positions": positions, "read_at": BEGINNING}
        self.socket.handle(message)

    @rule(draw=data(), after=integers(0, 6))
    def resume(self, draw: Any, after: int) -> None:
        run_id = draw.draw(sampled_from(self.runs))
        self.expected_from = {other: self.reached(other) for other in self.runs}
        del self.socket.sent[:]
        positions = {run_id: after}
        message = {"type": "netra.resume", "positions": positions, "thread": None, "id": None}
        self.socket.handle(message)
        last_seq = len(self.store.events[run_id])
        is_known = after <= last_seq
        resumed = next(frame for frame in self.socket.sent if frame["type"] == "resumed")
        assert resumed["data"]["recovered"] is is_known
        self.expected_from[run_id] = after if is_known else last_seq

    def reached(self, run_id: UUID) -> int:
        return (self.socket.seqs(run_id) or [self.expected_from[run_id]])[-1]

    @invariant()
    def every_run_is_sent_once_in_order_without_a_hole(self) -> None:
        for run_id in self.runs:
            first = self.expected_from[run_id]
            seqs = self.socket.seqs(run_id)
            assert seqs == list(range(first + 1, first + len(seqs) + 1))

    def teardown(self) -> None:
        self.check_positions()
        for run_id in self.runs:
            assert self.reached(run_id) == len(self.store.events[run_id])


TestCursors = Cursors.TestCase
TestCursors.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_hole_is_filled_from_the_store_page_by_page() -> None:
    store = FakeStore()
    run_id = store.begin()
    for _ in range(3 * PAGE):
        last = store.commit(run_id)
    socket = Socket(store)
    socket.handle(last)
    assert socket.seqs(run_id) == list(range(1, 3 * PAGE + 1))


def test_nothing_of_a_run_is_sent_before_its_acceptance() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.replay.hold(run_id)
    socket.handle(store.commit(run_id))
    assert socket.sent == []
    socket.handle({"type": "netra.joined", "run": run_id})
    assert socket.seqs(run_id) == [1]
    socket.handle(store.commit(run_id))
    assert socket.seqs(run_id) == [1, 2]


def test_a_run_that_is_asked_for_again_is_told_from_its_start_after_its_acceptance() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    for _ in range(3):
        socket.handle(store.commit(run_id))
    acceptance = json.dumps({"type": "run_accepted"})
    socket.handle({"type": "netra.rejoined", "run": run_id, "acceptance": acceptance})
    socket.handle(store.commit(run_id))
    assert [frame.get("seq") for frame in socket.sent] == [1, 2, 3, None, 1, 2, 3, 4]


def test_a_late_push_of_a_run_that_had_ended_before_is_not_told() -> None:
    store = FakeStore()
    run_id = store.begin()
    store.commit(run_id)
    last = store.commit(run_id, kind="agent_completed")
    socket = Socket(store)
    socket.replay.begin(BEGINNING + timedelta(minutes=1), [])
    socket.handle(last)
    assert socket.sent == []


def test_a_push_of_a_run_that_is_not_the_users_is_not_told() -> None:
    elsewhere, here = FakeStore(), FakeStore()
    run_id = elsewhere.begin()
    socket = Socket(here)
    for _ in range(2):
        socket.handle(elsewhere.commit(run_id))
    assert socket.sent == []


def test_pruned_events_give_a_snapshot() -> None:
    store = FakeStore()
    run_id = store.begin()
    for _ in range(5):
        store.commit(run_id)
    store.pruned[run_id] = 3
    socket = Socket(store)
    positions = {run_id: 1}
    socket.handle({"type": "netra.resume", "positions": positions, "thread": None, "id": "x"})
    assert [frame["type"] for frame in socket.sent] == ["resuming", "resumed", "run_snapshot"]
    assert {frame["id"] for frame in socket.sent} == {"x"}
    assert socket.sent[1]["data"]["recovered"] is False
    socket.handle(store.commit(run_id))
    assert socket.seqs(run_id) == [6]


def delta(run_id: UUID, *, after: int, fence: int = 1) -> dict[str, Any]:
    text = json.dumps({"type": "message_delta", "after": after})
    return {
        **push_of(run_id, (0, "", text)),
        "kind": "delta",
        "after": after,
        "fence": fence,
    }


def test_text_goes_only_to_who_has_all_events_before_it() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.handle(store.commit(run_id))
    store.commit(run_id)  # its push is lost
    socket.handle(delta(run_id, after=2))
    socket.handle(delta(run_id, after=1))
    assert [frame.get("seq", frame.get("after")) for frame in socket.sent] == [1, 2, 2]


def test_text_of_a_worker_that_lost_the_run_is_not_sent() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.handle({**store.commit(run_id), "fence": 2})
    socket.handle(delta(run_id, after=1, fence=1))
    assert len(socket.sent) == 1


def test_a_scope_hides_other_threads_and_children() -> None:
    store = FakeStore()
    run_id = store.begin()
    push = store.commit(run_id)
    elsewhere, parents = Socket(store, Coverage(thread="other")), Socket(store)
    family = Socket(store, Coverage(children=True))
    elsewhere.handle(push)
    parents.handle({**push, "child": True})
    family.handle({**push, "child": True})
    assert (len(elsewhere.sent), len(parents.sent), len(family.sent)) == (0, 0, 1)


def test_a_lost_push_of_the_terminal_event_is_found_by_the_position_check() -> None:
    store = FakeStore()
    run_id = store.begin()
    socket = Socket(store)
    socket.handle(store.commit(run_id))
    store.commit(run_id, kind="agent_completed")
    position = asyncio.run(store.position_of(run_id))
    assert position is not None
    message = {"type": "netra.positions", "positions": [position], "read_at": BEGINNING}
    socket.handle(message)
    socket.handle({**message, "positions": [replace(position)]})
    assert [frame["type"] for frame in socket.sent] == ["agent_thinking", "agent_completed"]
