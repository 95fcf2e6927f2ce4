"""What a caller may say about the run they ask for; validated once, for all doors."""

import hashlib
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import to_json

from accounts.models import User
from agents.exceptions import InvalidInput, ModelNotAllowed
from agents.models import AgentVersion

INPUT_LIMIT = 200_000  # characters of a question
LONGEST_TIMEOUT_SECONDS = 3600
KEY_PATTERN = r"^[\x21-\x7e]{16,64}$"  # of an idempotency key: visible ASCII


Question: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=INPUT_LIMIT)
]


class OnBusy(StrEnum):
    """What to do when the thread has a live run."""

    ENQUEUE = "enqueue"
    REJECT = "reject"
    INTERRUPT = "interrupt"


class Parameters(BaseModel):
    """`parameters` of a run; keys not declared here are kept for the agent."""

    model_config = ConfigDict(extra="allow", frozen=True)

    timeout: float | None = Field(None, gt=0, le=LONGEST_TIMEOUT_SECONDS, description="seconds")
    mode: Literal["test"] | None = Field(None, description="`test`: use the built-in analyst")
    model: str | None = Field(None, max_length=120)
    dataset: str | None = Field(None, max_length=200, description="id or name of a data set")


class RunRequest(BaseModel):
    """A run somebody asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Question
    agent: str | None = Field(None, max_length=63)
    thread: str | None = None
    parameters: Parameters = Parameters()
    context: dict[str, Any] = {}
    on_busy: OnBusy = OnBusy.ENQUEUE
    idempotency_key: str | None = Field(None, pattern=KEY_PATTERN)

    def digest(self) -> str:
        """Equal for equal requests; tells a repeated request from another with the same key."""
        body = self.model_dump(mode="json", exclude={"idempotency_key"})
        return hashlib.sha256(to_json(body)).hexdigest()


def problem_in(error: ValidationError, *, hidden: Collection[str] = ()) -> str:
    """A sentence on the first thing that is wrong; parts of its place in `hidden` are left out."""
    problem = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in problem["loc"] if part not in hidden)
    if problem["type"] == "missing":
        return f"`{where}` is missing."
    return f"`{where}`: {problem['msg']}." if where else f"{problem['msg']}."


def run_request(**asked: Any) -> RunRequest:
    """The request that a REST caller or a command makes; raises InvalidInput."""
    try:
        return RunRequest.model_validate(asked)
    except ValidationError as error:
        raise InvalidInput(problem_in(error)) from error


def timeout_for(version: AgentVersion, parameters: Parameters) -> timedelta:
    """What was asked for, at most what the agent allows."""
    limit = timedelta(seconds=version.timeout_seconds)
    if parameters.timeout is None:
        return limit
    return min(timedelta(seconds=parameters.timeout), limit)


def check_model(user: User, version: AgentVersion, parameters: Parameters) -> None:
    """Raise ModelNotAllowed unless the model chosen for the run is one that users may choose."""
    chosen = parameters.model
    allowed = {"builtin", settings.MODEL, version.model, *settings.ALLOWED_MODELS} - {""}
    if chosen is not None and chosen not in allowed and not user.is_staff:
        raise ModelNotAllowed(f"You may choose one of {', '.join(sorted(allowed))}.")
