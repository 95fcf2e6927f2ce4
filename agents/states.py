"""The states a run moves through, and the moves that are legal."""

from django.db.models import TextChoices


class RunState(TextChoices):
    PENDING = "pending"
    INITIALIZING = "initializing"
    RUNNING = "running"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    COORDINATING = "coordinating"
    WAITING_FOR_AGENTS = "waiting_for_agents"
    AGGREGATING_RESULTS = "aggregating_results"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


TERMINAL = frozenset({RunState.COMPLETED, RunState.FAILED, RunState.CANCELLED})
LIVE = frozenset(RunState) - TERMINAL
# A worker executes these; the other live states wait for something and nobody holds them.
EXECUTING = frozenset(
    {
        RunState.INITIALIZING,
        RunState.RUNNING,
        RunState.COORDINATING,
        RunState.AGGREGATING_RESULTS,
    }
)

_MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.PENDING: frozenset({RunState.INITIALIZING}),
    RunState.INITIALIZING: frozenset({RunState.RUNNING}),
    RunState.RUNNING: frozenset(
        {RunState.WAITING_FOR_APPROVAL, RunState.COORDINATING, RunState.COMPLETED}
    ),
    RunState.WAITING_FOR_APPROVAL: frozenset({RunState.RUNNING}),
    RunState.COORDINATING: frozenset({RunState.WAITING_FOR_AGENTS}),
    RunState.WAITING_FOR_AGENTS: frozenset({RunState.COORDINATING, RunState.AGGREGATING_RESULTS}),
    RunState.AGGREGATING_RESULTS: frozenset({RunState.COORDINATING, RunState.COMPLETED}),
}


def can_move(source: RunState, target: RunState) -> bool:
    """Any live run may fail or be cancelled; otherwise only the moves of the table are legal."""
    if source in TERMINAL:
        return False
    if target in (RunState.FAILED, RunState.CANCELLED):
        return True
    return target in _MOVES[source]


def sources_of(target: RunState) -> list[RunState]:
    return [source for source in RunState if can_move(source, target)]
