"""Whatever is configured and rolled back: versions are numbered 1..n, and old ones never change."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.exceptions import NetraError
from agents.models import Agent, AgentVersion
from agents.services.configuration import configure_agent, roll_back
from tests.agents.factories import make_agent

pytestmark = [pytest.mark.database, pytest.mark.django_db]

CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "instructions": st.sampled_from(["", "a", "b"]),
        "step_limit": st.integers(0, 3),  # 0 is refused
        "cost_limit_usd": st.sampled_from([None, "0.5", "0.50", "wrong"]),
        "tools": st.sampled_from([[], ["inspect_data"], ["hammer"]]),
    },
)
ROLLBACKS = st.integers(0, 6)


class History(TestCase):
    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.one_of(CHANGES, ROLLBACKS), max_size=12))
    def test_any_sequence_of_changes_only_appends(self, steps: list[Any]) -> None:
        agent = make_agent()
        kept = rows(agent)
        for step in steps:
            before = len(kept)
            try:
                if isinstance(step, int):
                    roll_back(agent=agent, number=step, by=None, source=AgentVersion.Source.REST)
                else:
                    configure_agent(
                        agent=agent, changes=step, by=None, source=AgentVersion.Source.REST
                    )
            except NetraError:
                assert rows(agent) == kept
                continue
            now = rows(agent)
            assert now[:before] == kept
            assert len(now) in (before, before + 1)
            assert [row["number"] for row in now] == list(range(1, len(now) + 1))
            assert Agent.objects.get(pk=agent.pk).current_id == now[-1]["id"]
            kept = now


def rows(agent: Agent) -> list[Any]:
    return list(AgentVersion.objects.filter(agent=agent).order_by("number").values())
