"""Agents are made and changed under one set of rules: names, access, groups, the default."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from agents.exceptions import AgentNotFound, InvalidInput, NotFound
from agents.models import Agent, AgentAlias, AgentVersion, Thread
from agents.models.agent import RESERVED_NAMES
from agents.services.agents import (
    default_agent,
    find_agent,
    find_agent_to_read,
    install_shipped_agents,
)
from agents.services.configuration import configure_agent
from agents.services.details import create_agent, details_of, problems_in_new, update_agent
from agents.services.removal import delete_agent
from agents.services.requests import run_request
from agents.services.runs import start_run
from tests.agents.factories import make_agent
from tests.cast import appear

pytestmark = [pytest.mark.database, pytest.mark.django_db]

ADMIN = AgentVersion.Source.ADMIN


def create(by: User | None = None, **values: Any) -> Agent:
    values = {"name": "helper", "title": "Helper", **values}
    return create_agent(values=values, by=by, source=ADMIN, reason="wanted")


def update(agent: Agent, **changes: Any) -> Agent:
    return update_agent(agent=agent, changes=changes, by=None)


def problems(error: pytest.ExceptionInfo[InvalidInput]) -> dict[str, str]:
    return {field: texts[0] for field, texts in (error.value.details or {}).items()}


def test_an_agent_is_made_with_its_first_version(dora: User) -> None:
    Group.objects.create(name="team")
    agent = create(
        dora,
        description="Helps.",
        access="groups",
        groups=["team"],
        aliases=["aide", "assistant"],
        tools=["inspect_data"],
        step_limit=3,
    )
    assert details_of(agent) == {
        "title": "Helper",
        "description": "Helps.",
        "access": "groups",
        "groups": ["team"],
        "is_enabled": True,
        "is_default": False,
        "aliases": ["aide", "assistant"],
    }
    version = agent.versions.get()
    assert agent.current == version
    assert (version.number, version.tools, version.step_limit) == (1, ["inspect_data"], 3)
    assert (version.created_by, version.source, version.reason) == (dora, "admin", "wanted")


def test_every_problem_of_a_new_agent_is_told_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        create(name="Bad Name", title=" ", model="x", colour="red", access="friends")
    assert set(problems(refused)) == {"name", "title", "model", "colour", "access"}
    assert "There are: title" in problems(refused)["colour"]
    assert not Agent.objects.exists()
    assert set(problems_in_new({})) == {"name", "title"}


@pytest.mark.parametrize("name", RESERVED_NAMES)
def test_reserved_names_are_refused_at_every_door(name: str) -> None:
    agent = make_agent()
    with pytest.raises(InvalidInput) as of_agent:
        create(name=name)
    assert "reserved" in problems(of_agent)["name"]
    with pytest.raises(InvalidInput) as of_alias:
        update(agent, aliases=[name])
    assert "reserved" in problems(of_alias)["aliases"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Agent.objects.create(name=name, title="T")
    with pytest.raises(IntegrityError), transaction.atomic():
        AgentAlias.objects.create(name=name, agent=agent)


@pytest.mark.parametrize("name", ["", "x", "Helper", "a-b", "9to5", "a" * 64, "helper\n", "hé"])
def test_a_name_that_cannot_stand_in_a_path_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        create(name=name)
    assert list(problems(refused)) == ["name"]


def test_a_name_means_one_agent() -> None:
    create(aliases=["aide"])
    other = make_agent("other")
    for name in ("helper", "aide", "other"):
        with pytest.raises(InvalidInput, match="already"):
            create(name=name)
    for alias in ("helper", "aide"):
        with pytest.raises(InvalidInput, match="other agents"):
            update(other, aliases=[alias])
    for aliases in (["other"], ["new", "new"]):
        with pytest.raises(InvalidInput, match="once"):
            update(other, aliases=aliases)
    assert not other.aliases.exists()


def test_aliases_are_the_whole_list() -> None:
    agent = create(aliases=["one", "two"])
    assert details_of(update(agent, aliases=["two", "three"]))["aliases"] == ["three", "two"]
    assert details_of(update(agent, title="Other"))["aliases"] == ["three", "two"]
    assert create(name="one").name == "one"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "renamed"),
        ("title", ""),
        ("title", "x" * 121),
        ("title", "a\x00"),
        ("description", "x" * 2001),
        ("access", "friends"),
        ("groups", ["nobody's"]),
        ("groups", "team"),
        ("is_enabled", "yes"),
        ("is_default", 1),
        ("aliases", ["-"]),
        ("tools", []),
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(field: str, value: Any) -> None:
    agent = create()
    before = details_of(agent)
    with pytest.raises(InvalidInput) as refused:
        update(agent, **{"description": "New.", field: value})
    assert list(problems(refused)) == [field]
    assert details_of(Agent.objects.get(pk=agent.pk)) == before


def test_the_default_flag_moves() -> None:
    first, second = create(is_default=True), make_agent("second")
    assert update(second, is_default=True).is_default
    assert [agent.name for agent in Agent.objects.filter(is_default=True)] == ["second"]
    update(second, is_default=False)
    assert not Agent.objects.filter(is_default=True).exists()
    assert not Agent.objects.get(pk=first.pk).is_default


def test_who_may_not_see_the_default_agent_gets_another(alice: User, bob: User) -> None:
    team = Group.objects.create(name="team")
    alice.groups.add(team)
    create(name="zeta", access="groups", groups=["team"], is_default=True)
    create(name="alpha")
    assert default_agent(user=alice).name == "zeta"
    assert default_agent(user=bob).name == "alpha"
    team.delete()
    assert default_agent(user=alice).name == "alpha"
    update(Agent.objects.get(name="alpha"), is_enabled=False)
    with pytest.raises(AgentNotFound):
        default_agent(user=bob)


def test_access_ends_when_the_group_changes(alice: User) -> None:
    team = Group.objects.create(name="team")
    Group.objects.create(name="others")
    alice.groups.add(team)
    agent = create(access="groups", groups=["team"])
    start_run(user=alice, request=run_request(text="Why?", agent="helper", thread="t"))
    update(agent, groups=["others"])
    for request in ({"agent": "helper"}, {"thread": "t"}):
        with pytest.raises(AgentNotFound):
            start_run(user=alice, request=run_request(text="And?", **request))


def test_staff_find_a_disabled_agent_to_configure_it_and_not_to_run_it(
    dora: User, alice: User
) -> None:
    agent = update(create(aliases=["aide"]), is_enabled=False)
    assert find_agent_to_read(user=dora, name="aide") == agent
    for user, find in (
        (dora, find_agent),
        (alice, find_agent_to_read),
        (AnonymousUser(), find_agent_to_read),
    ):
        with pytest.raises(AgentNotFound):
            find(user=user, name="helper")
    with pytest.raises(AgentNotFound):
        start_run(user=dora, request=run_request(text="Why?", agent="helper"))


def test_an_agent_without_a_version_is_nobodys(dora: User) -> None:
    Agent.objects.create(name="half_made", title="Half")
    with pytest.raises(AgentNotFound):
        find_agent(user=dora, name="half_made")
    with pytest.raises(AgentNotFound):
        default_agent(user=dora)


def test_shipped_agents_take_no_name_from_others(caplog: pytest.LogCaptureFixture) -> None:
    mine = create(name="unified_data_agent", aliases=["optimization_agent"])
    assert install_shipped_agents() == ["data_analysis_agent"]
    assert details_of(mine)["aliases"] == ["optimization_agent"]
    assert Agent.objects.named("unified_data_agent").get() == mine
    assert "Not installed: its name is an alias" in caplog.messages


@pytest.mark.django_db(transaction=True)
def test_of_two_who_give_one_name_at_once_one_is_told() -> None:
    first, second = make_agent("first"), make_agent("second")
    start = threading.Barrier(4)
    raised: list[BaseException] = []

    def attempt(number: int) -> None:
        try:
            start.wait(10)
            match number:
                case 0:
                    update(first, aliases=["wanted"])
                case 1:
                    update(second, aliases=["wanted"])
                case _:
                    create(name="wanted")
        except BaseException as error:  # noqa: BLE001 - told to the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(raised) == 3
    assert all(isinstance(error, InvalidInput) for error in raised), raised
    assert Agent.objects.named("wanted").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_new_defaults_at_once_one_is_left() -> None:
    agents = [make_agent(name) for name in ("one", "two", "three", "four")]
    start = threading.Barrier(len(agents))
    raised: list[Exception] = []

    def attempt(agent: Agent) -> None:
        try:
            start.wait(10)
            update(agent, is_default=True)
        except Exception as error:  # noqa: BLE001 - told to the test
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []
    assert Agent.objects.filter(is_default=True).count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda agent: update(agent, title="Late"),
        lambda agent: configure_agent(
            agent=agent, changes={"step_limit": 5}, by=None, source=ADMIN
        ),
        delete_agent,
    ],
    ids=["details", "configuration", "deletion"],
)
def test_an_agent_that_was_deleted_meanwhile_is_not_found(
    change: Callable[[Agent], object],
) -> None:
    agent = make_agent()
    delete_agent(Agent.objects.get(pk=agent.pk))
    with pytest.raises(NotFound):
        change(agent)


@pytest.mark.django_db(transaction=True)
def test_a_run_of_an_agent_that_is_just_being_deleted_is_refused() -> None:
    alice, agent = appear("alice"), make_agent()
    raised: list[BaseException] = []

    def ask() -> None:
        try:
            start_run(user=alice, request=run_request(text="Why?", agent="helper"))
        except BaseException as error:  # noqa: BLE001 - told to the test
            raised.append(error)
        finally:
            connection.close()

    asking = threading.Thread(target=ask)
    with transaction.atomic():
        delete_agent(agent)
        asking.start()
        asking.join(1)  # it has read that there is the agent, and waits
    asking.join()
    assert [type(error) for error in raised] == [AgentNotFound]
    assert not Thread.objects.exists()
