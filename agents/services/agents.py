"""What callers may do with agents: find one, and bring the shipped ones up to date."""

from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from accounts.models import User
from agents.catalog.agents import SHIPPED, ShippedAgent
from agents.exceptions import AgentNotFound
from agents.models import Agent, AgentAlias, AgentVersion


def find_agent(*, user: User | AnonymousUser, name: str) -> Agent:
    """The agent of this name or alias that `user` may use; raises AgentNotFound."""
    agent = Agent.objects.visible_to(user).named(name).select_related("current").first()
    if agent is None:
        known = Agent.objects.visible_to(user).values_list("name", flat=True)
        raise AgentNotFound(
            f"There is no agent named {name!r}. There are: {', '.join(known) or 'none yet'}."
        )
    return agent


def default_agent(*, user: User) -> Agent:
    """The agent that is asked when the caller names none."""
    usable = Agent.objects.visible_to(user).select_related("current")
    agent = usable.order_by("-is_default", "name").first()
    if agent is None:
        raise AgentNotFound("There is no agent yet. `manage.py install_agents` adds the shipped.")
    return agent


@transaction.atomic
def install_shipped_agents() -> list[str]:
    """
    Make the agents of the catalogue, or bring them up to date; returns the names that changed.

    An agent that somebody configured keeps that: it gets a new version only if its current one
    came from the catalogue and differs from it.
    """
    return [shipped.name for shipped in SHIPPED if _install(shipped)]


def _install(shipped: ShippedAgent) -> bool:
    agent, is_new = Agent.objects.select_related("current").get_or_create(
        name=shipped.name,
        defaults={
            "title": shipped.title,
            "description": shipped.description,
            "access": shipped.access,
            "is_default": shipped.is_default and not Agent.objects.filter(is_default=True).exists(),
        },
    )
    for alias in shipped.aliases:
        AgentAlias.objects.get_or_create(name=alias, defaults={"agent": agent})
    current = agent.current
    content = {name: getattr(shipped, name) for name in AgentVersion.CONTENT}
    content["tools"] = list(shipped.tools)
    if current is not None and (
        current.source != AgentVersion.Source.CATALOG or current.content() == content
    ):
        return is_new
    agent.current = AgentVersion.objects.create(
        agent=agent,
        number=current.number + 1 if current is not None else 1,
        source=AgentVersion.Source.CATALOG,
        reason="shipped with Netra",
        **content,
    )
    agent.title, agent.description = shipped.title, shipped.description
    agent.save()
    return True
