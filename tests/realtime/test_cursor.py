"""
The cursors of one socket against everything that may come in between, found by hypothesis.

The machine commits, loses, repeats, delays and reorders pushes of several runs, lets them change
hands, starts, repeats and resumes them at any position, prunes and deletes them, lets hours pass
without a position check, and lets others act between two reads of the store. `Client` checks every
frame as it comes: a run's events follow each other without a gap from where it was (re)joined.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from agents.services.positions import Position
from realtime.protocol import server_frame
from realtime.replay import Coverage
from tests.realtime.replaying import FakeStore, Log, Socket

THREADS = ("t", "u")
RETENTION = timedelta(days=1)


@dataclass
class Client:
    """What a client knows: of each run the last event it has, and that nothing is out of turn."""

    store: FakeStore
    coverage: Coverage
    last: dict[UUID, int]
    held: set[UUID] = field(default_factory=set)  # started, and not accepted yet
    asked: set[UUID] = field(default_factory=set)  # by this client: told whatever it covers
    done: set[UUID] = field(default_factory=set)

    def take(self, frame: dict[str, Any]) -> None:
        if "seq" in frame:
            self._event(frame)
        elif frame["type"] == "message_delta":
            self._delta(frame)
        elif frame["type"] == "resuming" and "run_id" in frame["data"]:
            self._rejoin(UUID(frame["data"]["run_id"]), frame["data"]["after"])
        elif frame["type"] == "resumed":
            self._resumed(frame["data"])
        elif frame["type"] == "run_accepted":
            run_id = UUID(frame["data"]["run_id"])
            self.held.discard(run_id)
            self._rejoin(run_id, 0)

    def _rejoin(self, run_id: UUID, after: int) -> None:
        assert run_id not in self.held, "told before it was accepted"
        self.last[run_id] = after
        self.done.discard(run_id)
        self.asked.add(run_id)

    def _resumed(self, data: dict[str, Any]) -> None:
        run_id = UUID(data["run_id"])
        if data["recovered"]:
            assert self.last[run_id] == data["last_seq"]
        else:
            self.last[run_id] = data["last_seq"]

    def _event(self, frame: dict[str, Any]) -> None:
        run_id = UUID(frame["run_id"])
        self._may_be_told(run_id)
        assert frame["seq"] == self.last.get(run_id, 0) + 1
        assert run_id not in self.done
        self.last[run_id] = frame["seq"]
        if frame["type"] == "agent_completed":
            self.done.add(run_id)

    def _delta(self, frame: dict[str, Any]) -> None:
        run_id = UUID(frame["run_id"])
        self._may_be_told(run_id)
        assert run_id not in self.done
        assert frame["after"] == self.last.get(run_id, 0)

    def _may_be_told(self, run_id: UUID) -> None:
        assert run_id not in self.held, "told before it was accepted"
        assert self.follows(run_id)

    def follows(self, run_id: UUID) -> bool:
        log = self.store.runs.get(run_id)
        covers = log is None or self.coverage.covers(log.thread, log.is_child)
        return covers or run_id in self.asked


class Cursors(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = FakeStore()
        self.said: list[dict[str, Any]] = []  # deltas that were published and may still arrive
        self.checks: list[dict[str, Any]] = []  # position checks on their way to the socket
        self.checked_at = self.store.now

    @initialize(
        coverage=st.sampled_from([Coverage(), Coverage(thread="t"), Coverage(children=True)]),
        before=st.lists(
            st.tuples(st.sampled_from(THREADS), st.integers(0, 3), st.booleans()), max_size=3
        ),
    )
    def connect(self, coverage: Coverage, before: list[tuple[str, int, bool]]) -> None:
        """Some runs are over; others are under way, and the socket goes on where they are."""
        for thread, events, is_over in before:
            run_id = self.store.begin(thread=thread)
            for _ in range(events):
                self.store.commit(run_id)
            if is_over:
                self.store.commit(run_id, kind="agent_completed")
        last = {run_id: log.last_seq for run_id, log in self.store.runs.items()}
        self.client = Client(self.store, coverage, last)
        self.socket = Socket(self.store, coverage)

    def handle(self, message: dict[str, Any]) -> None:
        self.socket.handle(message)
        self.look()

    def look(self) -> None:
        for frame in self.socket.sent:
            self.client.take(frame)
        self.socket.sent.clear()

    def pick(self, draw: Any) -> Log:
        return draw.draw(st.sampled_from(list(self.store.runs.values())))  # type: ignore[no-any-return]

    # --- what happens in the database ------------------------------------------------------------

    @rule(thread=st.sampled_from(THREADS), is_child=st.booleans())
    def begin(self, thread: str, *, is_child: bool) -> None:
        """REST, another socket or a parent starts a run."""
        self.store.begin(thread=thread, is_child=is_child)

    @precondition(lambda self: self.store.runs)
    @rule(draw=st.data(), count=st.sampled_from([1, 1, 2, 40]), is_last=st.booleans())
    def commit(self, draw: Any, count: int, *, is_last: bool) -> None:
        """Events whose pushes may be lost; of some runs more than fit into one page."""
        log = self.pick(draw)
        if log.is_live:
            for _ in range(count):
                self.store.commit(log.run_id)
            if is_last:
                self.store.commit(log.run_id, kind="agent_completed")

    @precondition(lambda self: self.store.runs)
    @rule(draw=st.data())
    def take_over(self, draw: Any) -> None:
        """Another worker goes on with the run."""
        log = self.pick(draw)
        if log.is_live:
            log.fence += 1
            self.store.commit(log.run_id, kind="run_resumed")

    @precondition(lambda self: self.store.runs)
    @rule(draw=st.data())
    def forget(self, draw: Any) -> None:
        """Retention prunes what is long over, or its thread is deleted."""
        log = self.pick(draw)
        if log.finished_at is None or self.store.now - log.finished_at < RETENTION:
            return
        if self.client.follows(log.run_id) and self.client.last.get(log.run_id, 0) < log.last_seq:
            return  # a position check comes every 5 s, retention after days
        if draw.draw(st.booleans()):
            log.pruned = draw.draw(st.integers(0, log.last_seq))
        else:
            del self.store.runs[log.run_id]

    @rule(seconds=st.sampled_from([1, 4, 11, 100, 150, 90_000]))
    def pass_time(self, seconds: int) -> None:
        self.store.now += timedelta(seconds=seconds)

    # --- what happens on the way -----------------------------------------------------------------

    @precondition(lambda self: any(log.events for log in self.store.runs.values()))
    @rule(draw=st.data(), newest_first=st.booleans())
    def push(self, draw: Any, *, newest_first: bool) -> None:
        """In time, late, twice, in any order or never: every event may be pushed at any time."""
        log = draw.draw(st.sampled_from([log for log in self.store.runs.values() if log.events]))
        back = draw.draw(st.integers(0, min(3, log.last_seq - 1)))
        seqs = range(log.last_seq - back, log.last_seq + 1)
        for seq in reversed(seqs) if newest_first else seqs:
            self.handle(log.push(seq))

    @precondition(lambda self: self.store.runs)
    @rule(draw=st.data())
    def say(self, draw: Any) -> None:
        """A worker streams text: the one that holds the run, or one that only thinks so."""
        log = self.pick(draw)
        if log.is_live:
            fence = draw.draw(st.integers(1, log.fence))
            written = sum(other <= fence for other in log.fences)
            self.said.append(log.delta(after=written, fence=fence))

    @precondition(lambda self: self.said)
    @rule(draw=st.data())
    def hear(self, draw: Any) -> None:
        """Text arrives, in its turn or long after it."""
        self.handle(draw.draw(st.sampled_from(self.said)))

    @rule()
    def overflow(self) -> None:
        self.handle({"type": "netra.overflow"})

    @rule()
    def read_positions(self) -> None:
        """A position check has read the database; its news wait in the socket's inbox."""
        positions: list[Position] = self.store.changed_since(self.checked_at)
        self.checked_at = self.store.now
        if positions:  # otherwise there is nobody to tell
            news = {"positions": positions, "read_at": self.checked_at}
            self.checks.append({"type": "netra.positions", **news})

    @precondition(lambda self: self.checks)
    @rule()
    def hear_positions(self) -> None:
        self.handle(self.checks.pop(0))

    # --- what the client does --------------------------------------------------------------------

    @precondition(lambda self: self.store.runs)
    @rule(draw=st.data(), after=st.integers(0, 60))
    def resume(self, draw: Any, after: int) -> None:
        """At any position: behind, at, before the end, pruned or never reached."""
        log = self.pick(draw)
        if log.run_id in self.client.held:
            return  # a client cannot know its id
        self.socket.resume(log.run_id, after if after <= 50 else log.last_seq)
        kinds = [frame["type"] for frame in self.socket.sent]
        assert "resumed" in kinds or kinds[-1] == "error"
        self.look()

    @rule()
    def resume_unknown(self) -> None:
        self.socket.resume(UUID(int=1 << 100), 3)
        assert [frame["type"] for frame in self.socket.sent] == ["error"]
        self.look()

    @rule(thread=st.sampled_from(THREADS))
    def resume_thread(self, thread: str) -> None:
        self.socket.resume_thread(thread)
        self.look()

    @rule(thread=st.sampled_from(THREADS), is_accepted=st.sampled_from([True, True, False]))
    def start(self, thread: str, *, is_accepted: bool) -> None:
        """A run that this socket asks for: nothing of it is told until it is accepted."""
        run_id = self.store.begin(thread=thread)
        self.client.held.add(run_id)
        self.socket.replay.hold(run_id)
        if not is_accepted:
            del self.store.runs[run_id]
            self.client.held.discard(run_id)
            self.socket.replay.drop(run_id)

    @precondition(lambda self: self.client.held)
    @rule(draw=st.data())
    def accept(self, draw: Any) -> None:
        run_id = draw.draw(st.sampled_from(sorted(self.client.held)))
        self.client.take({"type": "run_accepted", "data": {"run_id": str(run_id)}})
        self.handle({"type": "netra.joined", "run": run_id})

    @precondition(lambda self: self.store.runs)
    @rule(draw=st.data())
    def start_again(self, draw: Any) -> None:
        """The same idempotency key once more: the run is told from its start."""
        log = self.pick(draw)
        if log.run_id not in self.client.held:
            acceptance = server_frame("run_accepted", {"run_id": str(log.run_id)}, None)
            self.handle({"type": "netra.rejoined", "run": log.run_id, "acceptance": acceptance})

    # --- between two reads of the store ----------------------------------------------------------

    @precondition(lambda self: self.store.runs)
    @rule(draw=st.data(), is_last=st.booleans())
    def commit_meanwhile(self, draw: Any, *, is_last: bool) -> None:
        log = self.pick(draw)

        def commit() -> None:
            if log.is_live and log.run_id in self.store.runs:
                self.store.commit(log.run_id, kind="agent_completed" if is_last else "progress")

        self.store.meanwhile.append(commit)

    @rule(thread=st.sampled_from(THREADS))
    def start_meanwhile(self, thread: str) -> None:
        """The receive loop goes on while the pump waits."""
        self.store.meanwhile.append(lambda: self.start(thread, is_accepted=True))

    @precondition(lambda self: self.store.runs)
    @rule(draw=st.data())
    def delete_meanwhile(self, draw: Any) -> None:
        log = self.pick(draw)

        def delete() -> None:
            if not log.is_live:
                self.store.runs.pop(log.run_id, None)

        self.store.meanwhile.append(delete)

    # --- what is promised ------------------------------------------------------------------------

    def teardown(self) -> None:
        """When everything has come to rest, all that is stored has been told: by checks alone."""
        if not hasattr(self, "client"):
            return
        self.store.meanwhile.clear()
        for run_id in sorted(self.client.held):
            self.client.take({"type": "run_accepted", "data": {"run_id": str(run_id)}})
            self.handle({"type": "netra.joined", "run": run_id})
        self.read_positions()
        while self.checks:
            self.hear_positions()
        for run_id, log in self.store.runs.items():
            if self.client.follows(run_id):
                assert self.client.last.get(run_id, 0) == log.last_seq


# F4, F24, F25, F26, F28, F29, F31, F32, F33
def test_whatever_comes_in_between_a_client_has_each_event_once_and_in_order() -> None:
    steps = settings(max_examples=200, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(Cursors, settings=steps)
