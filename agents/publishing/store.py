"""Commits units: one transaction for all that accumulated, each run's rows only under its fence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from accounts.statements import Given, Insert, Row, Update, column, given
from agents.events import frame
from agents.models import Message, ModelMessage, Role, Run, RunEvent, ToolCall
from agents.publishing.units import HeldRun, OpenedCall, Outcome, Unit
from agents.states import TERMINAL, RunState, can_move

NOW = Now()  # of the database
UNHELD: dict[str, Any] = {"lease_expires_at": None, "owner": ""}
ENDED: dict[str, Any] = {**UNHELD, "finished_at": NOW}
# Its time limit does not run while it waits, and whoever finds it with an answer sends it soon.
PARKED: dict[str, Any] = {
    **UNHELD,
    "timeout": F("deadline_at") - NOW,
    "deadline_at": None,
    "dispatched_at": NOW,
    "dispatches": 0,
}
# What else changes when a run comes to a state in which nobody holds it.
LET_GO = {**dict.fromkeys(TERMINAL, ENDED), RunState.WAITING_FOR_APPROVAL: PARKED}
OPEN: dict[str, Any] = {
    "status": ToolCall.Status.OPEN,
    "result": "",
    "duration_ms": None,
    "approval": "",
    "approval_reason": "",
    "approval_expires_at": None,
    "decided_by": "",
    "decided_at": None,
    "decision_reason": "",
}

HELD = Update(
    Run.objects.filter(
        **given(Run, "id"),
        fence=Given("held_under", column(Run, "fence")),
        last_seq=Given("seen_at", column(Run, "last_seq")),
        state=Given("seen_in", column(Run, "state")),
    )
)
CALL = Update(ToolCall.objects.filter(**given(ToolCall, "run", "call_id")))
EVENTS = Insert(RunEvent, "run", "seq", "type", "frame")
MODEL_MESSAGES = Insert(ModelMessage, "run", "index", "body")
CALLS = Insert(ToolCall, "run", *OpenedCall.__slots__, *OPEN)
MESSAGES = Insert(Message, "thread", "run", "role", "content", "created_at")


@dataclass(frozen=True, slots=True)
class StoredEvent:
    run: HeldRun
    seq: int
    type: str
    frame: str


@dataclass(slots=True)
class Committed:
    """What a commit did: the events of each unit, in order, and the runs that were lost."""

    events: dict[int, list[StoredEvent]] = field(default_factory=dict)  # by position of the unit
    lost: set[HeldRun] = field(default_factory=set)


def commit(units: Sequence[Unit], *, is_repeated: bool = False) -> Committed:
    """
    Write all units in one transaction. Runs whose fence was taken are skipped whole.

    With `is_repeated` an earlier attempt failed, and may have been committed all the same. Raises
    what the database raises; then nothing is written, and no `HeldRun` has moved.
    """
    done = Committed()
    of_run: dict[HeldRun, list[int]] = defaultdict(list)
    for position, unit in enumerate(units):
        of_run[unit.run].append(position)
    rows = _Rows()
    with transaction.atomic():
        # In primary-key order, so that two writers never wait for each other in a circle.
        for run in sorted(of_run, key=lambda run: run.id):
            positions = of_run[run]
            own = [units[position] for position in positions]
            is_ours = _advance(run, own)
            is_stored = is_repeated and (_has_messages if is_ours else _has_moved)(run, own)
            if not is_ours and not is_stored:
                done.lost.add(run)
                continue
            seq = run.last_seq
            for position, unit in zip(positions, own, strict=True):
                done.events[position] = _numbered(unit, seq)
                seq += len(unit.events)
                if not is_stored:
                    rows.add(unit, done.events[position])
        rows.insert()
    for position in done.events:
        _settle(units[position])
    return done


def _has_moved(run: HeldRun, own: Sequence[Unit]) -> bool:
    """
    Whether an earlier attempt was committed: the row stands where these units move it.

    Nobody else writes under this fence. To be asked after `_advance`, which waits for an attempt
    that the server is still committing.
    """
    last_seq, state = _reached(run, own)
    there = Run.objects.filter(pk=run.id, fence=run.fence, last_seq=last_seq, state=state)
    return (last_seq, state) != (run.last_seq, run.state) and there.exists()


def _has_messages(run: HeldRun, own: Sequence[Unit]) -> bool:
    """The same for units that move nothing, such as a response without a thought."""
    indexes = [message.index for unit in own for message in unit.messages]
    return ModelMessage.objects.filter(run=run.id, index__in=indexes).exists()


def _reached(run: HeldRun, own: Sequence[Unit]) -> tuple[int, RunState]:
    """The last event and the state after these units."""
    *_, state = [run.state, *(unit.move for unit in own if unit.move is not None)]
    return run.last_seq + sum(len(unit.events) for unit in own), state


def _advance(run: HeldRun, own: Sequence[Unit]) -> bool:
    """Move the run's row past all its units; False if it stands elsewhere, or has ended."""
    if run.state in TERMINAL and all(unit.move is None for unit in own):
        return False
    last_seq, state = _reached(run, own)
    changes: dict[str, Any] = {"last_seq": last_seq, "state": state, "changed_at": NOW}
    before = run.state
    for unit in own:
        if unit.move is not None:
            if not can_move(before, unit.move):
                raise ValueError(f"A {before} run cannot become {unit.move}.")
            before = unit.move
        if unit.completes_step:
            changes["losses"] = 0
        if unit.outcome is not None:
            changes |= fields_of(unit.outcome)
    changes |= LET_GO.get(state, {})
    seen = {"held_under": run.fence, "seen_at": run.last_seq, "seen_in": run.state}
    return bool(HELD.run(changes, id=run.id, **seen))


def _numbered(unit: Unit, last_seq: int) -> list[StoredEvent]:
    return [
        StoredEvent(unit.run, seq, event.type, frame(event, seq, unit.run.envelope))
        for seq, event in enumerate(unit.events, start=last_seq + 1)
    ]


def _settle(unit: Unit) -> None:
    """After the commit: the holder's view follows the database."""
    unit.run.last_seq += len(unit.events)
    unit.run.state = unit.move or unit.run.state


class _Rows:
    """The rows of all units, inserted table by table."""

    def __init__(self) -> None:
        self.events: list[Row] = []
        self.messages: list[Row] = []
        self.calls: dict[tuple[UUID, str], dict[str, Any]] = {}
        self.changed: list[tuple[UUID, str, dict[str, Any]]] = []
        self.answers: list[Row] = []

    def add(self, unit: Unit, events: Iterable[StoredEvent]) -> None:
        run = unit.run
        self.events += [(run.id, event.seq, event.type, event.frame) for event in events]
        self.messages += [(run.id, message.index, message.body) for message in unit.messages]
        for opened in unit.opened:
            call = {"run": run.id, **fields_of(opened), **OPEN}
            self.calls[run.id, opened.call_id] = call
        for change in unit.call_changes:
            self.changed.append((run.id, change.call_id, change.changes()))
        if unit.move == RunState.COMPLETED and unit.outcome is not None:
            text = unit.outcome.result
            self.answers.append((run.thread_id, run.id, Role.ASSISTANT, text, timezone.now()))

    def insert(self) -> None:
        of_earlier_units: list[tuple[UUID, str, dict[str, Any]]] = []
        for run_id, call_id, changes in self.changed:
            # A call that was opened in the same transaction is inserted as it became.
            if call := self.calls.get((run_id, call_id)):
                call |= changes
            else:
                of_earlier_units.append((run_id, call_id, changes))
        EVENTS.run(self.events)
        MODEL_MESSAGES.run(self.messages)
        CALLS.run([tuple(call.values()) for call in self.calls.values()])
        MESSAGES.run(self.answers)
        for run_id, call_id, changes in of_earlier_units:
            CALL.run(changes, run=run_id, call_id=call_id)


def fields_of(part: OpenedCall | Outcome) -> dict[str, Any]:
    """They are called as the columns are."""
    return {name: getattr(part, name) for name in part.__slots__}
