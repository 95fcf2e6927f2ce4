"""What requests that change an agent have in common."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rest_framework.request import Request

from accounts.models import User
from agents.exceptions import InvalidInput
from agents.models import AgentVersion
from agents.services.content import AgentConfiguration, Whole
from agents.services.details import AgentDetails, NewAgent
from agents.services.problems import Reason, problems_of, refuse

Positive = Annotated[Whole, Field(ge=1)]


class Signed(BaseModel):
    reason: Reason = Field("", description="kept with the version")


class Signature(Signed):
    """Beside the changes themselves."""

    expected_version: Positive | None = Field(
        None, description="refuse with 409 if this is not the current version any more"
    )


class Rollback(Signature):
    model_config = ConfigDict(extra="forbid")

    version: Positive = Field(description="the version whose content to go back to")


class ConfigChange(Signature, AgentConfiguration):
    """Any fields of a configuration; the others stay."""


class AgentCreate(Signed, AgentConfiguration, NewAgent):
    """An agent and its first configuration."""


class AgentChange(AgentDetails):
    """Any of these; the others stay. `aliases` and `groups` are the whole lists."""

    title: str = ""


Body = TypeVar("Body", bound=BaseModel)


def body_of(request: Request) -> dict[str, Any]:
    """Raises InvalidInput unless the body is an object."""
    body: Any = request.data
    if not isinstance(body, dict):
        raise InvalidInput("The body is a JSON object.")
    return body


def checked(kind: type[Body], values: Mapping[str, Any]) -> Body:
    """Raises InvalidInput with every problem by field."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        refuse(problems_of(error, known=kind.model_fields))
        raise  # pydantic raises for at least one problem, so this is never reached


def signed_changes(kind: type[Body], request: Request) -> tuple[Body, dict[str, Any]]:
    """The fields of `kind` in the body, checked, and the others, for a service to check."""
    body = body_of(request)
    own = {name: body[name] for name in body.keys() & kind.model_fields.keys()}
    return checked(kind, own), {name: body[name] for name in body.keys() - own.keys()}


def author(request: Request) -> dict[str, Any]:
    """Who changes something, and through which door."""
    return {"by": cast(User, request.user), "source": AgentVersion.Source.REST}
