"""Each fault, with few runs; `manage.py chaos` does the same with many."""

import pytest

from netra.chaos.faults import FAULTS
from netra.chaos.trial import Plan, Trial
from tests.chaos.conftest import CLIENTS, Victim

RUNS = 2 * CLIENTS


@pytest.mark.waits
@pytest.mark.parametrize("name", FAULTS)
async def test_nothing_is_lost(victim: Victim, name: str) -> None:
    plan = Plan(seed=1, runs=RUNS, clients=CLIENTS, patience=180)
    verdict = await Trial(victim.stack, victim.tokens, FAULTS[name], plan).run()
    assert verdict.is_clean, "\n".join([str(verdict.as_json()), *verdict.details])
    assert verdict.ended == verdict.runs == RUNS
