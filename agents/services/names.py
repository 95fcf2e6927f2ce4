"""What agents may be called: a name or an alias means one agent, and is no path of the API."""

from collections.abc import Iterable
from typing import Annotated, TypeAlias

from django.core.exceptions import ValidationError
from pydantic import AfterValidator, WithJsonSchema

from agents.models import Agent, AgentAlias
from agents.models.agent import NAME_PATTERN, name_validator, not_reserved


def _possible(name: str) -> str:
    try:
        name_validator(name)
        not_reserved(name)
    except ValidationError as error:
        raise ValueError(error.message) from error
    return name


AgentName: TypeAlias = Annotated[
    str,
    AfterValidator(_possible),
    WithJsonSchema({"type": "string", "pattern": NAME_PATTERN.replace(r"\Z", "$")}),
]


def taken(names: Iterable[str], *, by_others_than: Agent | None) -> list[str]:
    """Those of the names that agents have as name or alias, without those of the one given."""
    wanted = list(names)
    agents = Agent.objects.filter(name__in=wanted)
    aliases = AgentAlias.objects.filter(name__in=wanted)
    if by_others_than is not None:
        agents = agents.exclude(pk=by_others_than.pk)
        aliases = aliases.exclude(agent=by_others_than)
    return sorted({*agents.values_list("name", flat=True), *aliases.values_list("name", flat=True)})
