"""What a configuration may say: the content of a version, checked field by field."""

import re
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from agents.catalog.analyst import Plan
from agents.services.problems import Storable
from agents.services.requests import LONGEST_TIMEOUT_SECONDS
from agents.services.schemas import problem_with_schema
from agents.services.tools import can_open, is_known_model, missing_tools

INSTRUCTIONS_LIMIT = 100_000  # characters; about as many as small context windows hold at all
TOOLS_LIMIT = 64  # models choose badly between more
STEPS_LIMIT = 200
TOKENS_LIMIT = 2_000_000_000  # what the column holds
MONEY = re.compile(r"\d{1,6}(\.\d{1,4})?", re.ASCII)


def _dollars(value: Any) -> Any:
    if isinstance(value, Decimal) or (isinstance(value, str) and MONEY.fullmatch(value)):
        return value
    raise ValueError('Write US dollars as text with at most 4 decimals, such as "0.50"')


Name: TypeAlias = Annotated[str, StringConstraints(max_length=63), Storable]


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 3.0 is 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole: TypeAlias = Annotated[int, BeforeValidator(_whole), Strict()]
Dollars: TypeAlias = Annotated[
    Decimal,
    BeforeValidator(_dollars),
    Field(gt=0, max_digits=10, decimal_places=4),
    WithJsonSchema({"type": "string", "pattern": f"^{MONEY.pattern}$", "examples": ["0.50"]}),
]


def _each_once(names: list[str]) -> list[str]:
    if len(set(names)) < len(names):
        raise ValueError("Name each tool once")
    return names


class AgentConfiguration(BaseModel):
    """The content of a version; its fields are `AgentVersion.CONTENT`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Annotated[str, StringConstraints(strip_whitespace=True, max_length=120), Storable] = (
        Field("", description="provider:model, builtin, or empty for the configured default")
    )
    instructions: Annotated[str, StringConstraints(max_length=INSTRUCTIONS_LIMIT), Storable] = ""
    tools: list[Name] = Field([], max_length=TOOLS_LIMIT)
    approval_tools: list[Name] = Field(
        [],
        max_length=TOOLS_LIMIT,
        description="those of the tools whose calls somebody has to approve, beside the tools that "
        "always need it",
    )
    opening_tool: Name = Field("", description="one of the tools, called with the question first")
    plan: Annotated[Name, WithJsonSchema({"type": "string", "enum": ["", *Plan]})] = Field(
        "", description="of the built-in analyst"
    )
    parameters_schema: dict[str, Any] = Field(
        {}, description="JSON schema (draft 2020-12) of a run's `parameters`"
    )
    timeout_seconds: Whole = Field(300, ge=1, le=LONGEST_TIMEOUT_SECONDS)
    step_limit: Whole = Field(20, ge=1, le=STEPS_LIMIT)
    token_limit: Whole | None = Field(None, ge=1, le=TOKENS_LIMIT)
    cost_limit_usd: Dollars | None = None

    def content(self) -> dict[str, Any]:
        """As the columns of a version hold it."""
        return self.model_dump()

    @field_validator("model")
    @classmethod
    def _model_is_known(cls, name: str) -> str:
        if name and not is_known_model(name):
            raise ValueError(
                f"There is no model {name!r}. Write provider:model, such as openai-chat:gpt-5 or "
                "anthropic:claude-sonnet-4-5, or builtin, or nothing for the configured default"
            )
        return name

    @field_validator("tools")
    @classmethod
    def _tools_are_installed(cls, names: list[str]) -> list[str]:
        if missing := missing_tools(names):
            raise ValueError(f"Not installed: {', '.join(missing)}. GET /api/tools lists what is")
        return _each_once(names)

    @field_validator("approval_tools")
    @classmethod
    def _approval_is_for_own_tools(cls, names: list[str], info: ValidationInfo) -> list[str]:
        tools = info.data.get("tools")
        if tools is None:  # what is wrong with the tools is told already
            return names
        if foreign := [name for name in names if name not in tools]:
            raise ValueError(f"Not among the agent's tools: {', '.join(foreign)}")
        return _each_once(names)

    @field_validator("opening_tool")
    @classmethod
    def _opening_tool_takes_the_question(cls, name: str, info: ValidationInfo) -> str:
        tools = info.data.get("tools")
        if not name or tools is None:  # what is wrong with the tools is told already
            return name
        if name not in tools:
            raise ValueError("Choose one of the agent's tools, or none")
        if not can_open(name):
            raise ValueError("This tool cannot begin a run: it is called with `question` alone")
        return name

    @field_validator("plan")
    @classmethod
    def _plan_is_known(cls, plan: str) -> str:
        if plan and plan not in tuple(Plan):
            raise ValueError(f"Choose one of {', '.join(Plan)}, or none")
        return plan

    @field_validator("parameters_schema")
    @classmethod
    def _schema_is_one(cls, schema: dict[str, Any]) -> dict[str, Any]:
        if problem := problem_with_schema(schema):
            raise ValueError(problem)
        return schema
