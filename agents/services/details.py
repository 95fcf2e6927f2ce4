"""Making agents, and changing what is of an agent and not of a version: names, access, default."""

import logging
from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias, TypeVar

from django.contrib.auth.models import Group
from django.db import transaction
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from accounts.models import User
from agents.models import Access, Agent, AgentAlias, AgentVersion
from agents.services.configuration import problems_in, write_version
from agents.services.content import AgentConfiguration
from agents.services.holding import hold_agent, hold_names
from agents.services.names import AgentName, taken
from agents.services.problems import (
    Problems,
    Storable,
    problems_of,
    problems_with_reason,
    refuse,
)

logger = logging.getLogger(__name__)

DESCRIPTION_LIMIT = 2000  # characters
ALIASES_LIMIT = GROUPS_LIMIT = 50

Flag: TypeAlias = Annotated[bool, Strict()]


class AgentDetails(BaseModel):
    """What of an agent may change without a new version; the context holds the `agent`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120), Storable
    ]
    description: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=DESCRIPTION_LIMIT), Storable
    ] = ""
    access: Access = Access.USERS
    groups: list[Annotated[str, StringConstraints(max_length=150), Storable]] = Field(
        [], max_length=GROUPS_LIMIT
    )
    is_enabled: Flag = True
    is_default: Flag = False
    aliases: list[AgentName] = Field([], max_length=ALIASES_LIMIT)

    @field_validator("groups")
    @classmethod
    def _groups_exist(cls, names: list[str]) -> list[str]:
        known = Group.objects.filter(name__in=names).values_list("name", flat=True)
        if unknown := sorted(set(names) - set(known)):
            raise ValueError(f"There is no group {', '.join(map(repr, unknown))}")
        return names

    @field_validator("aliases")
    @classmethod
    def _aliases_are_free(cls, names: list[str], info: ValidationInfo) -> list[str]:
        agent: Agent | None = (info.context or {}).get("agent")
        if others := taken(names, by_others_than=agent):
            raise ValueError(f"Names or aliases of other agents: {', '.join(others)}")
        if len(set(names)) < len(names) or (agent is not None and agent.name in names):
            raise ValueError("Name each alias once, and not the agent's own name")
        return names


class NewAgent(AgentDetails):
    name: AgentName

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, name: str, info: ValidationInfo) -> str:
        if taken([name], by_others_than=None):
            raise ValueError(f"{name!r} is the name or an alias of an agent already")
        if name in info.data.get("aliases", ()):
            raise ValueError("The agent's own name is among its aliases")
        return name


FIELDS = (*NewAgent.model_fields, *AgentConfiguration.model_fields)
Details = TypeVar("Details", bound=AgentDetails)


def create_agent(
    *, values: Mapping[str, Any], by: User | None, source: AgentVersion.Source, reason: str = ""
) -> Agent:
    """
    Make an agent with its first version.

    `values` holds the name, any fields of `AgentDetails` and any of `AgentConfiguration`. Raises
    InvalidInput with every problem by field in `details`.
    """
    refuse({**problems_with_reason(reason), **problems_in_new(values)})
    given, content = _split(values)
    configuration = AgentConfiguration.model_validate(content)
    signed = {"created_by": by, "source": source, "reason": reason}
    with transaction.atomic():
        hold_names()
        new = _valid(NewAgent, given, None)
        agent = Agent.objects.create(name=new.name, title=new.title)
        write_version(agent, {**configuration.content(), **signed})
        _apply(agent, new)
    logger.info("Agent created", extra={"agent": agent.name, "by": by.pk if by else None})
    return agent


def update_agent(*, agent: Agent, changes: Mapping[str, Any], by: User | None) -> Agent:
    """
    Change any fields of `AgentDetails`; the others stay. Returns the agent as it is now.

    `groups` and `aliases` are the whole lists. A new default takes the flag from the old one.
    Raises InvalidInput with every problem by field in `details`, and AgentNotFound.
    """
    with transaction.atomic():
        hold_names()
        row = hold_agent(agent)
        _apply(row, _valid(AgentDetails, {**details_of(row), **changes}, row))
    who = by.pk if by else None
    logger.info("Agent changed", extra={"agent": row.name, "by": who, "fields": sorted(changes)})
    return Agent.objects.select_related("current").get(pk=agent.pk)


def details_of(agent: Agent) -> dict[str, Any]:
    return {
        "title": agent.title,
        "description": agent.description,
        "access": agent.access,
        "groups": sorted(agent.groups.values_list("name", flat=True)),
        "is_enabled": agent.is_enabled,
        "is_default": agent.is_default,
        "aliases": sorted(agent.aliases.values_list("name", flat=True)),
    }


def problems_in_new(values: Mapping[str, Any]) -> Problems:
    """What keeps an agent from being made of `values`, by field."""
    given, content = _split(values)
    of_version = problems_in(content, known=FIELDS)
    return {**_problems(NewAgent, given, None, known=FIELDS), **of_version}


def problems_in_details(agent: Agent, changes: Mapping[str, Any]) -> Problems:
    """What keeps `changes` from being made, by field."""
    return _problems(AgentDetails, {**details_of(agent), **changes}, agent)


def _problems(
    kind: type[AgentDetails],
    values: Mapping[str, Any],
    agent: Agent | None,
    known: tuple[str, ...] = tuple(AgentDetails.model_fields),
) -> Problems:
    try:
        kind.model_validate(dict(values), context={"agent": agent})
    except ValidationError as error:
        return problems_of(error, known=known)
    return {}


def _valid(kind: type[Details], values: Mapping[str, Any], agent: Agent | None) -> Details:
    refuse(_problems(kind, values, agent))
    return kind.model_validate(dict(values), context={"agent": agent})


def _split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values that are the agent's, and the rest, which is for its first version."""
    own = {name: values[name] for name in values.keys() & NewAgent.model_fields.keys()}
    return own, {name: value for name, value in values.items() if name not in own}


def _apply(agent: Agent, details: AgentDetails) -> None:
    """The caller holds the names."""
    if details.is_default:
        others = Agent.objects.filter(is_default=True).exclude(pk=agent.pk)
        others.update(is_default=False)
    agent.title, agent.description = details.title, details.description
    agent.access = details.access
    agent.is_enabled, agent.is_default = details.is_enabled, details.is_default
    agent.save(update_fields=["title", "description", "access", "is_enabled", "is_default"])
    agent.groups.set(Group.objects.filter(name__in=details.groups))
    agent.aliases.exclude(name__in=details.aliases).delete()
    for name in details.aliases:
        AgentAlias.objects.get_or_create(name=name, defaults={"agent": agent})
