"""What callers may do with agents: find one, and bring the shipped ones up to date."""

import logging

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from accounts.models import User
from accounts.statements import Find, Given, column, given
from agents.catalog.agents import SHIPPED, ShippedAgent
from agents.exceptions import AgentNotFound
from agents.models import Agent, AgentAlias, AgentVersion
from agents.models.agent import AgentQuerySet
from agents.services.configuration import canonical, write_version
from agents.services.holding import hold_agent, hold_names

logger = logging.getLogger(__name__)

NAMES_SHOWN = 50

# For every message that somebody sends.
FIND = Find(
    Agent.objects.ready()
    .open_to(Given("user", column(User, "id")))
    .named(Given("name", column(Agent, "name")))
)
FIND_VERSION = Find(AgentVersion.objects.filter(**given(AgentVersion, "id")))


def find_agent(*, user: User | AnonymousUser, name: str) -> Agent:
    """The agent of this name or alias that `user` may use; raises AgentNotFound."""
    if user.is_staff or not user.is_authenticated:
        return _named(Agent.objects.visible_to(user), name)
    agent = FIND.first(user=user.pk, name=name)
    version = FIND_VERSION.first(id=agent.current_id) if agent else None
    if agent is None or version is None:
        raise _not_among(Agent.objects.visible_to(user), name)
    agent.current = version
    return agent


def find_agent_to_read(*, user: User | AnonymousUser, name: str) -> Agent:
    """As `find_agent`, for looking at: staff, who may enable it again, find a disabled one too."""
    return _named(Agent.objects.readable_by(user), name)


def _named(agents: AgentQuerySet, name: str) -> Agent:
    agent = agents.named(name).select_related("current").first()
    if agent is None:
        raise _not_among(agents, name)
    return agent


def _not_among(agents: AgentQuerySet, name: str) -> AgentNotFound:
    known = ", ".join(agents.values_list("name", flat=True)[:NAMES_SHOWN])
    return AgentNotFound(f"There is no agent named {name!r}. There are: {known or 'none yet'}.")


def default_agent(*, user: User) -> Agent:
    """
    The agent that is asked when the caller names none.

    Who may not see the default one gets the first by name that he may see.
    """
    usable = Agent.objects.visible_to(user).select_related("current")
    agent = usable.order_by("-is_default", "name").first()
    if agent is None:
        raise AgentNotFound(
            "There is no agent that you may ask. `manage.py install_agents` adds the shipped."
        )
    return agent


@transaction.atomic
def install_shipped_agents() -> list[str]:
    """
    Make the agents of the catalogue, or bring them up to date; returns the names that changed.

    An agent that somebody configured keeps that: it gets a new version only if its current one
    came from the catalogue and differs from it.
    """
    hold_names()
    return [shipped.name for shipped in SHIPPED if _install(shipped)]


def _install(shipped: ShippedAgent) -> bool:
    if AgentAlias.objects.filter(name=shipped.name).exists():
        logger.warning("Not installed: its name is an alias", extra={"agent": shipped.name})
        return False
    found, _ = Agent.objects.get_or_create(
        name=shipped.name,
        defaults={
            "title": shipped.title,
            "description": shipped.description,
            "access": shipped.access,
            "is_default": shipped.is_default and not Agent.objects.filter(is_default=True).exists(),
        },
    )
    agent = hold_agent(found)
    current = agent.current
    content = {name: getattr(shipped, name) for name in AgentVersion.CONTENT}
    if current is not None and (
        current.source != AgentVersion.Source.CATALOG
        or canonical(current.content()) == canonical(content)
    ):
        return False
    names = Agent.objects.filter(name__in=shipped.aliases).values_list("name", flat=True)
    for alias in set(shipped.aliases) - set(names):
        AgentAlias.objects.get_or_create(name=alias, defaults={"agent": agent})
    agent.title, agent.description = shipped.title, shipped.description
    agent.save(update_fields=["title", "description"])
    origin = {"source": AgentVersion.Source.CATALOG, "reason": "shipped with Netra"}
    write_version(agent, {**content, **origin})
    return True
