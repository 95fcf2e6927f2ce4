import pytest
from django.contrib.auth.models import AnonymousUser, Group

from accounts.models import User
from agents.exceptions import AgentNotFound
from agents.models import Access, Agent, AgentVersion
from agents.services.agents import default_agent, find_agent, install_shipped_agents
from agents.services.details import update_agent
from tests.agents.factories import make_agent

pytestmark = pytest.mark.django_db


def test_the_shipped_agents_are_installed_once() -> None:
    assert set(install_shipped_agents()) >= {"data_analysis_agent", "optimization_agent"}
    assert install_shipped_agents() == []
    for agent in Agent.objects.select_related("current"):
        assert agent.current is not None
        assert agent.current.number == 1


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("unified_data_agent", "data_analysis_agent"),
        ("data", "data_analysis_agent"),
        ("optimization", "optimization_agent"),
    ],
)
def test_a_shipped_agent_answers_to_what_older_clients_call_it(
    alice: User, alias: str, name: str
) -> None:
    install_shipped_agents()
    assert find_agent(user=alice, name=alias).name == name


def test_a_new_release_brings_a_new_version() -> None:
    install_shipped_agents()
    AgentVersion.objects.update(instructions="Of the release before.")
    install_shipped_agents()
    agent = Agent.objects.select_related("current").get(name="data_analysis_agent")
    assert agent.current is not None
    assert (agent.current.number, agent.current.source) == (2, "catalog")
    assert agent.current.instructions != "Of the release before."


def test_what_somebody_configured_stays() -> None:
    install_shipped_agents()
    agent = Agent.objects.get(name="data_analysis_agent")
    agent.current = AgentVersion.objects.create(
        agent=agent, number=2, source="admin", instructions="Ours."
    )
    agent.save()
    assert "data_analysis_agent" not in install_shipped_agents()
    assert Agent.objects.get(pk=agent.pk).current == agent.current


def test_an_alias_that_was_taken_away_stays_away() -> None:
    install_shipped_agents()
    agent = Agent.objects.get(name="data_analysis_agent")
    update_agent(agent=agent, changes={"aliases": ["numbers"]}, by=None)
    install_shipped_agents()
    assert [alias.name for alias in agent.aliases.all()] == ["numbers"]


def test_only_one_agent_is_the_default(alice: User) -> None:
    make_agent("own")
    Agent.objects.update(is_default=True)
    install_shipped_agents()
    assert default_agent(user=alice).name == "own"


def test_an_unknown_name_is_told_the_known_ones(alice: User) -> None:
    make_agent("helper")
    with pytest.raises(AgentNotFound, match="There are: helper"):
        find_agent(user=alice, name="halper")


def test_groups_see_their_agents_and_nobody_else_does(alice: User, bob: User) -> None:
    agent = make_agent("secret")
    agent.access = Access.GROUPS
    agent.save()
    team = Group.objects.create(name="team")
    agent.groups.add(team)
    alice.groups.add(team)
    assert find_agent(user=alice, name="secret") == agent
    for stranger in (bob, AnonymousUser()):
        assert not Agent.objects.visible_to(stranger).exists()


def test_who_is_in_several_groups_of_an_agent_sees_it_once(alice: User) -> None:
    agent = make_agent("shared")
    Agent.objects.update(access=Access.GROUPS)
    for name in ("red", "blue"):
        group = Group.objects.create(name=name)
        agent.groups.add(group)
        alice.groups.add(group)
    assert Agent.objects.visible_to(alice).count() == 1


def test_a_disabled_agent_is_gone(alice: User) -> None:
    make_agent("helper")
    Agent.objects.update(is_enabled=False)
    with pytest.raises(AgentNotFound):
        find_agent(user=alice, name="helper")
