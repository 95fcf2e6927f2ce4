"""Builds pydantic-ai agents from versions, once each: building costs more than many a run."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pydantic_ai import Agent, DeferredToolRequests, FunctionToolset, UsageLimits

from agents.exceptions import RunFailed
from agents.llm.providers import model_named
from agents.models import AgentVersion
from agents.tools.base import REGISTRY, ToolContext

TOOL_RETRIES = 2  # how often a model may correct the arguments of one call


@dataclass(frozen=True, slots=True)
class AgentSpec:
    """What a run needs of its agent's version, with the model it will really use."""

    name: str
    model: str
    instructions: str
    tools: tuple[str, ...]
    opening_tool: str
    plan: str
    step_limit: int
    token_limit: int | None
    cost_limit_usd: Decimal | None
    approval_tools: frozenset[str] = frozenset()  # beside those that always need it

    @classmethod
    def of(cls, version: AgentVersion, *, name: str, model: str) -> "AgentSpec":
        return cls(
            name=name,
            model=model,
            instructions=version.instructions,
            tools=tuple(version.tools),
            approval_tools=frozenset(version.approval_tools),
            opening_tool=version.opening_tool,
            plan=version.plan,
            step_limit=version.step_limit,
            token_limit=version.token_limit,
            cost_limit_usd=version.cost_limit_usd,
        )

    def limits(self) -> UsageLimits:
        return UsageLimits(
            request_limit=self.step_limit,
            total_tokens_limit=self.token_limit,
            cost_limit=self.cost_limit_usd,
        )


@functools.lru_cache(maxsize=256)
def agent_for(spec: AgentSpec) -> Agent[ToolContext, str | DeferredToolRequests]:
    """The agent without its tools; raises ModelNotConfigured. It stops where calls have to wait."""
    return Agent(
        model_named(spec.model, plan=spec.plan),
        name=spec.name,
        instructions=spec.instructions or None,
        deps_type=ToolContext,
        output_type=[str, DeferredToolRequests],
        retries=TOOL_RETRIES,
    )


@functools.lru_cache(maxsize=256)
def toolset_for(tools: Sequence[str]) -> FunctionToolset[ToolContext]:
    """The tools of these names; raises RunFailed if one is not installed."""
    missing = [name for name in tools if name not in REGISTRY]
    if missing:
        raise RunFailed(
            f"The agent uses tools that are not installed here: {', '.join(missing)}. "
            f"Installed are {', '.join(sorted(REGISTRY))}."
        )
    return FunctionToolset([REGISTRY[name].function for name in tools])
