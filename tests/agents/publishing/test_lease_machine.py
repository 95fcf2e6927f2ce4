"""
Who may write a run, found by hypothesis: several workers, one database, and any order of acts.

Workers claim, write, finish, renew, hand on, and come back late with whatever they once held. Users
start and cancel. Leases and deadlines run out, and the maintenance of some worker looks around.
"""

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from django.db.models import Value
from django.db.models.functions import Now
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from agents.engine.endings import Cancellation, cancelled
from agents.engine.recovery import OVERDUE, REDISPATCH, Maintenance
from agents.events import TERMINAL_TYPES
from agents.exceptions import ThreadBusy
from agents.models import Run, RunEvent
from agents.models.run import LEASE_EXPIRED
from agents.publishing import leases
from agents.publishing.store import commit
from agents.publishing.units import HeldRun, NumberedMessage, Unit
from agents.services.requests import OnBusy, RunRequest
from agents.services.runs import request_cancellation, start_run
from agents.states import LIVE, TERMINAL, RunState
from tests.agents.engine.test_recovery import FakeProcess
from tests.agents.factories import make_agent, reload
from tests.agents.publishing.test_store import end, thinking

pytestmark = [pytest.mark.database, pytest.mark.django_db]

STOP = Cancellation("alice", "enough")
THREADS = ("one", "two")
WORKERS = ("a" * 32, "b" * 32, "c" * 32)
LONG_AGO = timedelta(seconds=60)


class Workers(RuleBasedStateMachine):
    user: User
    committing: Any  # runs what is to happen after a commit

    def __init__(self) -> None:
        super().__init__()
        Run.objects.all().delete()
        self.held: list[tuple[str, HeldRun]] = []  # by whom; also what was lost long ago
        self.losses: dict[Any, int] = {}
        self.messages: dict[Any, int] = {}

    def runs(self) -> list[Run]:
        return list(Run.objects.order_by("created_at", "turn"))

    def pick(self, draw: Any) -> Run:
        return draw.draw(st.sampled_from(self.runs()))  # type: ignore[no-any-return]

    def pick_held(self, draw: Any) -> HeldRun:
        return draw.draw(st.sampled_from(self.held))[1]  # type: ignore[no-any-return]

    # --- users -----------------------------------------------------------------------------------

    @precondition(lambda self: Run.objects.live().count() < 5)
    @rule(thread=st.sampled_from(THREADS), on_busy=st.sampled_from(OnBusy))
    def start(self, thread: str, on_busy: OnBusy) -> None:
        request = RunRequest(text="Why?", agent="helper", thread=thread, on_busy=on_busy)
        was_busy = Run.objects.live().filter(thread__key=thread).exists()
        try:
            with self.committing(execute=True):
                started = start_run(user=self.user, request=request)
        except ThreadBusy:
            assert was_busy
            assert on_busy == OnBusy.REJECT
        else:
            assert not (was_busy and on_busy == OnBusy.REJECT)
            self.losses[started.run.pk] = self.messages[started.run.pk] = 0

    @precondition(lambda self: self.losses)
    @rule(draw=st.data())
    def cancel(self, draw: Any) -> None:
        run = self.pick(draw)
        is_free = Run.objects.live().unheld().filter(pk=run.pk).exists()
        request_cancellation(run.pk, STOP)
        row = reload(run.pk)
        assert row.is_terminal or row.cancel_requested_at is not None
        if is_free:
            assert row.state == RunState.CANCELLED  # at once: nobody else would do it
        else:
            assert (row.state, row.fence, row.last_seq) == (run.state, run.fence, run.last_seq)

    @initialize(claimed=st.sets(st.sampled_from(THREADS)))
    def get_to_work(self, claimed: set[str]) -> None:
        """In each thread a run is asked for, and most are begun."""
        for owner, thread in zip(WORKERS, THREADS, strict=False):
            self.start(thread, OnBusy.ENQUEUE)
            if thread in claimed:
                run = Run.objects.get(thread__key=thread)
                held = self._claim(run, owner)
                assert held is not None
                commit([Unit(run=held, events=[thinking()], move=RunState.RUNNING)])

    # --- workers ---------------------------------------------------------------------------------

    @precondition(lambda self: self.losses)
    @rule(draw=st.data(), owner=st.sampled_from(WORKERS))
    def claim(self, draw: Any, owner: str) -> None:
        self._claim(self.pick(draw), owner)

    def _claim(self, run: Run, owner: str) -> HeldRun | None:
        is_expired = Run.objects.filter(LEASE_EXPIRED, pk=run.pk).exists()
        is_held = run.lease_expires_at is not None and not is_expired
        older = Run.objects.live().filter(thread=run.thread_id, turn__lt=run.turn)
        may = not (run.is_terminal or is_held or older.exists())
        is_hopeless = is_expired and self.losses[run.pk] == 2
        held = leases.claim(run.pk, owner=owner)
        assert (held is not None) == (may and not is_hopeless)
        if held is not None:
            assert held.fence > run.fence
            self.held.append((owner, held))
            self.losses[run.pk] += is_expired
        return held

    @precondition(lambda self: self.held)
    @rule(
        draw=st.data(), kind=st.sampled_from(["event", "events", "step", "done", "stop", "started"])
    )
    def write(self, draw: Any, kind: str) -> None:
        """By whoever has held the run at some time, and may have lost it since."""
        held = self.pick_held(draw)
        row = reload(held.id)
        is_holder = held.fence == row.fence and not row.is_terminal
        if held.state == RunState.INITIALIZING and kind in ("done", "started"):
            unit = Unit(run=held, events=[thinking()], move=RunState.RUNNING)
        elif kind in ("done", "stop"):
            if held.state in TERMINAL:
                return  # it has written the end itself
            unit = end(held) if kind == "done" else cancelled(held, STOP, [])
        else:
            unit = self._step(held, kind, row)
        done = commit([unit])
        assert done.lost == (set() if is_holder else {held})
        assert reload(held.id).last_seq == row.last_seq + len(unit.events) * is_holder
        if is_holder and unit.completes_step:
            self.losses[held.id] = 0
            self.messages[held.id] += 1

    def _step(self, held: HeldRun, kind: str, row: Run) -> Unit:
        if kind == "step":
            message = NumberedMessage(self.messages[held.id], "{}")
            return Unit(run=held, events=[thinking()], messages=[message])
        return Unit(run=held, events=[thinking()] * (2 if kind == "events" else 1))

    @precondition(lambda self: self.held)
    @rule(owner=st.sampled_from(WORKERS))
    def renew(self, owner: str) -> None:
        """What it believes to hold; it may have lost some of it."""
        before = {run.pk: run for run in self.runs()}
        leases.renew([held.id for by, held in self.held if by == owner], owner=owner)
        for run in self.runs():
            if run.owner != owner:
                assert run.lease_expires_at == before[run.pk].lease_expires_at

    @precondition(lambda self: self.held)
    @rule(owner=st.sampled_from(WORKERS))
    def hand_on(self, owner: str) -> None:
        before = {run.pk: run for run in self.runs()}
        leases.release([held.id for by, held in self.held if by == owner], owner=owner)
        for run in self.runs():
            if before[run.pk].owner != owner:
                assert run.lease_expires_at == before[run.pk].lease_expires_at
            else:
                assert run.lease_expires_at is None

    # --- time ------------------------------------------------------------------------------------

    @precondition(lambda self: self.losses)
    @rule(draw=st.data())
    def let_lease_expire(self, draw: Any) -> None:
        held = Run.objects.filter(pk=self.pick(draw).pk).exclude(lease_expires_at=None)
        held.update(lease_expires_at=Now() - Value(LONG_AGO))

    @precondition(lambda self: self.losses)
    @rule(draw=st.data())
    def let_deadline_pass(self, draw: Any) -> None:
        begun = Run.objects.filter(pk=self.pick(draw).pk).exclude(deadline_at=None)
        begun.update(deadline_at=Now() - Value(OVERDUE + LONG_AGO))

    @precondition(lambda self: self.losses)
    @rule(draw=st.data())
    def let_dispatch_be_due(self, draw: Any) -> None:
        run = Run.objects.filter(pk=self.pick(draw).pk)
        run.update(dispatched_at=Now() - Value(max(REDISPATCH)))

    @rule(owner=st.sampled_from(WORKERS), spare=st.integers(0, 2))
    def maintain(self, owner: str, spare: int) -> None:
        """One tick of a worker's maintenance, and what it adopts is claimed."""
        overdue = Run.objects.live().filter(deadline_at__lte=Now() - Value(OVERDUE))
        to_end = {run.pk for run in [*overdue, *Run.objects.hopeless()]}
        process = FakeProcess(owner=owner, spare=spare, run_ids=self._own(owner))
        Maintenance(process)._tick()
        assert all(reload(run_id).is_terminal for run_id in to_end)
        assert len(process.adopted) <= spare
        for run_id in process.adopted:
            self._claim(reload(run_id), owner)

    def _own(self, owner: str) -> list[Any]:
        return [run.pk for run in self.runs() if run.owner == owner]

    # --- what is promised ------------------------------------------------------------------------

    @invariant()
    def what_is_stored_is_whole(self) -> None:
        runs = self.runs()
        for run in runs:
            log = self.log_of(run)
            assert [seq for seq, _ in log] == list(range(1, run.last_seq + 1))
            ends = [seq for seq, kind in log if kind in TERMINAL_TYPES]
            assert ends == ([run.last_seq] if run.is_terminal else [])
            assert run.losses == self.losses[run.pk]
            if run.is_terminal:
                assert (run.lease_expires_at, run.owner) == (None, "")
        for thread in {run.thread_id for run in runs}:
            live = [run for run in runs if run.thread_id == thread and run.state in LIVE]
            live.sort(key=lambda run: run.turn)
            assert all(run.state == RunState.PENDING for run in live[1:]), "out of turn"

    @staticmethod
    def log_of(run: Run) -> list[tuple[int, str]]:
        return list(RunEvent.objects.filter(run=run).values_list("seq", "type"))

    def teardown(self) -> None:
        """From wherever it got to, every run reaches its end; all its workers may be gone."""
        for _ in range(3 * len(self.runs()) + 3):
            Run.objects.live().exclude(lease_expires_at=None).update(
                lease_expires_at=Now() - Value(LONG_AGO)
            )
            process = FakeProcess(owner="d" * 32)
            Maintenance(process)._tick()
            waiting = Run.objects.startable().filter(state=RunState.PENDING)
            for run_id in [*process.adopted, *waiting.values_list("pk", flat=True)]:
                if (held := self._claim(reload(run_id), process.owner)) is not None:
                    if held.state == RunState.INITIALIZING:
                        commit([Unit(run=held, events=[thinking()], move=RunState.RUNNING)])
                    assert not commit([end(held)]).lost
        assert not Run.objects.live().exists()
        self.what_is_stored_is_whole()


@pytest.fixture
def helper(db: None) -> None:
    make_agent("helper")


# F6, F13, F14, F19, F23, F36
def test_whatever_workers_do_every_run_is_written_by_one_and_ends(
    alice: User, helper: None, django_capture_on_commit_callbacks: Any
) -> None:
    class OnThisDatabase(Workers):
        user = alice
        committing = staticmethod(django_capture_on_commit_callbacks)

    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=20,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
