"""Commits units: one transaction for all that accumulated, each run's rows only under its fence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from agents.events import frame
from agents.models import Message, ModelMessage, Role, Run, RunEvent, ToolCall
from agents.publishing.units import HeldRun, Unit
from agents.states import TERMINAL, RunState, can_move

UNHELD: dict[str, Any] = {"lease_expires_at": None, "owner": ""}
# Its time limit does not run while it waits, and whoever finds it with an answer sends it soon.
PARKED: dict[str, Any] = {
    "timeout": F("deadline_at") - Now(),
    "deadline_at": None,
    "dispatched_at": Now(),
    "dispatches": 0,
}


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
            is_stored = is_repeated and _is_stored(run, own)
            if not is_stored and not _advance(run, own):
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


def _is_stored(run: HeldRun, own: Sequence[Unit]) -> bool:
    """Whether the row stands where these units move it: nobody else writes under this fence."""
    events = sum(len(unit.events) for unit in own)
    reached = Run.objects.filter(pk=run.id, fence=run.fence, last_seq=run.last_seq + events)
    return bool(events) and reached.exists()


def _advance(run: HeldRun, own: Sequence[Unit]) -> bool:
    """Move the run's row past all its units; False if the fence is not ours, or it has ended."""
    if run.state in TERMINAL and all(unit.move is None for unit in own):
        return False
    changes: dict[str, Any] = {
        "last_seq": run.last_seq + sum(len(unit.events) for unit in own),
        "changed_at": Now(),
    }
    state = run.state
    for unit in own:
        if unit.move is not None:
            if not can_move(state, unit.move):
                raise ValueError(f"A {state} run cannot become {unit.move}.")
            state = unit.move
        if unit.completes_step:
            changes["losses"] = 0
        if unit.outcome is not None:
            changes |= {name: getattr(unit.outcome, name) for name in unit.outcome.__slots__}
    changes["state"] = state
    changes |= _letting_go(state)
    return bool(Run.objects.filter(pk=run.id, fence=run.fence, state=run.state).update(**changes))


def _letting_go(state: RunState) -> dict[str, Any]:
    """What else changes when nobody holds the run any more."""
    if state in TERMINAL:
        return {**UNHELD, "finished_at": Now()}
    return {**UNHELD, **PARKED} if state == RunState.WAITING_FOR_APPROVAL else {}


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
        self.events: list[RunEvent] = []
        self.messages: list[ModelMessage] = []
        self.calls: dict[tuple[UUID, str], ToolCall] = {}
        self.changed: list[tuple[UUID, str, dict[str, Any]]] = []
        self.answers: list[Message] = []

    def add(self, unit: Unit, events: Iterable[StoredEvent]) -> None:
        run_id = unit.run.id
        self.events += [
            RunEvent(run_id=run_id, seq=event.seq, type=event.type, frame=event.frame)
            for event in events
        ]
        self.messages += [
            ModelMessage(run_id=run_id, index=message.index, body=message.body)
            for message in unit.messages
        ]
        for opened in unit.opened:
            fields = {name: getattr(opened, name) for name in opened.__slots__}
            self.calls[run_id, opened.call_id] = ToolCall(run_id=run_id, **fields)
        for change in unit.call_changes:
            self.changed.append((run_id, change.call_id, change.changes()))
        if unit.move == RunState.COMPLETED and unit.outcome is not None:
            self.answers.append(
                Message(
                    thread_id=unit.run.thread_id,
                    run_id=run_id,
                    role=Role.ASSISTANT,
                    content=unit.outcome.result,
                )
            )

    def insert(self) -> None:
        of_earlier_units: list[tuple[UUID, str, dict[str, Any]]] = []
        for run_id, call_id, changes in self.changed:
            # A call that was opened in the same transaction is inserted as it became.
            if call := self.calls.get((run_id, call_id)):
                for name, value in changes.items():
                    setattr(call, name, value)
            else:
                of_earlier_units.append((run_id, call_id, changes))
        RunEvent.objects.bulk_create(self.events)
        ModelMessage.objects.bulk_create(self.messages)
        ToolCall.objects.bulk_create(self.calls.values())
        Message.objects.bulk_create(self.answers)
        for run_id, call_id, changes in of_earlier_units:
            ToolCall.objects.filter(run=run_id, call_id=call_id).update(**changes)
