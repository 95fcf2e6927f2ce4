"""Configurations are checked whole, change by versions, and lose nothing to each other."""

import re
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from pydantic_ai.models import Model

from accounts.models import User
from agents.catalog.agents import SHIPPED, ShippedAgent
from agents.engine.loading import load
from agents.exceptions import InvalidInput, VersionConflict, VersionNotFound
from agents.llm.providers import provider
from agents.models import Agent, AgentVersion
from agents.publishing.leases import seen
from agents.services.configuration import (
    configure_agent,
    find_version,
    problems_in,
    roll_back,
    warnings_for,
)
from agents.services.requests import run_request
from agents.services.runs import start_run
from tests.agents.factories import make_agent

pytestmark = [pytest.mark.database, pytest.mark.django_db]

REST = AgentVersion.Source.REST


@pytest.fixture
def helper(db: None) -> Agent:
    return make_agent()


def configure(agent: Agent, by: User | None = None, **changes: Any) -> AgentVersion:
    return configure_agent(agent=agent, changes=changes, by=by, source=REST)


def test_a_change_makes_a_version_and_leaves_the_rest(helper: Agent, dora: User) -> None:
    configure(helper, timeout_seconds=60)
    version = configure_agent(
        agent=helper, changes={"step_limit": 5}, by=dora, source=REST, reason="it rambled"
    )
    assert (version.number, version.step_limit, version.timeout_seconds) == (3, 5, 60)
    assert (version.created_by, version.source, version.reason) == (dora, "rest", "it rambled")
    assert helper.current == version
    assert Agent.objects.get(pk=helper.pk).current == version


def test_every_field_can_be_changed_and_is_stored(helper: Agent) -> None:
    content: dict[str, Any] = {
        "model": "builtin",
        "instructions": "Be brief.\n",
        "tools": ["inspect_data", "analyze_costs"],
        "approval_tools": ["analyze_costs"],
        "opening_tool": "inspect_data",
        "plan": "optimization",
        "parameters_schema": {"type": "object", "properties": {"x": {"type": "integer"}}},
        "timeout_seconds": 3600,
        "step_limit": 200,
        "token_limit": 50_000,
        "cost_limit_usd": "12.3456",
    }
    assert set(content) == set(AgentVersion.CONTENT)
    stored = AgentVersion.objects.get(pk=configure(helper, **content).pk)
    assert stored.content() == {**content, "cost_limit_usd": Decimal("12.3456")}


def test_the_same_content_makes_no_version(helper: Agent) -> None:
    first = configure(helper, cost_limit_usd="0.5", parameters_schema={"type": "object"})
    again = configure(helper, cost_limit_usd="0.5000", parameters_schema={"type": "object"})
    assert again == first
    assert helper.versions.count() == 2


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("model", "gpt-5", "provider:model"),
        ("model", "nobody:gpt-5", "no model 'nobody:gpt-5'"),
        ("model", "openai-chat:", "provider:model"),
        ("model", "gateway/nobody:x", "provider:model"),
        ("model", "x" * 121, "at most 120"),
        ("model", None, "valid string"),
        ("instructions", "x" * 100_001, "at most 100000"),
        ("instructions", "a\x00b", "NUL"),
        ("instructions", "\ud800", "unicode"),
        ("tools", ["inspect_data", "hammer"], "Not installed: hammer."),
        ("tools", ["inspect_data", "inspect_data"], "once"),
        ("tools", "inspect_data", "valid list"),
        ("approval_tools", ["inspect_data"], "Not among the agent's tools: inspect_data"),
        ("approval_tools", None, "valid list"),
        ("tools", [7], r"\[0\]: Input should be a valid string"),
        ("opening_tool", "analyze_costs", "one of the agent's tools"),
        ("plan", "world_domination", "data_analysis, optimization"),
        ("timeout_seconds", 0, "greater than or equal to 1"),
        ("timeout_seconds", 3601, "3600"),
        ("timeout_seconds", "60", "valid integer"),
        ("timeout_seconds", 1.5, "valid integer"),
        ("step_limit", True, "valid integer"),
        ("step_limit", None, "valid integer"),
        ("token_limit", 0, "greater than or equal to 1"),
        ("token_limit", 3_000_000_000, "2000000000"),
        ("cost_limit_usd", 0.5, "as text"),
        ("cost_limit_usd", "0.00001", "4 decimals"),
        ("cost_limit_usd", "1e3", "4 decimals"),
        ("cost_limit_usd", "0", "greater than 0"),
        ("cost_limit_usd", Decimal("NaN"), "finite"),
        ("cost_limit_usd", Decimal("1.00001"), "4 decimal"),
        ("parameters_schema", {"type": "strin"}, "object"),
        ("colour", "red", "no such field. There are: model"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_field(
    helper: Agent, field: str, value: Any, says: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        configure(helper, **{field: value})
    assert refused.value.details is not None
    assert list(refused.value.details) == [field]
    assert re.search(says, refused.value.details[field][0])
    assert helper.versions.count() == 1


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.name)
def test_shipped_agents_pass_the_same_validation(shipped: ShippedAgent) -> None:
    assert problems_in({name: getattr(shipped, name) for name in AgentVersion.CONTENT}) == {}


def test_every_problem_is_told_at_once(helper: Agent) -> None:
    wrong = {"model": "x", "tools": ["hammer"], "step_limit": 0, "colour": "red"}
    with pytest.raises(InvalidInput) as refused:
        configure_agent(agent=helper, changes=wrong, by=None, source=REST, reason="r" * 161)
    assert set(refused.value.details or ()) == {*wrong, "reason"}


def test_an_opening_tool_is_called_with_the_question_alone() -> None:
    tools = ["inspect_data", "analyze_costs"]
    assert problems_in({"tools": tools, "opening_tool": "inspect_data"}) == {}
    problems = problems_in({"tools": tools, "opening_tool": "analyze_costs"})
    assert "`question` alone" in problems["opening_tool"][0]


@pytest.mark.parametrize("model", ["", "builtin", "openai-chat:gpt-5", "anthropic:x", "google:x"])
def test_a_model_whose_key_is_elsewhere_is_accepted(helper: Agent, model: str) -> None:
    version = configure(helper, model=model, step_limit=7)
    assert version.model == model
    is_usable_here = model in ("", "builtin")
    assert (warnings_for(version) == {}) is is_usable_here


def test_a_model_whose_provider_fails_in_its_own_way_is_accepted_with_a_warning(
    helper: Agent,
) -> None:
    @provider("failing")
    def failing(name: str) -> Model:
        raise RuntimeError("secret detail")

    version = configure(helper, model="failing:x")
    assert warnings_for(version) == {"model": ["The model cannot be made: RuntimeError."]}


def test_a_change_of_what_has_changed_meanwhile_is_a_conflict(helper: Agent) -> None:
    configure(helper, step_limit=5)
    for attempt in (configure_agent, roll_back):
        what = {"changes": {"step_limit": 6}} if attempt is configure_agent else {"number": 1}
        with pytest.raises(VersionConflict) as refused:
            attempt(agent=helper, by=None, source=REST, expected_version=1, **what)
        assert refused.value.details == {"version": 2}
    changed = configure_agent(
        agent=helper, changes={"step_limit": 6}, by=None, source=REST, expected_version=2
    )
    assert changed.number == 3


def test_a_rollback_is_a_new_version_with_the_old_content(helper: Agent, dora: User) -> None:
    configure(helper, instructions="Ramble.", step_limit=50)
    back = roll_back(agent=helper, number=1, by=dora, source=REST, reason="It rambled.")
    assert (back.number, back.reason) == (3, "Back to version 1. It rambled.")
    assert back.content() == find_version(agent=helper, number=1).content()
    assert find_version(agent=helper, number=2).instructions == "Ramble."


def test_a_rollback_may_have_a_reason_as_long_as_any(helper: Agent) -> None:
    configure(helper, step_limit=50)
    with pytest.raises(InvalidInput, match="reason"):
        roll_back(agent=helper, number=1, by=None, source=REST, reason="r" * 161)
    back = roll_back(agent=helper, number=1, by=None, source=REST, reason="r" * 160)
    assert len(back.reason) <= 200
    assert back.reason.endswith("r" * 160)


def test_a_rollback_to_what_can_no_longer_be_used_is_refused(helper: Agent) -> None:
    AgentVersion.objects.filter(agent=helper).update(tools=["uninstalled"])
    configure(helper, tools=[])
    with pytest.raises(InvalidInput, match="Not installed: uninstalled"):
        roll_back(agent=helper, number=1, by=None, source=REST)


def test_a_version_that_never_was_is_not_found(helper: Agent) -> None:
    other = make_agent("other")
    configure(other, step_limit=5)
    with pytest.raises(VersionNotFound, match="no version 2"):
        roll_back(agent=helper, number=2, by=None, source=REST)


def test_a_run_keeps_the_configuration_it_began_with(alice: User, helper: Agent) -> None:
    configure(helper, instructions="Old.", timeout_seconds=60)
    run = start_run(user=alice, request=run_request(text="Why?", agent="helper")).run
    configure(helper, instructions="New.", timeout_seconds=30, model="openai-chat:gpt-5")
    assignment = load(seen(run.pk))
    assert (assignment.spec.instructions, assignment.spec.model) == ("Old.", "builtin")
    assert run.timeout.total_seconds() == 60
    later = start_run(user=alice, request=run_request(text="Why?", agent="helper")).run
    assert load(seen(later.pk)).spec.instructions == "New."


def at_once(*changes: dict[str, Any]) -> list[BaseException]:
    """Make the changes from a thread each; returns what was raised."""
    start = threading.Barrier(len(changes))
    raised: list[BaseException] = []

    def change(fields: dict[str, Any]) -> None:
        try:
            start.wait(10)
            agent = Agent.objects.get(name="helper")
            expected = fields.pop("expected_version", None)
            configure_agent(
                agent=agent, changes=fields, by=None, source=REST, expected_version=expected
            )
        except BaseException as error:  # noqa: BLE001 - told to the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(fields,)) for fields in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.django_db(transaction=True)
def test_changes_of_different_fields_at_once_all_stay() -> None:
    make_agent()
    fields: list[dict[str, Any]] = [
        {"instructions": "Be brief."},
        {"timeout_seconds": 60},
        {"step_limit": 5},
        {"token_limit": 1000},
        {"cost_limit_usd": "1.00"},
        {"plan": "optimization"},
    ]
    assert at_once(*(dict(change) for change in fields)) == []
    agent = Agent.objects.select_related("current").get()
    assert agent.current is not None
    assert agent.current.number == 7
    assert sorted(agent.versions.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    for change in fields:
        for name, value in change.items():
            assert str(getattr(agent.current, name)).startswith(str(value))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_saw_the_same_version_one_is_told() -> None:
    make_agent()
    raised = at_once(*({"step_limit": n, "expected_version": 1} for n in (5, 6, 7)))
    assert [type(error) for error in raised] == [VersionConflict, VersionConflict]
    assert AgentVersion.objects.count() == 2
