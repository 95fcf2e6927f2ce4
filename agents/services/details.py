"""Making agents, and changing what is of an agent and not of a version: names, access, default."""

import logging
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeAlias

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from accounts.models import User
from agents.models import Access, Agent, AgentAlias, AgentVersion
from agents.models.agent import NAME_PATTERN, name_validator, not_reserved
from agents.services.configuration import problems_in, write_version
from agents.services.content import AgentConfiguration
from agents.services.problems import (
    Problems,
    problems_of,
    problems_with_reason,
    refuse,
    storable,
)

logger = logging.getLogger(__name__)

DESCRIPTION_LIMIT = 2000  # characters
ALIASES_LIMIT = GROUPS_LIMIT = 50


def _agent_name(name: str) -> str:
    try:
        name_validator(name)
        not_reserved(name)
    except DjangoValidationError as error:
        raise ValueError(error.message) from error
    return name


AgentName: TypeAlias = Annotated[
    str,
    AfterValidator(_agent_name),
    WithJsonSchema({"type": "string", "pattern": NAME_PATTERN.replace(r"\Z", "$")}),
]
Storable = AfterValidator(storable)
Flag: TypeAlias = Annotated[bool, Strict()]


class AgentDetails(BaseModel):
    """What of an agent may change without a new version."""

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


class NewAgent(AgentDetails):
    name: AgentName


FIELDS = (*NewAgent.model_fields, *AgentConfiguration.model_fields)


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
    new = NewAgent.model_validate(given)
    with transaction.atomic():
        hold_names()
        refuse(_conflicts(new, agent=None))
        agent = Agent.objects.create(name=new.name, title=new.title)
        signed = {"created_by": by, "source": source, "reason": reason}
        write_version(agent, {**AgentConfiguration.model_validate(content).content(), **signed})
        _apply(agent, new)
    logger.info("Agent created", extra={"agent": agent.name, "by": by.pk if by else None})
    return agent


def update_agent(*, agent: Agent, changes: Mapping[str, Any], by: User | None) -> Agent:
    """
    Change any fields of `AgentDetails`; the others stay. Returns the agent as it is now.

    `groups` and `aliases` are the whole lists. A new default takes the flag from the old one.
    Raises InvalidInput with every problem by field in `details`.
    """
    refuse(problems_in_details(agent, changes))
    with transaction.atomic():
        hold_names()
        row = Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
        details = AgentDetails.model_validate({**details_of(row), **changes})
        refuse(_conflicts(details, agent=row))
        _apply(row, details)
    fields = sorted(changes)
    logger.info(
        "Agent changed", extra={"agent": row.name, "by": by.pk if by else None, "fields": fields}
    )
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
    problems = problems_in(content, known=FIELDS)
    try:
        return {**_conflicts(NewAgent.model_validate(given), agent=None), **problems}
    except ValidationError as error:
        return {**problems_of(error, known=FIELDS), **problems}


def problems_in_details(agent: Agent, changes: Mapping[str, Any]) -> Problems:
    """What keeps `changes` from being made, by field."""
    try:
        details = AgentDetails.model_validate({**details_of(agent), **changes})
    except ValidationError as error:
        return problems_of(error, known=AgentDetails.model_fields)
    return _conflicts(details, agent=agent)


def _split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values that are the agent's, and the rest, which is for its first version."""
    own = {name: values[name] for name in values.keys() & NewAgent.model_fields.keys()}
    return own, {name: value for name, value in values.items() if name not in own}


def hold_names() -> None:
    """
    Until the transaction ends, nobody else names anything or moves the default flag.

    A name may be neither another agent's nor an alias, which no constraint can say of two tables.
    The oldest agent's row stands for all names.
    """
    Agent.objects.select_for_update(no_key=True).order_by("pk").values("pk").first()


def _conflicts(details: AgentDetails, *, agent: Agent | None) -> Problems:
    """What other rows say against the details."""
    problems: Problems = {}
    if isinstance(details, NewAgent) and (taken := _taken([details.name], by_others_than=None)):
        problems["name"] = [f"{taken[0]!r} is the name or the alias of an agent already."]
    own_name = details.name if isinstance(details, NewAgent) else agent.name if agent else ""
    aliases = details.aliases
    if taken := _taken(aliases, by_others_than=agent):
        problems["aliases"] = [f"Names or aliases of other agents: {', '.join(taken)}."]
    elif own_name in aliases or len(set(aliases)) < len(aliases):
        problems["aliases"] = ["Name each alias once, and not the agent's own name."]
    known = Group.objects.filter(name__in=details.groups).values_list("name", flat=True)
    if unknown := sorted(set(details.groups) - set(known)):
        problems["groups"] = [f"There is no group {', '.join(map(repr, unknown))}."]
    return problems


def _taken(names: Iterable[str], *, by_others_than: Agent | None) -> list[str]:
    names = list(names)
    agents = Agent.objects.filter(name__in=names)
    aliases = AgentAlias.objects.filter(name__in=names)
    if by_others_than is not None:
        agents = agents.exclude(pk=by_others_than.pk)
        aliases = aliases.exclude(agent=by_others_than)
    return sorted({*agents.values_list("name", flat=True), *aliases.values_list("name", flat=True)})


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
