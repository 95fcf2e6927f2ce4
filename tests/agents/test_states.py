import itertools

import pytest

from agents.states import EXECUTING, LIVE, TERMINAL, RunState, can_move, sources_of

PAIRS = list(itertools.product(RunState, RunState))


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_moves_and_sources_agree(source: RunState, target: RunState) -> None:
    assert can_move(source, target) == (source in sources_of(target))


@pytest.mark.parametrize(("source", "target"), list(itertools.product(sorted(TERMINAL), RunState)))
def test_a_finished_run_never_moves(source: RunState, target: RunState) -> None:
    assert not can_move(source, target)


@pytest.mark.parametrize("source", sorted(LIVE))
def test_any_live_run_may_fail_or_be_cancelled(source: RunState) -> None:
    assert can_move(source, RunState.FAILED)
    assert can_move(source, RunState.CANCELLED)


@pytest.mark.parametrize(
    "path",
    [
        "pending initializing running completed",
        "running waiting_for_approval running",
        "running coordinating waiting_for_agents aggregating_results completed",
        "waiting_for_agents coordinating waiting_for_agents",
        "aggregating_results coordinating",
    ],
)
def test_the_paths_of_the_protocol_are_legal(path: str) -> None:
    states = [RunState(word) for word in path.split()]
    assert all(can_move(a, b) for a, b in itertools.pairwise(states))


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_nothing_else_is_legal(source: RunState, target: RunState) -> None:
    legal = {
        "pending": {"initializing"},
        "initializing": {"running"},
        "running": {"waiting_for_approval", "coordinating", "completed"},
        "waiting_for_approval": {"running"},
        "coordinating": {"waiting_for_agents"},
        "waiting_for_agents": {"coordinating", "aggregating_results"},
        "aggregating_results": {"coordinating", "completed"},
    }
    ends = {"failed", "cancelled"} if source in LIVE else set()
    assert can_move(source, target) == (target in legal.get(source, set()) | ends)


def test_states_that_wait_are_not_executed() -> None:
    assert {
        RunState.PENDING,
        RunState.WAITING_FOR_AGENTS,
        RunState.WAITING_FOR_APPROVAL,
    } == LIVE - EXECUTING
